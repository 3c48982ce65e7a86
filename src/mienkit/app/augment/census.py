"""Who shows what in the training rows of a table, as far as labels say; a judge reads the others."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from mienkit.app.augment.notebook import Notebook
from mienkit.app.augment.request import FaceClass
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, NUM_AUS
from mienkit.core.emotion import EMOTIONS, name_emotions
from mienkit.core.errors import TableError
from mienkit.core.image import Picture
from mienkit.data.decode import decode_into
from mienkit.data.emotion import known_emotions
from mienkit.data.faces import Indices, Mask
from mienkit.data.loader import fill_labels, make_faces
from mienkit.data.row import AU_COLUMNS, BEFORE_COLUMNS, CHANGED, POSE_COLUMNS, Floats
from mienkit.data.table import FaceTable
from mienkit.evaluation.looker import Looker, look_at_all
from mienkit.evaluation.photo_edit import Look

SPLIT = "train"
"""The only split that gets new rows: what validates and tests must be what was measured."""
READ_AT_ONCE = 64
LABELS = ("source", "source_id", "subject", "sequence", "kind", "split", "emotion", "pair", "width", "height",
          "licence", "frame", "landmarks", *AU_COLUMNS, *POSE_COLUMNS)  # fmt: skip
NO_DERIVATIVES = re.compile(r"(?i)\bND\b|no[- ]?deriv")
"""Licences under which a picture may not be changed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Census:
    """The training rows of a table; every field has one entry a row."""

    table: FaceTable
    row: Indices
    """(N,): its number in the table."""
    name: tuple[tuple[str, str], ...]
    """Source and ``source_id``."""
    subject: tuple[str, ...]
    changeable: Mask
    """(N,): is no changed picture itself, and its licence allows changing it."""
    forbidden: Mask
    """(N,): its licence does not."""
    emotion: Indices
    """(N,): index into EMOTIONS, -1 where it has no name, or nobody knows."""
    units: Floats
    """(N, 17), NaN where nobody knows."""

    def __len__(self) -> int:
        return len(self.row)

    def shows(self, wanted: FaceClass, shown: float) -> Mask:
        """Tell which rows show a class, (N,)."""
        if wanted.is_emotion:
            return np.asarray(self.emotion == EMOTIONS.index(wanted.name))
        return np.asarray(np.nan_to_num(self.units[:, AU_INDEX[wanted.name]]) >= shown)

    def unknown(self, classes: Sequence[FaceClass]) -> Indices:
        """List the rows of which labels do not tell whether they show some of these classes."""
        gaps = np.isnan(self.units)
        columns = [AU_INDEX[one.name] for one in classes if not one.is_emotion]
        nameless = (self.emotion < 0) & gaps.any(1) & any(one.is_emotion for one in classes)
        return np.flatnonzero(nameless | gaps[:, columns].any(1))


def take_census(table: FaceTable) -> Census:
    """Read who shows what, by the labels of the training rows.

    Raises:
        TableError: there is no training row, or a label is none that a column may have.
    """
    columns = [*LABELS, *(name for name in BEFORE_COLUMNS if name in table.columns)]
    labels = table.read(columns, SPLIT)
    if not labels.num_rows:
        raise TableError(f"{table.folder} has no row of the split '{SPLIT}', and others are never added to")
    faces = make_faces(fill_labels(labels), np.empty((labels.num_rows, 1, 1, 3), np.uint8))
    splits = np.asarray(table.read(["split"])["split"].to_pylist())
    names = zip(labels["source"].to_pylist(), labels["source_id"].to_pylist(), strict=True)
    forbidden = np.asarray([NO_DERIVATIVES.search(one) is not None for one in labels["licence"].to_pylist()])
    return Census(
        table=table,
        row=np.flatnonzero(splits == SPLIT),
        name=tuple(names),
        subject=tuple(labels["subject"].to_pylist()),
        changeable=~faces.of_kind(*CHANGED) & ~forbidden,
        forbidden=forbidden,
        emotion=known_emotions(faces),
        units=faces.expressions(),
    )


def read_unknown(census: Census, classes: Sequence[FaceClass], judge: Looker, notebook: Notebook) -> Census:
    """Let the judge read the rows of which labels do not tell whether they show a class; the table stays as it is."""
    unknown = census.unknown(classes)
    emotion, units = census.emotion.copy(), census.units.copy()
    for number, start in enumerate(range(0, len(unknown), READ_AT_ONCE)):
        places = unknown[start : start + READ_AT_ONCE]
        read = notebook.recall(f"read-{number:05d}", partial(read_rows, census, places, judge))
        seen = np.asarray([[np.nan if one is None else one for one in row] for row in read], np.float32)
        units[places] = np.where(np.isnan(units[places]), seen, units[places])
        whole = ~np.isnan(seen).any(1)
        named = name_emotions(torch.from_numpy(np.nan_to_num(seen))).numpy()
        emotion[places] = np.where((emotion[places] < 0) & whole, named, emotion[places])
    return replace(census, emotion=emotion, units=units)


def read_rows(census: Census, places: Indices, judge: Looker) -> list[list[float | None]]:
    """Read some rows: all units, None where the judge cannot see one or finds no face."""
    pictures = [picture for _, picture in pictures_of(census, places)]
    looks = look_at_all(judge, pictures, recognise=False)
    read = [np.full(NUM_AUS, np.nan) if look is None else units_of(look) for look in looks]
    return [[None if np.isnan(one) else float(one) for one in row] for row in read]


def pictures_of(
    census: Census, places: Sequence[int] | Indices, columns: Sequence[str] = ()
) -> Iterator[tuple[dict[str, object], Picture]]:
    """Read some rows: the columns that are named, with the picture itself, and the picture decoded, (S, S, 3).

    Raises:
        TableError: a picture cannot be read.
    """
    wanted = list(dict.fromkeys(["image", "source_id", *columns]))
    numbers = census.row[np.asarray(places, np.int64)]
    groups = census.table.groups(np.unique(numbers), wanted)
    found = dict(zip(np.unique(numbers).tolist(), (row for group in groups for row in group.to_pylist()), strict=True))
    rows = [found[number] for number in numbers.tolist()]
    size = census.table.size
    pictures = np.empty((len(rows), size, size, 3), np.uint8)
    decode_into([row["image"] for row in rows], pictures, [row["source_id"] for row in rows])
    yield from zip(rows, pictures, strict=True)


def units_of(look: Look) -> npt.NDArray[np.float32]:
    """Return what a judge read as labels, (17,) in [0, 1]; NaN for units that it cannot read."""
    read = np.asarray([look.channels.get(unit, np.nan) for unit in ACTION_UNITS], np.float32)
    return np.clip(read, 0, 1)
