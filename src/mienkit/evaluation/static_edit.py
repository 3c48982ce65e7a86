"""Protocol ``static-edit-400``: people in one scene with every emotion; a picture becomes another one that is known.

The people are drawn or rendered, or photographs that were re-expressed with all emotions; then the photograph itself is
what is edited. Editors are told units or an emotion, transferers are shown somebody else who has it, painters get
landmarks; all are held to the same exact pictures. The judge is a meter that took no part in their training.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import DataError
from mienkit.core.image import Picture, to_float
from mienkit.core.task import Measurer
from mienkit.data.emotion import exact_scenes, known_emotions
from mienkit.data.faces import FaceArrays, Indices
from mienkit.evaluation.corrected import UNKNOWN, bootstrap_corrected
from mienkit.evaluation.drawn_edit import region_error
from mienkit.evaluation.interval import Estimate, Floats, bootstrap_mean, bootstrap_saved
from mienkit.evaluation.unit_agreement import judge_units
from mienkit.metrics.au_agreement import AU_MAE
from mienkit.metrics.background import background_change
from mienkit.metrics.emotion_accuracy import EMOTION_ACCURACY
from mienkit.metrics.psnr import psnr
from mienkit.metrics.ssim import ssim
from mienkit.nn.warp import resized

EDITS = 400
BATCH = 32
NEUTRAL = EMOTIONS.index("neutral")
NEAR = 2
"""Pixels around what the exact result changes that are no background yet."""


class Recogniser(Protocol):
    """Turns a face into a unit vector that is alike for pictures of one person, such as ``metrics.identity``."""

    name: str

    def embed(self, picture: Picture, landmarks: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Embed one face of a picture, (H, W, 3), by its 68 landmarks in pixels."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class StaticTask:
    """Pictures of people, and which of them are to become which."""

    faces: FaceArrays
    source: Indices
    """(N,) rows of the pictures before."""
    target: Indices
    """(N,) rows of the same people in the same scenes, as they should be after the edit."""
    driver: Indices
    """(N,) rows of other people who show what the target shows."""

    def __len__(self) -> int:
        return len(self.source)

    def take(self, places: Sequence[int] | Indices) -> Self:
        """Take some of the edits."""
        rows = np.asarray(places, np.int64)
        return replace(self, source=self.source[rows], target=self.target[rows], driver=self.driver[rows])

    @property
    def people(self) -> Indices:
        """(N,): the same number for the same person."""
        return self.faces.subject[self.source]


@dataclass(frozen=True, kw_only=True, eq=False)
class StaticTrials:
    """What was read from N results, (N,) each."""

    asked: Indices
    """Index into EMOTIONS, what was asked for."""
    emotions: Floats
    """(N, 8), how likely the judge finds each emotion."""
    units: Floats
    """(N, 17), what the judge reads."""
    wanted: Floats
    """(N, 17), the exact units."""
    background: Floats
    """Mean absolute change where the exact result leaves the picture alone, in levels of 255; NaN if nowhere."""
    region: Floats
    """Mean absolute difference to the exact picture where something should change; images in [-1, 1]."""
    identity: Floats
    """Cosine to the picture before; NaN where nobody can tell."""
    embedding: Floats
    """(N, D), who it is; (N, 0) where nobody can tell."""
    ssim: Floats
    psnr: Floats
    """Both of the whole picture."""

    @property
    def emotion(self) -> Floats:
        """1 where the emotion that was asked for is the one the judge finds most likely, else 0: (N,)."""
        return np.asarray(self.emotions.argmax(1) == self.asked, np.float64)

    @property
    def aus(self) -> Floats:
        """Mean absolute difference between the units that the judge reads and the exact ones, (N,)."""
        return np.asarray(np.abs(self.units - self.wanted).mean(1), np.float64)

    def take(self, places: Sequence[int] | Indices) -> Self:
        """Take some of the results."""
        rows = np.asarray(places, np.int64)
        return replace(self, **{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True, kw_only=True)
class StaticResult:
    """How near a model comes to what was asked for."""

    emotion: Estimate
    aus: Estimate
    region: Estimate
    identity: Estimate
    ssim: Estimate
    psnr: float
    """In dB, mean over the pictures; infinite where one is exact."""
    emotion_gain: Estimate
    """Share of the pictures by which the emotion is met more often than by leaving them alone."""
    aus_gain: Estimate
    """Share of the error of leaving pictures alone that is gone: 1 is perfect, 0 no better."""
    region_gain: Estimate
    """The same where something should change."""
    au_pcc: Estimate = UNKNOWN
    """Correlation of the units that the judge reads with the exact ones, mean over units."""
    au_icc: Estimate = UNKNOWN
    """The same as ICC(3,1)."""
    emotion_corrected: Estimate = UNKNOWN
    """How far from leaving pictures alone to the exact ones, by how often the judge sees the emotion."""
    aus_corrected: Estimate = UNKNOWN
    """The same by the error of units; the judge errs on exact pictures, too."""
    background: Estimate = UNKNOWN
    """Change where the exact result has none, in levels of 255."""

    @property
    def better(self) -> tuple[str, ...]:
        """Name in what it is better than leaving the picture alone, its whole interval above 0."""
        gains = {"emotion": self.emotion_gain, "AU error": self.aus_gain, "error": self.region_gain}
        return tuple(name for name, gain in gains.items() if gain.low > 0)

    @property
    def beats_copy(self) -> bool:
        """Tell whether it is better in what the face shows and in the pixels that should change."""
        return "error" in self.better and len(self.better) > 1


def choose_edits(
    faces: FaceArrays, count: int = EDITS, seed: int = 0, emotions: Sequence[str] = EMOTIONS
) -> StaticTask:
    """Choose edits by lot: every person in turn, at first from neutral, then from another emotion, and so on.

    Args:
        faces: people in one scene with several emotions; rows of which something is unknown are left out.
        count: at most so many edits; fewer where there are fewer.
        seed: of the lot.
        emotions: that pictures show before and after.

    Raises:
        DataError: there are fewer than two people with two of these emotions.
    """
    faces = with_photographs(faces)
    shown = known_rows(faces, emotions)
    chance = np.random.default_rng(seed)
    scenes = chance.permutation(np.unique(faces.sequence[shown]))
    lots = [lot for scene in scenes for lot in [couples(faces, shown, scene, chance)] if lot]
    people = np.unique([faces.subject[lot[0][0]] for lot in lots])
    if len(people) < 2:
        raise DataError(
            f"edits with an exact result need at least two people who show two of {', '.join(emotions)} in one scene, "
            "units, landmarks and all; `mien draw --kind posed --per-scene 8` and `mien reexpress --posed` make them"
        )
    dealt = [couple for turn in zip_longest(*lots) for couple in turn if couple is not None][:count]
    source, target = np.asarray(dealt, np.int64).T
    return StaticTask(faces=faces, source=source, target=target, driver=drivers(faces, shown, target, chance))


def with_photographs(faces: FaceArrays) -> FaceArrays:
    """Give photographs the scene that their exact changes share with them, the units on whose scale those are exact,
    and the emotion that they point at."""
    photos = faces.of_kind("photograph")
    return replace(
        faces,
        aus=np.where(photos[:, None], faces.expressions(), faces.aus),
        emotion=np.where(photos, known_emotions(faces), faces.emotion),
        sequence=exact_scenes(faces),
    )


def known_rows(faces: FaceArrays, emotions: Sequence[str]) -> Indices:
    """List the rows of which everything is known, and which belong to a scene."""
    known = np.isin(faces.emotion, [EMOTIONS.index(name) for name in emotions]) & (faces.sequence >= 0)
    return np.flatnonzero(known & ~np.isnan(faces.landmarks).any((1, 2)) & ~np.isnan(faces.aus).any(1))


def couples(faces: FaceArrays, shown: Indices, scene: int, chance: np.random.Generator) -> list[tuple[int, int]]:
    """List what one scene's pictures can become, in a chance order that begins with neutral every other time.

    Where there is a photograph, it is what is edited.
    """
    rows = shown[faces.sequence[shown] == scene]
    photos = faces.of_kind("photograph")[rows]
    made = rows[~photos]
    _, first = np.unique(faces.emotion[made], return_index=True)
    own = made[first].tolist()
    before_them = rows[photos].tolist() or own
    pairs = [(old, new) for old in before_them for new in own if faces.emotion[old] != faces.emotion[new]]
    mixed = [pairs[place] for place in chance.permutation(len(pairs))]
    parts = [[pair for pair in mixed if (faces.emotion[pair[0]] == NEUTRAL) == calm] for calm in (True, False)]
    return [pair for turn in zip_longest(*parts) for pair in turn if pair is not None]


def drivers(faces: FaceArrays, shown: Indices, target: Indices, chance: np.random.Generator) -> Indices:
    """Choose somebody else who shows what each target shows, (N,).

    Raises:
        DataError: nobody else does.
    """
    chosen = target.copy()
    for place, row in enumerate(target.tolist()):
        others = shown[(faces.emotion[shown] == faces.emotion[row]) & (faces.subject[shown] != faces.subject[row])]
        if not len(others):
            raise DataError(f"nobody but one person shows {EMOTIONS[faces.emotion[row]]}; at least two should")
        chosen[place] = chance.choice(others)
    return chosen


def parts(task: StaticTask) -> Iterator[Indices]:
    """Cut a task into batches."""
    places = np.arange(len(task))
    return (places[start : start + BATCH] for start in range(0, len(task), BATCH))


def judge_pictures(
    pictures: Picture,
    task: StaticTask,
    judge: Measurer,
    recogniser: Recogniser | None = None,
    before: Floats | None = None,
) -> StaticTrials:
    """Read what the results of a task, (N, S, S, 3), show, and compare them with the exact ones.

    Args:
        pictures: the results.
        task: what was asked for.
        judge: reads them, and finds the faces for the recogniser.
        recogniser: compares identities, if there is one.
        before: (N, D), the embeddings of the pictures before, if they are known already.
    """
    faces, found = task.faces, list[list[Tensor]]()
    vectors: list[npt.NDArray[np.float32]] = []
    for rows in parts(task):
        original, exact = to_float(faces.images[task.source[rows]]), to_float(faces.images[task.target[rows]])
        after = to_float(pictures[rows])
        with torch.inference_mode():
            reading = judge.measure(resized(after, judge.image_size))
        touched = ((exact - original).abs().amax(1, keepdim=True) > 0).float()
        found.append(
            [
                reading.emotions.cpu(),
                reading.aus.cpu(),
                background_change(after, original, widened(touched)),
                region_error(after, exact, original),
                ssim(after, exact),
                psnr(after, exact),
            ]
        )
        if recogniser:
            landmarks = reading.landmarks.cpu().numpy() * (faces.size / judge.image_size)
            vectors += [recogniser.embed(one, points) for one, points in zip(pictures[rows], landmarks, strict=True)]
    emotions, units, background, region, alike, decibels = (
        torch.cat(column).double().numpy() for column in zip(*found, strict=True)
    )
    embedding = np.asarray(vectors, np.float64) if vectors else np.zeros((len(task), 0))
    return StaticTrials(
        asked=faces.emotion[task.target],
        emotions=emotions,
        units=units,
        wanted=np.asarray(faces.aus[task.target], np.float64),
        background=background,
        region=region,
        identity=likeness(embedding, pictures, task, judge, recogniser, before),
        embedding=embedding,
        ssim=alike,
        psnr=decibels,
    )


def widened(touched: Tensor) -> Tensor:
    """Add the neighbours of pixels that something touches, (B, 1, S, S): an edge that is softened is no background."""
    return F.max_pool2d(touched, 2 * NEAR + 1, 1, NEAR)


def likeness(
    embedding: Floats,
    pictures: Picture,
    task: StaticTask,
    judge: Measurer,
    recogniser: Recogniser | None,
    before: Floats | None,
) -> Floats:
    """Return the cosines between the results of a task and the pictures before, (N,); NaN where nobody can tell."""
    if recogniser is None:
        return np.full(len(task), np.nan)
    originals = task.faces.images[task.source]
    if before is None:
        same = np.array_equal(pictures, originals)
        before = embedding if same else embed_all(originals, judge, recogniser)
    return np.asarray((before * embedding).sum(1), np.float64)


def embed_all(pictures: Picture, judge: Measurer, recogniser: Recogniser) -> Floats:
    """Embed pictures, (N, S, S, 3), each by the landmarks that the judge finds: (N, D)."""
    scale = pictures.shape[1] / judge.image_size
    vectors = []
    for start in range(0, len(pictures), BATCH):
        some = pictures[start : start + BATCH]
        with torch.inference_mode():
            landmarks = judge.measure(resized(to_float(some), judge.image_size)).landmarks.numpy() * scale
        vectors += [recogniser.embed(picture, points) for picture, points in zip(some, landmarks, strict=True)]
    return np.asarray(vectors, np.float64)


def sum_up(
    trials: StaticTrials, of_copy: StaticTrials, people: Indices, exact: StaticTrials | None = None
) -> StaticResult:
    """Turn trials into figures with intervals over people.

    Args:
        trials: of a model.
        of_copy: of the same pictures left alone.
        people: (N,), whose each is.
        exact: of the exact results; what is corrected by them stays unknown without.
    """
    units = judge_units(trials.units, trials.wanted, people)
    corrected = {} if exact is None else {
        "emotion_corrected": bootstrap_corrected(
            EMOTION_ACCURACY, trials.emotion, of_copy.emotion, exact.emotion, people
        ),
        "aus_corrected": bootstrap_corrected(AU_MAE, trials.aus, of_copy.aus, exact.aus, people),
    }  # fmt: skip
    return StaticResult(
        emotion=bootstrap_mean(trials.emotion, people),
        aus=bootstrap_mean(trials.aus, people),
        region=bootstrap_mean(trials.region, people),
        identity=bootstrap_mean(trials.identity, people),
        ssim=bootstrap_mean(trials.ssim, people),
        psnr=float(trials.psnr.mean()),
        emotion_gain=bootstrap_mean(trials.emotion - of_copy.emotion, people),
        aus_gain=bootstrap_saved(trials.aus, of_copy.aus, people),
        region_gain=bootstrap_saved(trials.region, of_copy.region, people),
        au_pcc=units.pcc,
        au_icc=units.icc,
        background=bootstrap_mean(trials.background, people),
        **corrected,
    )
