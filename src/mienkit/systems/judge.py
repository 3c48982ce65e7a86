"""The judge: a second meter that looks another way and was told nothing but exact labels.

A first look at the whole crop finds where the face is; the inner face is then cut out once, upright, with eyes and
mouth at fixed places, and one network reads all units from that picture, place by place. (The meter cuts windows out,
and has a network for each.) Of photographs it learns exact changes alone: no network measured anything that it knows,
and what it finds in a picture agrees with the meter for no other reason than the picture.

Source: ours. That a face is held still before it is read is the idea of spatial transformers (Jaderberg et al. 2015).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.landmark import MEAN_SHAPE, MIRROR, NUM_LANDMARKS
from mienkit.core.model import MODELS
from mienkit.core.task import Reading
from mienkit.losses.reading import ReadingRecipe

PIXELS = 4
"""Side of the squares of pixels that the first look takes together."""
MOVES = 0.08
"""Share of the side that is a unit of a landmark's output: about one standard deviation."""
TURNS = 15.0
"""Degrees that are a unit of the pose's output."""
WHOLE, INNER = 192, 256
"""Features of the two looks."""
EYES, MOUTH = slice(36, 48), slice(48, 60)
REACH, BELOW = 2.2, 0.25
"""Half the side of the inner face, and how far its middle lies below that of eyes and mouth, in half the distance of
eyes and mouth: from the brows to the chin of an opened mouth."""


@MODELS.register
class Judge(ReadingRecipe):
    """Reads landmarks, action units, emotions and pose from a face, to judge edits that the meter had a part in."""

    @dataclass(frozen=True, kw_only=True)
    class Config(ReadingRecipe.Config):
        """Those of every reading network, but that exact labels alone are there, and changes are what it judges."""

        drawn: float = 0.6
        detected: float = 0.1
        learning_rate: float = 2e-3
        change: float = 10.0
        multiple: ClassVar[int] = 32

    network: "JudgeNet"

    def __init__(self, config: Config) -> None:
        super().__init__(config, JudgeNet(config.image_size, config.width))

    def mix(self) -> Mapping[str, Any]:
        return {**super().mix(), "exact": True}

    def measure_open(self, image: Tensor) -> Reading:
        """Read crops without clipping units to [0, 1]; see ``JudgeNet.measure_open``."""
        return self.network.measure_open(image)


class JudgeNet(nn.Module):
    """Two looks: the whole crop tells shape and pose, the inner face, held still, tells units."""

    def __init__(self, image_size: int = 128, width: int = 32) -> None:
        """Build it.

        Args:
            image_size: side of the crops in pixels, a multiple of 32.
            width: channels of the inner face's first level; the others have 2 and 3 times as many.
        """
        super().__init__()
        self.image_size, self.inner_size = image_size, image_size * 3 // 4
        first, side, place = 3 * width // 2, image_size // 16, image_size * 3 // 32
        self.look = nn.Sequential(
            nn.PixelUnshuffle(PIXELS), *convolution(3 * PIXELS**2, first, 1), Residual(first),
            *convolution(first, 2 * first, 2), Residual(2 * first), *convolution(2 * first, width, 2),
            nn.Flatten(), nn.Linear(width * side * side, WHOLE), nn.SiLU(),
        )  # fmt: skip
        self.shape = nn.Linear(WHOLE, 2 * NUM_LANDMARKS + 3)
        few = max(4, 3 * width // 4)
        self.closer = nn.Sequential(
            nn.PixelUnshuffle(2), *convolution(12, width, 1), Residual(width),
            *convolution(width, 2 * width, 2), Residual(2 * width), Residual(2 * width),
            *convolution(2 * width, 3 * width, 2), Residual(3 * width),
            nn.Conv2d(3 * width, few, 1), nn.SiLU(), nn.Flatten(), nn.Linear(few * place * place, INNER), nn.SiLU(),
        )  # fmt: skip
        self.expression = nn.Linear(WHOLE + INNER, NUM_AUS + len(EMOTIONS))
        self.register_buffer("mean_landmarks", torch.tensor(MEAN_SHAPE) * image_size)
        self.mean_landmarks: Tensor
        self.register_buffer("grid", inner_grid(self.inner_size), persistent=False)
        self.grid: Tensor

    def forward(self, image: Tensor) -> Reading:
        """Read crops, (B, 3, S, S) in [-1, 1].

        Action units are not clipped here and emotions are logits, so that losses have a slope everywhere.
        """
        whole = self.look(image.contiguous(memory_format=torch.channels_last))
        points, pose = self.shape(whole).float().split([2 * NUM_LANDMARKS, 3], 1)
        landmarks = self.mean_landmarks + points.reshape(-1, NUM_LANDMARKS, 2) * (self.image_size * MOVES)
        told = torch.cat([self.closer(self.inner_face(image, landmarks.detach())), whole], 1)
        aus, emotions = self.expression(told).float().split([NUM_AUS, len(EMOTIONS)], 1)
        return Reading(landmarks=landmarks, aus=0.1 + 0.5 * aus, emotions=emotions, pose=TURNS * pose)

    def inner_face(self, image: Tensor, landmarks: Tensor) -> Tensor:
        """Cut the inner face out of crops, (B, 3, S, S), by landmarks, (B, 68, 2): (B, 3, 3/4 S, 3/4 S)."""
        eyes, mouth = landmarks[:, EYES].mean(1), landmarks[:, MOUTH].mean(1)
        down = (mouth - eyes) / 2
        axes = torch.stack([torch.stack([down[:, 1], -down[:, 0]], 1), down], 1)
        places = torch.einsum("hwk,bkc->bhwc", self.grid, axes) + ((eyes + mouth) / 2)[:, None, None]
        grid = places * (2 / self.image_size) - 1
        inner = grid_sample(image.float(), grid, padding_mode="border", align_corners=False)
        return inner.contiguous(memory_format=torch.channels_last)

    def measure(self, image: Tensor) -> Reading:
        """Read crops: action units in [0, 1], emotions as probabilities."""
        raw = self.measure_open(image)
        return Reading(landmarks=raw.landmarks, aus=raw.aus.clamp(0, 1), emotions=raw.emotions, pose=raw.pose)

    def measure_open(self, image: Tensor) -> Reading:
        """Read crops and their mirror images, and take the mean; action units may leave [0, 1], emotions do not.

        Both show the same units, and what is misread in one of them alone counts half. Faces at rest are often read a
        little below 0: clipped, they would hide the first part of a rise, and an editor that answers in proportion
        would seem to answer late.
        """
        raw, other = self(image), self(image.flip(3))
        turned = other.landmarks[:, MIRROR] * image.new_tensor([-1, 1]) + image.new_tensor([self.image_size, 0])
        return Reading(
            landmarks=(raw.landmarks + turned) / 2,
            aus=(raw.aus + other.aus) / 2,
            emotions=(raw.emotions.softmax(1) + other.emotions.softmax(1)) / 2,
            pose=(raw.pose + other.pose * image.new_tensor([-1, 1, -1])) / 2,
        )


def inner_grid(size: int) -> Tensor:
    """Return where the pixels of the inner face lie, (size, size, 2), in half the distance of eyes and mouth."""
    along = ((torch.arange(size) + 0.5) * 2 / size - 1) * REACH
    down, across = torch.meshgrid(along, along, indexing="ij")
    return torch.stack([across, down + BELOW], -1)


class Residual(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*convolution(channels, channels, 1), *convolution(channels, channels, 1))

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)


def convolution(channels: int, out: int, stride: int) -> list[nn.Module]:
    """Convolve, normalise over the batch, activate."""
    return [nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.SiLU()]
