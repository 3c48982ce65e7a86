"""What ``mien evaluate`` prints: figures laid out as Markdown."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mienkit.app.drawn_proof import ProofReport
    from mienkit.app.evaluate import EditReport
    from mienkit.app.meter_folds import MeterReport
    from mienkit.app.told_apart import ToldApartReport
    from mienkit.evaluation.interval import Estimate


class Calibrated(Protocol):
    """Whoever says through which calibration it was asked."""

    @property
    def calibration(self) -> Mapping[str, object] | None:
        """Judge, units and SHA-256; None where there was none."""
        ...


def meter_lines(report: "MeterReport") -> list[str]:
    """Lay a meter's figures out as Markdown."""
    people = f"{report.folds} folds over subjects" if report.folds else "subjects held out of its training"
    lines = [
        f"{people}; {report.photos} photographs, {report.pairs} exact changes; 95 % intervals over subjects",
        "",
        "| landmarks, NME by the outer eye corners | % |",
        "|---|---|",
    ]
    lines += [
        f"| {title} | {100 * one.value:.2f} [{100 * one.low:.2f}, {100 * one.high:.2f}] |"
        for title, one in (
            ("aligned crops", report.nme),
            ("jittered boxes", report.nme_box),
            ("jittered boxes, aligned by that and read again", report.nme_box_aligned),
            ("the mean shape, on aligned crops", report.nme_mean_shape),
        )
    ]
    lines += ["", *unit_lines(report), ""]
    if report.heads:
        lines += [*head_lines(report), ""]
    if report.pairs:
        lines += [*confusion_lines(report), ""]
    mean = average(report.drawn)
    return [*lines, f"Drawn faces, every unit uniform: MAE {mean:.3f}, the mean predictor {report.drawn_mean:.3f}"]


def unit_lines(report: "MeterReport") -> list[str]:
    """Lay out what is known of each unit on photographs, pairs and drawn faces."""
    bound = " upper bound |" if report.bound else ""
    lines = [
        "| unit | correlation with the teacher | ridge on landmarks | R² of exact changes | correlation with them |"
        f"{bound} drawn, MAE |",
        "|---|---|---|---|---|---|" + ("---|" if bound else ""),
    ]
    for unit, square in report.change.items():
        teacher, ridge = report.teacher.get(unit), report.ridge.get(unit)
        best = f" {report.bound[unit].value:.3f} |" if bound else ""
        lines.append(
            f"| {unit} | {teacher or 'blind'} | {f'{ridge.value:.3f}' if ridge else ''} | {square:.3f} "
            f"| {report.change_correlation[unit]} |{best} {report.drawn[unit]:.3f} |"
        )
    return lines


def head_lines(report: "MeterReport") -> list[str]:
    """Lay out how rendered heads are read."""
    lines = [f"{report.heads} rendered heads:", "", "| unit | MAE | correlation |", "|---|---|---|"]
    lines += [
        f"| {unit} | {error:.3f} | {report.rendered_correlation[unit]} |" for unit, error in report.rendered.items()
    ]
    return [*lines, f"| mean | {average(report.rendered):.3f} | |"]


def confusion_lines(report: "MeterReport") -> list[str]:
    """Lay out how well units that look alike are told apart."""
    lines = ["| on exact changes | read as itself | read as the other |", "|---|---|---|"]
    for one in report.confusions:
        for here, there, own, other in (
            (one.first, one.second, one.own[0], one.other[0]),
            (one.second, one.first, one.own[1], one.other[1]),
        ):
            lines.append(f"| {here} rises by 1 | {own:.2f} | {there} {other:.2f} |")
    return lines


def average(figures: Mapping[str, float]) -> float:
    """Average over the units."""
    return sum(figures.values()) / len(figures)


def calibration_words(one: "Calibrated") -> str:
    """Say through which calibration somebody was asked."""
    return f"calibration {str(one.calibration['sha256'])[:8]}" if one.calibration else "no calibration"


def edit_lines(report: "EditReport") -> list[str]:
    """Lay an editor's figures out as Markdown."""
    lines = [
        f"{report.model} (weights {(report.weights or 'none')[:8]}, {calibration_words(report)}), protocol "
        f"photo-edit-40, {report.photos} held-out photographs, one unit at 1; judge: {report.judge}; meter: "
        f"{report.meter}; 95 % intervals over subjects",
        "",
        "| unit | channel rises by | movement / re-expressed | identity |",
        "|---|---|---|---|",
    ]
    lines += [f"| {one.unit} | {one.rise} | {one.movement} | {one.identity} |" for one in report.units]
    lines += ["", f"AU error after the edit (the unit asked for, read by the meter): {report.error}", ""]
    lines += ["| identity, median | at 0.5 | at 1 |", "|---|---|---|"]
    return [*lines, *(f"| {one.asked} | {one.half} | {one.full} |" for one in report.likeness)]


def proof_lines(report: "ProofReport") -> list[str]:
    """Lay the proof's figures out as Markdown."""
    copy = report.copy
    lines = [
        f"{report.model}, preset {report.preset or 'default'}, {report.image_size} px, {report.faces} drawn people "
        f"whom no training saw; judge: a meter trained on other drawn people, whose error on the exact results is "
        f"{report.exact:.3f}; 95 % intervals over people",
        "",
        "| | AU error | of copy's | error where it should change | of copy's | mean change | steps | CPU minutes |",
        "|---|---|---|---|---|---|---|---|",
        f"| copy | {copy.au_error} | 1 | {copy.region_error} | 1 | 0 | | |",
    ]
    for run in report.runs:
        au, region = run.result.au_error, run.result.region_error
        lines.append(
            f"| seed {run.seed} | {au} | {au.value / copy.au_error.value:.2f} | {region} "
            f"| {region.value / copy.region_error.value:.2f} | {run.result.change:.3f} | {run.steps} "
            f"| {run.cpu_minutes:.1f} |"
        )
    return lines


def told_lines(report: "ToldApartReport") -> list[str]:
    """Lay out how well edits are told from photographs."""
    lines = [
        f"{report.edits} edits of {report.photos} photographs, {report.people} people, {report.folds} folds over them; "
        f"balanced, so that 50 % is chance; {report.cpu_seconds / 60:.1f} CPU minutes a fold",
        "",
        "| told apart, % | by the picture | by the units alone | edits |",
        "|---|---|---|---|",
        told_line("all", report.picture.told, report.expression.told),
        told_line("which of a couple", report.picture.couple, report.expression.couple),
    ]
    for by_picture, by_units in (
        (report.picture.rarity, report.expression.rarity),
        (report.picture.strengths, report.expression.strengths),
        (report.picture.actions, report.expression.actions),
    ):
        lines += [told_line(name, one, by_units[name]) for name, one in by_picture.items() if one.count]
    return [
        *lines,
        "",
        f"Control, photographs of strangers called edits (one fold): {per_cent(report.strangers)} %; on the people "
        f"learned from: {100 * report.learned:.1f} %. {report.couples} couples to try oneself on",
    ]


def told_line(name: str, by_picture: "Estimate", by_units: "Estimate") -> str:
    """Write one row of how well edits are told apart."""
    return f"| {name} | {per_cent(by_picture)} | {per_cent(by_units)} | {by_picture.count} |"


def per_cent(one: "Estimate") -> str:
    """Write a share and its interval in per cent."""
    return f"{100 * one.value:.1f} [{100 * one.low:.1f}, {100 * one.high:.1f}]"
