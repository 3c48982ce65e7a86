"""Use cases that look at the installation: doctor, models, fetch."""

import json
from pathlib import Path

import pytest

from mienkit.app import doctor
from mienkit.app.editors import choose_device, load_editor
from mienkit.app.models import CODE_LICENCE, card_licence, describe_model, list_models
from mienkit.cli.entry import main
from mienkit.core.errors import AssetError, ConfigError, UnknownNameError, WeightsError
from mienkit.core.model import MODELS
from mienkit.weights import save_weights

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def quick_detectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not load real detectors: mediapipe takes seconds."""

    def load(name: str) -> None:
        if name == "mediapipe":
            raise AssetError("its model is missing")

    monkeypatch.setattr(doctor, "load_detector", load)


def test_every_registered_model_is_listed_with_tasks_and_licence() -> None:
    entries = {entry.name: entry for entry in list_models()}
    assert set(entries) == set(MODELS)
    assert entries["copy"].tasks == ("edit", "transfer", "fuse")
    assert entries["copy"].weights == "none needed"
    assert all(entry.licence and entry.what and entry.source for entry in entries.values())


def test_the_licence_of_weights_stands_in_their_card(tmp_path: Path) -> None:
    save_weights(tmp_path, "copy", {}, {}, "---\nlicense: cc-by-4.0\n---\n# copy\n")
    assert card_licence(tmp_path) == "cc-by-4.0"
    assert card_licence(tmp_path / "none") == CODE_LICENCE


def test_a_model_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UnknownNameError, match="copy"):
        describe_model("cpoy")


def test_models_are_printed_and_given_as_json(capsys: Capture) -> None:
    assert main(["models"]) == 0
    assert "copy" in capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    assert "copy" in [entry["name"] for entry in json.loads(capsys.readouterr().out)]


def test_a_model_without_weights_is_loaded_as_it_is() -> None:
    loaded = load_editor("copy", device="cpu")
    assert (loaded.name, loaded.weights, loaded.device) == ("copy", None, "cpu")


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert choose_device("auto").type == "cpu"
    with pytest.raises(ConfigError, match="--device cpu"):
        choose_device("cuda")


def test_a_model_whose_weights_are_not_shipped_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mienkit.app.models.released", lambda name: None)
    with pytest.raises(WeightsError, match="--weights"):
        load_editor("ganimation")


def test_the_doctor_looks_at_everything(fake_instruments: None, quick_detectors: None) -> None:
    findings = doctor.examine("copy", "cpu")
    topics = {finding.topic for finding in findings}
    assert topics == {"installed", "machine", "detectors", "optional files", "weights", "speed"}
    speeds = {finding.name: finding.says for finding in findings if finding.topic == "speed"}
    assert set(speeds) == {"fake meter 1", "copy"}
    detectors = {finding.name: finding.says for finding in findings if finding.topic == "detectors"}
    assert detectors == {"dlib": "ready", "mediapipe": "its model is missing"}
    assert "ms a face" in speeds["fake meter 1"]
    assert "ms an edit at 128 px on cpu" in speeds["copy"]


def test_the_doctor_reports_what_is_broken_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, quick_detectors: None, capsys: Capture
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise WeightsError("the meter's weights are gone")

    monkeypatch.setattr("mienkit.app.doctor.load_instruments", fail)
    assert main(["doctor", "--model", "copy"]) == 1
    assert "the meter's weights are gone" in capsys.readouterr().out


def test_a_missing_package_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package", "torch"))
    found = {finding.name: finding for finding in doctor.look_at_versions()}
    assert not found["no-such-package"].good
    assert found["torch"].good


def test_the_doctor_speaks_json(fake_instruments: None, quick_detectors: None, capsys: Capture) -> None:
    main(["doctor", "--model", "copy", "--json"])
    assert {"topic", "name", "good", "here", "says"} == set(json.loads(capsys.readouterr().out)[0])


def test_optional_files_are_listed_with_where_they_are(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path))
    assert main(["fetch"]) == 0
    assert "not here" in capsys.readouterr().out
    assert main(["fetch", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["path"] is None
