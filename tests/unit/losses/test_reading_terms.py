"""What readings of couples miss, term by term, by hand."""

import math

import pytest
import torch

from mienkit.core.batch import MeterBatch
from mienkit.core.task import Reading
from mienkit.losses.reading import known_mean, reading_terms, wing

SIZE = 64


def couple(**changes: torch.Tensor) -> MeterBatch:
    """One couple of which everything is known, and 0."""
    values = {
        "image": torch.zeros(1, 2, 3, SIZE, SIZE), "landmarks": torch.zeros(1, 2, 68, 2),
        "landmarks_known": torch.ones(1, 2), "aus": torch.zeros(1, 2, 17), "aus_weight": torch.ones(1, 2, 17),
        "emotion": torch.eye(8)[[0, 0]][None], "emotion_known": torch.ones(1, 2), "pose": torch.zeros(1, 2, 3),
        "key": torch.zeros(1, 8, dtype=torch.int64),
        "pose_known": torch.ones(1, 2), "change": torch.zeros(1, 17), "change_known": torch.ones(1, 17),
    }  # fmt: skip
    return MeterBatch(**{**values, **changes})


def reading(aus: tuple[float, float] = (0, 0), shift: float = 0.0, pose: float = 0.0) -> Reading:
    return Reading(
        landmarks=torch.tensor([shift, 0.0]).expand(2, 68, 2),
        aus=torch.tensor(aus)[:, None].expand(2, 17),
        emotions=torch.zeros(2, 8),
        pose=torch.full((2, 3), pose),
    )


def test_a_change_is_the_second_picture_minus_the_first():
    batch = couple(change=torch.full((1, 17), 0.5), aus=torch.tensor([0.2, 0.7])[None, :, None].expand(1, 2, 17))
    assert reading_terms(reading((0.2, 0.7)), batch)["change"].item() == pytest.approx(0, abs=1e-12)
    told = reading_terms(reading((0.7, 0.2)), batch)
    assert told["change"].item() == pytest.approx(1)
    assert told["aus"].item() == pytest.approx(0.25)


def test_landmark_errors_are_pixels_of_a_128_px_crop_and_the_last_ones_count_double():
    """Three pixels of a picture of 64 are six of 128: half of 6 and half of 2."""
    assert reading_terms(reading(shift=3), couple())["landmarks"].item() == pytest.approx(4)
    assert wing(torch.tensor([0.0, 1, 2, 6])).tolist() == [0, 1, 2, 4]


def test_logits_that_know_nothing_miss_by_the_logarithm_of_eight_and_poses_by_degrees():
    told = reading_terms(reading(pose=-3), couple())
    assert told["emotion"].item() == pytest.approx(math.log(8))
    assert told["pose"].item() == pytest.approx(3)


def test_what_is_unknown_does_not_count():
    known = torch.tensor([[1.0, 0.0]])
    batch = couple(
        landmarks_known=known, emotion_known=known, pose_known=known, aus_weight=known[..., None].expand(1, 2, 17),
        landmarks=torch.stack([torch.zeros(68, 2), torch.full((68, 2), 50.0)])[None],
        pose=torch.tensor([0.0, 40])[None, :, None].expand(1, 2, 3), change_known=torch.zeros(1, 17),
    )  # fmt: skip
    told = reading_terms(reading((0.5, 0.9)), batch)
    assert {name: round(term.item(), 4) for name, term in told.items()} == {
        "landmarks": 0, "aus": 0.25, "change": 0, "emotion": round(math.log(8), 4), "pose": 0,
    }  # fmt: skip
    assert known_mean(torch.tensor([3.0, 5]), torch.zeros(2)) == 0
    assert known_mean(torch.tensor([3.0, 5, 7, 9]), torch.tensor([1.0, 1, 0, 0])) == 4
