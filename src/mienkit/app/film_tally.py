"""What became of a film's frames, counted and averaged while they pass."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import ACTION_UNITS, mean_of_sides
from mienkit.inference.film import EditedFrame

Rows: TypeAlias = npt.NDArray[np.float32]
Units: TypeAlias = Mapping[str, Mapping[str, float] | None]
"""Action unit -> target, before, after, the percentiles of after, and the mean error; None where nobody can see it."""

SPREAD = (10, 90)
"""Percentiles between which most frames lie."""


@dataclass(kw_only=True)
class Gap:
    """Frames one after the other that passed unchanged for the same reason."""

    first: int
    last: int
    begin: float
    """Seconds."""
    end: float
    reason: str

    def __str__(self) -> str:
        """Say it in words, without the reason."""
        return f"{self.begin:.1f} s" if self.first == self.last else f"{self.begin:.1f} to {self.end:.1f} s"


@dataclass(kw_only=True)
class FilmTally:
    """The frames so far."""

    frames: int = 0
    edited: int = 0
    seconds: float = 0.0
    """When the last frame is shown."""
    gaps: list[Gap] = field(default_factory=list)
    before: list[Rows] = field(default_factory=list)
    """AUs, (17,), of each face of each frame that was measured again, and so are the next two."""
    target: list[Rows] = field(default_factory=list)
    after: list[Rows] = field(default_factory=list)

    def add(self, edited: EditedFrame) -> None:
        """Count a frame."""
        if edited.missing is not None:
            self._miss(edited.frame.time, edited.missing)
        self.edited += edited.missing is None
        self.frames += 1
        self.seconds = edited.frame.time
        for face in edited.faces:
            if face.after is not None:
                self.before.append(face.before.numpy())
                self.target.append(mean_of_sides(face.sides).numpy())
                self.after.append(face.after.numpy())

    def _miss(self, time: float, reason: str) -> None:
        last = self.gaps[-1] if self.gaps else None
        if last is not None and last.last == self.frames - 1 and last.reason == reason:
            last.last, last.end = self.frames, time
        else:
            self.gaps.append(Gap(first=self.frames, last=self.frames, begin=time, end=time, reason=reason))

    def units(self, blind: Collection[str]) -> Units:
        """Sum up each unit over the frames that were measured again; None where the meter is blind for it."""
        before, target, after = (np.stack(rows) for rows in (self.before, self.target, self.after))
        low, high = np.percentile(after, SPREAD, axis=0)
        columns = {
            "before": before.mean(0),
            "target": target.mean(0),
            "after": after.mean(0),
            "after_p10": low,
            "after_p90": high,
            "error": np.abs(after - target).mean(0),
        }
        return {
            unit: None if unit in blind else {name: round(float(column[n]), 3) for name, column in columns.items()}
            for n, unit in enumerate(ACTION_UNITS)
        }
