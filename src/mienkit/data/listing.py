"""Files of a data set, found in a fixed order without holding a whole tree in memory."""

import os
from array import array
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path, PurePosixPath

import numpy as np

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"))
VIDEOS = frozenset((".mp4", ".mov", ".avi", ".mkv", ".webm", ".gif"))
MAX_NAMED = 20
"""Examples that are kept of one reason."""


class LeftOut:
    """What a data set holds and a reader did not take: how many of each reason, and some of their names."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}
        """Reason -> up to 20 names."""

    def add(self, reason: str, name: str) -> None:
        """Note one thing that was left out."""
        self.counts[reason] += 1
        named = self.examples.setdefault(reason, [])
        if len(named) < MAX_NAMED:
            named.append(name)

    def clear(self) -> None:
        """Forget all, as a reader does when it starts again."""
        self.counts.clear()
        self.examples.clear()


def suffix_of(name: str) -> str:
    """Return a file name's suffix in small letters, with its dot."""
    return PurePosixPath(name).suffix.lower()


def walk_files(folder: Path, suffixes: frozenset[str], left_out: LeftOut, inside: str = "") -> Iterator[str]:
    """Yield the files of a tree that have one of these suffixes, sorted, as paths relative to ``folder`` with slashes.

    Hidden files and folders (``.DS_Store``, ``._img.jpg``) are not looked at.
    """
    names, folders = visible_names(folder, inside, left_out)
    for name in names:
        if name in folders:
            yield from walk_files(folder, suffixes, left_out, f"{inside}{name}/")
        elif suffix_of(name) in suffixes:
            yield inside + name


def walk_folders(
    folder: Path, suffixes: frozenset[str], left_out: LeftOut, inside: str = ""
) -> Iterator[tuple[str, list[str]]]:
    """Yield every folder of a tree that holds such files, relative to ``folder``, with the files' sorted names."""
    names, folders = visible_names(folder, inside, left_out)
    files = [name for name in names if suffix_of(name) in suffixes and name not in folders]
    if files:
        yield inside.rstrip("/"), files
    for name in names:
        if name in folders:
            yield from walk_folders(folder, suffixes, left_out, f"{inside}{name}/")


def visible_names(folder: Path, inside: str, left_out: LeftOut) -> tuple[list[str], set[str]]:
    """List a folder: all names, sorted, and which are folders; one that may not be listed is noted and empty.

    Names are kept and nothing else, because a folder may hold a million.
    """
    place = folder / inside
    names: list[str] = []
    folders: set[str] = set()
    try:
        with os.scandir(place) as found:
            for entry in found:
                if entry.name.startswith(".") or leads_back(place, entry):
                    continue
                names.append(entry.name)
                if entry.is_dir():
                    folders.add(entry.name)
    except OSError as error:
        left_out.add(f"folder cannot be listed ({error.strerror})", inside or str(folder))
        return [], set()
    return sorted(names), folders


def leads_back(place: Path, entry: "os.DirEntry[str]") -> bool:
    """Tell whether an entry is a link to a folder that it lies in, so that a walk would never end."""
    return entry.is_symlink() and place.resolve().is_relative_to(Path(entry.path).resolve())


class FileIndex:
    """Where in a tree the files of some name lie: 12 bytes a file, because there may be millions."""

    def __init__(self, folder: Path, suffixes: frozenset[str], left_out: LeftOut) -> None:
        self.folder = folder
        self._folders: list[str] = []
        hashes, places = array("Q"), array("I")
        for inside, names in walk_folders(folder, suffixes, left_out):
            hashes.extend(hash_name(name) for name in names)
            places.extend([len(self._folders)] * len(names))
            self._folders.append(inside)
        unordered = np.asarray(hashes, np.uint64)
        order = np.argsort(unordered, kind="stable")
        self._hashes, self._places = unordered[order], np.asarray(places, np.uint32)[order]

    def __len__(self) -> int:
        return len(self._hashes)

    def find(self, name: str) -> tuple[int, str | None]:
        """Return the number of the first file of that name, whatever its letters' case, and its path in the tree.

        The path is spelled as on disk; None where there is no such file.
        """
        wanted = np.uint64(hash_name(name))
        position = int(np.searchsorted(self._hashes, wanted))
        if position == len(self) or self._hashes[position] != wanted:
            return position, None
        inside = self._folders[self._places[position]]
        stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
        spellings = (name, stem + suffix.upper(), stem + suffix.lower(), name.lower(), name.upper())
        spelled = next((one for one in spellings if (self.folder / inside / one).is_file()), None)
        return position, None if spelled is None else str(PurePosixPath(inside) / spelled)


def hash_name(name: str) -> int:
    """Number a file name, 64 bits, whatever its letters' case."""
    return int.from_bytes(blake2b(name.lower().encode(), digest_size=8).digest(), "little")
