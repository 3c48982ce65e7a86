"""What faces show."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import Tensor

from mienkit.app.instruments import Instruments, load_instruments
from mienkit.core.action_unit import au_dict
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import Picture
from mienkit.core.task import Reading
from mienkit.core.version import __version__
from mienkit.face.find import Face, find_faces
from mienkit.face.photo import Photo, read_photo
from mienkit.face.rights import FILE, Rights, read_rights

NamedAUs = dict[str, float | None]
"""Action unit -> intensity in [0, 1]; None where the meter cannot see the unit on photographs."""

POSE = ("yaw", "pitch", "roll")
UNPUBLISHED = "this photo must not be published, says rights.yaml beside it; the same holds for what is made of it"


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredFace:
    """One face of a photo, measured."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom, in pixels of the photo."""
    score: float
    """The detector's own confidence."""
    aus: NamedAUs
    emotions: dict[str, float]
    """Emotion -> probability."""
    pose: dict[str, float]
    """Yaw, pitch, roll in degrees."""
    landmarks: npt.NDArray[np.float64]
    """(68, 2), pixels of the photo."""

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return max(self.emotions, key=self.emotions.__getitem__)

    def describe(self) -> dict[str, object]:
        """Return it as plain JSON-able values."""
        return {
            "box": list(self.box),
            "score": self.score,
            "aus": self.aus,
            "emotion": self.emotion,
            "emotions": self.emotions,
            "pose": self.pose,
            "landmarks": np.round(self.landmarks, 2).tolist(),
        }


def measure(
    photo: str | Path | Picture | Photo, *, faces: str = "all", instruments: Instruments | None = None
) -> list[MeasuredFace]:
    """Measure the faces of a photo, the biggest first.

    Args:
        photo: a file, pixels (H, W, 3) uint8 RGB, or an opened photo.
        faces: ``all``, ``largest`` or an index.
        instruments: detector and meter; the default ones if None.

    Raises:
        ImageError: the file cannot be used.
        FaceError: there is no face in it.
    """
    opened = open_photo(photo)
    tools = instruments or load_instruments()
    found = find_faces(opened, tools.detector, tools.meter, faces)
    return [measured_face(face, tools.meter.blind) for face in found]


def open_photo(photo: str | Path | Picture | Photo) -> Photo:
    """Read a file, or take what is read already.

    Raises:
        ImageError: the file cannot be used.
        ValueError: the array is not (H, W, 3) uint8.
    """
    if isinstance(photo, Photo):
        return photo
    if isinstance(photo, str | Path):
        return read_photo(Path(photo))
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
        raise ValueError(f"pixels should be (H, W, 3) uint8, not {photo.shape} {photo.dtype}")
    return Photo(pixels=photo)


def open_to_change(photo: str | Path | Picture | Photo) -> Photo:
    """Read a photo whose face shall be changed; a file only if ``rights.yaml`` beside it allows that.

    Its notes say where it must not be published.

    Raises:
        ImageError: the photo cannot be used.
        DataError: it may not be modified, or the permission has ended.
        ConfigError: ``rights.yaml`` has another form.
        ValueError: the array is not (H, W, 3) uint8.
    """
    path = photo.path if isinstance(photo, Photo) else Path(photo) if isinstance(photo, str | Path) else None
    rights = check_may_change(path) if path is not None else Rights(told=False)
    opened = open_photo(photo)
    if rights.may_publish or UNPUBLISHED in opened.notes:
        return opened
    return replace(opened, notes=(*opened.notes, UNPUBLISHED))


def open_to_use(photo: str | Path | Picture | Photo) -> Photo:
    """Read a photo that shows something to another one; a file only while ``rights.yaml`` beside it lets it be used.

    Raises:
        ImageError: the photo cannot be used.
        DataError: the permission has ended.
        ConfigError: ``rights.yaml`` has another form.
        ValueError: the array is not (H, W, 3) uint8.
    """
    opened = open_photo(photo)
    if opened.path is not None:
        check_may_use(opened.path)
    return opened


def check_may_change(path: Path) -> Rights:
    """Refuse a file, or a folder of frames, whose faces may not be changed today; returns what may be done.

    Raises:
        DataError: it may not be modified, or the permission has ended.
        ConfigError: ``rights.yaml`` beside it has another form.
    """
    rights = read_rights(path)
    for one in with_frames(path):
        read_rights(one).check_modify(one, date.today())
    return rights


def check_may_use(path: Path) -> None:
    """Refuse a file, or a folder of frames, that may not be used any more.

    Raises:
        DataError: the permission has ended.
        ConfigError: ``rights.yaml`` beside it has another form.
    """
    for one in with_frames(path):
        read_rights(one).check_use(one, date.today())


def with_frames(path: Path) -> list[Path]:
    """List a file, or a folder with the files in it: a film may be a folder of photographs."""
    return [path, *sorted(one for one in path.iterdir() if one.name != FILE)] if path.is_dir() else [path]


def measured_face(face: Face, blind: Collection[str]) -> MeasuredFace:
    """Give a reading its names."""
    reading = face.reading
    return MeasuredFace(
        box=box_of(face),
        score=round(float(face.box.score), 3),
        aus=named_aus(reading.aus[0], blind),
        emotions=named_emotions(reading),
        pose={name: round(float(value), 1) for name, value in zip(POSE, reading.pose[0], strict=True)},
        landmarks=face.landmarks,
    )


def box_of(face: Face) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a face, in pixels of the photo, rounded for reports."""
    box = face.box
    return (round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1))


def named_aus(vector: Tensor, blind: Collection[str]) -> NamedAUs:
    """Give AU intensities, (17,), their names; what the meter cannot see is None and never 0."""
    return {name: None if name in blind else value for name, value in au_dict(vector).items()}


def named_emotions(reading: Reading) -> dict[str, float]:
    """Give the emotion scores of one face their names."""
    return {name: round(float(value), 3) for name, value in zip(EMOTIONS, reading.emotions[0], strict=True)}


def measure_report(photo: Photo, faces: list[MeasuredFace], tools: Instruments) -> dict[str, object]:
    """Return what ``mien measure --json`` prints."""
    return {
        "mienkit": __version__,
        "photo": {"file": str(photo.path), "width": photo.pixels.shape[1], "height": photo.pixels.shape[0]},
        "meter": tools.meter.name,
        "detector": tools.detector.name,
        "unknown": sorted(tools.meter.blind),
        "faces": [{"index": index, **face.describe()} for index, face in enumerate(faces)],
    }
