"""A meter judged on people whom it never saw: by trainings, each without a fold of the people, or as it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from mienkit.app.held_out import SPLIT
from mienkit.app.models import load_model, released_folder
from mienkit.app.stranger import only_strangers
from mienkit.app.train import TrainRequest, build_recipe, fit
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.config import require
from mienkit.core.errors import ConfigError, WeightsError
from mienkit.core.task import Measurer
from mienkit.data.drawn import draw_faces, random_expressions
from mienkit.data.faces import FaceArrays, Indices
from mienkit.data.loader import cache_folder, load_faces
from mienkit.data.table import open_table
from mienkit.evaluation import meter as judge
from mienkit.evaluation.change_reader import ChangeReader
from mienkit.evaluation.interval import Estimate, Floats
from mienkit.weights import build_model, read_weights
from mienkit.weights.people import read_people as read_people_list

HELD_OUT_PEOPLE = 1_000_000_000
"""Drawn people from this number on are in no table."""
DRAWN = 1000
BOXES = 4
"""Boxes tried for each face."""
PARTS = 5
"""Of people, where a meter is judged as it is."""


@dataclass(frozen=True, kw_only=True)
class MeterReport:
    """What `mien evaluate meter` prints."""

    nme: Estimate
    nme_box: Estimate
    nme_box_aligned: Estimate
    nme_mean_shape: Estimate
    teacher: Mapping[str, Estimate]
    """Correlation with the teacher, on photographs."""
    ridge: Mapping[str, Estimate]
    """The same for a ridge regression on the teacher's landmarks."""
    change: Mapping[str, float]
    """R² of exact changes, on re-expressed pairs."""
    change_correlation: Mapping[str, Estimate]
    """Correlation with the exact changes."""
    bound: Mapping[str, Estimate]
    """The same for a network that sees both pictures of a pair at once, on the first fold; empty if not asked for."""
    confusions: Sequence[judge.Confusion]
    """Of units that look alike, on the exact changes."""
    rendered: Mapping[str, float]
    """Mean absolute error on rendered heads; empty where the tables have none."""
    rendered_correlation: Mapping[str, Estimate]
    drawn: Mapping[str, float]
    """Mean absolute error on drawn faces, every unit uniform in [0, 1]."""
    drawn_mean: float
    """The same for the mean predictor."""
    photos: int
    pairs: int
    heads: int
    """Rendered."""
    folds: int
    """0 where weights were judged as they are."""


def judge_meter(
    request: TrainRequest, folds: int = 5, say: Callable[[str], None] = lambda line: None, *, bound: bool = False
) -> MeterReport:
    """Train a meter for each fold of the subjects of photographs and rendered heads, and judge it on that fold.

    Args:
        request: of the training; its folder gets one run folder a fold, which resume.
        folds: how many.
        say: hears about progress.
        bound: also train a network that sees both pictures of a pair: no meter can read changes better.

    Raises:
        ConfigError: the model is no measurer.
        DataError: the tables do not have what is needed.
    """
    require(folds >= 2, f"--folds {folds} should be at least 2")
    recipe = build_recipe(request)
    if not isinstance(recipe, Measurer):
        raise ConfigError(f"{request.model} measures nothing, so there are no folds to judge")
    faces = load_faces(list(request.tables), recipe.image_size, None, cache_folder())
    fold = fold_of_subjects(faces.subject, folds, request.seed)
    fold[faces.of_kind("drawn")] = -1  # they train every fold; others are drawn to judge
    found = [
        read_fold(faces, fold, number, replace(request, folder=folder_of_fold(request, number)), say)
        for number in range(folds)
    ]
    report = assemble(faces, fold, found, folds)
    return replace(report, bound=read_bound(faces, fold, request, say)) if bound else report


def judge_weights(
    name: str,
    weights: Path | None,
    tables: Sequence[Path],
    *,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> MeterReport:
    """Judge a meter as it is on the held-out people of whom it did not learn.

    Args:
        name: registered.
        weights: its folder; the package's if None.
        tables: with photographs of the split ``val``, exact changes of them and rendered heads, or some of that.
        seed: of the parts of people between whom the regression on landmarks is carried over.
        say: hears about progress.

    Raises:
        ConfigError: the model is no measurer, or there is no table.
        WeightsError: there are no weights, or they are missing, corrupt or another model's.
        TableError: the tables hold nobody of the split ``val`` of whom it did not learn.
    """
    folder = weights or released_folder(name)
    if folder is None:
        raise WeightsError(f"no weights of {name} come with this package; train some and give --weights FOLDER")
    _, meter = load_model(name, folder)
    if not isinstance(meter, Measurer):
        raise ConfigError(f"{name} measures nothing, so there is nothing to read")
    require(bool(tables), "name the faces to judge on: --table TABLE, repeated")
    opened = [open_table(path) for path in tables]
    faces = load_faces(list(tables), meter.image_size, SPLIT, cache_folder())
    strangers = only_strangers(faces, opened, SPLIT, read_people_list(folder))
    say(f"reading {len(strangers)} faces")
    parts, drawn = fold_of_subjects(strangers.subject, PARTS, seed), read_drawn(meter)
    found = [read_people(meter, strangers, parts, number, drawn) for number in np.unique(parts)]
    return replace(assemble(strangers, parts, found, PARTS), folds=0)


def folder_of_fold(request: TrainRequest, number: int) -> Path:
    """Name a fold's run folder."""
    return (request.folder or Path("runs") / f"{request.model}-folds-{request.seed}") / f"fold-{number}"


def fold_of_subjects(subject: Indices, folds: int, seed: int) -> Indices:
    """Deal people into folds of equal size, (N,)."""
    people = np.unique(subject)
    order = np.random.default_rng(seed).permutation(len(people))
    dealt = np.empty(len(people), np.int64)
    dealt[order] = np.arange(len(people)) % folds
    return np.asarray(dealt[np.searchsorted(people, subject)], np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldResult:
    """What one fold's meter read of the people whom it never saw."""

    rows: Indices
    readings: judge.Readings
    boxes: list[judge.BoxReadings]
    drawn: Mapping[str, float]


def read_fold(
    faces: FaceArrays, fold: Indices, number: int, request: TrainRequest, say: Callable[[str], None]
) -> FoldResult:
    """Train without a fold and read it."""
    say(f"fold {number + 1}: training")
    recipe = build_recipe(request)
    fit(request, recipe, faces.take(fold != number))
    meter = load_judged(recipe, request)
    say(f"fold {number + 1}: reading {int((fold == number).sum())} faces")
    return read_people(meter, faces, fold, number, read_drawn(meter))


def read_people(
    meter: Measurer, faces: FaceArrays, fold: Indices, number: int, drawn: Mapping[str, float]
) -> FoldResult:
    """Read the people of a fold, whom the meter never saw."""
    rows = np.flatnonzero(fold == number)
    photos = faces.take(np.flatnonzero((fold == number) & faces.of_kind("photograph")))
    return FoldResult(
        rows=rows,
        readings=judge.read_pictures(meter, faces.images[rows]),
        boxes=[judge.read_boxes(meter, photos.images, photos.landmarks, seed) for seed in range(BOXES)],
        drawn=drawn,
    )


def read_bound(
    faces: FaceArrays, fold: Indices, request: TrainRequest, say: Callable[[str], None]
) -> Mapping[str, Estimate]:
    """Train a network that sees both pictures of a pair without the first fold, and read that fold's changes."""
    say("the upper bound: training a network that sees both pictures")
    config = build_recipe(request).config
    shared = {name: getattr(config, name) for name in ("image_size", "width", "steps", "batch_size")}
    recipe = ChangeReader(ChangeReader.Config(**shared))
    if request.start is not None:
        recipe.begin_as(read_weights(request.start, request.model).state)
    run = replace(request, start=None, folder=folder_of_fold(request, 0).with_name("bound"))
    fit(run, recipe, faces.take(fold != 0), release=False)
    edits = np.flatnonzero((faces.pair >= 0) & (fold == 0))
    recipe.eval()
    read = recipe.read_changes(faces.images[faces.pair[edits]], faces.images[edits])
    return judge.change_correlations(read, faces.aus[edits] - faces.before[edits], faces.subject[edits])


def load_judged(recipe: torch.nn.Module, request: TrainRequest) -> Measurer:
    """Return the fold's averaged network, as it would be released."""
    assert request.folder is not None
    model = build_model(read_weights(request.folder / "weights", request.model))
    model.eval()
    assert isinstance(model, Measurer)
    return model


def read_drawn(meter: Measurer) -> Mapping[str, float]:
    """Read drawn people that are in no table, with every unit uniform in [0, 1]."""
    aus, _ = random_expressions(DRAWN, HELD_OUT_PEOPLE, "uniform")
    people = HELD_OUT_PEOPLE + np.arange(DRAWN, dtype=np.int64)
    drawn = draw_faces(people, aus, size=meter.image_size, seed=HELD_OUT_PEOPLE)
    return judge.absolute_errors(judge.read_pictures(meter, drawn.images).aus, drawn.aus)


def assemble(faces: FaceArrays, fold: Indices, found: Sequence[FoldResult], folds: int) -> MeterReport:
    """Put the folds together: every face was read by the one meter that did not know the person."""
    landmarks = np.full(faces.landmarks.shape, np.nan)
    aus: Floats = np.full(faces.aus.shape, np.nan)
    for result in found:
        landmarks[result.rows], aus[result.rows] = result.readings.landmarks, result.readings.aus
    photos = np.flatnonzero(faces.of_kind("photograph") & (fold >= 0))
    by_fold = np.concatenate([photos[fold[photos] == number] for number in range(folds)])
    edits = np.flatnonzero((faces.pair >= 0) & (fold >= 0))
    heads = np.flatnonzero(faces.of_kind("rendered") & (fold >= 0))
    people, truth, teacher = faces.subject[photos], faces.landmarks[photos], faces.aus[photos]
    first = [np.concatenate([result.boxes[seed].first for result in found]) for seed in range(BOXES)]
    second = [np.concatenate([result.boxes[seed].second for result in found]) for seed in range(BOXES)]
    rival = judge.ridge_from_landmarks(truth, teacher, fold[photos])
    exact, read = faces.aus[edits] - faces.before[edits], aus[edits] - aus[faces.pair[edits]]
    return MeterReport(
        nme=judge.summarise(judge.landmark_nme(landmarks[photos], truth), people),
        nme_box=judge.summarise(np.mean(first, 0), faces.subject[by_fold]),
        nme_box_aligned=judge.summarise(np.mean(second, 0), faces.subject[by_fold]),
        nme_mean_shape=judge.summarise(judge.mean_shape_nme(truth, faces.size), people),
        teacher=judge.correlations(aus[photos], teacher, people),
        ridge=judge.correlations(rival, teacher, people),
        change=judge.change_r_squared(aus[faces.pair[edits]], aus[edits], exact),
        change_correlation=judge.change_correlations(read, exact, faces.subject[edits]),
        bound={},
        confusions=judge.confusions(judge.responses(read, exact)),
        rendered=judge.absolute_errors(aus[heads], faces.aus[heads]) if len(heads) else {},
        rendered_correlation=judge.correlations(aus[heads], faces.aus[heads], faces.subject[heads])
        if len(heads)
        else {},
        drawn={name: float(np.mean([result.drawn[name] for result in found])) for name in ACTION_UNITS},
        drawn_mean=0.25,  # of a uniform variable in [0, 1] against its mean
        photos=len(photos),
        pairs=len(edits),
        heads=len(heads),
        folds=folds,
    )
