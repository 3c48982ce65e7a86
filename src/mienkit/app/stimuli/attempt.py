"""Editing the cells of a design, measuring what came of them, and trying those again that missed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from mienkit.app.edit import Workshop, seeded
from mienkit.app.stimuli.design import Cell, Design, Tolerance
from mienkit.app.stimuli.scene import Scene
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, mean_of_sides, whole_unit
from mienkit.core.emotion import PROTOTYPES
from mienkit.core.expression import Expression, Mode
from mienkit.core.image import Picture
from mienkit.evaluation.static_edit import Recogniser
from mienkit.inference.edit import edit_expressions, wanted_sides

LOT = 32
"""Cells of one person that are edited together. Always the same ones: their number can change the last bit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Attempt:
    """One edit of a cell, measured."""

    cell: Cell
    wanted: Tensor
    """What the design asks for, (17,)."""
    expression: Expression
    """What the model was asked for: the same, or corrected by what an earlier attempt measured."""
    given: Tensor
    """The same as action units, (17,)."""
    pixels: Picture
    """The frame, (S, S, 3), before grey, equalising and oval."""
    after: Tensor
    """What was measured, (17,)."""
    asked: tuple[int, ...]
    """Units that the cell asks for and the meter can see, as indices."""
    identity: float | None
    """Similarity to the photograph; None where nothing embeds."""
    seed: int
    retries: int = 0

    @property
    def dose_error(self) -> float | None:
        """Mean distance of measured from wanted over the units that are asked for; None where none can be seen."""
        if not self.asked:
            return None
        return float((self.after - self.wanted)[list(self.asked)].abs().mean())

    def off_target(self, blind: frozenset[str]) -> float:
        """Mean distance of measured from wanted over all other units that the meter can see."""
        named = asked_units(self.cell)
        others = [AU_INDEX[unit] for unit in ACTION_UNITS if unit not in named and unit not in blind]
        return float((self.after - self.wanted)[others].abs().mean()) if others else 0.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the manipulation check says of an attempt."""

    reasons: tuple[str, ...]
    """What it missed; empty where it passes."""
    badness: float
    """Its largest miss in tolerances; at most 1 where it passes."""

    @property
    def passes(self) -> bool:
        """Whether nothing was missed."""
        return not self.reasons


def edit_cells(scene: Scene, design: Design, workshop: Workshop, recogniser: Recogniser | None) -> list[Attempt]:
    """Edit all cells of a design for one person; those that fail their check are tried again.

    Raises:
        ConfigError: the editor cannot do what a cell asks for.
    """
    cells = design.cells
    lots = [cells[start : start + LOT] for start in range(0, len(cells), LOT)]
    return [attempt for lot in lots for attempt in edit_lot(scene, lot, design, workshop, recogniser)]


def edit_lot(
    scene: Scene, cells: Sequence[Cell], design: Design, workshop: Workshop, recogniser: Recogniser | None
) -> list[Attempt]:
    """Edit some cells together, and those again that fail, by what was measured; each keeps its best attempt."""
    first = [cell.condition.at(cell.level, design.mode) for cell in cells]
    best = latest = attempt_all(scene, cells, first, workshop, recogniser, design.seed)
    blind = workshop.instruments.meter.blind
    tries = [0] * len(cells)
    for number in range(1, design.check.retries + 1):
        failing = [place for place, one in enumerate(best) if not judge(one, design.check, blind).passes]
        if not failing:
            break
        asked = [corrected(latest[place]) for place in failing]
        some = [cells[place] for place in failing]
        again = attempt_all(scene, some, asked, workshop, recogniser, design.seed + number)
        latest, best = list(latest), list(best)
        for place, attempt in zip(failing, again, strict=True):
            latest[place], tries[place] = attempt, number
            if judge(attempt, design.check, blind).badness < judge(best[place], design.check, blind).badness:
                best[place] = attempt
    return [replace(one, retries=count) for one, count in zip(best, tries, strict=True)]


def attempt_all(
    scene: Scene,
    cells: Sequence[Cell],
    expressions: Sequence[Expression],
    workshop: Workshop,
    recogniser: Recogniser | None,
    seed: int,
) -> list[Attempt]:
    """Edit a face once for each expression, and measure."""
    meter, before = workshop.instruments.meter, scene.face.reading.aus[0].float().cpu()
    with seeded(seed % 2**32):
        results = edit_expressions(scene.photo, scene.face, workshop.editor.editor, expressions, meter)
    attempts = []
    for cell, expression, result in zip(cells, expressions, results, strict=True):
        likeness = None
        if recogniser is not None and scene.embedding is not None:
            likeness = float(np.dot(scene.embedding, recogniser.embed(result.pixels, scene.face.landmarks)))
        attempts.append(
            Attempt(
                cell=cell,
                wanted=wanted_of(cell, expression.mode, workshop, before),
                expression=expression,
                given=result.target,
                pixels=result.pixels,
                after=result.measured,
                asked=tuple(AU_INDEX[unit] for unit in ACTION_UNITS if unit in asked_units(cell) - meter.blind),
                identity=likeness,
                seed=seed % 2**32,
            )
        )
    return attempts


def wanted_of(cell: Cell, mode: Mode, workshop: Workshop, before: Tensor) -> Tensor:
    """Return what a cell wants to be measured, (17,): the mean of both halves of a face, which may differ.

    Contempt is shown by one half of the face where an editor knows sides, so that the whole face shows half of it.
    """
    return mean_of_sides(wanted_sides(workshop.editor.editor, cell.condition.at(cell.level, mode), before))


def asked_units(cell: Cell) -> frozenset[str]:
    """Return the units that a cell is about: those it names, or those of its emotion; a neutral face is about all."""
    if cell.condition.emotion is None:
        return frozenset(map(whole_unit, cell.condition.aus))
    return frozenset(PROTOTYPES[cell.condition.emotion] or ACTION_UNITS)


def corrected(attempt: Attempt) -> Expression:
    """Ask for more where less was measured than wanted, and for less where more was, within what can be asked for.

    In hundredths, so that another machine, whose last digits differ, asks for the same.
    """
    expression, missing = attempt.expression, attempt.wanted - attempt.after
    if expression.emotion is not None:
        units = list(attempt.asked)
        strength = float(attempt.wanted[units].mean()) / attempt.cell.level if units else 0.0
        change = float(missing[units].mean()) / strength if strength else 0.0
        return replace(expression, intensity=round(min(max(expression.intensity + change, 0.0), 1.0), 2))
    lowest = -1.0 if expression.mode == "relative" else 0.0
    seen = {ACTION_UNITS[index] for index in attempt.asked}
    aus = {
        name: round(min(max(value + float(missing[AU_INDEX[whole_unit(name)]]), lowest), 1.0), 2)
        if whole_unit(name) in seen
        else value
        for name, value in expression.aus.items()
    }
    return replace(expression, aus=aus)


def judge(attempt: Attempt, tolerance: Tolerance, blind: frozenset[str]) -> Verdict:
    """Hold an attempt to the tolerances of a design."""
    off_target, dose_error = attempt.off_target(blind), attempt.dose_error
    misses = {f"off-target change {off_target:.3f} > {tolerance.off_target:g}": (off_target, tolerance.off_target)}
    if dose_error is not None:
        misses[f"dose error {dose_error:.3f} > {tolerance.dose:g}"] = (dose_error, tolerance.dose)
    if attempt.identity is not None:
        unlike = 1 - attempt.identity, 1 - tolerance.identity
        misses[f"identity {attempt.identity:.3f} < {tolerance.identity:g}"] = unlike
    reasons = [text for text, (value, limit) in misses.items() if value > limit]
    if dose_error is None:
        reasons.append("the meter cannot see what is asked for")
    return Verdict(
        reasons=tuple(reasons),
        badness=max(value / max(limit, 1e-6) for value, limit in misses.values()),
    )


def mean_of(values: Tensor, indices: Sequence[int]) -> float | None:
    """Return the mean of some units; None where there are none."""
    return float(torch.as_tensor(values)[list(indices)].mean()) if indices else None
