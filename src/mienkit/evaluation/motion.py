"""Protocol ``motion-rises``: landmarks of people whom no training saw move from rest to an emotion.

The people are dealt into two halves. The clips of one half say what real motion is; the faces at rest of the other half
are what a model moves, and their own clips are the row ``real``: what real motion scores among other people's.
Everything is measured on pre-shapes, so that neither the size of a face nor its place counts.

Source: Otberdout et al. 2022 compare generated and real curves by geodesic distances; figures and counts are ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import DataError
from mienkit.core.task import Mover
from mienkit.data.chance import sample_keys
from mienkit.data.clip import SHOWN, Rises, list_rises, mirror_curves, shape_curve
from mienkit.data.faces import FaceArrays, Indices
from mienkit.evaluation.interval import Estimate, bootstrap_mean
from mienkit.geometry.arc import resample_by_length, resample_in_time
from mienkit.geometry.preshape import PreShape, flatten_shapes
from mienkit.geometry.srvf import to_srvf
from mienkit.metrics.diversity import own_class_spread
from mienkit.metrics.geodesic import (
    class_means,
    geodesic_distances,
    nearest_distance,
    nearest_is_own,
    own_distance,
)
from mienkit.metrics.spectrum import high_share, spectrum_distance, velocity_power

FRAMES = 32
"""Of every clip that is measured; a real rise is brought to as many by straight lines in time."""
INSTANTS = 33
"""Of a curve that is compared by its way, whatever the speed was."""
SAMPLES = 4
"""Motions of each face to each emotion."""
LEAST = 2
"""Clips of each emotion, at least, on either side: one has no spread."""
TOGETHER = 64
"""Faces moved at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MotionTask:
    """Who is asked to move, and what is compared with."""

    faces: FaceArrays
    asked: Rises
    """A clip for each person of one half and each emotion: it begins with the face at rest that models get."""
    reference: Rises
    """The same of the other half."""

    @property
    def people(self) -> Indices:
        """(N,): the same number for the same person, of the clips that are asked for."""
        return self.faces.subject[first_rows(self.asked)]

    @property
    def emotions(self) -> tuple[str, ...]:
        """That are asked for."""
        return tuple(EMOTIONS[index] for index in np.unique(self.asked.emotion))


@dataclass(frozen=True, kw_only=True, eq=False)
class Motions:
    """N moving faces."""

    shapes: Tensor
    """(N, FRAMES, 136): pre-shapes at equal times."""
    label: Tensor
    """(N,): index into EMOTIONS."""
    people: Indices
    """(N,): the same number for the same person."""

    @property
    def curves(self) -> Tensor:
        """(N, INSTANTS - 1, 136): how they go, as points of the sphere; 0 for a face that stands still."""
        return to_srvf(resample_by_length(self.shapes, INSTANTS)).points

    @property
    def amplitude(self) -> Tensor:
        """(N,): how far the last frame's shape is from the first one's."""
        return (self.shapes[:, -1] - self.shapes[:, 0]).norm(dim=1)

    def with_mirror_images(self) -> Self:
        """Add every motion with left and right exchanged, as trainings do: either half may be the stronger one."""
        flipped = mirror_curves(self.shapes, torch.ones(len(self.label), dtype=torch.bool), 2)
        return type(self)(
            shapes=torch.cat([self.shapes, flipped]),
            label=self.label.repeat(2),
            people=np.tile(self.people, 2),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Yardstick:
    """What real motion is."""

    labels: tuple[int, ...]
    curves: Tensor
    """(M, T, D) of the reference, mirror images too."""
    means: Tensor
    """(K, T, D): Karcher mean of each class."""
    amplitude: Tensor
    """(K,): mean of each class."""
    power: Tensor
    """(M, F): spectra of the reference."""
    spread: Tensor
    """(K,): mean distance among the asked people's own real curves of each class, mirror images too: contempt is shown
    by one half of the face, and who learned from both halves differs more among themselves."""


@dataclass(frozen=True, kw_only=True)
class MotionResult:
    """How real the motions of a model are; intervals are over the people."""

    own: Estimate
    """Angle to the mean of the own class, in radians: lower is better, and a mean is nearer than anything real."""
    nearest_mean: Estimate
    """Share whose own class's mean is nearer than any other's."""
    nearest: Estimate
    """Angle to the nearest real curve, in radians: lower is better down to what ``real`` has."""
    diversity: Estimate
    """Mean angle among motions of one class, as a share of the real ones'."""
    amplitude: Estimate
    """How far the landmarks go, as a share of the mean of the class."""
    trembling: Estimate
    """Share of the velocity's power above a quarter of a cycle a frame; NaN of who does not move."""
    spectrum: float
    """Distance of the mean spectra of velocity to real ones', in dB; NaN of who does not move."""


def choose_motions(faces: FaceArrays, emotions: Sequence[str] = SHOWN, seed: int = 0) -> MotionTask:
    """Deal people into those who are asked and those who are compared with, by lot.

    Args:
        faces: clips of people whom no training saw, each with every emotion; of several clips the first counts.
        emotions: that are asked for.
        seed: of the lot.

    Raises:
        DataError: a half has fewer than two clips of an emotion.
    """
    rises = list_rises(faces, emotions, blinks=False)
    subject = faces.subject[first_rows(rises)]
    people = np.random.default_rng(seed).permutation(np.unique(subject))
    halves = [one_each(rises, subject, some) for some in np.array_split(people, 2)]
    for half in halves:
        counts = {name: int((half.emotion == EMOTIONS.index(name)).sum()) for name in emotions if name != "neutral"}
        few = [f"{count} of {name}" for name, count in counts.items() if count < LEAST]
        if few:
            raise DataError(
                f"half of the people have {', '.join(few)} clips, {LEAST} are needed; "
                "`mien draw --clips --per-scene 7` draws each person with every emotion"
            )
    return MotionTask(faces=faces, asked=halves[0], reference=halves[1])


def one_each(rises: Rises, subject: Indices, people: Indices) -> Rises:
    """Take the first clip of each of some people and emotions; ``subject`` says whose each is."""
    theirs = np.flatnonzero(np.isin(subject, people))
    pairs = np.stack([subject[theirs], rises.emotion[theirs]], 1)
    _, first = np.unique(pairs, axis=0, return_index=True)
    chosen = theirs[first]
    return Rises(rows=[rises.rows[place] for place in chosen], emotion=rises.emotion[chosen])


def first_rows(rises: Rises) -> Indices:
    """Return the row of each clip's first frame, (C,)."""
    return np.asarray([rows[0] for rows in rises.rows], np.int64)


def shapes_in_time(faces: FaceArrays, rises: Rises, frames: int = FRAMES) -> Tensor:
    """Return the pre-shapes of clips at equal times, (C, frames, 136)."""
    places = torch.linspace(0, 1, frames, dtype=torch.float64)
    return torch.stack([resample_in_time(shape_curve(faces, rows, 2), places) for rows in rises.rows])


def real_motions(faces: FaceArrays, rises: Rises) -> Motions:
    """Read the motions of real clips."""
    return Motions(
        shapes=shapes_in_time(faces, rises),
        label=torch.from_numpy(rises.emotion),
        people=faces.subject[first_rows(rises)],
    )


def move_people(mover: Mover, task: MotionTask, samples: int = SAMPLES, seed: int = 0) -> Motions:
    """Let a model move every asked face at rest to its emotion, some times with other noise."""
    rest = torch.from_numpy(task.faces.landmarks[first_rows(task.asked)]).repeat(samples, 1, 1)
    label = torch.from_numpy(task.asked.emotion).repeat(samples)
    key = sample_keys(seed, np.arange(len(label)))
    with torch.inference_mode():
        parts = [
            mover.move(rest[some], label[some], key[some], FRAMES) for some in torch.arange(len(label)).split(TOGETHER)
        ]
    shapes = flatten_shapes(PreShape.of(torch.cat(parts).double()).points)
    return Motions(shapes=shapes, label=label, people=np.tile(task.people, samples))


def make_yardstick(task: MotionTask) -> Yardstick:
    """Learn what real motion is."""
    real, asked = (real_motions(task.faces, rises).with_mirror_images() for rises in (task.reference, task.asked))
    labels = tuple(np.unique(task.asked.emotion).tolist())
    curves, spread = real.curves, own_class_spread(asked.curves, asked.label, geodesic_distances)
    return Yardstick(
        labels=labels,
        curves=curves,
        means=class_means(curves, real.label, labels),
        amplitude=torch.stack([real.amplitude[real.label == one].mean() for one in labels]),
        power=velocity_power(real.shapes),
        spread=torch.stack([spread[asked.label == one].mean() for one in labels]),
    )


def judge_motions(motions: Motions, yardstick: Yardstick) -> MotionResult:
    """Compare motions with real ones."""
    curves, label = motions.curves, motions.label
    place = torch.tensor([yardstick.labels.index(one) for one in label.tolist()])
    to_means = geodesic_distances(curves, yardstick.means)
    spread = own_class_spread(curves, label, geodesic_distances)
    power = velocity_power(motions.shapes)

    def estimate(values: Tensor) -> Estimate:
        return bootstrap_mean(values.double().numpy(), motions.people)

    return MotionResult(
        own=estimate(own_distance(to_means, label, yardstick.labels)),
        nearest_mean=estimate(nearest_is_own(to_means, label, yardstick.labels)),
        nearest=estimate(nearest_distance(curves, yardstick.curves)),
        diversity=estimate(spread / yardstick.spread[place]),
        amplitude=estimate(motions.amplitude / yardstick.amplitude[place]),
        trembling=estimate(high_share(power, FRAMES)),
        spectrum=spectrum_distance(power, yardstick.power),
    )
