"""How fast heads are rendered, stage by stage."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.table import Table
from bench.timing import milliseconds, on_one_core
from mienkit.app.draw import encode_png
from mienkit.app.render import RenderRequest, align_whole, render_table
from mienkit.data.drawn import random_expressions
from mienkit.morphable.bust import load_bust
from mienkit.morphable.darkroom import develop
from mienkit.morphable.looks import roll_looks
from mienkit.morphable.raster import rasterise
from mienkit.morphable.strands import draw_lashes
from mienkit.morphable.studio import (
    OVERSAMPLING,
    creased,
    frame,
    place_bust,
    prepare_studio,
    render,
    roll_scene,
    seat,
)

PERSON = 6
"""One with long hair, which costs most."""
SHARED = ("a person's skin and hair", "scene, camera, light and hair before it")
"""Stages that the pictures of a scene share."""
IN_PICTURE = ("vertices: shape, place, light", "rasterise", "folds", "lashes", "film")


def bench_render(*, count: int = 160, size: int = 128, rounds: int = 9) -> Table:
    """Time a table of rendered heads, and the stages of a picture.

    Raises:
        AssetError: the head model is missing.
        MissingExtraError: numba is not installed.
    """
    prepare_studio(size)
    request = RenderRequest(count=count, size=size)
    rate = table_rate(request)
    times = on_one_core(stage_times, size, rounds)
    whole = times.pop("picture")
    spent = {name: taken / (request.per_scene if name in SHARED else 1) for name, taken in times.items()}
    spent["shading, hair over it"] = max(whole - sum(times[name] for name in IN_PICTURE), 0.0)
    total = sum(spent.values())
    rows = [(name, None, taken, f"{taken / total:.0%}") for name, taken in spent.items()]
    return Table(
        title=f"Rendered heads of {size} px",
        note=f"A table of {count} pictures on {os.cpu_count()} cores, {request.per_scene} of each person; below, the "
        f"stages of a picture on one core, what a scene shares divided among its pictures. Median of {rounds} rounds.",
        columns=("what", "images/s", "ms a picture", "share"),
        rows=[("`mien render`", rate, None, None), *rows],
    )


def table_rate(request: RenderRequest) -> float:
    """Write a table and say how many pictures a second that gave; everything is compiled before."""
    with tempfile.TemporaryDirectory() as folder:
        render_table(Path(folder) / "first", RenderRequest(count=2, size=request.size))
        start = time.perf_counter()
        render_table(Path(folder) / "table", request)
        return request.count / (time.perf_counter() - start)


def stage_times(size: int, rounds: int) -> dict[str, float]:
    """Time every stage."""
    prepare_studio(size)
    return milliseconds(render_stages(size), rounds, warm_up=1)


def render_stages(size: int) -> dict[str, Callable[[], object]]:
    """List the stages of a picture, each ready to be repeated, and the whole picture."""
    looks, bust = roll_looks(PERSON), load_bust()
    aus = random_expressions(1, 0, "mixed")[0][0]
    sitter, scene = seat(looks, size), roll_scene(PERSON, size)
    shot, side = frame(sitter, scene, aus, align_whole), OVERSAMPLING * size
    _, points = place_bust(bust, sitter, scene, aus, shot)
    lashes = (points, bust.lashes, sitter.lashes)
    linear, picture = np.array(scene.backdrop), render(sitter, scene, aus, shot).picture
    return {
        SHARED[0]: lambda: seat(looks, size),
        SHARED[1]: lambda: frame(sitter, roll_scene(PERSON, size), aus, align_whole),
        IN_PICTURE[0]: lambda: place_bust(bust, sitter, scene, aus, shot),
        IN_PICTURE[1]: lambda: rasterise(points, bust.triangles, side, side),
        IN_PICTURE[2]: lambda: creased(sitter, aus),
        IN_PICTURE[3]: lambda: draw_lashes(lashes, sitter.grain, scene.lighting, looks.hair, side),
        IN_PICTURE[4]: lambda: develop(shot.film, linear),
        "PNG": lambda: encode_png(picture),
        "picture": lambda: render(sitter, scene, aus, shot),
    }
