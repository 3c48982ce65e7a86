"""A training under way, with everything that its checkpoint must hold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from mienkit.core.errors import TrainingError
from mienkit.core.recipe import Phase, Recipe, Stage
from mienkit.training.average import Averages, snapshot


@dataclass
class Progress:
    """Where a run is."""

    stage: int = 0
    step: int = 0
    """Steps done in this stage."""
    batches: int = 0
    """Batches drawn since the run began."""
    images: int = 0
    """Samples in them, over all processes."""


class Run:
    """A recipe being trained: its optimisers, averages, progress and seed."""

    def __init__(self, recipe: Recipe, seed: int = 0, decay: float = 0.999) -> None:
        """Start at step 0.

        Args:
            recipe: its ``stages()`` is called here, once.
            seed: of everything random in the steps; the weights have theirs already.
            decay: of the moving averages.
        """
        self.recipe, self.seed = recipe, seed
        self.stages = list(recipe.stages())
        self.optimizers = list({id(p.optimizer): p.optimizer for s in self.stages for p in s.phases}.values())
        self.averages = Averages(recipe, decay)
        self.progress = Progress()
        self.stopping = False
        """Set by the loop when this step is the last one before an early stop."""

    @property
    def total_steps(self) -> int:
        """Steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    @property
    def step(self) -> int:
        """Steps done since the run began."""
        return sum(stage.steps for stage in self.stages[: self.progress.stage]) + self.progress.step

    @property
    def finished(self) -> bool:
        """No step is left."""
        return self.step >= self.total_steps

    @property
    def stage(self) -> Stage:
        """The stage of the last step; of the first one before it."""
        return self.stages[self.progress.stage]

    def next_stage(self) -> Stage:
        """Go to the stage that the next step belongs to and return it; the run must not be finished."""
        while self.progress.step >= self.stage.steps:
            self.progress.stage, self.progress.step = self.progress.stage + 1, 0
        return self.stage

    def rates(self) -> dict[str, float]:
        """Return the learning rate of each phase of this stage at its next step."""
        return {p.name: p.optimizer.param_groups[0]["lr"] * self.rate_factor(p) for p in self.stage.phases}

    def rate_factor(self, phase: Phase) -> float:
        """Return the factor on a phase's learning rate at the next step."""
        done = min(self.progress.step, self.stage.steps - 1) / self.stage.steps
        return phase.learning_rate(done) if phase.learning_rate else 1.0

    def to(self, device: torch.device, dtype: torch.dtype | None = None) -> None:
        """Move the networks, their averages and the optimisers' memory; ``dtype`` is for floats."""
        self.recipe.to(device=device, dtype=dtype)
        self.averages.to(device, dtype)
        for optimizer in self.optimizers:
            optimizer.load_state_dict(optimizer.state_dict())  # casts its memory to its parameters

    def released_state(self) -> Mapping[str, Tensor]:
        """Return the weights that a user needs, averaged where the recipe says so."""
        with self.averages.applied():
            return snapshot(dict(self.recipe.released_state()))

    def state_dict(self) -> dict[str, Any]:
        """Return the run as plain tensors and numbers, safe for ``torch.load(weights_only=True)``."""
        return {
            "recipe": self.recipe.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "averages": self.averages.state_dict(),
            "progress": asdict(self.progress),
            "seed": self.seed,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved run.

        Raises:
            TrainingError: it is of another recipe.
        """
        try:
            self.recipe.load_state_dict(state["recipe"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.averages.load_state_dict(state["averages"])
            self.progress, self.seed = Progress(**state["progress"]), state["seed"]
        except (RuntimeError, KeyError, ValueError, TypeError) as error:
            detail = str(error).splitlines()[0]
            raise TrainingError(f"the checkpoint does not fit {type(self.recipe).__name__}: {detail}") from None
