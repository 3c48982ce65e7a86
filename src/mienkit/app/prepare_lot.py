"""One lot of a data set: its photos decoded, their faces found, aligned, measured and cut out."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from mienkit.app.instruments import Instruments
from mienkit.app.measure import check_may_change
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import AssetError, MienError, MissingExtraError
from mienkit.core.image import Picture
from mienkit.data.decode import decode_picture
from mienkit.data.lots import LotReport, picture_mark
from mienkit.data.near import hash_picture
from mienkit.data.reader import Sample, Video
from mienkit.data.row import FaceLabels, FaceRow
from mienkit.data.split import subject_split
from mienkit.face.align import crop_face
from mienkit.face.detector import Box
from mienkit.face.film import read_frames
from mienkit.face.find import Face, choose_faces, read_faces
from mienkit.face.photo import Photo, read_photo

Thing = TypeVar("Thing")

JPEG_QUALITY = 95
TOGETHER = 16
"""Photos whose faces the meter reads at once."""
Encode = Callable[[Picture], bytes]
STAGES = ("decode", "find", "measure", "encode", "write")


def encode_crop(crop: Picture) -> bytes:
    """Encode a crop, (S, S, 3), as JPEG with full colour resolution."""
    options = [
        cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]  # fmt: skip
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), options)
    assert done
    return encoded.tobytes()


def hash_bits(crop: Picture) -> tuple[int, int]:
    """Hash a picture, (H, W, 3), as ``hash_picture`` does, to plain numbers."""
    frequencies, gradients = hash_picture(crop).tolist()
    return frequencies, gradients


@dataclass(kw_only=True)
class LotWork:
    """What one lot has come to so far."""

    rows: list[FaceRow] = field(default_factory=list)
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)
    second_looks: int = 0
    hashes: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    """Encoded crop -> its hashes, for finding pictures that are almost the same."""
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time of the body to that of a stage."""
        start = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - start

    def each(self, stage: str, things: Iterator[Thing]) -> Iterator[Thing]:
        """Hand on things, and add the time that making them takes to that of a stage."""
        while True:
            with self.timed(stage):
                thing = next(things, None)
            if thing is None:
                return
            yield thing

    def fail(self, sample: Sample, error: MienError) -> None:
        """Note why a sample is left out.

        Raises:
            AssetError: a file is missing that every photo needs.
            MissingExtraError: a package is.
        """
        if isinstance(error, (AssetError, MissingExtraError)):
            raise error
        self.failed[sample.source_id] = (type(error).__name__, str(error))

    def encode(self, crop: Picture) -> bytes:
        """Encode a crop, (S, S, 3), and keep its hashes while its pixels are at hand."""
        encoded = encode_crop(crop)
        self.hashes[encoded] = hash_bits(crop)
        return encoded

    def hashes_of(self, row: FaceRow) -> tuple[int, int]:
        """Return the hashes of a row's picture, zeros where it cannot be read.

        One that was aligned already is decoded for them, here: all workers do at once what would keep the end waiting.
        """
        if row.image not in self.hashes:
            picture = decode_picture(row.image)
            return (0, 0) if picture is None else hash_bits(picture)
        return self.hashes[row.image]

    def report(self, number: int, samples: int) -> LotReport:
        """Sum up."""
        return LotReport(
            number=number,
            samples=samples,
            rows=len(self.rows),
            failed=self.failed,
            second_looks=self.second_looks,
            seconds=self.seconds,
            marks=[picture_mark(row) for row in self.rows],
            hashes=[self.hashes_of(row) for row in self.rows],
        )


@dataclass(frozen=True, kw_only=True)
class Found:
    """A photo, and the boxes in which a detector saw faces."""

    sample: Sample
    photo: Photo
    boxes: Sequence[Box]


def work_lot(samples: Sequence[Sample], instruments: Instruments, which: str, seed: int) -> LotWork:
    """Turn the samples of a lot into rows; what cannot be used is noted and the rest goes on.

    Args:
        samples: of one lot, in order.
        instruments: detector and meter.
        which: ``largest`` or ``all`` faces of a photo.
        seed: of the split, where the data set has none.
    """
    work = LotWork()
    group: list[Found] = []
    for one in look_at_all(samples, instruments, which, seed, work):
        if isinstance(one, Found):
            group.append(one)
        else:
            work.rows.append(one)
        if len(group) == TOGETHER:
            work.rows += rows_together(group, instruments, which, seed, work)
            group = []
    work.rows += rows_together(group, instruments, which, seed, work)
    return work


def look_at_all(
    samples: Sequence[Sample], instruments: Instruments, which: str, seed: int, work: LotWork
) -> Iterator[Found | FaceRow]:
    """Decode photos and videos and look for faces; a crop that is aligned already is a row at once.

    What ``rights.yaml`` beside it protects is left out, because tables are what faces are changed from.
    """
    for sample in samples:
        try:
            place = sample.picture.path if isinstance(sample.picture, Video) else sample.picture
            if isinstance(place, Path):
                check_may_change(place)
            if sample.size is not None or isinstance(sample.picture, bytes):
                yield sample.to_row(subject_split(sample.subject, seed))
            elif isinstance(sample.picture, Video):
                for frame, photo in enumerate(work.each("decode", read_frames(sample.picture.path))):
                    name = f"{sample.source_id}#{frame:05d}"
                    yield look(replace(sample, source_id=name, frame=frame), photo, instruments, which, work)
            else:
                with work.timed("decode"):
                    photo = read_photo(sample.picture)
                yield look(sample, photo, instruments, which, work)
        except MienError as error:
            work.fail(sample, error)


def look(sample: Sample, photo: Photo, instruments: Instruments, which: str, work: LotWork) -> Found:
    """Look for faces in a photo: at a small copy, and at larger ones only where that shows none.

    Where all faces are wanted the small copy is left out, because it does not show the small ones.
    """
    with work.timed("find"):
        picture = photo.visible
        boxes = instruments.detector.glance(picture) if which == "largest" else []
        if not boxes:
            work.second_looks += which == "largest"
            boxes = instruments.detector.detect(picture)
    return Found(sample=sample, photo=photo, boxes=boxes)


def rows_together(
    group: Sequence[Found], instruments: Instruments, which: str, seed: int, work: LotWork
) -> list[FaceRow]:
    """Turn some photos into rows; the meter reads their faces at once."""
    read = measure(group, instruments, work)
    return [
        row
        for one, faces in zip(group, read, strict=True)
        for row in rows_of(one, faces, instruments, which, seed, work)
    ]


def measure(photos: Sequence[Found], instruments: Instruments, work: LotWork) -> list[list[Face | None]]:
    """Read the faces of some photos together."""
    with work.timed("measure"):
        pictures = [one.photo.visible for one in photos for _ in one.boxes]
        boxes = [box for one in photos for box in one.boxes]
        faces = iter(read_faces(pictures, boxes, instruments.detector.name, instruments.meter))
        return [[next(faces) for _ in one.boxes] for one in photos]


def rows_of(
    one: Found, read: Sequence[Face | None], instruments: Instruments, which: str, seed: int, work: LotWork
) -> list[FaceRow]:
    """Turn a photo into rows: one, or one for each face."""
    try:
        faces = choose_faces(one.photo, read, instruments.detector.name, which)
    except MienError as error:
        work.fail(one.sample, error)
        return []
    with work.timed("encode"):
        rows = [measured_row(one.sample, one.photo, face, instruments, seed, work.encode) for face in faces]
    # The first face keeps the photo's name; the others are people of their own.
    return rows[:1] + [
        replace(row, source_id=f"{row.source_id}#{index}", subject=f"{row.subject}#{index}", sequence=None)
        for index, row in enumerate(rows[1:], 1)
    ]


def measured_row(
    sample: Sample, photo: Photo, face: Face, instruments: Instruments, seed: int, encode: Encode = encode_crop
) -> FaceRow:
    """Cut a face out and write down what was measured; what the data set knows itself comes first."""
    labels = {field.name: getattr(sample, field.name) for field in fields(FaceLabels)}
    if np.isnan(sample.aus).all():
        aus = face.reading.aus[0].numpy().astype(np.float32).copy()
        aus[[name in instruments.meter.blind for name in ACTION_UNITS]] = np.nan
        labels |= {"aus": aus, "au_measurer": instruments.meter.name}
    points = face.landmarks if sample.landmarks is None else sample.landmarks
    labels["landmarks"] = face.alignment.to_crop(points).astype(np.float32)
    crop = face.crop if face.crop is not None and photo.alpha is None else crop_face(photo.pixels, face.alignment)
    labels["pose"] = face.reading.pose[0].numpy().astype(np.float32)  # a camera's angle is not yet how a head turns
    return FaceRow(
        **labels,
        image=encode(crop),
        width=face.alignment.size,
        height=face.alignment.size,
        split=sample.split or subject_split(sample.subject, seed),
    )
