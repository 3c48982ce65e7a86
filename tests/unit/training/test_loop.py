import os
import signal
from dataclasses import replace

import pytest
import torch
from toys import Cascade, Noisy, Wgan, batches, new

from mienkit.core.errors import ConfigError, NotFiniteError
from mienkit.core.recipe import Phase, Terms
from mienkit.training.loop import run_phase, stable_seed, train, weighted_sum
from mienkit.training.machine import Machine
from mienkit.training.run import Run


def count_calls(run: Run) -> dict[str, int]:
    """Count how often each phase's terms are asked for."""
    counts: dict[str, int] = {}
    phases = {id(phase): phase for stage in run.stages for phase in stage.phases}
    for phase in phases.values():
        counts[phase.name] = 0

        def counted(batch, inner=phase.terms, name=phase.name):
            counts[name] += 1
            return inner(batch)

        object.__setattr__(phase, "terms", counted)
    return counts


def assert_same(left: dict, right: dict) -> None:
    for key, value in left.items():
        assert torch.equal(value, right[key]), key


def first_phase(recipe, **changes) -> Phase:
    return replace(recipe.stages()[0].phases[0], **changes)


def test_every_step_of_every_stage_is_run():
    run, seen = Run(new(Cascade)), []
    assert train(run, batches, [lambda run, terms: seen.append((run.stage.name, run.step))])
    assert seen == [("first", 1), ("first", 2), ("first", 3), *(("second", n) for n in range(4, 8))]


def test_a_finished_run_trains_no_more():
    run = Run(new(Noisy))
    train(run, batches)
    assert train(run, batches, [lambda run, terms: pytest.fail("a step was run")])


def test_generator_every_n_steps_is_n_critic():
    run = Run(new(Wgan, Wgan.Config(steps=6, every=3)))
    counts = count_calls(run)
    train(run, batches)
    assert counts == {"critic": 6, "generator": 2}


def test_repeated_phase_draws_fresh_batches():
    run = Run(new(Wgan, Wgan.Config(steps=3, times=5)))
    counts = count_calls(run)
    train(run, batches)
    assert counts == {"critic": 15, "generator": 3}
    assert (run.progress.batches, run.progress.images) == (15, 60)


def test_lazy_phase_runs_on_every_second_step():
    run = Run(new(Cascade))
    counts = count_calls(run)
    train(run, batches)
    assert counts == {"coarse": 3, "fine": 4, "lazy": 2}


def test_terms_are_logged_raw_and_detached():
    run, seen = Run(new(Wgan)), []
    train(run, batches, [lambda run, terms: seen.append(terms)])
    assert seen[0].keys() == {"critic/real", "critic/fake", "critic/gp", "generator/fake", "generator/cycle"}
    assert not any(value.requires_grad for terms in seen for value in terms.values())


def test_phase_moves_only_its_own_weights():
    recipe = new(Wgan)
    before = {key: value.clone() for key, value in recipe.state_dict().items()}
    run_phase(recipe, recipe.stages()[0].phases[0], next(batches(0)))
    moved = {key.split(".")[0] for key, value in recipe.state_dict().items() if not torch.equal(value, before[key])}
    assert moved == {"critic"}
    assert all(parameter.grad is None for parameter in recipe.generator.parameters())
    assert all(parameter.requires_grad for parameter in recipe.parameters())


def test_weights_stay_trainable_when_terms_fail():
    recipe = new(Noisy)
    with pytest.raises(ZeroDivisionError):
        run_phase(recipe, first_phase(recipe, terms=lambda batch: 1 / 0), next(batches(0)))
    assert all(parameter.requires_grad for parameter in recipe.parameters())


def test_resumed_run_ends_with_the_same_bits(tmp_path):
    for kind in (Wgan, Noisy, Cascade):
        straight = Run(new(kind), seed=3)
        train(straight, batches)

        def save_and_die(run, terms):
            if run.step == 2:
                torch.save(run.state_dict(), tmp_path / "run.pt")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(Run(new(kind), seed=3), batches, [save_and_die])
        resumed = Run(new(kind))
        resumed.load_state_dict(torch.load(tmp_path / "run.pt", weights_only=True))
        train(resumed, batches)
        assert_same(straight.recipe.state_dict(), resumed.recipe.state_dict())
        assert_same(straight.released_state(), resumed.released_state())


def test_hooks_that_draw_random_numbers_change_nothing():
    plain, disturbed = Run(new(Noisy)), Run(new(Noisy))
    train(plain, batches)
    train(disturbed, batches, [lambda run, terms: torch.rand(7)])
    assert_same(plain.recipe.state_dict(), disturbed.recipe.state_dict())


def test_another_seed_gives_other_noise():
    runs = [Run(new(Noisy), seed=seed) for seed in (0, 1)]
    for run in runs:
        train(run, batches)
    assert not torch.equal(runs[0].recipe.network.weight, runs[1].recipe.network.weight)


def test_seeds_are_the_same_in_every_process_and_differ_by_rank():
    assert stable_seed(1, 2, 3) == 8149998584550362645
    assert len({stable_seed(seed, batch, rank) for seed in range(5) for batch in range(5) for rank in range(5)}) == 125


@pytest.mark.parametrize("micro_batches", [2, 4])
def test_micro_batches_give_the_gradient_of_the_whole_batch(micro_batches):
    whole, split = (Run(new(Wgan, Wgan.Config(steps=5)).double()) for _ in range(2))
    seen: list[Terms] = []

    def double_batches(start):
        for batch in batches(start):
            floats = {k: t.double() for k, t in batch.tensors().items() if t.is_floating_point()}
            yield replace(batch, **floats)

    for run, parts in ((whole, 1), (split, micro_batches)):
        train(run, double_batches, [lambda run, terms: seen.append(terms)], micro_batches=parts)
    for one, other in zip(seen[:5], seen[5:], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_batch_that_cannot_be_split_is_refused():
    with pytest.raises(ConfigError, match="a batch of 4 cannot be split into 3 equal micro-batches"):
        train(Run(new(Noisy)), batches, micro_batches=3)


def test_term_without_weight_is_refused():
    recipe = new(Noisy)
    phase = first_phase(recipe, terms=lambda batch: {"l2": torch.tensor(0.0)})
    with pytest.raises(ConfigError, match=r"phase 'fit': terms \['l2'\] but weights \['l1'\]"):
        run_phase(recipe, phase, next(batches(0)))


def test_phase_of_weights_zero_is_refused():
    recipe = new(Noisy)
    with pytest.raises(ConfigError, match="every weight is 0"):
        run_phase(recipe, first_phase(recipe, weights={"l1": 0}), next(batches(0)))


def test_sum_is_weighted():
    phase = first_phase(new(Noisy), weights={"a": 2, "b": -0.5})
    assert weighted_sum(phase, {"a": torch.tensor(3.0), "b": torch.tensor(4.0)}) == 4


def test_weight_zero_logs_without_training():
    recipe = new(Noisy)
    weight = recipe.network.weight
    nan = (weight * float("nan")).sum()
    phase = first_phase(recipe, terms=lambda b: {"l1": weight.sum(), "seen": nan}, weights={"l1": 1, "seen": 0})
    terms = run_phase(recipe, phase, next(batches(0)))
    assert torch.isnan(terms["fit/seen"])
    assert torch.isfinite(weight).all()


def test_nan_names_its_term_and_moves_no_weight():
    recipe = new(Noisy)
    weight = recipe.network.weight
    before = weight.clone()
    terms = {"good": weight.sum(), "bad": weight.sum() * float("nan")}
    phase = first_phase(recipe, terms=lambda batch: terms, weights={"good": 1, "bad": 1})
    with pytest.raises(NotFiniteError, match=r"^fit/bad is nan; lower the learning rate"):
        run_phase(recipe, phase, next(batches(0)))
    assert torch.equal(weight, before)


def test_gpu_is_asked_for_nan_only_now_and_then(monkeypatch):
    monkeypatch.setattr(Machine, "device", torch.device("cuda"))
    assert [turn for turn in range(101) if Machine().looks_for_nan(turn)] == [0, 50, 100]


def test_looks_for_nan_count_the_turns_of_each_phase(monkeypatch):
    turns = []
    monkeypatch.setattr(Machine, "looks_for_nan", lambda machine, turn: turns.append(turn) or True)
    train(Run(new(Wgan, Wgan.Config(steps=6, every=3))), batches)
    assert turns == [1, 2, 3, 1, 4, 5, 6, 2]


def test_learning_rate_follows_the_progress_of_the_stage_and_is_never_saved():
    recipe = new(Noisy)
    seen: list[float] = []
    stage = recipe.stages()[0]
    phase = replace(stage.phases[0], learning_rate=lambda progress: 1 - progress)
    recipe.stages = lambda: [replace(stage, phases=[phase])]
    step = phase.optimizer.step
    phase.optimizer.step = lambda: (seen.append(phase.optimizer.param_groups[0]["lr"]), step())
    run = Run(recipe)
    train(run, batches)
    assert seen == pytest.approx([1e-3, 0.75e-3, 0.5e-3, 0.25e-3])
    assert run.state_dict()["optimizers"][0]["param_groups"][0]["lr"] == 1e-3


def test_gradient_is_clipped():
    recipe = new(Cascade)
    phase = replace(recipe.stages()[2].phases[0], clip_norm=1e-3)
    before = recipe.fine.weight.clone(), recipe.fine.bias.clone()
    run_phase(recipe, phase, next(batches(0)))
    moved = torch.cat([(recipe.fine.weight - before[0]).flatten(), recipe.fine.bias - before[1]])
    assert moved.norm().item() == pytest.approx(0.1 * 1e-3, rel=1e-2)  # SGD at rate 0.1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_after_the_step_and_hooks_know(number):
    run, seen = Run(new(Noisy)), []

    def be_told(run, terms):
        seen.append((run.step, run.stopping))
        if run.step == 2:
            os.kill(os.getpid(), number)

    assert not train(run, batches, [be_told])
    assert seen == [(1, False), (2, False), (3, True)]
    assert train(run, batches)
    assert run.step == 4
