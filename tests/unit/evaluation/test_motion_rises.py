"""Protocol ``motion-rises``: who is asked, and what real, mean, still and wrong motions score."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_rises import EMOTIONS_EACH, draw_rises
from torch import Tensor

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import DataError
from mienkit.data.clip import SHOWN, list_rises
from mienkit.data.faces import FaceArrays
from mienkit.evaluation.motion import (
    FRAMES,
    MotionResult,
    Motions,
    MotionTask,
    Yardstick,
    choose_motions,
    first_rows,
    judge_motions,
    make_yardstick,
    move_people,
    real_motions,
)
from mienkit.evaluation.motion_trivial import ClassMean, Still
from mienkit.geometry.arc import resample_in_time

PEOPLE = 8
SIX = tuple(name for name in SHOWN if name != "contempt")


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> FaceArrays:
    """Eight people with seven emotions each."""
    return draw_rises(tmp_path_factory.mktemp("motion"), PEOPLE)


@pytest.fixture(scope="module")
def task(faces: FaceArrays) -> MotionTask:
    return choose_motions(faces)


@pytest.fixture(scope="module")
def yardstick(task: MotionTask) -> Yardstick:
    return make_yardstick(task)


@pytest.fixture(scope="module")
def real(task: MotionTask) -> Motions:
    return real_motions(task.faces, task.asked).with_mirror_images()


@pytest.fixture(scope="module")
def of_real(real: Motions, yardstick: Yardstick) -> MotionResult:
    return judge_motions(real, yardstick)


class Replay:
    """Moves the asked faces as they really moved, or as others did, and so much further."""

    def __init__(self, task: MotionTask, order: np.ndarray, further: float = 1.0) -> None:
        self.task, self.order, self.further, self.place = task, order, further, 0

    def move(self, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        count = len(self.task.asked)
        clips = [self.order[(self.place + n) % count] for n in range(len(landmarks))]
        self.place += len(landmarks)
        places = torch.linspace(0, 1, frames)
        rows = [self.task.asked.rows[clip] for clip in clips]
        points = [torch.from_numpy(self.task.faces.landmarks[some]).flatten(1) for some in rows]
        moved = torch.stack([resample_in_time(one, places) for one in points]).unflatten(2, (68, 2))
        return landmarks[:, None] + self.further * (moved - moved[:, :1])


def judged(mover: object, task: MotionTask, yardstick: Yardstick) -> MotionResult:
    return judge_motions(move_people(mover, task), yardstick)


def test_nobody_is_in_both_halves_and_everybody_shows_each_emotion_once(faces, task):
    asked, others = (faces.subject[first_rows(some)] for some in (task.asked, task.reference))
    assert not set(asked) & set(others)
    assert len(set(asked) | set(others)) == PEOPLE
    for subject, emotion in ((asked, task.asked.emotion), (others, task.reference.emotion)):
        assert (
            len({*zip(subject.tolist(), emotion.tolist(), strict=True)}) == len(subject) == PEOPLE // 2 * EMOTIONS_EACH
        )


def test_the_lot_can_be_drawn_again(faces, task):
    assert choose_motions(faces).people.tolist() == task.people.tolist()
    assert set(choose_motions(faces, seed=1).people) != set(task.people)


def test_only_wanted_emotions_are_asked_for(faces):
    assert choose_motions(faces, SIX).emotions == SIX


def test_the_asked_peoples_own_motions_are_as_diverse_as_themselves(of_real):
    assert of_real.diversity.value == pytest.approx(1)
    assert of_real.diversity.count == PEOPLE * EMOTIONS_EACH  # and their mirror images


def test_real_motions_are_nearest_to_their_own_class_as_a_rule(of_real):
    assert of_real.nearest_mean.value > 0.6
    assert of_real.amplitude.value == pytest.approx(1, abs=0.25)


def test_motions_played_again_score_as_the_real_ones(task, yardstick, of_real):
    again = judged(Replay(task, np.arange(len(task.asked))), task, yardstick)
    assert again.nearest_mean.value == pytest.approx(of_real.nearest_mean.value, abs=0.05)
    assert again.own.value == pytest.approx(of_real.own.value, abs=0.02)
    assert again.amplitude.value == pytest.approx(of_real.amplitude.value, abs=0.05)


def test_half_the_way_is_half_the_amplitude_and_the_same_way(task, yardstick, of_real):
    half = judged(Replay(task, np.arange(len(task.asked)), further=0.5), task, yardstick)
    assert half.amplitude.value == pytest.approx(of_real.amplitude.value / 2, abs=0.03)
    assert half.own.value == pytest.approx(of_real.own.value, abs=0.05)
    assert half.spectrum == pytest.approx(
        judged(Replay(task, np.arange(len(task.asked))), task, yardstick).spectrum, abs=1
    )


def test_motions_to_another_emotion_are_not_nearest_to_the_one_asked_for(task, yardstick, of_real):
    wrong = np.roll(np.arange(len(task.asked)), 1)  # of one person, the emotions follow each other
    other = judged(Replay(task, wrong), task, yardstick)
    assert other.nearest_mean.value < 0.3
    assert other.own.value > of_real.own.value + 0.2


def test_a_mean_is_nearer_than_anything_real_and_has_no_diversity(faces, task, yardstick, of_real):
    mean = judged(ClassMean(faces, list_rises(faces)), task, yardstick)
    assert mean.own.value < of_real.own.value
    assert mean.nearest_mean.value > 0.9
    assert mean.diversity.value < 0.1


def test_who_stands_still_belongs_to_no_class_and_has_no_spectrum(task, yardstick):
    still = judged(Still(), task, yardstick)
    assert still.nearest_mean.value == still.amplitude.value == still.diversity.value == 0
    assert still.own.value == pytest.approx(np.pi / 2)
    assert still.trembling.count == 0
    assert np.isnan(still.spectrum)


def test_frames_in_disorder_tremble_and_go_another_way(real, yardstick, of_real):
    order = torch.randperm(FRAMES, generator=torch.Generator().manual_seed(0))
    mixed = judge_motions(replace(real, shapes=real.shapes[:, order]), yardstick)
    assert mixed.trembling.value > 5 * of_real.trembling.value
    assert mixed.spectrum > of_real.spectrum + 3
    assert mixed.own.value > of_real.own.value


def test_mirror_images_are_as_good_as_the_motions(real, yardstick, of_real):
    both = real.with_mirror_images()
    flipped = replace(both, shapes=both.shapes[len(real.label) :], label=real.label, people=real.people)
    assert judge_motions(flipped, yardstick).own.value == pytest.approx(of_real.own.value, abs=0.05)
    assert len(both.label) == len(both.people) == 2 * len(real.label)


def test_every_sample_of_a_face_has_noise_of_its_own(task):
    seen: list[int] = []

    class Listening(Still):
        def move(self, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
            seen.extend(key.tolist())
            return super().move(landmarks, emotion, key, frames)

    moved = move_people(Listening(), task, samples=3)
    assert len(set(seen)) == len(moved.label) == 3 * len(task.asked)


def test_too_few_people_are_refused(faces):
    lonely = faces.take(np.isin(faces.subject, np.unique(faces.subject)[:2]))
    with pytest.raises(DataError, match=r"half of the people have 1 of anger, .* clips, 2 are needed"):
        choose_motions(lonely)


def test_a_mean_of_an_emotion_without_clips_is_refused(faces, task):
    mean = ClassMean(faces, list_rises(faces, SIX))
    with pytest.raises(DataError, match="no clip of contempt"):
        mean.move(torch.zeros(1, 68, 2), torch.tensor([EMOTIONS.index("contempt")]), torch.zeros(1), 4)
