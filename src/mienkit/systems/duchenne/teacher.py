"""Frozen networks that look at edits while Duchenne learns: the meter, and one that knows people.

They belong to no recipe: a checkpoint of a training does not hold them, and nothing moves them.
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from mienkit.core.action_unit import au_vector
from mienkit.core.landmark import LEFT_EYE, MEAN_SHAPE, MOUTH_CORNERS, RIGHT_EYE
from mienkit.face.meter import load_meter
from mienkit.geometry.similarity import fit_similarity, invert
from mienkit.metrics.identity import NOSE_TIP, load_identity
from mienkit.nn.mobileface import SIZE, MobileFace, mobileface_template
from mienkit.nn.warp import resized

SEEN = {
    "AU1": 0.76, "AU2": 0.81, "AU4": 0.62, "AU5": 0.48, "AU6": 0.74, "AU7": 0.28, "AU9": 0.68, "AU10": 0.73,
    "AU12": 0.93, "AU14": 0.32, "AU15": 0.64, "AU17": 0.55, "AU20": 0.64, "AU23": 0.57, "AU25": 0.77, "AU26": 0.67,
    "AU45": 0.88,
}  # fmt: skip
"""How much the meter's word counts: its R² of exact changes, in five folds over subjects (docs/models/meter.md)."""


def meter_error(edited: Tensor, image: Tensor, change: Tensor) -> Tensor:
    """Mean squared difference of the change that the meter reads to the one asked for, units that it sees counting.

    Most of what the meter reads wrong of a person is in both readings and cancels. It reads grey pictures: colours
    fool it, as lids that glow orange read as shut.

    Args:
        edited: (B, 3, H, W) in [-1, 1].
        image: before the edit, same shape.
        change: what was asked for, (B, 17).

    Source: ours.
    """
    with torch.no_grad():
        before = read_units(without_colour(image))
    read = read_units(without_colour(edited)) - before
    return (au_vector(SEEN).to(change) * (read - change).square()).mean()


def without_colour(image: Tensor) -> Tensor:
    """Return grey pictures with three channels, (B, 3, H, W)."""
    return image.mean(1, keepdim=True).expand(-1, 3, -1, -1)


def read_units(image: Tensor) -> Tensor:
    """Read units, (B, 17), from faces, (B, 3, H, W), with a slope to the pixels."""
    meter = load_meter(str(image.device))
    return meter.network(resized(image.float(), meter.image_size)).aus.float()


def identity_error(edited: Tensor, image: Tensor) -> Tensor:
    """Mean of 1 - cosine between the embeddings of faces before and after the edit, (B, 3, H, W) each.

    Source: the identity loss of many, e.g. Gecer et al. 2018.

    Raises:
        AssetError: the network's file is missing; the message says how to get it.
    """
    network = person_network(str(image.device))
    with torch.no_grad():
        before = network(to_person_crop(image))
    return (1 - (network(to_person_crop(edited)) * before).sum(1)).mean()


@cache
def person_network(device: str) -> MobileFace:
    """Load MobileFace, frozen.

    Raises:
        AssetError: its file is missing or damaged.
    """
    return load_identity().network.to(device)


def to_person_crop(image: Tensor) -> Tensor:
    """Cut MobileFace's crops, (B, 3, 112, 112), out of aligned faces, (B, 3, S, S): the template on its template."""
    side = image.shape[-1]
    points = torch.tensor(MEAN_SHAPE)
    eyes_nose_mouth = [points[RIGHT_EYE].mean(0), points[LEFT_EYE].mean(0), points[NOSE_TIP]]
    ours = torch.stack([*eyes_nose_mouth, *points[list(MOUTH_CORNERS)]]).numpy()
    theirs = (mobileface_template().numpy() + 0.5) / SIZE
    back = torch.from_numpy(invert(fit_similarity(ours, theirs))).to(image)  # from shares of their side to ours
    place = (torch.arange(SIZE, device=image.device) + 0.5) / SIZE
    down, across = torch.meshgrid(place, place, indexing="ij")
    grid = 2 * (torch.stack([across, down], -1).to(image) @ back[:, :2].T + back[:, 2]) - 1
    smooth = image if side <= 2 * SIZE else resized(image, SIZE)
    return F.grid_sample(smooth.float(), grid[None].float().expand(len(image), -1, -1, -1), align_corners=False)
