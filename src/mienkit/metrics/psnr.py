"""How far two pictures are apart, pixel by pixel, in decibels: PSNR."""

from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio

from mienkit.metrics.metric import Metric

PSNR = Metric(
    name="psnr",
    title="PSNR",
    better="higher",
    unit="dB",
    source="10 log10 of squared range by mean squared error",
    trap="Infinite for equal pictures; blur wins over a sharp expression that is a pixel off.",
    shows=("edit", "transfer", "paint"),
    shown_because="a picture that is left alone is nearly the exact one",
)


def psnr(image: Tensor, exact: Tensor) -> Tensor:
    """Return each picture's PSNR to the exact one in dB, (B,), infinite where both are the same.

    Pictures are (B, 3, H, W) in [-1, 1].

    Source: 10 log10(range² / mean squared error) over all pixels and channels of a picture.
    """
    return peak_signal_noise_ratio(image, exact, data_range=2.0, reduction="none", dim=(1, 2, 3)).reshape(len(image))
