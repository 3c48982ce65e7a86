"""Do judges agree? Their figures of the same models side by side, and the correlation of the orders that they give."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import combinations

import numpy as np
from scipy.stats import spearmanr

from mienkit.app.benchmark.column import Column, Family
from mienkit.app.benchmark.line import Line
from mienkit.app.benchmark.page import paragraph, scrolling, table
from mienkit.app.benchmark.summary import COMPETING, TRIVIAL, figure_cell, known, value_of

FEWEST = 3
"""Models whose order can be compared."""


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
    heads = [
        f'<th scope="col">{name}</th>' for name in ("figure", "judges", "models", "rank correlation", "highest for")
    ]
    note = (
        "Spearman's correlation between the orders that two judges give the same models in the same protocol, from -1 "
        "to 1. A difference that one judge sees alone is not established."
    )
    body = table("Agreement between judges.", heads, found)
    return f"<h3>Do the judges agree?</h3>{paragraph(note)}{scrolling('agreement between judges', body)}"


def agreement_row(column: Column, pair: tuple[str, str], judges: Mapping[str, Sequence[Line]]) -> str:
    """Compare two judges in one figure; nothing where they have too few models in common."""
    first, second = (figures_of(column, judges[judge]) for judge in pair)
    shared = [key for key in first if key in second]
    if len(shared) < FEWEST:
        return ""
    values = np.asarray([[some[key] for key in shared] for some in (first, second)])
    alike = float(spearmanr(*values).statistic) if values.std(1).min() > 0 else math.nan
    best = [max(shared, key=lambda key: some[key])[0] for some in (first, second)]
    same = best[0] if best[0] == best[1] else f"{best[0]}; {best[1]}"
    return (
        f'<tr><th scope="row">{escape(column.title)}</th><td class="text">{escape(" and ".join(pair))}</td>'
        f"<td>{len(shared)}</td>{figure_cell((alike if not math.isnan(alike) else None, None, None), PLAIN)}"
        f'<td class="text">{escape(same)}</td></tr>'
    )


PLAIN = Column(name="", title="", what="")


def figures_of(column: Column, lines: Sequence[Line]) -> dict[tuple[str, str, int], float]:
    """Return model, way and seed -> figure."""
    shown = [
        line for line in lines if line.failed is None and line.kind in (*COMPETING, TRIVIAL) and known(line, column)
    ]
    return {(line.model, line.told, line.seed): value_of(line, column) for line in shown}
