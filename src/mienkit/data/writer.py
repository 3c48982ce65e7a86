"""Writing a face table: file by file, each whole or absent, so that an interrupted writing goes on where it stopped."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow.parquet as pq

from mienkit.core.errors import OutputError, TableError
from mienkit.data.row import FaceRow, rows_to_arrow, table_schema
from mienkit.data.table import COVERAGE, FORMAT, MANIFEST, ROW_GROUP, SHARD, SHARDS, VERSION, shard_schema
from mienkit.face.output import write_atomically

TEMPLATE = '{"size": 256, "eyes_midpoint": [128.0, 86.0], "mouth_centre": [128.0, 156.0]}'
"""Where a face stands in a crop of 256 pixels."""


class TableWriter:
    """A table being written; use as a context manager. Leaving it by an exception leaves an unfinished table.

    What was written before an interruption is kept: rows that are already there are skipped, and ``holds`` tells them,
    so that nobody has to make them again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        size: int,
        template: str = TEMPLATE,
        optional: Sequence[str] = (),
        rows_per_shard: int = 1000,
        force: bool = False,
    ) -> None:
        """Open a folder for writing.

        Args:
            folder: made if it does not exist.
            size: side of the crops in pixels.
            template: where a face stands in a crop.
            optional: columns beside the required ones.
            rows_per_shard: of each Parquet file but the last.
            force: replace what the folder holds.

        Raises:
            OutputError: the folder holds a finished table or other files, or cannot be written.
        """
        self.folder, self.size, self.template, self.rows_per_shard = folder, size, template, rows_per_shard
        self.schema = table_schema(optional, describe_crops(size, template))
        self._rows: list[FaceRow] = []
        self._shards: list[dict[str, Any]] = []
        self._ids: set[tuple[str, str]] = set()
        self._found = folder.exists()
        prepare_folder(folder, force)
        for shard in sorted(folder.glob(SHARDS)):
            self._adopt(shard)

    def holds(self, source: str, source_id: str) -> bool:
        """Tell whether a face is already written."""
        return (source, source_id) in self._ids

    def add(self, row: FaceRow) -> bool:
        """Write a row, unless it is already there; tell whether it was new."""
        if self.holds(row.source, row.source_id):
            return False
        self._ids.add((row.source, row.source_id))
        self._rows.append(row)
        if len(self._rows) >= self.rows_per_shard:
            self._flush()
        return True

    def extend(self, rows: Iterable[FaceRow]) -> None:
        """Write rows."""
        for row in rows:
            self.add(row)

    def __len__(self) -> int:
        return sum(shard["rows"] for shard in self._shards) + len(self._rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            if not (self._found or any(self.folder.iterdir())):
                self.folder.rmdir()  # a call that wrote nothing leaves nothing

    def finish(self) -> None:
        """Write what is left and then the manifest; the table is finished.

        Raises:
            TableError: there is not a single row.
        """
        if self._rows:
            self._flush()
        if not self._shards:
            raise TableError(f"there is no face to write into {self.folder}")
        write_manifest(self.folder, self._shards, size=self.size, template=self.template)

    def _flush(self) -> None:
        table = rows_to_arrow(self._rows, self.schema)
        self._shards.append(write_shard(self.folder, len(self._shards), table))
        self._rows = []

    def _adopt(self, shard: Path) -> None:
        schema = shard_schema(shard)
        same = (schema.names, schema.metadata) == (self.schema.names, self.schema.metadata)
        if not same or shard.name != SHARD.format(len(self._shards)):
            raise OutputError(
                f"{self.folder} holds part of another table ({shard.name}); use --force or another folder"
            )
        ids = pq.read_table(shard, columns=["source", "source_id"]).to_pydict()
        self._ids.update(zip(ids["source"], ids["source_id"], strict=True))
        self._shards.append(describe_shard(shard, len(ids["source"])))


def prepare_folder(folder: Path, force: bool) -> None:
    """Make the folder, or see that it holds nothing but an unfinished table.

    Raises:
        OutputError: it holds a finished table or other files, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}; choose another place") from None
    shards = sorted(folder.glob(SHARDS))
    if force and (shards or (folder / MANIFEST).exists()):
        # The manifest goes first: a table that loses its files is never taken for a finished one. The shards go last:
        # without them the picture would be somebody's own.
        for path in [folder / MANIFEST, folder / COVERAGE, *shards]:
            path.unlink(missing_ok=True)
    if (folder / MANIFEST).exists():
        raise OutputError(f"{folder} already holds a face table; use --force to replace it, or another folder")
    for path in folder.glob(f".{SHARDS}.*.part"):  # what a killed writer left
        path.unlink(missing_ok=True)
    strange = [path.name for path in folder.iterdir() if not path.match(SHARDS) and not path.name.startswith(".")]
    if strange:
        raise OutputError(f"{folder} holds other files ({strange[0]}); choose an empty folder")


def describe_crops(size: int, template: str) -> dict[str, str]:
    """Make what every file of a table says of its crops."""
    return {"format": FORMAT, "version": str(VERSION), "template": template, "size": str(size)}


def write_shard(folder: Path, number: int, rows: Any) -> dict[str, Any]:
    """Write the Arrow rows of one file and return its entry for the manifest."""
    path = folder / SHARD.format(number)
    write_rows(path, rows)
    return describe_shard(path, rows.num_rows)


def write_rows(path: Path, rows: Any) -> None:
    """Write Arrow rows as a file of a table has them."""
    write_atomically(path, lambda file: pq.write_table(rows, file, compression="zstd", row_group_size=ROW_GROUP))


def write_manifest(folder: Path, shards: Sequence[dict[str, Any]], *, size: int, template: str) -> None:
    """Finish a table: say which files it has, how large its crops are and where a face stands in them."""
    manifest = {"format": FORMAT, "version": VERSION, "size": size, "template": template}
    rows = sum(shard["rows"] for shard in shards)
    text = json.dumps({**manifest, "rows": rows, "shards": list(shards)}, indent=1)
    write_atomically(folder / MANIFEST, lambda file: file.writelines([f"{text}\n".encode()]))


def describe_shard(path: Path, rows: int) -> dict[str, Any]:
    """Name a file, its rows and its hash, for the manifest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "rows": rows, "sha256": digest}
