"""Inception of 2015-12-05, in whose features FID, KID and IS are defined; the file is the user's own.

It is the graph that Heusel et al. 2017 and Salimans et al. 2016 used, as TorchScript (NVIDIA's
``inception-2015-12-05.pt`` is one): called with pictures (N, 3, H, W) in 0..255 of any size, which it resizes itself,
it gives 1008 probabilities, and 2048 features with ``return_features=True``. Other Inceptions, such as torchvision's of
1000 classes, give other numbers and are refused.
"""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mienkit.core.errors import AssetError
from mienkit.core.image import Picture

FEATURES, CLASSES = 2048, 1008
SMALLEST = 64
"""Side in pixels of the picture that it is tried with."""
BATCH = 32

Floats = npt.NDArray[np.float64]


class Inception:
    """The network of FID, KID and IS."""

    def __init__(self, network: Any, digest: str = "") -> None:
        """Take a TorchScript module.

        Args:
            network: called as the file's description says.
            digest: SHA-256 of its file.

        Raises:
            AssetError: it is not this Inception.
        """
        self.network, self.name = network, f"inception_2015_12_05 {digest[:8]}".strip()
        trial = np.random.default_rng(0).integers(256, size=(2, SMALLEST, SMALLEST, 3)).astype(np.uint8)
        try:
            features, shares = self.features(trial), self.probabilities(trial)
        except (RuntimeError, TypeError, ValueError, AttributeError) as error:
            says = (str(error).strip() or "it cannot be called").splitlines()[-1]
            raise AssetError(f"this TorchScript file is not the Inception of FID: {says}") from None
        shapes = features.shape[1:] + shares.shape[1:]
        if shapes != (FEATURES, CLASSES) or not np.allclose(shares.sum(1), 1, atol=1e-3) or shares.min() < 0:
            raise AssetError(
                f"this TorchScript file is not the Inception of FID: it gives {' and '.join(map(str, shapes))} "
                f"numbers, not {FEATURES} features and {CLASSES} probabilities; use inception-2015-12-05"
            )

    @torch.inference_mode()
    def features(self, pictures: Picture, landmarks: npt.NDArray[np.floating] | None = None) -> Floats:
        """Return the last pooled features of pictures, (N, H, W, 3) uint8 RGB: (N, 2048)."""
        return self._look(pictures, return_features=True)

    @torch.inference_mode()
    def probabilities(self, pictures: Picture) -> Floats:
        """Return the probability of each class, (N, 1008), of pictures, (N, H, W, 3) uint8 RGB.

        Without the bias of the last layer, as the original Inception Score was computed.
        """
        return self._look(pictures, no_output_bias=True)

    def _look(self, pictures: Picture, **options: bool) -> Floats:
        whole = np.ascontiguousarray(pictures)
        parts = [whole[start : start + BATCH] for start in range(0, max(len(whole), 1), BATCH)]
        told = [self.network(torch.from_numpy(part).permute(0, 3, 1, 2).contiguous(), **options) for part in parts]
        return np.asarray(torch.cat(told).double().cpu().numpy(), np.float64)


def load_inception(path: Path) -> Inception:
    """Load Inception from a user's TorchScript file. Such a file is a program: use one from a source that you trust.

    Raises:
        AssetError: it is missing, no TorchScript, or another network.
    """
    try:
        digest = sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise AssetError(f"cannot read {path}: {(error.strerror or str(error)).lower()}; name another file") from None
    try:
        network = torch.jit.load(str(path), map_location="cpu").eval()
    except (RuntimeError, ValueError) as error:
        raise AssetError(f"{path} is no TorchScript file: {str(error).strip().splitlines()[0]}") from None
    return Inception(network, digest)
