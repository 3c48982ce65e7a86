"""What became of one editor's edits of held-out photographs, as the judges see it."""

from dataclasses import dataclass, field

from mienkit.app.held_out import Asked
from mienkit.evaluation.dose_edit import LEVELS
from mienkit.evaluation.flicker_edit import FlickerResult, judge_flicker
from mienkit.evaluation.photo_edit import FULL, Trial
from mienkit.evaluation.target_edit import TargetTrial
from mienkit.evaluation.undo_edit import UndoTrial


@dataclass(kw_only=True)
class Tried:
    """What became of one editor's edits."""

    trials: dict[Asked, list[Trial]] = field(default_factory=dict)
    errors: list[tuple[int, float]] = field(default_factory=list)
    """Subject, |units read - asked for| of the unit that was asked for at 1."""
    emotions: list[tuple[int, int, int]] = field(default_factory=list)
    """Subject, emotion that was asked for at 1, emotion that is seen: indices into EMOTIONS."""
    background: list[tuple[int, float]] = field(default_factory=list)
    """Subject, mean change around the face of what was asked for at 1, in levels of 255."""
    undone: list[UndoTrial] = field(default_factory=list)
    targets: list[TargetTrial] = field(default_factory=list)
    flicker: FlickerResult = field(default_factory=lambda: judge_flicker([]))
    lost: int = 0
    """Edits in which the judge saw no face."""
    refused: int = 0
    """Photographs that the editor would not take."""
    missing: int = 0
    """Edits that an outside system did not deliver."""
    seconds: float = 0.0
    """Spent on edits of photographs alone, without judging."""

    @property
    def edits(self) -> int:
        """How many edits of photographs were judged."""
        return sum(len(trials) for trials in self.trials.values())

    def doses(self, unit: str) -> dict[float, list[Trial]]:
        """Return the trials of a unit at every dose."""
        return {level: self.trials.get((unit, level), []) for level in LEVELS}

    def of(self, *names: str) -> list[Trial]:
        """Return the trials of some units or emotions at 1."""
        return [trial for name in names for trial in self.trials.get((name, FULL), [])]
