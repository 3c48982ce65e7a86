"""How an expression moves: the action units of both halves of a face over the frames of a clip, as exact curves.

A clip rests, rises to its apex and holds it; one of the kind ``whole`` falls back to rest. Phases are shares of the
clip, so that every clip holds all of them; blinks take as long as blinks do, whatever the clip.

Source: ours. Onset, apex and offset as in FACS (Ekman & Friesen 1978); a movement that goes further goes faster and
not longer (Schmidt et al. 2003, 2006); without a jerk (Flash & Hogan 1985); eyes close 40 to 47 % faster than they open
(Sforza et al. 2008).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX, NUM_AUS, mean_of_sides
from mienkit.core.emotion import EMOTIONS, emotion_sides
from mienkit.core.naming import unknown_name
from mienkit.data.drawn.dice import Dice, mix_keys
from mienkit.data.drawn.sitting import HAS_SIDES

CLIP_KINDS = ("rise", "whole")
FEWEST_FRAMES = 8
"""Fewer would step over the apex of a short hold."""
SALT = 0xC11

WEAKEST_APEX = 0.6
MINOR = 0.6
"""Units that the prototype shows up to this strongly may stay out."""
STAYS_OUT, JOINS_IN = 0.12, 0.04
"""Chance that a minor unit is missing, and that a unit of none of the expression's shows faintly."""
FAINTEST = 0.15
LOPSIDED = 0.3
"""How much weaker one side is at most; of most clips much less."""
LATE = 0.08
"""How much later one side is at most, as a share of the onset or the offset."""

NEAR_APEX = 0.9
"""Share of the way from which a frame shows the emotion."""
STILL = 0.02
"""Intensity up to which every unit of a neutral frame stays."""

MOST_BLINKS = 2
BLINKS = (0.5, 0.85)
"""Chance of no blink, and of at most one."""
CLOSING, SHUT, OPENING = (0.10, 0.15), (0.0, 0.04), (0.15, 0.25)
"""Seconds of a blink's parts, least and most."""
LONGEST_BLINK = CLOSING[1] + SHUT[1] + OPENING[1]

BLINK = AU_INDEX["AU45"]
SWAY_HZ = (0.15, 0.5)
"""How often a head sways in a second, least and most."""
SWAY = torch.tensor([1.0, 0.7, 0.4])
"""How far the head turns, nods and tilts beside each other."""


@dataclass(frozen=True, kw_only=True)
class Motion:
    """What happens in N clips of F frames."""

    sides: npt.NDArray[np.float32]
    """(N, F, 34) in [0, 1], in the order of SIDED_UNITS."""
    emotion: npt.NDArray[np.int64]
    """(N,) index into EMOTIONS: what the clip is about."""
    shown: npt.NDArray[np.int64]
    """(N, F) index into EMOTIONS: neutral at rest, the emotion near the apex, -1 between. Blinks do not count."""
    turn: npt.NDArray[np.float32]
    """(N, F, 3) yaw, pitch, roll in degrees from where the head was in the first frame."""


def move_faces(
    clip: npt.ArrayLike, *, seed: int = 0, kind: str = "rise", frames: int = 32, fps: float = 25.0, sway: float = 0.0
) -> Motion:
    """Move faces through clips; a clip depends on its own number only, and shows the same in both kinds.

    Args:
        clip: (N,) whole numbers; the seven emotions beside neutral come in turn.
        seed: of the random numbers.
        kind: ``rise`` (from neutral to an apex, which holds to the end) or ``whole`` (and back to neutral).
        frames: of each clip.
        fps: frames in a second; decides how many frames a blink takes.
        sway: degrees by which the head turns at most, slowly; 0 keeps it still.

    Raises:
        UnknownNameError: there is no such kind.
        ValueError: there are too few frames.
    """
    if kind not in CLIP_KINDS:
        raise unknown_name("kind of clip", kind, CLIP_KINDS)
    if frames < FEWEST_FRAMES:
        raise ValueError(f"a clip should have at least {FEWEST_FRAMES} frames, not {frames}")
    number = torch.as_tensor(np.asarray(clip)).to(torch.int64)
    dice = Dice(mix_keys(SALT, mix_keys(seed, number)))
    emotion = 1 + number % (len(EMOTIONS) - 1)
    apex = roll_apex(dice, emotion)
    sides = roll_course(dice, frames, falls=kind == "whole") * apex[:, None]
    seconds = torch.arange(frames) / fps
    shown = name_frames(mean_of_sides(sides.flatten(2)), emotion)
    sides[:, :, BLINK] = roll_blinks(dice, seconds)[..., None]
    turn = sway * roll_sway(dice, seconds)
    return Motion(
        sides=sides.flatten(2).numpy(),
        emotion=emotion.numpy(),
        shown=shown.numpy(),
        turn=turn.to(torch.float32).numpy(),
    )


def ease(share: Tensor) -> Tensor:
    """Go from 0 to 1 without a jerk while a share of the time, clamped to [0, 1], passes.

    Source: Flash & Hogan 1985, the movement of least jerk between two points of rest.
    """
    share = share.clamp(0, 1)
    return (share**3 * (share * (6 * share - 15) + 10)).clamp(max=1)  # rounding may pass 1


def roll_apex(dice: Dice, emotion: Tensor) -> Tensor:
    """Roll how strongly each half shows each unit at the apex, (N, 17, 2): left, right."""
    prototype = torch.stack([emotion_sides(name) for name in EMOTIONS])[emotion].unflatten(1, (NUM_AUS, 2))
    whole = prototype.amax(2)
    out = (whole <= MINOR) & (dice.roll(NUM_AUS) < STAYS_OUT)
    strength = dice.between(WEAKEST_APEX, 1)[:, None] * dice.bell(1, 0.08, NUM_AUS) * (~out).float()
    faint = dice.between(0, FAINTEST, NUM_AUS) * ((whole == 0) & (dice.roll(NUM_AUS) < JOINS_IN)).float()
    faint[:, BLINK] = 0
    weaker = dice.roll().square()[:, None] * dice.between(0.5, 1, NUM_AUS) * LOPSIDED * HAS_SIDES
    apex = prototype * strength[..., None] + faint[..., None]
    return (apex * (1 - weaker[..., None] * roll_side(dice))).clamp(0, 1)


def roll_side(dice: Dice) -> Tensor:
    """Choose one half of each face, (N, 1, 2): 1 for it and 0 for the other."""
    left = dice.chance(0.5)
    return torch.stack([left, 1 - left], 1)[:, None]


def roll_course(dice: Dice, frames: int, *, falls: bool) -> Tensor:
    """Roll how far each unit of each half is on its way to the apex in each frame, (N, F, 17, 2) in [0, 1]."""
    time = torch.arange(frames) / (frames - 1)
    rest, tail = dice.between(0.02, 0.06), dice.between(0.02, 0.06)
    hold, end, onset_share = dice.between(0.15, 0.25), dice.between(0.05, 0.45), dice.between(0.36, 0.48)
    moving = 1 - rest - hold - tail if falls else 1 - rest - end
    onset = moving * onset_share if falls else moving
    up, down = roll_cues(dice), roll_cues(dice)
    course = ease(up.of(time, rest, onset))
    if falls:
        course = course * (1 - ease(down.of(time, rest + onset + hold, moving - onset)))
    return course


@dataclass(frozen=True, kw_only=True)
class Cues:
    """When units move within an onset or offset, in shares of it: some begin later, some are faster."""

    start: Tensor
    """(N, 17, 2)."""
    length: Tensor
    """(N, 17, 1); no unit is late for the end."""

    def of(self, time: Tensor, begin: Tensor, length: Tensor) -> Tensor:
        """Tell how much of its own movement each unit has behind it at each time, (N, F, 17, 2)."""
        share = (time - begin[:, None]) / length[:, None]
        return (share[..., None, None] - self.start[:, None]) / self.length[:, None]


def roll_cues(dice: Dice) -> Cues:
    """Roll the cues of the units in one onset or offset."""
    late = LATE * dice.roll()[:, None, None] * roll_side(dice) * HAS_SIDES[:, None]
    return Cues(
        start=dice.between(0, 0.1, NUM_AUS)[..., None] + late, length=dice.between(0.6, 0.8, NUM_AUS)[..., None]
    )


def roll_blinks(dice: Dice, seconds: Tensor) -> Tensor:
    """Roll how far the eyes are shut by blinks at each time, (N, F) in [0, 1]; each blink is whole within the clip."""
    length = float(seconds[-1])
    place = torch.arange(MOST_BLINKS)
    wanted = (dice.roll()[:, None] >= torch.tensor(BLINKS)).sum(1)
    number = wanted.clamp(max=math.floor(length / LONGEST_BLINK))  # those that do not fit are left out
    closing, shut, opening = (dice.between(*span, MOST_BLINKS) for span in (CLOSING, SHUT, OPENING))
    slot = (length / number.clamp(min=1))[:, None]
    begin = place * slot + dice.roll(MOST_BLINKS) * (slot - closing - shut - opening).clamp(min=0)
    depth = dice.between(0.85, 1, MOST_BLINKS) * (place < number[:, None])
    passed = seconds[:, None] - begin[:, None]
    down = ease(passed / closing[:, None])
    up = ease((passed - (closing + shut)[:, None]) / opening[:, None])
    return ((down - up) * depth[:, None]).clamp(0, 1).amax(2)


def roll_sway(dice: Dice, seconds: Tensor) -> Tensor:
    """Roll how the head sways about where it starts, (N, F, 3) in [-1, 1]: a slow wave about each axis."""
    pace, phase = dice.between(*SWAY_HZ, 3), dice.between(0, 2 * math.pi, 3)
    wave = torch.sin(2 * math.pi * pace[:, None] * seconds[:, None] + phase[:, None]) - torch.sin(phase)[:, None]
    return 0.5 * wave * SWAY


def name_frames(aus: Tensor, emotion: Tensor) -> Tensor:
    """Say what each frame shows of clips without blinks, (N, F, 17), of an emotion, (N,): (N, F), -1 between."""
    apex = aus.amax(1)
    way = torch.einsum("nfu,nu->nf", aus, apex) / apex.square().sum(1, keepdim=True).clamp(min=1e-6)
    resting = torch.where(aus.amax(2) <= STILL, EMOTIONS.index("neutral"), -1)
    return torch.where(way >= NEAR_APEX, emotion[:, None], resting)
