"""Protocol ``photo-edit-40``: units and emotions on held-out photographs, judged by others' networks.

Forty photographs of subjects whom no training saw. Each of ten units is asked for at 1; MediaPipe's channels and
landmarks and MobileFace's embedding judge. The yardstick is what re-expressed photographs do for the same change.
Whether it stays the same person is asked of all units and emotions, at half and at full intensity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import TableError
from mienkit.core.expression import Expression
from mienkit.core.image import Picture
from mienkit.data.faces import FaceArrays, Indices
from mienkit.evaluation.interval import Estimate, Floats, bootstrap_mean, bootstrap_median
from mienkit.face.detectors.mediapipe import MediapipeLandmarker
from mienkit.metrics.identity import Identity

PHOTOS = 40
CHANNELS: Mapping[str, str] = {
    "AU1": "browInnerUp", "AU2": "browOuterUp", "AU4": "browDown", "AU12": "mouthSmile", "AU15": "mouthFrown",
    "AU17": "mouthShrugLower", "AU20": "mouthStretch", "AU25": "mouthUpperUp", "AU26": "jawOpen", "AU45": "eyeBlink",
}  # fmt: skip
"""The ten units that MediaPipe can see, and its channel (left and right averaged)."""
HALF, FULL = 0.5, 1.0
SHOWN_EMOTIONS = tuple(name for name in EMOTIONS if name != "neutral")
ROOM = 0.3
"""Faces whose channel is already above this do not count for its rise."""
MOVING = 0.5
"""Landmarks that the yardstick moves by at least this share of its largest movement count for the gain."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """What the judges see in a picture."""

    landmarks: Floats
    """(68, 2) as shares of the side."""
    channels: Mapping[str, float]
    """Unit -> its channel: 0 to 1, or a little beyond where a judge does not clip what it reads."""
    embedding: npt.NDArray[np.float32]
    """(256,), a unit vector; NaN where nobody asked for it."""


class Judge:
    """MediaPipe and MobileFace."""

    units = tuple(CHANNELS)
    """That it can read."""
    teacher = True
    """The meter, by which editors are trained, learned from MediaPipe's channels; tables mark it."""

    def __init__(self, landmarker: MediapipeLandmarker, identity: Identity) -> None:
        self.landmarker, self.identity = landmarker, identity
        self.name = f"mediapipe face landmarker, {identity.name}"

    def look(self, picture: Picture, *, recognise: bool = True) -> Look | None:
        """Look at an aligned face, (S, S, 3), and say who it is unless that is not asked; None where none is found."""
        found = self.landmarker.read(picture)
        if not found:
            return None
        face = found[0]
        return Look(
            landmarks=face.landmarks / len(picture),
            channels={unit: channel_score(face.blendshapes, name) for unit, name in CHANNELS.items()},
            embedding=self.identity.embed(picture, face.landmarks) if recognise else np.full(256, np.nan, np.float32),
        )


def channel_score(blendshapes: Mapping[str, float], name: str) -> float:
    """Average a channel's left and right."""
    if name in blendshapes:
        return blendshapes[name]
    return (blendshapes[f"{name}Left"] + blendshapes[f"{name}Right"]) / 2


def choose_photos(faces: FaceArrays, count: int = PHOTOS, seed: int = 0) -> Indices:
    """Choose held-out photographs of different subjects, by lot."""
    return np.sort(shuffle_people(faces, seed)[:count])


def shuffle_people(faces: FaceArrays, seed: int = 0) -> Indices:
    """Return one photograph of every subject, in an order by lot."""
    photos = np.flatnonzero(faces.of_kind("photograph"))
    _, first = np.unique(faces.subject[photos], return_index=True)
    return np.random.default_rng(seed).permutation(photos[first])


def asked_edits() -> dict[tuple[str, float], Expression]:
    """List what every photograph is asked for: (unit or emotion, intensity) -> expression."""
    edits = {(unit, share): Expression(aus={unit: share}) for unit in ACTION_UNITS for share in (HALF, FULL)}
    edits |= {
        (name, share): Expression(emotion=name, intensity=share) for name in SHOWN_EMOTIONS for share in (HALF, FULL)
    }
    return edits


def yardstick(faces: FaceArrays) -> Floats:
    """Return how far landmarks move for a full change of each unit, (17, 68, 2) as shares of the side.

    A least-squares fit over all pairs of photograph and exact change, with a small ridge for units that seldom occur.

    Raises:
        TableError: there are no pairs.
    """
    edits = np.flatnonzero(faces.pair >= 0)
    if not len(edits):
        raise TableError("the tables hold no exact changes; make some with `mien reexpress`, and give both tables")
    moved = (faces.landmarks[edits] - faces.landmarks[faces.pair[edits]]) / faces.size
    effects = effect_of_units(faces.aus[edits] - faces.before[edits], moved.reshape(len(moved), -1))
    return effects.reshape(-1, *moved.shape[1:])


def effect_of_units(change: npt.ArrayLike, moved: npt.ArrayLike) -> Floats:
    """Return what a full change of each unit moves, (K, M), by least squares over changes, (N, K), and effects, (N, M).

    With a small ridge, for units that seldom occur, and a constant: pictures and their edits differ a little even where
    no unit changes.
    """
    units = np.asarray(change, np.float64)
    inputs = np.concatenate([units, np.ones((len(units), 1))], 1)
    gram = inputs.T @ inputs + 1.0 * np.eye(inputs.shape[1])
    return np.asarray(np.linalg.solve(gram, inputs.T @ np.asarray(moved, np.float64))[:-1], np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """One edit of one photograph, as the judges see it."""

    subject: int
    before: Look
    after: Look
    change: npt.NDArray[np.float32]
    """What was asked for minus what was measured, (17,)."""

    @property
    def identity(self) -> float:
        """Cosine of the person before and after."""
        return float(self.before.embedding @ self.after.embedding)


@dataclass(frozen=True, kw_only=True)
class UnitResult:
    """What an editor does when one unit is asked for at full strength."""

    unit: str
    rise: Estimate
    """Of MediaPipe's channel, on faces that did not show the unit."""
    movement: Estimate
    """Of the landmarks concerned, along and relative to the yardstick's movement; 1 = as far as it."""
    identity: Estimate
    """MobileFace cosine between photograph and edit."""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Median MobileFace cosine between photographs and their edits."""

    asked: str
    """A unit, an emotion, or what the figures are over."""
    half: Estimate
    """Asked for at half intensity."""
    full: Estimate


def judge_likeness(asked: str, half: Sequence[Trial], full: Sequence[Trial]) -> Likeness:
    """Say how much alike the persons stayed in some edits at half and at full intensity."""
    return Likeness(asked=asked, half=median_cosine(half), full=median_cosine(full))


def median_cosine(trials: Sequence[Trial]) -> Estimate:
    return bootstrap_median([trial.identity for trial in trials], [trial.subject for trial in trials])


def judge_unit(unit: str, trials: Sequence[Trial], measure: Floats) -> UnitResult:
    """Put the trials of one unit together."""
    people = [trial.subject for trial in trials]
    rise = [
        trial.after.channels[unit] - trial.before.channels[unit] if trial.before.channels[unit] < ROOM else np.nan
        for trial in trials
    ]
    identity = [trial.identity for trial in trials]
    return UnitResult(
        unit=unit,
        rise=bootstrap_mean(rise, people),
        movement=bootstrap_mean([movement(unit, trial, measure) for trial in trials], people),
        identity=bootstrap_mean(identity, people),
    )


def movement(unit: str, trial: Trial, measure: Floats) -> float:
    """Return how far the unit's landmarks went, relative to the yardstick; NaN where nearly nothing was asked for."""
    own = np.linalg.norm(measure[AU_INDEX[unit]], axis=1)
    moving = own >= MOVING * own.max()
    wanted = np.tensordot(trial.change, measure, 1)[moving]
    went = (trial.after.landmarks - trial.before.landmarks)[moving]
    if abs(trial.change[AU_INDEX[unit]]) < ROOM:
        return float("nan")
    return float((went * wanted).sum() / np.square(wanted).sum())
