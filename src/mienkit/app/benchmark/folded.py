"""What is folded away below a protocol's table: who is taken for whom, each unit by itself, and where people go."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from mienkit.app.benchmark.line import Line
from mienkit.app.benchmark.page import details, paragraph, scrolling, table
from mienkit.app.benchmark.plot import People, identity_plot
from mienkit.app.benchmark.summary import breaking
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.emotion import EMOTIONS

SPAN = 0.1
"""Half a plot's side, at least, in distances of embeddings."""


def confusion_part(lines: Sequence[Line]) -> str:
    """Show each model's confusion matrix; nothing where nobody has one."""
    tables = [
        f"<figure>{scrolling(f'confusion, {line.label}', confusion_table(line))}"
        f"<figcaption>{escape(line.label)}: {seen_best(line)}</figcaption></figure>"
        for line in lines
        if line.details.get("confusion")
    ]
    text = (
        "A row is the emotion that was asked for, a column what the judge finds most likely, in per cent of the row; "
        "the framed ones are right. What it confuses in exact or real results it confuses in everybody's."
    )
    body = f'{paragraph(text)}<div class="maps">{"".join(tables)}</div>'
    return details("Which emotion is taken for which", body) if tables else ""


def seen_best(line: Line) -> str:
    """Say how many faces there are, and what is most often mistaken."""
    matrix: Mapping[str, Mapping[str, int]] = line.details["confusion"]
    count = sum(sum(row.values()) for row in matrix.values())
    wrong = [(times, asked, seen) for asked, row in matrix.items() for seen, times in row.items() if asked != seen]
    times, asked, seen = max(wrong, default=(0, "", ""))
    most = f"; most often {asked} is taken for {seen}, {times} times" if times else ""
    return escape(f"{count} faces{most}")


def confusion_table(line: Line) -> str:
    """Lay out one confusion matrix, rows in per cent."""
    matrix: Mapping[str, Mapping[str, int]] = line.details["confusion"]
    heads = ["<td></td>", *(f'<th scope="col"><span>{escape(name)}</span></th>' for name in EMOTIONS)]
    rows = []
    for asked in sorted(matrix, key=order_of):
        row, whole = matrix[asked], max(1, sum(matrix[asked].values()))
        cells = [
            f'<td class="{"shade own" if seen == asked else "shade"}" style="--share:{row.get(seen, 0) / whole:.2f}">'
            f"{round(100 * row.get(seen, 0) / whole)}</td>"
            for seen in EMOTIONS
        ]
        rows.append(f'<tr><th scope="row">{escape(asked)} <small>{whole} faces</small></th>{"".join(cells)}</tr>')
    return table(f"Emotions asked for and seen, {line.label}, in per cent.", heads, rows, "confusion")


def order_of(name: str) -> int:
    """Return the place of an emotion; unknown ones are last."""
    return EMOTIONS.index(name) if name in EMOTIONS else len(EMOTIONS)


def units_part(lines: Sequence[Line]) -> str:
    """Show error, correlation and agreement of each unit; nothing where nobody has them."""
    text = (
        "ICC(3,1) of what should be shown and what the judge reads; below it the mean error and Pearson's correlation. "
        "Empty where the judge is blind, or nothing varies."
    )
    body = by_unit(lines, "units", unit_cell, "Agreement of each unit.")
    return details("Each unit: agreement, error and correlation", paragraph(text) + body) if body else ""


def unit_cell(told: Mapping[str, float | None]) -> str:
    """Write the figures of one unit."""
    rest = f"error {short(told.get('mae')) or dash()}, r {short(told.get('pcc')) or dash()}"
    return f"<td>{short(told.get('icc')) or dash()}<small>{rest}</small></td>"


def doses_part(lines: Sequence[Line]) -> str:
    """Show the line of each unit and how single people's lie about it; nothing where nobody has them."""
    text = (
        "R² of the line through the mean over people; below it the order (Spearman's rho), the slope, and the "
        "quartiles of single people's R², which is much noisier than that of their mean."
    )
    body = by_unit(lines, "dose", dose_cell, "Answers of each unit to doses.")
    return details("Each unit: R², order, slope, single people", paragraph(text) + body) if body else ""


def dose_cell(told: Mapping[str, Any]) -> str:
    """Write the line of one unit."""
    low, middle, high = told["single"]
    return (
        f"<td>{short(told['r2'])}<small>rho {short(told['spearman'])}, slope {short(told['slope'])}</small>"
        f"<small>single {short(low)}, {short(middle)}, {short(high)}</small></td>"
    )


def by_unit(lines: Sequence[Line], name: str, write: Any, caption: str) -> str:
    """Lay out something of each unit, a model a column; empty where no line has it."""
    shown = [line for line in lines if line.details.get(name)]
    units = [unit for unit in ACTION_UNITS if any(known(line.details[name].get(unit)) for line in shown)]
    if not units:
        return ""
    heads = ['<th scope="col">unit</th>', *(f'<th scope="col">{breaking(line.label)}</th>' for line in shown)]
    rows = (
        f'<tr><th scope="row">{unit}</th>'
        + "".join(
            write(line.details[name][unit]) if known(line.details[name].get(unit)) else "<td></td>" for line in shown
        )
        + "</tr>"
        for unit in units
    )
    return scrolling(caption.rstrip("."), table(caption, heads, rows, "sticky"))


def known(told: Mapping[str, Any] | None) -> bool:
    """Tell whether there is any number of a unit."""
    return told is not None and any(value is not None for value in told.values())


def short(value: float | None) -> str:
    """Write a figure with two digits; nothing of one that is unknown."""
    if value is None or not math.isfinite(value):
        return ""
    text = f"{value:.2f}"
    return text.removeprefix("-") if not float(text) else text.replace("-", "\N{MINUS SIGN}")


def dash() -> str:
    """Write that something is unknown."""
    return '<span aria-label="unknown">\N{EN DASH}</span>'


def people_part(lines: Sequence[Line]) -> str:
    """Draw originals and edits of the same people by every model; nothing where nobody can tell people apart."""
    maps = [(line, line.details["mds"]) for line in lines if line.details.get("mds")]
    if not maps:
        return ""
    span = max(SPAN, *(abs(value) for _, told in maps for point in points_of(told["people"]) for value in point))
    plots = "".join(
        f"<figure>{identity_plot(f'{line.label}: people and their edits', told['people'], 1.05 * span)}"
        f"<figcaption>{escape(line.label)}: {100 * told['share']:.0f} % of the spread is shown</figcaption></figure>"
        for line, told in maps
    )
    text = (
        "Rings are photographs, signs of the same colour their edits; lines join what belongs together. Distances are "
        "those between embeddings, as far as a plane can show them (classical scaling), on one scale in all plots; "
        "each plot has axes of its own. Short lines keep the person; signs that gather in one place make everybody "
        "alike."
    )
    return details("Where people go: identities on a plane", f'{paragraph(text)}<div class="maps">{plots}</div>')


def points_of(people: People) -> Iterable[Sequence[float]]:
    """List all points of a plot."""
    for one in people:
        yield one["before"]
        yield from (edit["at"] for edit in one["edits"])
