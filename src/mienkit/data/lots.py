"""A face table that many processes write at once, in lots: each is a file of its own, whole or absent.

First everything that a data set holds is listed, once, in a hidden folder of the table; then whoever has time takes a
lot, writes its rows and, after them, what became of it. A run that is killed loses the lots under way, and goes on with
the listing that it began with. Nobody holds more than a lot in memory, but eight bytes a face for finding duplicates.

Workers may outlive a run that is killed. Therefore they write into a folder of their own listing alone, with what every
worker of that listing would write; only the one that finishes the table, and is ``alone`` in it, moves files into it.
"""

import hashlib
import json
import pickle
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from mienkit.core.errors import OutputError, TableError
from mienkit.data.listing import LeftOut
from mienkit.data.near import Hashes
from mienkit.data.reader import Sample, Video
from mienkit.data.row import FaceRow, rows_to_arrow, table_schema
from mienkit.data.table import HIDDEN, MANIFEST, SHARD, SHARDS
from mienkit.data.writer import (
    TEMPLATE,
    describe_crops,
    describe_shard,
    prepare_folder,
    write_manifest,
    write_rows,
    write_shard,
)
from mienkit.face.output import write_atomically, writing_to

LISTING = "listing.json"
SMALLEST, LARGEST = 16, 256
"""Samples of a lot; a table has at least 32 lots if it can, so that all processes end together."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What there is to be done."""

    samples: int
    lots: int
    job: Mapping[str, Any]
    """What was asked; an interrupted call goes on only if it is asked the same."""
    key: str
    """Name of the folder of its lots."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason -> files of the data set that are no samples."""
    examples: Mapping[str, list[str]] = field(default_factory=dict)
    """Reason -> some of their names."""


@dataclass(frozen=True, kw_only=True)
class LotReport:
    """What became of one lot."""

    number: int
    samples: int
    rows: int
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """``source_id`` -> kind of error, message."""
    second_looks: int = 0
    """Photos in whose small copy no face was found, so that the detector looked again."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Stage -> time."""
    marks: list[int] = field(default_factory=list)
    """One number a row: equal for equal pictures."""
    hashes: list[tuple[int, int]] = field(default_factory=list)
    """Of each row's picture, from ``hash_picture``."""


@dataclass(frozen=True, kw_only=True)
class Lots:
    """The lots of one table."""

    folder: Path
    size: int
    """Side of the crops in pixels."""
    optional: tuple[str, ...] = ()
    """Columns beside the required ones."""
    key: str = field(default_factory=lambda: secrets.token_hex(4))
    """Of the listing: workers of another one, which may live on for a moment, write elsewhere."""

    @property
    def hidden(self) -> Path:
        return self.folder / HIDDEN

    @property
    def work(self) -> Path:
        """Where the workers of this listing write."""
        return self.hidden / self.key

    def of(self, listing: Listing) -> Self:
        """Return the lots of a listing that was begun before."""
        return replace(self, key=listing.key)

    def open(self, job: Mapping[str, Any], force: bool = False) -> Listing | None:
        """Make the folder ready; return the listing of an interrupted run, if there is one.

        Raises:
            OutputError: the folder holds a finished table, another's files, was begun with another job, or the disk or
                its permissions do not allow it.
        """
        with writing_to(self.folder):
            return self._open(json.loads(json.dumps(job)), force)

    def _open(self, job: Mapping[str, Any], force: bool) -> Listing | None:
        listing = None if force else self.listing()
        if listing is None:
            self._forget()
        if listing is not None and listing.job == job and (self.folder / MANIFEST).exists():
            return listing  # killed when all was done but tidying up
        prepare_folder(self.folder, force)
        if listing is None and any(self.folder.glob(SHARDS)):
            raise OutputError(f"{self.folder} holds part of another table; use --force or another folder")
        if listing is not None and listing.job != job:
            raise OutputError(
                f"{self.folder} was begun with other settings; use the same ones to go on, --force to begin again, "
                "or another folder"
            )
        return listing

    def listing(self) -> Listing | None:
        """Read the listing, if it is complete."""
        path = self.hidden / LISTING
        return Listing(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

    def write_listing(
        self, samples: Iterable[Sample], count: int, job: Mapping[str, Any], left_out: LeftOut | None = None
    ) -> Listing:
        """List samples, in lots whose size depends on nothing but their number; a video is a lot of its own.

        Args:
            samples: of a reader.
            count: how many there are, about.
            job: what was asked.
            left_out: what the reader did not take; read after the last sample.

        Raises:
            OutputError: the disk or its permissions do not allow it.
        """
        size = min(LARGEST, max(SMALLEST, count // 32))
        with writing_to(self.folder):
            self.work.mkdir(parents=True, exist_ok=True)
        lot: list[Sample] = []
        lots = total = 0
        for sample in samples:
            lot.append(sample)
            total += 1
            if len(lot) == size or isinstance(sample.picture, Video):
                self._write_samples(lots, lot)
                lots, lot = lots + 1, []
        if lot:
            self._write_samples(lots, lot)
            lots += 1
        noted = left_out or LeftOut()
        listing = Listing(
            samples=total, lots=lots, job=job, key=self.key, left_out=dict(noted.counts), examples=noted.examples
        )
        write_json(self.hidden / LISTING, asdict(listing))
        return listing

    def _write_samples(self, number: int, samples: Sequence[Sample]) -> None:
        write_atomically(self._path(number, "samples"), lambda file: pickle.dump(list(samples), file))

    def samples(self, number: int) -> list[Sample]:
        """Read the samples of one lot, as this program listed them.

        Raises:
            OutputError: they are gone.
        """
        self._check_place()
        with self._path(number, "samples").open("rb") as file:
            samples: list[Sample] = pickle.load(file)
        return samples

    def finished(self) -> set[int]:
        """Name the lots of which it is written what became of them."""
        # Their folder is read, because a network disk remembers for a while of what it was asked that it is not there.
        return {int(path.stem) for path in self.work.glob("[0-9]*.json")}

    def waiting(self, listing: Listing) -> Iterator[int]:
        """Name the lots that are not finished."""
        finished = self.finished()
        return (number for number in range(listing.lots) if number not in finished)

    def write_rows(self, number: int, rows: Sequence[FaceRow]) -> None:
        """Write the rows of a lot, if it has any. It is finished only when its report is written, too.

        Raises:
            OutputError: the disk or its permissions do not allow it, or the table is finished.
        """
        self._check_place()
        if rows:
            write_rows(self._path(number, "parquet"), rows_to_arrow(rows, self.schema()))

    def write_report(self, report: LotReport) -> None:
        """Write what became of a lot.

        Raises:
            OutputError: the disk or its permissions do not allow it, or the table is finished.
        """
        self._check_place()
        write_json(self._path(report.number, "json"), asdict(report))

    def _check_place(self) -> None:
        """Stop a worker that outlived its run: it must not leave files in a table that others finished."""
        if not self.work.is_dir():
            raise OutputError(f"{self.folder} was finished or begun again by another `mien prepare`; nothing is left")

    def schema(self) -> Any:
        """Make the schema that all lots share."""
        return table_schema(self.optional, describe_crops(self.size, TEMPLATE))

    def reports(self, listing: Listing) -> Iterator[LotReport]:
        """Read what became of each lot, in order; all must be finished."""
        return (self.report(number) for number in range(listing.lots))

    def report(self, number: int) -> LotReport:
        """Read what became of one lot.

        Raises:
            OutputError: it is gone.
        """
        path = self._path(number, "json")
        try:
            return LotReport(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise OutputError(f"{path} is gone; the same command makes what is missing again") from None

    def _path(self, number: int, kind: str) -> Path:
        return self.work / f"{number:05d}.{kind}"

    def finish(self, listing: Listing) -> int:
        """Drop pictures that are there already and write the manifest; return how many were dropped.

        Of equal pictures the first stays; frames of a sequence all stay.

        Raises:
            TableError: there is not a single row.
            OutputError: the disk or its permissions do not allow it.
        """
        with writing_to(self.folder):
            dropped = self._move_rows(listing)
        shards = [path for number in range(listing.lots) if (path := self.folder / SHARD.format(number)).exists()]
        if not shards:
            raise TableError(f"there is no face to write into {self.folder}")
        entries = [describe_shard(path, pq.read_metadata(path).num_rows) for path in shards]
        write_manifest(self.folder, entries, size=self.size, template=TEMPLATE)
        return dropped

    def tidy(self) -> None:
        """Forget the listing and what became of the lots, because the table is finished."""
        self._forget()

    def _forget(self) -> None:
        (self.hidden / LISTING).unlink(missing_ok=True)  # first: without it nobody goes on with half of the rest
        shutil.rmtree(self.hidden, ignore_errors=True)

    def hashes(self, listing: Listing) -> Hashes:
        """Collect the hashes of the pictures that stay, (N, 2), in the table's order: 16 bytes a face."""
        found = [np.asarray(report.hashes, np.uint64).reshape(-1, 2) for report in self.reports(listing)]
        _, double = self._doubles(listing)
        return np.concatenate([np.empty((0, 2), np.uint64), *found])[~double]

    def _move_rows(self, listing: Listing) -> int:
        """Move the rows of all lots into the table but the doubles; return how many these are.

        A run that was killed here has moved some. What is still there is moved again, which changes nothing.
        """
        owners, double = self._doubles(listing)
        with_doubles = set(owners[double].tolist())
        for path in sorted(self.work.glob("[0-9]*.parquet")):
            number = int(path.stem)
            if number in with_doubles:
                kept = pq.read_table(path).filter(~double[owners == number])
                if kept.num_rows:
                    write_shard(self.folder, number, kept)
                path.unlink()
            else:
                path.replace(self.folder / SHARD.format(number))
        return int(double.sum())

    def _doubles(self, listing: Listing) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """Tell the lot of every row, and whether an earlier one has the same picture."""
        owners, marks = self._marks(listing)
        _, first = np.unique(marks, return_index=True)
        double = np.ones(len(marks), bool)
        double[first] = False
        double[marks == 0] = False
        return owners, double

    def _marks(self, listing: Listing) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint64]]:
        """Collect lot and mark of every row."""
        owners, marks = [np.empty(0, np.int32)], [np.empty(0, np.uint64)]
        for report in self.reports(listing):
            owners.append(np.full(len(report.marks), report.number, np.int32))
            marks.append(np.asarray(report.marks, np.uint64))
        return np.concatenate(owners), np.concatenate(marks)


def picture_mark(row: FaceRow) -> int:
    """Return a number that two pictures share only if they are equal, all but surely; 0 for a frame of a sequence."""
    if row.sequence is not None:
        return 0
    return int.from_bytes(hashlib.blake2b(row.image, digest_size=8).digest(), "big") or 1


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a small file."""
    text = json.dumps(value)
    write_atomically(path, lambda file: file.writelines([f"{text}\n".encode()]))
