"""What a face table covers: how often every action unit occurs at every level, emotions, subjects and splits.

The table is read some hundred rows at a time; 13 bytes of every row stay until the end.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS
from mienkit.core.emotion import EMOTIONS
from mienkit.data.check import Problem, shortened
from mienkit.data.decode import MAX_NAMED
from mienkit.data.faces import Indices
from mienkit.data.loader import indices
from mienkit.data.merge import Digests, digest, name_subjects
from mienkit.data.row import SPLITS, Floats
from mienkit.data.table import FaceTable

LEVELS: tuple[str, ...] = ("0", "A", "B", "C", "D", "E")
"""The levels of FACS, 0 to 1 in steps of 0.2; a measured intensity counts for the nearest one."""
SHOWN = np.float32(0.2)
"""A unit is shown above this: by more than a trace, which is what coders call A."""
FEW = 20
"""Faces that show a unit, below which nothing can be learned or judged of it."""
UNKNOWN = "unknown"
NO_FOLD = -1


@dataclass(frozen=True, kw_only=True)
class UnitCoverage:
    """How often one action unit occurs."""

    levels: list[int]
    """(6,): faces whose intensity is nearest to each of LEVELS."""
    unknown: int
    """Faces of which nobody measured it."""
    shown: int
    """Faces above 0.2."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A split, or a fold of a cross-validation."""

    faces: int
    subjects: int


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What a table covers."""

    faces: int
    subjects: int
    units: dict[str, UnitCoverage]
    emotions: dict[str, int]
    """Each of EMOTIONS, and ``unknown`` -> faces."""
    splits: dict[str, Part]
    """Each of SPLITS, also those that are empty."""
    folds: dict[str, Part]
    """Empty where nobody numbered any."""
    sources: dict[str, int]
    measurers: dict[str, int]
    """Who told the action units -> faces; ``unknown`` where nobody says."""
    warnings: list[Problem]
    """What should be known before the table is used."""


@dataclass(kw_only=True)
class Tally:
    """What was counted so far."""

    levels: Indices = field(default_factory=lambda: np.zeros((NUM_AUS, len(LEVELS)), np.int64))
    unknown: Indices = field(default_factory=lambda: np.zeros(NUM_AUS, np.int64))
    shown: Indices = field(default_factory=lambda: np.zeros(NUM_AUS, np.int64))
    labels: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in ("emotion", "source", "au_measurer")}
    )
    subjects: list[Digests] = field(default_factory=list)
    parts: dict[str, list[Indices]] = field(default_factory=lambda: {"split": [], "fold": []})
    """Column -> number of every row's split or fold, -1 where there is none."""

    def count(self, rows: Any) -> None:
        """Count some rows in."""
        aus = np.stack([rows[name].to_numpy(zero_copy_only=False) for name in ACTION_UNITS], axis=1)
        self.levels += count_levels(aus)
        self.unknown += np.isnan(aus).sum(axis=0)
        self.shown += (aus > SHOWN).sum(axis=0)
        for name, counter in self.labels.items():
            counter.update(value or UNKNOWN for value in rows[name].to_pylist())
        self.subjects.append(digest(rows["subject"].to_pylist()))
        self.parts["split"].append(indices("split", rows["split"].to_pylist(), SPLITS).astype(np.int8))
        if "fold" in rows.column_names:
            self.parts["fold"].append(rows["fold"].fill_null(NO_FOLD).to_numpy().astype(np.int32))


def cover_table(table: FaceTable) -> Coverage:
    """Count what a table covers.

    Raises:
        TableError: a face is in a split that does not exist.
    """
    tally = Tally()
    wanted = [*ACTION_UNITS, *tally.labels, "subject", "split", *(["fold"] if "fold" in table.columns else [])]
    for rows in table.batches(wanted):
        tally.count(rows)
    subjects = np.concatenate([np.empty(0, np.uint64), *tally.subjects])
    places = {name: np.concatenate(found) for name, found in tally.parts.items() if found}
    units = unit_coverage(tally)
    splits = {name: part_of(subjects, places["split"] == number) for number, name in enumerate(SPLITS)}
    torn = [problem for name, found in places.items() for problem in torn_subjects(table, name, subjects, found)]
    return Coverage(
        faces=len(subjects),
        subjects=len(np.unique(subjects)),
        units=units,
        emotions={name: tally.labels["emotion"][name] for name in (*EMOTIONS, UNKNOWN)},
        splits=splits,
        folds=count_folds(subjects, places),
        sources=dict(tally.labels["source"].most_common()),
        measurers=dict(tally.labels["au_measurer"].most_common()),
        warnings=[*torn, *empty_splits(splits), *rare_units(units)],
    )


def count_levels(aus: Floats) -> Indices:
    """Count faces, (N, 17) with NaN where unknown, by the nearest level, (17, 6)."""
    nearest = np.floor(np.clip(np.nan_to_num(aus, nan=-1), -1, 1) * 5 + 0.5)  # unknown becomes -5, which is no level
    return np.asarray([(nearest == level).sum(axis=0) for level in range(len(LEVELS))], np.int64).T


def unit_coverage(tally: Tally) -> dict[str, UnitCoverage]:
    """Name what was counted of the action units."""
    return {
        name: UnitCoverage(
            levels=tally.levels[unit].tolist(), unknown=int(tally.unknown[unit]), shown=int(tally.shown[unit])
        )
        for unit, name in enumerate(ACTION_UNITS)
    }


def part_of(subjects: Digests, inside: Any) -> Part:
    """Count a part of the rows, (N,), and its subjects."""
    return Part(faces=int(inside.sum()), subjects=len(np.unique(subjects[inside])))


def count_folds(subjects: Digests, places: Mapping[str, Indices]) -> dict[str, Part]:
    """Count the folds of a cross-validation."""
    folds = places.get("fold", np.empty(0, np.int32))
    return {str(one): part_of(subjects, folds == one) for one in np.unique(folds[folds != NO_FOLD]).tolist()}


def torn_subjects(table: FaceTable, column: str, subjects: Digests, places: Indices) -> Iterator[Problem]:
    """Look for subjects that are in two splits, or in two folds."""
    inside = places != NO_FOLD
    both = np.unique(np.stack([subjects[inside], places[inside].astype(np.uint64)], axis=1), axis=0)
    owners, counts = np.unique(both[:, 0], return_counts=True)
    torn = owners[counts > 1]
    if len(torn):
        names = sorted(name_subjects([table], torn[: MAX_NAMED + 1]))
        text = f"{len(torn)} subjects are in two {column}s: {shortened(names)}"
        yield Problem(name=f"{column}-leak", message=text)


def empty_splits(splits: Mapping[str, Part]) -> Iterator[Problem]:
    """Look for splits that nobody is in."""
    empty = [name for name, part in splits.items() if not part.subjects]
    if empty:
        yield Problem(name="empty-split", message=f"nobody is in {' and '.join(empty)}")


def rare_units(units: Mapping[str, UnitCoverage]) -> Iterator[Problem]:
    """Look for units that hardly any face shows, or that nobody measured."""
    blind = [name for name, unit in units.items() if not sum(unit.levels)]
    rare = [name for name, unit in units.items() if unit.shown < FEW and name not in blind]
    if rare:
        yield Problem(name="rare-unit", message=f"fewer than {FEW} faces show {', '.join(rare)} above 0.2")
    if blind:
        yield Problem(name="unknown-unit", message=f"nobody measured {', '.join(blind)}")
