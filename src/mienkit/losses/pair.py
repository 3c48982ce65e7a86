"""The error to an exact result, where one exists."""

from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate


def changed_region_l1(
    edited: Tensor, result: Tensor, image: Tensor, trust: Tensor, focus: float, threshold: float = 0.1
) -> Tensor:
    """Mean absolute error, where pixels that should change count 1 + focus times as much as those that should stay.

    Most of a face stays when one unit moves; the plain mean would teach a network to copy. Half of the error is taken
    on 4 x 4 averages, whose gradient still points the right way when an edge is off by a pixel or two.

    Args:
        edited: what the network made, (B, 3, H, W) in [-1, 1].
        result: what it should have made, same shape.
        image: what it was made from, same shape.
        trust: (B,) or (B, 1, H, W), how much a face, or a place of it, counts; 0 = there is no result for it.
        focus: extra weight of pixels that change.
        threshold: mean absolute difference over the channels from which a pixel counts as changed.
    """
    changed = ((result - image).abs().mean(1, keepdim=True) > threshold).to(edited.dtype)
    weight = (1 + focus * changed) * trust.reshape(len(trust), 1, *(trust.shape[2:] or (1, 1)))
    fine = (weight * (edited - result).abs()).mean()
    coarse = (avg_pool2d(edited, 4) - avg_pool2d(result, 4)).abs()
    return fine + (weight * interpolate(coarse, scale_factor=4.0)).mean()
