"""What editors are judged on: photographs and exact changes of people whom no training saw."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mienkit.app.editors import LoadedEditor
from mienkit.app.evaluate import aligned_face
from mienkit.app.stranger import only_strangers
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import TableError
from mienkit.core.expression import Expression
from mienkit.core.image import Picture
from mienkit.data.faces import FaceArrays, Indices
from mienkit.data.loader import cache_folder, load_faces
from mienkit.data.table import FaceTable, open_table
from mienkit.evaluation.dose_edit import LEVELS
from mienkit.evaluation.interval import Floats
from mienkit.evaluation.leak_edit import exact_effects
from mienkit.evaluation.looker import Looker as Looker
from mienkit.evaluation.looker import learned_from, nobody
from mienkit.evaluation.photo_edit import FULL, ROOM, SHOWN_EMOTIONS, Look, shuffle_people
from mienkit.evaluation.slice_edit import Slices, slices_of
from mienkit.evaluation.target_edit import PAIRS, choose_pairs
from mienkit.face.align import TEMPLATE_SIZE, crop_face
from mienkit.face.find import Face, PhotoMeter
from mienkit.face.photo import Photo
from mienkit.inference.edit import lay_over, synthesize

PEOPLE = 40
"""Asked for each unit, and for the emotions."""
EFFECT_PAIRS = 800
"""Exact changes from which is learned what each unit moves."""
SPLIT = "val"

Asked = tuple[str, float]
"""Unit or emotion, intensity."""
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sitter:
    """A photograph, and what its face is asked for."""

    subject: int
    photo: Photo
    face: Face
    look: Look
    name: str = ""
    """``source/source_id``."""
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """A photograph and an exact change of it."""

    subject: int
    photo: Picture
    exact: Picture
    before: Floats
    """(17,): units that the photograph shows."""
    after: Floats
    tilt: Floats
    """(17,): how much more its left half shows than the mean of both."""
    looks: tuple[Look | None, Look | None]
    """The judge's at both pictures."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """The same for every editor."""

    sitters: Sequence[Sitter]
    pairs: Sequence[Pair]
    effects: Mapping[str, Mapping[str, float]]
    """Unit -> channel -> what exact changes move; see ``exact_effects``."""
    sitter_slices: Slices
    pair_slices: Slices
    """Of the pairs' subjects, who are numbered apart from the sitters'."""

    @property
    def units(self) -> tuple[str, ...]:
        """That the judge can read."""
        return tuple(next(iter(self.effects.values())))


def gather(
    tables: Sequence[Path],
    meter: PhotoMeter,
    judge: Looker,
    *,
    seed: int = 0,
    people: int | None = None,
    say: Say,
) -> Material:
    """Choose people and look at them.

    Args:
        tables: photographs and their exact changes.
        meter: measures the photographs, as in use.
        judge: looks at them.
        seed: of the lot.
        people: asked for each unit, and as large a part of the exact changes; the protocol's own counts if None.
        say: hears about progress.

    Raises:
        TableError: a table cannot be used, or the tables hold no held-out photographs or exact changes.
    """
    opened, knows = [open_table(path) for path in tables], learned_from(judge)
    say("looking at the photographs")
    share = 1.0 if people is None else min(1.0, people / PEOPLE)
    sitters = seat_people(load_photographs(opened, knows), meter, judge, seed, people)
    say("looking at exact changes")
    pairs, effects = look_at_pairs(load_pairs(opened, knows), judge, seed, share)
    return Material(
        sitters=sitters,
        pairs=pairs,
        effects=effects,
        sitter_slices={one.subject: slices_of(one.photo.pixels, one.look) for one in sitters},
        pair_slices={one.subject: slices_of(one.photo, one.looks[0]) for one in pairs},
    )


def load_photographs(tables: Sequence[FaceTable], knows: Callable[[str], bool] = nobody) -> FaceArrays:
    """Load held-out photographs; of tables that hold the same ones, that with the largest pictures.

    Args:
        tables: face tables.
        knows: tells of whom the judge learned; they are left out.

    Raises:
        TableError: no table holds any, or the judge knows everybody.
    """
    taken = without_repeats([table for table in sorted(tables, key=lambda one: -one.size) if photograph_names(table)])
    if not taken:
        raise TableError("the tables hold no photograph of the split 'val'; give the tables that the training took")
    faces = load_faces([table.folder for table in taken], TEMPLATE_SIZE, SPLIT, cache_folder())
    return only_strangers(faces, taken, SPLIT, knows)


def without_repeats(tables: Sequence[FaceTable]) -> list[FaceTable]:
    """Leave out tables that hold a photograph of one before them, as tables do that change the same people."""
    taken: list[FaceTable] = []
    seen: set[tuple[str, str]] = set()
    for table in tables:
        names = photograph_names(table)
        if names.isdisjoint(seen):
            taken.append(table)
            seen |= names
    return taken


def photograph_names(table: FaceTable) -> set[tuple[str, str]]:
    """Return source and name of a table's held-out photographs."""
    rows = table.read(["source", "source_id", "kind"], SPLIT).to_pylist()
    return {(row["source"], row["source_id"]) for row in rows if row["kind"] == "photograph"}


def load_pairs(tables: Sequence[FaceTable], knows: Callable[[str], bool] = nobody) -> FaceArrays:
    """Load held-out exact changes with their photographs; a table that has both needs no other for that.

    Of tables that change the same photographs the first counts.

    Args:
        tables: face tables.
        knows: tells of whom the judge learned; they are left out.

    Raises:
        TableError: there are none, or the judge knows everybody.
    """
    whole = without_repeats([table for table in tables if holds_both(table)]) or list(tables)
    size = min(TEMPLATE_SIZE, max(table.size for table in whole))
    faces = load_faces([table.folder for table in whole], size, SPLIT, cache_folder())
    if not (faces.pair >= 0).any():
        raise TableError("the tables hold no exact changes of the split 'val'; make some with `mien reexpress`")
    return only_strangers(faces, whole, SPLIT, knows)


def holds_both(table: FaceTable) -> bool:
    """Tell whether a table has exact changes and all their photographs."""
    rows = table.read(["source", "source_id", "pair"], SPLIT).to_pylist()
    names = {(row["source"], row["source_id"]) for row in rows}
    wanted = {(row["source"], row["pair"]) for row in rows if row["pair"] is not None}
    return bool(wanted) and wanted <= names


def seat_people(
    faces: FaceArrays, meter: PhotoMeter, judge: Looker, seed: int, people: int | None = None
) -> list[Sitter]:
    """Ask each unit of people who do not show it, and emotions of anybody: the first of a row drawn by lot."""
    wanted = PEOPLE if people is None else people
    seated: list[Sitter] = []
    resting: dict[str, list[int]] = {unit: [] for unit in ACTION_UNITS}
    for row in shuffle_people(faces, seed):
        if len(seated) >= wanted and all(len(numbers) >= wanted for numbers in resting.values()):
            break
        photo, face = aligned_face(faces.images[row], faces.landmarks[row], meter)
        look = judge.look(photo.pixels)
        if look is None:
            continue
        sitter = Sitter(subject=int(faces.subject[row]), photo=photo, face=face, look=look, name=str(faces.name[row]))
        for unit, numbers in resting.items():
            if len(numbers) < wanted and not shows(sitter, unit):
                numbers.append(len(seated))
        seated.append(sitter)
    asked = deal_requests(len(seated), resting, wanted, judge.units)
    return [replace(one, asked=tuple(asked[number])) for number, one in enumerate(seated) if asked[number]]


def deal_requests(
    people: int, resting: Mapping[str, Sequence[int]], wanted: int, units: Sequence[str]
) -> list[list[Asked]]:
    """Say what each of some people is asked for: each unit by its own list of numbers, emotions by the first ones.

    Units that the judge can read are asked for at every dose, others at 1 alone.
    """
    asked: list[list[Asked]] = [[] for _ in range(people)]
    for unit, numbers in resting.items():
        for number in numbers:
            asked[number] += [(unit, level) for level in (LEVELS if unit in units else (FULL,))]
    for requests in asked[:wanted]:
        requests += [(name, FULL) for name in SHOWN_EMOTIONS]
    return asked


def shows(sitter: Sitter, unit: str) -> bool:
    """Tell whether a face shows a unit, by the meter or by the judge's channel."""
    return float(sitter.face.reading.aus[0, AU_INDEX[unit]]) >= ROOM or sitter.look.channels.get(unit, 0.0) >= ROOM


def look_at_pairs(
    faces: FaceArrays, judge: Looker, seed: int, share: float = 1.0
) -> tuple[list[Pair], Mapping[str, Mapping[str, float]]]:
    """Look at exact changes: some that editors are compared with, and more to learn what each unit moves.

    Args:
        faces: photographs and exact changes.
        judge: looks at them.
        seed: of the lot.
        share: of the protocol's counts.
    """
    chosen = choose_pairs(faces, round(share * PAIRS), seed=seed)
    others = np.random.default_rng(seed).permutation(np.flatnonzero(faces.pair >= 0))[: round(share * EFFECT_PAIRS)]
    rows = np.union1d(chosen, others)
    looks = {int(row): judge.look(faces.images[row], recognise=False) for row in _with_photos(faces, rows)}
    seen = [(looks[int(faces.pair[row])], looks[int(row)], int(row)) for row in rows]
    both = [(before, after, row) for before, after, row in seen if before is not None and after is not None]
    effects = exact_effects(
        [np.asarray(faces.aus[row] - faces.before[row], np.float64) for *_, row in both],
        [(before, after) for before, after, _ in both],
        judge.units,
    )
    return [make_pair(faces, int(row), looks) for row in chosen], effects


def _with_photos(faces: FaceArrays, rows: Indices) -> Indices:
    return np.union1d(rows, faces.pair[rows])


def make_pair(faces: FaceArrays, row: int, looks: Mapping[int, Look | None]) -> Pair:
    """Put an exact change and its photograph together."""
    photo = int(faces.pair[row])
    return Pair(
        subject=int(faces.subject[row]),
        photo=faces.images[photo],
        exact=faces.images[row],
        before=np.asarray(faces.before[row], np.float64),
        after=np.asarray(faces.aus[row], np.float64),
        tilt=np.asarray(faces.tilt[row], np.float64),
        looks=(looks[photo], looks[row]),
    )


def edit_face(loaded: LoadedEditor, pixels: Picture, face: Face, asked: Sequence[Asked]) -> list[Picture]:
    """Do all that one face is asked for, as ``mien edit`` would.

    Raises:
        FaceError: the editor does not take the face.
    """
    alignment = face.alignment.resized(loaded.editor.image_size)
    wanted = [expression_of(*one) for one in asked]
    edited = synthesize(loaded.editor, crop_face(pixels, alignment), face.reading, wanted)
    return lay_over(pixels, edited, alignment)


def expression_of(name: str, level: float) -> Expression:
    """Say what a unit or an emotion at some intensity asks for."""
    return Expression(emotion=name, intensity=level) if name in EMOTIONS else Expression(aus={name: level})
