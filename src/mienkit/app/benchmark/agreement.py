"""Do judges agree? Their figures of the same models side by side, and the correlation of the orders that they give."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import combinations

import numpy as np
from scipy.stats import spearmanr

from mienkit.app.benchmark.column import JUDGES, Column, Family
from mienkit.app.benchmark.distinct import grouped_by_place
from mienkit.app.benchmark.line import Figure, Line
from mienkit.app.benchmark.page import details, paragraph, scrolling, table
from mienkit.app.benchmark.summary import (
    COMPETING,
    TRIVIAL,
    YARDSTICK,
    best_of,
    breaking,
    column_head,
    explanations,
    figure_cell,
    known,
    value_of,
    written,
)
from mienkit.core.action_unit import ACTION_UNITS

PAIR = "judges"
"""Kind of the lines of two judges."""
ORDER_OF = {YARDSTICK: 0, "judge": 1, PAIR: 2}
UNKNOWN: Figure = (None, None, None, None)
FEWEST = 3
"""Models whose order can be compared."""


def agreement_part(family: Family, judges: Mapping[str, Sequence[Line]], exact: Sequence[Line]) -> str:
    """Say whether judges agree: on exact changes of the same table, and in the orders that they give models.

    Args:
        family: of the protocol in which models were judged.
        judges: judge -> what it says of models.
        exact: lines of the judges themselves.
    """
    parts = [exact_table(exact), agreement_table(family, judges)]
    return f"<h3>Do the judges agree?</h3>{''.join(parts)}" if any(parts) else ""


def exact_table(lines: Sequence[Line]) -> str:
    """Show what judges see of exact changes, and of each other; nothing where nobody asked them."""
    parts = []
    for some in grouped_by_place(lines).values():
        good = sorted((line for line in some if line.failed is None), key=place_of)
        parts += [paragraph(f"{line.model} cannot be compared: {line.failed}", "bad") for line in some if line.failed]
        for seed in dict.fromkeys(line.seed for line in good):
            parts.append(one_exact_table([line for line in good if line.seed == seed]))
    return "".join(parts)


def place_of(line: Line) -> tuple[int, str]:
    """Say where a line stands: the yardstick first, judges before pairs of them."""
    return ORDER_OF.get(line.kind, len(ORDER_OF)), line.model


def one_exact_table(lines: Sequence[Line]) -> str:
    """Show one set of judges on one draw of exact changes."""
    columns, first = JUDGES.columns, lines[0]
    heads = [
        '<th scope="col">judges</th>',
        '<th scope="col" class="text">held against</th>',
        *map(column_head, columns),
    ]
    rows = []
    for line in lines:
        cells = "".join(figure_cell(line.figures.get(one.name, UNKNOWN), one) for one in columns)
        against = "each other" if line.kind == PAIR else "exact changes"
        name = f'<th scope="row">{breaking(line.model)}</th><td class="text">{against}</td>'
        rows.append(f'<tr class="{escape(line.kind)}">{name}{cells}</tr>')
    shared = ", ".join(first.details.get("shared") or ()) or "none"
    note = (
        f"{JUDGES.asked} {first.counts.get('pairs', 0)} exact changes of {first.counts.get('people', 0)} people, "
        f"seed {first.seed}; units: {shared}."
    )
    unseen = first.counts.get("unseen", 0)
    note += f" {unseen} in which a judge found no face are left out." if unseen else ""
    marks = "".join(paragraph(f"Mind: {mark}.", "warn") for mark in first.marks)
    body = scrolling("judges on exact changes", table("Judges on exact changes.", heads, rows, "sorts"))
    return paragraph(note) + marks + body + explanations(columns) + details("Unit by unit", unit_table(lines))


def unit_table(lines: Sequence[Line]) -> str:
    """Show PCC and ICC of every unit, a line's a column."""
    compared = [line for line in lines if line.kind != YARDSTICK]
    heads = ['<th scope="col">unit</th>', *(f'<th scope="col">{breaking(line.model)}</th>' for line in compared)]
    found = {line.key: line.details.get("units") or {} for line in compared}
    units = [unit for unit in ACTION_UNITS if any(unit in some for some in found.values())]
    rows = []
    for unit in units:
        figures = [found[line.key].get(unit) or {} for line in compared]
        cells = "".join(
            figure_cell((one.get("pcc"), None, None), PLAIN).replace("</td>", icc_of(one)) for one in figures
        )
        rows.append(f'<tr><th scope="row">{unit}</th>{cells}</tr>')
    return scrolling("units, judge by judge", table("PCC, and ICC(3,1) below it, unit by unit.", heads, rows))


def icc_of(figures: Mapping[str, float | None]) -> str:
    """End the cell of a unit with its ICC."""
    icc = figures.get("icc")
    return ("" if icc is None else f"<small>ICC {written(icc, PLAIN)}</small>") + "</td>"


def agreement_table(family: Family, judges: Mapping[str, Sequence[Line]]) -> str:
    """Compare judges in all that ranks models; nothing where there is one judge, or too few models in common."""
    rows = [
        agreement_row(column, pair, judges)
        for pair in combinations(judges, 2)
        for column in family.columns
        if column.ranks
    ]
    found = [row for row in rows if row]
    if not found:
        return ""
    heads = [f'<th scope="col">{name}</th>' for name in ("figure", "judges", "models", "rank correlation", "best for")]
    note = (
        "Spearman's correlation between the orders that two judges give the same models in the same protocol, from -1 "
        "to 1. A difference that one judge sees alone is not established."
    )
    body = table("Agreement between judges.", heads, found)
    return f"{paragraph(note)}{scrolling('agreement between judges', body)}"


def agreement_row(column: Column, pair: tuple[str, str], judges: Mapping[str, Sequence[Line]]) -> str:
    """Compare two judges in one figure; nothing where they have too few models in common."""
    first, second = (figures_of(column, judges[judge]) for judge in pair)
    shared = [key for key in first if key in second]
    if len(shared) < FEWEST:
        return ""
    values = np.asarray([[some[key] for key in shared] for some in (first, second)])
    alike = float(spearmanr(*values).statistic) if values.std(1).min() > 0 else math.nan
    best = [best_for(column, judges[judge]) for judge in pair]
    same = best[0] if best[0] == best[1] else f"{best[0] or 'nobody'}; {best[1] or 'nobody'}"
    return (
        f'<tr><th scope="row">{escape(column.title)}</th><td class="text">{escape(" and ".join(pair))}</td>'
        f"<td>{len(shared)}</td>{figure_cell((alike if not math.isnan(alike) else None, None, None), PLAIN)}"
        f'<td class="text">{escape(same)}</td></tr>'
    )


def best_for(column: Column, lines: Sequence[Line]) -> str:
    """Name the model that is the best in a column by its direction; nothing where nobody is."""
    good = [line for line in lines if line.failed is None]
    best = best_of(column, good)
    names = [
        line.label for line in good if line.kind in COMPETING and best is not None and value_of(line, column) == best
    ]
    return names[0] if names else ""


PLAIN = Column(name="", title="", what="")


def figures_of(column: Column, lines: Sequence[Line]) -> dict[tuple[str, str, int], float]:
    """Return model, way and seed -> figure."""
    shown = [
        line for line in lines if line.failed is None and line.kind in (*COMPETING, TRIVIAL) and known(line, column)
    ]
    return {(line.model, line.told, line.seed): value_of(line, column) for line in shown}
