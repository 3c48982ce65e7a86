"""Some people of a face table as a table of their own, e.g. those whom a judge may learn from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from mienkit.core.config import require
from mienkit.core.errors import TableError
from mienkit.data.merge import ROWS_PER_SHARD, begin, even_pieces
from mienkit.data.row import SPLITS
from mienkit.data.split import subject_fold
from mienkit.data.table import FaceTable, open_table
from mienkit.data.writer import write_manifest, write_shard


@dataclass(frozen=True, kw_only=True)
class People:
    """Whom to take.

    Raises:
        ConfigError: there is no such split or fold.
    """

    split: str | None = None
    """Only of this one."""
    fold: int | None = None
    """Only who are in this fold of ``folds``, by their names: the same for ever, whatever else is in the table."""
    folds: int = 3
    call: str | None = None
    """The split that they are put into; None leaves them in theirs."""

    def __post_init__(self) -> None:
        for split in (self.split, self.call):
            require(split is None or split in SPLITS, f"no split is called '{split}'; choose among {', '.join(SPLITS)}")
        require(self.folds >= 2, f"there should be 2 folds or more, not {self.folds}")
        require(self.fold is None or 0 <= self.fold < self.folds, f"fold {self.fold} should be 0 to {self.folds - 1}")

    def takes(self, subject: str, split: str) -> bool:
        """Tell whether a subject is among them."""
        return (self.split is None or split == self.split) and (
            self.fold is None or subject_fold(subject, self.folds) == self.fold
        )


def take_people(path: Path, out: Path, people: People, *, force: bool = False) -> int:
    """Write the rows of some people into a new table, and return how many there are.

    Raises:
        TableError: nobody is left.
        OutputError: the new table exists already, is the input, or cannot be written.
    """
    table = open_table(path)
    if not any(rows.num_rows for rows in kept_people(table, people)):
        raise TableError(f"{path} holds nobody like that; `mien data show {path}` shows its splits")
    begin(out, [path], force)
    shards = [
        write_shard(out, number, rows)
        for number, rows in enumerate(even_pieces(kept_people(table, people), ROWS_PER_SHARD))
    ]
    write_manifest(out, shards, size=table.size, template=table.template)
    return open_table(out).rows


def kept_people(table: FaceTable, people: People) -> Iterator[pa.Table]:
    """Yield the rows of some people, some hundred at a time."""
    for rows in table.batches():
        subjects, splits = (rows[name].to_pylist() for name in ("subject", "split"))
        kept = [people.takes(subject, split) for subject, split in zip(subjects, splits, strict=True)]
        some = pa.table(rows).filter(pa.array(kept, pa.bool_()))
        if people.call is not None:
            place = some.schema.get_field_index("split")
            some = some.set_column(place, some.schema.field(place), pa.array([people.call] * len(some), pa.string()))
        yield some
