"""How well a small network tells edited photographs from photographs, of people whom it never saw.

It looks at one picture at a time. 50 % is chance: then edits look like photographs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mienkit.core.image import Picture, to_float
from mienkit.data.faces import FaceArrays, Indices

Floats = npt.NDArray[np.float32]

SIDE = 128
"""Pixels of a picture, of which the network sees a window."""
WINDOW = 96
SHIFT = (SIDE - WINDOW) // 2
WIDTHS = (32, 64, 128, 192)
EPOCHS = 28
COUPLES = 32
"""A batch holds so many photographs, and as many edits of them."""
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.05
GAIN = 0.1
"""Light and contrast of a picture that is learned from change by up to this share."""
READ_AT_ONCE = 256


class EditDetector(nn.Module):
    """Four convolutions, their mean over the picture, one number: above 0 for an edit.

    Source: the size of network is that of the patch critics of pix2pix (Isola et al. 2017), which look for the same.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in WIDTHS:
            layers += [nn.Conv2d(channels, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(channels, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Score pictures, (B, 3, 96, 96) in [-1, 1], as (B,)."""
        return self.head(self.body(image).mean((2, 3)))[:, 0]


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a detector is trained."""

    epochs: int = EPOCHS
    seed: int = 0
    half: bool = False
    """Whether it computes in bfloat16, which some processors do twice as fast."""


def train_detector(
    faces: FaceArrays, photos: Indices, training: Training, say: Callable[[str], None] = lambda line: None
) -> EditDetector:
    """Train a detector on photographs and their edits, each as often as the other.

    Args:
        faces: pictures of 128 pixels.
        photos: rows of the photographs to learn from; their edits are the rows that name them as their pair.
        training: how.
        say: hears about progress.
    """
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    detector = EditDetector().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = training.epochs * (len(photos) // COUPLES)
    optimizer = torch.optim.AdamW(detector.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, max(steps, 2), pct_start=0.15)
    detector.train()
    for epoch in range(training.epochs):
        total = 0.0
        for rows in batches(faces, photos, rng):
            image = augment(to_float(faces.images[rows]), rng)
            truth = torch.from_numpy((faces.pair[rows] >= 0).astype(np.float32))
            with torch.autocast("cpu", torch.bfloat16, enabled=training.half):
                score = detector(image)
            loss = F.binary_cross_entropy_with_logits(score.float(), truth)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * COUPLES / len(photos)
        say(f"epoch {epoch + 1} of {training.epochs}: loss {total:.3f}")
    return detector.eval()


def batches(faces: FaceArrays, photos: Indices, rng: np.random.Generator) -> Iterator[Indices]:
    """Go through photographs once, in any order, each beside one of its edits; a rest that fills no batch is left."""
    edits = edits_of(faces, photos)
    order = rng.permutation(len(photos))
    for start in range(0, len(order) - COUPLES + 1, COUPLES):
        chosen = order[start : start + COUPLES]
        beside = [edits[number][rng.integers(len(edits[number]))] for number in chosen]
        yield np.concatenate([photos[chosen], np.asarray(beside, np.int64)])


def edits_of(faces: FaceArrays, photos: Indices) -> list[Indices]:
    """Return the rows that are edits of each photograph."""
    edits = np.flatnonzero(faces.pair >= 0)
    edits = edits[np.argsort(faces.pair[edits], kind="stable")]
    first = np.searchsorted(faces.pair[edits], photos)
    last = np.searchsorted(faces.pair[edits], photos, side="right")
    return [edits[a:b] for a, b in zip(first, last, strict=True)]


def augment(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Shift and mirror pictures, (B, 3, 128, 128), and change their light a little; (B, 3, 96, 96)."""
    top, left = rng.integers(0, 2 * SHIFT + 1, (2, len(image)))
    windows = [one[:, y : y + WINDOW, x : x + WINDOW] for one, y, x in zip(image, top, left, strict=True)]
    out = torch.stack(
        [one.flip(2) if turned else one for one, turned in zip(windows, rng.random(len(image)) < 0.5, strict=True)]
    )
    gain, lift = (torch.from_numpy(rng.uniform(-GAIN, GAIN, (len(image), 1, 1, 1))).float() for _ in range(2))
    return (out * (1 + gain) + lift).contiguous(memory_format=torch.channels_last)


def middle(image: Tensor) -> Tensor:
    """Cut the window that is judged out of pictures, (B, 3, 128, 128)."""
    return image[:, :, SHIFT : SHIFT + WINDOW, SHIFT : SHIFT + WINDOW]


@torch.no_grad()
def score(detector: EditDetector, images: Picture) -> Floats:
    """Score pictures, (N, 128, 128, 3), as (N,): above 0 for an edit; the mean over each and its mirror image."""
    scores = []
    for start in range(0, len(images), READ_AT_ONCE):
        image = middle(to_float(images[start : start + READ_AT_ONCE]))
        scores.append((detector(image) + detector(image.flip(3))) / 2)
    return torch.cat(scores).numpy()
