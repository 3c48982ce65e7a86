"""Use case: train a model on face tables."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.edit import load_workshop
from mienkit.app.feed import make_stream
from mienkit.app.train import (
    TrainRequest,
    build_recipe,
    compile_networks,
    folder_of,
    photographed_people,
    train_model,
)
from mienkit.cli.entry import main
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.batch import (
    Batch,
    DomainBatch,
    FaceBatch,
    FlowBatch,
    MeterBatch,
    PairBatch,
    TransferBatch,
)
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError, UnknownNameError
from mienkit.core.model import MODELS
from mienkit.core.recipe import Phase, Recipe, Stage, Terms
from mienkit.core.task import Edited
from mienkit.data.loader import load_faces
from mienkit.weights import read_weights
from mienkit.weights.people import PEOPLE, read_people
from photographs import make_row, write


class Tint(Recipe):
    """Learns one number: how much brighter faces get with the sum of their units."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 16
        batch_size: int = 4
        steps: int = 6
        rate: float = 0.1

    presets = {"fast": {"rate": 0.5}}  # noqa: RUF012
    source = "made up for this test"
    vocabulary = ("AU1",)

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.gain = nn.Parameter(torch.rand(1))

    def stages(self) -> list[Stage]:
        optimizer = torch.optim.SGD(self.parameters(), lr=self.config.rate)
        phase = Phase(name="fit", optimizer=optimizer, terms=self.terms, weights={"error": 1.0})
        return [Stage(name="only", steps=self.config.steps, phases=[phase])]

    def terms(self, batch: FaceBatch) -> Terms:
        return {"error": (self.gain * batch.source.sum(1) - batch.image.mean((1, 2, 3))).square().mean()}

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return Edited(image=image, change=image[:, :1] * 0)


@pytest.fixture(autouse=True)
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``tint`` be a model, and keep the cache of pictures out of the user's home."""
    monkeypatch.setitem(MODELS._items, "tint", Tint)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A small table of drawn faces."""
    folder = tmp_path / "drawn.table"
    draw_table(folder, DrawRequest(count=24, size=16))
    return folder


@pytest.fixture
def request_tint(table: Path) -> TrainRequest:
    return TrainRequest(model="tint", tables=[table], device="cpu", checkpoint_every=2, log_every=1)


def test_a_training_ends_with_weights_that_can_be_used(request_tint: TrainRequest, table: Path) -> None:
    report = train_model(request_tint)
    assert (report.steps, report.finished) == (6, True)
    assert report.folder == Path("runs/tint-default-0")
    assert report.weights is not None
    weights = read_weights(report.weights)
    assert (weights.model, weights.config["steps"]) == ("tint", 6)
    assert f"mien train tint --table {table}" in weights.card


def test_a_trained_editor_is_loaded_by_its_folder(request_tint: TrainRequest, fake_instruments: None) -> None:
    report = train_model(request_tint)
    editor = load_workshop(weights=report.weights).editor
    assert editor.name == "tint"
    assert editor.weights is not None
    assert len(editor.weights) == 64


def test_an_interrupted_training_goes_on_to_the_same_weights(request_tint: TrainRequest) -> None:
    whole = train_model(replace(request_tint, folder=Path("whole")))

    def interrupt(run: object, terms: object) -> None:
        if run.step == 3:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    parts = replace(request_tint, folder=Path("parts"))
    with pytest.raises(KeyboardInterrupt):
        train_model(parts, [interrupt])
    finished = train_model(parts)
    states = [read_weights(report.weights).state for report in (whole, finished) if report.weights]
    assert torch.equal(states[0]["gain"], states[1]["gain"])


def test_the_seed_decides_the_first_weights(request_tint: TrainRequest) -> None:
    gains = [build_recipe(replace(request_tint, seed=seed)).gain.item() for seed in (1, 1, 2)]
    assert gains[0] == gains[1] != gains[2]


def test_settings_win_over_the_file_which_wins_over_the_preset(request_tint: TrainRequest, tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("rate = 0.25\nbatch_size = 8\n")
    request = replace(request_tint, preset="fast", file=file)
    assert build_recipe(replace(request, file=None)).config.rate == 0.5
    assert build_recipe(request).config.rate == 0.25
    config = build_recipe(replace(request, settings=["batch_size=2"], steps=9)).config
    assert (config.rate, config.batch_size, config.steps) == (0.25, 2, 9)


def test_a_folder_of_another_run_is_refused(request_tint: TrainRequest) -> None:
    train_model(request_tint)
    with pytest.raises(ConfigError, match=r"rate was 0\.1, now 0\.2"):
        train_model(replace(request_tint, settings=["rate=0.2"]))


def test_the_log_tells_the_terms(request_tint: TrainRequest) -> None:
    report = train_model(request_tint)
    lines = [json.loads(line) for line in (report.folder / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert "fit/error" in lines[0]["terms"]


def test_an_unknown_preset_is_named_with_those_that_exist(request_tint: TrainRequest) -> None:
    with pytest.raises(UnknownNameError, match="fast"):
        train_model(replace(request_tint, preset="slow"))


def test_the_run_folder_is_named_by_model_preset_and_seed(request_tint: TrainRequest) -> None:
    assert folder_of(replace(request_tint, preset="fast", seed=3)) == Path("runs/tint-fast-3")


class Eater:
    """As much of a recipe as a stream asks for."""

    vocabulary, emotions, metered = ACTION_UNITS, EMOTIONS, False

    def __init__(self, batch: type[Batch], **other: Any) -> None:
        self.batch, self.config = batch, SimpleNamespace(batch_size=4)
        vars(self).update(other)

    def mix(self) -> dict[str, float]:
        return {}


def test_a_model_gets_the_kind_of_batch_that_it_takes(table: Path, tmp_path: Path) -> None:
    draw_table(tmp_path / "posed", DrawRequest(count=24, size=16, kind="posed", per_scene=8))
    faces, posed = load_faces(table, 16), load_faces(tmp_path / "posed", 16)
    for kind in (FaceBatch, PairBatch, FlowBatch, MeterBatch):
        assert type(next(make_stream(Eater(kind), faces, 0)(0))) is kind
    assert type(next(make_stream(Eater(TransferBatch), posed, 0)(0))) is TransferBatch
    exact, metered = (next(make_stream(Eater(TransferBatch, metered=some), posed, 0)(0)) for some in (False, True))
    assert torch.equal(exact.image, metered.image)
    assert not torch.equal(exact.driver_landmarks, metered.driver_landmarks)
    neutral_and_happy = Eater(DomainBatch, emotions=("neutral", "happiness"))
    assert type(next(make_stream(neutral_and_happy, posed, 0)(0))) is DomainBatch
    emotions = next(make_stream(Eater(FaceBatch, vocabulary=EMOTIONS), posed, 0)(0))
    assert emotions.source.shape == (4, 8)
    with pytest.raises(ConfigError, match="makes no batches of the kind Batch"):
        make_stream(Eater(Batch), faces, 0)


def test_the_command_line_trains(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "tint", "--table", str(table), "--steps", "2", "--device", "cpu"]) == 0
    assert "--weights runs/tint-default-0/weights" in capsys.readouterr().out


def test_the_command_line_reports_as_json(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "tint", "--table", str(table), "--steps", "2", "--device", "cpu", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 2


def test_a_training_can_begin_with_weights(tmp_path):
    draw_table(tmp_path / "drawn.table", DrawRequest(count=8, size=16))
    first = TrainRequest(model="tint", tables=[tmp_path / "drawn.table"], folder=tmp_path / "first")
    weights = train_model(first).weights
    gain = read_weights(weights).state["gain"]
    second = replace(first, start=weights, seed=5, folder=tmp_path / "second")
    assert torch.equal(build_recipe(second).gain.detach(), gain)
    report = train_model(second)
    config = json.loads((report.folder / "config.json").read_text())
    assert read_weights(weights).sha256 in json.dumps(config)
    assert f"--from {weights}" in (report.weights / "CARD.md").read_text()


def test_a_streamed_training_learns_from_the_same_faces_and_can_be_interrupted(request_tint: TrainRequest) -> None:
    streamed = replace(request_tint, stream=True)
    whole = train_model(replace(streamed, folder=Path("whole")))

    def interrupt(run: object, terms: object) -> None:
        if run.step == 3:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_model(replace(streamed, folder=Path("parts")), [interrupt])
    finished = train_model(replace(streamed, folder=Path("parts")))
    gains = [read_weights(report.weights).state["gain"] for report in (whole, finished) if report.weights]
    assert torch.equal(gains[0], gains[1])
    assert json.loads(Path("whole/config.json").read_text())["settings"]["stream"] == {"processes": 1}
    assert "--stream" in (Path("whole") / "weights" / "CARD.md").read_text()


def test_what_needs_more_than_single_faces_cannot_be_streamed(request_tint: TrainRequest) -> None:
    with pytest.raises(ConfigError, match=r"meter with these settings learns from something else \(MeterBatch\)"):
        train_model(replace(request_tint, model="meter", preset="tiny", stream=True))


def test_the_command_line_streams(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "tint", "--table", str(table), "--steps", "2", "--device", "cpu", "--stream"]) == 0
    assert "finished after 2 steps" in capsys.readouterr().out


def test_compiling_touches_what_the_recipe_names_and_no_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    compiled: list[tuple[nn.Module, dict[str, object]]] = []
    monkeypatch.setattr(nn.Module, "compile", lambda network, **how: compiled.append((network, how)))
    recipe = build_recipe(TrainRequest(model="meter", preset="tiny", tables=[]))
    compile_networks(recipe, "meter")
    assert compiled == [(recipe.get_submodule("network"), {"dynamic": False})]


def test_without_a_compiler_nothing_is_compiled(request_tint: TrainRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match=r"--compile needs g\+\+"):
        train_model(replace(request_tint, model="meter", preset="tiny", compiled=True))


def test_a_network_that_measures_says_of_whom_it_learned(table: Path, tmp_path: Path) -> None:
    report = train_model(TrainRequest(model="meter", preset="tiny", tables=[table], device="cpu"))
    assert report.weights is not None
    assert not read_people(report.weights).hashes  # drawn people are nobody
    write(tmp_path / "photos.table", [make_row(1, 0.1, split="train"), make_row(2, 0.1), make_row(3, 0.1)])
    assert photographed_people([table, tmp_path / "photos.table"]) == {"person-1"}


def test_an_editor_keeps_no_list(request_tint: TrainRequest) -> None:
    report = train_model(request_tint)
    assert report.weights is not None
    assert not (report.weights / PEOPLE).exists()
