import pytest
import torch
from toys import Cascade, Noisy, Wgan, batches, new

from mienkit.core.errors import TrainingError
from mienkit.training.loop import train
from mienkit.training.run import Run


def test_steps_are_counted_over_stages():
    run, seen = Run(new(Cascade)), []
    assert run.total_steps == 7
    train(run, batches, [lambda run, terms: seen.append((run.step, run.finished))])
    assert seen == [(step, step == 7) for step in range(1, 8)]


def test_rates_are_those_of_the_stage_under_way():
    run = Run(new(Cascade))
    assert run.rates() == {"coarse": 1e-3}
    run.progress.stage = 2
    assert run.rates() == {"fine": 0.1, "lazy": 0.1}


def test_optimiser_shared_by_phases_is_saved_once():
    assert len(Run(new(Cascade)).state_dict()["optimizers"]) == 2


def test_moving_to_float64_takes_the_memory_of_the_optimisers_along():
    run = Run(new(Wgan))
    train(run, batches)
    run.to(torch.device("cpu"), torch.float64)
    memory = run.optimizers[0].state_dict()["state"][0]
    assert memory["exp_avg"].dtype == torch.float64
    assert run.averages.states["generator"]["last.bias"].dtype == torch.float64


def test_state_of_another_recipe_is_refused():
    with pytest.raises(TrainingError, match="the checkpoint does not fit Noisy: "):
        Run(new(Noisy)).load_state_dict(Run(new(Wgan)).state_dict())
    with pytest.raises(TrainingError, match="the checkpoint does not fit Noisy: "):
        Run(new(Noisy)).load_state_dict({})
