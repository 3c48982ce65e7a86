"""What ``bench.small`` writes of models that move faces: a table of motions and a table of clips."""

from collections.abc import Iterator, Mapping, Sequence

from mienkit.app.compare_motion import ClipRow, MotionComparison, MotionRow
from mienkit.app.motion_proof import MotionReport
from mienkit.cli.evaluate_static import error, line, share
from mienkit.core.model import MODELS
from mienkit.evaluation.interval import Estimate
from mienkit.metrics.acd import acd_names

MOTION_MARKS = (
    "<!-- measured motion: what follows is written by a command -->",
    "<!-- measured motion: end -->",
)
"""Of the part of docs/small.md."""
TRIVIAL = ("real", "mean", "still")
MOTION_COLUMNS = (
    "landmarks of", "nearest mean is its own, %", "to its own mean, rad", "to the nearest real, rad", "diversity",
    "amplitude", "trembling, %", "spectrum, dB", "parameters", "CPU minutes",
)  # fmt: skip


def motion_page_lines(report: MotionReport, reductions: Sequence[str]) -> list[str]:
    """Write what was measured of all; ``reductions`` are rows of their table."""
    return [
        *mover_lines(report.comparison),
        "",
        *clip_lines(report.comparison, report.faults),
        "",
        line(["model", "preset", "differences to the paper's settings"]),
        line(["---"] * 3),
        *reductions,
        "",
        "![The same clips by every model](images/small-clips.jpg)",
    ]


def motion_model_lines(report: MotionReport) -> Iterator[tuple[str, list[str]]]:
    """Write what was measured of each model for its own page."""
    trained = [part for row in report.comparison.clips for part in parts_of(row.model)]
    names = [name for name in trained if name in MODELS]
    for name in dict.fromkeys([*report.figures, *names]):
        yield name, list(model_page(report, name))


def model_page(report: MotionReport, name: str) -> Iterator[str]:
    """Write one model's page: its rows beside the trivial ones, and its figure."""
    yield "By `make train-small`, which trains all models that move alike; [there](../small.md#motion) are the others"
    yield "and what the columns mean."
    both = report.comparison
    if name in report.figures:
        yield ""
        yield from mover_lines(both, [row for row in both.motions if row.model in (*TRIVIAL, name)])
    clips = [row for row in both.clips if row.model in TRIVIAL or name in parts_of(row.model)]
    yield ""
    yield from clip_lines(both, {title: why for title, why in report.faults.items() if title == name}, clips)
    if name in report.figures:
        yield ""
        yield f"![How landmarks move by {name}](../images/small/{name}.jpg)"


def parts_of(title: str) -> list[str]:
    """Name what a row of the table of clips is made of."""
    return title.split(" + ")


def mover_lines(comparison: MotionComparison, rows: Sequence[MotionRow] | None = None) -> list[str]:
    """Lay out how landmarks move."""
    return [
        f"Protocol motion-rises: {comparison.asked} clips of {comparison.people} people whom no training saw, "
        f"{comparison.samples} motions each; {', '.join(comparison.emotions)}; [95 % intervals over people]",
        "",
        line(MOTION_COLUMNS),
        line(["---"] * len(MOTION_COLUMNS)),
        *(line(mover_cells(row)) for row in (comparison.motions if rows is None else rows)),
    ]


def mover_cells(row: MotionRow) -> list[str]:
    """Write one line of the table of motions."""
    found = row.result
    return [
        row.model,
        share(found.nearest_mean),
        error(found.own),
        error(found.nearest),
        ratio(found.diversity),
        ratio(found.amplitude),
        "" if not found.trembling.count else f"{100 * found.trembling.value:.1f}",
        number(found.spectrum, 1),
        *costs(row.parameters, row.cpu_seconds),
    ]


def clip_lines(
    comparison: MotionComparison, faults: Mapping[str, str] | None = None, rows: Sequence[ClipRow] | None = None
) -> list[str]:
    """Lay out the clips; models that could not be trained stand below, with the reason."""
    acd, acd_i = acd_names(comparison.recogniser or "unknown")
    columns = (
        "clips of", "sees the face", "emotion shown, %", acd, acd_i, "flicker", "movement, %", "diversity",
        "frame distance", "parameters", "CPU minutes", "ms a clip",
    )  # fmt: skip
    return [
        f"Protocol motion-clips: {comparison.asked} clips of the same people and emotions, {comparison.size} px; "
        "judge: a meter; frame distance: Fréchet, the judge's features; [95 % intervals over people]",
        "",
        line(columns),
        line(["---"] * len(columns)),
        *(line(clip_cells(row)) for row in (comparison.clips if rows is None else rows)),
        *(line([title, fault, *[""] * (len(columns) - 2)]) for title, fault in (faults or {}).items()),
    ]


def clip_cells(row: ClipRow) -> list[str]:
    """Write one line of the table of clips."""
    found = row.result
    return [
        row.model,
        "yes" if row.sees_face else "no",
        share(found.emotion),
        "" if not found.acd.count else error(found.acd),
        "" if not found.acd_i.count else error(found.acd_i),
        f"{found.flicker.value:.2f}",
        f"{100 * found.movement.value:.1f}",
        ratio(found.diversity),
        number(found.frames, 1),
        *costs(row.parameters, row.cpu_seconds),
        f"{row.milliseconds:.0f}" if row.parameters else "",
    ]


def ratio(one: Estimate) -> str:
    """Write a share of what real ones have, and its interval."""
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"


def number(value: float, digits: int) -> str:
    """Write a number; nothing for one that is unknown."""
    return "" if value != value else f"{value:.{digits}f}"


def costs(parameters: int, cpu_seconds: float | None) -> list[str]:
    """Write what a model cost."""
    minutes = "" if cpu_seconds is None else f"{cpu_seconds / 60:.1f}"
    return [f"{parameters:,}" if parameters else "", minutes]
