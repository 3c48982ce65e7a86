"""The meter: one small network that reads landmarks, action units, emotions and head pose from a crop.

It also reads crops that a detector's box gives, which is how a face gets aligned: box -> meter -> align -> meter.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import WeightsError
from mienkit.core.landmark import MEAN_SHAPE, NUM_LANDMARKS
from mienkit.core.task import Reading
from mienkit.nn.warp import resized
from mienkit.weights import Weights, read_weights, released

NAME = "meter"
BLIND: frozenset[str] = frozenset()
"""Units that the released meter cannot read on photographs; shown as unknown, never as 0. Set from its card."""


@dataclass(frozen=True)
class Window:
    """A part of the face that is looked at closely."""

    landmarks: tuple[int, ...]
    """Their mean is its middle."""
    half_width: float
    """In distances between the eyes."""
    look: str
    """Which network looks; both eyes share one."""
    mirrored: bool = False


WINDOWS = (
    Window((17, 18, 19, 20, 21, 36, 37, 38, 39, 40, 41), 0.62, "eye"),
    Window((22, 23, 24, 25, 26, 42, 43, 44, 45, 46, 47), 0.62, "eye", mirrored=True),
    Window((27, 31, 35, 33), 0.95, "nose"),
    Window((48, 54, 51, 57, 8), 0.95, "mouth"),
)
ACROSS, DOWN = 40, 32
"""Pixels of a window."""
RIGHT_EYE, LEFT_EYE = slice(36, 42), slice(42, 48)
TOLD = 96
"""Features that a window gives."""


class MeterNet(nn.Module):
    """Two looks at a face: the whole crop tells shape and pose, and windows around eyes, nose and mouth tell units.

    The windows are cut out of the picture itself where the first look found them, upright and scaled by the distance
    between the eyes, so that lids and lip corners stand still and keep every pixel.

    Source: ours; regions cut by predicted landmarks are the idea of JAA-Net (Shao et al. 2018). Sizes are chosen so
    that 128 x 128 pixels take about 5 ms on two CPU cores.
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
        self.fine = nn.Sequential(nn.PixelUnshuffle(2), *convolution(12 * pictures, width, 3, 2))
        self.middle = nn.Sequential(*convolution(width, 2 * width, 3, 2), MeterBlock(2 * width))
        self.coarse = nn.Sequential(*convolution(2 * width, 3 * width, 3, 2), MeterBlock(3 * width))
        self.whole = nn.Sequential(
            *convolution(3 * width, width, 1, 1), nn.Flatten(), nn.Linear(width * side * side, 192), nn.SiLU()
        )
        self.shape = nn.Linear(192, 2 * NUM_LANDMARKS + 3)
        close = max(4, 3 * width // 4)
        self.looks = nn.ModuleDict({name: closer_look(3 * pictures, close) for name in ("eye", "nose", "mouth")})
        self.local = nn.Sequential(nn.Linear(TOLD * len(WINDOWS) + 192, 128), nn.SiLU())
        self.expression = nn.Linear(128, NUM_AUS + len(EMOTIONS))
        self.register_buffer("mean_landmarks", torch.tensor(MEAN_SHAPE) * image_size)
        self.mean_landmarks: Tensor
        self.register_buffer("middles", middles_matrix(), persistent=False)
        self.middles: Tensor
        self.register_buffer("grids", window_grids(), persistent=False)
        self.grids: Tensor

    def forward(self, image: Tensor) -> Reading:
        """Read crops, (B, 3, S, S) in [-1, 1].

        Action units are not clipped here and emotions are logits, so that losses have a slope everywhere.
        """
        landmarks, pose, whole = self.first_look(image)
        right, left, nose, mouth = self.windows(image, landmarks.detach())
        eyes = self.looks["eye"](torch.cat([right, left]))
        told = [*eyes.chunk(2), self.looks["nose"](nose), self.looks["mouth"](mouth), whole]
        aus, emotions = self.expression(self.local(torch.cat(told, 1))).float().split([NUM_AUS, len(EMOTIONS)], 1)
        return Reading(landmarks=landmarks, aus=0.1 + 0.5 * aus, emotions=emotions, pose=pose)

    def first_look(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Look at whole crops: landmarks, (B, 68, 2), pose in degrees, (B, 3), and features, (B, 192)."""
        whole = self.whole(self.coarse(self.middle(self.fine(image.contiguous(memory_format=torch.channels_last)))))
        points, pose = self.shape(whole).float().split([2 * NUM_LANDMARKS, 3], 1)
        # The scales make a unit of every output about one standard deviation of its label.
        landmarks = self.mean_landmarks + points.reshape(-1, NUM_LANDMARKS, 2) * (self.image_size * 0.08)
        return landmarks, 15 * pose, whole

    def windows(self, image: Tensor, landmarks: Tensor) -> list[Tensor]:
        """Cut the WINDOWS out of crops, (B, C, S, S), by landmarks, (B, 68, 2); each (B, C, 32, 40)."""
        along = landmarks[:, LEFT_EYE].mean(1) - landmarks[:, RIGHT_EYE].mean(1)
        axes = torch.stack([along, torch.stack([-along[:, 1], along[:, 0]], 1)], 1)
        places = torch.einsum("nhwk,bkc->nbhwc", self.grids, axes)
        places = places + (self.middles @ landmarks).transpose(0, 1)[:, :, None, None]
        return [
            grid_sample(image.float(), grid * (2 / self.image_size) - 1, padding_mode="border", align_corners=False)
            .contiguous(memory_format=torch.channels_last)
            for grid in places
        ]  # fmt: skip

    def measure(self, image: Tensor) -> Reading:
        """Read crops: action units in [0, 1], emotions as probabilities."""
        raw = self(image)
        return Reading(
            landmarks=raw.landmarks,
            aus=raw.aus.clamp(0, 1),
            emotions=torch.softmax(raw.emotions, 1),
            pose=raw.pose,
        )


def middles_matrix() -> Tensor:
    """Return the weights that turn 68 landmarks into the middles of the WINDOWS, (4, 68)."""
    matrix = torch.zeros(len(WINDOWS), NUM_LANDMARKS)
    for row, window in enumerate(WINDOWS):
        matrix[row, list(window.landmarks)] = 1 / len(window.landmarks)
    return matrix


def window_grids() -> Tensor:
    """Return where the pixels of the WINDOWS lie, in distances between the eyes, (4, 32, 40, 2)."""
    down, across = torch.meshgrid(
        ((torch.arange(DOWN) + 0.5) * 2 - DOWN) / ACROSS, (torch.arange(ACROSS) + 0.5) * 2 / ACROSS - 1, indexing="ij"
    )
    return torch.stack(
        [
            window.half_width * torch.stack([-across if window.mirrored else across, down], -1)
            for window in WINDOWS
        ]
    )  # fmt: skip


def closer_look(channels: int, width: int) -> nn.Sequential:
    """Make the network that looks at one window, (B, C, 32, 40), and tells (B, 96)."""
    return nn.Sequential(
        *convolution(channels, width, 3, 1),
        *convolution(width, 2 * width, 3, 2),
        MeterBlock(2 * width),
        *convolution(2 * width, 3 * width, 3, 2),
        MeterBlock(3 * width),
        *convolution(3 * width, 16, 1, 1),
        nn.Flatten(),
        nn.Linear(16 * (ACROSS // 4) * (DOWN // 4), TOLD),
        nn.SiLU(),
    )


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


def fold_norms(network: nn.Module) -> None:
    """Put each batch norm of a network that no longer learns into the convolution before it: a tenth faster."""
    for layers in [part for part in network.modules() if isinstance(part, nn.Sequential)]:
        for place, (first, second) in enumerate(pairwise(list(layers))):
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                layers[place], layers[place + 1] = fuse_conv_bn_eval(first, second), nn.Identity()


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
        fold_norms(self.network.eval().requires_grad_(False))
        self.network.to(memory_format=torch.channels_last).to(device)  # type: ignore[call-overload]
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

    @torch.inference_mode()
    def locate(self, image: Tensor) -> Tensor:
        """Find the landmarks of faces, (B, 3, S, S) in [-1, 1], at a third of the cost of reading them."""
        landmarks, _, _ = self.network.first_look(image.to(self.device))
        return landmarks.cpu()


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


def read_landmarks(image: Tensor) -> Tensor:
    """Find the landmarks of crops, (B, 3, S, S) of any side, by the released meter: (B, 68, 2) in their pixels.

    Raises:
        WeightsError: as ``load_meter``.
    """
    meter = load_meter()
    count = 1 if image.stride(0) == 0 else len(image)  # one face and many expressions of it: it is read once
    small = resized(image[:count].float(), meter.image_size)
    with torch.autocast(image.device.type, enabled=False):
        landmarks = meter.locate(small)
    return (landmarks * (image.shape[-1] / meter.image_size)).expand(len(image), -1, -1)
