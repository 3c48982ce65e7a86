"""From an edited frame to a stimulus: its look, its file with the mark, and the file's hashes."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from mienkit.app.edit import mark_of
from mienkit.app.editors import LoadedEditor
from mienkit.app.stimuli.attempt import Attempt
from mienkit.app.stimuli.design import Design, Dynamics, Kind, Look
from mienkit.app.stimuli.scene import Scene, shown
from mienkit.assets.download import sha256_of
from mienkit.core.image import Picture
from mienkit.face.encoding import encoder
from mienkit.face.film import FilmFacts, Frame, open_film
from mienkit.face.film.video_encoder import MP4, VideoEncoder
from mienkit.face.luminance import Tone, fit_tone, mean_and_contrast
from mienkit.face.mark import Mark
from mienkit.face.output import write_atomically, writing_to
from mienkit.face.oval import lay_on_grey
from mienkit.face.photo import read_photo
from mienkit.inference.animate import Ask, follow_expressions
from mienkit.weights.atomic import replacing


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What is known of a written stimulus."""

    sha256: str
    """Of the file's bytes."""
    pixels_sha256: str
    """Of the decoded pixels, whatever the file says beside them."""
    frames: int = 1


REPEATABLE = replace(MP4, encoders={"libx264": {**MP4.encoders["libx264"], "x264-params": "threads=1"}})
"""One thread: x264 divides its work by the number of cores, and what it loses differs with that."""
Levels = tuple[float | None, float | None]
"""Mean luminance and RMS contrast that all stimuli shall have; None leaves one."""


def tone_of(attempt: Attempt, scene: Scene, look: Look, levels: Levels) -> Tone:
    """Find the change of luminance of a stimulus; a clip has one, that of its apex, so that it does not flicker."""
    if levels == (None, None):
        return Tone()
    return fit_tone(shown(attempt.pixels, look), scene.mask, *levels)


def treat(pixels: Picture, scene: Scene, look: Look, tone: Tone) -> Picture:
    """Give an edited frame, (S, S, 3), its look."""
    pixels = shown(pixels, look)
    if tone != Tone():
        pixels = tone.apply(pixels)
    return lay_on_grey(pixels, scene.alpha, look.background) if look.oval else pixels


@dataclass(frozen=True, kw_only=True)
class FaceTone:
    """What is inside of the oval of a finished stimulus."""

    luminance: float
    """Mean, in grey levels."""
    contrast: float
    """Standard deviation, in grey levels."""
    clipped: float
    """Share of the pixels that became black or white, or a colour's end, when it was equalised."""


def face_tone(pixels: Picture, attempt: Attempt, scene: Scene, look: Look, tone: Tone) -> FaceTone:
    """Measure a finished stimulus, (S, S, 3), inside of its oval."""
    mean, contrast = mean_and_contrast(pixels, scene.mask)
    clipped = tone.clipped(shown(attempt.pixels, look)[scene.mask])
    return FaceTone(luminance=mean, contrast=contrast, clipped=clipped)


def mark_stimulus(attempt: Attempt, scene: Scene, design: Design, editor: LoadedEditor, kind: Kind) -> Mark:
    """Return what a stimulus says of itself."""
    cell, expression = attempt.cell, attempt.expression
    asked: dict[str, object] = {"aus": dict(expression.aus), "mode": expression.mode}
    if expression.emotion is not None:
        asked = {"emotion": expression.emotion, "intensity": expression.intensity}
    stimulus = {"stimulus": cell.name_of(scene.identity), "kind": kind, "level": cell.level, "study": design.study}
    return mark_of(editor, {**stimulus, **asked})


def write_still(path: Path, pixels: Picture, scene: Scene, mark: Mark, grey: bool) -> FileFacts:
    """Write a still, (S, S, 3), as PNG.

    Raises:
        OutputError: it cannot be written there.
    """
    image = Image.fromarray(pixels)
    if grey or scene.photo.grey:
        image = image.convert("L")
        pixels = np.asarray(image.convert("RGB"))
    buffer = io.BytesIO()
    encoder(image, "PNG", mark, None if grey else scene.photo.icc, None)(buffer)
    content = buffer.getvalue()
    write_bytes(path, content)
    return FileFacts(sha256=hashlib.sha256(content).hexdigest(), pixels_sha256=hash_pixels([pixels]))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """

    def write(file: IO[bytes]) -> None:
        file.write(content)

    write_atomically(path, write)


def write_motion(
    path: Path, attempt: Attempt, scene: Scene, dynamic: Dynamics, editor: LoadedEditor, mark: Mark, dress: "Dress"
) -> FileFacts:
    """Write a clip that comes from the photograph's expression to a cell's and goes as its design says.

    Raises:
        OutputError: it cannot be written there.
        MissingExtraError: PyAV is not installed.
    """
    times = dynamic.times
    height, width = scene.photo.pixels.shape[:2]
    like = FilmFacts(
        path=scene.identity.photo, width=width, height=height, fps=dynamic.fps, frames=len(times),
        seconds=len(times) / dynamic.fps,
    )  # fmt: skip
    ask = Ask(expression=attempt.expression, course=dynamic.course)
    frames = follow_expressions(scene.photo, scene.face, editor.editor, ask, times)
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as place:
            writer = VideoEncoder(REPEATABLE, place, like, mark)
            try:
                for time, pixels in zip(times, frames, strict=True):
                    writer.write(Frame(dress(pixels), time))
                writer.finish()
            finally:
                writer.close()
    return FileFacts(sha256=sha256_of(path), pixels_sha256=hash_pixels(decoded(path)), frames=len(times))


class Dress:
    """Gives every frame of a clip the same look."""

    def __init__(self, scene: Scene, look: Look, tone: Tone) -> None:
        self._scene, self._look, self._tone = scene, look, tone

    def __call__(self, pixels: Picture) -> Picture:
        """Dress one frame, (S, S, 3)."""
        return treat(pixels, self._scene, self._look, self._tone)


def decoded(path: Path) -> Iterator[Picture]:
    """Decode a stimulus: its one picture, or its frames, (S, S, 3) each.

    Raises:
        ImageError: it is missing or damaged.
    """
    if path.suffix == ".png":
        yield read_photo(path).pixels
        return
    for frame in open_film(path).frames():
        yield frame.pixels


def hash_pixels(pictures: Iterable[Picture]) -> str:
    """Return the SHA-256 of pixels alone: of each picture its height and width as text, then its bytes in RGB."""
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(f"{picture.shape[0]}x{picture.shape[1]};".encode())
        digest.update(np.ascontiguousarray(picture).tobytes())
    return digest.hexdigest()
