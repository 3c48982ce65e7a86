"""Can a network that looks at one picture at a time tell the edits of a table from its photographs?"""

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from mienkit.app.meter_folds import fold_of_subjects
from mienkit.app.told_apart_sheets import write_saliency, write_shuffled
from mienkit.core.config import require
from mienkit.core.errors import DataError
from mienkit.data.faces import FaceArrays, Indices
from mienkit.data.loader import cache_folder, load_faces
from mienkit.data.table import open_table
from mienkit.evaluation.interval import Estimate
from mienkit.evaluation.told_apart import COUPLES, SIDE, EditDetector, Training, edits_of, score, train_detector
from mienkit.evaluation.told_apart_scores import Floats, Scores, expression_scores, strangers, summarise

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ToldApartRequest:
    """What is judged, and how.

    Raises:
        ConfigError: a number is out of range, or there is no table.
    """

    tables: Sequence[Path]
    folds: int = 5
    folder: Path = Path("runs/told-apart")
    """Gets the sheets."""
    source: str | None = None
    """Collection whose faces stand on the sheets; all of them by default."""
    photos: int = 0
    """So many photographs, drawn at random, with one edit each, instead of all photographs with all edits."""
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        require(self.folds >= 2, f"--folds {self.folds} should be at least 2")
        require(self.photos >= 0, f"--photos {self.photos} should be at least 0")
        require(bool(self.tables), "there is nothing to judge; give a table of pairs, --table pairs.table")


@dataclass(frozen=True, kw_only=True)
class ToldApartReport:
    """What `mien evaluate morphable --told-apart` prints. Shares are balanced: 0.5 is chance."""

    photos: int
    edits: int
    people: int
    folds: int
    picture: Scores
    """By the network that looks at pictures."""
    expression: Scores
    """By the 17 units alone, as they were fitted and set: the part that no drawing could hide."""
    strangers: Estimate
    """Of one fold, when photographs of other people are called edits: anything far from 0.5 is a mistake."""
    learned: float
    """On the people that the detector learned from."""
    cpu_seconds: float
    """Of one fold, on average."""
    couples: int
    """On the shuffled sheet."""


def tell_apart(request: ToldApartRequest, say: Say = lambda line: None) -> ToldApartReport:
    """Train a detector for each fold of the people and judge it on that fold; write sheets for the eye.

    Raises:
        DataError: there are too few pairs, or photographs and edits are not stored alike.
        TableError: a table cannot be used.
    """
    for table in request.tables:
        require_alike(table)
    faces = in_couples(load_faces(list(request.tables), SIDE, None, cache_folder()))
    if request.photos:
        faces = single_edits(faces, request.photos, request.training.seed)
    fold = fold_of_subjects(faces.subject, request.folds, request.training.seed)
    require_enough(faces, fold)
    shown = with_source(faces, request.source)
    started = time.process_time()
    scores, learned = np.full((2, len(faces)), np.nan, np.float32)
    for number in range(request.folds):
        say(f"fold {number + 1} of {request.folds}: training")
        detector = train_fold(faces, fold, number, request.training, say)
        here = fold == number
        scores[here] = score(detector, faces.images[here])
        if number == 0:
            learned[~here] = score(detector, faces.images[~here])
            write_saliency(request.folder / "saliency.png", detector, faces, np.where(here & shown, scores, np.nan))
    spent = (time.process_time() - started) / request.folds
    say("control: photographs of strangers")
    return ToldApartReport(
        photos=int((faces.pair < 0).sum()),
        edits=int((faces.pair >= 0).sum()),
        people=len(np.unique(faces.subject)),
        folds=request.folds,
        picture=summarise(faces, scores),
        expression=summarise(faces, expression_scores(faces, fold, request.training.seed)),
        strangers=judge_strangers(faces, fold, request.training, say),
        learned=summarise(faces, learned).told.value,
        cpu_seconds=spent,
        couples=write_shuffled(request.folder, faces, shown, request.training.seed),
    )


def in_couples(faces: FaceArrays) -> FaceArrays:
    """Leave out photographs without an edit, edits without their photograph, and everything else.

    Raises:
        DataError: nothing is left.
    """
    edits = np.flatnonzero(faces.of_kind("re-expressed") & (faces.pair >= 0))
    if not len(edits):
        raise DataError("no row is a re-expressed one whose photograph is here; `mien reexpress` makes such tables")
    return faces.take(np.union1d(edits, faces.pair[edits]))


def single_edits(faces: FaceArrays, photos: int, seed: int) -> FaceArrays:
    """Draw photographs, and one edit of each.

    Raises:
        DataError: there are fewer.
    """
    known = np.flatnonzero(faces.pair < 0)
    if len(known) < photos:
        raise DataError(f"--photos {photos} is more than the {len(known)} photographs that have an edit here")
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(known)[:photos])
    single = [rng.choice(edits) for edits in edits_of(faces, chosen)]
    return faces.take(np.union1d(chosen, single))


def require_enough(faces: FaceArrays, fold: Indices) -> None:
    """Refuse so few photographs that a training has no batch, or a fold nothing to judge.

    Raises:
        DataError: there are too few.
    """
    photos = fold[faces.pair < 0]
    least = min(np.count_nonzero(photos != number) for number in np.unique(fold))
    if len(np.unique(photos)) < 2 or least < 2 * COUPLES:
        raise DataError(
            f"{len(photos)} photographs are too few to learn from; each fold needs {2 * COUPLES} outside of it"
        )


def with_source(faces: FaceArrays, source: str | None) -> "np.typing.NDArray[np.bool_]":
    """Tell which rows come from a collection, (N,).

    Raises:
        DataError: none does.
    """
    if source is None:
        return np.ones(len(faces), bool)
    here = np.char.startswith(faces.name, f"{source}/")
    if not here.any():
        known = sorted({str(name).split("/")[0] for name in faces.name})
        raise DataError(f"no face comes from '{source}'; there are {', '.join(known)}")
    return np.asarray(here)


def train_fold(faces: FaceArrays, fold: Indices, number: int, training: Training, say: Say) -> EditDetector:
    """Train on the photographs of the other folds and their edits."""
    photos = np.flatnonzero((faces.pair < 0) & (fold != number))
    return train_detector(faces, photos[np.isin(photos, faces.pair)], training, say)


def judge_strangers(faces: FaceArrays, fold: Indices, training: Training, say: Say) -> Estimate:
    """Do the same with photographs alone, half of which are called edits, on the first fold."""
    photos = faces.pair < 0
    control, control_fold = strangers(faces.take(photos), fold[photos], training.seed), fold[photos]
    detector = train_fold(control, control_fold, 0, training, say)
    here = control_fold == 0
    scores: Floats = np.full(len(control), np.nan, np.float32)
    scores[here] = score(detector, control.images[here])
    return summarise(control, scores).told


def require_alike(table: Path) -> None:
    """Refuse a table whose photographs and edits are stored in different ways: a detector would see nothing else.

    Raises:
        DataError: sizes, formats or the strength of JPEG differ.
    """
    ways: dict[str, set[str]] = {"photograph": set(), "re-expressed": set()}
    for batch in open_table(table).batches(["kind", "image"]):
        for kind, image in zip(batch["kind"].to_pylist(), batch["image"].to_pylist(), strict=True):
            if kind in ways:
                ways[kind].add(way_of_storing(image))
    photos, edits = ways.values()
    if photos and edits and photos != edits:
        raise DataError(
            f"{table} stores photographs as {', '.join(sorted(photos))} and edits as {', '.join(sorted(edits))}, "
            "which alone gives edits away; make it again with `mien reexpress`"
        )


def way_of_storing(image: bytes) -> str:
    """Say how a picture is stored: format, size and, of JPEG, how coarsely; only its head is read."""
    with Image.open(io.BytesIO(image)) as picture:
        tables = getattr(picture, "quantization", {})
        coarse = sum(sum(table) for table in tables.values())
        return f"{picture.format} {picture.width} x {picture.height}" + (f" (steps {coarse})" if tables else "")
