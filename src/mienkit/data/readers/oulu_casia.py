"""Oulu-CASIA NIR&VIS: six emotions of 80 people, clips from neutral to apex, two cameras, three lights.

Source: Zhao et al. 2011.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, NamedTuple

from mienkit.core.emotion import canonical_emotion
from mienkit.core.errors import DataError, UnknownNameError
from mienkit.data.listing import PICTURES, walk_folders
from mienkit.data.reader import READERS, Reader, Sample
from mienkit.data.sequence import PEAK_FRAMES, rising_emotion

CAMERA = re.compile(r"(VL|NI)(?:_Acropped)?", re.IGNORECASE)
PERSON = re.compile(r"P(\d{3})", re.IGNORECASE)
LAST_TRAINING_PERSON = 72
LICENCE = "Oulu-CASIA: research only under its agreement, no redistribution"


class Clip(NamedTuple):
    """What the folders of a clip say: ``OriginalImg/VL/Strong/P001/Anger``."""

    cropped: bool
    camera: str
    light: str
    person: int
    emotion: str


@READERS.register
class OuluCasia(Reader):
    """Clips in ``OriginalImg/VL/Strong/P001/Anger/000.jpeg``; the cropped copies of the same frames on request."""

    title = "Oulu-CASIA NIR&VIS (OriginalImg/VL/Strong/P001/Anger/000.jpeg)"

    @dataclass(frozen=True, kw_only=True)
    class Config:
        camera: Literal["all", "VL", "NI"] = "all"
        """Visible light or near infrared."""
        light: Literal["all", "Strong", "Weak", "Dark"] = "all"
        pictures: Literal["original", "cropped"] = "original"
        """From ``OriginalImg`` or from ``PreProcess_Img``."""
        frames: Literal["all", "peak"] = "all"
        """``peak``: the last three of each clip, as ExprGAN uses them."""
        splits: Literal["published", "made"] = "published"
        """``published``: P001-P072 train, P073-P080 test, as in ExprGAN; ``made``: by the table's rule."""

    def samples(self) -> Iterator[Sample]:
        self.left_out.clear()
        found = False
        for inside, names in walk_folders(self.folder, PICTURES, self.left_out):
            clip = parse_folders((*self.folder.resolve().parts, *PurePath(inside).parts))
            if clip is None:
                self.left_out.add("folder is not Oulu-CASIA's", inside)
            elif self.wanted(clip):
                found = True
                yield from self.clip_samples(clip, inside, names)
        if not found:
            raise DataError(
                f"{self.folder} holds no clips of Oulu-CASIA (OriginalImg/VL/Strong/P001/Anger/000.jpeg) with camera "
                f"{self.config.camera}, light {self.config.light} and {self.config.pictures} pictures; settings "
                "choose others"
            )

    def wanted(self, clip: Clip) -> bool:
        """Tell whether the settings ask for a clip."""
        config = self.config
        return (
            clip.cropped == (config.pictures == "cropped")
            and config.camera in ("all", clip.camera)
            and config.light in ("all", clip.light)
        )

    def clip_samples(self, clip: Clip, inside: str, names: list[str]) -> Iterator[Sample]:
        """Yield the frames of a clip."""
        numbers = {int(name.partition(".")[0]): name for name in names if name.partition(".")[0].isdecimal()}
        for name in sorted(set(names) - set(numbers.values())):
            self.left_out.add("name is not a frame's number", f"{inside}/{name}")
        ordered = sorted(numbers)
        published = "train" if clip.person <= LAST_TRAINING_PERSON else "test"
        sequence = f"oulu-casia-{clip.camera}-{clip.light}-P{clip.person:03d}-{clip.emotion}"
        for index, number in enumerate(ordered):
            following = len(ordered) - 1 - index
            if self.config.frames == "peak" and following >= PEAK_FRAMES:
                continue
            path = f"{inside}/{numbers[number]}".lstrip("/")
            yield Sample(
                picture=self.folder / path,
                source="Oulu-CASIA",
                source_id=path,
                licence=LICENCE,
                kind="photograph",
                subject=f"oulu-casia-P{clip.person:03d}",
                sequence=f"{sequence}-cropped" if clip.cropped else sequence,
                frame=number,
                emotion=rising_emotion(number, following, clip.emotion),
                split=published if self.config.splits == "published" else None,
            )


def parse_folders(parts: tuple[str, ...]) -> Clip | None:
    """Read a clip's folders, from the innermost; None where they are another data set's.

    The folders above the one that was given count, so that somebody may give ``VL/Strong`` alone.
    """
    if len(parts) < 4:
        return None
    camera, light = CAMERA.fullmatch(parts[-4]), parts[-3].capitalize()
    person = PERSON.fullmatch(parts[-2])
    if not (camera and person and light in ("Strong", "Weak", "Dark")):
        return None
    try:
        emotion = canonical_emotion(parts[-1])
    except UnknownNameError:
        return None
    cropped = camera[0].lower().endswith("_acropped")
    return Clip(cropped, camera[1].upper(), light, int(person[1]), emotion)
