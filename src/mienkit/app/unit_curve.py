"""Action units over time in a CSV file: of OpenFace, of ``mien measure``, or with a column ``time`` and one a unit."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import canonical_unit
from mienkit.core.errors import DataError, UnknownNameError

TIMES = ("time", "timestamp", "seconds")
OPENFACE = "_r"
"""How OpenFace ends the names of intensities, which go up to 5."""
STRONGEST = 5.0
SUCCESS, FACE = "success", "face_id"
"""What OpenFace calls whether a face was found, and whose the row is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitCurve:
    """Intensities at rising times."""

    times: npt.NDArray[np.float64]
    """(T,) seconds."""
    units: Mapping[str, npt.NDArray[np.float64]]
    """Action unit, or a side of it -> (T,) in [0, 1]."""

    @property
    def seconds(self) -> float:
        """When it ends."""
        return float(self.times[-1])

    def at(self, time: float) -> dict[str, float]:
        """Return the intensities at a time, in a straight line between those that are known."""
        return {name: float(np.interp(time, self.times, values)) for name, values in self.units.items()}


def read_unit_curve(path: Path) -> UnitCurve:
    """Read a CSV file, whose times are counted from its first row.

    Rows that say that no face was found there, by a 0 in a column ``success``, take what is known before and after.

    Raises:
        DataError: it is missing, holds no times or no units, those of several faces, or a number is none.
    """
    rows = read_rows(path)
    names = [name for name in rows[0] if name] if rows else []
    clock = next((name for name in names if name.lower() in TIMES), None)
    units = {name: unit for name in names if (unit := unit_of(name, names)) is not None}
    if clock is None or not units or len(rows) < 2:
        raise DataError(
            f"{path} is no curve of action units; it should have a column time in seconds, columns such as AU12, "
            "and two rows at least"
        )
    check_one_face(path, rows)
    every = range(len(rows))
    times = numbers(path, rows, clock, every)
    if not (np.diff(times) > 0).all():
        raise DataError(f"the times in {path} do not rise from row to row; sort its rows, and give each its own time")
    found = [row for row in every if not no_face(rows[row])]
    if not found:
        raise DataError(f"{path} says of every row that no face was found there; measure another film")
    known = {unit: numbers(path, rows, name, found) / scale_of(name) for name, unit in units.items()}
    return UnitCurve(
        times=times - times[0],
        units={unit: np.interp(times, times[found], values.clip(0, 1)) for unit, values in known.items()},
    )


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file by the names of its columns.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{(name or "").strip(): value or "" for name, value in row.items()} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error, TypeError, AttributeError) as error:
        raise DataError(f"{path} cannot be read as CSV ({error}); check the name") from None


def unit_of(column: str, columns: Sequence[str]) -> str | None:
    """Return which unit a column tells; None where it tells none. OpenFace's intensities go before its yes and no."""
    name = column.removesuffix(OPENFACE)
    if name == column and f"{column}{OPENFACE}" in columns:
        return None
    try:
        return canonical_unit(name)
    except UnknownNameError:
        return None


def scale_of(column: str) -> float:
    """Return what a column of intensities calls 1."""
    return STRONGEST if column.endswith(OPENFACE) else 1.0


def check_one_face(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Make sure that all rows are of one face.

    Raises:
        DataError: there are several.
    """
    faces = sorted({row[FACE].strip() for row in rows if FACE in row})
    if len(faces) > 1:
        raise DataError(
            f"{path} holds {len(faces)} faces, by its column {FACE} ({', '.join(faces[:5])}); keep the rows of one"
        )


def no_face(row: Mapping[str, str]) -> bool:
    """Tell whether a row says that no face was found."""
    return is_number(row.get(SUCCESS, "")) and float(row[SUCCESS]) == 0


def numbers(
    path: Path, rows: Sequence[Mapping[str, str]], column: str, chosen: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Read a column of numbers in some of the rows.

    Raises:
        DataError: one is none.
    """
    bad = [number for number in chosen if not is_number(rows[number][column])]
    if bad:
        raise DataError(f"column {column} of {path} holds no number in line {bad[0] + 2}; mend it, or remove the row")
    return np.array([float(rows[number][column]) for number in chosen])


def is_number(text: str) -> bool:
    """Tell whether a text is a number."""
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
