"""The Methods paragraph of a study, with the numbers of its codebook."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from mienkit.app.stimuli.design import CLIP, Condition, Design
from mienkit.app.stimuli.row import Row
from mienkit.core.action_unit import AU_NAMES, unit_title
from mienkit.core.emotion import ONE_SIDED, PROTOTYPES


def methods_text(design: Design, rows: Sequence[Row], manifest: Mapping[str, Any]) -> str:
    """Write the paragraph, and below it what must not be forgotten."""
    sentences = [
        *material(design, rows, manifest),
        *treatment(design, manifest),
        *timing(design),
        *manipulation_check(design, rows, manifest),
        *outcome(rows, manifest),
    ]
    return f"{' '.join(sentences)}\n\n{''.join(f'- {line}{chr(10)}' for line in reminders(rows, manifest))}"


def material(design: Design, rows: Sequence[Row], manifest: Mapping[str, Any]) -> list[str]:
    """Say what was made of whom, by what."""
    people, cells = len(design.identities), len(design.cells)
    model, weights = manifest["model"]["name"], manifest["model"]["weights_sha256"]
    made_by = f"{model} (mienkit {manifest['mienkit']}" + (f", weights SHA-256 {weights[:12]})" if weights else ")")
    graded = any(condition.emotion != "neutral" for condition in design.conditions)
    shares = ", ".join(f"{100 * level:g}" for level in design.levels)
    neutral = len(design.conditions) > 1 and any(condition.emotion == "neutral" for condition in design.conditions)
    levels = f"{counted_as(len(design.levels), 'level')} ({shares} % of full intensity" if graded else "one level ("
    if graded and neutral:
        levels += ", neutral at one level"
    kinds = {"still": "still images", "clip": "video clips"}
    counted = " and ".join(f"{sum(row.kind == kind for row in rows)} {kinds[kind]}" for kind in design.kinds)
    modes = {
        "absolute": "the named units took the requested intensity and the others stayed as measured in the photograph, "
        "but for those that oppose a named unit, which gave way",
        "relative": "the requested intensity was added to what was measured in the photograph, and units that oppose a "
        "named one gave way",
        "from-neutral": "the units that were not named were set to zero",
    }
    sentences = [
        f"The {counted} show {people} {'identity' if people == 1 else 'identities'} (one photograph each) with "
        f"{counted_as(len(design.conditions), 'expression')} at {levels}{'; ' if graded else ''}"
        f"{cells} {'stimulus' if cells == 1 else 'stimuli'} of each kind and identity).",
        "The expressions were " + "; ".join(map(describe, design.conditions)) + ".",
        f"All stimuli are synthetic: the photographs were edited with {made_by}, seed {design.seed}; "
        f"{describe_calibration(manifest)}.",
    ]
    if any(condition.aus for condition in design.conditions):
        sentences.append(f"Intensities run from 0 to 1 (FACS A to E are 0.2 to 1.0); {modes[design.mode]}.")
    if any(condition.emotion for condition in design.conditions):
        sentences.append("An emotion sets all units: those that its prototype does not name were set to zero.")
    return sentences


def counted_as(number: int, name: str) -> str:
    """Count things: ``1 level``, ``5 levels``."""
    return f"{number} {name}{'' if number == 1 else 's'}"


def describe_calibration(manifest: Mapping[str, Any]) -> str:
    """Say whether requested intensities were mapped to what makes the model's answer linear."""
    told = manifest["calibration"]
    if not told:
        return "no calibration was applied to the requested intensities"
    units = told["units"]
    which = "all units" if len(units) == len(AU_NAMES) else f"{', '.join(units)}" if units else "no unit"
    return (
        f"requested intensities were calibrated for {which} against {told['judge']} "
        f"(calibration SHA-256 {told['sha256'][:12]})"
    )


def describe(condition: Condition) -> str:
    """Say what an expression consists of."""
    told = condition.aus if condition.emotion is None else PROTOTYPES[condition.emotion]
    units = ", ".join(f"{name} {unit_title(name)} {value:g}" for name, value in told.items()) or "all units 0"
    sided = ", on one half of the face where the model knows sides" if condition.emotion in ONE_SIDED else ""
    return f"{condition.name} ({units}{sided})"


def treatment(design: Design, manifest: Mapping[str, Any]) -> list[str]:
    """Say what was done to the pictures beside the expression."""
    look, levels = design.look, manifest["equalised_to"] or {}
    sentences = [
        f"Faces were rotated and scaled so that the midpoint of the eyes and the centre of the mouth of each "
        f"photograph lie at the same place, and shown at {look.size} x {look.size} pixels"
        + (f" with a margin of {look.margin:g} of the face crop's side around it." if look.margin else ".")
    ]
    if look.greyscale:
        sentences.append("The stimuli are grey-scale.")
    if look.oval:
        sentences.append(
            f"An oval, fitted to each photograph, hides hair, ears and background (grey level {look.background})."
        )
    wanted = [
        f"{what} was set to {levels[name]:.1f} grey levels"
        for name, what in (("luminance", "mean luminance"), ("contrast", "RMS contrast"))
        if levels.get(name) is not None
    ]
    if wanted:
        where = "Inside of the oval" if look.oval else "Inside of an oval around the face"
        sentences.append(
            f"{where}, {' and '.join(wanted)} as in the SHINE toolbox (Willenbockel et al., 2010)"
            + (", once per clip at its apex." if design.dynamic else ".")
        )
    return sentences


def timing(design: Design) -> list[str]:
    """Say how clips go."""
    if design.dynamic is None:
        return []
    course = design.dynamic
    falls = f" and a fall of {course.offset:g} s" if course.offset else ""
    return [
        f"Clips begin with the photograph's own expression and have a rise of {course.onset:g} s, an apex of "
        f"{course.apex:g} s{falls} at {course.fps:g} frames per second, along a minimum-jerk course."
    ]


def manipulation_check(design: Design, rows: Sequence[Row], manifest: Mapping[str, Any]) -> list[str]:
    """Say how it was checked."""
    check, network = design.check, manifest["identity_network"]
    identity = f", and identity similarity ({network}) of at least {check.identity:g}" if network else ""
    again = (
        f" Those that failed were made again, up to {counted_as(check.retries, 'time')}, with the model's input "
        "corrected by what was measured; the nearest attempt was kept."
    )
    units = len(AU_NAMES) - len(manifest["meter"]["unknown"])
    return [
        f"As a manipulation check, {units} action units were measured by mienkit's {manifest['meter']['name']} "
        "in the photograph and in each stimulus before grey-scale, equalising and oval"
        + (" (clips: at the apex)" if design.dynamic else "")
        + f"; a stimulus passes with a mean absolute distance of measured from requested intensity of at most "
        f"{check.dose:g} over the units of its expression and {check.off_target:g} over all others{identity}."
        + (again if check.retries else "")
    ]


def outcome(rows: Sequence[Row], manifest: Mapping[str, Any]) -> list[str]:
    """Say what came of it."""
    retried, passed = sum(row.retries > 0 for row in rows), sum(row.check == "pass" for row in rows)
    numbers = [
        f"the mean distance from the requested dose is {spread([row.dose_error for row in rows])}",
        f"the mean off-target change {spread([row.off_target_change for row in rows])}",
    ]
    if manifest["identity_network"]:
        numbers.append(f"the mean identity similarity {spread([row.identity_score for row in rows])}")
    failed, clipped = len(rows) - passed, mean(row.clipped for row in rows)
    kept = f" The {failed} that did not are in the set and marked in the codebook." if failed else ""
    return [
        f"{passed} of {len(rows)} stimuli pass, {retried} of all after {'a retry' if retried == 1 else 'retries'}; "
        f"{', '.join(numbers)}.{kept}",
        f"In the finished stimuli, luminance inside of the oval is {spread([row.luminance for row in rows], 1)} and "
        f"RMS contrast {spread([row.contrast for row in rows], 1)} grey levels"
        + (f"; equalising clipped {clipped:.2%} of the pixels there." if manifest["equalised_to"] else "."),
    ]


def spread(values: Sequence[float | None], digits: int = 3) -> str:
    """Write mean and standard deviation of what is known."""
    known = [value for value in values if value is not None]
    if not known:
        return "unknown"
    deviation = stdev(known) if len(known) > 1 else 0.0
    return f"{mean(known):.{digits}f} (SD {deviation:.{digits}f})"


def reminders(rows: Sequence[Row], manifest: Mapping[str, Any]) -> list[str]:
    """List what must not be forgotten when the stimuli are used or published."""
    kept = sorted({row.identity for row in rows if not row.may_publish})
    silent = [one["id"] for one in manifest["photographs"] if not one["rights"]["told"]]
    lines = ["Tell participants, after the study at the latest, that the expressions are synthetic."]
    if kept:
        lines.append(f"Must not be published, neither as stimuli nor as figures: {', '.join(kept)}.")
    if silent:
        lines.append(f"No rights.yaml says what may be done with the photographs of {', '.join(silent)}; make sure.")
    lines.append("The meter belongs to the same laboratory as the model; check a part of the set with human coders.")
    if any(row.kind == CLIP for row in rows):
        lines.append("Clips are compressed (H.264, CRF 18); rows tell the apex before compression.")
    return lines
