"""A training: model, data, loop and hooks brought together, and the weights at its end."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from mienkit import baselines as baselines
from mienkit import systems as systems
from mienkit.app.feed import Feed, make_stream, open_feed
from mienkit.core.config import build_config, describe_config, parse_settings, read_settings, require
from mienkit.core.errors import ConfigError
from mienkit.core.model import MODELS
from mienkit.core.naming import unknown_name
from mienkit.core.recipe import Recipe, Terms
from mienkit.core.task import Measurer
from mienkit.core.version import __version__
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import cache_folder, load_faces
from mienkit.data.sampling import Stream
from mienkit.data.table import open_table
from mienkit.training import CheckpointHook, HealthHook, LogHook, Run, RunFolder, SampleHook, open_fabric, train
from mienkit.weights import load_weights, read_weights, save_weights
from mienkit.weights.people import write_people

if TYPE_CHECKING:
    from lightning.fabric import Fabric

Watcher: TypeAlias = Callable[[Run, Terms], None]

SHOWN = 8
"""Faces in a sample grid."""
SETTLED = ("image_size", "batch_size", "steps")
"""Settings that every trainable model has."""


@dataclass(frozen=True, kw_only=True)
class TrainRequest:
    """Which training to run."""

    model: str
    tables: Sequence[Path]
    preset: str | None = None
    settings: Sequence[str] = ()
    """``n_critic=3``: differences to the preset."""
    file: Path | None = None
    """TOML with differences to the preset; ``settings`` win."""
    steps: int | None = None
    """The same as the setting ``steps=...``."""
    seed: int = 0
    start: Path | None = None
    """A weights folder of the same model to begin with, instead of random weights."""
    folder: Path | None = None
    """The run's folder; ``runs/<model>-<preset>-<seed>`` if None. One that was begun is continued."""
    device: str = "auto"
    precision: str = "32-true"
    compiled: bool = False
    """Compile the networks that the recipe names: a minute at the start, faster steps, the same numbers but for the
    last digits."""
    micro_batches: int = 1
    """Parts into which a batch is split to save memory."""
    stream: bool = False
    """Read tables as they are needed instead of holding them in memory, each process its own files."""
    checkpoint_every: int = 500
    sample_every: int = 500
    log_every: int = 20


@dataclass(frozen=True, kw_only=True)
class TrainReport:
    """How a training ended."""

    folder: Path
    steps: int
    finished: bool
    """False where it was told to stop; the same command goes on."""
    weights: Path | None
    """Folder for ``mien edit --weights``."""
    leads: bool = True
    """This process wrote the files; of several, one does."""


def train_model(request: TrainRequest, watchers: Sequence[Watcher] = ()) -> TrainReport:
    """Train a model on face tables, or continue a training that was interrupted.

    Args:
        request: what to train.
        watchers: called after every step, to show progress.

    Raises:
        ConfigError: a name or setting is wrong, the model cannot be trained, or the folder is of another run.
        TableError: a table cannot be used.
        TrainingError: the run cannot go on.
    """
    recipe = build_recipe(request)
    check_request(request, recipe)
    if request.stream:
        fabric = open_fabric(request.device, request.precision)
        feed = open_feed(request.tables, recipe, request.model, request.seed, fabric)
        return proceed(request, recipe, fabric, feed, watchers)
    return fit(request, recipe, load_training(request, recipe), watchers)


def fit(
    request: TrainRequest,
    recipe: Recipe,
    faces: FaceArrays,
    watchers: Sequence[Watcher] = (),
    *,
    release: bool = True,
) -> TrainReport:
    """Train a recipe on faces in memory, as ``train_model`` does on tables.

    Args:
        request: what to train.
        recipe: its networks are trained in place.
        faces: of the training.
        watchers: called after every step.
        release: write the weights that a user needs; False for networks that only measure something.

    Raises:
        ConfigError: nobody makes the recipe's kind of batches, the folder is of another run, or nothing can be
            compiled.
        DataError: the faces have nothing of what is needed.
        TrainingError: the run cannot go on.
    """
    feed = Feed(batches=make_stream(recipe, faces, request.seed), note={"faces": len(faces)})
    return proceed(request, recipe, open_fabric(request.device, request.precision), feed, watchers, release=release)


def proceed(
    request: TrainRequest,
    recipe: Recipe,
    fabric: "Fabric",
    feed: Feed,
    watchers: Sequence[Watcher],
    *,
    release: bool = True,
) -> TrainReport:
    """Begin or continue the run of a request, to its end or until it is told to stop.

    Raises:
        ConfigError: the folder is of another run, or nothing can be compiled.
        TrainingError: the run cannot go on.
    """
    settings = {**describe(request, recipe), **feed.note}
    leads = fabric.global_rank == 0
    if request.compiled:
        compile_networks(recipe, request.model)
    with RunFolder(folder_of(request), settings, leads=leads) as folder:
        run = Run(recipe, seed=request.seed)
        folder.resume(run)
        hooks = [*make_hooks(request, folder, feed.batches), *watchers] if leads else []
        micro_batches, sharded = request.micro_batches, feed.sharded
        finished = train(run, feed.batches, hooks, fabric=fabric, micro_batches=micro_batches, sharded=sharded)
        weights = export(run, request, folder.path, settings) if finished and release and leads else None
    return TrainReport(folder=folder.path, steps=run.step, finished=finished, weights=weights, leads=leads)


def compile_networks(recipe: Recipe, name: str) -> None:
    """Let torch compile what the recipe names; weights keep their names.

    Raises:
        ConfigError: it names nothing, or there is no compiler.
    """
    require(bool(recipe.compiled), f"{name} has no network that can be compiled; leave --compile out")
    require(bool(shutil.which("g++") or shutil.which("clang++")), "--compile needs g++; install it, or leave it out")
    for network in recipe.compiled:  # sizes stay; networks that share their code must not be made one of any size
        recipe.get_submodule(network).compile(dynamic=False)


def build_recipe(request: TrainRequest) -> Recipe:
    """Build the model with its first weights, which the seed decides.

    Raises:
        ConfigError: a name or setting is wrong, or the model cannot be trained.
    """
    cls = MODELS[request.model]
    if not issubclass(cls, Recipe):
        raise ConfigError(f"{request.model} has nothing to train; `mien models` shows which models have")
    torch.manual_seed(request.seed)
    recipe = cls(build_config(cls.Config, *layers_of(request, cls)))
    if request.start is not None:
        load_weights(recipe, read_weights(request.start, request.model))
    return recipe


def layers_of(request: TrainRequest, cls: type[Recipe]) -> list[Mapping[str, object]]:
    """List the differences to the model's defaults: preset, file, settings, steps.

    Raises:
        ConfigError: the preset, file or a setting is wrong.
    """
    if request.preset is not None and request.preset not in cls.presets:
        raise unknown_name("preset", request.preset, cls.presets)
    steps = {} if request.steps is None else {"steps": request.steps}
    return [
        cls.presets[request.preset] if request.preset else {},
        read_settings(request.file) if request.file else {},
        parse_settings(list(request.settings)),
        steps,
    ]


def check_request(request: TrainRequest, recipe: Recipe) -> None:
    """Hold a request to what every training needs.

    Raises:
        ConfigError: there is no table, or the recipe lacks a setting.
    """
    require(bool(request.tables), "there is nothing to train on; name a face table with --table")
    missing = [name for name in SETTLED if name not in {field.name for field in fields(recipe.config)}]
    require(not missing, f"the config of {request.model} lacks {', '.join(missing)}, which every training needs")


def load_training(request: TrainRequest, recipe: Recipe) -> FaceArrays:
    """Load the training rows of the tables at the recipe's size.

    Raises:
        ConfigError: there is no table, or the recipe lacks a setting that every training needs.
        TableError: a table cannot be used.
    """
    check_request(request, recipe)
    return load_faces(list(request.tables), recipe.config.image_size, "train", cache_folder())


def describe(request: TrainRequest, recipe: Recipe) -> dict[str, object]:
    """Say what decides a run."""
    tables = [open_table(path) for path in request.tables]
    return {
        "model": request.model,
        "preset": request.preset,
        "config": describe_config(recipe.config),
        "seed": request.seed,
        "precision": request.precision,
        "compiled": request.compiled,
        "start": read_weights(request.start, request.model).sha256 if request.start else None,
        "tables": {table.folder.name: table.fingerprint for table in tables},
    }


def folder_of(request: TrainRequest) -> Path:
    """Name the run's folder."""
    return request.folder or Path("runs") / f"{request.model}-{request.preset or 'default'}-{request.seed}"


def make_hooks(request: TrainRequest, folder: RunFolder, stream: Stream[Any]) -> list[Watcher]:
    """Make what writes the log, looks after the run's health, draws samples and saves checkpoints, in this order."""
    health = HealthHook(folder.log)
    shown = next(stream(0))
    samples = SampleHook(
        folder.samples,
        shown.rows(slice(0, min(SHOWN, len(shown)))),
        every=request.sample_every,
        board=folder.board,
        viewers=[health.see],
    )
    log = LogHook(folder.log, every=request.log_every, board=folder.board)
    return [log, samples, health, CheckpointHook(folder.checkpoints, every=request.checkpoint_every)]


def export(run: Run, request: TrainRequest, folder: Path, settings: Mapping[str, object]) -> Path:
    """Write the weights that a user needs, with a card that says how they came to be.

    Raises:
        WeightsError: a weight is not finite.
    """
    place = folder / "weights"
    config = describe_config(run.recipe.config)
    save_weights(place, request.model, dict(run.released_state()), config, write_card(run, request, settings))
    if isinstance(run.recipe, Measurer):  # whom it knows it must not judge
        write_people(place, photographed_people(request.tables))
    return place


def photographed_people(tables: Sequence[Path]) -> set[str]:
    """Name the people of whose photographs a training learned; drawn and rendered ones are nobody."""
    rows = (row for path in tables for row in open_table(path).read(["subject", "kind"], "train").to_pylist())
    return {row["subject"] for row in rows if row["kind"] in ("photograph", "re-expressed")}


def write_card(run: Run, request: TrainRequest, settings: Mapping[str, Any]) -> str:
    """Write what is known of freshly trained weights; measurements come from an evaluation."""
    command = ["mien train", request.model, *(f"--table {table}" for table in request.tables)]
    command += [f"--preset {request.preset}"] if request.preset else []
    command += [f"--config {request.file}"] if request.file else []
    command += [f"--set {setting}" for setting in request.settings]
    command += [f"--steps {request.steps}"] if request.steps is not None else []
    command += [f"--from {request.start}"] if request.start is not None else []
    command += [f"--precision {request.precision}"] if request.precision != "32-true" else []
    command += ["--compile"] if request.compiled else []
    command += ["--stream"] if request.stream else []
    tables = "\n".join(f"- `{name}` (fingerprint {mark})" for name, mark in settings["tables"].items())
    rows = "\n".join(f"| {name} | {value} |" for name, value in settings["config"].items())
    return (
        f"# {request.model}\n\n{(type(run.recipe).__doc__ or '').strip().partition(chr(10))[0]}\n\n"
        f"Trained for {run.step} steps with mienkit {__version__}, seed {request.seed}. "
        f"Source of the method: {run.recipe.source}.\n\n"
        f"## Made by\n\n    {' '.join([*command, f'--seed {request.seed}'])}\n\n## Data\n\n{tables}\n\n"
        "The licence of these weights follows from that of the data.\n\n"
        f"## Settings\n\n| setting | value |\n|---|---|\n{rows}\n\n"
        "## Measured\n\nNothing yet: measure before you publish.\n"
    )
