"""What was done for a new table so far, so that an interrupted call goes on where it stopped and ends with the same."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mienkit.core.errors import OutputError
from mienkit.data.lots import write_json
from mienkit.data.row import FaceRow, rows_to_arrow
from mienkit.data.table import HIDDEN, MANIFEST, SHARDS
from mienkit.data.writer import prepare_folder, write_rows
from mienkit.face.output import writing_to

JOB = "augment.json"
LOT = "lot-{:05d}"


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A hidden folder of the new table; without a folder nothing is kept."""

    folder: Path | None = None

    def recall(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what was noted under a name; else make it, note it, and return it."""
        if self.folder is None:
            return make()
        path = self.folder / f"{name}.json"
        if not path.is_file():
            write_json(path, {"value": make()})
        return json.loads(path.read_text(encoding="utf-8"))["value"]

    def lots(self) -> list[Any]:
        """Return what is noted of the lots that are finished."""
        if self.folder is None:
            return []
        paths = sorted(self.folder.glob("lot-*.json"))
        return [json.loads(path.read_text(encoding="utf-8"))["value"] for path in paths]

    def keep_rows(self, number: int, rows: Sequence[FaceRow], schema: Any) -> None:
        """Write the new rows of a lot; what became of the lot is noted only after them."""
        if self.folder is not None and rows:
            write_rows(self.folder / f"{LOT.format(number)}.parquet", rows_to_arrow(rows, schema))

    def rows(self) -> list[Any]:
        """Return the new rows, one Arrow table a lot that has any."""
        if self.folder is None:
            return []
        return [pq.read_table(path) for path in sorted(self.folder.glob("lot-*.parquet"))]


def open_notebook(out: Path, job: Mapping[str, Any], force: bool) -> Notebook:
    """Make the new table's folder ready, or find the notebook of an interrupted call.

    Raises:
        OutputError: the folder holds a finished table, another's files, or was begun with other settings.
    """
    hidden = out / HIDDEN
    told = json.loads(json.dumps(job))
    with writing_to(out):
        if force:
            shutil.rmtree(hidden, ignore_errors=True)
        begun = (hidden / JOB).is_file()
        if begun and json.loads((hidden / JOB).read_text(encoding="utf-8")) != told:
            raise OutputError(
                f"{out} was begun with other settings; use the same ones to go on, --force to begin again, "
                "or another folder"
            )
        if not (begun and (out / MANIFEST).exists()):  # else it was killed when all was done but tidying up
            prepare_folder(out, force)
        if not begun:
            if hidden.is_dir() or any(out.glob(SHARDS)):
                raise OutputError(f"{out} holds part of another table; use --force or another folder")
            hidden.mkdir()
            write_json(hidden / JOB, told)
    return Notebook(folder=hidden)


def tidy(out: Path) -> None:
    """Forget the notebook of a table, because it is finished, or nothing came of it."""
    (out / HIDDEN / JOB).unlink(missing_ok=True)  # first: without it nobody goes on with half of the rest
    shutil.rmtree(out / HIDDEN, ignore_errors=True)
