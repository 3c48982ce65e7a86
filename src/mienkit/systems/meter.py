"""How the meter is trained: landmarks and pose everywhere, units where somebody knows them, and exact changes.

Source: ours. Teacher labels come from MediaPipe where it can see (``data.blendshape``), exact ones from drawn faces,
exact changes from re-expressed photographs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor
from torch.optim import AdamW

from mienkit.core.batch import MeterBatch
from mienkit.core.config import require
from mienkit.core.model import MODELS
from mienkit.core.recipe import Phase, Recipe, Stage, Terms
from mienkit.core.schedule import one_cycle
from mienkit.core.task import Reading
from mienkit.face.meter import MeterNet
from mienkit.losses.reading import reading_terms


@MODELS.register
class Meter(Recipe):
    """Reads landmarks, action units, emotions and pose from a face."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        width: int = 32
        """Channels of the first level."""
        steps: int = 6_000
        batch_size: int = 32
        """Couples of two pictures."""
        drawn: float = 0.35
        """Share of drawn and rendered faces, where there are photographs too."""
        detected: float = 0.4
        """Share of crops that stray as far from the template as a detector's boxes."""
        recoloured: float = 1.0
        """Share of couples whose light, colour and sharpness change."""
        learning_rate: float = 3e-3
        weight_decay: float = 0.02
        landmarks: float = 0.3
        """Weight of the landmark error in pixels of a 128 px crop."""
        aus: float = 10.0
        change: float = 8.0
        emotion: float = 0.1
        pose: float = 0.03
        """Weight of the pose error in degrees."""

        def __post_init__(self) -> None:
            require(self.image_size % 16 == 0, f"image_size={self.image_size} must be a multiple of 16")
            require(min(self.steps, self.batch_size, self.width) >= 1, "steps, batch_size, width must be positive")

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "tiny": {"image_size": 32, "width": 4, "steps": 3, "batch_size": 4},
    }
    source = "ours"

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.batch = MeterBatch
        self.averaged = self.compiled = ("network",)
        self.network = MeterNet(config.image_size, config.width)

    def mix(self) -> Mapping[str, float]:
        return {name: getattr(self.config, name) for name in ("drawn", "detected", "recoloured")}

    def stages(self) -> Sequence[Stage]:
        c = self.config
        phase = Phase(
            name="fit",
            optimizer=AdamW(self.network.parameters(), c.learning_rate, (0.9, 0.99), weight_decay=c.weight_decay),
            terms=self.terms,
            weights={"landmarks": c.landmarks, "aus": c.aus, "change": c.change, "emotion": c.emotion, "pose": c.pose},
            learning_rate=one_cycle,
            clip_norm=5.0,
        )
        return [Stage(name="fit", steps=c.steps, phases=[phase])]

    def terms(self, batch: MeterBatch) -> Terms:
        return reading_terms(self.network(batch.image.flatten(0, 1)), batch)

    def measure(self, image: Tensor) -> Reading:
        return self.network.measure(image)

    def released_state(self) -> Mapping[str, Any]:
        return self.network.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state)
