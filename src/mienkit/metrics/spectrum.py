"""Does a face move as smoothly as faces do? The power spectrum of its landmarks' velocity.

Velocities are differences from frame to frame. They are multiplied by a Hann window, so that a movement that is cut off
at the clip's ends does not leak into all frequencies; what happens in the first and the last frames counts little.
Frequencies are cycles a frame, 0 to 0.5, so only clips with as many frames a movement can be compared. Network: none.

Source: the periodogram of Welch 1967 with one window; log spectra are compared as in speech (Gray & Markel 1976).
"""

import torch
from torch import Tensor

from mienkit.metrics.metric import Metric

CUT_OFF = 0.25
"""Cycles a frame above which a face hardly moves: 6 Hz at 25 frames a second."""
FLOOR = 1e-4
"""Share of the power below which frequencies are not told apart: 40 dB under the whole."""

HIGH_SHARE = Metric(
    name="trembling",
    title="trembling",
    better="as real",
    unit="share of the power",
    source="ours; Welch 1967",
    trap="Of clips with as many frames a movement only; a share below real ones' is too smooth.",
    ranks=("animate", "sample", "move"),
)
SPECTRUM_DISTANCE = Metric(
    name="spectrum_distance",
    title="spectrum",
    better="lower",
    unit="dB",
    source="Gray & Markel 1976",
    trap="Amplitude does not count; a face that stands still has none (NaN).",
    ranks=("animate", "sample", "move"),
)


def velocity_power(points: Tensor) -> Tensor:
    """Return the power of the velocity at each frequency, summed over the coordinates.

    Args:
        points: (N, T, D), coordinates over T >= 3 frames.

    Returns:
        (N, F) in squared units of the points, for F frequencies from 0 to 0.5 cycles a frame.

    Raises:
        ValueError: there are fewer than 3 frames.
    """
    if points.shape[1] < 3:
        raise ValueError(f"a spectrum needs three frames at least, not {points.shape[1]}")
    velocity = points.diff(dim=1)
    window = torch.hann_window(velocity.shape[1] + 2, periodic=False, dtype=points.dtype, device=points.device)
    return torch.fft.rfft(velocity * window[1:-1, None], dim=1).abs().square().sum(2)


def frequencies(power: Tensor, frames: int) -> Tensor:
    """Return the cycles a frame of the columns of a spectrum, (F,), of clips of so many frames."""
    return torch.fft.rfftfreq(frames - 1).to(power)


def high_share(power: Tensor, frames: int, cut_off: float = CUT_OFF) -> Tensor:
    """Return the share of the power above a frequency, (N,) in [0, 1]; NaN of who does not move.

    Lower is smoother; trembling, and frames in disorder, raise it. A share below that of real clips is too smooth.

    Args:
        power: (N, F), of ``velocity_power``.
        frames: of the clips.
        cut_off: in cycles a frame.
    """
    above = power[:, frequencies(power, frames) > cut_off].sum(1)
    return above / power.sum(1)


def spectrum_distance(first: Tensor, second: Tensor) -> float:
    """Return how far the mean spectra of two sets, (N, F) and (M, F), are apart, in dB; NaN if one of them is still.

    Root mean square over frequencies of the difference of log shares of power: amplitude does not count. 0 is the same.
    """
    shares = [power.mean(0) / power.sum(1).mean() for power in (first, second)]
    decibels = [10 * share.clamp(min=FLOOR).log10() for share in shares]
    return float((decibels[0] - decibels[1]).square().mean().sqrt())
