"""Protocol ``static-edit-400``: people in one scene with every emotion; a picture becomes another one that is known.

The people are drawn or rendered, or photographs that were re-expressed with all emotions; then the photograph itself is
what is edited. Editors are told units or an emotion, transferers are shown somebody else who has it, painters get
landmarks; all are held to the same exact pictures. The judge is a meter that took no part in their training.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from time import perf_counter
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError, DataError
from mienkit.core.image import Picture, to_float, to_uint8
from mienkit.core.task import Edited, Editor, Measurer, Painter, Transferer, units_for
from mienkit.data.emotion import exact_scenes, known_emotions, one_hot
from mienkit.data.faces import FaceArrays, Indices
from mienkit.evaluation.drawn_edit import region_error
from mienkit.evaluation.interval import Estimate, Floats, bootstrap_mean, bootstrap_saved
from mienkit.metrics.psnr import psnr
from mienkit.metrics.ssim import ssim
from mienkit.nn.warp import resized

EDITS = 400
BATCH = 32
NEUTRAL = EMOTIONS.index("neutral")
TOLD = {
    "units": "how strong each action unit is",
    "emotion": "which emotion",
    "landmarks": "the exact result's landmarks",
    "driver": "somebody else who shows it, and both people's landmarks",
}
"""Ways in which a model is told of the change."""


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

    emotion: Floats
    """1 where the emotion that was asked for is the one the judge finds most likely, else 0."""
    aus: Floats
    """Mean absolute difference between the units that the judge reads and the exact ones."""
    region: Floats
    """Mean absolute difference to the exact picture where something should change; images in [-1, 1]."""
    identity: Floats
    """Cosine to the picture before; NaN where nobody can tell."""
    ssim: Floats
    psnr: Floats
    """Both of the whole picture."""


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


def ways_of(model: object) -> tuple[str, ...]:
    """Name the ways in which a model can be told of a change, of TOLD.

    Raises:
        ConfigError: it changes no pictures.
    """
    ways = []
    if isinstance(model, Editor):
        ways.append("emotion" if model.vocabulary == EMOTIONS else "units")
    if isinstance(model, Painter):
        ways.append("landmarks")
    if isinstance(model, Transferer):
        ways.append("driver")
    if not ways:
        raise ConfigError(f"{type(model).__name__} changes no expressions; `mien models` shows what each model does")
    return tuple(ways)


def change_pictures(model: object, task: StaticTask, way: str) -> tuple[Picture, float]:
    """Let a model do all edits of a task.

    Args:
        model: can be told in this way.
        task: what it is asked for.
        way: one of TOLD.

    Returns:
        (N, S, S, 3) at the size of the task's pictures, as a file would hold them, and the milliseconds of an edit.
    """
    ask = ASKED[way]
    pictures, seconds = [], 0.0
    for rows in parts(task):
        start = perf_counter()
        with torch.inference_mode():
            edited = ask(model, task, rows)
            pictures.append(to_uint8(resized(edited.image, task.faces.size)))
        seconds += perf_counter() - start
    return np.concatenate(pictures), 1000 * seconds / len(task)


def parts(task: StaticTask) -> Iterator[Indices]:
    """Cut a task into batches."""
    places = np.arange(len(task))
    return (places[start : start + BATCH] for start in range(0, len(task), BATCH))


def ask_editor(model: Editor, task: StaticTask, rows: Indices) -> Edited:
    """Tell an editor what the pictures show and what they should show."""
    faces, before, after = task.faces, task.source[rows], task.target[rows]
    image = resized(to_float(faces.images[before]), model.image_size)
    if model.vocabulary == EMOTIONS:
        return model.edit(image, one_hot(faces.emotion[before]), one_hot(faces.emotion[after]))
    source, target = (units_for(model, torch.from_numpy(faces.aus[some])) for some in (before, after))
    return model.edit(image, source, target)


def ask_transferer(model: Transferer, task: StaticTask, rows: Indices) -> Edited:
    """Show a transferer somebody else."""
    (driver, driver_landmarks), (face, landmarks) = (
        sized(task.faces, some, model.image_size) for some in (task.driver[rows], task.source[rows])
    )
    return model.transfer(driver, face, driver_landmarks, landmarks)


def ask_painter(model: Painter, task: StaticTask, rows: Indices) -> Edited:
    """Give a painter the landmarks of the exact result."""
    image, landmarks = sized(task.faces, task.source[rows], model.image_size)
    _, aims = sized(task.faces, task.target[rows], model.image_size)
    return model.paint(image, landmarks, aims)


def sized(faces: FaceArrays, rows: Indices, size: int) -> tuple[Tensor, Tensor]:
    """Return pictures, (B, 3, size, size), and their landmarks, (B, 68, 2) in their pixels."""
    landmarks = torch.from_numpy(faces.landmarks[rows]) * (size / faces.size)
    return resized(to_float(faces.images[rows]), size), landmarks


ASKED: dict[str, Callable[..., Edited]] = {
    "units": ask_editor,
    "emotion": ask_editor,
    "driver": ask_transferer,
    "landmarks": ask_painter,
}
"""What a model is told -> how it is asked."""


def judge_pictures(
    pictures: Picture, task: StaticTask, judge: Measurer, recogniser: Recogniser | None = None
) -> StaticTrials:
    """Read what the results of a task, (N, S, S, 3), show, and compare them with the exact ones."""
    faces, found = task.faces, []
    for rows in parts(task):
        before, exact = to_float(faces.images[task.source[rows]]), to_float(faces.images[task.target[rows]])
        after = to_float(pictures[rows])
        with torch.inference_mode():
            reading = judge.measure(resized(after, judge.image_size))
        wanted = torch.from_numpy(faces.emotion[task.target[rows]])
        columns = (
            (reading.emotions.argmax(1) == wanted).float(),
            (reading.aus - torch.from_numpy(faces.aus[task.target[rows]])).abs().mean(1),
            region_error(after, exact, before),
            ssim(after, exact),
            psnr(after, exact),
        )
        found.append(torch.stack(columns, 1))
    emotion, aus, region, alike, decibels = torch.cat(found).double().numpy().T
    identity = likeness(pictures, task, judge, recogniser) if recogniser else np.full(len(task), np.nan)
    return StaticTrials(emotion=emotion, aus=aus, region=region, identity=identity, ssim=alike, psnr=decibels)


def likeness(pictures: Picture, task: StaticTask, judge: Measurer, recogniser: Recogniser) -> Floats:
    """Return the cosines between the results of a task and the pictures before, (N,); the judge finds the faces."""
    before = task.faces.images[task.source]
    old, new = (embed_all(some, judge, recogniser) for some in (before, pictures))
    return np.asarray((old * new).sum(1), np.float64)


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


def sum_up(trials: StaticTrials, of_copy: StaticTrials, people: Indices) -> StaticResult:
    """Turn trials, and those of the pictures left alone, into figures with intervals over people."""
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
    )
