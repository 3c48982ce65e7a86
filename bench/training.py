"""How fast a training goes: images a second of ours, and one turn of the official WGAN-GP."""

from collections.abc import Mapping

import torch
from torch import Tensor

from bench.table import Table
from bench.timing import Work, milliseconds
from mienkit.core.batch import FaceBatch, PairBatch
from mienkit.core.config import build_config
from mienkit.core.recipe import Stage
from mienkit.systems.ganimation import Ganimation
from mienkit.training import open_fabric
from mienkit.training.loop import run_phase
from mienkit.training.machine import Machine

PRECISIONS = {"fp32": "32-true", "bf16": "bf16-mixed"}
DEEPEST = {32: 4, 64: 5, 128: 5}
"""Side of the pictures -> layers of the critic."""


def bench_ours(*, sizes: tuple[int, ...] = (64, 128), batch: int = 16, rounds: int = 3) -> Table:
    """Time a step of every stage of ``ours``, in float32 and bf16."""
    rows = []
    for size in sizes:
        works = {}
        for name, precision in PRECISIONS.items():
            machine = Machine(fabric=open_fabric("cpu", precision))
            recipe = build("ours", {"image_size": size, "critic_depth": DEEPEST[size]})
            for stage in recipe.stages():
                works[f"{stage.name}, {name}"] = step_of(recipe, stage, make_batch(recipe, batch, size), machine)
        times = milliseconds(works, rounds, warm_up=1)
        rows += [(size, *name.split(", "), 1000 * batch / taken) for name, taken in times.items()]
    return Table(
        title="Training of ours",
        note=f"Batches of {batch} ready in memory; every phase of a stage counts. Median of {rounds} steps.",
        columns=("px", "stage", "precision", "images/s"),
        rows=rows,
    )


def bench_turn(
    *, preset: str = "official", batch: int = 4, rounds: int = 1, settings: Mapping[str, object] | None = None
) -> Table:
    """Time the phases of the official training and add them up to a turn: n critic updates and one of the generator."""
    recipe = build(preset, settings or {})
    size, machine = recipe.config.image_size, Machine()
    faces = make_batch(recipe, batch, size)
    phases = recipe.stages()[-1].phases
    works = {phase.name: (lambda phase=phase: run_phase(recipe, phase, faces, machine=machine)) for phase in phases}
    times = milliseconds(works, rounds, warm_up=1)
    turns = max(phase.every for phase in phases)
    turn = sum(times[phase.name] * turns / phase.every for phase in phases)
    rows = [(phase.name, turns // phase.every, times[phase.name]) for phase in phases]
    return Table(
        title="One turn of the official WGAN-GP",
        note=f"Preset `{preset}`, {size} px, batch {batch}, float32, ms an update.",
        columns=("phase", "updates a turn", "ms"),
        rows=[*rows, ("the turn", None, turn), ("images/s", None, 1000 * batch * turns / turn)],
    )


def build(preset: str, settings: Mapping[str, object]) -> Ganimation:
    """Build a model with random weights."""
    torch.manual_seed(0)
    return Ganimation(build_config(Ganimation.Config, Ganimation.presets[preset], settings))


def step_of(recipe: Ganimation, stage: Stage, batch: FaceBatch, machine: Machine) -> Work:
    """Return the work of one step."""
    return lambda: [run_phase(recipe, phase, batch, machine=machine) for phase in stage.phases]


def make_batch(recipe: Ganimation, count: int, size: int) -> FaceBatch:
    """Make a batch of noise of the kind that the recipe takes."""

    def image() -> Tensor:
        return torch.rand(count, 3, size, size) * 2 - 1

    def aus() -> Tensor:
        return torch.rand(count, 17)

    fields = {"key": torch.arange(count), "image": image(), "source": aus(), "target": aus()}
    if recipe.batch is not PairBatch:
        return FaceBatch(**fields)
    return PairBatch(
        **fields, result=image(), paired=torch.ones(count), real=image(), labelled=image(), label=aus(),
        label_known=torch.ones(count, 17),
    )  # fmt: skip
