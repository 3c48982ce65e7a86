"""The Radboud Faces Database: 67 people, 8 emotions, 5 cameras, 3 gazes, one picture each.

Source: Langner et al. 2010.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mienkit.core.emotion import canonical_emotion
from mienkit.core.errors import DataError, UnknownNameError
from mienkit.data.listing import PICTURES, walk_files
from mienkit.data.reader import READERS, Reader, Sample
from mienkit.data.row import Floats

NAME = re.compile(
    r"Rafd(?P<angle>\d{3})_(?P<person>\d{2})_(?P<group>[a-z]+)_(?P<gender>female|male)_(?P<emotion>[a-z]+)"
    r"_(?P<gaze>frontal|left|right)(?P<mirrored>_lr)?\.(?:jpe?g|png)",
    re.IGNORECASE,
)
FRONTAL_DEG = 90
TEST_PEOPLE = frozenset(("01", "02", "03", "04", "05", "07", "08", "64"))
"""The one list of test persons that was found published with code."""
LICENCE = "RaFD: non-commercial scientific research under the Radboud agreement, no redistribution"


@READERS.register
class Rafd(Reader):
    """Pictures named ``Rafd090_01_Caucasian_female_angry_frontal.jpg``, in one folder or in any sub-folders."""

    title = "Radboud Faces Database (Rafd090_01_Caucasian_female_angry_frontal.jpg)"

    @dataclass(frozen=True, kw_only=True)
    class Config:
        splits: Literal["published", "made"] = "published"
        """``published``: persons 01-05, 07, 08 and 64 test, all others train; ``made``: by the table's rule."""

    def samples(self) -> Iterator[Sample]:
        self.left_out.clear()
        found = False
        for path in walk_files(self.folder, PICTURES, self.left_out):
            match = NAME.fullmatch(path.rpartition("/")[2])
            if match is None:
                self.left_out.add("name is not RaFD's", path)
            elif reason := unfit(match):
                self.left_out.add(reason, path)
            else:
                found = True
                yield self.sample(path, match)
        if not found:
            raise DataError(f"{self.folder} holds no pictures of RaFD (Rafd090_01_Caucasian_female_angry_frontal.jpg)")

    def sample(self, path: str, match: re.Match[str]) -> Sample:
        """Make the sample of a picture; all that share person, camera and gaze are one sequence without an order."""
        person = match["person"]
        published = "test" if person in TEST_PEOPLE else "train"
        return Sample(
            picture=self.folder / path,
            source="RaFD",
            source_id=path,
            licence=LICENCE,
            kind="photograph",
            subject=f"rafd-{person}",
            sequence=f"rafd-{person}-{match['angle']}-{match['gaze'].lower()}",
            emotion=canonical_emotion(match["emotion"]),
            pose=camera_pose(int(match["angle"])),
            split=published if self.config.splits == "published" else None,
        )


def unfit(match: re.Match[str]) -> str | None:
    """Say why a picture is not taken, if it is not."""
    if match["mirrored"]:
        return "mirrored copy (_lr): training mirrors by itself"
    try:
        canonical_emotion(match["emotion"])
    except UnknownNameError:
        return f"unknown emotion '{match['emotion']}'"
    return None


def camera_pose(angle_deg: int) -> Floats:
    """Return the head's nominal pose, (3,): yaw alone is known.

    From camera 000 the head points to its own right, the image's left: yaw -90; from camera 180 the other way.

    Source: what OpenFace's users report of RaFD (TadasBaltrusaitis/OpenFace, issue 850), with the signs of its output.
    """
    return np.asarray([angle_deg - FRONTAL_DEG, np.nan, np.nan], np.float32)
