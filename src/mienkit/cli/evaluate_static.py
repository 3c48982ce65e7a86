"""What ``mien evaluate`` prints of models that are judged by exact results: one table of all."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mienkit.cli.evaluate_lines import calibration_words

if TYPE_CHECKING:
    from mienkit.app.compare_static import StaticComparison, StaticRow
    from mienkit.evaluation.interval import Estimate
    from mienkit.evaluation.static_edit import StaticResult

COLUMNS = (
    "model", "told", "emotion met, %", "AU error", "of copy's, gone", "error where it should change",
    "of copy's, gone", "identity", "SSIM", "PSNR, dB", "better than copy in", "parameters", "CPU minutes", "ms a face",
)  # fmt: skip


def static_lines(report: "StaticComparison", faults: Mapping[str, str] | None = None) -> list[str]:
    """Lay the figures of models out as Markdown; those that could not be trained stand below, with the reason."""
    recogniser = f"; identity by {report.recogniser}" if report.recogniser else ""
    return [
        f"Protocol static-edit-400: {report.edits} edits of {report.people} people whom no training saw, "
        f"{report.size} px; judge: {report.judge}{recogniser}; [95 % intervals over people]",
        "",
        line(COLUMNS),
        line(["---"] * len(COLUMNS)),
        line(["exact", "", *figures(report.exact), "", "", "", ""]),
        *(static_line(row) for row in report.rows),
        *(line([title, fault, *[""] * (len(COLUMNS) - 2)]) for title, fault in (faults or {}).items()),
    ]


def static_line(row: "StaticRow") -> str:
    """Write one model's line."""
    limited = f" ({' ↔ '.join(row.emotions)} alone, {row.edits} edits)" if len(row.emotions) == 2 else ""
    minutes = "" if row.cpu_seconds is None else f"{row.cpu_seconds / 60:.1f}"
    better = ", ".join(row.result.better) or ("" if row.model == "copy" else "nothing")
    ends = [better, f"{row.parameters:,}" if row.parameters else "", minutes, f"{row.milliseconds:.1f}"]
    limited += f" ({calibration_words(row)})" if row.calibration else ""
    return line([row.model + limited, row.told, *figures(row.result), *ends])


def figures(result: "StaticResult") -> list[str]:
    """Write how near somebody comes."""
    return [
        share(result.emotion),
        error(result.aus),
        share(result.aus_gain),
        error(result.region),
        share(result.region_gain),
        "" if not result.identity.count else f"{result.identity.value:.2f}",
        f"{result.ssim.value:.3f}",
        f"{result.psnr:.1f}",
    ]


def share(one: "Estimate") -> str:
    """Write a share and its interval in per cent."""
    return f"{100 * one.value:.0f} [{100 * one.low:.0f}, {100 * one.high:.0f}]"


def error(one: "Estimate") -> str:
    """Write an error and its interval."""
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"


def line(cells: Sequence[str]) -> str:
    """Write a row of a table."""
    return f"| {' | '.join(cells)} |"
