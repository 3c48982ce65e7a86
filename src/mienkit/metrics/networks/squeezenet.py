"""SqueezeNet 1.1, trained on ImageNet: small features of what a picture looks like.

Source: Iandola et al. 2016; the weights are keras-squeezenet's (MIT), without the classifier. They are not
torchvision's, so that published LPIPS heads do not fit. ``mien fetch squeezenet`` brings the file.
"""

import zipfile
from collections.abc import Mapping
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mienkit.assets.fetch import require_asset
from mienkit.core.errors import AssetError
from mienkit.core.image import Picture, to_float
from mienkit.metrics.networks.network import Floats, Points, in_batches
from mienkit.nn.warp import resized

SIZE = 224
"""Side in pixels to which pictures are brought: that of its training."""
MEAN = (103.939, 116.779, 123.68)
"""Of blue, green and red, which is the order of its channels; levels of 255."""
FIRES = ((64, 16, 64), (128, 16, 64), (128, 32, 128), (256, 32, 128), (256, 48, 192), (384, 48, 192), (384, 64, 256),
         (512, 64, 256))  # fmt: skip
"""In, squeezed and each expanded channels of ``fire2`` to ``fire9``."""
POOLED = (2, 4, 6)
"""Fires before which the map is halved."""


class Fire(nn.Module):
    """Few channels, from which two convolutions make many."""

    def __init__(self, channels: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        inner = F.relu(self.squeeze1x1(features))
        return torch.cat([F.relu(self.expand1x1(inner)), F.relu(self.expand3x3(inner))], 1)


class SqueezeNet(nn.Module):
    """Its convolutions; no pool and no first convolution is padded."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 2)
        for place, sizes in enumerate(FIRES, 2):
            self.add_module(f"fire{place}", Fire(*sizes))

    def forward(self, image: Tensor) -> Tensor:
        """Turn pictures, (B, 3, H, W) in [-1, 1] RGB, into maps, (B, 512, h, w); 13 x 13 of 224 x 224."""
        mean = image.new_tensor(MEAN)[:, None, None]
        features = F.relu(self.conv1(((image + 1) * 127.5).flip(1) - mean))
        for place in range(2, 2 + len(FIRES)):
            if place in POOLED:
                features = F.max_pool2d(features, 3, 2)
            features = self.get_submodule(f"fire{place}")(features)
        return features


class SqueezeNetFeatures:
    """The mean of its last maps over the picture."""

    name = "squeezenet_v1_1"

    def __init__(self, network: SqueezeNet) -> None:
        self.network = network

    def features(self, pictures: Picture, landmarks: Points | None = None) -> Floats:
        """Look at pictures, (N, H, W, 3) uint8 RGB: (N, 512); landmarks are not needed."""
        return in_batches(self._look, pictures)

    @torch.inference_mode()
    def _look(self, pictures: Picture) -> Floats:
        maps = self.network(resized(to_float(pictures), SIZE))
        return np.asarray(maps.mean((2, 3)).double().numpy(), np.float64)


def build_squeezenet(state: Mapping[str, Tensor]) -> SqueezeNet:
    """Build the network from the tensors of its file, frozen.

    Raises:
        RuntimeError: the tensors do not fit.
    """
    network = SqueezeNet()
    network.load_state_dict(dict(state))
    return network.eval().requires_grad_(False)


@cache
def load_squeezenet() -> SqueezeNetFeatures:
    """Load SqueezeNet from the assets.

    Raises:
        AssetError: its file is missing or damaged; the message says how to get it.
    """
    path = require_asset("squeezenet")
    try:
        with np.load(path, allow_pickle=False) as file:
            state = {name: torch.from_numpy(file[name]) for name in file.files}
        return SqueezeNetFeatures(build_squeezenet(state))
    except (RuntimeError, OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise AssetError(f"{path} is not SqueezeNet 1.1: {str(error).splitlines()[0]}") from None
