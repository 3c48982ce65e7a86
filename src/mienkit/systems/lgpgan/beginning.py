"""Moving networks that need not learn from nothing what expressions look like: they begin as a GANimation."""

import torch
from torch import Tensor

from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.errors import ConfigError, WeightsError
from mienkit.nn.moving import MovingUNet
from mienkit.weights import read_weights, released

MODEL = "ganimation"


def begin_as_ganimation(network: MovingUNet) -> None:
    """Give a network the weights of the released GANimation, each emotion standing for its usual action units.

    A network that sees several pictures begins with eyes for the last one alone, and by changing next to nothing: the
    others have been at work before it.

    Raises:
        WeightsError: the package came without them.
        ConfigError: they are of another size.
    """
    folder = released(MODEL)
    if folder is None:
        raise WeightsError(f"the package came without the weights of {MODEL}; train with `--set begin=nothing`")
    state = dict(read_weights(folder, MODEL).state)
    units = torch.stack([emotion_aus(emotion, 1.0) for emotion in EMOTIONS], 1)
    state["style.0.weight"] = state["style.0.weight"].float() @ units
    state["outer.0.weight"] = widened(state["outer.0.weight"], 4 * network.channels)
    try:
        network.load_state_dict(state)
    except RuntimeError:
        raise ConfigError(
            f"networks of this size cannot begin as the released {MODEL}; give local_dim=32, local_repeat=2, "
            "conv_dim=32 and repeat=2, or begin=nothing"
        ) from None
    if network.channels > 3:
        network.begin_faint()


def widened(weight: Tensor, channels: int) -> Tensor:
    """Let a convolution's weights, (O, C, k, k), see ``channels``, of which only the last C count."""
    blind = weight.new_zeros(len(weight), channels - weight.shape[1], *weight.shape[2:])
    return torch.cat([blind, weight], 1)
