"""Moving averages of weights: what is released of a network that is trained against another one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from mienkit.core.recipe import Recipe


class Averages:
    """Exponential moving averages of the submodules that a recipe names in ``averaged``.

    The decay warms up, min(decay, (1 + t) / (10 + t)) at the t-th update, so that early averages forget the start.

    Source: Tarvainen & Valpola 2017 (mean teacher); warm-up as in TensorFlow's ``ExponentialMovingAverage``.
    """

    def __init__(self, recipe: Recipe, decay: float = 0.999) -> None:
        self.decay = decay
        self.modules = {name: recipe.get_submodule(name) for name in recipe.averaged}
        self.states = {name: snapshot(module.state_dict()) for name, module in self.modules.items()}
        self.updates = dict.fromkeys(self.modules, 0)

    @torch.no_grad()
    def update(self, optimizer: Optimizer) -> None:
        """Follow the networks that the optimiser just moved; the others stand still."""
        moved = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        for name, module in self.modules.items():
            if any(id(parameter) in moved for parameter in module.parameters()):
                self._follow(name)

    def _follow(self, name: str) -> None:
        count = self.updates[name]
        share = 1 - min(self.decay, (1 + count) / (10 + count))
        parameters = dict(self.modules[name].named_parameters())
        for key, value in self.modules[name].state_dict().items():
            if key in parameters:
                self.states[name][key].lerp_(value, share)
            else:
                self.states[name][key].copy_(value)
        self.updates[name] = count + 1

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the averages into the networks for a while."""
        trained = {name: snapshot(module.state_dict()) for name, module in self.modules.items()}
        try:
            for name, module in self.modules.items():
                module.load_state_dict(self.states[name])
            yield
        finally:
            for name, module in self.modules.items():
                module.load_state_dict(trained[name])

    def to(self, device: torch.device, dtype: torch.dtype | None = None) -> None:
        """Move the averages; ``dtype`` is for the floats among them."""
        self.states = {
            name: {key: value.to(device, dtype if value.is_floating_point() else None) for key, value in state.items()}
            for name, state in self.states.items()
        }

    def state_dict(self) -> dict[str, Any]:
        """Return tensors and numbers only."""
        return {"states": self.states, "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from saved averages."""
        for name, own in self.states.items():
            for key, value in own.items():
                value.copy_(state["states"][name][key])
        self.updates = dict(state["updates"])


def snapshot(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copy tensors."""
    return {key: value.detach().clone() for key, value in state.items()}
