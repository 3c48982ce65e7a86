"""Photos and videos in a folder tree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import PurePosixPath
from typing import Any, Literal

from mienkit.core.emotion import canonical_emotion
from mienkit.core.errors import DataError, UnknownNameError
from mienkit.data.folder_labels import LABELS, check_labels, read_labels, row_labels
from mienkit.data.listing import PICTURES, VIDEOS, LeftOut, walk_files
from mienkit.data.reader import READERS, Reader, Sample, Video

FOREIGN = frozenset((".heic", ".heif", ".avif"))
"""Pictures that nobody here reads yet; they are taken all the same, so that each is told of."""
MEDIA = PICTURES | VIDEOS | FOREIGN
LEVELS = 3
"""Levels of sub-folders whose names are looked at."""
SPLIT_NAMES = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip


@READERS.register
class Folder(Reader):
    """Photos and videos, labelled by the names of sub-folders or by ``labels.csv``.

    A level of sub-folders that are all called train, val or test is the split, one whose names are all emotions is the
    emotion, and the first other one is the person. A file below none is a person of its own, by its name.
    """

    title = "photos and videos in a folder tree; sub-folders name the person or emotion, or labels.csv does"

    @dataclass(frozen=True, kw_only=True)
    class Config:
        folders: Literal["auto", "people"] = "auto"
        """``people``: the first level names persons, even where all are called like an emotion."""
        licence: str = "unknown"

    def samples(self) -> Iterator[Sample]:
        self.left_out.clear()
        roles = self.level_roles()
        if (self.folder / LABELS).is_file():
            named = check_labels(self.folder)
            for _, row in read_labels(self.folder / LABELS):
                labels = row_labels(self.folder, row)
                yield self.sample(labels.pop("path"), roles, labels)
            for path in walk_files(self.folder, MEDIA, self.left_out):
                if path not in named:
                    self.left_out.add(f"not in {LABELS}", path)
        else:
            for path in walk_files(self.folder, MEDIA, self.left_out):
                yield self.sample(path, roles, {})

    @cached_property
    def source(self) -> str:
        """What all samples name as their source: the folder."""
        return self.folder.resolve().name

    def sample(self, path: str, roles: tuple[str, ...], labels: Mapping[str, Any]) -> Sample:
        """Make the sample of a file; labels come before what its folders say."""
        file = PurePosixPath(path)
        video = file.suffix.lower() in VIDEOS
        place = self.folder / path
        told = {
            "licence": self.config.licence,
            "sequence": path if video else None,
            **folder_labels(file, roles),
            **labels,
        }
        return Sample(
            picture=Video(place) if video else place,
            source=self.source,
            source_id=path,
            kind="photograph",
            **told,
        )

    def level_roles(self) -> tuple[str, ...]:
        """Say what the levels of sub-folders name: split, emotion, subject, or nothing.

        Raises:
            DataError: there is no photo and no video.
        """
        levels: list[set[str]] = [set() for _ in range(LEVELS)]
        empty = True
        for path in walk_files(self.folder, MEDIA, LeftOut()):
            empty = False
            for names, name in zip(levels, PurePosixPath(path).parts[:-1], strict=False):
                names.add(name)
        if empty:
            kinds = " ".join(sorted(MEDIA))
            raise DataError(f"{self.folder} holds no photo and no video; these are taken: {kinds}")
        return ("subject",) if self.config.folders == "people" else name_roles(levels)


def name_roles(levels: list[set[str]]) -> tuple[str, ...]:
    """Find out what each level names, by the names of all of its folders."""
    roles: list[str] = []
    for names in levels:
        if not roles and names and all(name.lower() in SPLIT_NAMES for name in names):
            roles.append("split")
        elif "emotion" not in roles and names and all(emotion_of(name) for name in names):
            roles.append("emotion")
        else:
            roles.append("" if "subject" in roles else "subject")
    return tuple(roles)


def folder_labels(file: PurePosixPath, roles: tuple[str, ...]) -> dict[str, str]:
    """Read what the folders above a file say of it."""
    told = dict(zip(roles, file.parts[:-1], strict=False))
    labels = {"subject": told.get("subject", file.stem)}
    if emotion := emotion_of(told.get("emotion", "")):
        labels["emotion"] = emotion
    if split := SPLIT_NAMES.get(told.get("split", "").lower()):
        labels["split"] = split
        if "subject" not in told:
            labels["subject"] = f"{split}-{file.stem}"  # two splits may number their files alike
    return labels


@lru_cache(maxsize=1024)  # of a few folders for a million photographs
def emotion_of(name: str) -> str | None:
    """Return the emotion that a folder's name means, if any."""
    try:
        return canonical_emotion(name)
    except UnknownNameError:
        return None
