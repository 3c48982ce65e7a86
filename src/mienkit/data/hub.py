"""A face table as a folder that Hugging Face ``datasets`` loads: Parquet files of every split, and a card."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mienkit.core.config import require
from mienkit.core.errors import OutputError
from mienkit.core.version import __version__
from mienkit.data.row import SPLITS, table_schema
from mienkit.data.table import ROW_GROUP, FaceTable, open_table

HUB_SPLITS: Mapping[str, str] = {"train": "train", "val": "validation", "test": "test"}
"""What ``datasets`` calls each split."""
ROWS_PER_FILE = 5000
FILE = "{}-{:05d}-of-{:05d}.parquet"
CARD = "README.md"
DATA = "data"
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
SIZES = (("n<1K", 1e3), ("1K<n<10K", 1e4), ("10K<n<100K", 1e5), ("100K<n<1M", 1e6), ("1M<n<10M", 1e7))
LICENCES: Mapping[str, str] = {"CC0-1.0": "cc0-1.0", "CC-BY-4.0": "cc-by-4.0", "MIT": "mit", "Apache-2.0": "apache-2.0"}
"""What the hub calls the licences that it knows; every other one is `other`."""
NOTED: tuple[str, ...] = ("licence", "kind", "source", "split")
"""Columns that the card counts."""


@dataclass(frozen=True, kw_only=True)
class HubFolder:
    """What was written."""

    folder: Path
    rows: dict[str, int]
    """Split, as ``datasets`` calls it -> rows."""
    files: int


def write_hub_folder(path: Path, out: Path, *, rows_per_file: int = ROWS_PER_FILE, force: bool = False) -> HubFolder:
    """Write a table as a folder for ``datasets.load_dataset(OUT)``; all of it or nothing.

    Args:
        path: the face table.
        out: the new folder.
        rows_per_file: of each Parquet file but the last of a split.
        force: replace a folder that an earlier call made.

    Raises:
        ConfigError: a file would hold no row.
        TableError: the table cannot be used.
        OutputError: the folder exists already, is the table, or cannot be written.
    """
    require(rows_per_file >= 1, f"--rows-per-file {rows_per_file} should be at least 1")
    table = open_table(path)
    check_folder(out, path, force)
    counts = {name: count_column(table, name) for name in NOTED}
    rows = {split: counts["split"][split] for split in SPLITS if counts["split"][split]}
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        (part / DATA).mkdir(parents=True)
        files = write_files(table, part / DATA, rows, rows_per_file)
        (part / CARD).write_text(write_card(out.name, table, counts, rows), encoding="utf-8")
        put_in_place(part, out)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}; choose another folder") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return HubFolder(folder=out, rows={HUB_SPLITS[split]: count for split, count in rows.items()}, files=files)


def check_folder(out: Path, table: Path, force: bool) -> None:
    """Make sure that the folder may be written.

    Raises:
        OutputError: it is the table or lies in it, or holds what may not be replaced.
    """
    if table.resolve() in (out.resolve(), *out.resolve().parents):
        raise OutputError(f"{out} is the table or lies in it; choose another folder")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    ours = out.is_dir() and {entry.name for entry in out.iterdir()} == {CARD, DATA}
    if not ours:
        raise OutputError(f"{out} holds other files; choose an empty folder")
    if not force:
        raise OutputError(f"{out} exists already; choose another folder or allow it with --force")


def put_in_place(part: Path, out: Path) -> None:
    """Let a finished folder take the place of an older one."""
    old = part.with_suffix(".old")
    if out.exists():
        out.rename(old)
    part.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def count_column(table: FaceTable, name: str) -> Counter[str]:
    """Count the values of a column, some hundred rows at a time."""
    counts: Counter[str] = Counter()
    for rows in table.batches([name]):
        counts.update(rows[name].to_pylist())
    return counts


class SplitFiles:
    """The files of one split, being written; use as a context manager."""

    def __init__(self, folder: Path, split: str, rows: int, rows_per_file: int, schema: Any) -> None:
        """Decide how many files there will be."""
        self.folder, self.split, self.rows_per_file, self.schema = folder, split, rows_per_file, schema
        self.count = -(-rows // rows_per_file)
        self._number, self._room = 0, 0
        self._writer: Any = None

    def write(self, rows: Any) -> None:
        """Write rows, into the next file where one is full."""
        while rows.num_rows:
            if not self._room:
                self._next()
            part = rows.slice(0, self._room)
            self._writer.write_table(part, row_group_size=ROW_GROUP)
            self._room -= part.num_rows
            rows = rows.slice(part.num_rows)

    def _next(self) -> None:
        self.close()
        path = self.folder / FILE.format(HUB_SPLITS[self.split], self._number, self.count)
        self._writer = pq.ParquetWriter(path, self.schema, compression="zstd")
        self._number, self._room = self._number + 1, self.rows_per_file

    def close(self) -> None:
        """Finish the file under way."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def write_files(table: FaceTable, folder: Path, rows: Mapping[str, int], rows_per_file: int) -> int:
    """Write the Parquet files of all splits, some hundred rows at a time; returns how many there are."""
    schema = hub_schema(table)
    with ExitStack() as stack:
        files = {
            split: stack.enter_context(SplitFiles(folder, split, count, rows_per_file, schema))
            for split, count in rows.items()
        }
        for group in table.batches():
            for split, writer in files.items():
                writer.write(hub_rows(group.filter(pc.equal(group["split"], split)), schema))
    return sum(writer.count for writer in files.values())


def hub_schema(table: FaceTable) -> Any:
    """Make the schema of the files: that of the table, with pictures that ``datasets`` decodes."""
    types = table_schema(table.optional)
    fields = [pa.field(name, PICTURE if name == "image" else types.field(name).type) for name in table.columns]
    features = {"info": {"features": {"image": {"_type": "Image"}}}}
    return pa.schema(fields, metadata={"huggingface": json.dumps(features)})


def hub_rows(rows: Any, schema: Any) -> Any:
    """Put pictures where ``datasets`` looks for them."""
    image = rows["image"].combine_chunks()
    picture = pa.StructArray.from_arrays([image, pa.nulls(len(image), pa.string())], fields=list(PICTURE))
    return pa.table({**{name: rows[name] for name in schema.names}, "image": picture}, schema)


def write_card(name: str, table: FaceTable, counts: Mapping[str, Counter[str]], rows: Mapping[str, int]) -> str:
    """Write the card: a heading for the hub, then what is in the table and what may be done with it."""
    made = {kind: count for kind, count in counts["kind"].items() if kind != "photograph"}
    splits = [f"| {HUB_SPLITS[split]} | {count} |" for split, count in rows.items()]
    lists = [f"- {column}: {listed(counts[column])}" for column in ("kind", "source", "licence")]
    note = (
        f"**Synthetic**: {sum(made.values())} of {table.rows} pictures are no photographs ({listed(made)}).\n\n"
        if made
        else ""
    )
    return (
        f"---\n{card_heading(name, counts, rows, bool(made))}---\n\n# {name}\n\n{note}"
        f"{table.rows} aligned faces of {table.size} x {table.size} pixels, one row a face: picture, subject, "
        "sequence, emotion, intensities of 17 action units in [0, 1] with what measured them, 68 landmarks in pixels, "
        "head pose in degrees, source and licence. What nobody measured is null, never 0.\n\n"
        f"| split | faces |\n|---|---:|\n{chr(10).join(splits)}\n\n{chr(10).join(lists)}\n\n"
        "The licence of a picture stands in its row; keep to each of them.\n\n"
        f"Made with mienkit {__version__}.\n"
    )


def card_heading(name: str, counts: Mapping[str, Counter[str]], rows: Mapping[str, int], synthetic: bool) -> str:
    """Write the lines of YAML that the hub reads; every text is quoted as JSON, which is YAML too."""
    licences = sorted({LICENCES.get(licence, "other") for licence in counts["licence"]})
    total = sum(rows.values())
    tags = ["face", "facial-expression", "action-units", *(["synthetic"] if synthetic else [])]
    lines = [
        f"pretty_name: {json.dumps(name)}",
        f"license: {json.dumps(licences)}",
        f"tags: {json.dumps(tags)}",
        'task_categories: ["image-classification"]',
        f"size_categories: {json.dumps([next((size for size, limit in SIZES if total < limit), 'n>10M')])}",
        "configs:",
        "- config_name: default",
        "  data_files:",
    ]
    for split in rows:
        lines += [f"  - split: {HUB_SPLITS[split]}", f"    path: {DATA}/{HUB_SPLITS[split]}-*"]
    return "".join(f"{line}\n" for line in lines)


def listed(counts: Mapping[str, int]) -> str:
    """List values with their numbers, the most frequent first."""
    return ", ".join(f"{name} ({count})" for name, count in sorted(counts.items(), key=lambda one: -one[1]))
