"""The extended Cohn-Kanade data set: 593 clips of 123 people from neutral to apex, FACS-coded at the apex.

Source: Lucey et al. 2010.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from mienkit.core.action_unit import AU_INDEX, NUM_AUS
from mienkit.core.config import require
from mienkit.core.errors import DataError
from mienkit.data.landmark_text import read_landmarks
from mienkit.data.listing import PICTURES, walk_files
from mienkit.data.reader import READERS, Reader, Sample, broken_labels
from mienkit.data.row import Floats, unknown_aus

NAME = re.compile(r"S(\d{3,4})_(\d{3})_(\d{6,8})(?:_(emotion|facs|landmarks))?\.\w+", re.IGNORECASE)
"""A number of four digits, as the data set's own README misspells it (``S0005``), is that of three."""
FIRST_FRAME = 1
LABELS = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
"""What the numbers 0 to 7 of the emotion files mean."""
LICENCE = "CK+: research only under its agreement, no redistribution; few subjects may be shown in print"
CODERS = "CK+ FACS coders, A-E as 0.2 to 1"
PROTOCOL = "CK+ protocol: the first frame is neutral"

Key = tuple[int, int, int]
"""Subject, sequence, frame."""
Value = TypeVar("Value")


@dataclass(frozen=True)
class Labels:
    """All labels of the data set, by picture."""

    emotion: dict[Key, str] = field(default_factory=dict)
    aus: dict[Key, Floats] = field(default_factory=dict)
    landmarks: dict[Key, Floats] = field(default_factory=dict)


@READERS.register
class Ckplus(Reader):
    """Clips, with the labels wherever they lie: label files are known by their names, not by their folders'."""

    title = "extended Cohn-Kanade (cohn-kanade-images, Emotion, FACS, Landmarks)"

    @dataclass(frozen=True, kw_only=True)
    class Config:
        present: float = math.nan
        """Intensity of a unit that is coded as present without one (0 in the FACS files); unknown unless given."""

        def __post_init__(self) -> None:
            known = math.isnan(self.present) or 0 < self.present <= 1
            require(known, f"setting 'present' is an intensity in (0, 1], or nan for unknown, not {self.present:g}")

    def samples(self) -> Iterator[Sample]:
        self.left_out.clear()
        labels = self.labels()
        found: set[Key] = set()
        for path, key in self.files(PICTURES):
            if key in found:
                self.left_out.add("second copy of a picture", path)
                continue
            found.add(key)
            yield self.sample(path, key, labels)
        if not found:
            raise DataError(f"{self.folder} holds no pictures of CK+ (S005/001/S005_001_00000011.png)")
        for key in sorted((labels.emotion.keys() | labels.aus.keys()) - found):
            self.left_out.add("label without its picture", file_stem(key))

    def files(self, suffixes: frozenset[str]) -> Iterator[tuple[str, Key]]:
        """Yield the data set's files with these suffixes, and what they belong to."""
        for path in walk_files(self.folder, suffixes, self.left_out):
            match = NAME.fullmatch(path.rpartition("/")[2])
            if match is None and suffixes == PICTURES:
                self.left_out.add("name is not CK+'s", path)
            elif match is not None:
                yield path, (int(match[1]), int(match[2]), int(match[3]))

    def labels(self) -> Labels:
        """Read all labels; a missing folder or an empty file is no label.

        Raises:
            DataError: files are broken; up to 20 are named.
        """
        labels, problems = Labels(), Problems(self.folder)
        for path, key in self.files(frozenset((".txt",))):
            if path.lower().endswith("_emotion.txt"):
                problems.keep(labels.emotion, key, path, read_emotion)
            elif path.lower().endswith("_facs.txt"):
                problems.keep(labels.aus, key, path, lambda file: read_facs(file, self.config.present))
            elif path.lower().endswith("_landmarks.txt"):
                problems.keep(labels.landmarks, key, path, read_landmarks)
        if problems.found:
            raise broken_labels(problems.found)
        return labels

    def sample(self, path: str, key: Key, labels: Labels) -> Sample:
        """Make the sample of a frame."""
        subject, sequence, frame = key
        neutral = frame == FIRST_FRAME
        coded = labels.aus.get(key)
        resting = np.zeros(NUM_AUS, np.float32) if neutral else unknown_aus()
        measurer = PROTOCOL if neutral else None
        return Sample(
            picture=self.folder / path,
            source="CK+",
            source_id=path,
            licence=LICENCE,
            kind="photograph",
            subject=f"ckplus-S{subject:03d}",
            sequence=f"ckplus-S{subject:03d}-{sequence:03d}",
            frame=frame,
            emotion=labels.emotion.get(key, "neutral" if neutral else None),
            aus=resting if coded is None else coded,
            au_measurer=measurer if coded is None else CODERS,
            landmarks=labels.landmarks.get(key),
        )


class Problems:
    """Label files that could not be read, while the others are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: list[str] = []

    def keep(self, labels: dict[Key, Value], key: Key, path: str, read: Callable[[Path], Value]) -> None:
        """Read a label file, or note what is wrong with it; an empty one is passed over."""
        try:
            if label_text(self.folder / path):
                labels[key] = read(self.folder / path)
        except (OSError, ValueError) as error:
            self.found.append(f"{path}: {error}")


def label_text(path: Path) -> str:
    """Read a label file without the blanks around it."""
    return path.read_text(encoding="utf-8", errors="replace").strip()


def read_emotion(path: Path) -> str:
    """Read the emotion of a clip, one number from 0 to 7.

    Raises:
        ValueError: it is something else.
    """
    text = label_text(path)
    numbers = {float(number): name for number, name in enumerate(LABELS)}
    try:
        return numbers[float(text)]
    except (KeyError, ValueError):
        raise ValueError(f"should hold one number from 0 to 7, not '{text[:30]}'") from None


def read_facs(path: Path, present: float) -> Floats:
    """Read the coded units of an apex, (17,): what is not listed is not shown.

    AU43 (eyes closed) is AU45's muscle and stands for it. Where AU27 (mouth stretched) is coded, the jaw is lower than
    AU26 says, so that AU26 is unknown unless it is coded, too. All other units beyond the 17 are left out.

    Raises:
        ValueError: a line is not a unit and an intensity from 0 to 5.
    """
    aus = np.zeros(NUM_AUS, np.float32)
    coded = dict(facs_line(line) for line in label_text(path).splitlines() if line.strip())
    for unit, intensity in coded.items():
        name = "AU45" if unit == 43 else f"AU{unit}"
        if name in AU_INDEX:
            aus[AU_INDEX[name]] = intensity / 5 if intensity else present
    if 27 in coded and 26 not in coded:
        aus[AU_INDEX["AU26"]] = np.nan
    return aus


def facs_line(line: str) -> tuple[int, float]:
    """Take a line ``9.0000000e+00   4.0000000e+00`` apart.

    Raises:
        ValueError: it is something else.
    """
    try:
        unit, intensity = (float(word) for word in line.split())
    except ValueError:
        unit, intensity = math.nan, math.nan
    if not (unit >= 1 and unit == int(unit) and 0 <= intensity <= 5):
        raise ValueError(f"should hold lines `unit intensity`, the latter from 0 to 5, not '{line.strip()[:40]}'")
    return int(unit), intensity


def file_stem(key: Key) -> str:
    """Spell the name that the files of a picture begin with."""
    return "S{:03d}_{:03d}_{:08d}".format(*key)
