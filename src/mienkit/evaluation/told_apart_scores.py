"""What is said of a detector of edits: how often it is right, for which edits, and what the expression alone tells."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional as F

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.data.faces import FaceArrays, Indices, Mask
from mienkit.evaluation.interval import Estimate, bootstrap_mean

Floats = npt.NDArray[np.float32]

SLIGHT = 0.5
"""Of the unit that changed most: up to here a change counts as slight."""
SMILES = ("AU6", "AU7", "AU10", "AU12", "AU25")
MOST_COMMON = 0.35
"""A face on which no unit but those of a smile is stronger than this is one of which photographs are full."""
FIT_NOISE = 0.05
"""Of a unit, when a head is fitted to a photograph again; an exact unit without it would give itself away."""
HIDDEN, STEPS, ROWS = 64, 1500, 256


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How often a detector is right, each photograph counting as much as its edits; 0.5 is chance."""

    told: Estimate
    """Of single pictures."""
    couple: Estimate
    """Which of a photograph and its edit is the edit."""
    actions: Mapping[str, Estimate]
    """By the unit that changed most, such as ``AU12 up``."""
    strengths: Mapping[str, Estimate]
    rarity: Mapping[str, Estimate]
    """Edits to a calm or smiling face apart from others, which photographs hardly ever show."""


def summarise(faces: FaceArrays, scores: Floats) -> Scores:
    """Judge a detector.

    Args:
        faces: photographs and their edits.
        scores: (N,), above 0 for what it takes for an edit; NaN where it did not look.
    """
    edits = np.flatnonzero((faces.pair >= 0) & ~np.isnan(scores))
    photos = faces.pair[edits]
    right = ((scores[edits] > 0).astype(np.float64) + (scores[photos] <= 0)) / 2
    action, strength = leading_action(faces, edits), strengths(faces, edits)
    common = is_common(faces.aus[edits])
    people = faces.subject[edits]

    def estimate(chosen: Mask) -> Estimate:
        return bootstrap_mean(right[chosen], people[chosen])

    return Scores(
        told=bootstrap_mean(right, people),
        couple=bootstrap_mean(scores[edits] > scores[photos], people),
        actions={str(name): estimate(action == name) for name in np.unique(action)},
        strengths={"up to 0.5": estimate(strength <= SLIGHT), "above 0.5": estimate(strength > SLIGHT)},
        rarity={"calm or smiling": estimate(common), "other": estimate(~common)},
    )


def leading_action(faces: FaceArrays, edits: Indices) -> npt.NDArray[np.str_]:
    """Name the unit that changed most and where to, (E,), such as ``AU12 up``."""
    change = faces.aus[edits] - faces.before[edits]
    most = np.abs(change).argmax(1)
    rises = change[np.arange(len(edits)), most] > 0
    return np.array([f"{ACTION_UNITS[unit]} {'up' if up else 'down'}" for unit, up in zip(most, rises, strict=True)])


def strengths(faces: FaceArrays, edits: Indices) -> Floats:
    """Return by how much the unit changed that changed most, (E,)."""
    return np.asarray(np.abs(faces.aus[edits] - faces.before[edits]).max(1), np.float32)


def is_common(aus: Floats) -> Mask:
    """Say whether units, (E, 17), are those of a calm or smiling face."""
    others = np.ones(len(ACTION_UNITS), bool)
    others[[AU_INDEX[name] for name in SMILES]] = False
    return np.asarray((aus[:, others] <= MOST_COMMON).all(1))


def expression_scores(faces: FaceArrays, fold: Indices, seed: int = 0) -> Floats:
    """Score rows by their 17 units alone, (N,), each fold by the others: what gives edits away that is no drawing.

    Args:
        faces: photographs and edits; photographs take the units that were fitted to them.
        fold: (N,).
        seed: of the small network and the noise.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    units, edited = faces.expressions(), faces.pair >= 0
    seen = units + rng.normal(0, FIT_NOISE, units.shape).astype(np.float32)
    found = np.full(len(faces), np.nan, np.float32)
    for number in np.unique(fold):
        edits = np.flatnonzero(edited & (fold != number))
        net = _fit_expressions(units, edits, faces.pair[edits], rng)
        here = fold == number
        with torch.no_grad():
            found[here] = net(torch.from_numpy(seen[here]))[:, 0].numpy()
    return found


def _fit_expressions(units: Floats, edits: Indices, photos: Indices, rng: np.random.Generator) -> nn.Module:
    """Learn to tell the units of edits from those of their photographs."""
    net = nn.Sequential(nn.Linear(units.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(),
                        nn.Linear(HIDDEN, 1))  # fmt: skip
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.05)
    truth = torch.cat([torch.zeros(ROWS), torch.ones(ROWS)])
    for _ in range(STEPS):
        chosen = rng.integers(len(edits), size=ROWS)
        shown = units[np.concatenate([photos[chosen], edits[chosen]])]
        noisy = shown + rng.normal(0, FIT_NOISE, shown.shape)
        loss = F.binary_cross_entropy_with_logits(net(torch.from_numpy(noisy).float())[:, 0], truth)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return net


def strangers(photos: FaceArrays, fold: Indices, seed: int = 0) -> FaceArrays:
    """Call half of the photographs of every fold edits of the other half: whoever tells these apart cheats."""
    rng = np.random.default_rng(seed)
    pair = np.full(len(photos), -1, np.int64)
    for number in np.unique(fold):
        rows = rng.permutation(np.flatnonzero(fold == number))
        half = len(rows) // 2
        pair[rows[half : 2 * half]] = rows[:half]
    known = {name: getattr(photos, name) for name in photos.__dataclass_fields__}
    return FaceArrays(**{**known, "pair": pair})
