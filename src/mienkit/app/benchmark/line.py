"""Lines of results: one finished piece of work each, in a file that is only ever added to."""

import hashlib
import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import IO, Any, TypeAlias

from mienkit.core.errors import DataError
from mienkit.core.version import __version__
from mienkit.evaluation.interval import Estimate
from mienkit.face.mark import plain
from mienkit.face.output import writing_to

RESULTS = "results.jsonl"
PICTURES = "pictures"
"""Folder beside the results."""
FORMAT = 2
"""Of a line; part of what it is recognised by."""
SAME = 1e-4
"""Two figures of the same work that differ by more, as a share, were not computed alike."""

Figure: TypeAlias = Sequence[float | None]
"""Value, low and high end of its 95 % interval, samples behind it; None is unknown."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one model in one protocol on one table with one seed, by one judge."""

    fingerprint: str
    """Of table, weights, protocol, judge and counts: equal on every machine."""
    protocol: str
    table: str
    """Names of the tables, for people; the fingerprint is of what is in them."""
    seed: int
    """Of the choice of people."""
    judge: str
    model: str
    """What a table calls it."""
    name: str
    """Registered, or the outside system's."""
    told: str = ""
    """How it is told of the change, where there are several ways."""
    kind: str = "model"
    """``model``, ``trivial`` (does nothing, or has learned nothing), ``yardstick`` (what real or exact results score),
    ``maker`` (of the exact results), ``outside``."""
    weights: str | None = None
    """SHA-256; None where there are none."""
    calibration: str | None = None
    """SHA-256 of the calibration that it was asked through; None where there is none, or it was left out."""
    tables: str = ""
    """SHA-256 of what the tables hold, by which tables of one name are told apart."""
    shown: str | None = None
    """The one collection whose faces may be among the pictures, besides made-up people; all if None."""
    ways: int = 1
    """Lines that the piece of work has, itself among them."""
    marks: Sequence[str] = ()
    """What must be known of the judge."""
    recogniser: str | None = None
    """Whose embeddings tell identity."""
    figures: Mapping[str, Figure] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    parameters: int = 0
    bytes: int = 0
    """Of the weights on the disk."""
    milliseconds: float | None = None
    """Of one edit or clip, on the machine of the line."""
    machine: str = ""
    mienkit: str = __version__
    details: Mapping[str, Any] = field(default_factory=dict)
    """What curves and maps are drawn from."""
    pictures: Mapping[str, Any] = field(default_factory=dict)
    """Sheet -> pictures, with paths relative to the results."""
    failed: str | None = None
    """Why there are no figures."""

    @property
    def key(self) -> tuple[str, str]:
        """By which it is recognised among others."""
        return self.fingerprint, self.told

    @property
    def label(self) -> str:
        """What curves and sheets call it."""
        return f"{self.model}, told {self.told}" if self.told else self.model

    @property
    def place(self) -> tuple[str, str, str]:
        """Of which table of the page it is a row."""
        return self.protocol, self.table, self.judge


NUMBER = (int, float, NoneType)
TEXT = (str, NoneType)
KINDS_OF: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("fingerprint", "protocol", "table", "judge", "model", "name", "told", "kind"), (str,)),
    **dict.fromkeys(("machine", "mienkit", "tables"), (str,)),
    **dict.fromkeys(("weights", "calibration", "shown", "recogniser", "failed"), TEXT),
    **dict.fromkeys(("seed", "ways", "parameters", "bytes"), (int,)),
    **dict.fromkeys(("figures", "counts", "details", "pictures"), (dict,)),
    "milliseconds": NUMBER,
    "marks": (list,),
}
"""Key of a line that was read -> of what kinds it may be."""
BOM = b"\xef\xbb\xbf"
"""What some editors put before UTF-8."""


def fingerprint(parts: Mapping[str, object]) -> str:
    """Name a piece of work by everything that its result depends on, in 20 hexadecimal digits."""
    text = json.dumps(plain({"format": FORMAT, "mienkit": __version__, **parts}), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def figure(value: Estimate | float) -> Figure:
    """Write a figure; a single number has no interval."""
    if isinstance(value, Estimate):
        return tuple(plain([value.value, value.low, value.high, value.count]))
    return plain(float(value)), None, None, None


def read_lines(folder: Path) -> list[Line]:
    """Read a folder's lines; a last one that was cut off by a crash counts as not written.

    Raises:
        DataError: a line is none of ours; the message says which.
    """
    path = folder / RESULTS
    if not path.is_file():
        return []
    texts = path.read_bytes().removeprefix(BOM).split(b"\n")
    lines = []
    for number, text in enumerate(texts, 1):
        if not text.strip():
            continue
        try:
            lines.append(read_line(text))
        except (ValueError, TypeError) as error:
            if number == len(texts):
                break
            raise DataError(f"{path}:{number} is no line of a benchmark ({str(error)[:80]}); remove it") from None
    return latest(lines)


def read_line(text: bytes) -> Line:
    """Read one line of UTF-8; keys of a newer mienkit are left out.

    Raises:
        ValueError: it is no JSON, or none of ours.
        TypeError: something is missing.
    """
    told = json.loads(text.decode(), parse_constant=refuse_number)
    if not isinstance(told, dict) or not isinstance(told.get("fingerprint"), str):
        raise ValueError("no fingerprint")
    known = {one.name for one in fields(Line)}
    line = Line(**{key: value for key, value in told.items() if key in known})
    check_line(line)
    return line


def refuse_number(name: str) -> None:
    """Refuse NaN and infinity, which are no JSON; unknown figures are null.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{name} is no number")


def check_line(line: Line) -> None:
    """Make sure that everything in a line can be laid out: foreign lines may hold anything.

    Raises:
        ValueError: a value is of the wrong kind; the message names it.
    """
    for name, kinds in KINDS_OF.items():
        if not isinstance(getattr(line, name), kinds):
            raise ValueError(f"{name} is {type(getattr(line, name)).__name__}")
    wrong = [
        *(f"{name} is not [value, low, high, count]" for name, one in line.figures.items() if not is_figure(one)),
        *(f"the count {name} is no whole number" for name, one in line.counts.items() if not isinstance(one, int)),
        *(f"the sheet {name} is no list of pictures" for name, one in line.pictures.items() if not is_sheet(one)),
    ]
    if wrong:
        raise ValueError(wrong[0])


def is_figure(value: object) -> bool:
    """Tell whether a value that was read is a ``Figure``."""
    return isinstance(value, list) and len(value) == 4 and all(isinstance(one, NUMBER) for one in value)


def is_sheet(value: object) -> bool:
    """Tell whether a value that was read is a list of pictures."""
    return isinstance(value, list) and all(isinstance(one, dict) and "asked" in one for one in value)


def is_whole(text: bytes) -> bool:
    """Tell whether bytes are a line of ours."""
    try:
        read_line(text)
    except (ValueError, TypeError):
        return False
    return True


def finished_work(lines: Iterable[Line]) -> set[str]:
    """Name the pieces of work of which every line is there: a crash may have cut off some of one's lines."""
    good = [line for line in lines if line.failed is None]
    count = Counter(line.fingerprint for line in good)
    return {line.fingerprint for line in good if count[line.fingerprint] >= line.ways}


def latest(lines: Iterable[Line]) -> list[Line]:
    """Keep the last line of each piece of work; one that failed yields to one that did not."""
    found: dict[tuple[str, str], Line] = {}
    for line in lines:
        found[line.key] = line if line.failed is None else found.get(line.key, line)
    done = {line.fingerprint for line in found.values() if line.failed is None}
    return [line for line in found.values() if line.failed is None or line.fingerprint not in done]


def append_lines(folder: Path, lines: Sequence[Line]) -> None:
    """Add lines to a folder's results, which are on the disk when this returns; several processes may do so at once.

    Raises:
        OutputError: the folder cannot be written to.
    """
    path = folder / RESULTS
    text = "".join(json.dumps(plain(asdict(line)), allow_nan=False, ensure_ascii=False) + "\n" for line in lines)
    with writing_to(path):
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as file:
            wait_for_turn(file)
            end_last_line(file)
            left = text.encode()
            while left:  # a disk may take less than it is given
                left = left[file.write(left) :]
            os.fsync(file.fileno())


def wait_for_turn(file: IO[bytes]) -> None:
    """Keep other processes from writing until the file is closed, where the system can."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX)


def end_last_line(file: IO[bytes]) -> None:
    """Make sure that what is added becomes no part of the last line: one that a crash cut off is taken away."""
    file.seek(0)
    last = file.read().rpartition(b"\n")[2]
    if is_whole(last):
        file.write(b"\n")
    elif last:
        file.truncate(file.seek(-len(last), os.SEEK_END))


def differing(first: Sequence[Line], second: Sequence[Line]) -> list[str]:
    """Name the pieces of work of which two folders have other figures."""
    known = {line.key: line for line in first}
    pairs = [(known[line.key], line) for line in second if line.key in known]
    pairs = [(one, other) for one, other in pairs if one.failed is None and other.failed is None]
    return [f"{one.model} in {one.protocol} on {one.table}" for one, other in pairs if not agree(one, other)]


def agree(one: Line, other: Line) -> bool:
    """Tell whether two lines have the same figures, but for the last digits."""
    values = ([line.figures[name][0] for name in sorted(line.figures)] for line in (one, other))
    return set(one.figures) == set(other.figures) and all(
        first == second or (None not in (first, second) and math.isclose(first, second, rel_tol=SAME, abs_tol=SAME))
        for first, second in zip(*values, strict=True)
    )
