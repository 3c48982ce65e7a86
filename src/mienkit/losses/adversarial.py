"""Adversarial terms on a critic's scores, any shape. All are means over the batch."""

import torch.nn.functional as F
from torch import Tensor


def wasserstein_real(score: Tensor) -> Tensor:
    """Lower the critic's loss where real images score high.

    Source: Arjovsky et al. 2017, eq. 2.
    """
    return -score.mean()


def wasserstein_fake(score: Tensor) -> Tensor:
    """Lower the critic's loss where synthesised images score low; weight it -1 for the generator.

    Source: Arjovsky et al. 2017, eq. 2.
    """
    return score.mean()


def hinge_real(score: Tensor) -> Tensor:
    """Push the critic's scores of real images above 1; the generator takes ``wasserstein_fake`` with weight -1.

    Source: Lim & Ye 2017, eq. 6; Miyato et al. 2018, eq. 16.
    """
    return F.relu(1 - score).mean()


def hinge_fake(score: Tensor) -> Tensor:
    """Push the critic's scores of synthesised images below -1.

    Source: Lim & Ye 2017, eq. 6; Miyato et al. 2018, eq. 16.
    """
    return F.relu(1 + score).mean()


def least_squares_real(score: Tensor) -> Tensor:
    """Pull scores to 1: the critic's of real images, and the generator's of its own.

    Source: Mao et al. 2017, eq. 9 (a = 0, b = c = 1).
    Differs: no factor 1/2, as in the code of CycleGAN.
    """
    return (score - 1).square().mean()


def least_squares_fake(score: Tensor) -> Tensor:
    """Pull the critic's scores of synthesised images to 0.

    Source: Mao et al. 2017, eq. 9 (a = 0, b = c = 1).
    Differs: no factor 1/2, as in the code of CycleGAN.
    """
    return score.square().mean()


def cross_entropy_real(score: Tensor) -> Tensor:
    """Raise scores, as log odds of being real: the critic's of real images, and the generator's of its own.

    Source: Goodfellow et al. 2014, eq. 1; for the generator the form of its section 3 that does not saturate.
    """
    return F.softplus(-score).mean()


def cross_entropy_fake(score: Tensor) -> Tensor:
    """Lower the critic's scores, as log odds, of synthesised images.

    Source: Goodfellow et al. 2014, eq. 1.
    """
    return F.softplus(score).mean()
