"""How well a meter reads: landmarks, action units against the teacher, exact changes, drawn faces.

Everything here takes arrays and returns figures; ``app.meter_folds`` trains the meters that are judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, NUM_AUS
from mienkit.core.image import Picture, to_float
from mienkit.core.landmark import MEAN_SHAPE, OUTER_EYE_CORNERS
from mienkit.core.task import Measurer, Reading
from mienkit.data.augment import Motion, draw_motion
from mienkit.data.chance import Chance, sample_keys
from mienkit.evaluation.interval import Estimate, Floats, bootstrap_correlation, bootstrap_mean, r_squared
from mienkit.face.align import Alignment, align_landmarks

BATCH = 64
ALIKE = (("AU6", "AU7"), ("AU12", "AU14"), ("AU20", "AU25"))
"""Units that look alike."""
SMALL = 1e-9
"""The least penalty, where a single face is all that there is to learn from."""
RIDGE = 1e-2
"""Penalty of the regression on landmarks, relative to the mean variance of its inputs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Readings:
    """What a meter read from N crops, each time by a meter that never saw the person."""

    landmarks: Floats
    """(N, 68, 2)."""
    aus: Floats
    """(N, 17)."""


def read_pictures(meter: Measurer, pictures: Picture) -> Readings:
    """Read crops, (N, S, S, 3)."""
    return read_images(meter, [to_float(pictures[i : i + BATCH]) for i in range(0, len(pictures), BATCH)])


def read_images(meter: Measurer, batches: list[Tensor]) -> Readings:
    """Read batches of crops, each (B, 3, S, S) in [-1, 1]; units are not clipped where the meter can leave that out."""
    measure = getattr(meter, "measure_open", meter.measure)
    with torch.inference_mode():
        read: list[Reading] = [measure(batch) for batch in batches]
    return Readings(
        landmarks=torch.cat([one.landmarks for one in read]).double().numpy(),
        aus=torch.cat([one.aus for one in read]).double().numpy(),
    )


def landmark_nme(predicted: Floats, truth: npt.NDArray[np.floating]) -> Floats:
    """Return each face's mean landmark error as a share of the distance of its outer eye corners, (N,)."""
    right, left = OUTER_EYE_CORNERS
    span = np.linalg.norm(truth[:, right] - truth[:, left], axis=1)
    return np.asarray(np.linalg.norm(predicted - truth, axis=2).mean(1) / span, np.float64)


def mean_shape_nme(truth: npt.NDArray[np.floating], size: int) -> Floats:
    """Return the error of always answering the mean shape, (N,)."""
    shape = np.broadcast_to(np.asarray(MEAN_SHAPE) * size, truth.shape)
    return landmark_nme(np.asarray(shape, np.float64), truth)


@dataclass(frozen=True, kw_only=True, eq=False)
class BoxReadings:
    """Landmark errors of crops as a detector's boxes give them, (N,) each."""

    first: Floats
    """Box -> meter."""
    second: Floats
    """Box -> meter -> align -> meter, the path of every photo."""


def read_boxes(meter: Measurer, pictures: Picture, truth: npt.NDArray[np.floating], seed: int) -> BoxReadings:
    """Read crops shifted by up to 15 %, scaled by 25 % and rolled by 30 degrees; then align by what was read."""
    size = pictures.shape[1]
    if not len(pictures):
        return BoxReadings(first=np.empty(0), second=np.empty(0))
    chance = Chance(sample_keys(seed, np.arange(len(pictures), dtype=np.int64)))
    motion = draw_motion(chance, size, torch.ones(len(pictures), dtype=torch.bool))
    images = motion.move_images(to_float(pictures))
    moved = motion.move_points(torch.from_numpy(np.asarray(truth, np.float32))).double().numpy()
    first = read_images(meter, list(images.split(BATCH))).landmarks
    alignments = [align_landmarks(points, size) for points in first]
    back = straighten(images, alignments)
    again = read_images(meter, list(back.split(BATCH))).landmarks
    second = np.stack([one.to_photo(points) for one, points in zip(alignments, again, strict=True)])
    return BoxReadings(first=landmark_nme(first, moved), second=landmark_nme(second, moved))


def straighten(images: Tensor, alignments: list[Alignment]) -> Tensor:
    """Warp crops, (N, 3, S, S), by their alignments."""
    matrices = torch.from_numpy(np.stack([one.matrix for one in alignments])).float()
    motion = Motion(matrix=matrices[:, :, :2], offset=matrices[:, :, 2], roll_deg=torch.zeros(len(images)))
    return motion.move_images(images)


def correlations(aus: Floats, teacher: npt.NDArray[np.floating], people: npt.ArrayLike) -> Mapping[str, Estimate]:
    """Correlate readings with the teacher's, both (N, 17), unit by unit, where the teacher can see."""
    return {
        name: bootstrap_correlation(aus[:, unit], teacher[:, unit], people)
        for unit, name in enumerate(ACTION_UNITS)
        if not np.isnan(teacher[:, unit]).all()
    }


def ridge_from_landmarks(
    landmarks: npt.NDArray[np.floating], aus: npt.NDArray[np.floating], fold: npt.NDArray[np.int64]
) -> Floats:
    """Predict units, (N, 17), linearly from the teacher's landmarks, each fold from the others: the simple rival."""
    inputs = np.asarray(landmarks, np.float64).reshape(len(landmarks), -1)
    predicted = np.full(aus.shape, np.nan)
    seen = ~np.isnan(aus).all(0)
    for number in np.unique(fold):
        train, test = fold != number, fold == number
        if not train.any():
            continue  # there is nobody else to learn from
        mean, level = inputs[train].mean(0), np.nanmean(aus[train][:, seen], 0)
        centred = inputs[train] - mean
        gram = centred.T @ centred
        gram += (RIDGE * np.trace(gram) / len(gram) + SMALL) * np.eye(len(gram))
        weights = np.linalg.solve(gram, centred.T @ (np.nan_to_num(aus[train][:, seen]) - level))
        predicted[np.ix_(test, seen)] = (inputs[test] - mean) @ weights + level
    return predicted


def change_r_squared(before: Floats, after: Floats, change: npt.NDArray[np.floating]) -> Mapping[str, float]:
    """Compare the change that was read with the exact one, both (N, 17), unit by unit."""
    return {name: r_squared((after - before)[:, unit], change[:, unit]) for unit, name in enumerate(ACTION_UNITS)}


def change_correlations(
    change: Floats, exact: npt.NDArray[np.floating], people: npt.ArrayLike
) -> Mapping[str, Estimate]:
    """Correlate the change that was read with the exact one, both (N, 17), unit by unit."""
    return {
        name: bootstrap_correlation(change[:, unit], exact[:, unit], people) for unit, name in enumerate(ACTION_UNITS)
    }


def responses(change: Floats, exact: npt.NDArray[np.floating]) -> Floats:
    """Return how much each unit is read to change, (17, 17): columns, when one alone changes by 1: rows.

    Least squares over all changes, (N, 17) both. A perfect meter gives the identity; what stands beside the diagonal
    is confused. Rows of units that never change are NaN.
    """
    moves = np.asarray(exact, np.float64)
    seen = moves.std(0) > 0
    found = np.full((NUM_AUS, NUM_AUS), np.nan)
    found[seen] = np.linalg.lstsq(moves[:, seen], change, rcond=None)[0]
    return found


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """How well two units that look alike are told apart."""

    first: str
    second: str
    own: tuple[float, float]
    """By how much each is read to rise when it alone rises by 1."""
    other: tuple[float, float]
    """By how much the other one is then read to rise: 0 is perfect."""


def confusions(response: Floats) -> list[Confusion]:
    """Pick the units that are easily confused out of ``responses``."""
    found = []
    for first, second in ALIKE:
        a, b = AU_INDEX[first], AU_INDEX[second]
        own, other = (response[a, a], response[b, b]), (response[a, b], response[b, a])
        found.append(Confusion(first=first, second=second, own=(float(own[0]), float(own[1])),
                               other=(float(other[0]), float(other[1]))))  # fmt: skip
    return found


def absolute_errors(aus: Floats, truth: npt.NDArray[np.floating]) -> Mapping[str, float]:
    """Return the mean absolute error of each unit, (N, 17) both; readings are clipped to [0, 1], as in use."""
    return dict(zip(ACTION_UNITS, np.abs(aus.clip(0, 1) - truth).mean(0).tolist(), strict=True))


def summarise(values: npt.ArrayLike, people: npt.ArrayLike) -> Estimate:
    """Average something measured on faces, with its interval over people."""
    return bootstrap_mean(values, people)
