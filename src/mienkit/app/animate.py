"""A photo in, a clip out: its face goes to an expression, follows a curve, or does what the face of a film does."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self, TypeAlias

import cv2
import numpy as np

from mienkit.app.animators import LoadedAnimator
from mienkit.app.edit import mark_of, provenance, seeded
from mienkit.app.editors import LoadedModel, load_editor
from mienkit.app.folder import Track, untracked
from mienkit.app.instruments import Instruments
from mienkit.app.measure import measured_face, named_aus, named_emotions, open_to_change
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.expression import Expression
from mienkit.core.image import Picture
from mienkit.face.film import FilmFacts, Frame, check_film_output, open_film, writing_film
from mienkit.face.find import Face, find_faces
from mienkit.face.mark import Mark, sidecar_path, write_sidecar
from mienkit.face.output import check_output
from mienkit.face.photo import Photo
from mienkit.inference.drive import Drive, drive_of, watch
from mienkit.inference.edit import edit_expressions, measure_again
from mienkit.inference.track import FaceTracker

MOST_FRAMES = 100_000
LARGEST_SIDE = 1280
"""Of a clip, in pixels: a photo of 48 million would make a film that nothing plays."""
MOST_PIXELS = 8192
"""Of a clip's longest side, if somebody asks for a larger one."""
AT_REST = 0.5
"""Probability of neutral from which a face counts as resting."""


@dataclass(frozen=True, kw_only=True)
class AnimateRequest:
    """Which clip to make of a photo.

    Raises:
        ConfigError: a number is out of range.
    """

    seconds: float = 2.0
    fps: float = 25.0
    face: str = "largest"
    """``largest`` or an index, 0 being the largest."""
    seed: int = 0
    side: int = LARGEST_SIDE
    """Of the clip at most, in pixels; a larger photo is made smaller."""
    at_rest: bool = False
    """Take the expression of a face off first that shows one."""
    inputs: Sequence[Path] = ()
    """Files that must not be written over, beside the photo."""
    asked: Mapping[str, object] = field(default_factory=dict)
    """What the record says was asked for."""

    def __post_init__(self) -> None:
        require(1 <= self.fps <= 120, f"--fps {self.fps:g} should be 1 to 120")
        require(self.seconds > 0, f"--seconds {self.seconds:g} should be above 0")
        frames = self.seconds * self.fps
        require(frames <= MOST_FRAMES, f"a clip of {frames:.0f} frames is too long; take fewer --seconds")
        require(self.face != "all", "a clip shows one face that moves; choose it with --face largest or --face 0")
        require(64 <= self.side <= MOST_PIXELS, f"--side {self.side} should be 64 to {MOST_PIXELS} pixels")

    @property
    def count(self) -> int:
        """How many frames there are: the first shows the photo, the last the end."""
        return max(2, round(self.seconds * self.fps))

    @property
    def times(self) -> list[float]:
        """When each is shown, in seconds."""
        return [number / self.fps for number in range(self.count)]

    def up_to(self, end: float) -> Self:
        """Return the same for a clip whose last frame shows what happens at some time in seconds."""
        last = math.ceil(end * self.fps - 1e-6)  # times of rows are rounded
        return replace(self, seconds=(last + 1) / self.fps)


@dataclass(frozen=True, kw_only=True)
class AnimateWorkshop:
    """Everything that a clip needs: what measures, and what makes the frames."""

    instruments: Instruments
    animator: LoadedAnimator


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What a clip is made of."""

    photo: Photo
    face: Face
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shoot:
    """A clip that is ready to be made."""

    frames: Iterator[Picture]
    times: Sequence[float]
    like: FilmFacts
    """Whose clock and sound it keeps."""
    notes: tuple[str, ...] = ()
    told: Mapping[str, object] = field(default_factory=dict)
    """What the record says of the motion."""


Plan: TypeAlias = Callable[[Scene], Shoot]
"""Decides what happens in a clip of a face."""


@dataclass(frozen=True, kw_only=True)
class AnimateReport:
    """A clip and its record."""

    out: Path
    record: Mapping[str, object]
    frames: int
    notes: tuple[str, ...]


def animate_photo(
    photo: str | Path | Picture | Photo,
    out: Path,
    request: AnimateRequest,
    workshop: AnimateWorkshop,
    plan: Plan,
    *,
    force: bool = False,
    track: Track = untracked,
) -> AnimateReport:
    """Make a clip of the face of a photo, and write it with its record.

    Args:
        photo: a file, or pixels (H, W, 3) uint8 RGB.
        out: its suffix chooses what is written; without one it is a folder of frames.
        request: how long, how fast, which face.
        workshop: detector, meter, and what makes the frames.
        plan: what happens; from ``app.animate_plan``.
        force: replace ``out`` if it exists.
        track: shows how far it is, in frames.

    Raises:
        ImageError: the photo, or the film that drives it, cannot be used.
        FaceError: there is no face.
        ConfigError: the model cannot do what is asked.
        OutputError: the result cannot be written.
    """
    opened = made_smaller(open_to_animate(photo, out, request.inputs, force), request.side)
    tools, models = workshop.instruments, list(workshop.animator.models)
    with seeded(request.seed):
        (face,) = find_faces(opened, tools.detector, tools.meter, request.face)
        scene = resting = Scene(photo=opened, face=face, notes=opened.notes)
        if request.at_rest and not rests(face):
            resting, calmer = calmed(scene, tools, models[0].device)
            models.append(calmer)
        shoot = plan(resting)
        notes, last = film_it(shoot, out, mark_of(models[0], request.asked), force, track)
    notes = tuple(dict.fromkeys([*scene.notes, *shoot.notes, *notes]))
    record = {**describe(scene, shoot, last, request, tools, models), "notes": list(notes)}
    write_sidecar(sidecar_path(out), record)
    return AnimateReport(out=out, record=record, frames=len(shoot.times), notes=notes)


def open_to_animate(
    photo: str | Path | Picture | Photo, out: Path, inputs: Sequence[Path] = (), force: bool = False
) -> Photo:
    """Read a photo and make sure that its clip may be written, before any work is done.

    Args:
        photo: whose face shall move.
        out: the clip.
        inputs: other files that must not be written over.
        force: the clip may be replaced.

    Raises:
        ImageError: the photo cannot be used.
        OutputError: the clip or its record cannot be written.
    """
    opened = open_to_change(photo)
    taken = [*([opened.path] if opened.path else []), *inputs]
    check_film_output(out, taken, force)
    check_output(sidecar_path(out), taken, force)
    return opened


def film_it(shoot: Shoot, out: Path, mark: Mark, force: bool, track: Track) -> tuple[Sequence[str], Picture]:
    """Write the frames; returns what the writer notes, and the last of them."""
    pixels: Picture | None = None
    with closing(shoot.frames) as frames, writing_film(out, shoot.like, mark, force) as writer:  # type: ignore[type-var]
        for time, pixels in zip(shoot.times, track(frames, len(shoot.times)), strict=True):
            writer.write(Frame(pixels, time))
        sidecar_path(out).unlink(missing_ok=True)
    assert pixels is not None
    return writer.notes, pixels


def made_smaller(photo: Photo, side: int) -> Photo:
    """Bring a photo down to a longest side, in pixels, and lay it on grey where it is transparent."""
    pixels = photo.visible
    factor = side / max(pixels.shape[:2])
    notes = photo.notes
    if factor < 1:
        size, whole = tuple(max(1, round(length * factor)) for length in pixels.shape[1::-1]), max(pixels.shape[:2])
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        more = f"--side {whole} keeps them all" if whole <= MOST_PIXELS else f"--side {MOST_PIXELS} is the most"
        notes = (*notes, f"the clip is {size[0]} x {size[1]} pixels; {more}")
    return replace(photo, pixels=pixels, alpha=None, notes=notes)


def rests(face: Face) -> bool:
    """Tell whether a face counts as resting."""
    return bool(face.reading.emotions[0, EMOTIONS.index("neutral")] >= AT_REST)


def calmed(scene: Scene, tools: Instruments, device: str) -> tuple[Scene, LoadedModel]:
    """Take the expression of a face off, so that it moves from rest; returns the editor that did it, too."""
    loaded = load_editor(device=device)
    (result,) = edit_expressions(scene.photo, scene.face, loaded.editor, [Expression(emotion="neutral")], tools.meter)
    crop = scene.face.alignment.resized(tools.meter.image_size)
    points = crop.to_photo(result.reading.landmarks[0].double().numpy())
    shown = EMOTIONS[int(scene.face.reading.emotions[0].argmax())]
    resting = Scene(
        photo=replace(scene.photo, pixels=result.pixels),
        face=replace(scene.face, reading=result.reading, landmarks=points, crop=None),
        notes=(*scene.notes, f"the photo shows {shown}, which {loaded.name} took off first; --as-it-is leaves it"),
    )
    return resting, loaded


def clip_facts(photo: Photo, fps: float, count: int) -> FilmFacts:
    """Say what a clip of a photo is like."""
    height, width = photo.pixels.shape[:2]
    path = photo.path or Path("photo")
    return FilmFacts(path=path, width=width, height=height, fps=fps, frames=count, seconds=count / fps)


def watch_driver(path: Path, tools: Instruments, fps: float | None, track: Track) -> tuple[Drive, FilmFacts]:
    """Read what the face of a film does.

    Raises:
        ImageError: the film cannot be used.
        FaceError: it shows no face.
    """
    film = open_film(path, fps)
    frames = track(film.frames(), film.facts.expected)
    drive = drive_of(list(watch(frames, FaceTracker(tools.detector, tools.meter))))
    return replace(drive, notes=tuple(f"the driver: {note}" for note in film.notes)), film.facts


def describe(
    scene: Scene,
    shoot: Shoot,
    last: Picture,
    request: AnimateRequest,
    tools: Instruments,
    models: Sequence[LoadedModel],
) -> dict[str, object]:
    """Say how a clip came to be, and what its last frame shows; the first of the models makes the pictures."""
    (after,) = measure_again([last], scene.face.alignment, tools.meter)
    return {
        **provenance(scene.photo, tools, models[0], request.seed, request.asked),
        "models": [{"name": one.name, "version": one.version, "weights_sha256": one.weights} for one in models],
        "clip": {"frames": len(shoot.times), "fps": round(shoot.like.fps, 3)},
        **shoot.told,
        "before": measured_face(scene.face, tools.meter.blind).describe(),
        "last_frame": {
            "aus": named_aus(after.aus[0], tools.meter.blind),
            "emotions": named_emotions(after),
        },
    }
