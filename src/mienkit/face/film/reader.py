"""Which kind of film something is."""

from pathlib import Path

from mienkit.core.errors import DataError, ImageError
from mienkit.face.film.frame import LEAST_FPS, MOST_FPS, Film
from mienkit.face.film.pictures import Animation, FrameFolder
from mienkit.face.film.video import Video

VIDEO_SUFFIXES = frozenset(
    {
        ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".wmv", ".flv",
        ".3gp", ".ogv",
    }
)  # fmt: skip
ANIMATION_SUFFIXES = frozenset({".gif", ".webp"})
BEGINNINGS = (b"\x1aE\xdf\xa3", b"FLV\x01", b"OggS", b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75")
"""First bytes of Matroska and WebM, FLV, Ogg, MPEG and WMV."""
PICTURE_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif")
"""Of files that are made like an MP4 but hold a picture."""


def open_film(path: Path, fps: float | None = None) -> Film:
    """Open a video, an animated GIF or WebP, or a folder of numbered frames.

    Args:
        path: of the file or folder.
        fps: frames a second of a folder.

    Raises:
        ImageError: it is missing, damaged or shows nothing.
        DataError: a folder holds no frames, ``fps`` is out of range, or is said of a film that has its own.
        MissingExtraError: it is a video, and PyAV is not installed.
    """
    if fps is not None and not LEAST_FPS <= fps <= MOST_FPS:
        raise DataError(f"--fps {fps:g} should be {LEAST_FPS:g} to {MOST_FPS:g}")
    if path.is_dir():
        return FrameFolder(path, fps)
    if fps is not None:
        raise DataError(f"{path} has times of its own; --fps is for a folder of frames")
    if not path.exists():
        raise ImageError(f"no video is at {path}; check the name")
    if path.stat().st_size == 0:
        raise ImageError(f"{path} is empty (0 bytes); copy it again from where it came")
    return Animation(path) if is_animation(path) else Video(path)


def is_film(path: Path) -> bool:
    """Tell whether a file is a video, by its name or, where the name says nothing, by its first bytes."""
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return True
    start = first_bytes(path)
    boxed = start[4:8] == b"ftyp" and start[8:12] not in PICTURE_BRANDS
    return boxed or start.startswith(BEGINNINGS) or (start[:4] == b"RIFF" and start[8:12] == b"AVI ")


def is_animation(path: Path) -> bool:
    """Tell whether a file is of a kind of picture that may move."""
    start = first_bytes(path)
    return start.startswith(b"GIF8") or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


def first_bytes(path: Path) -> bytes:
    """Read the beginning of a file; nothing where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError:
        return b""
