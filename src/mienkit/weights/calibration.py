"""A calibration on disk: ``calibration.json``, beside the weights of an editor whose answers it makes linear.

The file holds no date and no path, so that the same command writes the same bytes:

- ``format``: 1; raised when an older mienkit could not read it;
- ``model``, ``weights_sha256``: whose it is; None for a model without weights;
- ``judge``: who measured; ``tables``: name -> fingerprint; ``people``, ``levels``, ``seed``: how;
- ``grid``: wanted intensities, rising from 0 to 1;
- ``curves``: action unit -> what is requested at each of these, rising from 0 to 1;
- ``left``: action unit -> why it keeps its own scale.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import WeightsError
from mienkit.weights.atomic import write_text

CALIBRATION = "calibration.json"
FORMAT = 1
AGAIN = "run `mien calibrate` again, or take --raw"


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What has to be requested of an editor so that its answer is in proportion to what is wanted."""

    model: str
    weights_sha256: str | None
    judge: str
    tables: Mapping[str, str]
    """Name -> fingerprint."""
    people: int
    """Most people a unit, in each half."""
    levels: tuple[float, ...]
    seed: int
    grid: tuple[float, ...]
    """Wanted intensities, from 0 to 1."""
    curves: Mapping[str, tuple[float, ...]]
    """Action unit -> what is requested at each of them, from 0 to 1."""
    left: Mapping[str, str]
    """Action unit -> why it keeps its own scale."""

    @property
    def text(self) -> str:
        """What the file holds: a line for each curve."""
        told = {"format": FORMAT, **asdict(self)}
        return "{\n" + ",\n".join(f'"{name}": {spread(value)}' for name, value in told.items()) + "\n}\n"

    @property
    def sha256(self) -> str:
        """Of the file, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def describe(self) -> dict[str, object]:
        """Say in a few words what was applied, for records."""
        return {"judge": self.judge, "units": list(self.curves), "sha256": self.sha256}


def spread(value: object) -> str:
    """Write JSON, what is named in it a line each."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    return "{\n" + ",\n".join(f'  "{name}": {json.dumps(one)}' for name, one in value.items()) + "\n}"


def write_calibration(place: Path, calibration: Calibration) -> Path:
    """Write ``calibration.json`` into a folder, which is made if it is missing; returns its place."""
    place.mkdir(parents=True, exist_ok=True)
    write_text(place / CALIBRATION, calibration.text)
    return place / CALIBRATION


def find_calibration(place: Path | None, model: str, weights_sha256: str | None) -> Calibration | None:
    """Read the calibration that lies in a folder; None where there is none.

    Args:
        place: a folder, e.g. of weights.
        model: whose it must be.
        weights_sha256: of the weights that it must have been measured with.

    Raises:
        WeightsError: it is broken, of a newer mienkit, or was measured with another model or other weights.
    """
    if place is None or not (place / CALIBRATION).is_file():
        return None
    found = read_calibration(place / CALIBRATION)
    if (found.model, found.weights_sha256) != (model, weights_sha256):
        raise WeightsError(f"{place / CALIBRATION} was measured with other weights than these of {model}; {AGAIN}")
    return found


def read_calibration(path: Path) -> Calibration:
    """Read a calibration file.

    Raises:
        WeightsError: it is missing, broken, or of a newer mienkit.
    """
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = told.pop("format")
        if version != FORMAT:
            raise WeightsError(f"{path} has format {version}, this mienkit reads {FORMAT}; update mienkit")
        grid = tuple(map(float, told.pop("grid")))
        curves = {unit: tuple(map(float, curve)) for unit, curve in told.pop("curves").items()}
        found = Calibration(grid=grid, curves=curves, levels=tuple(told.pop("levels")), **told)
    except OSError:
        raise WeightsError(f"there is no calibration {path}; {AGAIN}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WeightsError(f"{path} is broken ({error}); {AGAIN}") from None
    strange = [unit for unit, curve in curves.items() if unit not in ACTION_UNITS or not is_scale(grid, curve)]
    if strange:
        raise WeightsError(f"{path}: the curve of {strange[0]} does not rise from 0 to 1 over the grid; {AGAIN}")
    return found


def is_scale(grid: Sequence[float], curve: Sequence[float]) -> bool:
    """Tell whether a curve and its grid both rise from 0 to 1."""
    ends = all((one[0], one[-1]) == (0.0, 1.0) for one in (grid, curve) if len(one) > 1)
    rising = all(a < b for a, b in pairwise(grid)) and all(a <= b for a, b in pairwise(curve))
    return len(grid) == len(curve) > 1 and ends and rising
