"""What OpenFace measured, joined to the pictures that it measured.

Source: Baltrušaitis et al. 2018; the files that its recorder writes, versions 1 and 2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal

from mienkit.core.config import require
from mienkit.core.errors import DataError
from mienkit.data.landmark_text import read_landmarks
from mienkit.data.listing import PICTURES, hash_name, suffix_of, visible_names, walk_files
from mienkit.data.openface_table import Measured, heading_problem, is_openface, read_measured
from mienkit.data.reader import READERS, Reader, Sample, broken_labels
from mienkit.data.row import Floats

ALIGNED_FRAME = re.compile(r"frame_det_(?:\d+_)?(\d+)\.\w+", re.IGNORECASE)
TABLES = frozenset((".csv",))
LANDMARKS = frozenset((".pts", ".txt"))
FACE_NUMBER = re.compile(r"_det_\d+$")
Names = dict[str, str]
"""Stem in small letters -> name on disk."""


@READERS.register
class Openface(Reader):
    """Pictures beside ``NAME.csv``, frames in ``NAME/`` or ``NAME_aligned/``; without a CSV, pictures with ``.pts``."""

    title = "pictures measured by OpenFace (NAME.csv beside NAME.jpg, NAME/ or NAME_aligned/)"

    @dataclass(frozen=True, kw_only=True)
    class Config:
        confidence: float = 0.5
        """Faces of which OpenFace is less sure are left out."""
        subjects: Literal["file", "folder"] = "file"
        """``file``: each picture and clip is a person of its own; ``folder``: the folder it lies in is the person."""
        licence: str = "unknown"

        def __post_init__(self) -> None:
            require(0 <= self.confidence <= 1, f"setting 'confidence' is in [0, 1], not {self.confidence:g}")

    def samples(self) -> Iterator[Sample]:
        self.left_out.clear()
        self.names_in = lru_cache(maxsize=64)(self.list_pictures)
        tables = self.check_tables()
        found = False
        for sample in self.table_samples() if tables else self.landmark_samples():
            found = True
            yield sample
        if not found:
            raise DataError(
                f"{self.folder} holds no pictures with OpenFace's CSV files or landmarks (.pts) beside them"
            )

    def check_tables(self) -> int:
        """Look at the headings of all CSV files and count OpenFace's.

        Raises:
            DataError: some of them hold no action units; up to 20 are named.
        """
        count = 0
        problems: list[str] = []
        for path in walk_files(self.folder, TABLES, self.left_out):
            count += is_openface(self.folder / path)
            problem = heading_problem(self.folder / path)
            problems += [f"{path}: {problem}"] if problem else []
        if problems:
            raise broken_labels(problems)
        return count

    def table_samples(self) -> Iterator[Sample]:
        """Yield the faces of all CSV files."""
        taken: set[int] = set()
        for path in walk_files(self.folder, TABLES, self.left_out):
            if not is_openface(self.folder / path):
                self.left_out.add("CSV is not OpenFace's", path)
            elif faces := self.usable(path):
                join = self.picture_samples if faces[0].frame is None else self.clip_samples
                for sample in join(path, faces):
                    if (known := hash_name(sample.source_id)) in taken:
                        self.left_out.add("second CSV of a picture", path)
                    else:
                        taken.add(known)
                        yield sample

    def usable(self, path: str) -> list[Measured]:
        """Read the faces of a CSV file, one a picture: the largest; the others are noted."""
        pictures: dict[int, list[Measured]] = {}
        for line, face in read_measured(self.folder / path):
            if face is None:
                self.left_out.add("row is cut off or holds no numbers", f"{path} line {line}")
            elif not face.success or face.confidence < self.config.confidence:
                self.left_out.add("OpenFace failed or was not sure", f"{path} line {line}")
            else:
                pictures.setdefault(face.frame or 0, []).append(face)
        for _ in range(sum(map(len, pictures.values())) - len(pictures)):
            self.left_out.add("smaller face of a picture", path)
        return [max(faces, key=lambda face: face.extent) for _, faces in sorted(pictures.items())]

    def picture_samples(self, path: str, faces: list[Measured]) -> Iterator[Sample]:
        """Join the CSV file of one picture to it."""
        stem = PurePosixPath(path).stem
        for place in self.places(path):
            if name := self.names_in(place).get(stem.lower()):
                picture = f"{place}/{name}".lstrip("/")
                yield self.sample(picture, stem_path(picture), faces[0])
                return
        self.left_out.add("no picture of the CSV's name in its folder, above or beside it", path)

    def clip_samples(self, path: str, faces: list[Measured]) -> Iterator[Sample]:
        """Join the CSV file of a clip to its frames: the frames themselves before those that OpenFace aligned."""
        stem = PurePosixPath(path).stem
        last = max(face.frame or 0 for face in faces)
        beside = (self.original_frames(f"{place}/{stem}".lstrip("/"), last) for place in self.places(path))
        originals = next((frames for frames in beside if frames), {})
        frames = originals or self.aligned_frames(str(PurePosixPath(path).parent / f"{stem}_aligned"))
        if not frames:
            self.left_out.add("no folder of the clip's name with a picture for each frame, nor NAME_aligned", path)
            return
        for face in faces:
            if (picture := frames.get(face.frame or 0)) is None:
                self.left_out.add("frame has no picture", f"{path} frame {face.frame}")
            else:
                yield self.sample(picture, stem_path(path), face if originals else face.without_place())

    def original_frames(self, place: str, last: int) -> dict[int, str]:
        """Number the pictures of a folder from 1, as OpenFace does with ``-fdir``; none where there are too few."""
        names = sorted(self.names_in(place).values())
        return {number: f"{place}/{name}" for number, name in enumerate(names, 1)} if len(names) >= last else {}

    def aligned_frames(self, place: str) -> dict[int, str]:
        """Read the numbers of the pictures that OpenFace aligned, ``frame_det_00_000001.bmp``; face 00 counts."""
        names = sorted(self.names_in(place).values(), reverse=True)
        return {int(match[1]): f"{place}/{name}" for name in names if (match := ALIGNED_FRAME.fullmatch(name))}

    def landmark_samples(self) -> Iterator[Sample]:
        """Yield pictures whose landmarks lie beside them in text files, as OpenFace 1 wrote them.

        Raises:
            DataError: some of these are broken; up to 20 are named.
        """
        joined: dict[str, Floats] = {}
        problems: list[str] = []
        for path in walk_files(self.folder, LANDMARKS, self.left_out):
            place, stem = PurePosixPath(path).parent, FACE_NUMBER.sub("", PurePosixPath(path).stem)
            name = self.names_in(str(place) if place.name else "").get(stem.lower())
            if name is None:
                self.left_out.add("landmarks without a picture of their name beside them", path)
                continue
            try:
                joined.setdefault(str(place / name), read_landmarks(self.folder / path))
            except (OSError, ValueError) as error:
                problems.append(f"{path}: {error}")
        if problems:
            raise broken_labels(problems)
        for picture, landmarks in joined.items():
            yield self.sample(picture, stem_path(picture), Measured(landmarks=landmarks))

    def sample(self, picture: str, owner: str, face: Measured) -> Sample:
        """Make the sample of a picture; ``owner`` is the picture or the clip, without a suffix."""
        source = self.folder.resolve().name
        folder = str(PurePosixPath(owner).parent)
        person = folder if self.config.subjects == "folder" and folder != "." else owner
        return Sample(
            picture=self.folder / picture,
            source=source,
            source_id=picture,
            licence=self.config.licence,
            kind="photograph",
            subject=f"{source}-{person}",
            sequence=None if face.frame is None else f"{source}-{owner}",
            frame=face.frame,
            aus=face.aus,
            au_measurer=face.measurer,
            landmarks=face.landmarks,
            pose=face.pose,
        )

    def places(self, path: str) -> Iterator[str]:
        """Yield the folders where the pictures of a CSV file may be: its own, the one above, those beside it."""
        place = PurePosixPath(path).parent
        yield str(place) if place.name else ""
        if place.name:
            above = place.parent
            yield str(above) if above.name else ""
            names, folders = visible_names(self.folder, str(above), self.left_out)
            yield from (str(above / name) for name in names if name in folders and name != place.name)

    def list_pictures(self, place: str) -> Names:
        """List the pictures of one folder; none where there is no such folder."""
        if not (self.folder / place).is_dir():
            return {}
        names, _ = visible_names(self.folder, place, self.left_out)
        return {PurePosixPath(name).stem.lower(): name for name in names if suffix_of(name) in PICTURES}


def stem_path(path: str) -> str:
    """Return a path without its suffix."""
    return str(PurePosixPath(path).with_suffix(""))
