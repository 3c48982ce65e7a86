"""How alike two pictures are in structure: SSIM."""

from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from mienkit.metrics.metric import Metric

SSIM = Metric(
    name="ssim",
    title="SSIM",
    better="higher",
    unit="at most 1",
    source="Wang et al. 2004",
    trap="Most of a picture stands still, and a movement of a pixel costs more than an expression that is missing.",
    shows=("edit", "transfer", "paint"),
    shown_because="a picture that is left alone is nearly the exact one",
)


def ssim(image: Tensor, exact: Tensor) -> Tensor:
    """Return each picture's SSIM to the exact one, (B,), at most 1; pictures are (B, 3, H, W) in [-1, 1].

    A window of 11 pixels, so the same face has another value at another size.

    Source: Wang et al. 2004; Gaussian window with a deviation of 1.5 pixels, k = 0.01 and 0.03, mean over the channels.
    """
    value = structural_similarity_index_measure(image, exact, data_range=2.0, reduction="none")
    assert isinstance(value, Tensor)
    return value.reshape(len(image))
