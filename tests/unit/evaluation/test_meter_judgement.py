"""The judgement of meters, with meters whose answers are known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX
from mienkit.core.landmark import MEAN_SHAPE
from mienkit.core.task import Reading
from mienkit.evaluation import meter as judge

SIZE = 64
SHAPE = np.asarray(MEAN_SHAPE) * SIZE


class Fixed:
    """Answers the same, whatever it sees."""

    image_size = SIZE

    def measure(self, image: Tensor) -> Reading:
        count = len(image)
        return Reading(
            landmarks=torch.tensor(SHAPE, dtype=torch.float32).expand(count, -1, -1),
            aus=torch.full((count, 17), 0.25),
            emotions=torch.full((count, 8), 1 / 8),
            pose=torch.zeros(count, 3),
        )


def test_nme_is_the_error_over_the_distance_of_the_outer_eye_corners():
    truth = SHAPE[None]
    span = np.linalg.norm(SHAPE[36] - SHAPE[45])
    assert judge.landmark_nme(truth + [3.0, 4.0], truth)[0] == pytest.approx(5 / span)


def test_the_mean_shape_is_measured_like_a_meter():
    truth = np.stack([SHAPE, SHAPE + 1])
    pictures = np.zeros((2, SIZE, SIZE, 3), np.uint8)
    read = judge.read_pictures(Fixed(), pictures)
    assert np.allclose(judge.landmark_nme(read.landmarks, truth), judge.mean_shape_nme(truth, SIZE), atol=1e-6)


def test_boxes_move_the_truth_along():
    truth = np.repeat(SHAPE[None], 40, 0)
    boxes = judge.read_boxes(Fixed(), np.zeros((40, SIZE, SIZE, 3), np.uint8), truth, seed=0)
    assert boxes.first.mean() > 0.1  # a meter that always answers the mean shape misses moved faces
    assert boxes.first.shape == boxes.second.shape == (40,)


def test_aligning_by_the_truth_undoes_the_box():
    class Oracle(Fixed):
        """Knows where the face went."""

        def __init__(self, answers: list[Tensor]) -> None:
            self.answers = answers

        def measure(self, image: Tensor) -> Reading:
            fixed = super().measure(image)
            return Reading(landmarks=self.answers.pop(0), aus=fixed.aus, emotions=fixed.emotions, pose=fixed.pose)

    truth = np.repeat(SHAPE[None], 8, 0)
    chance = judge.Chance(judge.sample_keys(3, np.arange(8, dtype=np.int64)))
    motion = judge.draw_motion(chance, SIZE, torch.ones(8, dtype=torch.bool))
    moved = motion.move_points(torch.from_numpy(truth.astype(np.float32)))
    straight = torch.from_numpy(
        np.stack([judge.align_landmarks(p, SIZE).to_crop(p) for p in moved.double().numpy()]).astype(np.float32)
    )
    boxes = judge.read_boxes(Oracle([moved, straight]), np.zeros((8, SIZE, SIZE, 3), np.uint8), truth, seed=3)
    assert boxes.first.max() < 1e-5
    assert boxes.second.max() < 1e-4


def test_units_that_the_teacher_cannot_see_are_left_out():
    teacher = np.random.default_rng(0).random((30, 17))
    teacher[:, 3] = np.nan
    found = judge.correlations(teacher.copy(), teacher, np.arange(30))
    assert "AU5" not in found
    assert found["AU12"].value == pytest.approx(1)


def test_the_ridge_finds_a_linear_rule_on_people_it_never_saw():
    rng = np.random.default_rng(0)
    landmarks = SHAPE + rng.normal(0, 1, (300, 68, 2))
    aus = np.full((300, 17), np.nan)
    aus[:, 8] = 0.3 + 0.1 * (landmarks[:, 54, 0] - SHAPE[54, 0])
    predicted = judge.ridge_from_landmarks(landmarks, aus, np.arange(300) % 5)
    assert np.corrcoef(predicted[:, 8], aus[:, 8])[0, 1] > 0.9
    assert np.isnan(predicted[:, 0]).all()


def test_a_perfect_reader_of_changes_has_r_squared_one():
    rng = np.random.default_rng(0)
    before, change = rng.random((50, 17)), rng.normal(0, 0.3, (50, 17))
    assert judge.change_r_squared(before, before + change, change)["AU9"] == pytest.approx(1)


def test_responses_find_what_a_meter_confuses():
    exact = np.random.default_rng(1).uniform(-1, 1, (400, 17))
    leak = np.eye(17)
    leak[AU_INDEX["AU6"], AU_INDEX["AU7"]] = 0.4  # AU6 is taken for AU7, not the other way round
    found = judge.responses(exact @ leak, exact)
    assert np.allclose(found, leak)
    first = judge.confusions(found)[0]
    assert (first.first, first.second) == ("AU6", "AU7")
    assert first.other == pytest.approx((0.4, 0.0), abs=1e-9)
    assert first.own == pytest.approx((1.0, 1.0))


def test_units_that_never_change_have_no_response():
    exact = np.random.default_rng(1).uniform(-1, 1, (60, 17))
    exact[:, 3] = 0
    found = judge.responses(exact, exact)
    assert np.isnan(found[3]).all()
    assert found[4, 4] == pytest.approx(1)
