"""Faces of people whom nobody who judges has met."""

from collections.abc import Callable, Sequence

import numpy as np

from mienkit.core.errors import TableError
from mienkit.data.faces import FaceArrays
from mienkit.data.table import FaceTable


def subjects_of(tables: Sequence[FaceTable], split: str) -> dict[str, str]:
    """Map ``source/source_id`` to the name of the person, of the rows of a split."""
    columns = ["source", "source_id", "subject"]
    rows = (row for table in tables for row in table.read(columns, split).to_pylist())
    return {f"{row['source']}/{row['source_id']}": row["subject"] for row in rows}


def only_strangers(
    faces: FaceArrays, tables: Sequence[FaceTable], split: str, knows: Callable[[str], bool]
) -> FaceArrays:
    """Leave out the people from whom a judge learned, whatever split they are in.

    Args:
        faces: of these tables and this split.
        tables: name the people.
        split: of the faces.
        knows: tells by the column ``subject`` whether the judge learned from somebody.

    Raises:
        TableError: it learned from everybody.
    """
    names = subjects_of(tables, split)
    strange = np.asarray([not knows(names[str(name)]) for name in faces.name], bool)
    if not strange.any():
        raise TableError(
            f"the judge learned from everybody in the split '{split}' of these tables; give tables of other people, or "
            "another judge"
        )
    return faces if strange.all() else faces.take(strange)
