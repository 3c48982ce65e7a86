"""A protocol on some tables by one judge: what all of them share, and what becomes of one model in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import cv2
import numpy as np

from mienkit.app.benchmark.entrant import Entrant
from mienkit.app.benchmark.line import PICTURES, Figure, fingerprint
from mienkit.core.image import Picture
from mienkit.core.version import __version__
from mienkit.face.mark import Mark
from mienkit.face.photo import Photo, write_photo
from mienkit.metrics.networks.inception import Inception
from mienkit.metrics.networks.network import FeatureNetwork

SIDE = 128
"""Of a picture on the page, in pixels, at most."""
MADE_UP = "mienkit-"
"""How collections begin of people whom this toolkit made up."""
Say: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Whom a benchmark takes, the same for every model."""

    people: int | None = None
    """Fewer than the protocols say, for trying; None takes their own counts."""
    clips: int = 0
    """People of whom clips are made for flicker."""
    source: str | None = None
    """Of people who exist or might, only those of this collection are shown; all if None."""
    inception: Inception | None = None
    """The user's own, for FID, KID and the Inception Score."""

    def shown(self, name: str) -> bool:
        """Tell whether a face, called ``source/source_id``, may be shown; nobody minds people who were drawn."""
        collection = name.partition("/")[0]
        return self.source in (None, collection) or collection.startswith(MADE_UP)


@dataclass(frozen=True, kw_only=True)
class Album:
    """Where the pictures of one piece of work are kept."""

    folder: Path
    """Of the results."""
    name: str
    """Of a folder for them."""
    model: str
    """Who made them."""

    def keep(self, title: str, picture: Picture) -> str:
        """Write a picture, (S, S, 3), marked as synthetic, and return its path relative to the results.

        Raises:
            OutputError: it cannot be written.
        """
        place = f"{PICTURES}/{self.name}/{title}.jpg"
        small = shrunk(picture)
        mark = Mark(self.model, __version__, {"benchmark": True})
        write_photo(self.folder / place, small, Photo(pixels=small), mark, force=True)
        return place


def shrunk(picture: Picture) -> Picture:
    """Bring a picture to the size of the page; small ones stay."""
    longest = max(picture.shape[:2])
    if longest <= SIDE:
        return picture
    height, width = (round(side * SIDE / longest) for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of a model, told of the change in one way; see ``Line``."""

    figures: Mapping[str, Figure]
    told: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    milliseconds: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, Any] = field(default_factory=dict)
    calibration: str | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work of a stage."""

    title: str
    work: Callable[[Album, Say], Sequence[Finding]]
    parts: Sequence[Entrant] = ()
    """Whose weights decide what comes of it; none of a yardstick."""
    kind: str = "model"
    name: str = ""
    """Registered, or the outside system's."""
    way: str = ""
    """What but weights decides what comes of it."""


class Stage(Protocol):
    """A protocol on some tables by one judge."""

    protocol: str
    table: str
    sha256: str
    """Of what the tables hold."""
    seed: int
    choice: Choice
    judge: str
    marks: Sequence[str]
    recogniser: str | None
    networks: Sequence[FeatureNetwork]
    """In whose features whole sets of pictures are compared: those at hand decide which figures there are."""

    def prepare(self, say: Say) -> None:
        """Choose people and look at them; called once, before the first piece of work.

        Raises:
            MienError: the tables cannot be used so.
        """
        ...

    def jobs(self, entrants: Sequence[Entrant]) -> list[Job]:
        """List the pieces of work; nobody is asked yet."""
        ...


def name_job(stage: Stage, job: Job) -> str:
    """Return the fingerprint of a piece of work."""
    return fingerprint(
        {
            "protocol": stage.protocol,
            "tables": stage.sha256,
            "seed": stage.seed,
            "judge": stage.judge,
            "recogniser": stage.recogniser,
            "clips": stage.choice.clips,
            "networks": [one.name for one in stage.networks],
            "models": [(one.name, one.weights, one.calibration) for one in job.parts],
            "way": job.title if job.kind == "yardstick" else job.way,
        }
    )


def table_names(tables: Sequence[Path]) -> str:
    """Name tables for people."""
    return " + ".join(table.name.removesuffix(".table") for table in tables)
