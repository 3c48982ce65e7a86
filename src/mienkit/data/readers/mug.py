"""MUG: acted clips of 52 people that go from neutral to an apex and back.

Source: Aifanti et al. 2010.
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
from mienkit.data.sequence import rising_emotion, rising_part

TAKE = re.compile(r"take\d+([a-z]*)", re.IGNORECASE)
FRAME = re.compile(r"img_(\d+)\.\w+", re.IGNORECASE)
PERSON = re.compile(r"\d{3}")
LICENCE = "MUG: non-commercial research under its agreement, no redistribution"


class Clip(NamedTuple):
    """What the folders of a clip say: ``subjects3/001/anger/take000``, with or without a level above the emotion."""

    person: str
    emotion: str
    ending: str
    """Letters after the number of the take, ``end`` or ``nsg``; what they mean is not told anywhere."""


@READERS.register
class Mug(Reader):
    """Clips in ``subjects3/001/anger/take000/img_0000.jpg``, or with a second folder above the emotion."""

    title = "MUG facial expression database (subjects3/001/anger/take000/img_0000.jpg)"

    @dataclass(frozen=True, kw_only=True)
    class Config:
        frames: Literal["rise", "all"] = "rise"
        """``rise``: the first half of a clip, up to its apex."""
        takes: Literal["all", "plain"] = "all"
        """``plain``: without those whose names end in letters, such as ``take001nsg``."""

    def samples(self) -> Iterator[Sample]:
        self.left_out.clear()
        found = False
        for inside, names in walk_folders(self.folder, PICTURES, self.left_out):
            parts = PurePath(inside).parts
            clip = parse_folders(parts) or parse_folders((self.folder.resolve().name, *parts))
            if clip is None:
                self.left_out.add("folder is not MUG's", inside)
            elif clip.ending and self.config.takes == "plain":
                self.left_out.add(f"take ends in '{clip.ending}'", inside)
            else:
                found = True
                yield from self.clip_samples(clip, inside, names)
        if not found:
            raise DataError(f"{self.folder} holds no clips of MUG (subjects3/001/anger/take000/img_0000.jpg)")

    def clip_samples(self, clip: Clip, inside: str, names: list[str]) -> Iterator[Sample]:
        """Yield the frames of a clip; what comes after the apex has no label."""
        matches = [match for name in names if (match := FRAME.fullmatch(name))]
        for name in sorted(set(names) - {match[0] for match in matches}):
            self.left_out.add("name is not a frame's", f"{inside}/{name}")
        frames = sorted((int(match[1]), match[0]) for match in matches)
        rise = rising_part(frames)
        neutral = clip.emotion == "neutral"
        for index, (number, name) in enumerate(frames if neutral or self.config.frames == "all" else rise):
            rising = index < len(rise)
            emotion = rising_emotion(number, len(rise) - 1 - index, clip.emotion) if rising else None
            path = f"{inside}/{name}".lstrip("/")
            yield Sample(
                picture=self.folder / path,
                source="MUG",
                source_id=path,
                licence=LICENCE,
                kind="photograph",
                subject=f"mug-{clip.person}",
                sequence=f"mug-{inside or self.folder.resolve().name}",
                frame=number,
                emotion="neutral" if neutral else emotion,
            )


def parse_folders(parts: tuple[str, ...]) -> Clip | None:
    """Read a clip's folders, from the innermost; None where they are another data set's.

    Of a doubled level (``001/001``) the outer one is the person; the inner one may count sessions.
    """
    if len(parts) < 3:
        return None
    take, above = TAKE.fullmatch(parts[-1]), parts[:-2]
    person = next((part for part in above[-2:] if PERSON.fullmatch(part)), None)
    if take is None or person is None:
        return None
    try:
        return Clip(person, canonical_emotion(parts[-2]), take[1].lower())
    except UnknownNameError:
        return None
