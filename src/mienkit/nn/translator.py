"""Networks that translate a face between expressions, and the critic that reads them: the family of StarGAN.

Planes of zeros and ones tell the generator what to do. Its convolutions pad with zeros: the instance norm behind the
first one takes the mean from each channel, and with it a plane that is the same up to the padding.

The decoder's norms can be left out. They give every channel the same spread over each picture, however little of it
should change: a network that paints a change of a face is best off, for a long time, by painting none. Without them the
rectifiers leak, or that same aim shuts all of them for good.

Source: Choi et al. 2018 (StarGAN), layer tables of the official code; Pumarola et al. 2018 (GANimation), which adds the
attention head.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn


class Trunk(nn.Module):
    """Two times down, residual blocks, and up again: what every head looks at."""

    def __init__(self, channels_in: int, conv_dim: int, repeat: int, decoder_norm: bool = True) -> None:
        """Build it.

        Args:
            channels_in: of pictures and conditions together.
            conv_dim: channels of the first layer; twice and four times as many at half and a quarter of the side.
            repeat: residual blocks at a quarter of the side.
            decoder_norm: whether the decoder normalises, as published.
        """
        super().__init__()
        wide, widest = 2 * conv_dim, 4 * conv_dim
        self.encoder = nn.Sequential(
            *convolution(channels_in, conv_dim, 7, 1),
            *convolution(conv_dim, wide, 4, 2),
            *convolution(wide, widest, 4, 2),
        )
        self.residual = nn.Sequential(*(ResidualBlock(widest) for _ in range(repeat)))
        self.decoder = nn.Sequential(*upsampling(widest, wide, decoder_norm), *upsampling(wide, conv_dim, decoder_norm))

    def features(self, image: Tensor, condition: Tensor) -> Tensor:
        """Look at pictures, (B, C, H, W), with a condition, (B, K), whose planes lie behind them: (B, conv_dim, H, W).

        C + K is ``channels_in``; H and W are multiples of 4.
        """
        planes = condition[:, :, None, None].expand(-1, -1, *image.shape[2:])
        return self.decoder(self.residual(self.encoder(torch.cat([image, planes.to(image)], 1))))


class Translator(Trunk):
    """Paints a face anew from pictures and a condition.

    Source: Choi et al. 2018, table 4.
    """

    def __init__(self, channels_in: int, conv_dim: int = 64, repeat: int = 6, decoder_norm: bool = True) -> None:
        super().__init__(channels_in, conv_dim, repeat, decoder_norm)
        self.colour = head(conv_dim, 3)

    def forward(self, image: Tensor, condition: Tensor) -> Tensor:
        """Return colour, (B, 3, H, W) in [-1, 1]."""
        return torch.tanh(self.colour(self.features(image, condition)).float())


class MaskedTranslator(Trunk):
    """Paints a colour image and an attention mask, which says where the picture stays.

    Source: Pumarola et al. 2018, fig. 3; layer table of the official code (zero padding, no biases in convolutions).
    """

    def __init__(self, channels_in: int, conv_dim: int = 64, repeat: int = 6, decoder_norm: bool = True) -> None:
        super().__init__(channels_in, conv_dim, repeat, decoder_norm)
        self.colour = head(conv_dim, 3)
        self.attention = head(conv_dim, 1)

    def forward(self, image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return colour, (B, 3, H, W) in [-1, 1], and attention, (B, 1, H, W) in [0, 1]."""
        features = self.features(image, condition)
        return torch.tanh(self.colour(features).float()), torch.sigmoid(self.attention(features).float())


class ResidualBlock(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*convolution(channels, channels, 3, 1), *convolution(channels, channels, 3, 1)[:2])

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)


class LabelCritic(nn.Module):
    """Judges patches as real or not, and reads what the face shows: classes as logits, or action units.

    No normalisation: it would tie the samples of a batch together in the gradient penalty.

    Source: Choi et al. 2018, table 5; Pumarola et al. 2018, section 4; layer tables of the official codes.
    Differs: where the weights begin.
    """

    def __init__(
        self,
        image_size: int | tuple[int, int],
        conv_dim: int = 64,
        cap: int = 2048,
        depth: int = 6,
        labels: int = 8,
        name: str = "label",
    ) -> None:
        """Build it.

        Args:
            image_size: side of the pictures, or height and width.
            conv_dim: channels of the first layer; each further one has twice as many.
            cap: most channels of a layer.
            depth: layers, each of which halves the side; what is left of it is at least 1.
            labels: numbers that it reads.
            name: of the head that reads them, in its weights.
        """
        super().__init__()
        height, width = image_size if isinstance(image_size, tuple) else (image_size, image_size)
        widths = [3] + [min(conv_dim * 2**i, cap) for i in range(depth)]
        self.body = nn.Sequential(
            *(layer for i, o in pairwise(widths)
              for layer in (nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(0.01)))
        )  # fmt: skip
        self.realness = nn.Conv2d(widths[-1], 1, 3, 1, 1, bias=False)
        self.reader = name
        self.add_module(name, nn.Conv2d(widths[-1], labels, (height >> depth, width >> depth), bias=False))
        self.draw_weights()

    def draw_weights(self) -> None:
        """Draw the first weights after He et al. 2015; torch's own halve the signal in every layer."""
        for layer in self.body:
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=0.01)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return patch scores, (B, 1, h, w), and labels, (B, labels), as they come: logits of classes."""
        features = self.body(image)
        read = self.get_submodule(self.reader)(features)
        return self.realness(features).float(), read.flatten(1).float()


def convolution(channels: int, out: int, kernel: int, stride: int) -> list[nn.Module]:
    """Convolve, normalise, rectify."""
    padding = (kernel - 1) // 2
    return [nn.Conv2d(channels, out, kernel, stride, padding, bias=False), nn.InstanceNorm2d(out, affine=True),
            nn.ReLU(inplace=True)]  # fmt: skip


def upsampling(channels: int, out: int, norm: bool = True) -> list[nn.Module]:
    """Double the side."""
    double = nn.ConvTranspose2d(channels, out, 4, 2, 1, bias=False)
    if not norm:
        return [double, nn.LeakyReLU(0.2)]
    return [double, nn.InstanceNorm2d(out, affine=True), nn.ReLU(inplace=True)]


def head(channels: int, out: int) -> nn.Conv2d:
    """Turn features into a picture, before its non-linearity."""
    return nn.Conv2d(channels, out, 7, 1, 3, bias=False)
