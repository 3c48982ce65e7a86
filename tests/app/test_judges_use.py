"""Judges by name."""

from pathlib import Path

import pytest

from mienkit.app import judges
from mienkit.app.judges import load_judge
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.config import build_config
from mienkit.core.errors import ConfigError, DataError, MissingExtraError, UnknownNameError, WeightsError
from mienkit.core.model import MODELS
from mienkit.weights import save_weights


def test_the_first_meter_judges_and_is_marked():
    judge = load_judge("meter", units_only=True)
    assert judge.units == ACTION_UNITS
    assert judge.teacher
    assert judge.name.startswith("meter ")


def test_the_second_meter_judges_with_weights_of_ones_own_and_is_not_marked(tmp_path: Path):
    kind = MODELS["judge"]
    small = build_config(kind.Config, {}, kind.presets["tiny"])
    model = kind(small)
    save_weights(tmp_path, "judge", model.released_state(), vars(small), "")
    judge = load_judge(f"judge={tmp_path}", units_only=True)
    assert judge.units == ACTION_UNITS
    assert not judge.teacher
    assert judge.name.startswith("judge ")


def test_where_the_second_meter_is_not_there_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(judges, "released", lambda name: None)
    with pytest.raises(WeightsError, match=r"mien train judge.*judge=FOLDER.*meter or mediapipe"):
        load_judge("judge")


@pytest.mark.usefixtures("mediapipe_model")
def test_mediapipe_judges_ten_units_and_is_marked():
    judge = load_judge("mediapipe")
    assert len(judge.units) == 10
    assert judge.teacher


@pytest.mark.parametrize(
    ("word", "error", "said"),
    [
        ("medipipe", UnknownNameError, "did you mean 'mediapipe'"),
        ("openface", ConfigError, "openface=outputs.csv"),
        ("openface=nowhere.csv", DataError, "there is no file nowhere.csv"),
        ("mediapipe=x", ConfigError, "takes no file"),
        ("pyfeat", MissingExtraError, "pip install py-feat"),
        ("judge=nowhere", DataError, "nowhere"),
    ],
)
def test_what_cannot_judge_says_why(word: str, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        load_judge(word)
