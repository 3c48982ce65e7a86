"""The proof that a training really learns: from nothing, on drawn faces, judged by a meter that took no part in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import torch

from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.train import TrainRequest, build_recipe, train_model
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import ConfigError
from mienkit.core.image import to_float
from mienkit.core.model import MODELS
from mienkit.core.task import Edited, Editor, Measurer
from mienkit.evaluation.drawn_edit import DrawnResult, DrawnTask, draw_task, judge_drawn
from mienkit.training.log import RunLog
from mienkit.weights import build_model, read_weights

FACES = 24_000
"""That the editor learns from. From 6,000, its held-out AU error is 6 % larger after 2,000 steps."""
JUDGE_SEED = 77
"""Of the people that the judge learns from; the editor's are drawn with seed 1."""
JUDGE_FACES: Mapping[str, int] = {"uniform": 30_000, "mixed": 70_000}
"""What its people show (every unit on its own, or expressions as the editor is asked for) -> how many faces."""
JUDGE_SETTINGS = ("steps=12000", "batch_size=32", "detected=0", "recoloured=0.5")
"""It reads aligned crops alone, so it need not learn raw boxes."""


@dataclass(frozen=True, kw_only=True)
class ProofRun:
    """One training."""

    seed: int
    result: DrawnResult
    cpu_minutes: float
    """Processor time of all threads over the whole training, however often it was interrupted."""
    steps: int
    curve: Sequence[tuple[int, dict[str, float]]]
    """Step -> logged terms."""


@dataclass(frozen=True, kw_only=True)
class ProofReport:
    """What `mien evaluate MODEL --drawn` prints."""

    model: str
    preset: str | None
    image_size: int
    faces: int
    copy: DrawnResult
    exact: float
    """AU error of the judge on the exact results: nothing can come below it but by luck."""
    runs: Sequence[ProofRun]


def prove(
    request: TrainRequest, seeds: int = 3, size: int = 64, say: Callable[[str], None] = lambda line: None
) -> ProofReport:
    """Train an editor on drawn faces with several seeds and judge it.

    Args:
        request: the editor and its settings; tables are drawn into its folder, and a run that was begun is continued.
        seeds: how many trainings.
        size: side of the pictures in pixels.
        say: hears about progress.

    Raises:
        ConfigError: the model is no editor, or a setting is wrong.
    """
    folder = request.folder or Path("runs") / f"{request.model}-drawn"
    table = folder / "drawn.table"
    draw_once(table, DrawRequest(count=FACES, size=size, seed=1))
    say("training the judge")
    judge = train_judge(folder, size, request.precision)
    task = draw_task(size)
    settings = [f"image_size={size}", *request.settings]
    runs = []
    for seed in range(seeds):
        say(f"training seed {seed}")
        one = replace(request, tables=[table], settings=settings, seed=seed, folder=folder / f"seed-{seed}")
        runs.append(prove_seed(one, judge, task))
        say(f"seed {seed}: AU error {runs[-1].result.au_error}")
    copy = MODELS["copy"](MODELS["copy"].Config(image_size=size))
    assert isinstance(copy, Editor)
    return ProofReport(
        model=request.model,
        preset=request.preset,
        image_size=size,
        faces=len(task.source.identity),
        copy=judge_drawn(copy, judge, task),
        exact=judge_drawn(ExactEditor(task), judge, task).au_error.value,
        runs=runs,
    )


class ExactEditor:
    """Answers with the drawn result, in the order of a task: what a perfect editor would score."""

    vocabulary: ClassVar[tuple[str, ...]] = ACTION_UNITS

    def __init__(self, task: DrawnTask) -> None:
        self.image_size = task.target.images.shape[1]
        self._images = torch.from_numpy(task.target.images)
        self._place = 0

    def edit(self, image: torch.Tensor, source: torch.Tensor, target: torch.Tensor) -> Edited:
        """Return the next results."""
        rows = slice(self._place, self._place + len(image))
        self._place += len(image)
        return Edited(image=to_float(self._images[rows].numpy()), change=torch.ones(len(image), 1, 1, 1))


def draw_once(table: Path, request: DrawRequest) -> None:
    """Draw a table unless it is there; an interrupted one is continued."""
    if not (table / "table.json").is_file():
        draw_table(table, request)


def train_judge(folder: Path, size: int, precision: str, changes: Sequence[str] = ()) -> Measurer:
    """Train a meter on drawn people of its own; its tables and its run lie in ``folder``.

    Args:
        folder: of tables and run.
        size: side of the pictures in pixels.
        precision: of the training.
        changes: to JUDGE_SETTINGS.
    """
    tables = [folder / f"judge-{kind}.table" for kind in JUDGE_FACES]
    for number, (table, (kind, count)) in enumerate(zip(tables, JUDGE_FACES.items(), strict=True)):
        draw_once(table, DrawRequest(count=count, size=size, kind=kind, per_scene=2, seed=JUDGE_SEED + number))
    settings = [f"image_size={size}", *JUDGE_SETTINGS, *changes]
    run = folder / "judge"
    request = TrainRequest(
        model="meter", tables=tables, settings=settings, seed=JUDGE_SEED, folder=run, precision=precision
    )
    train_model(request)
    judge = build_model(read_weights(run / "weights", "meter")).eval()
    assert isinstance(judge, Measurer)
    return judge


def prove_seed(request: TrainRequest, judge: Measurer, task: DrawnTask) -> ProofRun:
    """Train once and judge.

    Raises:
        ConfigError: the model is no editor.
    """
    if not isinstance(build_recipe(request), Editor):
        raise ConfigError(f"{request.model} is no editor; `mien models` shows which models are")
    report = train_model(request)
    assert report.weights is not None
    editor = build_model(read_weights(report.weights, request.model)).eval()
    assert isinstance(editor, Editor)
    log = RunLog(report.folder / "log.jsonl").lines()
    minutes = max(line.get("cpu_seconds", 0.0) for line in log) / 60
    curve = [(line["step"], line["terms"]) for line in log if "terms" in line]
    result = judge_drawn(editor, judge, task)
    return ProofRun(seed=request.seed, result=result, cpu_minutes=minutes, steps=report.steps, curve=curve)
