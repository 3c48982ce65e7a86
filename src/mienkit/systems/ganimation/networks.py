"""The networks of GANimation as published: one generator of two pictures, one critic that also reads action units.

Source: Pumarola et al. 2018 (ECCV), fig. 3 and section 4; layer tables of the official code.
"""

from torch import nn

from mienkit.core.action_unit import NUM_AUS
from mienkit.nn.translator import LabelCritic, MaskedTranslator


class Generator(MaskedTranslator):
    """Maps a face and 17 numbers to a colour image and an attention mask."""

    def __init__(self, conv_dim: int = 64, repeat: int = 6) -> None:
        super().__init__(3 + NUM_AUS, conv_dim, repeat)
        self.apply(initialise)


class Critic(LabelCritic):
    """Judges patches as real or not, and reads the 17 intensities."""

    def __init__(self, image_size: int = 128, conv_dim: int = 64, cap: int = 2048, depth: int = 6) -> None:
        super().__init__(image_size, conv_dim, cap, depth, NUM_AUS, name="aus")

    def draw_weights(self) -> None:
        """Draw them as in the official code."""
        self.apply(initialise)


def initialise(module: nn.Module) -> None:
    """Draw convolution weights from N(0, 0.02) and zero the biases, as in the official code."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
