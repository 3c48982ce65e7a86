"""Edits of drawn people, healthy ones and such with a planted defect, of which everything is known exactly.

What a judge reads is what was drawn, with a little trembling of its own, so that no figure is exact by accident.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from torch import Tensor

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, NUM_AUS
from mienkit.core.emotion import EMOTIONS, emotion_aus, emotion_likelihood
from mienkit.core.image import Picture, to_float
from mienkit.data.drawn import draw_faces, random_expressions
from mienkit.metrics.au_agreement import AU_MAE, au_agreement, known_mean
from mienkit.metrics.background import background_change
from mienkit.metrics.copy_corrected import copy_corrected
from mienkit.metrics.dose_response import dose_response
from mienkit.metrics.emotion_accuracy import emotion_accuracy
from mienkit.metrics.flicker import face_oval
from mienkit.metrics.frechet import measure_frechet
from mienkit.metrics.gain_identity import gain, gain_identity
from mienkit.metrics.inception_score import measure_class_score
from mienkit.metrics.kernel_distance import measure_kernel_distance
from mienkit.metrics.leakage import leakage_slopes, sum_up_leakage
from mienkit.metrics.networks import load_network
from mienkit.metrics.psnr import psnr
from mienkit.metrics.reversibility import reversibility
from mienkit.metrics.ssim import ssim

PEOPLE = 28
"""Four for each emotion."""
MANY = 40
"""Of whom no picture is drawn: what they answer to doses."""
SIZE = 64
LEVELS = np.linspace(0, 1, 6)
TREMBLING = 0.02
STRANGER = 900
"""What is added to a person's number to make another one."""
HEALTHY = 0.85
"""Share of the asked change that a healthy edit shows."""
DEFECTS = ("identity swapped", "wrong AU", "frozen", "noise")
EDITORS = ("copy", "healthy", "half", "soft")
"""Without a defect: one that does nothing, two that do more and less of what is asked for, and one that blurs a little,
as networks do."""
WRONG = np.roll(np.arange(NUM_AUS), 5)
"""Unit that moves instead of each one."""
STILL = np.array([*range(3), *range(14, 17), 27, 28, 30])
"""Landmarks that no expression moves."""
REACH = np.arange(-2, 3)
EMOTION = {emotion: EMOTIONS[1:][(place + 3) % 7] for place, emotion in enumerate(EMOTIONS[1:])}
"""Emotion that the editor with the wrong units shows instead."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What an editor made of neutral people who were asked for an emotion each, and of what it was asked to undo."""

    before: Picture
    """(P, S, S, 3), as are all pictures."""
    after: Picture
    undone: Picture
    exact: Picture
    landmarks: np.ndarray
    """(P, 68, 2), of the result."""
    before_landmarks: np.ndarray
    aus_before: np.ndarray
    """(P, 17), read, as are all units but the wanted ones."""
    aus_after: np.ndarray
    aus_undone: np.ndarray
    wanted: np.ndarray
    """(P, 17), exact."""
    asked: np.ndarray
    """(P,), emotions."""
    seen: np.ndarray
    """(P, 8), probabilities."""

    def image(self, which: str) -> Tensor:
        """Return one of its pictures as floats, (P, 3, S, S)."""
        return to_float(getattr(self, which))


def name_of(editor: str) -> str:
    return "copy" if editor == "frozen" else editor


def shown_units(editor: str, wanted: np.ndarray) -> np.ndarray:
    """Say what an editor shows of neutral people who are asked for units, (..., 17)."""
    shares = {"copy": 0.0, "half": 0.5}
    told = wanted[..., WRONG.argsort()] if editor == "wrong AU" else wanted
    return told * shares.get(editor, HEALTHY)


def draw(editor: str, units: np.ndarray) -> tuple[Picture, np.ndarray]:
    """Draw what an editor made, and where its landmarks are."""
    people = np.arange(PEOPLE)
    own = people + STRANGER if editor == "identity swapped" else people
    drawn = draw_faces(own, units.astype(np.float32), size=SIZE, pose=False, scene=people)
    return FINISH.get(editor, np.copy)(drawn.images), drawn.landmarks


def add_grain(pictures: Picture) -> Picture:
    grain = np.random.default_rng(7).normal(size=pictures.shape) * 14
    return (pictures + grain).round().clip(0, 255).astype(np.uint8)


def soften(pictures: Picture) -> Picture:
    return np.stack([cv2.GaussianBlur(one, (0, 0), 1.0) for one in pictures])


FINISH = {"noise": add_grain, "soft": soften}


def read(units: np.ndarray, seed: int) -> np.ndarray:
    """Read units, (..., 17), as a judge does that is nearly perfect."""
    return units + np.random.default_rng(seed).normal(size=units.shape) * TREMBLING


@cache
def draw_neutral() -> tuple[Picture, np.ndarray]:
    return draw("copy", np.zeros((PEOPLE, NUM_AUS)))


@cache
def draw_wanted() -> Picture:
    return draw("copy", emotions_of(EMOTIONS[1 + place % 7] for place in range(PEOPLE)))[0]


def emotions_of(names: Iterable[str]) -> np.ndarray:
    """Return whole expressions, (P, 17)."""
    return np.stack([emotion_aus(name).double().numpy() for name in names])


@cache
def results(editor: str) -> Results:
    """Let an editor change everybody from neutral to an emotion."""
    asked = 1 + np.arange(PEOPLE) % 7
    wanted, neutral = emotions_of(EMOTIONS[emotion] for emotion in asked), np.zeros((PEOPLE, NUM_AUS))
    other = emotions_of(EMOTION[EMOTIONS[emotion]] for emotion in asked) * HEALTHY
    shown = other if editor == "wrong AU" else shown_units(editor, wanted)
    left = shown * 0.1  # nobody undoes perfectly
    before, before_landmarks = draw_neutral()
    after, landmarks = draw(editor, shown)
    chance = (1, 1, 1) if editor == "copy" else (1, 2, 3)  # the same picture is read the same way
    read_before, read_after, read_undone = (
        read(units, seed) for units, seed in zip((neutral, shown, left), chance, strict=True)
    )
    return Results(
        before=before,
        after=after,
        undone=draw(editor, left)[0],
        exact=draw_wanted(),
        landmarks=landmarks,
        before_landmarks=before_landmarks,
        aus_before=read_before,
        aus_after=read_after,
        aus_undone=read_undone,
        wanted=wanted,
        asked=asked,
        seen=emotion_likelihood(torch.from_numpy(shown)).numpy(),
    )


@cache
def responses(editor: str) -> np.ndarray:
    """Let an editor give everybody each unit at six levels: changes that a judge reads, (17 asked, MANY, 6, 17)."""
    wanted = np.eye(NUM_AUS)[:, None, None] * LEVELS[None, None, :, None]
    shown = np.broadcast_to(shown_units(editor, wanted), (NUM_AUS, MANY, len(LEVELS), NUM_AUS))
    chance = np.random.default_rng(4)
    unlike = 1 + 0.2 * chance.normal(size=(1, MANY, 1, 1))  # people answer with more or less
    return np.zeros_like(shown) if editor == "copy" else read(shown * unlike, 5)


def unit_responses(editor: str, unit: str = "AU12") -> np.ndarray:
    """Return how one unit answers, (P, 6)."""
    return responses(editor)[AU_INDEX[unit], :, :, AU_INDEX[unit]]


def looks(pictures: Picture, landmarks: np.ndarray) -> np.ndarray:
    """Embed people by the colours of places that no expression moves, (P, 27) unit vectors.

    A stand-in for a recognition network, with which these tests need no file.
    """
    table = patches(pictures, landmarks) - usual_colours()
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def patches(pictures: Picture, landmarks: np.ndarray) -> np.ndarray:
    """Return the mean colours around nine landmarks of the nose and of the sides of the face, (P, 27)."""
    places = landmarks[:, STILL].round().astype(int).clip(2, SIZE - 3)
    rows, columns = (places[..., axis, None, None] + offset for axis, offset in ((1, REACH[:, None]), (0, REACH)))
    return (
        pictures[np.arange(len(pictures))[:, None, None, None], rows, columns].mean((2, 3)).reshape(len(pictures), -1)
    )


@cache
def usual_colours() -> np.ndarray:
    """Return the colours of the mean person, of others than those who are judged."""
    people = np.arange(2000, 2040)
    drawn = draw_faces(people, np.zeros((40, NUM_AUS)), size=SIZE, pose=False, scene=people)
    return patches(drawn.images, drawn.landmarks).mean(0)


@cache
def real_pictures() -> Picture:
    """Draw other people with natural expressions: what pictures should look like."""
    people = np.arange(3000, 3000 + 2 * PEOPLE)
    return draw_faces(people, random_expressions(len(people), 3)[0], size=SIZE, pose=False, scene=people).images


@cache
def copied_error() -> float:
    """Return the AU error of leaving pictures alone."""
    return au_agreement(results("copy").aus_after, results("copy").wanted).means[0]


@cache
def figures(editor: str) -> dict[str, float]:
    """Measure an editor: metric -> figure."""
    made, pictures = results(editor), {name: results(editor).image(name) for name in ("before", "after", "exact")}
    agreement = au_agreement(made.aus_after, made.wanted)
    emotions = emotion_accuracy(made.asked, made.seen)
    doses = [dose_response(LEVELS, unit_responses(editor, unit)) for unit in ACTION_UNITS]
    leak = sum_up_leakage(leakage_slopes(LEVELS, responses(editor)))
    same = (looks(made.before, made.before_landmarks) * looks(made.after, made.landmarks)).sum(1).mean()
    gained = gain(made.wanted, made.aus_after - made.aus_before).mean()
    face = torch.stack([face_oval(torch.from_numpy(points), SIZE) for points in made.before_landmarks])[:, None]
    network = load_network("meter")
    return {
        "au_mae": agreement.means[0],
        "au_pcc": agreement.means[1],
        "au_icc": agreement.means[2],
        "emotion_accuracy": emotions.accuracy,
        "dose_r2": float(np.median([one.r2 for one in doses])),
        "dose_spearman": float(np.median([one.spearman for one in doses])),
        "dose_slope": float(np.median([one.slope for one in doses])),
        "leakage_on_target": leak.on_target,
        "leakage_worst": leak.worst,
        "reversibility_pixels": known_mean(reversibility(made.before, made.after, made.undone)),
        "reversibility_aus": known_mean(reversibility(made.aus_before, made.aus_after, made.aus_undone)),
        "gain_identity_area": gain_identity([gained], [same]).area,
        "ssim": float(ssim(pictures["after"], pictures["exact"]).mean()),
        "psnr": float(psnr(pictures["after"], pictures["exact"]).mean()),
        "identity": float(same),
        "background_change": float(background_change(pictures["after"], pictures["before"], face).mean()),
        "frechet": measure_frechet(network, made.after, real_pictures()).value,
        "kernel_distance": measure_kernel_distance(network, made.after, real_pictures()).value,
        "copy_corrected": copy_corrected(AU_MAE, agreement.means[0], copied_error(), 0.0),
        "class_score": measure_class_score(network, made.after, splits=1).value,
    }
