"""What ``mien evaluate`` prints of several editors: one table of all, then a table a question, units below units."""

from collections.abc import Callable, Iterable, Sequence
from statistics import mean, median
from typing import TYPE_CHECKING

from mienkit.cli.evaluate_lines import calibration_words

if TYPE_CHECKING:
    from mienkit.app.compare import Comparison, EditorResult
    from mienkit.evaluation.dose_edit import DoseResult
    from mienkit.evaluation.interval import Estimate
    from mienkit.evaluation.leak_edit import LeakResult
    from mienkit.evaluation.slice_edit import SliceResult

GOOD = 0.9
"""R² from which a unit counts as following its dose."""


def comparison_lines(report: "Comparison") -> list[str]:
    """Lay the figures of several editors out as Markdown."""
    same = " (the one that measures before, too)" if report.judging_meter == report.meter else ""
    fewest, most = min(report.people.values()), max(report.people.values())
    people = str(most) if fewest == most else f"{fewest} to {most}"
    return [
        f"Protocol edit-doses-40: {people} people a unit who do not show it, {report.photos} held-out photographs and "
        f"{report.pairs} exact changes in all; judge: {report.judge}; units are read by {report.judging_meter}{same}; "
        "[95 % intervals over people]",
        "",
        *overview_lines(report),
        "",
        "Response of the judge's channel to the dose of its unit, 0 to 1: R² of the mean over people; slope. In the "
        "second column the slope of exact changes.",
        "",
        *dose_lines(report, lambda one: f"{short(one.r2)}; {one.slope.value:.2f}", exact=True),
        "",
        "R² of single people, median [quartiles]:",
        "",
        *dose_lines(report, lambda one: "{1:.2f} [{0:.2f}, {2:.2f}]".format(*one.single)),
        "",
        "Off-target, one unit at 1: mean |change| of the channels that exact changes of the unit leave alone; that of "
        "the channel that moves most, and its unit:",
        "",
        *leak_lines(report),
        "",
        "Identity at 1, median:",
        "",
        *identity_lines(report),
        *slice_lines(report),
        *flicker_lines(report),
    ]


def overview_lines(report: "Comparison") -> list[str]:
    """Lay out one line an editor."""
    lines = [
        *head("editor", ("R² of doses, median", f"units with R² ≥ {GOOD}", "slope, mean", "identity, units",
                         "identity, emotions", "off-target, mean", "off-target, largest", "pixel error",
                         "of copy's", "landmark error, % of the eyes' distance", "of warp's", "AU error")),
    ]  # fmt: skip
    warped = next((one.targets.landmarks.value for one in report.editors if one.model == "warp"), float("nan"))
    lines += [row(title_of(one), overview(one, warped)) for one in report.editors]
    notes = [
        f"{one.model}: {one.refused} photographs not taken, no face seen in {one.lost} edits"
        for one in report.editors
        if one.refused or one.lost
    ]
    notes += [f"{one.model} is asked through its {calibration_words(one)}" for one in report.editors if one.calibration]
    return [*lines, *([""] if notes else []), *notes]


def overview(one: "EditorResult", warped: float) -> list[str]:
    """Write the figures of one editor."""
    follows = sum(dose.r2.value >= GOOD and dose.slope.value > 0 for dose in one.dose)
    worst = max(one.leak, key=lambda leak: leak.largest)
    targets = one.targets
    return [
        f"{median(dose.r2.value for dose in one.dose):.2f}",
        f"{follows} of {len(one.dose)}",
        f"{mean(dose.slope.value for dose in one.dose):.2f}",
        short(one.identity_units),
        short(one.identity_emotions),
        f"{mean(leak.mean.value for leak in one.leak):.3f}",
        f"{worst.largest:.2f} ({worst.unit}: {worst.worst})",
        f"{targets.pixels.value:.1f}",
        short(targets.of_copy),
        percent(targets.landmarks),
        f"{targets.landmarks.value / warped:.2f}" if warped > 0 else "unknown",
        short(one.error),
    ]


def dose_lines(report: "Comparison", write: "Callable[[DoseResult], str]", *, exact: bool = False) -> list[str]:
    """Lay out something of each unit with a channel, an editor a column."""
    columns = (["exact"] if exact else []) + [one.model for one in report.editors]
    lines = head("unit", columns)
    for number, first in enumerate(report.editors[0].dose):
        known = [f"{report.effects[first.unit][first.unit]:.2f}"] if exact else []
        lines.append(row(first.unit, known + [write(one.dose[number]) for one in report.editors]))
    return lines


def leak_lines(report: "Comparison") -> list[str]:
    """Lay out what moves that should not."""
    lines = head("unit", [one.model for one in report.editors])
    for number, first in enumerate(report.editors[0].leak):
        lines.append(row(first.unit, [leaked(one.leak[number]) for one in report.editors]))
    return lines


def leaked(one: "LeakResult") -> str:
    """Write what one unit moves besides."""
    return f"{one.mean.value:.3f}; {one.largest:.2f} {one.worst}"


def identity_lines(report: "Comparison") -> list[str]:
    """Lay out how much alike people stay."""
    names = report.editors[0].identity
    titles = head("asked", [one.model for one in report.editors])
    return [*titles, *(row(name, [short(one.identity[name]) for one in report.editors]) for name in names)]


def slice_lines(report: "Comparison") -> list[str]:
    """Lay out figures of some people apart, a table a figure; nothing where all slices have too few people."""
    return [
        *sliced(report, "Identity of single units at 1, median", lambda one: (one.people, one.identity), short),
        *sliced(report, "AU error", lambda one: (one.people, one.error), short),
        *sliced(
            report,
            "Landmark error on exact changes, % of the eyes' distance",
            lambda one: (one.pairs, one.targets.landmarks),
            percent,
        ),
    ]


def sliced(
    report: "Comparison",
    title: str,
    figure: "Callable[[SliceResult], tuple[int, Estimate]]",
    write: "Callable[[Estimate], str]",
) -> list[str]:
    """Lay out one figure, with its number of people, of every slice that has enough of them, an editor a column."""
    lines = []
    for number, first in enumerate(report.editors[0].slices):
        people, known = figure(first)
        if known.count:
            figures = [figure(one.slices[number])[1] for one in report.editors]
            lines.append(row(f"{first.name} ({people})", [write(one) for one in figures]))
    columns = head("slice (people)", [one.model for one in report.editors])
    return ["", f"{title}, by what the photographs look like:", "", *columns, *lines] if lines else []


def flicker_lines(report: "Comparison") -> list[str]:
    """Lay out how much clips flicker; nothing where none were made."""
    if not report.clips:
        return []
    title = (
        f"Flicker of clips edited frame by frame ({report.clips} people, a unit and an emotion each): what an edit "
        "adds to the difference of a frame from those before and after, in levels of 255; share of what it changes:"
    )
    lines = head("editor", ("frames alone", "face steadied", "share", "from frame to frame, alone", "steadied"))
    for one in report.editors:
        each = one.flicker
        share = "none" if each.share.count == 0 else f"{100 * each.share.value:.1f} %"
        found = [short(each.alone), short(each.steady), share, short(each.step_alone), short(each.step_steady)]
        lines.append(row(title_of(one), found))
    return ["", title, "", *lines]


def title_of(one: "EditorResult") -> str:
    """Name an editor and its weights."""
    return one.model if one.weights is None or one.weights[:8] in one.model else f"{one.model} ({one.weights[:8]})"


def short(one: "Estimate") -> str:
    """Write a figure and its interval with two digits."""
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"


def percent(one: "Estimate") -> str:
    """Write a share and its interval in per cent."""
    return f"{100 * one.value:.2f} [{100 * one.low:.2f}, {100 * one.high:.2f}]"


def head(first: str, columns: Sequence[str]) -> list[str]:
    """Write the head of a table."""
    return [row(first, columns), "|" + "---|" * (len(columns) + 1)]


def row(first: str, cells: Iterable[str]) -> str:
    """Write one line of a table."""
    return f"| {' | '.join([first, *cells])} |"
