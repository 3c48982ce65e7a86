"""Systems from outside: what they are asked, as a folder of pictures and a list, and what they made of it.

Nothing of theirs is imported: whoever runs LivePortrait, MagicFace or PixelSmile writes pictures, and a list says which
picture answers which request. Columns of the list: ``protocol``, ``source`` (a table row's ``source/source_id``),
``request`` (a unit or an emotion), ``level`` (0 to 1), ``file`` (relative to the list); others are left alone.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import DataError
from mienkit.core.image import Picture
from mienkit.face.output import write_atomically
from mienkit.weights.atomic import write_text

LIST = "outputs.csv"
NEEDED = ("source", "request", "level", "file")
COLUMNS = ("protocol", "source", "request", "level", "input", "driver", "units", "file")
MOST_FAULTS = 20
Ask = tuple[str, str, str, float]
"""Protocol (empty: any), source, request, level."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Request:
    """One picture that is asked for."""

    protocol: str
    source: str
    """``source/source_id``."""
    request: str
    level: float
    picture: Picture
    """What is to be changed, (S, S, 3)."""
    driver: Picture | None = None
    """Somebody else who shows what is wanted, for systems that take a driving picture."""
    units: Mapping[str, float] = field(default_factory=dict)
    """What the exact result shows, where that is known."""


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What an outside system delivered."""

    files: Mapping[Ask, Path]
    sha256: str
    """Of the list and of every picture."""

    @property
    def answers_photos(self) -> bool:
        """Tell whether doses of units are answered."""
        return any(request in ACTION_UNITS for _, _, request, _ in self.files)

    @property
    def answers_exact(self) -> bool:
        """Tell whether edits with exact results are answered."""
        return any(request in EMOTIONS and not name.startswith("edit-doses") for name, _, request, _ in self.files)

    def picture(self, source: str, request: str, level: float, *, like: Picture, protocol: str) -> Picture | None:
        """Return the answer to a request at the size of its input, (S, S, 3); None where there is none.

        A file that cannot be read, or that is not as wide as it is high where the input is, is no answer.
        """
        found = (self.files.get((name, source, request, round(level, 3))) for name in (protocol, ""))
        path = next((one for one in found if one is not None), None)
        return None if path is None else read_answer(path, like.shape[:2])


def read_answer(path: Path, shape: tuple[int, ...]) -> Picture | None:
    """Read a picture and bring it to a size; None where it is missing, broken or of another shape."""
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    height, width = shape
    if abs(pixels.shape[0] * width - pixels.shape[1] * height) > max(pixels.shape) * max(shape) / 100:
        return None
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    way = cv2.INTER_AREA if pixels.shape[0] > height else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=way), np.uint8)


def read_outputs(folder: Path) -> Outputs:
    """Read what an outside system delivered; pictures that are missing are found out when they are asked for.

    Raises:
        DataError: there is no list, or lines of it cannot be used; the message names up to 20.
    """
    path = folder / LIST
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError:
        raise DataError(
            f"{folder} holds no readable {LIST}; `mien benchmark tasks` writes one to begin with, see "
            "docs/guides/benchmark.md"
        ) from None
    rows = csv.DictReader(io.StringIO(text))
    missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise DataError(f"{path} has no column {missing[0]}; it needs {', '.join(NEEDED)}")
    files, faults = {}, []
    for number, row in enumerate(rows, 2):
        try:
            files[read_ask(row)] = folder / row["file"].strip()
        except (ValueError, AttributeError) as error:
            faults.append(f"line {number}: {error}")
    if faults:
        more = f", and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise DataError(f"{path} cannot be used: {'; '.join(faults[:MOST_FAULTS])}{more}")
    return Outputs(files={ask: place for ask, place in files.items() if place.is_file()}, sha256=hash_all(path, files))


def read_ask(row: Mapping[str, str]) -> Ask:
    """Read which request a line answers.

    Raises:
        ValueError: the line cannot be used.
    """
    request, level = row["request"].strip(), float(row["level"])
    if request not in ACTION_UNITS and request not in EMOTIONS:
        raise ValueError(f"request '{request}' is neither an action unit, such as AU12, nor an emotion")
    if not 0 <= level <= 1:
        raise ValueError(f"level {level:g} should be 0 to 1")
    if not row["file"].strip():
        raise ValueError("no file is named")
    protocol = re.sub(r"-\d+$", "", (row.get("protocol") or "").strip())
    return protocol, row["source"].strip(), request, round(level, 3)


def hash_all(path: Path, files: Mapping[Ask, Path]) -> str:
    """Return the SHA-256 of a list and of the pictures that it names."""
    total = hashlib.sha256(path.read_bytes())
    for place in sorted(set(files.values())):
        total.update(place.read_bytes() if place.is_file() else b"missing")
    return total.hexdigest()


def write_tasks(folder: Path, requests: Iterable[Request]) -> int:
    """Write what outside systems are asked: pictures, and the list that names the files to make. Returns how many.

    Raises:
        ConfigError: there is a list already.
        OutputError: the folder cannot be written to.
    """
    require(not (folder / LIST).exists(), f"{folder / LIST} exists already; choose another folder")
    names: dict[str, str] = {}
    rows = []
    once = {(one.protocol, one.source, one.request, one.level): one for one in requests}
    for number, one in enumerate(once.values()):
        rows.append(
            {
                "protocol": one.protocol,
                "source": one.source,
                "request": one.request,
                "level": f"{one.level:g}",
                "input": save_input(folder, one.picture, names),
                "driver": "" if one.driver is None else save_input(folder, one.driver, names),
                "units": " ".join(f"{unit}={value:.3f}" for unit, value in one.units.items()),
                "file": f"outputs/{number:06d}.png",
            }
        )
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / LIST, text.getvalue())
    return len(rows)


def save_input(folder: Path, picture: Picture, names: dict[str, str]) -> str:
    """Write a picture once, and return its path relative to the list."""
    mark = hashlib.sha256(picture.tobytes()).hexdigest()[:16]
    if mark not in names:
        names[mark] = f"inputs/{mark}.png"
        image = Image.fromarray(picture)
        write_atomically(folder / names[mark], lambda file: image.save(file, "PNG"))
    return names[mark]


def named_outputs(words: Sequence[str]) -> list[tuple[str, Outputs]]:
    """Read ``NAME=FOLDER`` of outside systems.

    Raises:
        ConfigError: a word is none.
        DataError: a folder cannot be used.
    """
    found = []
    for word in words:
        name, _, folder = word.partition("=")
        require(bool(name and folder), f"--external {word} should be NAME=FOLDER")
        found.append((name, read_outputs(Path(folder).expanduser())))
    return found
