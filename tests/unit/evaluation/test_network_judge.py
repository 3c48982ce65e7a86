"""Networks of the toolkit as judges, and whether judges agree."""

from types import SimpleNamespace

import numpy as np
import pytest

from fakes import FakeMeter, make_pixels
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.image import Picture
from mienkit.evaluation.agreement import agree, change_of
from mienkit.evaluation.leak_edit import bystanders, exact_effects
from mienkit.evaluation.looker import look_at_all, marked
from mienkit.evaluation.network_judge import BATCH, NetworkJudge
from mienkit.evaluation.photo_edit import CHANNELS, Judge, Look


class Landmarker:
    """Finds 68 points in the middle of pictures that are not black."""

    def read(self, picture: Picture) -> list[SimpleNamespace]:
        found = SimpleNamespace(landmarks=np.full((68, 2), len(picture) / 2), blendshapes={})
        return [found] if picture.any() else []


class Counting(FakeMeter):
    """Counts how often it reads."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def measure(self, image):
        self.sizes.append(len(image))
        return super().measure(image)


def smiling(level: int) -> Picture:
    picture = make_pixels(256, 256)
    picture[100:200, 60:200] = level
    return picture


def test_it_reads_all_units_but_those_that_it_is_blind_to():
    judge = NetworkJudge(FakeMeter(), "fake", blind=frozenset({"AU9"}))
    assert set(judge.units) == set(ACTION_UNITS) - {"AU9"}
    look = judge.look(smiling(204))
    assert set(look.channels) == set(judge.units)
    assert look.channels["AU12"] == pytest.approx(0.8, abs=0.01)
    assert look.landmarks.max() < 1
    assert np.isnan(look.embedding).all()


def test_many_pictures_are_read_together_and_one_by_one_alike():
    meter = Counting()
    judge = NetworkJudge(meter, "fake")
    pictures = [smiling(level) for level in range(BATCH + 3)]
    together = look_at_all(judge, pictures)
    assert meter.sizes == [BATCH, 3]
    for picture, look in list(zip(pictures, together, strict=True))[:5]:
        assert judge.look(picture).channels == pytest.approx(look.channels)
    assert look_at_all(judge, []) == []


def test_landmarks_are_another_ones_where_there_is_one_and_nobody_has_no_look():
    judge = NetworkJudge(FakeMeter(), "fake", landmarker=Landmarker())
    looks = judge.look_all([smiling(100), np.zeros((256, 256, 3), np.uint8)])
    assert looks[0].landmarks == pytest.approx(np.full((68, 2), 0.5))
    assert looks[1] is None
    assert "landmarks by mediapipe" in judge.name


def test_tables_mark_judges_that_took_part_in_trainings():
    judge = NetworkJudge(FakeMeter(), "fake", teacher=True)
    assert marked(judge.name, judge.teacher) == "fake (took part in trainings)"
    assert marked("other", False) == "other"
    assert Judge.teacher
    assert Judge.units == tuple(CHANNELS)


def look(**channels: float) -> Look:
    return Look(landmarks=np.zeros((68, 2)), channels=channels, embedding=np.zeros(256, np.float32))


def test_agreement_is_of_changes_and_of_units_that_both_know():
    dice = np.random.default_rng(0)
    smiles = dice.uniform(0, 1, 50)
    first = [change_of(look(AU12=0.1, AU1=0.2), look(AU12=0.1 + one, AU1=0.2)) for one in smiles]
    other = [change_of(look(AU12=0.4), look(AU12=0.4 + one / 2)) for one in smiles]
    found = agree("one", "other", first, other)
    assert list(found.units) == ["AU12"]
    figures = found.units["AU12"]
    assert figures["pcc"] == pytest.approx(1)
    assert figures["mae"] == pytest.approx(smiles.mean() / 2)
    # ICC(3,1) of x and x / 2: 2 sd sd' / (var + var') = 0.8
    assert figures["icc"] == pytest.approx(0.8)
    assert found.pictures == 50


def test_judges_that_see_different_things_do_not_agree():
    dice = np.random.default_rng(1)
    first, other = ([change_of(look(AU12=0), look(AU12=one)) for one in dice.uniform(0, 1, 200)] for _ in range(2))
    assert abs(agree("one", "other", first, other).units["AU12"]["pcc"]) < 0.2


def test_what_leaks_is_read_in_the_channels_that_a_judge_has():
    dice = np.random.default_rng(2)
    changes = list(dice.uniform(0, 1, (2000, 17)))
    smile = ACTION_UNITS.index("AU12")
    looks = [(look(AU9=0.0, AU12=0.0), look(AU9=0.3 * one[smile], AU12=one[smile])) for one in changes]
    effects = exact_effects(changes, looks, ("AU9", "AU12"))
    assert effects["AU12"] == pytest.approx({"AU9": 0.3, "AU12": 1}, abs=0.02)
    assert bystanders("AU12", effects) == ()
    assert bystanders("AU1", effects) == ("AU9", "AU12")
