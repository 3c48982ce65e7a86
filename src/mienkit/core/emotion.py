"""The eight emotions, and the action units that show them.

The prototypes are EMFACS's (Ekman & Friesen), as used by Benitez-Quiroz et al. 2016 (EmotioNet) for the basic ones.
Substitutions, because 17 units are modelled: AU24 (lip pressor) -> AU23 (lip tightener), AU16 dropped. Contempt is
shown by one half of the face; models that know no sides show it with both.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX, NUM_AUS, au_vector, both_sides
from mienkit.core.naming import unknown_name

EMOTIONS: tuple[str, ...] = (
    "neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise",
)  # fmt: skip

PROTOTYPES: Mapping[str, Mapping[str, float]] = {
    "neutral": {},
    "anger": {"AU4": 1.0, "AU5": 0.4, "AU7": 0.8, "AU23": 0.8},
    "contempt": {"AU12": 0.2, "AU14": 1.0},
    "disgust": {"AU4": 0.3, "AU9": 1.0, "AU10": 0.8, "AU17": 0.4},
    "fear": {"AU1": 1.0, "AU2": 0.6, "AU4": 0.6, "AU5": 0.9, "AU20": 0.8, "AU25": 0.7},
    "happiness": {"AU6": 0.8, "AU12": 1.0, "AU25": 0.6},
    "sadness": {"AU1": 1.0, "AU4": 0.6, "AU15": 0.9, "AU17": 0.4},
    "surprise": {"AU1": 1.0, "AU2": 1.0, "AU5": 0.8, "AU25": 0.9, "AU26": 0.9},
}
"""Emotion -> action units at full intensity of the emotion."""

ONE_SIDED: Mapping[str, str] = {"contempt": "L"}
"""Emotion -> the half of the face that shows it, the person's own. Either would do; the left one is the more expressive
in most people.

Source: Ekman & Friesen 1986 for contempt; Sackeim et al. 1978 for the left half.
"""

SYNONYMS: Mapping[str, str] = {
    "angry": "anger", "contemptuous": "contempt", "disgusted": "disgust", "fearful": "fear", "afraid": "fear",
    "happy": "happiness", "joy": "happiness", "smile": "happiness", "sad": "sadness", "surprised": "surprise",
}  # fmt: skip


def canonical_emotion(name: str) -> str:
    """Spell an emotion as everywhere in this package: ``Happy`` -> ``happiness``.

    Raises:
        UnknownNameError: there is no such emotion; the message lists those that exist.
    """
    spelled = SYNONYMS.get(name.strip().lower(), name.strip().lower())
    if spelled not in PROTOTYPES:
        raise unknown_name("emotion", name.strip(), EMOTIONS)
    return spelled


def emotion_aus(name: str, intensity: float = 1.0) -> Tensor:
    """Return the whole expression of an emotion as a vector of AU intensities, (17,)."""
    return au_vector(PROTOTYPES[canonical_emotion(name)]) * intensity


def emotion_sides(name: str, intensity: float = 1.0) -> Tensor:
    """Return the whole expression of an emotion, each half of the face for itself, (34,)."""
    sides = both_sides(emotion_aus(name, intensity)).view(NUM_AUS, 2)
    if side := ONE_SIDED.get(canonical_emotion(name)):
        sides[:, "RL".index(side)] = 0  # the other half, of columns left and right
    return sides.flatten()


def emotion_likelihood(aus: Tensor, spread: float = 0.45) -> Tensor:
    """Say how alike expressions, (B, 17), are to the eight prototypes: probabilities, (B, 8).

    The nearest point on each prototype's ray from neutral at half to full intensity counts, so that a weak smile is
    a smile.

    Args:
        aus: intensities in [0, 1].
        spread: distance at which a prototype's weight has fallen to 0.6.

    Source: ours; a softmax over squared distances.
    """
    prototypes = torch.stack([emotion_aus(name) for name in EMOTIONS]).to(aus)
    length = prototypes.square().sum(1).clamp(min=1e-6)
    along = (aus @ prototypes.T / length).clamp(0.4, 1.0)
    distance = (aus[:, None] - along[..., None] * prototypes).square().sum(-1)
    return torch.softmax(-distance / (2 * spread**2), dim=1)


FAINT, CLEAR = 0.5, 0.6
"""Length of an expression, its blink left out, up to which a face is neutral, and from which it can show an emotion."""
ALIKE = 0.75
"""Least cosine between an expression and the prototype that it is called after."""


def name_emotions(aus: Tensor) -> Tensor:
    """Name expressions, (B, 17), after the prototype that they point at: indices into EMOTIONS, (B,), -1 for none.

    Stricter than the most likely emotion: a mixture of two, a faint smile and a single unit have no name. Nor has what
    one half of the face may show clearly: in the mean of both halves it is half as long, and no neutral face.

    Source: ours.
    """
    awake = aus.clone()
    awake[:, AU_INDEX["AU45"]] = 0  # everybody blinks
    prototypes = torch.stack([emotion_aus(name) for name in EMOTIONS[1:]]).to(aus)
    length = awake.norm(dim=1)
    cosine = awake @ prototypes.T / (length.clamp(min=1e-6)[:, None] * prototypes.norm(dim=1))
    alike, emotion = cosine.max(1)
    named = torch.where((alike >= ALIKE) & (length >= CLEAR), emotion + 1, -1)
    one_sided = emotion.new_tensor([EMOTIONS.index(name) for name in ONE_SIDED])
    halved = torch.isin(emotion + 1, one_sided) & (alike >= ALIKE)
    return torch.where(length <= torch.where(halved, FAINT / 2, FAINT), 0, named)
