"""Errors to an exact flow and an exact map of what is new, where somebody knows them.

Both are compared on the exact map's own, coarser grid: each of its parts holds the mean over that part.
"""

from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d


def flow_distance(flow: Tensor, exact: Tensor, known: Tensor) -> Tensor:
    """Mean distance of a flow to the exact one, in pixels; places where it is unknown count as met.

    Args:
        flow: (B, 2, H, W) in pixels.
        exact: (B, 2, h, w) in the same pixels.
        known: (B, 1, h, w) in [0, 1].

    Source: the end-point error of Baker et al. 2011 (a benchmark for optical flow), weighted by what is known.
    """
    apart = adaptive_avg_pool2d(flow, (exact.shape[2], exact.shape[3])) - exact
    distance = (apart.square().sum(1, keepdim=True) + 1e-6).sqrt()  # the root alone has no slope at 0
    return (known * distance).mean()


def map_error(predicted: Tensor, exact: Tensor, known: Tensor, focus: float = 0.0) -> Tensor:
    """Mean squared error of a map, (B, 1, H, W), to an exact one, (B, 1, h, w); ``known`` is (B,) in [0, 1].

    ``focus`` is how much more places count where the exact map is 1: lids and mouths are few of a face's pixels, and
    the plain mean is content with half of them.

    Source: ours.
    """
    error = (adaptive_avg_pool2d(predicted, (exact.shape[2], exact.shape[3])) - exact).square()
    return (known[:, None, None, None] * (1 + focus * exact) * error).mean()
