"""What a model's card says of it: all figures of a benchmark, a column a model, as Markdown."""

from collections.abc import Sequence

from mienkit.app.benchmark.column import Column, Family, family_of
from mienkit.app.benchmark.distinct import distinct, grouped_by_place
from mienkit.app.benchmark.line import Line
from mienkit.app.benchmark.set_column import set_columns
from mienkit.app.benchmark.summary import OUTSIDE, TRIVIAL, YARDSTICK, known, value_of, written
from mienkit.core.errors import DataError
from mienkit.core.naming import unknown_name

ORDER = {YARDSTICK: 0, TRIVIAL: 1}
WORDS = {
    "people": "people",
    "photographs": "photographs",
    "pairs": "exact changes",
    "edits": "edits",
    "clips": "clips",
    "lost": "edits in which the judge saw no face",
    "refused": "faces refused",
    "missing": "pictures missing",
    "unseen": "pictures in which the judge saw no face",
}
"""Counts of a line -> what is counted."""


def write_card(name: str, lines: Sequence[Line], beside: Sequence[str] = ()) -> str:
    """Write what a benchmark found of a model, for the part "Measured" of its card.

    Args:
        name: of the model, as registered or as the outside system is called.
        lines: of a benchmark.
        beside: other models to stand beside it; what does nothing, and what real or exact results score, always do.

    Raises:
        UnknownNameError: a name has no result.
        DataError: there are no results.
    """
    good = [line for line in distinct(lines) if line.failed is None]
    if not good:
        raise DataError("there are no results; run `mien benchmark` first")
    names = sorted({part for line in good for part in line.name.split(" + ")})
    for one in (name, *beside):
        if one not in names:
            raise unknown_name("model in these results", one, names)
    parts = []
    for some in grouped_by_place(good).values():
        if any(takes_part(line, name) for line in some):
            wanted = [
                line for line in some if line.kind in ORDER or any(takes_part(line, one) for one in (name, *beside))
            ]
            parts.append(place_section(wanted))
    return "\n\n".join(parts)


def takes_part(line: Line, *names: str) -> bool:
    """Tell whether one of some models made what a line is about, alone or together with another one."""
    return not set(names).isdisjoint(line.name.split(" + "))


def place_section(lines: Sequence[Line]) -> str:
    """Write the results of one protocol, table and judge."""
    first, family = lines[0], family_of(lines[0].protocol)
    shown = sorted(lines, key=place_of)
    judge = f"; judge: {first.judge}" + (" (took part in trainings)" if first.marks else "")
    known_by = f"; identity by {first.recogniser}" if first.recogniser else ""
    counts = [counts_of(line) for line in shown if line.counts]
    shared = [one for one in counts[0] if all(one in others for others in counts)] if counts else []
    counted = f", {', '.join(shared)}" if shared else ""
    head = f"Protocol `{first.protocol}` on {first.table}{counted}{judge}{known_by}; 95 % intervals over people."
    table = ["| | " + " | ".join(head_of(line, shared) for line in shown) + " |", "|---" * (len(shown) + 1) + "|"]
    table += [figure_row(column, shown) for column in columns_of(family, shown)]
    return "\n".join([head, "", *table])


def place_of(line: Line) -> tuple[int, str, str, int]:
    """Say where a line stands: yardsticks first, then what does nothing, models, outside systems."""
    return ORDER.get(line.kind, 3 if line.kind == OUTSIDE else 2), line.model, line.told, line.seed


def columns_of(family: Family, lines: Sequence[Line]) -> list[Column]:
    """List the figures that some line has: the first ones, further ones, those of whole sets."""
    columns = [*family.columns, *set_columns(family, list(lines))]
    return [column for column in columns if any(known(line, column) for line in lines)]


def counts_of(line: Line) -> list[str]:
    """Say on how much a line stands."""
    return [f"{line.counts[name]} {what}" for name, what in WORDS.items() if line.counts.get(name)]


def head_of(line: Line, shared: Sequence[str]) -> str:
    """Name a line, with its weights, calibration, and what it stands on where that differs from the others."""
    marks = [*([f"weights {line.weights[:8]}"] if line.weights and " + " not in line.weights else [])]
    marks += [f"calibration {line.calibration[:8]}"] if line.calibration else []
    marks += [one for one in counts_of(line) if one not in shared]
    return line.label + (f" ({', '.join(marks)})" if marks else "")


def figure_row(column: Column, lines: Sequence[Line]) -> str:
    """Write one figure of all lines; an arrow where it orders models."""
    unit, arrow = f", {column.unit}" if column.unit else "", f" {column.arrow}" if column.ranks else ""
    return f"| {column.title}{unit}{arrow} | " + " | ".join(cell(column, line) for line in lines) + " |"


def cell(column: Column, line: Line) -> str:
    """Write a figure with its interval."""
    if not known(line, column):
        return ""
    low, high = line.figures[column.name][1:3]
    text = written(value_of(line, column), column)
    return text if low is None or high is None else f"{text} [{written(low, column)}, {written(high, column)}]"
