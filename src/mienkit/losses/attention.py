"""Terms that keep an attention map A, (B, 1, H, W) in [0, 1], smooth and away from 1 = "keep every pixel".

The paper and its code differ, so both are here.
"""

from torch import Tensor


def total_variation(attention: Tensor) -> Tensor:
    """Smooth a map: squared differences of neighbours, mean over the map and the batch.

    Source: Pumarola et al. 2018, eq. 2, first part.
    Differs: a mean over the pixels where the paper sums, so that a weight means the same at every size; multiply by
    H x W for the paper's scale.
    """
    down, right = neighbour_differences(attention)
    return down.square().mean() + right.square().mean()


def total_variation_l1_sum(attention: Tensor) -> Tensor:
    """Smooth a map: absolute differences of neighbours, summed over the map, mean over the batch.

    Source: official code of GANimation, ``_compute_loss_smooth``.
    Differs: the official code also sums over the batch (25 faces): multiply the weight by the batch size for its scale.
    A mean over the batch is what lets processes and micro-batches share a batch.
    """
    down, right = neighbour_differences(attention)
    return (down.abs().sum() + right.abs().sum()) / len(attention)


def attention_norm(attention: Tensor) -> Tensor:
    """Keep a map small by its L2 norm, one norm a sample, mean over the batch.

    Source: Pumarola et al. 2018, eq. 2, second part.
    """
    return attention.flatten(1).norm(dim=1).mean()


def attention_mean(attention: Tensor) -> Tensor:
    """Keep a map small by its mean.

    Source: official code of GANimation, ``_loss_g_mask_1``.
    Differs: from the paper, which takes the L2 norm.
    """
    return attention.mean()


def attention_target(attention: Tensor, aim: float) -> Tensor:
    """Hold each map's mean at ``aim`` by the squared distance, mean over the batch.

    Neither keeping everything nor repainting everything is then the cheapest.

    Source: ours.
    """
    return (attention.flatten(1).mean(1) - aim).square().mean()


def neighbour_differences(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return what each pixel of (B, C, H, W) lacks to the one below and to the one on its right."""
    return image[..., 1:, :] - image[..., :-1, :], image[..., :, 1:] - image[..., :, :-1]
