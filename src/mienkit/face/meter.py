"""The meter: one small network that reads landmarks, action units, emotions and head pose from a crop.

It also reads crops that a detector's box gives, which is how a face gets aligned: box -> meter -> align -> meter.
"""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import WeightsError
from mienkit.core.landmark import MEAN_SHAPE, NUM_LANDMARKS
from mienkit.core.task import Reading
from mienkit.weights import Weights, read_weights, released

NAME = "meter"
BLIND: frozenset[str] = frozenset()
"""Units that the released meter cannot read on photographs; shown as unknown, never as 0. Set from its card."""


POINTS: tuple[tuple[int, ...], ...] = (
    (17,), (19,), (21,), (22,), (24,), (26,), (21, 22),
    (36,), (37, 38, 40, 41), (39,), (42,), (43, 44, 46, 47), (45,),
    (37, 38, 19), (43, 44, 24), (40, 41, 31), (46, 47, 35), (27,), (31,), (35,), (31, 48), (35, 54),
    (48,), (54,), (51, 62), (57, 66), (62, 66), (48, 59, 58), (54, 55, 56), (57, 8), (48, 4), (54, 12),
)  # fmt: skip
"""Where units show: each place is the mean of some landmarks (brows, lids, cheeks, nose, folds, lips, chin)."""


class MeterNet(nn.Module):
    """A residual network: one head for shape and pose, and one for expression that looks where units show.

    Source: ours; looking at patches around predicted landmarks is the idea of JAA-Net (Shao et al. 2018). Sizes are
    chosen so that 128 x 128 pixels take under 5 ms on two CPU cores.
    """

    def __init__(self, image_size: int = 128, width: int = 32, pictures: int = 1) -> None:
        """Build it.

        Args:
            image_size: side of the crops in pixels, a multiple of 16.
            width: channels of the first level; the others have 2 and 3 times as many.
            pictures: how many it sees at once, one behind the other in the channels.
        """
        super().__init__()
        self.image_size = image_size
        side = image_size // 16
        self.fine = nn.Sequential(nn.PixelUnshuffle(2), *convolution(12 * pictures, width, 3, 2), MeterBlock(width))
        self.middle = nn.Sequential(*convolution(width, 2 * width, 3, 2), MeterBlock(2 * width))
        self.coarse = nn.Sequential(*convolution(2 * width, 3 * width, 3, 2), MeterBlock(3 * width))
        self.whole = nn.Sequential(
            *convolution(3 * width, 2 * width, 1, 1), nn.Flatten(), nn.Linear(2 * width * side * side, 192), nn.SiLU()
        )
        self.shape = nn.Linear(192, 2 * NUM_LANDMARKS + 3)
        self.local = nn.Sequential(nn.Linear(3 * width * len(POINTS) + 192, 128), nn.SiLU())
        self.expression = nn.Linear(128, NUM_AUS + len(EMOTIONS))
        self.register_buffer("mean_landmarks", torch.tensor(MEAN_SHAPE) * image_size)
        self.mean_landmarks: Tensor
        self.register_buffer("places", places_matrix(), persistent=False)
        self.places: Tensor

    def forward(self, image: Tensor) -> Reading:
        """Read crops, (B, 3, S, S) in [-1, 1].

        Action units are not clipped here and emotions are logits, so that losses have a slope everywhere.
        """
        fine = self.fine(image.contiguous(memory_format=torch.channels_last))
        middle = self.middle(fine)
        whole = self.whole(self.coarse(middle))
        points, pose = self.shape(whole).float().split([2 * NUM_LANDMARKS, 3], 1)
        # The scales make a unit of every output about one standard deviation of its label.
        spread = self.image_size * 0.08
        landmarks = self.mean_landmarks + points.reshape(-1, NUM_LANDMARKS, 2) * spread
        grid = (self.places @ landmarks.detach() * (2 / self.image_size) - 1)[:, None]
        patches = [sample(level, grid) for level in (fine, middle)]
        aus, emotions = (
            self.expression(self.local(torch.cat([*patches, whole], 1))).float().split([NUM_AUS, len(EMOTIONS)], 1)
        )
        return Reading(landmarks=landmarks, aus=0.1 + 0.5 * aus, emotions=emotions, pose=15 * pose)

    def measure(self, image: Tensor) -> Reading:
        """Read crops: action units in [0, 1], emotions as probabilities."""
        raw = self(image)
        return Reading(
            landmarks=raw.landmarks,
            aus=raw.aus.clamp(0, 1),
            emotions=torch.softmax(raw.emotions, 1),
            pose=raw.pose,
        )


def places_matrix() -> Tensor:
    """Return the weights that turn 68 landmarks into the places of POINTS, (K, 68)."""
    matrix = torch.zeros(len(POINTS), NUM_LANDMARKS)
    for row, landmarks in enumerate(POINTS):
        matrix[row, list(landmarks)] = 1 / len(landmarks)
    return matrix


def sample(features: Tensor, grid: Tensor) -> Tensor:
    """Read features, (B, C, h, w), at places, (B, 1, K, 2) in [-1, 1]; returns (B, C * K)."""
    return grid_sample(features.float(), grid, padding_mode="border", align_corners=False).flatten(1).to(features.dtype)


class MeterBlock(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*convolution(channels, channels, 3, 1), *convolution(channels, channels, 3, 1))

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)


def convolution(channels: int, out: int, kernel: int, stride: int) -> list[nn.Module]:
    """Convolve, normalise over the batch, activate."""
    return [nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out), nn.SiLU()]


class Meter:
    """A trained meter, ready to read."""

    def __init__(self, weights: Weights, device: str = "cpu") -> None:
        """Take weights, as ``mien train meter`` writes them.

        Raises:
            WeightsError: they do not fit.
        """
        config = weights.config
        try:
            self.network = MeterNet(int(config["image_size"]), int(config["width"]))
            self.network.load_state_dict(weights.state)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise WeightsError(f"these are not the weights of a meter: {str(error).splitlines()[0]}") from None
        self.network.eval().to(memory_format=torch.channels_last).to(device)  # type: ignore[call-overload]
        self.image_size, self.device = self.network.image_size, torch.device(device)
        self.name = f"{NAME} {weights.sha256[:8]}" if weights.sha256 else NAME
        self.blind = BLIND

    @torch.inference_mode()
    def measure(self, image: Tensor) -> Reading:
        """Read crops, (B, 3, S, S) in [-1, 1], on the meter's own device; the reading is on the CPU."""
        reading = self.network.measure(image.to(self.device))
        return Reading(
            landmarks=reading.landmarks.cpu(),
            aus=reading.aus.cpu(),
            emotions=reading.emotions.cpu(),
            pose=reading.pose.cpu(),
        )


@cache
def load_meter(device: str = "cpu") -> Meter:
    """Load the meter that comes with the package.

    Raises:
        WeightsError: its weights are missing or corrupt.
    """
    folder = released(NAME)
    if folder is None:
        raise WeightsError("the package came without the meter's weights; install it again")
    return Meter(read_weights(folder, NAME), device)
