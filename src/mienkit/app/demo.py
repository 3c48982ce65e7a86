"""What the toolkit can do with one photo: a sheet, clips and a report."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mienkit.app.animate import AnimateRequest, AnimateWorkshop, animate_photo
from mienkit.app.animate_plan import go_to_emotion
from mienkit.app.animators import load_animator
from mienkit.app.edit import Workshop, provenance_of_model, seeded
from mienkit.app.measure import measured_face, open_to_change
from mienkit.app.show import Shown, emotion_tile, show_expressions, show_sweeps, sweep_row
from mienkit.core.emotion import EMOTIONS
from mienkit.core.expression import Expression
from mienkit.core.image import Picture
from mienkit.core.version import __version__
from mienkit.face.align import crop_face
from mienkit.face.find import Face, find_faces
from mienkit.face.mark import Mark, write_sidecar
from mienkit.face.output import check_output
from mienkit.face.photo import Photo, write_photo
from mienkit.inference.clip import ease, there_and_back, write_clip
from mienkit.inference.course import Course
from mienkit.inference.sheet import Sheet, Tile, draw_sheet
from mienkit.inference.sweep import Sweep

SWEPT = (("AU12",), ("AU4",), ("AU1", "AU2"), ("AU26",), ("AU45",))
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
PLAYED = ("happiness", "surprise", "sadness", "anger")
"""Emotions of the clip, each from neutral and back."""
FRAMES = 9
"""From neutral to an emotion."""
HOLD = 4
"""Frames for which the clip rests at neutral and at an emotion."""
MOVED = ("surprise", "anger")
"""Emotions to which landmarks move in clips of their own."""
SECONDS, FPS = 1.2, 20.0
HERO = 512
CLIP = 256


@dataclass(frozen=True, kw_only=True)
class DemoReport:
    """What a demo wrote."""

    sheet: Path
    clip: Path
    moves: tuple[Path, ...]
    """A clip for each of ``MOVED``."""
    report: Path
    record: dict[str, object] = field(default_factory=dict)
    """What the report says."""


@dataclass
class Clock:
    """Seconds that each part of the work took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time one part."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


@dataclass(frozen=True, kw_only=True, eq=False)
class DemoPictures:
    """Everything that a demo shows."""

    face: Face
    emotions: list[Shown]
    sweeps: list[tuple[Sweep, list[Shown]]]
    frames: list[Picture]


def run_demo(out: Path, workshop: Workshop, photo: Path | None = None, seed: int = 0) -> DemoReport:
    """Write a sheet, clips and a report into a folder: ``sheet.png``, ``clip.gif``, ``moves-surprise.gif``, ...

    Earlier ones are replaced.

    Args:
        out: the folder; made if it is missing.
        workshop: what measures, and what edits.
        photo: whose largest face is shown; the portrait of an astronaut if None.
        seed: for models that draw random numbers.

    Raises:
        ImageError: the photo cannot be used.
        FaceError: there is no face in it.
        OutputError: the results cannot be written.
    """
    made = DemoReport(
        sheet=out / "sheet.png",
        clip=out / "clip.gif",
        moves=tuple(out / f"moves-{emotion}.gif" for emotion in MOVED),
        report=out / "report.json",
    )
    for path in (made.sheet, made.clip, *made.moves, made.report):
        check_output(path, [photo] if photo else [], force=True)
    opened, clock = open_to_change(photo) if photo else example_photo(), Clock()
    with seeded(seed):
        shown = make_pictures(opened, workshop, clock)
    title = photo.name if photo else "NASA portrait of Eileen Collins"
    mark = Mark(workshop.editor.name, __version__, {"demo": True})
    with clock.part("write"):
        sheet = lay_out(opened, shown, title, workshop)
        write_photo(made.sheet, sheet, Photo(pixels=sheet), mark, force=True)
        write_clip(made.clip, shown.frames, mark, force=True)
    with clock.part("moves"):
        for emotion, path in zip(MOVED, made.moves, strict=True):
            move_to(opened, emotion, path, workshop, seed)
    record = {"photo": title, "seed": seed, **describe_demo(shown, workshop), "seconds": clock.seconds}
    write_sidecar(made.report, record)
    return replace(made, record=record)


def make_pictures(photo: Photo, workshop: Workshop, clock: Clock) -> DemoPictures:
    """Synthesise everything that a demo shows.

    Raises:
        FaceError: there is no face.
    """
    tools = workshop.instruments
    with clock.part("find and measure"):
        face = find_faces(photo, tools.detector, tools.meter, "largest")[0]
    with clock.part("emotions"):
        emotions = show_expressions(photo, face, [Expression(emotion=name) for name in EMOTIONS], workshop)
    with clock.part("sweeps"):
        sweeps = sweep_units(photo, face, workshop)
    with clock.part("clip"):
        frames = play_emotions(photo, face, workshop)
    return DemoPictures(face=face, emotions=emotions, sweeps=sweeps, frames=frames)


def sweep_units(photo: Photo, face: Face, workshop: Workshop) -> list[tuple[Sweep, list[Shown]]]:
    """Synthesise the sweeps of a demo; an editor that takes emotions has none."""
    if workshop.editor.editor.vocabulary == EMOTIONS:
        return []
    sweeps = [Sweep(aus=units, values=STEPS) for units in SWEPT]
    shown = show_sweeps(photo, face, [(sweep, sweep.expressions()) for sweep in sweeps], workshop)
    return list(zip(sweeps, shown, strict=True))


def play_emotions(photo: Photo, face: Face, workshop: Workshop) -> list[Picture]:
    """Make the frames of a clip: from neutral to each emotion and back."""
    steps = [Expression(emotion=name, intensity=value) for name in PLAYED for value in ease(FRAMES)]
    pictures = [one.picture(CLIP) for one in show_expressions(photo, face, steps, workshop)]
    each = [pictures[start : start + FRAMES] for start in range(0, len(pictures), FRAMES)]
    return [frame for frames in each for frame in there_and_back(frames, hold=HOLD)]


def move_to(photo: Photo, emotion: str, out: Path, workshop: Workshop, seed: int) -> None:
    """Write a clip in which a face goes to an emotion, by landmarks that move and a network that paints it there."""
    tools = AnimateWorkshop(instruments=workshop.instruments, animator=load_animator())
    request = AnimateRequest(seconds=SECONDS, fps=FPS, side=HERO, seed=seed, at_rest=True, asked={"emotion": emotion})
    plan = go_to_emotion(tools.animator, emotion, Course.rising(SECONDS), request)
    animate_photo(photo, out, request, tools, plan, force=True)


def lay_out(photo: Photo, shown: DemoPictures, title: str, workshop: Workshop) -> Picture:
    """Draw the sheet of a demo, (H, W, 3)."""
    hero = Tile(picture=crop_face(photo.pixels, shown.face.alignment.resized(HERO)), caption="the photograph")
    sheet = Sheet(
        title="One photograph, other expressions",
        subtitle=f"{title} · edited by {workshop.editor.name} · measured by {workshop.instruments.meter.name}",
        hero=hero,
        gallery=[emotion_tile(one) for one in shown.emotions],
        rows=[sweep_row(sweep, row) for sweep, row in shown.sweeps],
        footer=f"All pictures but the first are synthetic: made with mienkit {__version__}.",
    )
    return draw_sheet(sheet)


def describe_demo(shown: DemoPictures, workshop: Workshop) -> dict[str, object]:
    """Return what was requested and what was measured as plain JSON-able values."""
    tools = workshop.instruments
    return {
        "synthetic": True,
        "mienkit": __version__,
        **provenance_of_model(workshop.editor),
        "meter": {"name": tools.meter.name, "unknown": sorted(tools.meter.blind)},
        "detector": tools.detector.name,
        "device": workshop.editor.device,
        "before": measured_face(shown.face, tools.meter.blind).describe(),
        "emotions": {one.expression.emotion: one.describe() for one in shown.emotions},
        "sweeps": {sweep.title: [one.describe() for one in row] for sweep, row in shown.sweeps},
    }


def example_photo() -> Photo:
    """Return the portrait of Eileen Collins that scikit-image ships (NASA, public domain), 512 x 512."""
    from skimage.data import astronaut

    return Photo(pixels=np.asarray(astronaut(), np.uint8))  # type: ignore[no-untyped-call]
