"""A face table of photographs into one of photographs and exact edits of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mienkit.app.folder import Track, untracked
from mienkit.app.reexpress_photo import Edits, Outcome, reexpress_photo
from mienkit.app.workers import in_processes
from mienkit.assets.fetch import require_asset
from mienkit.core.action_unit import canonical_unit
from mienkit.core.config import require
from mienkit.core.errors import DataError, TableError
from mienkit.data.row import AU_COLUMNS, BEFORE_COLUMNS, MAP_COLUMNS, POSE_COLUMNS, SIDED_COLUMNS, FaceRow
from mienkit.data.table import FaceTable, open_table
from mienkit.data.writer import TableWriter
from mienkit.morphable.raster import load_kernels

SIZES = (128, 256)
ROWS_PER_SHARD = 500
"""So few, because an interruption costs the rows of the file under way."""
PLAIN = (
    "image", "width", "height", "source", "source_id", "licence", "kind", "subject", "sequence", "frame", "emotion",
    "au_measurer", "split", "pair",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReexpressRequest:
    """Which edits to make.

    Raises:
        ConfigError: a number is out of range.
        UnknownNameError: there is no such action unit.
    """

    per_photo: int = 3
    """Random edits of every photo; of other kinds there is one."""
    size: int = 128
    """Side of the pictures in pixels."""
    aus: Mapping[str, float] = field(default_factory=dict)
    """Units, or sides of them (``AU12_L``), to set in every photo, instead of random edits."""
    neutralise: bool = False
    """Take the expression off every photo, instead of random edits."""
    posed: bool = False
    """Make every photo show each of the eight emotions, instead of random edits."""
    split: str | None = None
    """Only photos of this split; all if None."""
    seed: int = 0
    workers: int = 0
    """Processes; 0 takes one a core. The result does not depend on it."""

    def __post_init__(self) -> None:
        require(1 <= self.per_photo <= 100, f"--per-photo {self.per_photo} should be 1 to 100")
        require(self.size in SIZES, f"--size {self.size} should be one of {', '.join(map(str, SIZES))}")
        require(self.seed >= 0, f"--seed {self.seed} should be at least 0")
        require(self.workers >= 0, f"--workers {self.workers} should be at least 0")
        ways = [bool(self.aus), self.neutralise, self.posed]
        require(sum(ways) <= 1, "--aus, --neutralise and --posed exclude each other; give one of them")
        for name, value in self.aus.items():
            canonical_unit(name)
            require(0 <= value <= 1, f"{name}={value:g} should be in [0, 1]")

    @property
    def edits(self) -> Edits:
        """What every worker is told."""
        return Edits(
            size=self.size,
            per_photo=self.per_photo,
            seed=self.seed,
            neutralise=self.neutralise,
            posed=self.posed,
            aus={canonical_unit(name): value for name, value in self.aus.items()},
        )


@dataclass(kw_only=True)
class ReexpressReport:
    """What became of a table's photos; everything but ``rows`` counts this call alone."""

    photos: int = 0
    """Photos that were worked on."""
    edits: int = 0
    """Edits that were written."""
    skipped: int = 0
    """Photos that an earlier call had finished."""
    without: int = 0
    """Photos of which no edit was left, although a head fits them; they are not written."""
    photo_faults: Counter[str] = field(default_factory=Counter)
    """Reason -> photos that could not be used."""
    edit_faults: Counter[str] = field(default_factory=Counter)
    """Reason -> edits that were dropped."""
    rows: int = 0
    """Of the whole table."""

    @property
    def tried(self) -> int:
        """Edits that were made or tried."""
        return self.edits + self.edit_faults.total()

    @property
    def reasons(self) -> str:
        """Why photos and edits were left out, the most frequent reason first."""
        counted = [*self.photo_faults.most_common(), *self.edit_faults.most_common()]
        return ", ".join(f"{reason} ({count} times)" for reason, count in counted)

    def note(self, outcome: Outcome) -> None:
        """Count what became of a photo."""
        made = max(len(outcome.rows) - 1, 0)
        self.photos += 1
        self.edits += made
        self.without += outcome.fault is None and not made
        self.photo_faults.update([str(outcome.fault)] if outcome.fault else [])
        self.edit_faults.update(map(str, outcome.dropped))


def reexpress_table(
    table: Path, out: Path, request: ReexpressRequest, *, force: bool = False, track: Track = untracked
) -> ReexpressReport:
    """Write a table of the photographs of another one and of edits of them.

    An interrupted call goes on where it stopped. The work is done by processes, so that a script that calls this must
    begin with ``if __name__ == "__main__":``.

    Raises:
        AssetError: the head model is missing.
        DataError: the table holds no photographs.
        MissingExtraError: numba is not installed.
        OutputError: the new table exists already, or cannot be written.
        TableError: the table is broken, or not a single edit could be made.
    """
    require_asset("ict-facekit")
    load_kernels()
    source = open_table(table)
    names = photograph_names(source, request.split)
    if not names:
        where = f"{table} holds no photographs" + (f" of the split {request.split!r}" if request.split else "")
        raise DataError(f"{where}; only rows of the kind 'photograph' are re-expressed")
    report = ReexpressReport()
    with TableWriter(
        out,
        size=request.size,
        template=source.template,
        optional=(*BEFORE_COLUMNS, *SIDED_COLUMNS, *MAP_COLUMNS),
        rows_per_shard=ROWS_PER_SHARD,
        force=force,
    ) as writer:
        todo = unfinished(photographs(source, request.split), writer, report)
        count = sum(not writer.holds(*name) for name in names)
        for outcome in track(work_through(todo, request), count):
            report.note(outcome)
            writer.extend(outcome.rows)
        report.rows = len(writer)
        if not report.rows:
            raise TableError(f"no photograph of {table} could be re-expressed: {report.reasons}; use other photographs")
    return report


def photograph_names(table: FaceTable, split: str | None = None) -> list[tuple[str, str]]:
    """Name the photographs of a table, or of one of its splits: source and ``source_id``."""
    rows = table.read(["kind", "source", "source_id"], split).to_pylist()
    return [(row["source"], row["source_id"]) for row in rows if row["kind"] == "photograph"]


def photographs(table: FaceTable, split: str | None = None) -> Iterator[FaceRow]:
    """Read the photographs of a table, or of one of its splits, one after the other."""
    for batch in table.batches(split=split):
        for values in batch.to_pylist():
            if values["kind"] == "photograph":
                yield read_row(values)


def read_row(values: Mapping[str, Any]) -> FaceRow:
    """Turn the columns of a row back into it, less what only edits have."""
    landmarks = values["landmarks"]
    return FaceRow(
        **{name: values[name] for name in PLAIN},
        aus=np.array([values[name] for name in AU_COLUMNS], np.float32),
        sided={name: values[name] for name in SIDED_COLUMNS if values.get(name) is not None},
        landmarks=None if landmarks is None else np.array(landmarks, np.float32).reshape(-1, 2),
        pose=None if values[POSE_COLUMNS[0]] is None else np.array([values[n] for n in POSE_COLUMNS], np.float32),
    )


def unfinished(photos: Iterable[FaceRow], writer: TableWriter, report: ReexpressReport) -> Iterator[FaceRow]:
    """Leave out what was written before. A photo is written after its edits, so that it stands for all of them."""
    for photo in photos:
        if writer.holds(photo.source, photo.source_id):
            report.skipped += 1
        else:
            yield photo


def work_through(photos: Iterator[FaceRow], request: ReexpressRequest) -> Iterator[Outcome]:
    """Re-express photos in several processes; what comes back is in the order of the photos."""
    return in_processes(photos, partial(reexpress_photo, edits=request.edits), request.workers)
