"""What is wrong with a face table: every promise of the format, held against the files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import TableError
from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.data.decode import MAX_NAMED
from mienkit.data.loader import group_codes
from mienkit.data.look import Looks, look_again, look_at_pictures
from mienkit.data.near import near_pairs
from mienkit.data.row import AU_COLUMNS, BEFORE_COLUMNS, KINDS, NEVER_NULL, SIDED_COLUMNS, SPLITS
from mienkit.data.table import MANIFEST, SHARDS, FaceTable, open_table, read_manifest, schema_problems, shard_schema

ALLOWED = {"emotion": EMOTIONS, "kind": KINDS, "split": SPLITS}
UNITS = (*AU_COLUMNS, *BEFORE_COLUMNS, *SIDED_COLUMNS)
LABELS = ("width", "height", "source", "source_id", "licence", "kind", "subject", "emotion", "split", "fold", *UNITS)
"""Columns that are held in memory for all rows at once."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One broken promise, or something worth a look."""

    name: str
    """What kind of problem, e.g. ``split-leak``; the same word for the same kind."""
    message: str
    """What is wrong, and where."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was found in a table."""

    problems: list[Problem]
    """Broken promises; a table without any is sound."""
    warnings: list[Problem]
    """What may be meant so: copies within a split, units that are the same everywhere."""
    unreadable: bool = False
    """The rows were not looked at, because the manifest or a file's columns are broken."""


def check_table(path: Path) -> list[Problem]:
    """Look for everything that is wrong with a table; an empty list says that it is sound."""
    return inspect_table(path).problems


def inspect_table(path: Path) -> Findings:
    """Look for everything that is wrong with a table, or strange.

    The rows are looked at only where the files have the right columns.
    """
    problems = [*file_problems(path)]
    if problems:
        return Findings(problems=problems, warnings=[], unreadable=True)
    table = open_table(path)
    labels = table.read([name for name in table.columns if name in LABELS])
    for inspect in (null_problems, range_problems, name_problems, shape_problems, leak_problems, id_problems):
        problems += inspect(labels)
    if labels.num_rows != table.rows:
        problems.append(Problem(name="row-count", message=f"{MANIFEST} says {table.rows} rows, not {labels.num_rows}"))
    problems += landmark_problems(table)
    looks = look_at_pictures(table)
    problems += [*picture_problems(labels, looks), *near_problems(table, labels, looks)]
    return Findings(problems=problems, warnings=[*copy_warnings(labels, looks), *unit_warnings(labels)])


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
    for name in UNITS:
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


def shape_problems(rows: Any) -> list[Problem]:
    """Look for crops that are not square."""
    bad = rows.filter(pc.not_equal(rows["width"], rows["height"]))
    text = f"crops are not square in {bad.num_rows} rows: {row_names(bad)}"
    return [Problem(name="not-square", message=text)] if bad.num_rows else []


def landmark_problems(table: FaceTable) -> list[Problem]:
    """Look for lists of landmarks of a wrong length, some hundred rows at a time."""
    bad: list[str] = []
    for rows in table.batches(["source", "source_id", "landmarks"]):
        bad += face_names(rows.filter(pc.not_equal(pc.list_value_length(rows["landmarks"]), 2 * NUM_LANDMARKS)))
    text = f"landmarks are not 136 numbers in {len(bad)} rows: {shortened(bad)}"
    return [Problem(name="landmarks", message=text)] if bad else []


def leak_problems(rows: Any) -> list[Problem]:
    """Look for subjects that stand in two splits, or in two folds of a cross-validation."""
    return [
        Problem(name=f"{column}-leak", message=f"{len(torn)} subjects are in two {column}s: {shortened(torn)}")
        for column in ("split", "fold")
        if column in rows.column_names and (torn := torn_subjects(rows, column))
    ]


def torn_subjects(rows: Any, column: str) -> list[str]:
    """Name the subjects that stand in two parts of a table; rows that are in none do not count."""
    known = rows.filter(pc.is_valid(rows[column]))
    both = pa.table({"subject": known["subject"], "part": known[column]}).group_by(["subject", "part"]).aggregate([])
    counts = Counter(both["subject"].to_pylist())
    return sorted(str(subject) for subject, count in counts.items() if count > 1)


def id_problems(rows: Any) -> list[Problem]:
    """Look for faces that occur twice. A pair whose photograph is in another table is no problem."""
    counts = Counter(face_names(rows))
    twice = [name for name, count in counts.items() if count > 1]
    return (
        [Problem(name="duplicate-id", message=f"{len(twice)} faces occur twice: {shortened(twice)}")] if twice else []
    )


def picture_problems(rows: Any, looks: Looks) -> list[Problem]:
    """Look for pictures that cannot be read or have another size than told; up to 20 bad ones are named."""
    names = np.asarray(face_names(rows), np.object_)
    told = np.stack([rows["width"].to_numpy(), rows["height"].to_numpy()], axis=1)
    other_size = looks.readable & np.any(looks.sizes != told, axis=1)
    found = (
        ("unreadable-image", "cannot be read", np.logical_not(looks.readable)),
        ("image-size", "have another size", other_size),
    )
    return [
        Problem(name=name, message=f"{np.count_nonzero(bad)} pictures {text}: {shortened(names[bad].tolist())}")
        for name, text, bad in found
        if np.any(bad)
    ]


def near_problems(table: FaceTable, rows: Any, looks: Looks) -> list[Problem]:
    """Look for pictures of different people that are almost the same and stand in different splits.

    The edits of a photograph are of one person, whose splits ``leak_problems`` looks after.
    """
    places = np.flatnonzero(looks.readable)
    subjects = group_codes(rows["subject"].to_pylist())
    couples, _ = near_pairs(looks.hashes[places], subjects[places])
    split = group_codes(rows["split"].to_pylist())
    suspects = places[couples]
    suspects = suspects[split[suspects[:, 0]] != split[suspects[:, 1]]]
    names = [f"{name} ({of})" for name, of in zip(face_names(rows), rows["split"].to_pylist(), strict=True)]
    torn = [f"{names[one]} = {names[other]}" for one, other in suspects[look_again(table, suspects)].tolist()]
    text = f"{len(torn)} pictures are almost the same as one in another split: {shortened(torn)}"
    return [Problem(name="picture-leak", message=text)] if torn else []


def copy_warnings(rows: Any, looks: Looks) -> list[Problem]:
    """Look for rows of one split that hold the very same picture."""
    names, splits = face_names(rows), rows["split"].to_pylist()
    readable = np.flatnonzero(looks.readable)
    _, first, inverse = np.unique(looks.digests[readable], return_index=True, return_inverse=True)
    leaders = readable[first[inverse]]
    twins = [
        f"{names[other]} = {names[one]}"
        for one, other in zip(leaders.tolist(), readable.tolist(), strict=True)
        if one != other and splits[one] == splits[other]
    ]
    text = f"{len(twins)} pictures occur earlier in their split: {shortened(twins)}"
    return [Problem(name="duplicate-image", message=text)] if twins else []


def unit_warnings(rows: Any) -> list[Problem]:
    """Look for action units that are the same in every row where somebody measured them."""
    warnings = []
    for name in AU_COLUMNS:
        ends = pc.min_max(rows[name])
        least, most = ends["min"].as_py(), ends["max"].as_py()
        known = rows.num_rows - rows[name].null_count
        if known > 1 and least == most:
            text = f"{name} is {least:g} in all {known} rows that know it; leave it empty where nobody measured it"
            warnings.append(Problem(name="constant-unit", message=text))
    return warnings


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
