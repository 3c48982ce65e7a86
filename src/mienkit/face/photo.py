"""A user's picture file in and out: what they gave comes back in everything but the face."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from mienkit.core.image import Picture
from mienkit.face.decoding import decode, open_picture
from mienkit.face.encoding import encoder, format_of
from mienkit.face.mark import Mark
from mienkit.face.output import check_output as check_output
from mienkit.face.output import write_atomically


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture, upright, with what its file said beside the pixels."""

    pixels: Picture
    """(H, W, 3) uint8 RGB, in the colours of ``icc`` (sRGB without one)."""
    path: Path | None = None
    """Where it came from."""
    alpha: npt.NDArray[np.uint8] | None = None
    """(H, W), 255 = opaque; None where the file has no alpha channel."""
    icc: bytes | None = None
    """The ICC profile."""
    grey: bool = False
    """Whether the file holds grey only."""
    notes: tuple[str, ...] = ()
    """What had to be changed in reading, in words for the user."""
    exif: bytes | None = None
    """EXIF for the upright picture, without a thumbnail."""

    @property
    def visible(self) -> Picture:
        """What one sees, (H, W, 3): transparent parts lie on mid-grey, where no detector sees a face."""
        if self.alpha is None:
            return self.pixels
        weight = self.alpha[..., None].astype(np.uint16)
        return ((self.pixels * weight + 128 * (255 - weight) + 127) // 255).astype(np.uint8)


def read_photo(path: Path) -> Photo:
    """Read a picture file.

    Raises:
        ImageError: it is missing, not a picture, damaged or too large; the message says which, and what to do.
    """
    with open_picture(path) as image:
        found = decode(image)
    return Photo(found.pixels, path, found.alpha, found.icc, found.grey, found.notes, found.exif)


def write_photo(path: Path, pixels: Picture, like: Photo, mark: Mark, force: bool = False) -> None:
    """Write pixels, (H, W, 3), as the photo that they came from: its alpha, colour profile, EXIF, and grey if it was.

    PNG and TIFF keep every pixel; JPEG is written at quality 95 with full colour resolution. Formats without an alpha
    channel show the picture on white.

    Args:
        path: the suffix chooses the format.
        pixels: what to write.
        like: the photo that was read.
        mark: how the picture was made.
        force: replace another file of that name.

    Raises:
        OutputError: the suffix is not known, the file exists or is an input, or the folder cannot be written.
    """
    kind = format_of(path)
    check_output(path, [like.path] if like.path else [], force)
    image = Image.fromarray(pixels)
    if like.grey:
        image = image.convert("L")
    if like.alpha is not None:
        image.putalpha(Image.fromarray(like.alpha))
    write_atomically(path, encoder(image, kind, mark, like.icc, like.exif))
