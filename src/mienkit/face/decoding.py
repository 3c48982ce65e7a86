"""From a picture file's bytes to upright 8-bit pixels, whatever kind of picture it is."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from mienkit.core.errors import ImageError
from mienkit.core.image import Picture

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
READABLE = "JPEG, PNG, WebP, TIFF, BMP or GIF"
MAX_PIXELS = 100_000_000
"""Larger pictures are refused by their header: a file of a few kilobytes can claim any number of pixels."""
PLANAR_CONFIGURATION = 284
KEPT_TAGS = (
    "ImageDescription", "Make", "Model", "XResolution", "YResolution", "ResolutionUnit", "Software", "DateTime",
    "Artist", "HostComputer", "Copyright", "XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject",
)  # fmt: skip
"""What of a picture's main directory is about the picture; the rest describes how its pixels lie in that file."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """Pixels, and what else the file said."""

    pixels: Picture
    """(H, W, 3) RGB, upright."""
    alpha: npt.NDArray[np.uint8] | None
    """(H, W), 255 = opaque."""
    icc: bytes | None
    exif: bytes | None
    """Without orientation, thumbnail and what no longer fits."""
    grey: bool
    notes: tuple[str, ...]


@contextmanager
def open_picture(path: Path) -> Iterator[Image.Image]:
    """Open a picture for the body of a ``with``, and turn whatever goes wrong with it there into one clear error.

    Raises:
        ImageError: it is missing, not a picture, damaged or too large; the message says which, and what to do.
    """
    _check_file(path)
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            # Decoders warn about harmless oddities, and about sizes that the check below judges.
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as image:
                _check_size(path, image)
                yield image
    except ImageError as error:
        raise error if str(path) in str(error) else ImageError(f"{path} cannot be used: {error}") from None
    except UnidentifiedImageError as error:
        raise ImageError(_unknown(path)) from error
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large(path, "far too many")) from error
    except PermissionError as error:
        raise ImageError(f"{path} may not be read; change its permissions") from error
    except Exception as error:  # a decoder that meets damaged bytes raises almost anything
        raise ImageError(f"{path} is damaged or cut off ({error}); copy it again from where it came") from error


def decode(image: Image.Image) -> Decoded:
    """Turn an opened picture into pixels; of an animated one the first frame.

    Raises:
        ImageError: its pixels are of a kind that no photo has.
        Exception: whatever the decoder raises for damaged bytes; ``open_picture`` says it in words.
    """
    notes = [*_animation_note(image), *_depth_note(image)]
    image.load()
    exif = upright_exif(image)
    upright = ImageOps.exif_transpose(image)
    icc = upright.info.get("icc_profile") or None
    if upright.mode == "CMYK":
        upright, how = _from_cmyk(upright, icc)
        notes.append(how)
        icc = None
    flat = _to_eight_bits(upright)
    grey = flat.mode in ("L", "LA")
    alpha = np.array(flat.getchannel("A")) if "A" in flat.mode else None
    pixels = np.array(flat.convert("RGB") if alpha is None else _without_alpha(flat))
    return Decoded(pixels, alpha, icc, exif, grey, tuple(notes))


def upright_exif(image: Image.Image) -> bytes | None:
    """Copy what EXIF says about the taking of the picture, with the orientation set to upright and no thumbnail."""
    given = image.getexif()
    kept = Image.Exif()
    for tag in (ExifTags.Base[name] for name in KEPT_TAGS):
        if tag in given:
            kept[tag] = given[tag]
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        entries = {tag: value for tag, value in given.get_ifd(directory).items() if tag not in _STALE_TAGS}
        if entries:
            kept.get_ifd(directory).update(entries)
            kept[directory] = entries
    if not len(kept):
        return None
    kept[ExifTags.Base.Orientation] = 1
    return kept.tobytes()


_STALE_TAGS = (
    ExifTags.Base.ExifImageWidth,
    ExifTags.Base.ExifImageHeight,
    ExifTags.IFD.Interop,
    ExifTags.IFD.MakerNote,  # full of offsets into the file that it came from
)


def _animation_note(image: Image.Image) -> list[str]:
    frames = getattr(image, "n_frames", 1)
    if frames == 1 or image.format == "MPO":  # many phones put a second picture (depth, a small copy) behind a JPEG
        return []
    return [f"only the first of its {frames} {'pages' if image.format == 'TIFF' else 'frames'} is used"]


def _depth_note(image: Image.Image) -> list[str]:
    # Pillow decodes 16 bits a colour to 8 by itself; only the decoder's own description tells.
    deep = image.mode.startswith("I") or ";16" in str(getattr(image, "tile", ""))
    planes = getattr(image, "tag_v2", {}).get(PLANAR_CONFIGURATION, 1)
    if image.format == "TIFF" and planes == 2 and 16 in image.tag_v2.get(258, ()):  # type: ignore[attr-defined]
        # Pillow 13 mixes the bytes of such planes up without a word.
        raise ImageError("its 16-bit colours are stored plane by plane; save it again as an ordinary TIFF or PNG")
    return ["16 bits a channel were reduced to 8"] if deep else []


def _from_cmyk(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, str]:
    """Turn printing colours into sRGB, through the picture's own profile where it has one."""
    if icc:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, profile, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            return image.convert("RGB"), "CMYK was turned into RGB plainly, because its ICC profile is damaged"
        if converted is not None:
            return converted, "CMYK was turned into sRGB through its ICC profile"
    return image.convert("RGB"), "CMYK was turned into RGB plainly, because it has no ICC profile"


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Bring any mode to L, LA, RGB or RGBA.

    Raises:
        ImageError: there is no sensible way.
    """
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise ImageError("its pixels have 32 bits; save it with 8 or 16 bits a channel")
        return Image.fromarray((values >> 8).astype(np.uint8))
    see_through = "transparency" in image.info or image.mode in ("PA", "RGBa", "La")
    targets = {
        "1": "L", "L": "LA" if see_through else "L", "LA": "LA", "La": "LA", "RGBA": "RGBA", "RGBa": "RGBA",
        "P": "RGBA" if see_through else "RGB", "PA": "RGBA", "RGB": "RGBA" if see_through else "RGB", "RGBX": "RGB",
        "YCbCr": "RGB",
    }  # fmt: skip
    if image.mode not in targets:
        raise ImageError(f"its pixels are of the kind {image.mode}; save it as RGB with 8 bits a channel")
    target = targets[image.mode]
    return image if image.mode == target else image.convert(target)


def _without_alpha(image: Image.Image) -> Image.Image:
    """Drop the alpha channel and keep the colours under it, which ``convert`` would do only for RGBA."""
    return image.convert("RGBA").convert("RGB")


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise ImageError(f"{path} is a folder; name a picture in it")
    if not path.exists():
        raise ImageError(f"no picture is at {path}; check the name")
    if not path.is_file():
        raise ImageError(f"{path} is not a file; name a picture")
    if path.stat().st_size == 0:
        raise ImageError(f"{path} is empty (0 bytes); copy it again from where it came")


def _check_size(path: Path, image: Image.Image) -> None:
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        raise ImageError(_too_large(path, f"{image.width} x {image.height} = {pixels / 1e6:.0f} million"))
    if pixels == 0:
        raise ImageError(f"{path} has no pixels ({image.width} x {image.height}); use another picture")


def _too_large(path: Path, count: str) -> str:
    limit = MAX_PIXELS // 1_000_000
    return f"{path} has {count} pixels, and the limit is {limit} million; make it smaller or cut the face out"


def _unknown(path: Path) -> str:
    """Explain why nobody knows the format: the first bytes tell a damaged picture from something else."""
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith((b"\xff\xd8", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"BM")) or start[8:12] == b"WEBP":
        return f"{path} is damaged at its start, has no pixels or is of a rare kind; save it again as PNG or JPEG"
    if start[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        return f"{path} is a HEIC or AVIF picture, which is not read yet; export it as JPEG or PNG"
    return f"{path} is not a picture that can be read; use {READABLE}"
