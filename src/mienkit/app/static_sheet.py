"""One contact sheet of models that change pictures: a model a row, so that all do the same edit below each other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mienkit.app.compare_static import Contestant, show_picture
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import Picture
from mienkit.core.version import __version__
from mienkit.data.faces import FaceArrays, Indices
from mienkit.evaluation.static_edit import StaticTask, choose_edits
from mienkit.face.mark import Mark
from mienkit.face.photo import Photo, write_photo
from mienkit.inference.sheet import Row, Sheet, Tile, draw_sheet

TILE = 128
SHOWN: tuple[tuple[str, str], ...] = (
    ("neutral", "happiness"), ("neutral", "surprise"), ("neutral", "anger"), ("neutral", "sadness"),
    ("neutral", "fear"), ("happiness", "neutral"), ("happiness", "disgust"), ("surprise", "anger"),
)  # fmt: skip
"""What the pictures of the columns show before and after."""
ARTICLES = {"driver": "a driver"}
PALE = 240
"""Level of a tile for an edit that a model does not know."""


def draw_static_sheet(
    contestants: Sequence[Contestant], faces: FaceArrays, seed: int = 0, title: str = "The same faces by every model"
) -> Picture:
    """Draw people before, as they should be, and by every model, (H, W, 3).

    Args:
        contestants: a row for each way in which they are told of a change, but for ``copy``, which changes nothing.
        faces: as of ``compare_static``; the edits are the first of those that it judges with the emotions in SHOWN, of
            a person once.
        seed: of the choice of edits.
        title: of the sheet.

    Raises:
        ConfigError: a model changes no pictures.
        DataError: the faces are too few.
    """
    task = choose_edits(faces, seed=seed)
    task = task.take(choose_places(task))
    others = [one for one in contestants if one.title != "copy"]
    rows = [
        Row(label="", detail="before, and by copy", tiles=face_tiles(task, task.source)),
        Row(label="", detail="exact: what the edit should give", tiles=face_tiles(task, task.target)),
        *(model_row(one, way, task) for one in others for way in one.ways),
    ]
    subtitle = f"people whom no training saw, {faces.size} px; pale: not asked"
    return draw_sheet(Sheet(title=title, subtitle=subtitle, rows=rows, tile=TILE))


def save_static_sheet(
    path: Path, contestants: Sequence[Contestant], faces: FaceArrays, seed: int = 0, source: str | None = None
) -> None:
    """Draw the sheet into a file, marked as synthetic; an earlier one is replaced.

    Args:
        path: ``.png`` or ``.jpg``.
        contestants: as of ``draw_static_sheet``.
        faces: the same.
        seed: the same.
        source: only people of this collection; of all if None.

    Raises:
        ConfigError: nobody is of the collection.
        DataError: the faces are too few.
        OutputError: the file cannot be written.
    """
    if source is not None:
        collections = np.asarray([name.partition("/")[0] for name in faces.name])
        known = ", ".join(sorted(set(collections.tolist())))
        require(source in collections, f"no held-out face is of the collection '{source}'; there are: {known}")
        faces = faces.take(collections == source)
    sheet = draw_static_sheet(contestants, faces, seed)
    models = ", ".join(dict.fromkeys(one.title for one in contestants))
    write_photo(path, sheet, Photo(pixels=sheet), Mark(models, __version__, {"exact": True}), force=True)


def choose_places(task: StaticTask) -> list[int]:
    """Choose the first edit of each kind in SHOWN, of a person who is not chosen yet.

    A photograph comes with one expression; if nobody left begins as the kind says, one that ends so is taken.
    """
    chosen: list[int] = []
    source, target = task.faces.emotion[task.source], task.faces.emotion[task.target]
    photos = task.faces.of_kind("photograph")[task.source]
    for before, after in SHOWN:
        fresh = (target == EMOTIONS.index(after)) & ~np.isin(task.people, task.people[chosen])
        exact = fresh & (source == EMOTIONS.index(before))
        chosen += np.flatnonzero(exact if exact.any() else fresh & photos)[:1].tolist()
    return chosen


def face_tiles(task: StaticTask, rows: Indices) -> list[Tile]:
    """Show some rows with their emotions."""
    faces = task.faces
    return [Tile(picture=faces.images[row], caption=EMOTIONS[int(faces.emotion[row])]) for row in rows]


def model_row(one: Contestant, way: str, task: StaticTask) -> Row:
    """Let one model, told in one way, do all edits that it knows."""
    blank = np.full_like(task.faces.images[0], PALE)
    pictures = [show_picture(one, way, task, place) for place in range(len(task))]
    detail = one.title.replace("_", " ") + (f", told {ARTICLES.get(way, way)}" if len(one.ways) > 1 else "")
    tiles = [Tile(picture=blank if picture is None else picture) for picture in pictures]
    return Row(label="", detail=detail, tiles=tiles)
