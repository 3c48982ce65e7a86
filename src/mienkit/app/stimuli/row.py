"""A line of the codebook: everything that is known of one stimulus."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import PurePath
from typing import Any

from torch import Tensor

from mienkit.app.stimuli.attempt import Attempt, Verdict, mean_of
from mienkit.app.stimuli.design import CLIP, FOLDERS, Design, Kind
from mienkit.app.stimuli.finish import FaceTone, FileFacts
from mienkit.app.stimuli.scene import Scene
from mienkit.core.action_unit import ACTION_UNITS

DIGITS = 4
UNITS = ("wanted", "given", "before", "after")
"""Entries that hold an intensity for each action unit."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One stimulus. What is not known is None; intensities are in [0, 1]."""

    file: str
    """Relative to the study."""
    kind: Kind
    identity: str
    condition: str
    level: float
    wanted: Mapping[str, float | None]
    """What the design asks for, of all units."""
    given: Mapping[str, float | None]
    """What the model was asked for."""
    before: Mapping[str, float | None]
    """What the meter reads in the photograph."""
    after: Mapping[str, float | None]
    """What it reads in the stimulus; in a clip, at the apex. Before grey, equalising and oval."""
    requested_dose: float | None
    """Mean wanted intensity of the units that the condition is about."""
    achieved_dose: float | None
    """Mean measured intensity of them."""
    dose_error: float | None
    """Mean distance of the two, unit by unit."""
    off_target_change: float
    """Mean distance of measured from wanted intensity over all other units."""
    identity_score: float | None
    """Cosine to the photograph."""
    luminance: float
    """Mean inside of the oval, in grey levels; of a clip at the apex."""
    contrast: float
    """Standard deviation there."""
    clipped: float
    """Share of the pixels there that became black or white, or a colour's end, when it was equalised."""
    check: str
    """``pass`` or ``fail``."""
    reason: str
    """What failed."""
    retries: int
    seed: int
    may_publish: bool
    frames: int
    fps: float | None
    seconds: float | None
    sha256: str
    pixels_sha256: str

    def cells(self) -> dict[str, str]:
        """Return it as the codebook writes it: column -> text."""
        flat: dict[str, str] = {}
        for name, value in asdict(self).items():
            if name in UNITS:
                flat |= {f"{TITLES[name]}_{unit}": write(value[unit]) for unit in ACTION_UNITS}
            else:
                flat[name] = write(value)
        return flat


TITLES = {"wanted": "requested", "given": "given", "before": "before", "after": "measured"}
"""Entry -> what its columns begin with."""


def write(value: Any) -> str:
    """Write a value for a CSV file; what is not known stays empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def make_row(
    scene: Scene,
    attempt: Attempt,
    verdict: Verdict,
    design: Design,
    kind: Kind,
    blind: frozenset[str],
    tone: FaceTone,
    facts: FileFacts,
) -> Row:
    """Put together what is known of a stimulus."""
    cell, asked = attempt.cell, attempt.asked
    dynamic = design.dynamic if kind == CLIP else None
    return Row(
        file=cell.file_of(scene.identity, kind),
        kind=kind,
        identity=scene.identity.id,
        condition=cell.condition.name,
        level=cell.level,
        wanted=named(attempt.wanted),
        given=named(attempt.given),
        before=named(scene.face.reading.aus[0], blind),
        after=named(attempt.after, blind),
        requested_dose=rounded(mean_of(attempt.wanted, asked)),
        achieved_dose=rounded(mean_of(attempt.after, asked)),
        dose_error=rounded(attempt.dose_error),
        off_target_change=round(attempt.off_target(blind), DIGITS),
        identity_score=rounded(attempt.identity),
        luminance=round(tone.luminance, 3),
        contrast=round(tone.contrast, 3),
        clipped=round(tone.clipped, DIGITS),
        check="pass" if verdict.passes else "fail",
        reason="; ".join(verdict.reasons),
        retries=attempt.retries,
        seed=attempt.seed,
        may_publish=scene.rights.may_publish,
        frames=facts.frames,
        fps=dynamic.fps if dynamic else None,
        seconds=round(facts.frames / dynamic.fps, DIGITS) if dynamic else None,
        sha256=facts.sha256,
        pixels_sha256=facts.pixels_sha256,
    )


def named(vector: Tensor, blind: frozenset[str] = frozenset()) -> dict[str, float | None]:
    """Give intensities, (17,), their names; what the meter cannot see is None."""
    values = zip(ACTION_UNITS, vector.tolist(), strict=True)
    return {unit: None if unit in blind else round(value, DIGITS) for unit, value in values}


def rounded(value: float | None) -> float | None:
    """Round what is known."""
    return None if value is None else round(value, DIGITS)


def row_of(told: Mapping[str, Any]) -> Row:
    """Read a row that was written as plain values.

    Raises:
        ValueError: something is missing, or its file lies elsewhere than stimuli do.
    """
    names = [field.name for field in fields(Row)]
    if set(told) != set(names) or not all(isinstance(told[name], dict) for name in UNITS):
        raise ValueError("it is no line of a codebook")
    if not is_place(told["file"]):
        raise ValueError(f"no stimulus lies at {told['file']!r}")
    return Row(**{name: told[name] for name in names})


def is_place(file: Any) -> bool:
    """Tell whether stimuli lie there: records that come from elsewhere must not lead to other files."""
    folder, _, name = file.partition("/") if isinstance(file, str) else ("", "", "")
    return any((folder, PurePath(name).suffix) == place for place in FOLDERS.values()) and PurePath(name).name == name


def codebook(rows: Sequence[Row]) -> str:
    """Write rows as CSV with a heading."""
    return csv_text([row.cells() for row in rows])


def csv_text(lines: Sequence[Mapping[str, str]]) -> str:
    """Write lines as CSV; the first one's names are the heading."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()
