"""Models that change pictures, judged where the exact results are known: ``static-edit-400``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from mienkit.app.confusion import named_confusion
from mienkit.app.models import load_model, released_folder
from mienkit.app.stranger import only_strangers
from mienkit.core.action_unit import ACTION_UNITS, SIDED_UNITS
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import AssetError
from mienkit.core.image import Picture
from mienkit.core.model import MODELS, Model
from mienkit.core.task import Measurer
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import load_faces
from mienkit.data.table import open_table
from mienkit.evaluation.looker import nobody
from mienkit.evaluation.set_edit import RealSet, emotion_score, real_set, set_figures
from mienkit.evaluation.static_ask import change_pictures, ways_of
from mienkit.evaluation.static_edit import (
    Recogniser,
    StaticResult,
    StaticTask,
    StaticTrials,
    choose_edits,
    judge_pictures,
    sum_up,
)
from mienkit.inference.calibrated import calibrated
from mienkit.metrics.au_agreement import au_agreement
from mienkit.metrics.identity import load_identity
from mienkit.metrics.networks.network import FeatureNetwork
from mienkit.training.log import RunLog
from mienkit.weights.calibration import Calibration, find_calibration
from mienkit.weights.folder import TENSORS, digest

ALWAYS = ("copy", "warp")
"""In every table: a figure that ranks them high is broken."""
MADE = frozenset({"drawn", "rendered"})
"""Kinds of faces of which everything is known exactly."""
SPLITS = ("test", "val")
"""Of people held out; the first that a table has."""


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A model that is ready."""

    title: str
    model: Model
    weights: str | None = None
    """SHA-256 of its weights file; None for a model without weights."""
    cpu_seconds: float | None = None
    """Of its training, where its log lies beside the weights."""
    calibration: Calibration | None = None
    """That it is asked through for units."""

    def asked(self, way: str) -> object:
        """Return whom to ask in a way: an editor of units through its calibration, if it has one."""
        return calibrated(self.model, self.calibration) if self.calibration and way == "units" else self.model  # type: ignore[arg-type]

    @property
    def parameters(self) -> int:
        """Numbers in what is released."""
        return sum(tensor.numel() for tensor in self.model.released_state().values() if tensor.is_floating_point())

    @property
    def ways(self) -> tuple[str, ...]:
        """In which it is told of a change; ``copy`` does the same whatever it is told.

        Raises:
            ConfigError: it changes no pictures.
        """
        ways = ways_of(self.model)
        return ways[:1] if self.title == "copy" else ways

    @property
    def emotions(self) -> tuple[str, ...]:
        """That it can be asked for."""
        return tuple(name for name in EMOTIONS if name in getattr(self.model, "emotions", EMOTIONS))


@dataclass(frozen=True, kw_only=True)
class StaticRow:
    """One line of the table."""

    model: str
    weights: str | None
    told: str
    """The way in which the model is told of the change, one of ``evaluation.static_ask.TOLD``."""
    emotions: tuple[str, ...]
    """Before and after, of the edits that it was asked for."""
    edits: int
    result: StaticResult
    parameters: int
    cpu_seconds: float | None
    milliseconds: float
    """Of one edit, in batches of 32."""
    calibration: Mapping[str, object] | None = None
    """That units were asked through: judge, units, SHA-256."""
    confusion: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Emotion that was asked for -> emotion that the judge sees -> edits."""
    units: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Unit -> ``mae``, ``pcc``, ``icc`` of what the judge reads beside the exact ones."""
    sets: Mapping[str, float] = field(default_factory=dict)
    """Figures of all results together, under their whole names; see ``evaluation.set_edit``."""


@dataclass(frozen=True, kw_only=True)
class StaticComparison:
    """What ``mien evaluate`` prints of models that are judged by exact results."""

    judge: str
    recogniser: str | None
    """Who compares identities; None where its file is not at hand."""
    size: int
    """Side of the pictures in pixels."""
    edits: int
    people: int
    exact: StaticResult
    """Of the exact pictures: what a perfect model would score."""
    rows: Sequence[StaticRow]
    exact_sets: Mapping[str, float] = field(default_factory=dict)
    """Figures of all exact pictures together; see ``StaticRow.sets``."""


def has_exact_results(tables: Sequence[Path]) -> bool:
    """Tell whether ``static-edit-400`` can be run on tables: made-up people, or photographs and their posed changes.

    Raises:
        TableError: one cannot be opened.
    """
    return bool(tables) and all(is_exact(path) for path in tables)


def is_exact(table: Path) -> bool:
    """Tell whether a table holds nothing but made-up people, or photographs and their changes to named emotions."""
    rows = open_table(table).read(["kind", "emotion"])
    kinds = set(rows["kind"].unique().to_pylist())
    if "re-expressed" not in kinds:
        return bool(kinds) and kinds <= MADE
    posed = rows.filter(pc.equal(rows["kind"], "re-expressed"))
    return kinds <= {"photograph", "re-expressed"} and posed["emotion"].null_count == 0


def load_contestants(words: Sequence[str], size: int, *, raw: bool = False) -> list[Contestant]:
    """Make models ready: ``NAME``, or ``NAME=FOLDER`` with weights of one's own; ``copy`` and ``warp`` join them.

    Calibrations that lie beside weights are taken, or left out (``raw``).

    Raises:
        UnknownNameError: there is no such model.
        WeightsError: the weights are missing, corrupt or another model's.
    """
    found: dict[str, Contestant] = {}
    for word in [*ALWAYS, *(word for word in words if word not in ALWAYS)]:
        one = load_contestant(word, size, raw=raw)
        title = one.title if one.title not in found else f"{one.title} {(one.weights or '')[:8]}"
        found[title] = replace(one, title=title)
    return list(found.values())


def load_contestant(word: str, size: int, title: str | None = None, *, raw: bool = False) -> Contestant:
    """Make one model ready; without weights it is built for pictures of this size.

    Raises:
        UnknownNameError: there is no such model.
        WeightsError: the weights are missing, corrupt or another model's.
    """
    name, _, given = word.partition("=")
    folder = Path(given).expanduser() if given else released_folder(name)
    if folder is None:
        kind = MODELS[name]
        model: Model = kind(build_config(kind.Config, {"image_size": size}))
    else:
        _, model = load_model(name, folder)
    model.eval().requires_grad_(False)
    weights = digest(folder / TENSORS) if folder else None
    edits_units = getattr(model, "vocabulary", ()) in (ACTION_UNITS, SIDED_UNITS)
    return Contestant(
        title=title or name,
        model=model,
        weights=weights,
        calibration=find_calibration(folder, name, weights) if edits_units and not raw else None,
        cpu_seconds=training_seconds(folder) if folder else None,
    )


def training_seconds(weights: Path) -> float | None:
    """Return the processor seconds of the training that wrote weights into its run folder; None if it left no log."""
    lines = RunLog(weights.parent / "log.jsonl").lines()
    return max((line["cpu_seconds"] for line in lines if "cpu_seconds" in line), default=None)


def find_recogniser() -> Recogniser | None:
    """Load the network that recognises people; None where its optional file is not at hand."""
    try:
        return load_identity()
    except AssetError:
        return None


def judged_faces(tables: Sequence[Path], knows: Callable[[str], bool] = nobody) -> FaceArrays:
    """Load the held-out faces of tables, at the size of the first one, but for people of whom the judge learned.

    Raises:
        TableError: a table cannot be used, or holds nobody out.
    """
    opened = [open_table(path) for path in tables]
    split = next((split for split in SPLITS if any(table.count(split) for table in opened)), SPLITS[0])
    return only_strangers(load_faces(list(tables), opened[0].size, split), opened, split, knows)


def compare_static(
    contestants: Sequence[Contestant],
    judge: Measurer,
    faces: FaceArrays,
    *,
    recogniser: Recogniser | None = None,
    networks: Sequence[FeatureNetwork] = (),
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> StaticComparison:
    """Run the protocol ``static-edit-400``.

    A model that knows fewer emotions is asked for those alone, and ``copy`` for the same edits once more.

    Args:
        contestants: who is compared.
        judge: reads the results; it took no part in any training.
        faces: people whom no training saw, each in one scene with several emotions.
        recogniser: compares identities, if there is one.
        networks: in whose features whole sets are compared.
        seed: of the choice of edits.
        say: hears about progress.

    Raises:
        ConfigError: a model changes no pictures.
        DataError: the faces are too few.
    """
    exam = StaticExam(faces, judge, recogniser, seed, networks=networks)
    for emotions in dict.fromkeys([EMOTIONS, *(one.emotions for one in contestants)]):
        exam.part(emotions)  # too few faces are found out before anybody works
    rows = []
    for one in contestants:
        say(f"{one.title}: {len(exam.part(one.emotions)[0])} edits")
        rows += [exam.judge_contestant(one, way).row for way in one.ways]
    task, of_copy = exam.part(EMOTIONS)
    return StaticComparison(
        judge=getattr(judge, "name", "a meter"),
        recogniser=recogniser.name if recogniser else None,
        size=faces.size,
        edits=len(task),
        people=len(set(task.people.tolist())),
        exact=sum_up(exam.exact_trials(), of_copy, task.people, exam.exact_trials()),
        exact_sets=exam.sets_of(task.faces.images[task.target], exam.exact_trials()),
        rows=[*rows, *copies_of_parts(rows, exam)],
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class StaticWork:
    """What became of one contestant's edits."""

    row: StaticRow
    task: StaticTask
    """The edits that were judged."""
    pictures: Picture
    """(N, S, S, 3), in the task's order."""
    trials: StaticTrials
    of_copy: StaticTrials


class StaticExam:
    """The same edits for everybody, and who judges them."""

    def __init__(
        self,
        faces: FaceArrays,
        judge: Measurer,
        recogniser: Recogniser | None = None,
        seed: int = 0,
        count: int | None = None,
        networks: Sequence[FeatureNetwork] = (),
    ) -> None:
        """Keep what is needed; nothing is chosen yet.

        Args:
            faces: people whom no training saw, each in one scene with several emotions.
            judge: reads the results.
            recogniser: compares identities, if there is one.
            seed: of the choice of edits.
            count: at most so many edits; the protocol's own count if None.
            networks: in whose features whole sets are compared.
        """
        self.networks = networks
        self.judge_name = str(getattr(judge, "name", "judge"))
        self.real: dict[tuple[str, ...], RealSet] = {}
        self.faces, self.judge, self.recogniser, self.seed, self.count = faces, judge, recogniser, seed, count
        self.parts: dict[tuple[str, ...], tuple[StaticTask, StaticTrials]] = {}
        self.perfect: dict[tuple[str, ...], StaticTrials] = {}

    def part(self, emotions: tuple[str, ...]) -> tuple[StaticTask, StaticTrials]:
        """Return the edits among some emotions, and what leaving the pictures alone scores.

        Raises:
            DataError: the faces are too few.
        """
        if emotions not in self.parts:
            counted = {} if self.count is None else {"count": self.count}
            task = choose_edits(self.faces, seed=self.seed, emotions=emotions, **counted)
            self.parts[emotions] = task, self.judge_all(task.faces.images[task.source], task)
        return self.parts[emotions]

    def judge_all(self, pictures: Picture, task: StaticTask, of_copy: StaticTrials | None = None) -> StaticTrials:
        """Read the results of a task, (N, S, S, 3); ``of_copy``, if known, saves looking at the pictures before."""
        before = of_copy.embedding if of_copy is not None else None
        return judge_pictures(pictures, task, self.judge, self.recogniser, before)

    def exact_trials(self, emotions: tuple[str, ...] = EMOTIONS) -> StaticTrials:
        """Read the exact pictures: what a perfect model would score on the edits among some emotions."""
        if emotions not in self.perfect:
            task, of_copy = self.part(emotions)
            self.perfect[emotions] = self.judge_all(task.faces.images[task.target], task, of_copy)
        return self.perfect[emotions]

    def sets_of(
        self,
        pictures: Picture,
        trials: StaticTrials,
        emotions: tuple[str, ...] = EMOTIONS,
    ) -> dict[str, float]:
        """Compare all results of edits among some emotions with others who show what was asked for."""
        if emotions not in self.real:
            task = self.part(emotions)[0]
            self.real[emotions] = real_set(self.networks, task.faces.images[task.driver])
        return {**set_figures(pictures, self.real[emotions]), **emotion_score(trials.emotions, self.judge_name)}

    def judge_contestant(self, one: Contestant, way: str) -> StaticWork:
        """Let one model, told in one way, do its edits and judge them."""
        task, of_copy = self.part(one.emotions)
        pictures, milliseconds = change_pictures(one.asked(way), task, way)
        trials = self.judge_all(pictures, task, of_copy)
        row = StaticRow(
            model=one.title,
            weights=one.weights,
            told=way,
            emotions=one.emotions,
            edits=len(task),
            result=sum_up(trials, of_copy, task.people, self.exact_trials(one.emotions)),
            parameters=one.parameters,
            cpu_seconds=one.cpu_seconds,
            milliseconds=milliseconds,
            calibration=one.calibration.describe() if one.calibration and way == "units" else None,
            confusion=named_confusion(trials.asked, trials.emotions),
            units=au_agreement(trials.units, trials.wanted).by_unit(),
            sets=self.sets_of(pictures, trials, one.emotions),
        )
        return StaticWork(row=row, task=task, pictures=pictures, trials=trials, of_copy=of_copy)


def copies_of_parts(rows: Sequence[StaticRow], exam: StaticExam) -> list[StaticRow]:
    """Say what ``copy`` scores on the edits of models that know fewer emotions."""
    parts: list[StaticRow] = []
    for emotions in {one.emotions: None for one in rows if one.emotions != EMOTIONS}:
        task, trials = exam.part(emotions)
        shared: dict[str, Any] = {"weights": None, "parameters": 0, "cpu_seconds": None, "milliseconds": 0.0}
        result = sum_up(trials, trials, task.people, exam.exact_trials(emotions))
        parts.append(StaticRow(model="copy", told="units", emotions=emotions, edits=len(task), result=result, **shared))
    return parts


def show_picture(one: Contestant, way: str, task: StaticTask, place: int) -> Picture | None:
    """Let a model, told in one way, do one edit of a task, (S, S, 3); None where it does not know the emotions."""
    some = task.take([place])
    shown = {EMOTIONS[int(task.faces.emotion[row])] for row in (*some.source, *some.target)}
    return change_pictures(one.asked(way), some, way)[0][0] if shown <= set(one.emotions) else None
