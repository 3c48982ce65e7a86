"""Models that move faces, beside real clips: ``motion-rises`` for landmarks, ``motion-clips`` for pictures."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from mienkit.app.benchmark.entrant import Entrant, hash_tables
from mienkit.app.benchmark.judging import load_reader
from mienkit.app.benchmark.line import Figure, figure
from mienkit.app.benchmark.stage import Album, Choice, Finding, Job, Say, table_names
from mienkit.app.compare_motion import MEAN, REAL, STILL, MovedPainter, RealLandmarks, judge_features
from mienkit.app.compare_static import SPLITS, find_recogniser
from mienkit.app.confusion import named_confusion
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import DataError
from mienkit.core.task import Mover, Painter
from mienkit.data.clip import SHOWN, list_rises
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import load_faces
from mienkit.data.table import open_table
from mienkit.evaluation.motion import (
    MotionResult,
    Motions,
    choose_motions,
    judge_motions,
    make_yardstick,
    move_people,
    real_motions,
)
from mienkit.evaluation.motion_clips import (
    LAST,
    ClipJudge,
    ClipResult,
    Clips,
    judge_clips,
    make_clips,
    read_clips,
    real_clips,
)
from mienkit.evaluation.motion_trivial import ClassMean, Still, Stretch
from mienkit.evaluation.set_edit import emotion_score, real_set, set_figures, set_networks
from mienkit.metrics.networks.network import FeatureNetwork

LANDMARKS = "landmarks alone"
"""Who judges motions of landmarks: nobody."""
STRETCH = "stretch"


class MotionTable:
    """Clips of people whom no training saw, and clips that models learned from, if a table has such."""

    def __init__(self, table: Path, others: Sequence[Path], seed: int, choice: Choice) -> None:
        """Take a table of clips; ``others`` may hold clips that models learned from, for the row ``mean``."""
        self.path, self.seed, self.choice = table, seed, choice
        self.sources = [one for one in [table, *others] if open_table(one).count("train")][:1]
        self.sha256 = hash_tables([table, *self.sources])

    def load(self) -> None:
        """Deal people into those who are asked and those who are compared with.

        Raises:
            DataError: there are too few clips.
        """
        opened = open_table(self.path)
        split = next((split for split in SPLITS if opened.count(split)), SPLITS[0])
        faces = load_faces(self.path, opened.size, split)
        self.task = choose_motions(some_people(faces, self.choice.people, self.seed), SHOWN, self.seed)
        self.mean: Mover | None = None
        for source in self.sources:
            learned = load_faces(source, opened.size, "train")
            self.mean = ClassMean(learned, list_rises(learned, SHOWN, blinks=False))

    def counts(self) -> dict[str, int]:
        """Say how much was asked."""
        return {"people": len(set(self.task.people.tolist())), "clips": len(self.task.asked)}


def some_people(faces: FaceArrays, people: int | None, seed: int) -> FaceArrays:
    """Take so many people to be asked and as many to be compared with, by lot; everybody if None."""
    if people is None:
        return faces
    chosen = np.random.default_rng(seed).permutation(np.unique(faces.subject))[: 2 * people]
    return faces.take(np.isin(faces.subject, chosen))


def mover_of(one: Entrant) -> Mover:
    """Make a mover ready.

    Raises:
        ConfigError: it does not know all the emotions that are asked for.
    """
    model = one.contestant(64).model
    assert isinstance(model, Mover)
    known = getattr(model, "known_emotions", getattr(model, "emotions", SHOWN))
    lacking = [name for name in SHOWN if name not in known]
    require(not lacking, f"{one.title} knows no {', '.join(lacking)}; everybody is asked for the same emotions")
    return model


class RiseStage:
    """Landmarks that move from rest to an emotion."""

    protocol = "motion-rises"

    def __init__(self, clips: MotionTable) -> None:
        """Take clips."""
        self.judge = LANDMARKS
        self.marks: Sequence[str] = ()
        self.recogniser: str | None = None
        self.networks: Sequence[FeatureNetwork] = ()
        self.clips, self.seed, self.choice = clips, clips.seed, clips.choice
        self.table, self.sha256 = table_names([clips.path]), f"{clips.sha256} {clips.choice.people}"

    def prepare(self, say: Say) -> None:
        """Learn what real motion is."""
        say(f"{self.table}: reading clips")
        self.clips.load()
        self.yardstick = make_yardstick(self.clips.task)

    def jobs(self, entrants: Sequence[Entrant]) -> list[Job]:
        """Ask every mover, after real motion, a face that stands still and the mean of a class."""
        movers = [one for one in entrants if "move" in one.tasks]
        return [
            Job(title=REAL, kind="yardstick", work=self.real),
            Job(title=STILL, kind="trivial", way=STILL, work=partial(self.moved, Still)),
            *([Job(title=MEAN, kind="trivial", way=MEAN, work=partial(self.moved, self.mean_motion))]
              if self.clips.sources else []),
            *(Job(title=one.title, name=one.name, parts=[one], work=partial(self.moved, partial(mover_of, one)))
              for one in movers),
        ]  # fmt: skip

    def mean_motion(self) -> Mover:
        """Return the mean of each class."""
        assert self.clips.mean is not None
        return self.clips.mean

    def real(self, album: Album, say: Say) -> list[Finding]:
        """Judge the asked people's own motions."""
        task = self.clips.task
        return [self.finding(real_motions(task.faces, task.asked).with_mirror_images())]

    def moved(self, ready: Callable[[], Mover], album: Album, say: Say) -> list[Finding]:
        """Judge what a mover does."""
        return [self.finding(move_people(ready(), self.clips.task, seed=self.seed))]

    def finding(self, motions: Motions) -> Finding:
        """Write the figures of some motions."""
        return Finding(figures=rise_figures(judge_motions(motions, self.yardstick)), counts=self.clips.counts())


def rise_figures(result: MotionResult) -> dict[str, Figure]:
    """Write the figures of motions."""
    return {name: figure(value) for name, value in vars(result).items()}


class ClipStage:
    """Whole clips that show an emotion."""

    protocol = "motion-clips"

    def __init__(self, clips: MotionTable, word: str) -> None:
        """Take clips; the judge is loaded.

        Raises:
            MienError: the judge cannot be had, or reads no features of frames.
        """
        self.clips, self.seed, self.choice = clips, clips.seed, clips.choice
        self.table, self.sha256 = table_names([clips.path]), f"{clips.sha256} {clips.choice.people}"
        reader, network = load_reader(word), find_recogniser()
        self.networks: Sequence[FeatureNetwork] = set_networks(self.choice.inception)
        self.judge = reader.name
        self.marks: Sequence[str] = reader.marks
        self.recogniser: str | None = network.name if network else None
        self.clip_judge = ClipJudge(
            measurer=reader.measurer, features=judge_features(reader.measurer), recogniser=network
        )

    def prepare(self, say: Say) -> None:
        """Read real clips."""
        say(f"{self.table}: reading clips")
        self.clips.load()
        task = self.clips.task
        self.own = real_clips(task.faces, task.asked)
        self.asked = read_clips(self.own, self.clip_judge)
        others = real_clips(task.faces, task.reference)
        self.others = read_clips(others, self.clip_judge)
        self.real = real_set(self.networks, others.frames[:, -1])

    def jobs(self, entrants: Sequence[Entrant]) -> list[Job]:
        """Ask whoever makes clips; every mover meets every painter, and one that only stretches the picture."""
        able = {task: [one for one in entrants if task in one.tasks] for task in ("move", "paint", "sample", "animate")}
        motions: list[tuple[str, Sequence[Entrant]]] = [(f"{REAL} landmarks", ())]
        motions += [(f"{MEAN} motion", ())] if self.clips.sources else []
        motions += [(one.title, [one]) for one in able["move"]]
        painters: list[tuple[str, Sequence[Entrant]]] = [(STRETCH, ()), *((one.title, [one]) for one in able["paint"])]
        return [
            Job(title=REAL, kind="yardstick", work=lambda album, say: [self.finding(self.own, album)]),
            Job(title=STILL, kind="trivial", way=STILL, work=self.still),
            *(joined(self, motion, painter) for painter in painters for motion in motions),
            *(Job(title=one.title, name=one.name, parts=[one], work=partial(self.alone, one))
              for one in dict.fromkeys([*able["sample"], *able["animate"]])),
        ]  # fmt: skip

    def still(self, album: Album, say: Say) -> list[Finding]:
        """Judge clips in which nothing happens."""
        return [self.finding(make_clips(Still(self.clips.task.faces.size), self.clips.task, seed=self.seed), album)]

    def alone(self, one: Entrant, album: Album, say: Say) -> list[Finding]:
        """Judge a model that makes whole clips."""
        model = one.contestant(self.clips.task.faces.size).model
        return [self.finding(make_clips(model, self.clips.task, seed=self.seed), album)]

    def painted(self, motion: str, mover: Sequence[Entrant], painter: Sequence[Entrant], album: Album, say: Say
                ) -> list[Finding]:  # fmt: skip
        """Judge what a mover and a painter do together."""
        task = self.clips.task
        moves = mover_of(mover[0]) if mover else self.known_motion(motion)
        paints: object = painter[0].contestant(task.faces.size).model if painter else Stretch(task.faces.size)
        assert isinstance(paints, Painter)
        return [self.finding(make_clips(MovedPainter(moves, paints), task, seed=self.seed), album)]

    def known_motion(self, motion: str) -> Mover:
        """Return motion that needs no model."""
        if motion.startswith(REAL):
            return RealLandmarks(self.clips.task)
        if self.clips.mean is None:
            raise DataError("no table has clips that models learned from; there is no mean motion")
        return self.clips.mean

    def finding(self, clips: Clips, album: Album) -> Finding:
        """Write the figures of some clips, and show the last frame of the first one of each emotion."""
        seen = read_clips(clips, self.clip_judge)
        result = judge_clips(clips, self.clip_judge, self.others, self.asked, seen)
        likely = seen.emotions[:, -LAST:].mean(1).double().numpy()
        sets = {**set_figures(clips.frames[:, -1], self.real), **emotion_score(likely, self.judge)}
        labels, first = np.unique(clips.label, return_index=True)
        tiles: list[Mapping[str, object]] = [
            {"asked": EMOTIONS[int(label)], "after": album.keep(f"contact-{number}", clips.frames[place, -1])}
            for number, (label, place) in enumerate(zip(labels, first, strict=True))
            if self.choice.shown(str(self.clips.task.faces.name[self.clips.task.asked.rows[place][0]]))
        ]
        return Finding(
            figures={**clip_figures(result), **{name: figure(value) for name, value in sets.items()}},
            counts={**self.clips.counts(), "frames": clips.frames.shape[1]},
            milliseconds=clips.milliseconds or None,
            details={"sees_face": clips.source is not None, "confusion": named_confusion(clips.label, likely)},
            pictures={"contact": tiles},
        )


def joined(stage: ClipStage, motion: tuple[str, Sequence[Entrant]], painter: tuple[str, Sequence[Entrant]]) -> Job:
    """Make the piece of work of a mover and a painter together."""
    parts = [*motion[1], *painter[1]]
    return Job(
        title=f"{motion[0]} + {painter[0]}",
        name=" + ".join(part.name for part in parts),
        parts=parts,
        kind="model" if parts else "trivial",
        way=f"{'' if motion[1] else motion[0]} + {'' if painter[1] else painter[0]}",
        work=partial(stage.painted, motion[0], motion[1], painter[1]),
    )


def clip_figures(result: ClipResult) -> dict[str, Figure]:
    """Write the figures of clips."""
    return {name: figure(value) for name, value in vars(result).items()}
