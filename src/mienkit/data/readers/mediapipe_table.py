"""Aligned photographs that MediaPipe's Face Landmarker measured (``photos-*.parquet``)."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mienkit.data.blendshape import BLENDSHAPES, MEASURER, blendshape_aus
from mienkit.data.parquet import count_rows, find_parquet, list_matrix, metadata_names, read_rows
from mienkit.data.reader import READERS, Reader, Sample

PHOTOS = "photos-*.parquet"
COLUMNS = (
    "image", "width", "source", "source_id", "licence", "subject", "split", "landmarks68", "blendshapes",
    "yaw", "pitch", "roll",
)  # fmt: skip


@READERS.register
class MediapipeTable(Reader):
    """Aligned photographs with landmarks, blendshapes and pose; AU5, 6, 9 and 10 stay unknown."""

    title = "aligned photographs measured by MediaPipe (photos-*.parquet)"
    size = 256

    def samples(self) -> Iterator[Sample]:
        paths = find_parquet(self.folder, PHOTOS, COLUMNS)
        names = metadata_names(paths[0], "blendshape_names") or BLENDSHAPES
        for batch in read_rows(paths, COLUMNS):
            yield from photo_samples(batch, names)

    def __len__(self) -> int:
        return count_rows(find_parquet(self.folder, PHOTOS, COLUMNS))


def photo_samples(batch: Any, names: tuple[str, ...]) -> Iterator[Sample]:
    """Turn one record batch into samples."""
    aus = blendshape_aus(list_matrix(batch["blendshapes"]), names)
    landmarks = list_matrix(batch["landmarks68"]).reshape(-1, 68, 2)
    pose = np.stack([np.asarray(batch[name], np.float32) for name in ("yaw", "pitch", "roll")], axis=1)
    plain = batch.select(["image", "width", "source", "source_id", "licence", "subject", "split"]).to_pylist()
    for index, row in enumerate(plain):
        yield Sample(
            picture=row.pop("image"),
            size=row.pop("width"),
            kind="photograph",
            aus=aus[index],
            au_measurer=MEASURER,
            landmarks=landmarks[index],
            pose=pose[index],
            **row,
        )
