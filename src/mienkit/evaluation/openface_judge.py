"""OpenFace as a judge: what its CSV files say of pictures that were written into a folder before.

OpenFace is a program of its own, so it works between two runs: pictures are written to a folder, OpenFace measures that
folder, and this judge knows every picture again by its pixels (or by its file's name). Three kinds of CSV are read:

- one file with a column ``file`` (``filename``, ``name``, ``image``, ``input``) beside ``AU01_r`` and the like; names
  may have folders before them, of Windows too, and stand in quotation marks;
- one file of ``FeatureExtraction -fdir FOLDER``, whose frames count the folder's pictures in the order of their names;
- a folder with one ``NAME.csv`` for each ``NAME.png``, as ``FaceLandmarkImg`` writes.

Source: Baltrušaitis et al. 2018. Intensities are 0 to 5 and are divided by 5.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from csv import reader
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import DataError
from mienkit.core.image import Picture
from mienkit.data.listing import PICTURES
from mienkit.data.openface_table import UNITS, Measured, measured_face, read_heading
from mienkit.evaluation.photo_edit import Look
from mienkit.face.photo import read_photo

NAMES = ("file", "filename", "name", "image", "input")
"""Columns that may name a row's picture."""
LEAST_SURE = 0.5
"""Confidence below which OpenFace's row counts as no face."""


class OpenFaceJudge:
    """Reads what OpenFace measured; identity is nobody's here."""

    teacher = False

    def __init__(self, csv: Path) -> None:
        """Take a CSV file beside the pictures that it is of, or a folder with one for each picture.

        Raises:
            DataError: there is none, it is not OpenFace's, or its pictures are not there.
        """
        self.csv, self.folder = csv, csv if csv.is_dir() else csv.parent
        self.measured = dict(read_rows(csv))
        if not self.measured:
            raise DataError(f"{csv} holds no face of OpenFace's; run it with -aus on the folder of pictures")
        first = next(iter(self.measured.values()))
        units = zip(ACTION_UNITS, np.stack([face.aus for face in self.measured.values()]).T, strict=True)
        self.units = tuple(unit for unit, values in units if not np.isnan(values).all())
        self.name = f"{first.measurer or 'OpenFace'} ({csv.name})"

    def look(self, picture: Picture, *, recognise: bool = True) -> Look | None:
        """See ``Looker.look``; the picture must be one of the folder's, pixel for pixel.

        Raises:
            DataError: OpenFace has not measured this picture.
        """
        name = self.pictures.get(fingerprint(picture))
        if name is None:
            raise DataError(
                f"{self.csv} is not of this picture; write the pictures into {self.folder}, as PNG, let OpenFace "
                "measure that folder, and run this again"
            )
        return self.look_at_file(name, side=len(picture))

    def look_at_file(self, name: str, side: int) -> Look | None:
        """Say what OpenFace saw in a file of the folder, by its name with or without the suffix; None for no face."""
        face = self.measured.get(stem_of(name))
        if face is None or not face.success or not face.confidence >= LEAST_SURE:  # unknown is not sure
            return None
        known = dict(zip(ACTION_UNITS, map(float, face.aus), strict=True))
        points = np.full((68, 2), np.nan) if face.landmarks is None else np.asarray(face.landmarks, np.float64) / side
        return Look(
            landmarks=points,
            channels={unit: known[unit] for unit in self.units},
            embedding=np.full(256, np.nan, np.float32),
        )

    @cached_property
    def pictures(self) -> Mapping[str, str]:
        """Fingerprint of pixels -> stem, of the folder's pictures that have a row.

        Raises:
            DataError: two pictures have one name but for their ending, so that nobody knows of which a row is.
        """
        paths = [path for path in list_pictures(self.folder) if path.stem in self.measured]
        twice = next((one for one, other in pairwise(paths) if one.stem == other.stem), None)
        if twice is not None:
            raise DataError(f"{self.folder} has more than one picture called {twice.stem}; keep one ending")
        return {fingerprint(read_photo(path).pixels): path.stem for path in paths}


def fingerprint(picture: Picture) -> str:
    """Tell pictures apart by their pixels."""
    return hashlib.sha256(repr(picture.shape).encode() + np.ascontiguousarray(picture).tobytes()).hexdigest()


def list_pictures(folder: Path) -> list[Path]:
    """List the pictures of a folder by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)


def read_rows(csv: Path) -> Iterator[tuple[str, Measured]]:
    """Yield the stem of a picture's name and what OpenFace measured there; the largest face of each comes last.

    Raises:
        DataError: the file is missing, not OpenFace's, or its frames are not those of the folder.
    """
    if csv.is_dir():
        for path in sorted(csv.glob("*.csv")):
            heading = read_heading(path)
            if any(unit in heading for unit in UNITS):  # else it is somebody else's, such as a codebook
                yield from ((path.stem, face) for _, face in read_faces(path, heading))
        return
    if not csv.is_file():
        raise DataError(f"there is no file {csv}; name OpenFace's CSV, e.g. openface=outputs.csv")
    heading = read_heading(csv)
    if not any(unit in heading for unit in UNITS):
        raise DataError(f"{csv} has no column AU01_r or the like; run OpenFace with -aus")
    named = next((name for name in NAMES if name in heading), None)
    if named is not None:
        yield from named_rows(csv, heading, named)
        return
    names = [path.stem for path in list_pictures(csv.parent)]
    faces = [face for _, face in read_faces(csv, heading)]
    frames = [face.frame or 0 for face in faces]
    if min(frames, default=0) < 1 or max(frames) > len(names):
        raise DataError(
            f"{csv} does not say which picture a row is of: it needs a column 'file', or frames 1 to {len(names)}, one "
            f"for each picture in {csv.parent}"
        )
    yield from ((names[frame - 1], face) for frame, face in zip(frames, faces, strict=True))


def named_rows(path: Path, heading: Sequence[str], named: str) -> Iterator[tuple[str, Measured]]:
    """Yield the rows of a CSV file that says of which picture each is.

    Raises:
        DataError: a row is broken, or two pictures of different folders have one name.
    """
    place, whole = heading.index(named), dict[str, str]()
    for cells, face in read_faces(path, heading):
        name = cells[place]
        stem = stem_of(name)
        if whole.setdefault(stem, name) != name:
            raise DataError(f"{path} has two pictures called {stem}, {whole[stem]} and {name}; give each its own name")
        yield stem, face


def read_faces(path: Path, heading: Sequence[str]) -> list[tuple[list[str], Measured]]:
    """Read the cells of each row of a CSV file and what they say; the largest face comes last.

    A file without a column ``confidence`` is believed.

    Raises:
        DataError: a row is broken.
    """
    columns = {name: index for index, name in enumerate(heading)}
    known = {"confidence": len(heading)} | columns
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").split("\n")[1:], 2):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in next(reader([line.strip()], skipinitialspace=True))]
        try:
            if len(cells) < len(heading):
                raise ValueError("cut off")
            rows.append((cells, measured_face(known, [*cells[: len(heading)], "1"])))
        except (ValueError, IndexError):
            raise DataError(f"{path} line {number} is no row of OpenFace's; write the file again") from None
    return sorted(rows, key=lambda row: row[1].extent)


def stem_of(name: str) -> str:
    """Return a picture's name without folders, of Windows too, and without the ending of a picture."""
    path = Path(name.replace("\\", "/"))
    return path.stem if path.suffix.lower() in PICTURES else path.name
