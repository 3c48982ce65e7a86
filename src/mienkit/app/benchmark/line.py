"""Lines of results: one finished piece of work each, in a file that is only ever added to."""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias

from mienkit.core.errors import DataError
from mienkit.core.version import __version__
from mienkit.evaluation.interval import Estimate
from mienkit.face.mark import plain
from mienkit.face.output import writing_to

RESULTS = "results.jsonl"
PICTURES = "pictures"
"""Folder beside the results."""
FORMAT = 1
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
    texts = path.read_text(encoding="utf-8").split("\n")
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


def read_line(text: str) -> Line:
    """Read one line; keys of a newer mienkit are left out."""
    told = json.loads(text)
    if not isinstance(told, dict) or not isinstance(told.get("fingerprint"), str):
        raise ValueError("no fingerprint")
    known = {one.name for one in fields(Line)}
    return Line(**{key: value for key, value in told.items() if key in known})


def latest(lines: Iterable[Line]) -> list[Line]:
    """Keep the last line of each piece of work; one that failed yields to one that did not."""
    found: dict[tuple[str, str], Line] = {}
    for line in lines:
        found[line.key] = line if line.failed is None else found.get(line.key, line)
    done = {line.fingerprint for line in found.values() if line.failed is None}
    return [line for line in found.values() if line.failed is None or line.fingerprint not in done]


def append_lines(folder: Path, lines: Sequence[Line]) -> None:
    """Add lines to a folder's results: all of them in one write, which is on the disk when this returns.

    Raises:
        OutputError: the folder cannot be written to.
    """
    path = folder / RESULTS
    text = "".join(json.dumps(plain(asdict(line)), allow_nan=False, ensure_ascii=False) + "\n" for line in lines)
    with writing_to(path):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            broken = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            if broken:  # a crash cut the last line off: what is added must not become part of it
                drop_tail(descriptor, size)
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def drop_tail(descriptor: int, size: int) -> None:
    """Cut a file back to its last whole line."""
    end = os.pread(descriptor, size, 0).rfind(b"\n") + 1
    os.ftruncate(descriptor, end)


def differing(first: Sequence[Line], second: Sequence[Line]) -> list[str]:
    """Name the pieces of work of which two folders have other figures."""
    known = {line.key: line for line in first}
    pairs = [(known[line.key], line) for line in second if line.key in known]
    return [f"{one.model} in {one.protocol} on {one.table}" for one, other in pairs if not agree(one, other)]


def agree(one: Line, other: Line) -> bool:
    """Tell whether two lines have the same figures, but for the last digits."""
    values = ([line.figures[name][0] for name in sorted(line.figures)] for line in (one, other))
    return set(one.figures) == set(other.figures) and all(
        first == second or (None not in (first, second) and math.isclose(first, second, rel_tol=SAME, abs_tol=SAME))
        for first, second in zip(*values, strict=True)
    )
