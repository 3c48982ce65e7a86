"""Protocol ``motion-clips``: whole clips of people whom no training saw, or of nobody, that show an emotion.

The people and halves are those of ``motion-rises``. An Animator gets each asked face at rest and its emotion, a Sampler
the emotion alone; who has the methods of both is asked as an Animator. The row ``real`` are the asked people's own
clips. A judge that took no part in any training reads what the frames show and where the landmarks are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from mienkit.core.errors import ConfigError
from mienkit.core.image import Picture, to_float, to_uint8
from mienkit.core.landmark import OUTER_EYE_CORNERS
from mienkit.core.task import Animator, Measurer, Sampler
from mienkit.data.chance import sample_keys
from mienkit.data.clip import Rises
from mienkit.data.faces import FaceArrays, Indices
from mienkit.evaluation.interval import Estimate, Floats, bootstrap_mean
from mienkit.evaluation.motion import MotionTask, first_rows
from mienkit.evaluation.static_edit import Recogniser
from mienkit.metrics.acd import acd, acd_i
from mienkit.metrics.diversity import own_class_spread
from mienkit.metrics.flicker import flicker
from mienkit.metrics.frechet import frechet_distance
from mienkit.nn.warp import resized

FRAMES = 16
"""Of every clip."""
LAST = 3
"""Frames at a clip's end that should show the emotion."""
SOME = 8
"""Frames of a clip, at equal times, that are embedded and whose features are compared: neighbours tell little more."""
TOGETHER = 16
"""Clips made at once."""


@dataclass(frozen=True, kw_only=True)
class ClipJudge:
    """Who reads clips."""

    measurer: Measurer
    features: Callable[[Tensor], Tensor]
    """Turns pictures of the measurer's size, (B, 3, S, S), into what its network makes of them, (B, D)."""
    recogniser: Recogniser | None = None
    """Compares identities, if there is one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Clips:
    """Clips as a file would hold them."""

    frames: Picture
    """(N, T, S, S, 3)."""
    label: Indices
    """(N,): index into EMOTIONS, what each should show."""
    people: Indices
    """(N,): the same number for the same asked person; clips of a Sampler keep the number that they were asked for."""
    source: Picture | None = None
    """(N, S, S, 3), the pictures that they were made from; None where there are none."""
    milliseconds: float = 0.0
    """Of making one clip."""

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipReadings:
    """What a judge sees in N clips of T frames."""

    landmarks: Tensor
    """(N, T, 68, 2) in pixels of the clips."""
    emotions: Tensor
    """(N, T, 8), probabilities."""
    features: Tensor
    """(N, SOME, D)."""


@dataclass(frozen=True, kw_only=True)
class ClipResult:
    """How good clips are; intervals are over the asked people, and single numbers are of all clips together."""

    emotion: Estimate
    """Share whose last frames show the emotion that was asked for, by the judge."""
    acd: Estimate
    """Distance between the embeddings of a clip's frames; 0 of a clip that stands still."""
    acd_i: Estimate
    """The same to the picture that the clip was made from, or to its own first frame where there is none."""
    flicker: Estimate
    """Change from frame to frame that landmarks do not explain, in levels of 255; 0 of a clip that stands still."""
    movement: Estimate
    """How far the landmarks of the last frame are from those of the first, as a share of the distance of the eyes."""
    diversity: Estimate
    """Distance of the judge's features among clips of one emotion, as a share of the real ones'."""
    frames: float
    """Fréchet distance of the judge's features of single frames to other people's real ones."""


def real_clips(faces: FaceArrays, rises: Rises, frames: int = FRAMES) -> Clips:
    """Take real clips, each its own nearest frames at equal times."""
    rows = [one[np.linspace(0, len(one) - 1, frames).round().astype(np.int64)] for one in rises.rows]
    return Clips(
        frames=faces.images[np.stack(rows)],
        label=rises.emotion,
        people=faces.subject[first_rows(rises)],
        source=faces.images[first_rows(rises)],
    )


def make_clips(model: object, task: MotionTask, frames: int = FRAMES, seed: int = 0) -> Clips:
    """Let a model make a clip for each asked one; a Sampler never sees the face.

    Raises:
        ConfigError: it makes no clips.
    """
    if not isinstance(model, Sampler | Animator):
        raise ConfigError(f"{type(model).__name__} makes no clips; `mien models` shows what each model does")
    rest = first_rows(task.asked)
    key = sample_keys(seed, np.arange(len(rest)))
    made, start = [], perf_counter()
    for some in np.array_split(np.arange(len(rest)), range(TOGETHER, len(rest), TOGETHER)):
        with torch.inference_mode():
            label = torch.from_numpy(task.asked.emotion[some])
            clip = ask(model, task.faces, rest[some], label, key[some], frames)
            made.append(to_uint8(resized(clip.flatten(0, 1), task.faces.size)))
    return Clips(
        frames=np.concatenate(made).reshape(-1, frames, *task.faces.images.shape[1:]),
        label=task.asked.emotion,
        people=task.people,
        source=task.faces.images[rest] if isinstance(model, Animator) else None,
        milliseconds=1000 * (perf_counter() - start) / len(rest),
    )


def ask(model: Sampler | Animator, faces: FaceArrays, rest: Indices, label: Tensor, key: Tensor, frames: int) -> Tensor:
    """Ask for clips of emotions, from faces at rest where the model wants any: (B, T, 3, H, W)."""
    if not isinstance(model, Animator):
        return model.sample(key, label, frames)
    landmarks = torch.from_numpy(faces.landmarks[rest]) * (model.image_size / faces.size)
    return model.animate(resized(to_float(faces.images[rest]), model.image_size), landmarks, label, key, frames)


def parts(count: int, size: int) -> Iterator[slice]:
    """Cut places 0 to ``count`` into parts."""
    return (slice(start, start + size) for start in range(0, count, size))


def some_frames(count: int) -> Indices:
    """Choose SOME of the frames of a clip at equal times, the first and the last among them."""
    return np.linspace(0, count - 1, min(SOME, count)).round().astype(np.int64)


def read_clips(clips: Clips, judge: ClipJudge) -> ClipReadings:
    """Let a judge look at every frame."""
    count, frames, size = clips.frames.shape[:3]
    chosen = torch.from_numpy(some_frames(frames))
    landmarks, emotions, features = [], [], []
    for some in parts(count, TOGETHER):
        image = resized(to_float(clips.frames[some].reshape(-1, size, size, 3)), judge.measurer.image_size)
        with torch.inference_mode():
            reading = judge.measurer.measure(image)
            features.append(judge.features(image.unflatten(0, (-1, frames))[:, chosen].flatten(0, 1)))
        landmarks.append(reading.landmarks * (size / judge.measurer.image_size))
        emotions.append(reading.emotions)
    return ClipReadings(
        landmarks=torch.cat(landmarks).unflatten(0, (count, frames)),
        emotions=torch.cat(emotions).unflatten(0, (count, frames)),
        features=torch.cat(features).double().unflatten(0, (count, -1)),
    )


def judge_clips(
    clips: Clips, judge: ClipJudge, real: ClipReadings, asked: ClipReadings, seen: ClipReadings | None = None
) -> ClipResult:
    """Measure clips.

    Args:
        clips: who is judged.
        judge: reads them.
        real: of other people's real clips: what frames should look like.
        asked: of the asked people's own clips: how different real ones are.
        seen: of the clips themselves, if they were read already.
    """
    seen, label = seen or read_clips(clips, judge), torch.from_numpy(clips.label)
    shown = seen.emotions[:, -LAST:].mean(1).argmax(1)
    alike, spread = embedding_distances(clips, seen, judge.recogniser), feature_spread(seen, label)
    real_spread = feature_spread(asked, label)
    usual = {int(one): real_spread[label == one].mean() for one in label.unique()}

    def estimate(values: Tensor | Floats) -> Estimate:
        return bootstrap_mean(np.asarray(values, np.float64), clips.people)

    return ClipResult(
        emotion=estimate(shown == label),
        acd=estimate(alike[0]),
        acd_i=estimate(alike[1]),
        flicker=estimate(unexplained(clips, seen)),
        movement=estimate(movement(seen.landmarks)),
        diversity=estimate(spread / torch.stack([usual[one] for one in label.tolist()])),
        frames=frechet_distance(seen.features.flatten(0, 1).numpy(), real.features.flatten(0, 1).numpy()),
    )


def embedding_distances(clips: Clips, seen: ClipReadings, recogniser: Recogniser | None) -> tuple[Floats, Floats]:
    """Return ACD and ACD-I of each clip, (N,) both; NaN where nobody can tell."""
    if recogniser is None:
        return np.full(len(clips), np.nan), np.full(len(clips), np.nan)
    chosen, within, to_source = some_frames(clips.frames.shape[1]), [], []
    for number, (frames, landmarks) in enumerate(zip(clips.frames, seen.landmarks.numpy(), strict=True)):
        vectors = np.stack([recogniser.embed(frames[place], landmarks[place]) for place in chosen])
        # Made from a picture, a clip begins as it: the first frame's landmarks are the picture's.
        source = vectors[0] if clips.source is None else recogniser.embed(clips.source[number], landmarks[0])
        within.append(acd(vectors))
        to_source.append(acd_i(vectors, source))
    return np.asarray(within), np.asarray(to_source)


def unexplained(clips: Clips, seen: ClipReadings) -> Floats:
    """Return the flicker of each clip, (N,)."""
    pairs = zip(clips.frames, seen.landmarks, strict=True)
    return np.asarray([flicker(to_float(frames), landmarks) for frames, landmarks in pairs])


def movement(landmarks: Tensor) -> Tensor:
    """Return how far landmarks, (N, T, 68, 2), go from first to last, (N,), as a share of the outer eye distance."""
    first, last = landmarks[:, 0], landmarks[:, -1]
    eyes = (first[:, OUTER_EYE_CORNERS[0]] - first[:, OUTER_EYE_CORNERS[1]]).norm(dim=1)
    return (last - first).norm(dim=2).mean(1) / eyes


def feature_spread(seen: ClipReadings, label: Tensor) -> Tensor:
    """Return each clip's mean distance to the others of its emotion, (N,), by the mean features of its frames."""
    return own_class_spread(seen.features.mean(1), label, torch.cdist)
