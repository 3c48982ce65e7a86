"""Systems from outside: what they are asked, as a folder of pictures and a list, and what they made of it.

Nothing of theirs is imported: whoever runs LivePortrait, MagicFace or PixelSmile writes pictures, and a list says which
picture answers which request. Columns of the list: ``protocol``, ``source`` (a table row's ``source/source_id``),
``request`` (a unit or an emotion), ``level`` (0 to 1), ``file`` (relative to the list, in its folder); others are left
alone.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

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
from mienkit.weights.folder import digest

LIST = "outputs.csv"
NEEDED = ("source", "request", "level", "file")
COLUMNS = ("protocol", "source", "request", "level", "input", "driver", "units", "file")
PROTOCOLS = ("edit-doses", "static-edit")
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
    """Of the requests that are answered, and of the pictures."""

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
    except Exception:  # of a broken file Pillow's decoders raise anything
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
        DataError: there is no list, lines of it cannot be used (the message names up to 20), or not one picture is
            there.
    """
    path = folder / LIST
    files: dict[Ask, Path] = {}
    first: dict[Ask, int] = {}
    faults = []
    for number, row in read_list(path):
        try:
            ask, place = read_ask(row), folder / read_place(row)
            if files.setdefault(ask, place) != place:
                raise ValueError(f"answers the same request as line {first[ask]} with another file")
            first.setdefault(ask, number)
        except ValueError as error:
            faults.append(f"line {number}: {error}")
    if faults:
        more = f", and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise DataError(f"{path} cannot be used: {'; '.join(faults[:MOST_FAULTS])}{more}")
    there = {ask: place for ask, place in files.items() if place.is_file()}
    if not there:
        raise DataError(
            f"none of the {len(files)} pictures that {path} names is there; let the system make them first, beside it"
        )
    return Outputs(files=there, sha256=hash_answers(there))


def read_list(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number and the cells of each line of a list that is not empty; columns are parted by , or ; or tabs.

    Raises:
        DataError: it is missing, no UTF-8 text, or lacks a column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError:
        raise DataError(
            f"{path.parent} holds no readable {LIST}; `mien benchmark tasks` writes one to begin with, see "
            "docs/guides/benchmark.md"
        ) from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is no UTF-8 text; save it as CSV in UTF-8") from None
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark)
    missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise DataError(f"{path} has no column {missing[0]}; it needs {', '.join(NEEDED)}")
    try:
        for row in rows:
            cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
            if mark == ";":  # where columns are parted so, numbers are often written with a comma
                cells["level"] = cells["level"].replace(",", ".")
            if any(cells.values()):
                yield rows.line_num, cells
    except csv.Error as error:
        raise DataError(f"{path}, line {rows.line_num}, cannot be read: {error}") from None


def read_ask(row: Mapping[str, str]) -> Ask:
    """Read which request a line answers.

    Raises:
        ValueError: the line cannot be used.
    """
    request = row["request"]
    if request not in ACTION_UNITS and request not in EMOTIONS:
        raise ValueError(f"request '{request}' is neither an action unit, such as AU12, nor an emotion")
    try:
        level = float(row["level"])
    except ValueError:
        raise ValueError(f"level '{row['level']}' is no number") from None
    if not 0 <= level <= 1:
        raise ValueError(f"level {level:g} should be 0 to 1")
    if not row["source"]:
        raise ValueError("no source is named")
    protocol = re.sub(r"-\d+$", "", row.get("protocol", ""))
    if protocol not in ("", *PROTOCOLS):
        raise ValueError(f"protocol '{protocol}' is none of {', '.join(PROTOCOLS)}, and may be left out")
    return protocol, row["source"], request, round(level, 3)


def read_place(row: Mapping[str, str]) -> PurePosixPath:
    """Read where a picture lies, relative to the list; what was written on Windows is understood.

    Raises:
        ValueError: it is not inside the list's folder, so that the folder could not be handed on.
    """
    if not row["file"]:
        raise ValueError("no file is named")
    place = PurePosixPath(row["file"].replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or PureWindowsPath(row["file"]).drive:
        raise ValueError(f"file {row['file']} should lie in the folder of the list, and be named relative to it")
    return place


def hash_answers(files: Mapping[Ask, Path]) -> str:
    """Return the SHA-256 of which picture answers which request, wherever the files lie and however the list is laid
    out."""
    parts = sorted((*map(str, ask), digest(place)) for ask, place in files.items())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


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
