"""The meter's own features as a space of faces: what a network that reads expressions keeps of a crop.

Blind to hair, clothes and background, and small: a distance in it misses blemishes that people see at once. Never with
a meter that took part in a training of those who are compared. Source: ``face.meter``.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mienkit.core.image import Picture, to_float
from mienkit.face.meter import Meter, MeterNet, load_meter
from mienkit.metrics.networks.network import Floats, Points, hooked, in_batches
from mienkit.nn.warp import resized


class MeterFeatures:
    """Last features of a meter: 192 of the whole crop, and the 128 from which it reads the expression."""

    def __init__(self, meter: Meter) -> None:
        self.meter, self.name = meter, meter.name.replace(" ", "_")

    def features(self, pictures: Picture, landmarks: Points | None = None) -> Floats:
        """Look at aligned faces, (N, H, W, 3) uint8 RGB: (N, 320); landmarks are not needed."""
        return in_batches(self._look, pictures)

    def probabilities(self, pictures: Picture) -> Floats:
        """Return the probability of each of the eight EMOTIONS, (N, 8), of aligned faces, (N, H, W, 3) uint8 RGB."""
        return in_batches(lambda some: self.meter.measure(self._sized(some)).emotions.double().numpy(), pictures)

    @torch.inference_mode()
    def _look(self, pictures: Picture) -> Floats:
        seen = meter_look(self.meter.network)(self._sized(pictures).to(self.meter.device))
        return np.asarray(seen.double().cpu().numpy(), np.float64)

    def _sized(self, pictures: Picture) -> Tensor:
        return resized(to_float(pictures), self.meter.image_size)


def meter_look(network: MeterNet) -> Callable[[Tensor], Tensor]:
    """Return what looks at crops, (B, 3, S, S) of the network's size in [-1, 1], as a meter does.

    Its last features, (B, 320): those of the whole crop, from which it reads shape and pose, and those from which it
    reads the expression.
    """
    whole = network.shape.in_features
    return hooked(network, network.local, lambda told, out: torch.cat([told[:, -whole:], out], 1))


def load_meter_features() -> MeterFeatures:
    """Load the features of the meter that comes with the package.

    Raises:
        WeightsError: its weights are missing or corrupt.
    """
    return MeterFeatures(load_meter())
