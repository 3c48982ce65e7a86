"""One CSV file of OpenFace: of a picture (a row a face) or of a clip (a row a frame)."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.data.row import Floats, unknown_aus

UNITS = tuple(f"AU{int(name[2:]):02d}_r" for name in ACTION_UNITS)
LARGEST = 5.0
"""The upper end of OpenFace's intensities."""
ROTATIONS = ("pose_Ry", "pose_Rx", "pose_Rz")
ROTATION_SIGNS = np.asarray([-1, 1, -1], np.float32)
"""Yaw, pitch and roll of ``core.task.Reading`` from OpenFace's rotations about y, x and z: its axes point right, down
and away from the camera, so that positive Ry turns the nose to the image's left."""
COORDINATES = tuple(f"{axis}_{index}" for index in range(NUM_LANDMARKS) for axis in "xy")


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """A face that OpenFace measured."""

    frame: int | None = None
    """None where the CSV file is of a single picture."""
    confidence: float = 1.0
    success: bool = True
    aus: Floats = field(default_factory=unknown_aus)
    """(17,) in [0, 1], NaN where the file lacks a unit."""
    measurer: str | None = None
    landmarks: Floats | None = None
    """(68, 2) in pixels of the picture that was measured."""
    pose: Floats | None = None
    """(3,): yaw, pitch, roll in degrees."""

    @property
    def extent(self) -> float:
        """How large the face is, in pixels; without landmarks, how sure OpenFace is."""
        return self.confidence if self.landmarks is None else float(np.ptp(self.landmarks, axis=0).sum())

    def without_place(self) -> "Measured":
        """Return what also holds of a copy of the face that OpenFace has aligned."""
        return replace(self, landmarks=None, pose=None)


def is_openface(path: Path) -> bool:
    """Tell whether a CSV file is OpenFace's, by its heading."""
    heading = read_heading(path)
    return "confidence" in heading and ("frame" in heading or "face" in heading)


def heading_problem(path: Path) -> str | None:
    """Say why a CSV file of OpenFace cannot be used, if it cannot."""
    heading = read_heading(path)
    if is_openface(path) and not any(name in heading for name in UNITS):
        return "has no column AU01_r or the like; run OpenFace with -aus"
    return None


def read_heading(path: Path) -> list[str]:
    """Read the names of the columns, without the blanks that older versions write; none where it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return [name.strip() for name in file.readline().split(",")]
    except OSError:
        return []


def read_measured(path: Path) -> Iterator[tuple[int, Measured | None]]:
    """Yield the rows of a CSV file with their line numbers; None for a row that is broken."""
    columns = {name: index for index, name in enumerate(read_heading(path))}
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for line, text in enumerate(file, 1):
            if line > 1 and text.strip():
                try:
                    yield line, measured_face(columns, text.split(","))
                except (ValueError, IndexError):
                    yield line, None


def measured_face(columns: Mapping[str, int], cells: Sequence[str]) -> Measured:
    """Turn a row into what was measured.

    Raises:
        ValueError: a cell is not a number.
        IndexError: the row is too short.
    """

    def numbers(names: Sequence[str]) -> Floats:
        return np.asarray([number(cells[columns[name]]) if name in columns else np.nan for name in names], np.float32)

    old = "frame" in columns and "face_id" not in columns
    landmarks, angles = numbers(COORDINATES), numbers(ROTATIONS)
    return Measured(
        frame=int(float(cells[columns["frame"]])) if "frame" in columns else None,
        confidence=float(cells[columns["confidence"]]),
        success="success" not in columns or float(cells[columns["success"]]) > 0,
        aus=np.clip(numbers(UNITS) / LARGEST, 0, 1),
        measurer=f"OpenFace {1 if old else 2}, 0 to 5 as 0 to 1",
        landmarks=None if np.isnan(landmarks).any() else landmarks.reshape(-1, 2),
        pose=None if np.isnan(angles).any() else np.rad2deg(angles) * ROTATION_SIGNS,
    )


def number(text: str) -> float:
    """Read a number; OpenFace on Windows writes ``-nan(ind)`` where it has none."""
    return math.nan if "nan" in text else float(text)
