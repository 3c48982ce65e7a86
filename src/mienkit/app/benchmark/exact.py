"""Whatever changes a picture, held to exact results: ``static-edit``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from mienkit.app.benchmark.entrant import Entrant, hash_tables
from mienkit.app.benchmark.identity_map import identity_map
from mienkit.app.benchmark.judging import load_reader, seal_of
from mienkit.app.benchmark.line import Figure, figure
from mienkit.app.benchmark.outside import Outputs, Request
from mienkit.app.benchmark.stage import Album, Choice, Finding, Job, Say, table_names
from mienkit.app.compare_static import Contestant, StaticExam, find_recogniser, judged_faces, show_picture
from mienkit.app.confusion import named_confusion
from mienkit.app.held_out import PEOPLE
from mienkit.app.static_sheet import choose_places
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import Picture
from mienkit.data.table import open_table
from mienkit.evaluation.set_edit import set_networks
from mienkit.evaluation.static_edit import EDITS, StaticResult, StaticTask, StaticTrials, sum_up
from mienkit.metrics.au_agreement import au_agreement
from mienkit.metrics.networks.network import FeatureNetwork

EXACT = "exact"
PROTOCOL = "static-edit"
WORST = 5
"""Edits in the gallery, of a person each."""


class ExactStage:
    """The same edits with known results for everybody, on one table."""

    def __init__(self, table: Path, word: str, seed: int, choice: Choice) -> None:
        """Take a table; the judge is loaded, nothing is chosen yet.

        Raises:
            MienError: the judge cannot be had.
        """
        self.path, self.seed, self.choice = table, seed, choice
        self.count = EDITS if choice.people is None else max(1, round(EDITS * choice.people / PEOPLE))
        self.protocol = f"{PROTOCOL}-{self.count}"
        self.table, self.sha256 = table_names([table]), f"{hash_tables([table])} {seal_of(word)}"
        self.photographs = "photograph" in open_table(table).read(["kind"])["kind"].unique().to_pylist()
        self.reader, self.network = load_reader(word), find_recogniser()
        self.judge = self.reader.name
        self.marks: Sequence[str] = self.reader.marks
        self.recogniser: str | None = self.network.name if self.network else None
        self.networks: Sequence[FeatureNetwork] = set_networks(choice.inception)

    def prepare(self, say: Say) -> None:
        """Choose the edits, and read what leaving the pictures alone gives."""
        say(f"{self.table}: choosing edits")
        faces = judged_faces([self.path], self.reader.knows)
        measurer = self.reader.measurer
        self.exam = StaticExam(faces, measurer, self.network, self.seed, self.count, self.networks)
        self.exam.judge_name = self.judge
        task = self.exam.part(EMOTIONS)[0]
        shown = np.asarray([self.choice.shown(str(task.faces.name[row])) for row in task.source])
        some = task.take(np.flatnonzero(shown))
        self.sheet = some.take(choose_places(some)) if len(some) else some

    def jobs(self, entrants: Sequence[Entrant]) -> list[Job]:
        """Ask everybody who changes pictures; the exact pictures say what a perfect model would score."""
        able = [one for one in entrants if {"edit", "transfer", "paint"} & set(one.tasks)]
        kinds = {one.title: one.kind_on_photographs if self.photographs else one.kind for one in able}
        outside = [one for one in entrants if one.outputs and one.outputs.answers_exact]
        return [
            *(Job(title=one.title, name=one.name, kind=kinds[one.title], parts=[one],
                  work=partial(self.judge_model, one))
              for one in able),
            *(Job(title=one.title, name=one.name, kind=one.kind, parts=[one], work=partial(self.judge_outside, one))
              for one in outside),
            Job(title=EXACT, kind="yardstick", work=self.exact),
        ]  # fmt: skip

    def requests(self) -> list[Request]:
        """List what outside systems are asked; ``prepare`` comes first."""
        task = self.exam.part(EMOTIONS)[0]
        faces = task.faces
        return [
            Request(
                protocol=PROTOCOL,
                source=str(faces.name[source]),
                request=EMOTIONS[int(faces.emotion[target])],
                level=1.0,
                picture=faces.images[source],
                driver=faces.images[driver],
                units=dict(zip(ACTION_UNITS, map(float, faces.aus[target]), strict=True)),
            )
            for source, target, driver in zip(task.source, task.target, task.driver, strict=True)
        ]

    def exact(self, album: Album, say: Say) -> list[Finding]:
        """Say what the judge sees in the exact pictures, and show what the others are asked for."""
        task, of_copy = self.exam.part(EMOTIONS)
        exact = self.exam.exact_trials()
        result = sum_up(exact, of_copy, task.people, exact)
        sets = self.exam.sets_of(task.faces.images[task.target], exact)
        figures = {**figures_of(result), **numbers_of(sets)}
        tiles = [
            {"asked": self.asked(place), **self.face(album, place), "after": album.keep(f"contact-{place}", wanted)}
            for place, wanted in enumerate(self.sheet.faces.images[self.sheet.target])
        ]
        details = details_of(task, exact, of_copy)
        return [Finding(figures=figures, counts=counts_of(task), details=details, pictures={"contact": tiles})]

    def judge_model(self, one: Entrant, album: Album, say: Say) -> list[Finding]:
        """Let a model do its edits, told in every way that it understands."""
        contestant = one.contestant(self.exam.faces.size)
        found = []
        for way in contestant.ways:
            work = self.exam.judge_contestant(contestant, way)
            say(f"{one.title}, told {way}: {len(work.task)} edits")
            title = f"-{way}"
            found.append(
                Finding(
                    told="" if one.kind == "trivial" and one.name == "copy" else way,
                    calibration=one.calibration if way == "units" else None,
                    figures={**figures_of(work.row.result), **numbers_of(work.row.sets)},
                    counts=counts_of(work.task),
                    milliseconds=work.row.milliseconds,
                    details={
                        "emotions": contestant.emotions,
                        **details_of(work.task, work.trials, work.of_copy),
                    },
                    pictures={
                        "contact": self.contact(contestant, way, replace(album, name=album.name + title)),
                        "failures": failures(
                            work.task, work.pictures, work.trials, work.of_copy,
                            replace(album, name=album.name + title), self.choice,
                        ),
                    },
                )
            )  # fmt: skip
        return found

    def judge_outside(self, one: Entrant, album: Album, say: Say) -> list[Finding]:
        """Judge what an outside system made of the same edits; those that are missing are counted."""
        outputs: Outputs | None = one.outputs
        assert outputs is not None
        task, of_copy = self.exam.part(EMOTIONS)
        answers = [outside_picture(outputs, task, place) for place in range(len(task))]
        there = [place for place, picture in enumerate(answers) if picture is not None]
        require(bool(there), f"{one.title} answers none of the {len(task)} edits that are asked here")
        pictures = np.stack([picture for picture in answers if picture is not None])
        some, left, perfect = task.take(there), of_copy.take(there), self.exam.exact_trials().take(there)
        trials = self.exam.judge_all(pictures, some, left)
        shown = [outside_picture(outputs, self.sheet, place) for place in range(len(self.sheet))]
        tiles = [
            {"asked": self.asked(place)} | ({} if one is None else {"after": album.keep(f"contact-{place}", one)})
            for place, one in enumerate(shown)
        ]
        return [
            Finding(
                told="emotion",
                figures={
                    **figures_of(sum_up(trials, left, some.people, perfect)),
                    **numbers_of(self.exam.sets_of(pictures, trials)),
                },
                counts={**counts_of(some), "missing": len(task) - len(there)},
                details=details_of(some, trials, left),
                pictures={
                    "contact": tiles,
                    "failures": failures(some, pictures, trials, left, album, self.choice),
                },
            )
        ]

    def contact(self, contestant: Contestant, way: str, album: Album) -> list[dict[str, object]]:
        """Let a model do the edits of the contact sheet; those that it does not know stay empty."""
        tiles: list[dict[str, object]] = []
        for place in range(len(self.sheet)):
            picture = show_picture(contestant, way, self.sheet, place)
            tile: dict[str, object] = {"asked": self.asked(place)}
            if picture is not None:
                tile["after"] = album.keep(f"contact-{place}", picture)
            tiles.append(tile)
        return tiles

    def face(self, album: Album, place: int) -> dict[str, str]:
        """Show a face of the contact sheet before anything is done to it."""
        return {"before": album.keep(f"before-{place}", self.sheet.faces.images[self.sheet.source[place]])}

    def asked(self, place: int) -> str:
        """Say what a face of the contact sheet is asked for."""
        rows = self.sheet.source[place], self.sheet.target[place]
        return " to ".join(emotion_name(int(self.sheet.faces.emotion[row])) for row in rows)


def emotion_name(index: int) -> str:
    """Name an emotion."""
    return EMOTIONS[index] if index >= 0 else "unknown"


def outside_picture(outputs: Outputs, task: StaticTask, place: int) -> Picture | None:
    """Find the answer to one edit of a task."""
    faces, source = task.faces, task.source[place]
    request = EMOTIONS[int(faces.emotion[task.target[place]])]
    return outputs.picture(str(faces.name[source]), request, 1.0, like=faces.images[source], protocol=PROTOCOL)


def figures_of(result: StaticResult) -> dict[str, Figure]:
    """Write the figures of one model."""
    names = (
        "emotion", "aus", "aus_gain", "region", "region_gain", "identity", "ssim", "psnr", "au_pcc", "au_icc",
        "emotion_corrected", "aus_corrected", "background",
    )  # fmt: skip
    return {name: figure(getattr(result, name)) for name in names}


def numbers_of(sets: Mapping[str, float]) -> dict[str, Figure]:
    """Write figures of all results together, which have no interval."""
    return {name: figure(value) for name, value in sets.items()}


def counts_of(task: StaticTask) -> dict[str, int]:
    """Say how much was asked."""
    return {"edits": len(task), "people": len(set(task.people.tolist()))}


def details_of(task: StaticTask, trials: StaticTrials, of_copy: StaticTrials) -> dict[str, object]:
    """Write what plots and folded tables are drawn from."""
    asked = [f"{emotion_name(int(task.faces.emotion[row]))} to " for row in task.source]
    return {
        "met": met_by_emotion(task, trials),
        "confusion": named_confusion(trials.asked, trials.emotions),
        "units": au_agreement(trials.units, trials.wanted).by_unit(),
        "mds": identity_map(
            task.people.tolist(),
            of_copy.embedding,
            trials.embedding,
            [start + emotion_name(int(end)) for start, end in zip(asked, trials.asked, strict=True)],
        ),
    }


def met_by_emotion(task: StaticTask, trials: StaticTrials) -> dict[str, float]:
    """Return how often each emotion is met."""
    wanted = task.faces.emotion[task.target]
    return {EMOTIONS[int(one)]: float(trials.emotion[wanted == one].mean()) for one in np.unique(wanted)}


def failures(
    task: StaticTask,
    pictures: Picture,
    trials: StaticTrials,
    of_copy: StaticTrials,
    album: Album,
    choice: Choice,
) -> list[dict[str, object]]:
    """Show the edits that are farthest behind leaving the picture alone, where it should change; one a person."""
    behind = trials.region - of_copy.region
    order = [place for place in np.argsort(-behind, kind="stable") if behind[place] > 0]
    tiles: list[dict[str, object]] = []
    seen: set[int] = set()
    for place in order:
        person, row = int(task.people[place]), task.source[place]
        if person in seen or len(tiles) == WORST or not choice.shown(str(task.faces.name[row])):
            continue
        seen.add(person)
        number = len(tiles)
        tiles.append(
            {
                "asked": emotion_name(int(task.faces.emotion[task.target[place]])),
                "before": album.keep(f"failed-{number}-before", task.faces.images[row]),
                "after": album.keep(f"failed-{number}-after", pictures[place]),
                "exact": album.keep(f"failed-{number}-exact", task.faces.images[task.target[place]]),
                "note": f"{trials.region[place] / max(of_copy.region[place], 1e-6):.2f} times copy's error",
            }
        )
    return tiles
