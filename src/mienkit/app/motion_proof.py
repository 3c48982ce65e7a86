"""Every model that learns from clips, trained on the same drawn people and compared: motion in ``make train-small``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mienkit.app.compare_motion import MotionComparison, compare_motion
from mienkit.app.compare_static import Contestant, find_recogniser, load_contestant
from mienkit.app.draw_clip import ClipRequest, draw_clips
from mienkit.app.models import describe_model
from mienkit.app.motion_figure import draw_clip_sheet, draw_motion_figure
from mienkit.app.small_proof import JUDGE, Job, do_job, learns_from_clips, load_judge, reason, request_for
from mienkit.app.workers import in_processes
from mienkit.core.errors import TrainingError
from mienkit.core.image import Picture
from mienkit.core.model import MODELS
from mienkit.data.loader import load_faces

SIZE = 64
TABLES: Mapping[str, ClipRequest] = {
    "clips": ClipRequest(count=480, per_scene=2, frames=32, size=SIZE, seed=1, split="train"),
    "judged-clips": ClipRequest(count=420, per_scene=7, frames=32, size=SIZE, seed=12, split="test"),
}
"""What is drawn, clips that rise: 240 people with two emotions each to learn from, 60 others who show all seven."""
PRESET = "small"


@dataclass(frozen=True, kw_only=True)
class MotionReport:
    """What ``make train-small`` writes down of motion."""

    comparison: MotionComparison
    faults: Mapping[str, str]
    """Model that could not be trained or judged -> why."""
    sheet: Picture
    """(H, W, 3): the same clips by all models."""
    figures: Mapping[str, Picture] = field(default_factory=dict)
    """Mover -> its motions beside real ones, (H, W, 3)."""


def prove_motion(
    folder: Path, workers: int | None = None, say: Callable[[str], None] = lambda line: None
) -> MotionReport:
    """Draw clips, train whatever is not trained yet, and compare.

    Args:
        folder: tables and runs lie there, the judge of the static models among them; a run that was begun is continued,
            a finished one stays.
        workers: trainings at a time, one core each; one a processor if None.
        say: hears about progress.

    Raises:
        TrainingError: there is no judge.
        WorkerError: a training was killed.
    """
    tables = {kind: folder / f"{kind}.table" for kind in TABLES}
    for kind, request in TABLES.items():
        if not (tables[kind] / "table.json").is_file():
            say(f"drawing {request.count} clips")
            draw_clips(tables[kind], request)
    jobs = list_moving_jobs(folder, tables["clips"])
    say(f"training {', '.join(job.title for job in jobs)}")
    faults: dict[str, str] = {}
    for title, fault in in_processes(jobs, do_job, workers):
        say(f"{title}: {fault or 'trained'}")
        faults |= {title: fault} if fault else {}
    if JUDGE in faults:
        raise TrainingError(f"the judge could not be trained: {faults[JUDGE]}")
    contestants = gather_movers([job for job in jobs if job.title not in faults], faults)
    comparison, shown = compare_motion(
        contestants,
        load_judge(folder),
        load_faces(tables["judged-clips"], SIZE, "test"),
        load_faces(tables["clips"], SIZE, "train"),
        recogniser=find_recogniser(),
        say=say,
    )
    return MotionReport(
        comparison=comparison,
        faults=faults,
        sheet=draw_clip_sheet(shown),
        figures={name: draw_motion_figure(shown, name) for name in shown.motions if name in MODELS},
    )


def list_moving_jobs(folder: Path, table: Path) -> list[Job]:
    """List what is to be trained: the judge, if it is not there, then every model that learns from clips."""
    jobs = [Job(title=JUDGE, folder=folder)]
    for name in MODELS:
        entry = describe_model(name)
        if not (entry.trainable and PRESET in entry.presets):
            continue
        request = request_for(name, PRESET, table, folder / name)
        if learns_from_clips(request):
            jobs.append(Job(title=name, folder=folder, request=request))
    return jobs


def gather_movers(jobs: Sequence[Job], faults: dict[str, str]) -> list[Contestant]:
    """Load all who take part; those that cannot be loaded are added to the faults."""
    words = {job.title: f"{job.request.model}={job.request.folder}/weights" for job in jobs if job.request}
    found = []
    for title, word in words.items():
        try:
            found.append(load_contestant(word, SIZE, title))
        except Exception as error:  # a mistake in one model's code is no reason to lose the others
            faults[title] = reason(error)
    return found
