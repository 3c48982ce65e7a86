"""Who is drawn: everything about a face that stays when its expression, pose and light change."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mienkit.data.drawn.dice import Dice, mix_keys


def palette(*codes: str) -> Tensor:
    """Turn sRGB hex codes into linear light, (K, 3); shading is done in linear light with a gamma of 2."""
    values = [[int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)] for code in codes]
    return torch.tensor(values) ** 2


SKIN = palette("fbe0d0", "f2ccb0", "e2b08c", "cf9670", "b07a54", "8c5c3e", "6a4430", "452c22")
HAIR = palette("17120f", "2a1e17", "443022", "6b4a2c", "96713f", "c6a468", "8a3f1e", "b9b4ac", "e6e2da")
IRIS = palette("3a2415", "55361c", "7a5a2c", "6c7a45", "5c7f86", "6f93b5", "8a9aa4")
CLOTH = palette("16181d", "2c3a55", "7a2430", "d8d4cc", "4a6a4c", "8a8f98", "c9a14a", "5a3a6a", "e9eef2", "2b6f8a")
PERSON_SALT = 0x9E1


@dataclass(frozen=True, kw_only=True)
class Person:
    """Traits of N people; a tensor is (N,) unless its comment says otherwise."""

    width: Tensor
    jaw: Tensor
    """Width of the jaw against the temples."""
    chin: Tensor
    """Length below the mouth, template pixels longer than average."""
    forehead: Tensor
    eye_gap: Tensor
    eye_size: Tensor
    eye_open: Tensor
    eye_tilt: Tensor
    brow_height: Tensor
    brow_arch: Tensor
    brow_thick: Tensor
    nose_length: Tensor
    nose_width: Tensor
    nose_height: Tensor
    mouth_width: Tensor
    lip_upper: Tensor
    lip_lower: Tensor
    asymmetry: Tensor
    """(N, 79, 2) template pixels."""
    age: Tensor
    """0 smooth to 1 most lined."""
    relief: Tensor
    """(N, 1) how deep the face is modelled."""
    skin: Tensor
    """(N, 3) linear light, as all colours."""
    blush: Tensor
    gloss: Tensor
    freckles: Tensor
    lips: Tensor
    """(N, 3)."""
    iris: Tensor
    """(N, 3)."""
    hair: Tensor
    """(N, 3)."""
    brow: Tensor
    """(N, 3)."""
    bald: Tensor
    """1 where the scalp is bare on top."""
    long: Tensor
    """1 where the hair falls below the jaw."""
    length: Tensor
    """How far down long hair falls, template pixels."""
    volume: Tensor
    """How far hair stands off the skull, template pixels."""
    hairline: Tensor
    """Template pixels by which the hair starts higher than on average."""
    fringe: Tensor
    """1 where hair covers the forehead."""
    parting: Tensor
    """-1 to 1, where the fringe or parting lies."""
    curl: Tensor
    beard: Tensor
    """0 to 1."""
    moustache: Tensor
    stubble: Tensor
    glasses: Tensor
    """1 where worn."""
    frame: Tensor
    """(N, 4): half width, half height, thickness in template pixels, roundness 0 to 1."""
    frame_color: Tensor
    """(N, 3)."""
    cloth: Tensor
    """(N, 3)."""
    lashes: Tensor
    key: Tensor
    """(N,) int64, for textures."""


def meet(identity: Tensor) -> Person:
    """Return the people with these numbers, (N,) int64; a number is the same person under every seed."""
    key = mix_keys(PERSON_SALT, identity)
    dice = Dice(key, 400)
    feminine = dice.roll()
    masculine = (feminine < 0.5).float()
    age = dice.roll() ** 1.5
    tone = dice.roll()
    skin = dice.ramp(SKIN, tone) * (1 + dice.bell(0, 0.05, 3))
    hair = hair_color(dice, tone, age)
    beard = masculine * dice.chance(0.25)
    return Person(
        key=key,
        age=age,
        skin=skin.clamp(0.01, 0.98),
        hair=hair,
        brow=(hair * dice.between(0.35, 0.8)[:, None]).clamp(0.004, 0.35),
        iris=dice.ramp(IRIS, dice.roll() * (1 - 0.75 * (tone > 0.45).float())),
        lips=lip_color(dice, skin, 1 - masculine),
        lashes=0.35 + 0.65 * (1 - masculine) * dice.roll(),
        beard=beard * dice.between(0.5, 1),
        moustache=torch.maximum(beard * dice.chance(0.8), masculine * dice.chance(0.12)) * dice.between(0.6, 1),
        stubble=masculine * dice.chance(0.45) * dice.roll(),
        **proportions(dice, masculine),
        **surface(dice),
        **hairdo(dice, masculine, age),
        **spectacles(dice),
    )


def proportions(dice: Dice, masculine: Tensor) -> dict[str, Tensor]:
    """Roll the shape of the bones and features."""
    return {
        "width": dice.bell(1, 0.055),
        "jaw": dice.bell(0.985, 0.045) + 0.03 * masculine,
        "chin": dice.bell(0, 5.5) + 2 * masculine,
        "forehead": dice.bell(0, 5),
        "eye_gap": dice.bell(0, 1.9),
        "eye_size": dice.bell(1, 0.07),
        "eye_open": dice.bell(1.05, 0.14) - 0.08 * masculine,
        "eye_tilt": dice.bell(0, 1.3),
        "brow_height": dice.bell(0, 2.6) + 1.5 * masculine,
        "brow_arch": dice.bell(0, 1.8),
        "brow_thick": (dice.bell(1, 0.2) + 0.3 * masculine - 0.1).clamp(min=0.7),
        "nose_length": dice.bell(0, 3.2),
        "nose_width": dice.bell(1, 0.12),
        "nose_height": dice.bell(1, 0.16),
        "mouth_width": dice.bell(1, 0.075),
        "lip_upper": dice.bell(1, 0.22) - 0.1 * masculine,
        "lip_lower": dice.bell(1, 0.18) - 0.1 * masculine,
        "asymmetry": dice.bell(0, 0.45, 79, 2),
        "relief": dice.bell(1, 0.15, 1),
    }


def surface(dice: Dice) -> dict[str, Tensor]:
    """Roll what the skin is like."""
    return {
        "blush": dice.roll(),
        "gloss": dice.between(0.02, 0.22),
        "freckles": dice.chance(0.2) * dice.between(0.3, 1),
        "cloth": dice.ramp(CLOTH),
    }


def hairdo(dice: Dice, masculine: Tensor, age: Tensor) -> dict[str, Tensor]:
    """Roll the hair's style; bald and long exclude each other."""
    bald = dice.chance(0.04 + 0.3 * masculine * age + 0.08 * masculine)
    long = (1 - bald) * dice.chance(0.75 - 0.65 * masculine)
    return {
        "bald": bald,
        "long": long,
        "length": dice.between(30, 170),
        "volume": dice.between(5, 15) + long * dice.between(0, 10),
        "hairline": dice.bell(0, 4) + 6 * masculine * age,
        "fringe": (1 - bald) * dice.chance(0.22),
        "parting": dice.between(-1, 1),
        "curl": dice.roll(),
    }


def spectacles(dice: Dice) -> dict[str, Tensor]:
    """Roll glasses, most often none."""
    size = torch.stack([dice.between(20, 25), dice.between(12, 18), dice.between(0.8, 2.2), dice.roll()], 1)
    return {
        "glasses": dice.chance(0.2),
        "frame": size,
        "frame_color": dice.ramp(palette("0c0b0b", "2a1a12", "5a4630", "9a9a9a", "3a1010")),
    }


def hair_color(dice: Dice, tone: Tensor, age: Tensor) -> Tensor:
    """Roll a hair colour, darker with darker skin and grey with age, (N, 3)."""
    natural = dice.ramp(HAIR[:6], dice.roll() ** 1.3 * (1 - 0.8 * (tone > 0.4).float()))
    red = (dice.chance(0.08) * (tone < 0.4).float())[:, None]
    grey = (((age - 0.55) * 2.4).clamp(0, 1) * dice.roll() ** 0.5)[:, None]
    return torch.lerp(torch.lerp(natural, HAIR[6], red), dice.ramp(HAIR[7:]), grey)


def lip_color(dice: Dice, skin: Tensor, feminine: Tensor) -> Tensor:
    """Roll the lips' colour: redder and darker than the skin, now and then painted, (N, 3)."""
    natural = skin * torch.tensor([0.80, 0.48, 0.50]) + torch.tensor([0.03, 0.01, 0.015])
    painted = dice.ramp(palette("8c1c2c", "b03040", "c05a6a", "7a3038"))
    return torch.lerp(natural, painted, (feminine * dice.chance(0.4) * dice.between(0.3, 0.8))[:, None])
