"""The page of a benchmark, made of its lines and pictures alone: ``report.html``."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor
from pathlib import Path

from mienkit.app.benchmark.agreement import agreement_part
from mienkit.app.benchmark.column import DOSES, JUDGES, Family, family_of
from mienkit.app.benchmark.distinct import distinct
from mienkit.app.benchmark.faces import contact_sheet, failure_gallery
from mienkit.app.benchmark.folded import confusion_part, doses_part, people_part, units_part
from mienkit.app.benchmark.line import Line
from mienkit.app.benchmark.page import details, html_page, paragraph, scrolling
from mienkit.app.benchmark.plot import Frame, Series, heat_map, key, line_plot
from mienkit.app.benchmark.summary import ORDER, summary_table
from mienkit.core.version import __version__
from mienkit.face.output import writing_to
from mienkit.weights.atomic import write_text

PAGE = "report.html"
TITLE = "Benchmark of facial expression models"
LEAK = 0.5
"""A change that has the full colour of a map."""
KINDS = ("model", "maker", "outside")
"""Of lines of somebody who is counted as a model, weights or none."""
COLOURS = 8


def write_report(folder: Path, lines: Sequence[Line]) -> Path:
    """Write the page of a folder's lines.

    Raises:
        OutputError: it cannot be written.
    """
    path = folder / PAGE
    with writing_to(path):
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, make_report(folder, lines))
    return path


def make_report(folder: Path, lines: Sequence[Line]) -> str:
    """Lay the lines out as one page that needs nothing else.

    Args:
        folder: in which the pictures of the lines lie.
        lines: of any protocols, tables, judges and seeds.
    """
    lines = distinct(lines)
    looks = looks_of(lines)
    sections: dict[str, tuple[str, str]] = {}
    groups = grouped(lines)
    photographs = {table for protocol, table in groups if family_of(protocol) is DOSES}
    of_judges = [line for line in lines if family_of(line.protocol) is JUDGES]
    for (protocol, table), some in groups.items():
        if family_of(protocol) is JUDGES and table in photographs:
            continue  # they stand below the editors whom these judges judged
        anchor = f"s{len(sections)}-" + re.sub(r"[^a-z0-9]+", "-", f"{protocol}-{table}".lower()).strip("-")
        family = family_of(protocol)
        sections[anchor] = (
            f"{family.title}: {table}",
            section(folder, family, protocol, some, looks, [line for line in of_judges if line.table == table]),
        )
    failed = sum(line.failed is not None for line in lines)
    models = len({name for line in lines if line.weights or line.kind in KINDS for name in line.name.split(" + ")})
    intro = paragraph(
        f"{models} models, {len(lines) - failed} results"
        + (f", {failed} that failed and say why" if failed else "")
        + ". Intervals are 95 %, by drawing people with replacement. copy returns its input and warp moves landmarks "
        "without a network: a figure that ranks them high is broken, and figures that would are shown and rank nobody."
    )
    pictures = paragraph("Edited faces on this page are synthetic.", "soft")
    return html_page(TITLE, intro + pictures, sections, f"mienkit {__version__}, mien benchmark")


def looks_of(lines: Sequence[Line]) -> dict[str, int]:
    """Give each model a colour, and each way in which it is told a broken line of that colour."""
    drawn = [line for line in lines if {"gain", "met", "responses"} & set(line.details)]
    ways: dict[str, list[str]] = {}
    for model, told in sorted({(line.model, line.told) for line in drawn}):
        ways.setdefault(model, []).extend([told] if told else [])
    places = {model: number for number, model in enumerate(ways)}
    return {
        line.label: places[line.model] % COLOURS
        + COLOURS * ((places[line.model] // COLOURS + (ways[line.model].index(line.told) if line.told else 0)) % 3)
        for line in drawn
    }


def grouped(lines: Sequence[Line]) -> dict[tuple[str, str], list[Line]]:
    """Put lines together by protocol and table."""
    found: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        found.setdefault((line.protocol, line.table), []).append(line)
    return found


def section(
    folder: Path,
    family: Family,
    protocol: str,
    lines: Sequence[Line],
    looks: Mapping[str, int],
    of_judges: Sequence[Line] = (),
) -> str:
    """Lay out one protocol on one table; ``of_judges`` are the judges' own lines on that table."""
    if family is JUDGES:
        return agreement_part(family, {}, lines)
    judges = {judge: [line for line in lines if line.judge == judge] for judge in dict.fromkeys(x.judge for x in lines)}
    parts = [paragraph(f"Protocol {protocol}. {family.asked} Explained in {family.guide}.")]
    for judge, some in judges.items():
        if len(judges) > 1:
            parts.append(f"<h3>Judged by {escape(judge)}</h3>")
        parts += judged(family, judge, some, looks)
    parts.append(agreement_part(family, judges, of_judges if family is DOSES else ()))
    first = [line for line in next(iter(judges.values())) if line.failed is None]
    seed = min((line.seed for line in first), default=0)
    shown = [line for line in first if line.seed == seed]
    faces = contact_sheet(folder, shown)
    parts += [f"<h3>Faces</h3>{faces}"] if faces else []
    gallery = failure_gallery(folder, shown)
    if gallery:
        parts.append(f"<h3>Failures</h3>{paragraph(f'Chosen by rule: {family.failures}')}")
        parts.append(details("Show the failures", gallery))
    return "".join(parts)


def judged(family: Family, judge: str, lines: Sequence[Line], looks: Mapping[str, int]) -> Iterator[str]:
    """Lay out what one judge says."""
    good = [line for line in lines if line.failed is None]
    if good:
        yield f"<p>{caption(judge, good)}</p>"
        yield summary_table(family, good, f"{family.title}, judged by {judge}")
    yield failed_list([line for line in lines if line.failed is not None])
    seed = min((line.seed for line in good), default=0)
    first = sorted((line for line in good if line.seed == seed), key=in_order)
    yield gain_plot(first, looks)
    yield dose_plots(first, looks)
    yield leak_maps(first)
    parts = [part(first) for part in (units_part, confusion_part, people_part)]
    yield f"<h3>More</h3>{''.join(parts)}" if any(parts) else ""


def in_order(line: Line) -> tuple[object, ...]:
    """Order lines as the table does."""
    return ORDER.get(line.kind, 3), line.model, line.told


def caption(judge: str, lines: Sequence[Line]) -> str:
    """Say who judges, and what must be known of it; HTML."""
    first = lines[0]
    most: dict[str, int] = {}
    for line in lines:
        for name, count in line.counts.items():
            most[name] = max(most.get(name, 0), count)
    counted = ", ".join(
        f"{count} {name}" for name, count in most.items() if name in ("people", "edits", "clips", "pairs")
    )
    identity = f"; identity by {escape(first.recogniser)}" if first.recogniser else ""
    marks = "".join(f' <strong class="warn">Mind: {escape(mark)}.</strong>' for mark in first.marks)
    missing = "".join(f" {escape(text)}." for line in lines if (text := not_delivered(line)))
    return f"Judge: <b>{escape(judge)}</b>{identity}. {escape(counted)}.{marks}" + (
        f' <strong class="warn">{missing}</strong>' if missing else ""
    )


def not_delivered(line: Line) -> str:
    """Say what of a model is not behind its figures; nothing if all is."""
    words = {
        "missing": "outputs missing",
        "refused": "photographs not taken",
        "lost": "edits in which the judge saw no face",
    }
    found = [f"{line.counts[name]} {what}" for name, what in words.items() if line.counts.get(name)]
    return f"{line.model}: {', '.join(found)}" if found else ""


def failed_list(lines: Sequence[Line]) -> str:
    """Say who failed, and why."""
    items = "".join(
        f"<li><b>{escape(line.model)}</b>{f', seed {line.seed}' if line.seed else ''}: {escape(line.failed or '')}</li>"
        for line in lines
    )
    return f'<p class="bad">Without figures:</p><ul>{items}</ul>' if items else ""


def gain_plot(lines: Sequence[Line], looks: Mapping[str, int]) -> str:
    """Draw gain against identity: curves over doses, or a point for a single strength."""
    series = []
    for line in lines:
        curve = line.details.get("gain")
        if curve:
            xs, ys = [0.0, *curve["gains"]], [1.0, *curve["identities"]]
        elif {"aus_gain", "identity"} <= set(line.figures) and line.label in looks:
            xs, ys = [[line.figures[name][0]] for name in ("aus_gain", "identity")]
        else:
            continue
        if None not in (*xs, *ys):
            series.append(Series(name=line.label, number=looks[line.label], x=xs, y=ys))
    if len(series) < 2:
        return ""
    low = min(0.0, *(max(-1.0, min(one.x)) for one in series))
    high = min(2.0, ceil(10 * max(0.25, *(max(one.x) for one in series))) / 10)
    bottom = floor_of(min(min(one.y) for one in series))
    told = "; ".join(f"{one.name} ends at gain {one.x[-1]:.2f}, identity {one.y[-1]:.2f}" for one in series)
    series = [Series(**{**vars(one), "x": [min(high, max(low, x)) for x in one.x]}) for one in series]
    frame = Frame(
        x=(low, high),
        y=(bottom, 1.0),
        x_title="gain: share of the exact change that the judge sees",
        y_title="identity",
    )
    plot = line_plot(f"Identity against gain. {told}", frame, series)
    names = {one.name: one.number for one in series}
    text = "Up and right is better: more of the change, more of the person. Doing nothing is the upper left corner."
    return (
        f'<h3>Gain against identity</h3><figure class="chart">{scrolling("gain against identity", plot)}'
        f"<figcaption>{text}</figcaption></figure>{key(names)}"
    )


def floor_of(value: float) -> float:
    """Choose the lower end of an axis that ends at 1: the next tenth below."""
    return min(0.8, floor(10 * value) / 10)


def dose_plots(lines: Sequence[Line], looks: Mapping[str, int]) -> str:
    """Draw how units answer to doses: all models a unit, and folded away each model's quartiles."""
    curves = {line.label: {one["unit"]: one for one in line.details.get("responses") or ()} for line in lines}
    units = list(dict.fromkeys(unit for some in curves.values() for unit in some))
    if not units:
        return ""
    models = {model: some for model, some in curves.items() if some}
    ends = span_of(
        [
            value
            for some in models.values()
            for one in some.values()
            for value in (*one["low"], *one["high"], one["exact"] or 0.0)
        ]
    )
    together = [
        panel(unit, {model: some[unit] for model, some in models.items() if unit in some}, looks, ends, band=False)
        for unit in units
    ]
    alone = "".join(
        details(
            f"{model}: mean and quartiles",
            panels(panel(unit, {model: one}, looks, ends) for unit, one in some.items()),
        )
        for model, some in models.items()
        if any(one["mean"] != one["low"] or one["mean"] != one["high"] for one in some.values())  # copy is flat
    )
    alone = doses_part(lines) + alone
    text = "Change of the judge's reading within a person, mean over people. Broken line: what exact changes show."
    names = {model: looks[model] for model in models}
    return f"<h3>Dose and response</h3>{paragraph(text)}{key(names)}{panels(together)}{alone}"


def panels(figures: Iterable[str]) -> str:
    """Put small plots side by side."""
    return f'<div class="panels">{"".join(figures)}</div>'


def span_of(values: Sequence[float]) -> tuple[float, float]:
    """Choose the ends of an axis, in tenths."""
    return min(0.0, floor(10 * min(values)) / 10), max(0.3, ceil(10 * max(values)) / 10)


def panel(
    unit: str,
    curves: Mapping[str, Mapping[str, object]],
    looks: Mapping[str, int],
    ends: tuple[float, float],
    *,
    band: bool = True,
) -> str:
    """Draw the answers to doses of one unit."""
    first: Mapping[str, object] = next(iter(curves.values()))
    series = [
        Series(
            name=model,
            number=looks[model],
            x=one["doses"],  # type: ignore[arg-type]
            y=one["mean"],  # type: ignore[arg-type]
            low=one["low"] if band else (),  # type: ignore[arg-type]
            high=one["high"] if band else (),  # type: ignore[arg-type]
        )
        for model, one in curves.items()
    ]
    exact = first["exact"]
    guides = [] if exact is None else [[(0.0, 0.0), (1.0, float(exact))]]  # type: ignore[arg-type]
    frame = Frame(x=(0, 1), y=ends, width=260, height=190, left=36, bottom=24, ticks=5)
    told = "; ".join(f"{one.name} reaches {one.y[-1]:.2f}" for one in series)
    plot = line_plot(f"{unit}: answer to doses from 0 to 1. {told}", frame, series, guides)
    counts = sorted({int(one["people"]) for one in curves.values()})  # type: ignore[call-overload]
    people = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    return f"<figure>{plot}<figcaption>{escape(unit)}, {people} people</figcaption></figure>"


def leak_maps(lines: Sequence[Line]) -> str:
    """Draw what moves when a unit is asked for."""
    maps = []
    for line in lines:
        leak = line.details.get("leak")
        if leak and not (line.kind == "trivial" and line.name == "copy"):
            title = f"{line.model}: change of each unit that the judge reads, for every unit that is asked for"
            maps.append(f"<figure>{heat_map(title, leak, LEAK)}<figcaption>{escape(line.model)}</figcaption></figure>")
    text = (
        "A row is the unit that was asked for at 1, a column what the judge reads: orange rises, blue falls, full "
        f"colour at {LEAK:g}. Framed: the unit itself. What exact changes move beside it is no leak."
    )
    return f'<h3>What else moves</h3>{paragraph(text)}<div class="maps">{"".join(maps)}</div>' if maps else ""
