"""Protocol ``motion-clips``: what a knowing judge says of real, still, borrowed, mixed and collapsed clips."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_rises import SIZE, draw_rises
from torch import Tensor

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.image import to_float, to_uint8
from mienkit.core.task import Reading
from mienkit.data.faces import FaceArrays
from mienkit.evaluation.motion import MotionTask, choose_motions, first_rows
from mienkit.evaluation.motion_clips import (
    FRAMES,
    SOME,
    ClipJudge,
    ClipReadings,
    ClipResult,
    Clips,
    judge_clips,
    make_clips,
    read_clips,
    real_clips,
    some_frames,
)
from mienkit.evaluation.motion_trivial import Still, Stretch

SHOWN = ("anger", "happiness", "surprise")


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> FaceArrays:
    return draw_rises(tmp_path_factory.mktemp("clips"), people=4)


@pytest.fixture(scope="module")
def task(faces: FaceArrays) -> MotionTask:
    return choose_motions(faces, SHOWN)


class Knowing:
    """A judge that knows the pictures of a table; between rest and apex, and in others, it is in doubt."""

    image_size = SIZE

    def __init__(self, faces: FaceArrays) -> None:
        self.faces = faces
        self.rows = {picture.tobytes(): row for row, picture in enumerate(faces.images)}

    def measure(self, image: Tensor) -> Reading:
        found = [self.rows.get(picture.tobytes(), -1) for picture in to_uint8(image)]
        emotions = torch.full((len(found), 8), 1 / 8)
        landmarks = torch.from_numpy(self.faces.landmarks[found])
        for place, row in enumerate(found):
            if row >= 0 and self.faces.emotion[row] >= 0:
                emotions[place] = torch.nn.functional.one_hot(torch.tensor(self.faces.emotion[row]), 8)
        return Reading(
            landmarks=landmarks, aus=torch.zeros(len(found), 17), emotions=emotions, pose=torch.zeros(len(found), 3)
        )


class ByColour:
    """Tells people apart by the colours of the picture's quarters."""

    name = "by_colour"

    def embed(self, picture, landmarks):
        half = SIZE // 2
        quarters = [picture[y : y + half, x : x + half].mean((0, 1)) for y in (0, half) for x in (0, half)]
        vector = np.concatenate(quarters) - 128
        return (vector / np.linalg.norm(vector)).astype(np.float32)


def coarse(image: Tensor) -> Tensor:
    """See a picture as 4 x 4 patches."""
    return torch.nn.functional.adaptive_avg_pool2d(image, 4).flatten(1)


@pytest.fixture(scope="module")
def judge(faces: FaceArrays) -> ClipJudge:
    return ClipJudge(measurer=Knowing(faces), features=coarse, recogniser=ByColour())


@pytest.fixture(scope="module")
def own(task: MotionTask) -> Clips:
    return real_clips(task.faces, task.asked)


@pytest.fixture(scope="module")
def readings(task: MotionTask, own: Clips, judge: ClipJudge) -> tuple[ClipReadings, ClipReadings]:
    """Of the others' real clips, and of the asked people's."""
    return read_clips(real_clips(task.faces, task.reference), judge), read_clips(own, judge)


@pytest.fixture(scope="module")
def of_real(own: Clips, judge: ClipJudge, readings: tuple[ClipReadings, ClipReadings]) -> ClipResult:
    return judge_clips(own, judge, *readings)


class Archive:
    """A Sampler that shows real clips of one person, or of all of them in turn."""

    image_size = SIZE

    def __init__(self, clips: Clips, only: int | None = None) -> None:
        self.clips, self.only, self.place = clips, only, 0

    def sample(self, key: Tensor, label: Tensor, frames: int) -> Tensor:
        count = len(self.clips)
        chosen = [(self.place + n) % count if self.only is None else self.only for n in range(len(label))]
        self.place += len(label)
        return to_float(self.clips.frames[chosen].reshape(-1, SIZE, SIZE, 3)).unflatten(0, (-1, frames))


def test_real_clips_show_their_emotion_and_are_as_diverse_as_themselves(of_real):
    assert of_real.emotion.value == 1
    assert of_real.diversity.value == pytest.approx(1)
    assert 0 < of_real.acd.value < 0.2
    assert of_real.movement.value > 0.005
    assert of_real.flicker.value > 0


def test_real_clips_begin_at_rest_and_end_at_the_apex(task, own):
    assert np.array_equal(own.frames[:, 0], own.source)
    last = np.asarray([rows[-1] for rows in task.asked.rows])
    assert np.array_equal(own.frames[:, -1], task.faces.images[last])
    assert own.frames.shape[1] == FRAMES


def test_a_still_clip_has_no_movement_and_flatters_acd(task, judge, readings):
    still = judge_clips(make_clips(Still(SIZE), task), judge, *readings)
    assert still.acd.value == still.acd_i.value == still.flicker.value == still.movement.value == 0
    assert still.emotion.value == 0


def test_negatives_are_farther_from_real_frames(own, judge, readings, of_real):
    assert judge_clips(replace(own, frames=255 - own.frames), judge, *readings).frames > 2 * of_real.frames


def test_another_persons_clip_raises_acd_i_alone(own, judge, readings, of_real):
    others = np.roll(np.arange(len(own)), len(SHOWN))  # the same emotions of the next person
    borrowed = judge_clips(replace(own, frames=own.frames[others]), judge, *readings)
    assert borrowed.acd_i.value > 3 * of_real.acd_i.value
    assert borrowed.acd.value == pytest.approx(of_real.acd.value)
    assert borrowed.emotion.value == 1


def test_another_emotions_clip_misses(own, judge, readings):
    wrong = judge_clips(replace(own, frames=np.roll(own.frames, 1, 0)), judge, *readings)
    assert wrong.emotion.value == 0


def test_frames_in_disorder_flicker_more(own, judge, readings, of_real):
    order = np.random.default_rng(0).permutation(FRAMES)
    mixed = judge_clips(replace(own, frames=own.frames[:, order]), judge, *readings)
    assert mixed.flicker.value > 1.5 * of_real.flicker.value


def test_a_sampler_needs_no_face_and_is_compared_with_its_own_first_frame(task, own, judge, readings, of_real):
    sampled = make_clips(Archive(own), task)
    assert sampled.source is None
    assert np.array_equal(sampled.frames, own.frames)
    result = judge_clips(sampled, judge, *readings)
    assert result.acd_i.value == pytest.approx(of_real.acd_i.value)  # real clips begin as their picture
    assert sampled.milliseconds > 0


def test_one_clip_for_everybody_has_no_diversity(task, own, judge, readings, of_real):
    result = judge_clips(make_clips(Archive(own, only=0), task), judge, *readings)
    assert result.diversity.value == 0
    assert result.frames > of_real.frames


def test_an_animator_gets_the_face_at_rest_at_its_own_size(task):
    asked: list[tuple[Tensor, Tensor]] = []

    class Larger(Still):
        def animate(self, image: Tensor, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
            asked.append((image, landmarks))
            return super().animate(image, landmarks, emotion, key, frames)

    made = make_clips(Larger(2 * SIZE), task)
    image, landmarks = asked[0]
    assert image.shape[2:] == (2 * SIZE, 2 * SIZE)
    rest = task.faces.landmarks[first_rows(task.asked)[: len(landmarks)]]
    assert landmarks.numpy() == pytest.approx(2 * rest, rel=1e-6)
    assert made.frames.shape[1:] == (FRAMES, SIZE, SIZE, 3)


def test_who_has_the_methods_of_both_is_asked_as_an_animator(task):
    class Both(Still):
        def sample(self, key: Tensor, label: Tensor, frames: int) -> Tensor:
            raise ConfigError("this one goes on from a picture")

    made = make_clips(Both(SIZE), task)
    assert np.array_equal(made.source, task.faces.images[first_rows(task.asked)])
    assert np.array_equal(made.frames[:, 0], made.source)


def test_without_a_recogniser_acd_is_unknown(own, judge, readings):
    result = judge_clips(own, replace(judge, recogniser=None), *readings)
    assert result.acd.count == result.acd_i.count == 0


def test_who_makes_no_clips_is_refused(task):
    with pytest.raises(ConfigError, match="Stretch makes no clips"):
        make_clips(Stretch(SIZE), task)


def test_stretching_to_the_same_landmarks_leaves_the_picture(task):
    rest = first_rows(task.asked)[:2]
    image, landmarks = to_float(task.faces.images[rest]), torch.from_numpy(task.faces.landmarks[rest])
    assert torch.allclose(Stretch(SIZE).paint(image, landmarks, landmarks).image, image, atol=1e-5)
    moved = Stretch(SIZE).paint(image, landmarks, landmarks * 1.1).image
    assert not torch.allclose(moved, image, atol=0.05)


def test_chosen_frames_hold_both_ends():
    assert some_frames(FRAMES)[[0, -1]].tolist() == [0, FRAMES - 1]
    assert len(some_frames(FRAMES)) == SOME
    assert some_frames(5).tolist() == [0, 1, 2, 3, 4]


def test_labels_are_emotions(own):
    assert {EMOTIONS[code] for code in own.label} == set(SHOWN)
