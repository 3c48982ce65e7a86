"""What is wrong with a face table: every promise of the format, held against the files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import TableError
from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.data.decode import MAX_NAMED, decode_picture
from mienkit.data.row import AU_COLUMNS, BEFORE_COLUMNS, KINDS, NEVER_NULL, SIDED_COLUMNS, SPLITS
from mienkit.data.table import MANIFEST, SHARDS, FaceTable, open_table, read_manifest, schema_problems, shard_schema

ALLOWED = {"emotion": EMOTIONS, "kind": KINDS, "split": SPLITS}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One broken promise."""

    name: str
    """What kind of problem, e.g. ``split-leak``; the same word for the same kind."""
    message: str
    """What is wrong, and where."""


def check_table(path: Path) -> list[Problem]:
    """Look for everything that is wrong with a table; an empty list says that it is sound.

    The rows are looked at only where the files have the right columns.
    """
    problems = [*file_problems(path)]
    if problems:
        return problems
    table = open_table(path)
    labels = table.read([name for name in table.columns if name != "image"])
    for inspect in (null_problems, range_problems, name_problems, landmark_problems, leak_problems, id_problems):
        problems += inspect(labels)
    if labels.num_rows != table.rows:
        problems.append(Problem(name="row-count", message=f"{MANIFEST} says {table.rows} rows, not {labels.num_rows}"))
    return problems + picture_problems(table)


def file_problems(path: Path) -> Iterator[Problem]:
    """Look at the manifest and the files' columns."""
    try:
        manifest = read_manifest(path)
    except TableError as error:
        yield Problem(name="unfinished" if any(path.glob(SHARDS)) else "no-table", message=str(error))
        return
    sound = True
    for entry in manifest["shards"]:
        shard = path / entry["name"]
        try:
            found = schema_problems(shard_schema(shard))
        except TableError as error:
            found = [("broken-file", str(error))]
        sound = sound and not found
        yield from (Problem(name=name, message=f"{shard.name}: {message}") for name, message in found)
    if sound:
        yield from mixed_columns(path)


def mixed_columns(path: Path) -> Iterator[Problem]:
    """Look for files whose optional columns differ."""
    try:
        open_table(path)
    except TableError as error:
        yield Problem(name="mixed-columns", message=str(error))


def null_problems(rows: Any) -> list[Problem]:
    """Look for missing values in columns that must have them."""
    counts = {name: rows[name].null_count for name in NEVER_NULL if name in rows.column_names}
    return [
        Problem(name="missing-value", message=f"column {name} is empty in {count} rows")
        for name, count in counts.items()
        if count
    ]


def range_problems(rows: Any) -> list[Problem]:
    """Look for intensities outside of [0, 1]; NaN counts, because unknown is null."""
    problems = []
    for name in (*AU_COLUMNS, *BEFORE_COLUMNS, *SIDED_COLUMNS):
        if name not in rows.column_names:
            continue
        values = rows[name]
        inside = pc.and_(pc.greater_equal(values, 0), pc.less_equal(values, 1))
        bad = rows.filter(pc.invert(inside))
        if bad.num_rows:
            text = f"{name} is outside [0, 1] in {bad.num_rows} rows: {row_names(bad)}"
            problems.append(Problem(name="au-out-of-range", message=text))
    return problems


def name_problems(rows: Any) -> list[Problem]:
    """Look for emotions, kinds and splits that do not exist."""
    problems = []
    for column, known in ALLOWED.items():
        present = {value for value in pc.unique(rows[column]).to_pylist() if value is not None}
        for value in sorted(present - set(known)):
            text = f"column {column} holds '{value}'; it may hold {', '.join(known)}"
            problems.append(Problem(name=f"unknown-{column}", message=text))
    return problems


def landmark_problems(rows: Any) -> list[Problem]:
    """Look for lists of landmarks of a wrong length, and for crops that are not square."""
    wrong = rows.filter(pc.not_equal(pc.list_value_length(rows["landmarks"]), 2 * NUM_LANDMARKS))
    oblong = rows.filter(pc.not_equal(rows["width"], rows["height"]))
    found = (("landmarks", "landmarks are not 136 numbers", wrong), ("not-square", "crops are not square", oblong))
    return [
        Problem(name=name, message=f"{text} in {bad.num_rows} rows: {row_names(bad)}")
        for name, text, bad in found
        if bad.num_rows
    ]


def leak_problems(rows: Any) -> list[Problem]:
    """Look for subjects that stand in two splits."""
    both = pa.table({"subject": rows["subject"], "split": rows["split"]}).group_by(["subject", "split"]).aggregate([])
    counts = Counter(both["subject"].to_pylist())
    torn = sorted(str(subject) for subject, count in counts.items() if count > 1)
    return (
        [Problem(name="split-leak", message=f"{len(torn)} subjects are in two splits: {shortened(torn)}")]
        if torn
        else []
    )


def id_problems(rows: Any) -> list[Problem]:
    """Look for faces that occur twice. A pair whose photograph is in another table is no problem."""
    counts = Counter(face_names(rows))
    twice = [name for name, count in counts.items() if count > 1]
    return (
        [Problem(name="duplicate-id", message=f"{len(twice)} faces occur twice: {shortened(twice)}")] if twice else []
    )


def picture_problems(table: FaceTable) -> list[Problem]:
    """Decode every picture; up to 20 bad ones are named."""
    unreadable: list[str] = []
    other_size: list[str] = []
    with ThreadPoolExecutor() as pool:
        for batch in table.batches(["image", "source", "source_id", "width", "height"]):
            sizes = pool.map(picture_size, batch["image"].to_pylist())
            told = zip(batch["width"].to_pylist(), batch["height"].to_pylist(), strict=True)
            for name, size, wanted in zip(face_names(batch), sizes, told, strict=True):
                if size is None:
                    unreadable.append(name)
                elif size != wanted:
                    other_size.append(name)
    found = (("unreadable-image", "cannot be read", unreadable), ("image-size", "have another size", other_size))
    return [
        Problem(name=name, message=f"{len(bad)} pictures {text}: {shortened(bad)}") for name, text, bad in found if bad
    ]


def picture_size(image: bytes | None) -> tuple[int, int] | None:
    """Decode a picture and return its width and height; None where it cannot be read."""
    picture = decode_picture(image) if image else None
    return None if picture is None else (picture.shape[1], picture.shape[0])


def face_names(rows: Any) -> list[str]:
    """Name the rows, ``source/source_id``."""
    sources, ids = rows["source"].to_pylist(), rows["source_id"].to_pylist()
    return [f"{source}/{one}" for source, one in zip(sources, ids, strict=True)]


def row_names(rows: Any) -> str:
    """Name some of the rows."""
    return shortened(face_names(rows.slice(0, MAX_NAMED + 1)))


def shortened(names: Sequence[str]) -> str:
    """List names, up to 20."""
    return ", ".join(names[:MAX_NAMED]) + (", ..." if len(names) > MAX_NAMED else "")
