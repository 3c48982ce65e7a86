"""What every registered model is: networks built from a frozen config. What it can do is told by ``core.task``."""

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from mienkit.core.registry import Registry


class Model(nn.Module):
    """One model: its networks (as submodules) and the tasks whose protocols it implements."""

    Config: ClassVar[type]
    """A frozen dataclass; its defaults are the paper's values."""
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {}
    """Name -> differences to the defaults, e.g. ``official``."""
    source: ClassVar[str]
    """Paper or origin, one line."""
    config: Any

    def released_state(self) -> Mapping[str, Any]:
        """Return the weights that a user needs, by name; all of them unless a model has parts for training only."""
        return self.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        """Take released weights.

        Raises:
            RuntimeError: they do not fit.
        """
        self.load_state_dict(state)


MODELS: Registry[Model] = Registry("model")
