"""What a metric is: a number about results, and what must be known of it to print it and to rank models by it.

Each file of this folder describes its figures by a ``Metric``; ``metrics.catalogue`` lists them all. Tables and reports
read names, arrows, units and traps from there, and know no metric by name.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mienkit.core.errors import ConfigError

Better = Literal["higher", "lower", "as real"]
ARROWS: Mapping[Better, str] = {"higher": "↑", "lower": "↓", "as real": "≈"}
INCEPTION_NAMES = ("inception", "fid", "kid")
"""What only a figure of Inception may be called after."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One figure."""

    name: str
    """Without what it is named after: ``acd``."""
    title: str
    """What a table's column says."""
    better: Better
    """``as real``: the value that real or exact results have is the best."""
    unit: str
    source: str
    """The paper, or ``ours``."""
    trap: str
    """How it misleads."""
    named_after: tuple[str, ...] = ()
    """What must stand in its name, in this order: ``network``, ``judge``, ``count``, ``metric``."""
    inception_name: str = ""
    """What it is called with Inception's features, and with no others."""
    ranks: tuple[str, ...] = ()
    """Tasks of ``core.task`` in which models may be ordered by it."""
    shows: tuple[str, ...] = ()
    """Tasks in which it is shown beside others and never orders models."""
    shown_because: str = ""
    """Why."""

    def __post_init__(self) -> None:
        if bool(self.shows) != bool(self.shown_because):
            raise ValueError(f"{self.name}: say why it is shown and does not rank, exactly where that is so")
        if set(self.ranks) & set(self.shows):
            raise ValueError(f"{self.name} cannot both rank and not rank {set(self.ranks) & set(self.shows)}")

    @property
    def arrow(self) -> str:
        """Show the direction in one character."""
        return ARROWS[self.better]

    def named(self, *parts: str) -> str:
        """Make the whole name of a figure: ``acd`` of ``mobileface_v2`` is ``acd_mobileface_v2``.

        Args:
            parts: one for each of ``named_after``.

        Raises:
            ValueError: there are more or fewer, one is empty, or it claims Inception, which ``name_by_network`` alone
                may write.
        """
        slugs = [re.sub(r"[^a-z0-9.]+", "_", part.lower()).strip("_") for part in parts]
        if len(slugs) != len(self.named_after) or not all(slugs):
            wanted = ", ".join(self.named_after) or "nothing"
            raise ValueError(f"{self.name} is named after {wanted}, not after {list(parts)}")
        if self.inception_name and slugs[0].startswith(INCEPTION_NAMES):
            raise ValueError(f"{self.name} of '{parts[0]}': only Inception's own figures are called after it")
        return "_".join([self.name, *slugs])

    def rank(self, values: Mapping[str, float], task: str, real: float | None = None) -> list[str]:
        """Order models by their figures, the best first; unknown ones (NaN) are last, and equal ones by their names.

        Args:
            values: model -> figure.
            task: in which they are compared.
            real: figure of real or exact results; asked for where ``better`` is ``as real``.

        Raises:
            ConfigError: the metric is not one that ranks this task.
            ValueError: ``real`` is missing.
        """
        if task not in self.ranks:
            why = self.shown_because if task in self.shows else f"it says nothing of the task '{task}'"
            raise ConfigError(f"{self.name} never ranks models: {why}; choose another metric")
        worse = {name: self.loss(value, real) for name, value in values.items()}
        return sorted(values, key=lambda name: (worse[name], name))

    def loss(self, value: float, real: float | None = None) -> float:
        """Turn a figure into a number of which less is better; infinite where it is unknown.

        Raises:
            ValueError: ``real`` is missing or unknown, and needed.
        """
        if self.better == "as real" and (real is None or not math.isfinite(real)):
            raise ValueError(f"{self.name} needs the figure of real results to be ranked")
        if math.isnan(value):
            return math.inf
        return {"higher": -value, "lower": value, "as real": abs(value - (real or 0.0))}[self.better]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number and the only name under which it may be printed."""

    metric: Metric
    name: str
    value: float
