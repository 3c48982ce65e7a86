"""Photographs moved by exact AU amounts (``reexpressed-*.parquet``), joined to the photographs that they come from."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import DataError
from mienkit.data.mesh import MESH_SIZE, mesh_landmarks
from mienkit.data.parquet import count_rows, find_parquet, list_matrix, metadata_names, read_rows
from mienkit.data.reader import READERS, Reader, Sample
from mienkit.data.readers.mediapipe_table import PHOTOS
from mienkit.data.row import BEFORE_COLUMNS, Floats

EDITS = "reexpressed-*.parquet"
MEASURER = "ICT-FaceKit fit and exact change, version 1"
COLUMNS = (
    "image", "width", "source", "source_id", "licence", "subject", "split", "aus_before", "aus_after", "landmarks478",
)  # fmt: skip
POSE = ("yaw", "pitch", "roll")

Key = tuple[str, str]


@READERS.register
class ReexpressedTable(Reader):
    """Edits of photographs. ``before`` is the photo's fit, ``aus`` the edit's: only their difference is exact."""

    title = "photographs moved by exact AU amounts (reexpressed-*.parquet beside photos-*.parquet)"
    size = 128
    optional = BEFORE_COLUMNS

    def samples(self) -> Iterator[Sample]:
        paths = find_parquet(self.folder, EDITS, COLUMNS)
        names = metadata_names(paths[0], "au_names") or ACTION_UNITS
        if names != ACTION_UNITS:
            raise DataError(f"{paths[0].name} lists other action units than {', '.join(ACTION_UNITS)}")
        poses = self.photo_poses()
        seen: Counter[Key] = Counter()
        for batch in read_rows(paths, COLUMNS):
            yield from edit_samples(batch, poses, seen)

    def __len__(self) -> int:
        return count_rows(find_parquet(self.folder, EDITS, COLUMNS))

    def photo_poses(self) -> dict[Key, Floats]:
        """Read the head poses of the photographs, (3,): an edit leaves the head where it is.

        Raises:
            DataError: the photographs are not there.
        """
        poses: dict[Key, Floats] = {}
        for batch in read_rows(find_parquet(self.folder, PHOTOS, POSE), ("source", "source_id", *POSE)):
            values = np.stack([np.asarray(batch[name], np.float32) for name in POSE], axis=1)
            keys = zip(batch["source"].to_pylist(), batch["source_id"].to_pylist(), strict=True)
            poses.update(zip(keys, values, strict=True))
        return poses


def edit_samples(batch: Any, poses: dict[Key, Floats], seen: Counter[Key]) -> Iterator[Sample]:
    """Turn one record batch into samples; the n-th edit of a photo is called ``<photo>+n``.

    Raises:
        DataError: an edit's photo is missing.
    """
    before, after = list_matrix(batch["aus_before"]), list_matrix(batch["aus_after"])
    landmarks = mesh_landmarks(list_matrix(batch["landmarks478"]).reshape(-1, MESH_SIZE, 2))
    plain = batch.select(["image", "width", "source", "source_id", "licence", "subject", "split"]).to_pylist()
    for index, row in enumerate(plain):
        photo = row.pop("source_id")
        key = (row["source"], photo)
        if key not in poses:
            raise DataError(f"the photograph {photo} of {row['source']} is missing; keep {PHOTOS} beside {EDITS}")
        seen[key] += 1
        yield Sample(
            picture=row.pop("image"),
            size=row.pop("width"),
            source_id=f"{photo}+{seen[key]}",
            pair=photo,
            kind="re-expressed",
            aus=after[index],
            before=before[index],
            au_measurer=MEASURER,
            landmarks=landmarks[index],
            pose=poses[key],
            **row,
        )
