"""The one training loop. It serves every recipe: GANs, cascades and plain regressors."""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from mienkit.core.batch import Batch
from mienkit.core.errors import ConfigError, NotFiniteError
from mienkit.core.recipe import Phase, Recipe, Stage, Terms
from mienkit.training.interrupt import stop_requests
from mienkit.training.machine import Machine
from mienkit.training.run import Run

if TYPE_CHECKING:
    from lightning.fabric import Fabric

Batches: TypeAlias = Callable[[int], Iterator[Any]]
"""Gives the endless stream of global batches, of the recipe's kind, from the n-th on; the same in every process."""

Hook: TypeAlias = Callable[[Run, Terms], None]
"""Called after every step with its raw terms, in the first process only: logs, samples, checkpoints, health. A hook
never changes weights. In the last step ``run.finished`` or ``run.stopping`` is true."""

STOP_STRIDE = 10
"""Steps between asking all processes whether one was told to stop, which a GPU must wait for."""


def train(
    run: Run,
    batches: Batches,
    hooks: Sequence[Hook] = (),
    *,
    fabric: "Fabric | None" = None,
    micro_batches: int = 1,
    sharded: bool = False,
) -> bool:
    """Run the remaining steps of every remaining stage.

    SIGTERM and Ctrl-C end it after the step under way and its hooks.

    Args:
        run: new, or continued from a checkpoint.
        batches: gives the stream of global batches, or of this process's own ones where they are ``sharded``.
        hooks: called in order after every step.
        fabric: device, precision and processes, from ``open_fabric``; None is this process alone on the CPU.
        micro_batches: parts into which each process's share of a batch is split to save memory.
        sharded: each process draws its own equal part, so that it need not read what the others do.

    Returns:
        Whether the run is finished; otherwise it was told to stop.

    Raises:
        ConfigError: terms and weights of a phase differ, or a batch cannot be divided.
        NotFiniteError: a term became NaN or infinite.
    """
    machine = Machine(fabric=fabric, micro_batches=micro_batches, sharded=sharded)
    if not run.step:
        run.recipe.begin(batches(0))
    run.to(machine.device, machine.dtype)
    machine.equalise(run.recipe.state_dict().values())
    stream = batches(run.progress.batches)
    run.stopping = False
    with stop_requests() as asked:
        while not (run.finished or run.stopping):
            terms = run_step(run, run.next_stage(), stream, machine)
            run.progress.step += 1
            run.stopping = must_stop(run, machine, asked)
            for hook in hooks if machine.leads else ():
                hook(run, terms)
    machine.wait()
    return run.finished


def must_stop(run: Run, machine: Machine, asked: Callable[[], bool]) -> bool:
    """Tell whether this step is the last one, the same in every process."""
    if machine.world > 1 and run.step % STOP_STRIDE:
        return False
    return machine.anyone(asked()) and not run.finished


def run_step(run: Run, stage: Stage, stream: Iterator[Batch], machine: Machine) -> Terms:
    """Run the phases that are due, all on one batch, and return their last raw terms."""
    torch.manual_seed(stable_seed(run.seed, run.progress.batches, machine.rank))  # a resumed run repeats its noise
    logged: Terms = {}
    shared = draw(run, stream, machine)
    for phase in stage.phases:
        turn, waits = divmod(run.progress.step + 1, phase.every)
        if not waits:
            for time in range(phase.times):
                batch = shared if time == 0 else draw(run, stream, machine)
                logged |= run_phase(
                    run.recipe,
                    phase,
                    batch,
                    machine=machine,
                    rate_factor=run.rate_factor(phase),
                    check=machine.looks_for_nan(turn),
                )
                run.averages.update(phase.optimizer)
    return logged


def stable_seed(*parts: int) -> int:
    """Hash integers to a seed of 63 bits; the same in every process and on every machine, unlike ``hash``."""
    text = ",".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def draw(run: Run, stream: Iterator[Batch], machine: Machine) -> Batch:
    """Take the next batch and count it, so that a resumed run continues with the one after."""
    batch = next(stream)
    run.progress.batches += 1
    run.progress.images += machine.samples(batch)
    return machine.place(batch)


def run_phase(
    recipe: Recipe,
    phase: Phase,
    batch: Batch,
    *,
    machine: Machine | None = None,
    rate_factor: float = 1.0,
    check: bool = True,
) -> Terms:
    """Take one optimiser step and return the phase's raw terms, detached.

    Raises:
        ConfigError: a term has no weight, or a weight has no term.
        NotFiniteError: ``check`` is true and the weighted sum is NaN or infinite; no weight has moved then.
    """
    machine = machine or Machine()
    own = parameters_of(phase.optimizer)
    phase.optimizer.zero_grad(set_to_none=True)
    with only_trainable(recipe, own):
        terms = differentiate(phase, batch, machine)
    terms = machine.average(own, terms)
    if check:
        check_finite(phase, terms)
    if phase.clip_norm is not None:
        nn.utils.clip_grad_norm_(own, phase.clip_norm)
    with scaled_rate(phase.optimizer, rate_factor):
        phase.optimizer.step()
    phase.optimizer.zero_grad(set_to_none=True)  # the next phase needs the memory
    return {f"{phase.name}/{name}": value for name, value in terms.items()}


def differentiate(phase: Phase, batch: Batch, machine: Machine) -> Terms:
    """Add the gradient of the weighted sum to the parameters and return the raw terms, detached means."""
    means: Terms = {}
    for part in machine.split(batch):
        with machine.autocast():
            terms = phase.terms(part)
        (weighted_sum(phase, terms) / machine.micro_batches).backward()
        for name, value in terms.items():
            means[name] = means.get(name, 0) + value.detach() / machine.micro_batches
    return means


def weighted_sum(phase: Phase, terms: Terms) -> Tensor:
    """Add up the phase's terms; those of weight 0 are left out, so that nothing of them reaches a gradient.

    Raises:
        ConfigError: a term has no weight, a weight has no term, or every weight is 0.
    """
    if terms.keys() != phase.weights.keys():
        raise ConfigError(f"phase '{phase.name}': terms {sorted(terms)} but weights {sorted(phase.weights)}")
    weighted = [weight * terms[name] for name, weight in phase.weights.items() if weight]
    if not weighted:
        raise ConfigError(f"phase '{phase.name}': every weight is 0, so there is nothing to train on")
    return torch.stack([value if value.dtype == torch.float64 else value.float() for value in weighted]).sum()


def check_finite(phase: Phase, terms: Terms) -> None:
    """Look at the sum; only where it is bad look for the term.

    Raises:
        NotFiniteError: a term is NaN or infinite.
    """
    if torch.isfinite(weighted_sum(phase, terms)):
        return
    weighted = {name: terms[name].item() for name, weight in phase.weights.items() if weight}
    bad = [f"{phase.name}/{name} is {value}" for name, value in weighted.items() if not math.isfinite(value)]
    advice = "lower the learning rate, or take precision 32-true"
    raise NotFiniteError(f"{', '.join(bad) or f'the sum of phase {phase.name} overflows'}; {advice}")


def parameters_of(optimizer: Optimizer) -> list[nn.Parameter]:
    """Return the parameters that an optimiser moves."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


@contextmanager
def only_trainable(recipe: Recipe, own: Sequence[nn.Parameter]) -> Iterator[None]:
    """Freeze every weight of the recipe but some."""
    chosen = {id(parameter) for parameter in own}
    before = [(parameter, parameter.requires_grad) for parameter in recipe.parameters()]
    try:
        for parameter, _ in before:
            parameter.requires_grad_(id(parameter) in chosen)
        yield
    finally:
        for parameter, flag in before:
            parameter.requires_grad_(flag)


@contextmanager
def scaled_rate(optimizer: Optimizer, factor: float) -> Iterator[None]:
    """Multiply the learning rates for a while, so that what is saved is never the scaled one."""
    before = [group["lr"] for group in optimizer.param_groups]
    try:
        for group, rate in zip(optimizer.param_groups, before, strict=True):
            group["lr"] = rate * factor
        yield
    finally:
        for group, rate in zip(optimizer.param_groups, before, strict=True):
            group["lr"] = rate
