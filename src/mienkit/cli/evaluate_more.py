"""What ``mien evaluate`` prints below its tables: further figures, confusions and figures of whole sets."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mienkit.app.compare import Comparison, EditorResult
    from mienkit.app.compare_static import StaticComparison
    from mienkit.evaluation.interval import Estimate
    from mienkit.evaluation.static_edit import StaticResult
    from mienkit.metrics.metric import Metric

UNKNOWN = "unknown"


def more_editor_lines(report: "Comparison") -> list[str]:
    """Lay out further figures of editors on photographs, and what is taken for what."""
    columns = editor_columns()
    return [
        "",
        "More figures; units and emotions at 1 and their undoing, of the same people "
        "(↑ higher is better, ↓ lower, ≈ as exact results have it, no arrow: ranks nobody):",
        "",
        *head("editor", [title for title, _ in columns]),
        *(row(one.model, [write(one) for _, write in columns]) for one in report.editors),
        "",
        f"Emotions at 1 as {report.judging_meter} sees them: met, most often mistaken:",
        "",
        *head("editor", ["emotion met", "most often"]),
        *(
            row(one.model, [written(one.figures.emotion, 100, 0, " %"), mistaken(one.figures.confusion)])
            for one in report.editors
        ),
    ]


def editor_columns() -> list[tuple[str, Callable[["EditorResult"], str]]]:
    """List the columns: title with its arrow, and what to write of an editor."""
    from mienkit.metrics.au_agreement import AU_ICC, AU_MAE, AU_PCC
    from mienkit.metrics.background import BACKGROUND_CHANGE
    from mienkit.metrics.dose_response import DOSE_SPEARMAN
    from mienkit.metrics.gain_identity import GAIN_IDENTITY
    from mienkit.metrics.leakage import ON_TARGET, WORST_LEAK
    from mienkit.metrics.reversibility import REVERSIBILITY_AUS, REVERSIBILITY_PIXELS

    return [
        (titled(GAIN_IDENTITY), lambda one: written(one.figures.area)),
        (titled(DOSE_SPEARMAN), lambda one: written(one.figures.dose.spearman)),
        (titled(ON_TARGET), lambda one: written(one.figures.leak.on_target)),
        (titled(WORST_LEAK), lambda one: f"{written(one.figures.leak.worst)}{pair(one)}"),
        (titled(AU_MAE) + ", doses", lambda one: written(one.figures.agreement.mae, digits=3)),
        (titled(AU_PCC) + ", doses", lambda one: written(one.figures.agreement.pcc)),
        (titled(AU_ICC) + ", doses", lambda one: written(one.figures.agreement.icc)),
        (titled(REVERSIBILITY_PIXELS), lambda one: written(one.figures.undo.pixels)),
        (titled(REVERSIBILITY_AUS), lambda one: written(one.figures.undo.units)),
        (titled(BACKGROUND_CHANGE), lambda one: written(one.figures.background)),
    ]


def pair(one: "EditorResult") -> str:
    """Name the worst leak: what was asked for, and what moved."""
    leak = one.figures.leak
    return f" ({leak.asked}: {leak.moved or 'nothing'})" if leak.asked else ""


def more_static_lines(report: "StaticComparison") -> list[str]:
    """Lay out further figures of models that are held to exact results, figures of whole sets, and confusions."""
    columns = static_columns()
    sets = list(
        dict.fromkeys(name for told in (report.exact_sets, *(one.sets for one in report.rows)) for name in told)
    )
    models = [(f"{one.model}, {one.told}" if one.told else one.model, one) for one in report.rows]
    lines = [
        "",
        "More figures (↑ higher is better, ↓ lower, no arrow: ranks nobody):",
        "",
        *head("model, told", [title for title, _ in columns]),
        row("exact", [write(report.exact) for _, write in columns]),
        *(row(title, [write(one.result) for _, write in columns]) for title, one in models),
        "",
        "What the judge takes emotions for:",
        "",
        *head("model, told", ["most often"]),
        *(row(title, [mistaken(one.confusion)]) for title, one in models),
    ]
    if sets:
        lines += [
            "",
            "All results together beside pictures of others who show what was asked for; these rank nobody:",
            "",
            *head("model, told", sets),
            row("exact", [number(report.exact_sets.get(name)) for name in sets]),
            *(row(title, [number(one.sets.get(name)) for name in sets]) for title, one in models),
        ]
    return lines


def static_columns() -> list[tuple[str, Callable[["StaticResult"], str]]]:
    """List the columns: title with its arrow, and what to write of a result."""
    from mienkit.metrics.au_agreement import AU_ICC, AU_PCC
    from mienkit.metrics.background import BACKGROUND_CHANGE
    from mienkit.metrics.copy_corrected import COPY_CORRECTED
    from mienkit.metrics.emotion_accuracy import EMOTION_ACCURACY

    corrected = titled(COPY_CORRECTED)
    return [
        (f"{EMOTION_ACCURACY.title}, {corrected}", lambda one: written(one.emotion_corrected)),
        (f"AU error, {corrected}", lambda one: written(one.aus_corrected)),
        (titled(AU_PCC), lambda one: written(one.au_pcc)),
        (titled(AU_ICC), lambda one: written(one.au_icc)),
        (titled(BACKGROUND_CHANGE), lambda one: written(one.background)),
    ]


def titled(metric: "Metric") -> str:
    """Write a metric's title, its unit, and its arrow where it may order editors."""
    unit = f", {metric.unit}" if metric.unit.startswith(("levels", "shares")) else ""
    return f"{metric.title}{unit} {metric.arrow}" if "edit" in metric.ranks else f"{metric.title}{unit}"


def mistaken(confusion: Mapping[str, Mapping[str, int]]) -> str:
    """Name the emotion that is most often taken for another."""
    wrong = [(times, asked, seen) for asked, told in confusion.items() for seen, times in told.items() if asked != seen]
    times, asked, seen = max(wrong, default=(0, "", ""))
    return f"{asked} for {seen}, {times} of {sum(confusion[asked].values())}" if times else "nothing"


def written(one: "Estimate", factor: float = 1, digits: int = 2, unit: str = "") -> str:
    """Write a figure and its interval; one that nobody knows says so."""
    if math.isnan(one.value):
        return UNKNOWN
    value, low, high = (f"{factor * end:.{digits}f}" for end in (one.value, one.low, one.high))
    return f"{value}{unit} [{low}, {high}]" if not math.isnan(one.low) else f"{value}{unit}"


def number(value: float | None) -> str:
    """Write a figure without an interval."""
    return "" if value is None else f"{value:.4g}"


def head(first: str, columns: Sequence[str]) -> list[str]:
    """Write the head of a table."""
    return [row(first, columns), "|" + "---|" * (len(columns) + 1)]


def row(first: str, cells: Iterable[Any]) -> str:
    """Write one line of a table."""
    return f"| {' | '.join([first, *cells])} |"
