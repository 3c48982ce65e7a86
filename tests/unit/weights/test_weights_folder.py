import json
from dataclasses import dataclass

import pytest
import torch
from safetensors import safe_open
from torch import nn

from mienkit.core import model as model_module
from mienkit.core.errors import UnknownNameError, WeightsError
from mienkit.core.model import Model
from mienkit.core.registry import Registry
from mienkit.weights import Weights, build_model, folder, read_weights, released, save_weights


class Tiny(Model):
    """One layer."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        width: int = 3

    source = "test"

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.layer = nn.Linear(2, config.width)
        self.register_buffer("count", torch.tensor(7))


@pytest.fixture(autouse=True)
def models(monkeypatch):
    registry: Registry[Model] = Registry("model")
    registry._items["tiny"] = Tiny
    monkeypatch.setattr(folder, "MODELS", registry)
    assert folder.MODELS is not model_module.MODELS


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = Tiny(Tiny.Config(width=4))
    save_weights(tmp_path / "tiny", "tiny", model.state_dict(), {"width": 4}, "# Tiny\n")
    return tmp_path / "tiny"


def test_what_was_saved_is_read(saved):
    torch.manual_seed(0)
    expected = Tiny(Tiny.Config(width=4)).state_dict()
    weights = read_weights(saved, "tiny")
    assert (weights.model, weights.config, weights.card) == ("tiny", {"width": 4}, "# Tiny\n")
    assert weights.state["layer.weight"].dtype == torch.float32
    assert torch.equal(weights.state["layer.weight"], expected["layer.weight"].half().float())
    assert weights.state["count"] == 7
    assert weights.state["count"].dtype == torch.int64


def test_floats_take_two_bytes_on_disk(saved):
    with safe_open(saved / "model.safetensors", "pt") as file:
        assert {key: file.get_tensor(key).dtype for key in file.keys()} == {  # noqa: SIM118 - it is no mapping
            "layer.weight": torch.float16,
            "layer.bias": torch.float16,
            "count": torch.int64,
        }
        assert file.metadata() == {"format": "pt"}


def test_full_precision_is_kept_on_request(tmp_path):
    value = {"x": torch.tensor([1 / 3, 1e6])}
    save_weights(tmp_path, "tiny", value, {}, "", half=False)
    assert torch.equal(read_weights(tmp_path).state["x"], value["x"])


def test_config_names_model_version_and_format(saved):
    about = json.loads((saved / "config.json").read_text())
    assert about.keys() == {"model", "config", "mienkit_version", "format", "sha256"}
    assert about["model"] == "tiny"


def test_no_pickle_and_no_rubbish_is_written(saved):
    assert {path.name for path in saved.iterdir()} == {"model.safetensors", "config.json", "CARD.md"}


def test_weights_are_replaced_in_place(saved):
    save_weights(saved, "tiny", {"x": torch.ones(1)}, {}, "new")
    weights = read_weights(saved)
    assert (list(weights.state), weights.card) == (["x"], "new")


def test_views_and_transposed_tensors_can_be_saved(tmp_path):
    base = torch.arange(6.0).reshape(2, 3)
    save_weights(tmp_path, "tiny", {"t": base.T, "row": base[0], "same": base[0]}, {}, "")
    assert torch.equal(read_weights(tmp_path).state["t"], base.T)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e5])
def test_weight_that_16_bits_cannot_hold_is_refused(tmp_path, value):
    with pytest.raises(WeightsError, match="weight 'x' is not finite in 16 bits; save with half=False"):
        save_weights(tmp_path / "bad", "tiny", {"x": torch.tensor([value])}, {}, "")
    assert not (tmp_path / "bad").exists()


def test_model_is_built_from_its_weights(saved):
    model = build_model(read_weights(saved))
    assert isinstance(model, Tiny)
    assert model.layer.out_features == 4
    assert not model.training


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"there is no weights folder .*nowhere"):
        read_weights(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_missing_file_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(WeightsError, match=name):
        read_weights(saved)


def test_missing_card_is_no_error(saved):
    (saved / "CARD.md").unlink()
    assert read_weights(saved).card == ""


@pytest.mark.parametrize("keep", [0, 4, 40, -8])
def test_truncated_tensors_are_refused(saved, keep):
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WeightsError, match=r"is corrupt or truncated .*; get the weights again"):
        read_weights(saved)


def test_flipped_bit_is_refused(saved):
    path = saved / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"is not the file that config\.json describes"):
        read_weights(saved)


@pytest.mark.parametrize("text", ["{", "[]", '{"model": "tiny"}', '{"architectures": ["Bert"], "config": {}}', "\xff"])
def test_foreign_config_is_refused(saved, text):
    (saved / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(WeightsError, match=r"config\.json (is not JSON|does not name a mienkit model)"):
        read_weights(saved)


def test_newer_format_is_refused(saved):
    about = json.loads((saved / "config.json").read_text())
    (saved / "config.json").write_text(json.dumps(about | {"format": 2}))
    with pytest.raises(WeightsError, match="has format 2, this mienkit reads 1; update mienkit"):
        read_weights(saved)


def test_weights_of_another_model_are_refused(saved):
    with pytest.raises(WeightsError, match="are of the model 'tiny', not of 'ganimation'"):
        read_weights(saved, "ganimation")


def test_unknown_model_suggests():
    with pytest.raises(UnknownNameError, match="did you mean 'tiny'"):
        build_model(Weights(model="tini", config={}, state={}, card="", sha256=""))


def test_config_that_does_not_fit_is_refused():
    with pytest.raises(WeightsError, match=r"config of these weights does not fit the model 'tiny': .*'height'"):
        build_model(Weights(model="tiny", config={"height": 3}, state={}, card="", sha256=""))


def test_shapes_that_do_not_fit_are_named(saved):
    weights = read_weights(saved)
    other = Weights(model="tiny", config={"width": 5}, state=weights.state, card="", sha256="")
    with pytest.raises(WeightsError, match=r"do not fit the model 'tiny': size mismatch for layer\.weight"):
        build_model(other)


def test_released_weights_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "__file__", str(tmp_path / "folder.py"))
    save_weights(tmp_path / "tiny", "tiny", {"x": torch.ones(1)}, {}, "")
    assert released("tiny") == tmp_path / "tiny"
    assert released("other") is None
    assert released(f"../{tmp_path.name}/tiny") is None
