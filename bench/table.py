"""Tables of measurements as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Table:
    """What one part of the bench measured."""

    title: str
    note: str
    """What was done, in a sentence or two."""
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


def write_table(table: Table) -> str:
    """Write a table as Markdown."""
    lines = [f"## {table.title}", "", table.note, "", line(table.columns), line(["---"] * len(table.columns))]
    return "\n".join([*lines, *(line(row) for row in table.rows), ""])


def line(cells: Sequence[object]) -> str:
    """Write a row of a table."""
    return f"| {' | '.join(show(cell) for cell in cells)} |"


def show(cell: object) -> str:
    """Write a number with three digits, anything else as it is, nothing for None."""
    if cell is None:
        return ""
    if not isinstance(cell, float):
        return str(cell)
    if cell == 0:
        return "0"
    return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
