"""The Methods paragraph of a study, with the numbers of its codebook."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from mienkit.app.stimuli.design import CLIP, Condition, Design
from mienkit.app.stimuli.row import Row
from mienkit.core.action_unit import AU_NAMES, unit_title


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
    levels = ", ".join(f"{100 * level:g}" for level in design.levels)
    kinds = {"still": "still images", "clip": "video clips"}
    counted = " and ".join(f"{sum(row.kind == kind for row in rows)} {kinds[kind]}" for kind in design.kinds)
    modes = {
        "absolute": "the named units took the requested intensity and the others stayed as measured in the photograph",
        "relative": "the requested intensity was added to what was measured in the photograph",
        "from-neutral": "the units that were not named were set to zero",
    }
    sentences = [
        f"The {counted} show {people} {'identity' if people == 1 else 'identities'} (one photograph each) with "
        f"{len(design.conditions)} {'expression' if len(design.conditions) == 1 else 'expressions'} at "
        f"{len(design.levels)} {'level' if len(design.levels) == 1 else 'levels'} ({levels} % of full intensity; "
        f"{cells} {'stimulus' if cells == 1 else 'stimuli'} of each kind and identity).",
        "The expressions were " + "; ".join(map(describe, design.conditions)) + ".",
        f"All stimuli are synthetic: the photographs were edited with {made_by}, seed {design.seed}.",
    ]
    if any(condition.aus for condition in design.conditions):
        sentences.append(f"Intensities run from 0 to 1 (FACS A to E are 0.2 to 1.0); {modes[design.mode]}.")
    return sentences


def describe(condition: Condition) -> str:
    """Say what an expression consists of."""
    if condition.emotion is not None:
        return f"{condition.emotion} (mienkit's prototype)"
    units = ", ".join(f"{name} {unit_title(name)} {value:g}" for name, value in condition.aus.items())
    return f"{condition.name} ({units})"


def treatment(design: Design, manifest: Mapping[str, Any]) -> list[str]:
    """Say what was done to the pictures beside the expression."""
    look, levels = design.look, manifest["equalised_to"] or {}
    sentences = [
        f"Faces were rotated and scaled so that the midpoint of the eyes and the centre of the mouth of each "
        f"photograph lie at the same place, and shown at {look.size} x {look.size} pixels."
    ]
    if look.greyscale:
        sentences.append("The stimuli are grey-scale.")
    if look.oval:
        sentences.append(
            f"An oval, fitted to each photograph, hides hair, ears and background (grey level {look.background})."
        )
    wanted = [
        f"{what} to {levels[name]:.1f} grey levels"
        for name, what in (("luminance", "mean luminance"), ("contrast", "RMS contrast"))
        if levels.get(name) is not None
    ]
    if wanted:
        sentences.append(
            f"Inside of the oval, {' and '.join(wanted)} were set as in the SHINE toolbox (Willenbockel et al., 2010)"
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
    return [
        f"As a manipulation check, {len(AU_NAMES)} action units were measured by mienkit's {manifest['meter']['name']} "
        "in the photograph and in each stimulus before grey-scale, equalising and oval"
        + (" (clips: at the apex)" if design.dynamic else "")
        + f"; a stimulus passes with a mean absolute distance of measured from requested intensity of at most "
        f"{check.dose:g} over the units of its expression and {check.off_target:g} over all others{identity}. "
        f"Those that failed were made again, up to {check.retries} times, with the model's input corrected by what "
        "was measured."
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
    failed = len(rows) - passed
    kept = f" The {failed} that did not are in the set and marked in the codebook." if failed else ""
    return [
        f"{passed} of {len(rows)} stimuli pass, {retried} of all after {'a retry' if retried == 1 else 'retries'}; "
        f"{', '.join(numbers)}.{kept}",
        f"In the finished stimuli, luminance inside of the oval is {spread([row.luminance for row in rows], 1)} and "
        f"RMS contrast {spread([row.contrast for row in rows], 1)} grey levels.",
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
