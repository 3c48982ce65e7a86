"""How fast a film is edited, and whether its length costs memory."""

import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import skimage.data

from bench.table import Table
from mienkit.app.edit import load_workshop
from mienkit.app.edit_film import FilmRequest, edit_film
from mienkit.core.expression import Expression
from mienkit.core.image import Picture
from mienkit.core.version import __version__
from mienkit.face.film import FilmFacts, Frame, writing_film
from mienkit.face.mark import Mark
from mienkit.geometry.similarity import Similarity, similarity, to_pixel_centres

WIDTH, HEIGHT, FPS = 1280, 720, 25
LENGTHS = (10, 60)
"""Seconds."""
ENLARGED = 2.6
"""The portrait, so that its face is 250 px wide for the detector, and 350 px of the photo go into the editor's crop."""
FACE = (225, 115)
"""Where the portrait's face is."""
AROUND = (150, 270)
"""Pixels of the portrait by which its borders are repeated, up and down, left and right."""
NOISE, GRAINS = 1.5, 4
"""Levels of 255 of the sensor's noise; so many patterns of it take turns."""
SMILE = {"AU1": 0.8, "AU12": 0.3}
STAGES = ("decode", "track", "edit", "paste", "measure again", "encode")


def bench_film(*, lengths: Sequence[int] = LENGTHS, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Table:
    """Edit films of several lengths, each in a process of its own.

    Raises:
        MissingExtraError: PyAV is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        columns = [time_film(Path(folder) / f"{seconds}.mp4", seconds, size) for seconds in lengths]
    return Table(
        title="Film",
        note=f"The portrait filmed by a held camera, {size[0]} x {size[1]} px, {FPS} frames a second, H.264 both ways; "
        "one face, two action units, the shipped weights, every frame. Stages work side by side in three threads, so "
        "their times (ms a frame) add up to more than a frame takes; encoding and decoding have threads of their own "
        "beside. The time of all cores is what a busy machine changes least. Peak memory is that of the whole process, "
        "with all networks.",
        columns=("what", *(f"{seconds} s" for seconds in lengths)),
        rows=[(name, *(column[name] for column in columns)) for name in columns[0]],
    )


def time_film(path: Path, seconds: int, size: tuple[int, int]) -> dict[str, object]:
    """Make a film and measure its edit."""
    shoot(path, seconds, size)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure_edit, path).result()


def measure_edit(path: Path) -> dict[str, object]:
    """Edit a film; this process must have done nothing before."""
    workshop, expression = load_workshop(device="cpu"), Expression(aus=SMILE)
    ready, begun = peak_memory(), time.process_time()
    report = edit_film(path, path.with_suffix(".out.mp4"), lambda _: expression, workshop, FilmRequest())
    tally = report.tally
    return {
        "frames": tally.frames,
        "of them edited": tally.edited,
        "frames/s": report.fps,
        "time of all cores together, ms a frame": 1000 * (time.process_time() - begun) / tally.frames,
        "peak memory, MiB": peak_memory(),
        "before the film, MiB": ready,
        "runs of the detector": report.detections,
        **per_frame(report.seconds, tally.frames),
    }


def per_frame(seconds: Mapping[str, float], frames: int) -> dict[str, object]:
    """Return the milliseconds of each stage, and its share of all stages."""
    total = sum(seconds.values())
    return {
        f"{stage}, ms": f"{1000 * seconds[stage] / frames:.1f} ({seconds[stage] / total:.0%})"
        for stage in STAGES
        if stage in seconds
    }


def peak_memory() -> float:
    """Return the most memory that this process ever had, in MiB.

    Linux tells it of the process alone; ``getrusage`` there also counts what its parent had when it was made.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def shoot(path: Path, seconds: int, size: tuple[int, int]) -> None:
    """Film the portrait."""
    like = FilmFacts(path=path.with_suffix(".none"), width=size[0], height=size[1], fps=FPS)
    with writing_film(path, like, Mark("none", __version__)) as film:
        for frame in held_camera(seconds, size):
            film.write(frame)


def held_camera(seconds: int, size: tuple[int, int]) -> Iterator[Frame]:
    """Let a camera held in hands look at the portrait, with a sensor's noise."""
    zoom = ENLARGED * size[1] / HEIGHT
    backdrop, middle = set_up(zoom)
    dice = np.random.default_rng(0)
    grains = [dice.normal(0, NOISE, (size[1], size[0], 3)).astype(np.float32) for _ in range(GRAINS)]
    for number in range(seconds * FPS):
        matrix = look_at(middle, size, number / FPS)
        seen = cv2.warpAffine(backdrop, to_pixel_centres(matrix), size, borderMode=cv2.BORDER_REPLICATE)
        yield Frame(np.clip(np.rint(seen + grains[number % GRAINS]), 0, 255).astype(np.uint8), number / FPS)


def set_up(zoom: float) -> tuple[Picture, np.ndarray]:
    """Enlarge the portrait and what is around it; also say where the face is."""
    portrait = np.asarray(skimage.data.astronaut())  # type: ignore[no-untyped-call]
    large = cv2.resize(portrait, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    down, across = (round(zoom * pixels) for pixels in AROUND)
    backdrop = cv2.copyMakeBorder(large, down, down, across, across, cv2.BORDER_REPLICATE)
    return np.asarray(backdrop, np.uint8), zoom * np.array(FACE) + (across, down)


def look_at(middle: np.ndarray, size: tuple[int, int], time: float) -> Similarity:
    """Return how the camera sees the backdrop: it sways, turns and comes nearer."""
    sway, nod, near, turn = np.sin(2 * np.pi * np.array([0.35, 0.27, 0.2, 0.3]) * time + np.array([0, 1, 0, 0]))
    matrix = similarity(float(np.exp(0.06 * near)), 0.05 * float(turn), np.zeros(2))
    centre = np.array(size) / 2 + size[0] / WIDTH * np.array([60 * sway, 30 * nod])
    matrix[:, 2] = centre - matrix[:, :2] @ middle
    return matrix
