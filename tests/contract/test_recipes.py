"""Promises that every registered model keeps. A new one is tested the moment its line is added."""

import copy
import json
import re
from pathlib import Path

import pytest
import torch
from batches import MAKERS, Dice, random_batch, stream
from outputs import CHECKS

import mienkit
import mienkit.baselines
import mienkit.systems
from mienkit.core import batch as batch_module
from mienkit.core.batch import Batch
from mienkit.core.config import build_config, describe_config
from mienkit.core.errors import AssetError, ConfigError, MissingExtraError, UnknownNameError
from mienkit.core.model import MODELS, Model
from mienkit.core.recipe import Recipe
from mienkit.core.task import TASKS, tasks_of
from mienkit.training.loop import parameters_of, run_phase, train
from mienkit.training.machine import Machine
from mienkit.training.run import Run

PACKAGE = Path(mienkit.__file__).parent
PAGES = PACKAGE.parents[1] / "docs" / "models"
HEADINGS = ["Idea", "Objective", "Differences from the paper", "Measured", "Licence and intended use"]
RECIPES = [name for name in MODELS if issubclass(MODELS[name], Recipe)]
ABILITIES = [(name, task) for name in MODELS for task in tasks_of(MODELS[name])]

every_model = pytest.mark.parametrize("name", list(MODELS))
every_recipe = pytest.mark.parametrize("name", RECIPES)


def new_model(name: str, seed: int = 0) -> Model:
    kind = MODELS[name]
    torch.manual_seed(seed)
    return kind(build_config(kind.Config, kind.presets.get("tiny", {})))


def new_run(name: str) -> Run:
    model = new_model(name)
    assert isinstance(model, Recipe)
    return Run(model, seed=1)


def finish(run: Run, *hooks) -> None:
    train(run, stream(run.recipe, run.recipe.batch), hooks)


def assert_same(left, right) -> None:
    assert left.keys() == right.keys()
    for key, value in left.items():
        assert torch.equal(value, right[key]), key


def test_every_file_of_a_model_is_registered_and_the_other_way_round():
    found = set()
    for folder in (PACKAGE / "systems", PACKAGE / "baselines"):
        found |= {path.stem for path in folder.glob("[!_]*.py")}
        found |= {path.parent.name for path in folder.glob("*/__init__.py")}
    assert found == set(MODELS)


def test_every_kind_of_batch_and_every_task_is_known_to_these_tests():
    kinds = {kind for kind in vars(batch_module).values() if isinstance(kind, type) and issubclass(kind, Batch)}
    assert set(MAKERS) == kinds - {Batch}
    assert CHECKS.keys() == TASKS.keys()


@every_model
def test_wrong_name_suggests_the_right_one(name):
    with pytest.raises(UnknownNameError, match=f"no model is called '{name}x'; did you mean '{name}'"):
        MODELS[f"{name}x"]


@every_model
def test_model_tells_its_source(name):
    assert MODELS[name].source.strip()
    assert "\n" not in MODELS[name].source


@every_model
def test_model_has_a_task_or_can_be_trained(name):
    assert tasks_of(MODELS[name]) or name in RECIPES


@every_model
def test_model_has_a_page_with_the_five_headings(name):
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == HEADINGS


@every_model
def test_config_survives_json(name):
    kind = MODELS[name]
    for differences in ({}, *kind.presets.values()):
        config = build_config(kind.Config, differences)
        assert build_config(kind.Config, json.loads(json.dumps(describe_config(config)))) == config


@every_model
def test_unknown_setting_is_refused(name):
    with pytest.raises(ConfigError, match="there is no setting 'no_such_setting'"):
        build_config(MODELS[name].Config, {"no_such_setting": 1})


@every_model
def test_same_seed_builds_the_same_weights(name):
    assert_same(new_model(name).state_dict(), new_model(name).state_dict())


@every_model
def test_released_weights_make_the_same_model(name):
    model, other = new_model(name, seed=0), new_model(name, seed=1)
    other.load_released(copy.deepcopy(dict(model.released_state())))
    assert_same(dict(model.released_state()), dict(other.released_state()))


@pytest.mark.parametrize(("name", "task"), ABILITIES)
@torch.no_grad()
@pytest.mark.usefixtures("optional_files")
def test_output_has_the_shape_and_range_of_its_task(name, task):
    model = new_model(name).eval()
    assert isinstance(model, TASKS[task]), f"{name} has the verb '{task}' but not what else its protocol asks for"
    try:
        CHECKS[task](model, Dice(model, seed=0))
    except (AssetError, MissingExtraError) as missing:
        pytest.skip(str(missing))


@every_recipe
def test_recipe_has_a_preset_for_tests(name):
    assert "tiny" in MODELS[name].presets
    assert sum(parameter.numel() for parameter in new_model(name).parameters()) <= 500_000
    assert 3 <= new_run(name).total_steps <= 20


@every_recipe
def test_recipe_trains_to_the_end_with_finite_terms(name):
    run, seen = new_run(name), []
    finish(run, lambda run, terms: seen.append(terms))
    assert len(seen) == run.total_steps
    assert all(torch.isfinite(value) and not value.requires_grad for terms in seen for value in terms.values())


@every_recipe
def test_each_phase_moves_its_own_weights_and_no_others(name):
    model = new_model(name)
    for stage in model.stages():
        for phase in stage.phases:
            own = {id(parameter) for parameter in parameters_of(phase.optimizer)}
            model.zero_grad(set_to_none=True)
            before = {key: value.detach().clone() for key, value in model.named_parameters()}
            run_phase(model, phase, random_batch(model, model.batch))
            moved = {key for key, value in model.named_parameters() if not torch.equal(value, before[key])}
            allowed = {key for key, value in model.named_parameters() if id(value) in own}
            assert moved, f"phase {phase.name} moves nothing"
            assert moved <= allowed, f"phase {phase.name} moved {sorted(moved - allowed)}"
            assert not [key for key, value in model.named_parameters() if value.grad is not None and key not in allowed]


@every_recipe
def test_resuming_changes_no_bit(name, tmp_path):
    straight = new_run(name)
    finish(straight)

    def save_and_die(run, terms):
        if run.step == 2:
            torch.save(run.state_dict(), tmp_path / "run.pt")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        finish(new_run(name), save_and_die)
    resumed = new_run(name)
    resumed.load_state_dict(torch.load(tmp_path / "run.pt", weights_only=True))
    finish(resumed)
    assert_same(straight.recipe.state_dict(), resumed.recipe.state_dict())
    assert_same(straight.released_state(), resumed.released_state())


@every_recipe
def test_same_seed_trains_the_same_weights(name):
    runs = [new_run(name), new_run(name)]
    for run in runs:
        finish(run)
    assert_same(runs[0].recipe.state_dict(), runs[1].recipe.state_dict())


@every_recipe
def test_recipe_trains_in_micro_batches(name):
    model = new_model(name)
    for stage in model.stages():
        for phase in stage.phases:
            terms = run_phase(model, phase, random_batch(model, model.batch), machine=Machine(micro_batches=2))
            assert terms.keys() == {f"{phase.name}/{term}" for term in phase.weights}


@every_recipe
@torch.no_grad()
def test_preview_shows_a_row_a_sample(name):
    model = new_model(name).eval()
    batch = random_batch(model, model.batch)
    sample = model.preview(batch)
    if sample is None:
        pytest.skip(f"{name} has nothing to show")
    for title, image in sample.columns.items():
        assert len(image) == len(batch), title
        assert image.ndim == 4, title
        assert image.abs().max() <= 1, title
    if sample.change is not None:
        assert sample.change.shape[:2] == (len(batch), 1)
        assert 0 <= sample.change.min() <= sample.change.max() <= 1
