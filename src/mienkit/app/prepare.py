"""A data set into a face table: every face found, aligned and measured."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np

from mienkit.app.folder import FolderReport, Track, untracked
from mienkit.app.instruments import Instruments
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import MienError
from mienkit.core.image import Picture
from mienkit.data.reader import READERS, Reader, Sample
from mienkit.data.readers import folder as folder
from mienkit.data.row import FaceLabels, FaceRow
from mienkit.data.split import subject_split
from mienkit.data.writer import TableWriter
from mienkit.face.align import TEMPLATE_SIZE, crop_face
from mienkit.face.find import Face, find_faces
from mienkit.face.photo import Photo, read_photo

JPEG_QUALITY = 95
ROWS_PER_SHARD = 500
"""So few, because an interruption costs the rows of the file under way."""


def open_reader(name: str, place: Path) -> Reader:
    """Open a data set.

    Raises:
        UnknownNameError: there is no such reader.
        DataError: the folder does not exist.
    """
    return READERS[name](place)


def prepare(
    reader: Reader,
    out: Path,
    instruments: Instruments,
    *,
    faces: str = "largest",
    seed: int = 0,
    force: bool = False,
    track: Track = untracked,
) -> FolderReport:
    """Write a table of a data set's faces; what cannot be used is noted and the rest goes on.

    An interrupted call goes on where it stopped. Crops that are aligned already are taken as they are.

    Args:
        reader: the data set.
        out: the table's folder.
        instruments: detector and meter.
        faces: ``largest`` or ``all`` faces of a photo.
        seed: of the split, where the data set has none.
        force: replace a table that is there.
        track: shows progress.

    Raises:
        OutputError: the table exists already, or cannot be written.
        TableError: there is not a single face.
    """
    report = FolderReport()
    with TableWriter(
        out, size=reader.size or TEMPLATE_SIZE, optional=reader.optional, rows_per_shard=ROWS_PER_SHARD, force=force
    ) as writer:
        for sample in track(reader.samples(), len(reader)):
            if writer.holds(sample.source, sample.source_id):
                report.skipped.append(sample.source_id)
                continue
            try:
                rows = list(rows_of(sample, instruments, faces, subject_split(sample.subject, seed)))
            except MienError as error:
                report.failed[sample.source_id] = str(error)
            else:
                writer.extend(rows)
                report.done.append(sample.source_id)
    return report


def rows_of(sample: Sample, instruments: Instruments, which: str, split: str) -> Iterator[FaceRow]:
    """Turn a sample into rows: one, or one for each face of a photo.

    Raises:
        ImageError: the photo cannot be used.
        FaceError: there is no face in it.
    """
    if sample.size is not None or isinstance(sample.picture, bytes):
        yield sample.to_row(split)
        return
    photo = read_photo(sample.picture)
    for index, face in enumerate(find_faces(photo, instruments.detector, instruments.meter, which)):
        row = measured_row(sample, photo, face, instruments, sample.split or split)
        # The first face keeps the photo's name, by which an interrupted call knows what is done.
        yield (
            row
            if index == 0
            else replace(row, source_id=f"{row.source_id}#{index}", subject=f"{row.subject}#{index}", sequence=None)
        )


def measured_row(sample: Sample, photo: Photo, face: Face, instruments: Instruments, split: str) -> FaceRow:
    """Cut a face out and write down what was measured; what the data set knows itself comes first."""
    labels = {field.name: getattr(sample, field.name) for field in fields(FaceLabels)}
    if np.isnan(sample.aus).all():
        aus = face.reading.aus[0].numpy().astype(np.float32).copy()
        aus[[name in instruments.meter.blind for name in ACTION_UNITS]] = np.nan
        labels |= {"aus": aus, "au_measurer": instruments.meter.name}
    return FaceRow(
        **{
            **labels,
            "landmarks": face.alignment.to_crop(face.landmarks).astype(np.float32),
            "pose": face.reading.pose[0].numpy().astype(np.float32),
        },
        image=encode_crop(crop_face(photo.pixels, face.alignment)),
        width=face.alignment.size,
        height=face.alignment.size,
        split=split,
    )


def encode_crop(crop: Picture) -> bytes:
    """Encode a crop, (S, S, 3), as JPEG with full colour resolution."""
    options = [
        cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]  # fmt: skip
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), options)
    assert done
    return encoded.tobytes()
