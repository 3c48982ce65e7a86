"""Random expressions for drawn faces and tests."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.naming import unknown_name
from mienkit.data.drawn.dice import Dice, mix_keys

KINDS = ("uniform", "single", "emotion", "mixed", "posed")
SALT = 0x5A3
WEAKEST_EMOTION = 0.5
WEAKEST_POSE = 0.8
"""Of people who were told what to show."""


def random_expressions(
    count: int, seed: int = 0, kind: str = "mixed"
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Roll expressions: AU intensities, (count, 17) in [0, 1], and which emotion each shows, (count,), -1 for none.

    Args:
        count: how many.
        seed: of the random numbers; row n is the same for every ``count``.
        kind: ``uniform`` (every unit in [0, 1]), ``single`` (one unit), ``emotion`` (a prototype at half to full
            intensity), ``mixed`` (a quarter each: nearly neutral, emotions, one to three units, sparse uniform),
            ``posed`` (the eight prototypes in turn, at 0.8 to full intensity: with eight to a scene, a grid as RaFD's).

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind not in KINDS:
        raise unknown_name("kind of random expression", kind, KINDS)
    key = mix_keys(SALT, mix_keys(seed, torch.arange(count)))
    dice = Dice(key)
    aus, emotion = {"uniform": _uniform, "single": _single, "emotion": _emotion, "mixed": _mixed, "posed": _posed}[
        kind
    ](dice)
    return aus.clamp(0, 1).numpy(), emotion.numpy()


def _uniform(dice: Dice) -> tuple[Tensor, Tensor]:
    aus = dice.roll(NUM_AUS)
    return aus, torch.full((len(aus),), -1)


def _few(dice: Dice, most: int) -> tuple[Tensor, Tensor]:
    """One to ``most`` units; which is the order of random numbers."""
    rank = dice.roll(NUM_AUS).argsort(1).argsort(1)
    number = (dice.roll() * most).floor()[:, None]
    aus = dice.roll(NUM_AUS) * (rank <= number)
    return aus, torch.full((len(aus),), -1)


def _single(dice: Dice) -> tuple[Tensor, Tensor]:
    return _few(dice, 1)


def _emotion(dice: Dice) -> tuple[Tensor, Tensor]:
    table = torch.stack([emotion_aus(name) for name in EMOTIONS])
    emotion = (dice.roll() * len(EMOTIONS)).long()
    intensity = dice.between(WEAKEST_EMOTION, 1)[:, None]
    noise = dice.bell(0, 0.04, NUM_AUS)
    return table[emotion] * intensity + noise, emotion


def _posed(dice: Dice) -> tuple[Tensor, Tensor]:
    """The eight emotions in turn."""
    table = torch.stack([emotion_aus(name) for name in EMOTIONS])
    intensity = dice.between(WEAKEST_POSE, 1)[:, None]
    emotion = torch.arange(len(intensity)) % len(EMOTIONS)
    return table[emotion] * intensity + dice.bell(0, 0.02, NUM_AUS), emotion


def _sparse(dice: Dice) -> tuple[Tensor, Tensor]:
    aus = dice.roll(NUM_AUS) * (dice.roll(NUM_AUS) < 0.3)
    return aus, torch.full((len(aus),), -1)


def _mixed(dice: Dice) -> tuple[Tensor, Tensor]:
    which = (dice.roll() * 4).long()
    calm = dice.roll(NUM_AUS) ** 3 * 0.15
    parts = [(calm, torch.zeros(len(calm), dtype=torch.int64)), _emotion(dice), _few(dice, 3), _sparse(dice)]
    aus = torch.stack([part[0] for part in parts])
    emotion = torch.stack([part[1] for part in parts])
    rows = torch.arange(len(which))
    return aus[which, rows], emotion[which, rows]
