"""What each task's output must look like: one check a task, on random inputs."""

from collections.abc import Callable
from typing import Any

import torch
from batches import Dice
from torch import Tensor

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.core.task import Edited


def check_image(image: Tensor, *shape: int) -> None:
    assert image.shape == shape
    assert image.min() >= -1
    assert image.max() <= 1  # and so neither NaN nor infinite


def check_edited(edited: Edited, size: int, side: int) -> None:
    check_image(edited.image, size, 3, side, side)
    assert edited.change.shape == (size, 1, side, side)
    assert edited.change.min() >= 0
    assert edited.change.max() <= 1


def check_edit(model: Any, dice: Dice) -> None:
    edited = model.edit(dice.image(), dice.expression(), dice.expression())
    check_edited(edited, dice.size, model.image_size)


def check_transfer(model: Any, dice: Dice) -> None:
    edited = model.transfer(dice.image(), dice.image(), dice.landmarks(), dice.landmarks())
    check_edited(edited, dice.size, model.image_size)


def check_fuse(model: Any, dice: Dice) -> None:
    fused = model.fuse(dice.landmarks(), dice.landmarks())
    assert fused.shape == (dice.size, NUM_LANDMARKS, 2)
    assert torch.isfinite(fused).all()


def check_animate(model: Any, dice: Dice) -> None:
    clip = model.animate(dice.image(), dice.landmarks(), dice.emotion(), dice.key(), dice.frames)
    check_image(clip, dice.size, dice.frames, 3, model.image_size, model.image_size)


def check_sample(model: Any, dice: Dice) -> None:
    key, label = dice.key(), dice.emotion()
    clip = model.sample(key, label, dice.frames)
    check_image(clip, dice.size, dice.frames, 3, model.image_size, model.image_size)
    assert torch.equal(clip, model.sample(key, label, dice.frames)), "noise must come from the key"


def check_move(model: Any, dice: Dice) -> None:
    start, emotion, key = dice.landmarks(), dice.emotion(), dice.key()
    moved = model.move(start, emotion, key, dice.frames)
    assert moved.shape == (dice.size, dice.frames, NUM_LANDMARKS, 2)
    assert torch.isfinite(moved).all()
    torch.testing.assert_close(moved[:, 0], start, rtol=0, atol=1e-3)
    assert torch.equal(moved, model.move(start, emotion, key, dice.frames)), "noise must come from the key"


def check_paint(model: Any, dice: Dice) -> None:
    check_edited(model.paint(dice.image(), dice.landmarks(), dice.landmarks()), dice.size, model.image_size)


def check_measure(model: Any, dice: Dice) -> None:
    reading = model.measure(dice.image())
    assert reading.landmarks.shape == (dice.size, NUM_LANDMARKS, 2)
    assert reading.aus.shape == (dice.size, NUM_AUS)
    assert reading.aus.min() >= 0
    assert reading.aus.max() <= 1
    assert reading.emotions.shape == (dice.size, len(EMOTIONS))
    torch.testing.assert_close(reading.emotions.sum(1), torch.ones(dice.size))
    assert reading.pose.shape == (dice.size, 3)
    assert torch.isfinite(reading.landmarks).all()
    assert torch.isfinite(reading.pose).all()


CHECKS: dict[str, Callable[[Any, Dice], None]] = {
    "edit": check_edit,
    "transfer": check_transfer,
    "fuse": check_fuse,
    "animate": check_animate,
    "sample": check_sample,
    "move": check_move,
    "paint": check_paint,
    "measure": check_measure,
}
"""Task -> its check. A new task in ``core/task.py`` gets its line here."""
