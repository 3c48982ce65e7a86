"""From pixels to a picture file's bytes, with everything that a photo brought along. To add a format, add its line."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from PIL import Image

from mienkit.core.errors import OutputError
from mienkit.face.mark import Mark, mark_options

FORMATS: Mapping[str, str] = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
"""Suffix -> Pillow's name of the format; only those that can carry a mark and a photo's colours."""
OPTIONS: Mapping[str, Mapping[str, object]] = {
    "PNG": {"compress_level": 4},  # 2.5 times as fast as 6, for files larger by a twentieth
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95, "method": 4, "exact": True},
    "TIFF": {},  # not compressed: libtiff's compressors cannot write EXIF's directories
}
LONGEST_JPEG_EXIF = 65_527
"""Bytes that fit into JPEG's one segment."""


def format_of(path: Path) -> str:
    """Choose the format by the file's suffix.

    Raises:
        OutputError: none is written under this suffix; the message lists those that are.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        what = f"'{path.suffix}' pictures" if suffix else "a picture without a suffix"
        raise OutputError(f"cannot write {what} ({path.name}); use one of {', '.join(FORMATS)}")
    return FORMATS[suffix]


def encoder(
    image: Image.Image, kind: str, mark: Mark, icc: bytes | None, exif: bytes | None
) -> Callable[[IO[bytes]], None]:
    """Return a function that writes the picture into an open file."""
    options = {**OPTIONS[kind], **mark_options(mark, kind, exif), "icc_profile": icc}
    if kind == "JPEG" and len(exif or b"") > LONGEST_JPEG_EXIF:
        options.pop("exif")
    if kind == "JPEG" and "A" in image.mode:
        image = on_white(image)

    def write(file: IO[bytes]) -> None:
        try:
            image.save(file, kind, **options)
        except ValueError as error:
            raise OutputError(f"a {kind} file cannot hold this picture ({error}); write a .png instead") from error

    return write


def on_white(image: Image.Image) -> Image.Image:
    """Lay a picture with an alpha channel on white, for formats that have none."""
    solid = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, solid).convert("L" if image.mode == "LA" else "RGB")
