"""The table of a protocol: a line a model, figures with their intervals, and what may be ordered by them."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from mienkit.app.benchmark.column import Column, Family
from mienkit.app.benchmark.line import Figure, Line
from mienkit.app.benchmark.page import details, paragraph, scrolling, table
from mienkit.app.benchmark.set_column import set_columns

COMPETING = ("model", "outside")
"""Kinds of lines that can be the best in a column."""
OUTSIDE, TRIVIAL, YARDSTICK = "outside", "trivial", "yardstick"
ORDER = {YARDSTICK: 0, "maker": 1, TRIVIAL: 2, "model": 3, OUTSIDE: 4}


def summary_table(family: Family, lines: Sequence[Line], caption: str) -> str:
    """Write the table of lines with figures, and folded ones of more; the caption is plain text that is read out."""
    shown = sorted(lines, key=lambda line: (ORDER.get(line.kind, 3), line.model, line.told, line.seed))
    columns = [column for column in family.columns if any(known(line, column) for line in shown)]
    first, more, sets = (
        [one for one in columns if not one.more], [one for one in columns if one.more], set_columns(family, shown)
    )  # fmt: skip
    parts = [figure_table(f"table: {family.title}", caption, first, shown, costs=True)]
    parts += [details("More figures", figure_table("more figures", f"More: {caption}", more, shown))] if more else []
    parts += [sets_part(sets, shown, caption)] if sets else []
    return "".join(parts) + explanations([*first, *more])


def sets_part(columns: Sequence[Column], lines: Sequence[Line], caption: str) -> str:
    """Write the folded table of figures of all results together."""
    text = "All results together, beside as many real or exact pictures of others; a name ends with network and count."
    items = "".join(f"<li>{escape(column.explanation)}</li>" for column in columns)
    table = figure_table("figures of whole sets", f"Whole sets: {caption}", columns, lines)
    return details("Whole sets of pictures", f"{paragraph(text)}{table}<ul>{items}</ul>")


def figure_table(
    label: str, caption: str, columns: Sequence[Column], shown: Sequence[Line], *, costs: bool = False
) -> str:
    """Write one table of lines that have a figure of it.

    Args:
        label: of the part that scrolls.
        caption: is read out.
        columns: what stands in it.
        shown: lines, in order.
        costs: whether sizes and times stand in it, too.
    """
    shown = [line for line in shown if costs or any(known(line, column) for column in columns)]
    told, seeds = any(line.told for line in shown), len({line.seed for line in shown}) > 1
    heads = ['<th scope="col">model</th>']
    heads += ['<th scope="col" class="text">told</th>'] if told else []
    heads += ['<th scope="col" data-better="lower">seed</th>'] if seeds else []
    heads += [column_head(column) for column in columns]
    if costs:
        heads += [f'<th scope="col" data-better="lower">{name}</th>' for name in ("parameters", "on disk", "ms each")]
    best = {column.name: best_of(column, shown) for column in columns}
    rows = [
        summary_row(line, columns, best, told=told, seeds=seeds) + (cost_cells(line) if costs else "") for line in shown
    ]
    rows += [
        pooled_row(name, some, columns, told=told, seeds=seeds) + ('<td data-v=""></td>' * 3 if costs else "")
        for name, some in trainings_of(shown).items()
    ]
    closed = [f"{row}</tr>" for row in rows]
    return scrolling(label, table(caption, heads, closed, "sorts sticky"))


def column_head(column: Column) -> str:
    """Write a column's head: an arrow where the figure orders models."""
    unit = f", {escape(column.unit)}" if column.unit else ""
    arrow = f" <span>{column.arrow}</span>" if column.ranks else ""
    return (
        f'<th scope="col" data-better="{column.better}" title="{escape(column.direction)}">'
        f"{escape(column.title)}{unit}{arrow}</th>"
    )


def breaking(name: str) -> str:
    """Write a name that may go on in the next line after an underscore."""
    return escape(name).replace("_", "_<wbr>")


def explanations(columns: Sequence[Column]) -> str:
    """Say what the columns are."""
    items = "".join(f"<li><b>{escape(one.title)}</b>: {escape(one.explanation)}</li>" for one in columns)
    arrows = "↑ higher is better, ↓ lower is better, ≈ best as real or exact results have it; no arrow: ranks nobody."
    return details("What the columns are", paragraph(arrows) + f"<ul>{items}</ul>")


def known(line: Line, column: Column) -> bool:
    """Tell whether a line has a figure."""
    return line.figures.get(column.name, (None,))[0] is not None


def value_of(line: Line, column: Column) -> float:
    """Return a figure; NaN where it is unknown."""
    value = line.figures.get(column.name, (None,))[0]
    return math.nan if value is None else float(value)


def best_of(column: Column, lines: Sequence[Line]) -> float | None:
    """Return the best figure of a column among models; None where it ranks nobody, or nobody competes."""
    values = [value_of(line, column) for line in lines if line.kind in COMPETING and known(line, column)]
    if not column.ranks or len(values) < 2:
        return None
    if column.better == "higher":
        return max(values)
    if column.better == "lower":
        return min(values)
    real = [value_of(line, column) for line in lines if line.kind == YARDSTICK and known(line, column)]
    return min(values, key=lambda value: abs(value - real[0])) if real else None


def summary_row(
    line: Line, columns: Sequence[Column], best: Mapping[str, float | None], *, told: bool, seeds: bool
) -> str:
    """Write a model's row, which is left open."""
    note = " <small>made the exact changes</small>" if line.kind == "maker" else ""
    note += f" <small>calibrated, {escape(line.calibration[:8])}</small>" if line.calibration else ""
    cells = [f'<th scope="row">{breaking(line.model)}{note}</th>']
    cells += [f'<td class="text">{escape(line.told)}</td>'] if told else []
    cells += [number_cell(line.seed, str(line.seed))] if seeds else []
    for column in columns:
        figure = line.figures.get(column.name, (None, None, None, None))
        wins = line.kind in COMPETING and figure[0] is not None and figure[0] == best[column.name]
        cells.append(figure_cell(figure, column, "best" if wins else ""))
    return f'<tr class="{line.kind}">{"".join(cells)}'


def cost_cells(line: Line) -> str:
    """Write what a model costs."""
    speed = line.milliseconds
    cells = [
        number_cell(line.parameters or None, short_count(line.parameters)),
        number_cell(line.bytes or None, short_bytes(line.bytes)),
        number_cell(speed, "" if speed is None else f"{speed:.0f}" if speed >= 10 else f"{speed:.1f}"),
    ]
    return "".join(cells)


def figure_cell(figure: Figure, column: Column, kind: str = "", joint: str = " to ") -> str:
    """Write a figure with its interval."""
    value, low, high = figure[:3]
    if value is None:
        return '<td data-v=""></td>'
    text = written(value, column)
    ends = "" if low is None or high is None else f"<small>{written(low, column)}{joint}{written(high, column)}</small>"
    look = f' class="{kind}"' if kind else ""
    mark = '<span class="skip">best: </span>' if kind == "best" else ""
    return f'<td{look} data-v="{value:.6g}">{mark}{text}{ends}</td>'


def written(value: float, column: Column) -> str:
    """Write a number as its column has it."""
    text = f"{column.factor * value:.{column.digits}f}"
    return text.removeprefix("-") if not float(text) else text.replace("-", "\N{MINUS SIGN}")


def number_cell(value: float | None, text: str) -> str:
    """Write a plain number."""
    return f'<td data-v="{"" if value is None else f"{value:.6g}"}">{text if value is not None else ""}</td>'


def short_count(count: int) -> str:
    """Write how many parameters there are."""
    return f"{count / 1e6:.2f} M" if count >= 1e6 else f"{count / 1e3:.0f} k"


def short_bytes(count: int) -> str:
    """Write a size."""
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.0f} KiB"


def trainings_of(lines: Sequence[Line]) -> dict[tuple[str, str], list[Line]]:
    """Put together lines of one model: several weights are its trainings, several seeds are draws of people.

    Calibrated and raw ones are parted, and work that differs in something else is not averaged.
    """
    calibrated = {line.name for line in lines if line.calibration}
    found: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.kind in COMPETING and " + " not in line.name:
            raw = " (raw)" if line.name in calibrated and not line.calibration else ""
            found.setdefault((line.name + raw, line.told), []).append(line)
    return {name: some for name, some in found.items() if len(some) > 1 and differ_as_trainings(some)}


def differ_as_trainings(lines: Sequence[Line]) -> bool:
    """Tell whether each line is of other weights or another draw of people."""
    return len({(line.weights, line.seed) for line in lines}) == len(lines)


def pooled_row(
    name: tuple[str, str], lines: Sequence[Line], columns: Sequence[Column], *, told: bool, seeds: bool
) -> str:
    """Write the mean of several trainings or draws, from the lowest to the highest, in a row that is left open."""
    trainings, draws = len({line.weights for line in lines}), len({line.seed for line in lines})
    what = [f"{trainings} trainings"] if trainings > 1 else []
    what += [f"{draws} draws of people"] if draws > 1 else []
    cells = [f'<th scope="row">{escape(name[0])}: mean of {" and ".join(what)}</th>']
    cells += [f'<td class="text">{escape(name[1])}</td>'] if told else []
    cells += ['<td data-v=""></td>'] if seeds else []
    for column in columns:
        values = [value_of(line, column) for line in lines if known(line, column)]
        figure = (sum(values) / len(values), min(values), max(values)) if values else (None, None, None)
        cells.append(figure_cell(figure, column))
    return f'<tr class="pool">{"".join(cells)}'
