"""Every static model trained on the same drawn people at 64 px, a core each, and compared: ``make train-small``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mienkit.app.compare_static import (
    ALWAYS,
    Contestant,
    StaticComparison,
    compare_static,
    find_recogniser,
    judged_faces,
    load_contestant,
    show_picture,
    training_seconds,
)
from mienkit.app.draw import DrawRequest
from mienkit.app.drawn_proof import draw_once, train_judge
from mienkit.app.models import describe_model
from mienkit.app.static_sheet import draw_static_sheet
from mienkit.app.train import TrainRequest, build_recipe, train_model
from mienkit.app.workers import in_processes
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.batch import Batch, ClipBatch, CurveBatch, PaintBatch
from mienkit.core.errors import MienError, TrainingError
from mienkit.core.image import Picture
from mienkit.core.model import MODELS
from mienkit.core.task import Measurer
from mienkit.data.faces import FaceArrays
from mienkit.evaluation.static_edit import choose_edits
from mienkit.weights import build_model, read_weights, released

SIZE = 64
TABLES: Mapping[str, DrawRequest] = {
    "posed": DrawRequest(kind="posed", per_scene=8, count=4000, size=SIZE, seed=1),
    "mixed": DrawRequest(kind="mixed", per_scene=8, count=4000, size=SIZE, seed=1),
    "judged": DrawRequest(kind="posed", per_scene=8, count=1600, size=SIZE, seed=2, split="test"),
}
"""What is drawn. ``mixed`` shows the people of ``posed`` in the same scenes with other expressions: models that are
told units learn from both, or they would know eight expressions. ``judged`` are 200 other people."""
PRESETS: Mapping[str, str] = {"small": "", "small-aus": " (units)"}
"""Presets that are trained -> what is added to the model's name."""
TASKS = frozenset({"edit", "transfer", "paint"})
"""Of which a static model does at least one."""
MOVING: tuple[type[Batch], ...] = (CurveBatch, ClipBatch, PaintBatch)
"""What models learn from that are no static ones; ``motion_proof`` trains these."""
ELSEWHERE = ("duchenne",)
"""Not trained here: it learns from where each pixel of a photograph goes, which drawn faces do not tell. It takes part
with the weights of the package."""
CHECKPOINTS = 250
"""Steps between checkpoints."""
PRECISION = "32-true"
JUDGE = "judge"
JUDGE_CHANGES = ("width=16", "steps=6000")
"""Half as wide as the judge of ``drawn_proof`` and half as long: that one takes more than all models together."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One training, and what it is called."""

    title: str
    folder: Path
    request: TrainRequest | None = None
    """None for the judge, which has a recipe of its own."""


@dataclass(frozen=True, kw_only=True)
class SmallReport:
    """What ``make train-small`` writes down."""

    comparison: StaticComparison
    faults: Mapping[str, str]
    """Model that could not be trained -> why."""
    judge_seconds: float | None
    """Processor time of the judge's training."""
    sheet: Picture
    """(H, W, 3): the same edits by every model."""
    figures: Mapping[str, Picture] = field(default_factory=dict)
    """Model -> the same by it alone, with each of its presets, (H, W, 3)."""


def prove_small(
    folder: Path, workers: int | None = None, say: Callable[[str], None] = lambda line: None
) -> SmallReport:
    """Draw, train whatever is not trained yet, and compare.

    Args:
        folder: tables and runs lie there; a run that was begun is continued, a finished one stays.
        workers: trainings at a time, one core each; one a processor if None.
        say: hears about progress.

    Raises:
        TrainingError: there is no judge.
        WorkerError: a training was killed.
    """
    tables = {kind: folder / f"{kind}.table" for kind in TABLES}
    for kind, request in TABLES.items():
        say(f"drawing {request.count} {kind} faces")
        draw_once(tables[kind], request)
    jobs = list_jobs(folder, tables)
    say(f"training {', '.join(job.title for job in jobs)}")
    faults: dict[str, str] = {}
    for title, fault in in_processes(jobs, do_job, workers):
        say(f"{title}: {fault or 'trained'}")
        faults |= {title: fault} if fault else {}
    if JUDGE in faults:
        raise TrainingError(f"the judge could not be trained: {faults[JUDGE]}")
    faces = judged_faces([tables["judged"]])
    contestants = gather([job for job in jobs if job.title not in faults], faces, faults)
    comparison = compare_static(contestants, load_judge(folder), faces, recogniser=find_recogniser(), say=say)
    seconds = training_seconds(judge_weights(folder))
    return SmallReport(
        comparison=comparison,
        faults=faults,
        judge_seconds=seconds,
        sheet=draw_static_sheet(contestants, faces),
        figures=draw_figures(contestants, faces),
    )


def draw_figures(contestants: Sequence[Contestant], faces: FaceArrays) -> dict[str, Picture]:
    """Draw a sheet for each model but ``copy``, which leaves every picture as it is."""
    by_model: dict[str, list[Contestant]] = {}
    for one in contestants:
        by_model.setdefault(model_of(one.title), []).append(one)
    return {
        name: draw_static_sheet(ones, faces, title=f"The same faces by {name.replace('_', ' ')}")
        for name, ones in by_model.items()
        if name != "copy"
    }


def model_of(title: str) -> str:
    """Return the name of the model that a contestant or a row is called after."""
    return title.partition(" ")[0]


def list_jobs(folder: Path, tables: Mapping[str, Path]) -> list[Job]:
    """List what is to be trained: the judge, which takes longest, then every static model that has a small preset."""
    jobs = [Job(title=JUDGE, folder=folder)]
    for name in MODELS:
        entry = describe_model(name)
        if not (entry.trainable and TASKS & set(entry.tasks)):
            continue
        for preset in [preset for preset in PRESETS if preset in entry.presets]:
            title = f"{name}{PRESETS[preset]}"
            place = folder / (f"{name}-{preset}" if PRESETS[preset] else name)
            request = request_for(name, preset, tables["posed"], place)
            if not learns_from_clips(request):
                jobs.append(Job(title=title, folder=folder, request=with_units(request, tables)))
    return jobs


def request_for(name: str, preset: str, table: Path, folder: Path) -> TrainRequest:
    """Ask for a training of a small preset on one core."""
    return TrainRequest(
        model=name,
        preset=preset,
        tables=[table],
        folder=folder,
        device="cpu",
        precision=PRECISION,
        checkpoint_every=CHECKPOINTS,
    )


def learns_from_clips(request: TrainRequest) -> bool:
    """Tell whether the model of a request is one that moves."""
    return issubclass(build_recipe(request).batch, MOVING)


def with_units(request: TrainRequest, tables: Mapping[str, Path]) -> TrainRequest:
    """Give a model that is told units the table with expressions beside emotions, too."""
    if getattr(build_recipe(request), "vocabulary", None) != ACTION_UNITS:
        return request
    return replace(request, tables=[*request.tables, tables["mixed"]])


def do_job(job: Job) -> tuple[str, str | None]:
    """Train in this process; whatever goes wrong is told, so that other trainings go on.

    Returns:
        The title, and why there are no weights.
    """
    try:
        if job.request is not None:
            train_model(job.request)
        elif not judge_weights(job.folder).is_dir():
            train_judge(job.folder, SIZE, PRECISION, JUDGE_CHANGES)
    except Exception as error:  # a mistake in one model's code is no reason to lose the others
        return job.title, reason(error)
    return job.title, None


def reason(error: Exception) -> str:
    """Say in one line what went wrong; a mistake in the code by its kind, too."""
    line = (str(error).splitlines() or [""])[0]
    return line if isinstance(error, MienError) else f"{type(error).__name__}: {line}"


def gather(jobs: Sequence[Job], faces: FaceArrays, faults: dict[str, str]) -> list[Contestant]:
    """Load all who take part, and let each change a picture; those that cannot are added to the faults."""
    words = {name: name for name in ALWAYS}
    words |= {job.title: f"{job.request.model}={job.request.folder}/weights" for job in jobs if job.request}
    words |= {f"{name} (shipped)": name for name in ELSEWHERE if released(name)}
    found = []
    for title, word in words.items():
        try:
            one = load_contestant(word, SIZE, title)
            task = choose_edits(faces, count=1, emotions=one.emotions)
            for way in one.ways:
                show_picture(one, way, task, 0)
        except Exception as error:  # as above
            faults[title] = reason(error)
        else:
            found.append(one)
    return found


def judge_weights(folder: Path) -> Path:
    """Name the folder of the judge's weights; it is there when the judge is trained."""
    return folder / JUDGE / "weights"


def load_judge(folder: Path) -> Measurer:
    """Load the judge that was trained."""
    judge = build_model(read_weights(judge_weights(folder), "meter")).eval()
    assert isinstance(judge, Measurer)
    return judge
