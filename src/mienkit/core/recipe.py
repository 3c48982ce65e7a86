"""What a model tells the training loop: its networks, phases and stages.

The loop and the models both import this file and never each other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor
from torch.optim import Optimizer

from mienkit.core.batch import Batch, FaceBatch
from mienkit.core.emotion import EMOTIONS
from mienkit.core.model import Model

Terms: TypeAlias = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One optimiser's turn; every other weight is frozen while it runs."""

    name: str
    """Prefix of its logged terms, e.g. ``critic``."""
    optimizer: Optimizer
    """Whose parameters this phase updates."""
    terms: Callable[[Any], Terms]
    """Maps a batch (of the recipe's kind) to raw, unweighted scalars, each a mean over the batch."""
    weights: Mapping[str, float]
    """Term -> weight. A weight of 0 logs the term without training on it."""
    every: int = 1
    """Run on every n-th step: n_critic of a generator, lazy R1 of a critic."""
    times: int = 1
    """Runs per turn. The first shares the step's batch, the others draw their own: n_critic of WGAN."""
    learning_rate: Callable[[float], float] | None = None
    """Factor on the optimiser's rate as a function of the stage's progress in [0, 1): nothing to save."""
    clip_norm: float | None = None
    """Largest gradient norm, or no limit."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Some steps with one set of phases. A cascade has several stages, most models one."""

    name: str
    steps: int
    phases: Sequence[Phase]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Pictures of how far a training is, for the sample grid."""

    columns: Mapping[str, Tensor]
    """Title -> (B, 3, H, W) in [-1, 1]; one row of the grid a face."""
    change: Tensor | None = None
    """(B, 1, H, W), for the health monitor."""


class Recipe(Model, ABC):
    """A model that can be trained."""

    batch: type[Batch] = FaceBatch
    """What kind of batch its phases take; data are chosen by it."""
    emotions: tuple[str, ...] = EMOTIONS
    """What the faces show that it learns from, where it learns from emotions; of a ``DomainBatch`` first and second."""
    metered: bool = False
    """Whether half of the landmarks of its batches are as the meter reads them off the pictures."""
    averaged: tuple[str, ...] = ()
    """Submodules whose weights are also kept as a moving average; the average is what is released."""
    compiled: tuple[str, ...] = ()
    """Submodules that torch may compile: one input, no second derivatives, the same sizes in every step."""

    def begin(self, batches: Iterator[Any]) -> None:  # most recipes have nothing to look up
        """Look at the data before the first step of a new run, to set buffers such as a mean.

        Args:
            batches: the stream from its first batch on; what is taken here comes again in the training.
        """

    @abstractmethod
    def stages(self) -> Sequence[Stage]:
        """Build the optimisers and the objective, in training order. Called once per run."""

    def mix(self) -> Mapping[str, Any]:
        """Name shares of what its batches are made of, for the stream that makes them; empty for that one's own."""
        return {}

    def preview(self, batch: Any) -> Sample | None:
        """Show what the networks do with a batch; None where there is nothing to see."""
        return None
