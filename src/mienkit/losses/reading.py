"""What readings of couples miss: landmarks, units, their change, emotion and pose, each where it is known.

And how whoever reads faces is trained by that; a model brings its network and its own defaults.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, cast

from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW

from mienkit.core.batch import MeterBatch
from mienkit.core.config import require
from mienkit.core.recipe import Phase, Recipe, Stage, Terms
from mienkit.core.schedule import one_cycle
from mienkit.core.task import Reading

SIDE = 128
"""Pixels of the crop in which landmark errors are counted."""


def reading_terms(raw: Reading, batch: MeterBatch) -> Terms:
    """Compare the readings of both pictures of each couple with what is known of them.

    Args:
        raw: of (2 B) pictures, couple by couple: units that are not clipped, and logits of emotions.
        batch: of B couples.
    """
    size = len(batch)
    aus = raw.aus.unflatten(0, (size, 2))
    pixels = (raw.landmarks.unflatten(0, (size, 2)) - batch.landmarks) * (SIDE / batch.image.shape[-1])
    emotion = cross_entropy(raw.emotions, batch.emotion.flatten(0, 1), reduction="none").unflatten(0, (size, 2))
    change = aus[:, 1] - aus[:, 0] - batch.change
    pose = (raw.pose.unflatten(0, (size, 2)) - batch.pose).abs().mean(2)
    return {
        "landmarks": known_mean(wing(pixels.norm(dim=-1)).mean(2), batch.landmarks_known),
        "aus": known_mean((aus - batch.aus).square(), batch.aus_weight),
        "change": known_mean(change.square(), batch.change_known),
        "emotion": known_mean(emotion, batch.emotion_known),
        "pose": known_mean(pose, batch.pose_known),
    }


def wing(distance: Tensor, near: float = 2.0) -> Tensor:
    """Count distances under ``near`` pixels double: the last pixel is the one that matters.

    Source: the idea of Feng et al. 2018 (wing loss), in its simplest form.
    """
    return 0.5 * (distance + distance.clamp(max=near))


def known_mean(error: Tensor, known: Tensor) -> Tensor:
    """Average an error over the entries that are known; 0 where none is."""
    return (error * known).sum() / known.sum().clamp(min=1)


class ReadingNetwork(Protocol):
    """A network that reads faces."""

    def __call__(self, image: Tensor) -> Reading:
        """Read crops, (B, 3, S, S) in [-1, 1]: units that are not clipped, and logits of emotions."""
        ...

    def measure(self, image: Tensor) -> Reading:
        """Read crops: units in [0, 1], emotions as probabilities."""
        ...


class ReadingRecipe(Recipe):
    """What the trainings of all networks that read faces share: one phase on couples of pictures."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        width: int = 32
        """Channels of the network's first level."""
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
        multiple: ClassVar[int] = 16
        """Of which the side of the crops must be one."""

        def __post_init__(self) -> None:
            whole = self.image_size % self.multiple == 0
            require(whole, f"image_size={self.image_size} must be a multiple of {self.multiple}")
            require(min(self.steps, self.batch_size, self.width) >= 1, "steps, batch_size, width must be positive")

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "tiny": {"image_size": 32, "width": 4, "steps": 3, "batch_size": 4},
    }
    source = "ours"

    def __init__(self, config: Config, network: nn.Module) -> None:
        """Take the settings, and a ``ReadingNetwork``."""
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.batch = MeterBatch
        self.averaged = self.compiled = ("network",)
        self.network = network

    @property
    def reader(self) -> ReadingNetwork:
        """The network, as what it is."""
        return cast(ReadingNetwork, self.network)

    def mix(self) -> Mapping[str, Any]:
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
        return reading_terms(self.reader(batch.image.flatten(0, 1)), batch)

    def measure(self, image: Tensor) -> Reading:
        return self.reader.measure(image)

    def released_state(self) -> Mapping[str, Any]:
        return self.network.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state)
