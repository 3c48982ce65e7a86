"""Tables of measurements as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from mienkit.core.errors import OutputError

BEGIN, END = "<!-- measured: what follows is written by a command -->", "<!-- measured: end -->"
"""Between them a document holds what was measured; what stands around is written by hand."""
MARKS = (BEGIN, END)


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


def fill_in(document: str, measured: str, marks: tuple[str, str] = MARKS) -> str:
    """Put what was measured between two marks of a document, in place of what was there.

    Raises:
        OutputError: the marks are not there once each, one after the other.
    """
    first, last = marks
    before, begin, rest = document.partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end) or document.count(first) + document.count(last) != 2:
        raise OutputError(f"the document should hold one line {first} and, below, one line {last}; put them in")
    return f"{before}{first}\n\n{measured.strip()}\n\n{last}{after}"
