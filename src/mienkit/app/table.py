"""What is in a face table, and whether it keeps its format."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import TableError
from mienkit.data import check
from mienkit.data.table import open_table

COUNTED = ("source", "kind", "split", "licence", "emotion")


@dataclass(frozen=True, kw_only=True)
class UnitSummary:
    """How one action unit occurs in a table."""

    known: float
    """Share of the rows in which somebody measured it."""
    least: float | None
    most: float | None
    mean: float | None
    shown: float | None
    """Share of the known rows with an intensity above 0.3."""


@dataclass(frozen=True, kw_only=True)
class TableSummary:
    """What is in a table."""

    folder: Path
    rows: int
    size: int
    subjects: int
    counts: dict[str, dict[str, int]]
    """Column -> value -> rows."""
    units: dict[str, UnitSummary]


@dataclass(frozen=True, kw_only=True)
class TableReport:
    """What was found in a table."""

    problems: list[check.Problem]
    """Broken promises of the format."""
    warnings: list[check.Problem]
    """What may be meant so."""
    units: dict[str, UnitSummary]
    """Empty where the files cannot be read."""


def check_table(path: Path) -> list[check.Problem]:
    """Look for everything that is wrong with a table; an empty list says that it is sound.

    Raises:
        TableError: there is no table at all.
    """
    return examine_table(path).problems


def examine_table(path: Path) -> TableReport:
    """Look for everything that is wrong or strange in a table, and say how its action units occur.

    Raises:
        TableError: there is no table at all.
    """
    found = check.inspect_table(path)
    for problem in found.problems:
        if problem.name == "no-table":
            raise TableError(problem.message)
    units = {} if found.unreadable else summarise_units(open_table(path).read(ACTION_UNITS))
    return TableReport(problems=found.problems, warnings=found.warnings, units=units)


def summarise_table(path: Path) -> TableSummary:
    """Count what is in a table.

    Raises:
        TableError: it cannot be used.
    """
    table = open_table(path)
    rows = table.read(["subject", *COUNTED, *ACTION_UNITS])
    return TableSummary(
        folder=path,
        rows=rows.num_rows,
        size=table.size,
        subjects=len(set(rows["subject"].to_pylist())),
        counts={name: count_values(rows[name]) for name in COUNTED},
        units=summarise_units(rows),
    )


def summarise_units(rows: Any) -> dict[str, UnitSummary]:
    """Summarise every action unit."""
    return {name: summarise_unit(rows[name]) for name in ACTION_UNITS}


def count_values(column: Any) -> dict[str, int]:
    """Count each value, the most frequent first."""
    return {str(value): count for value, count in Counter(column.to_pylist()).most_common()}


def summarise_unit(column: Any) -> UnitSummary:
    """Summarise the intensities of one action unit; null is not 0."""
    values = column.to_numpy(zero_copy_only=False).astype(np.float64)
    known = values[~np.isnan(values)]
    return UnitSummary(
        known=round(len(known) / max(len(values), 1), 4),
        least=round(float(known.min()), 4) if len(known) else None,
        most=round(float(known.max()), 4) if len(known) else None,
        mean=round(float(known.mean()), 4) if len(known) else None,
        shown=round(float((known > 0.3).mean()), 4) if len(known) else None,
    )
