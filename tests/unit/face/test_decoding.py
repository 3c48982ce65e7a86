"""Bad picture files: one clear line each, never a traceback."""

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.core.errors import ImageError
from mienkit.face.photo import read_photo

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF", "bmp": "BMP", "gif": "GIF"}


def encoded(kind: str, size: int = 64) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Write a PNG of a few bytes that claims any number of pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def refuse(path: Path) -> str:
    with pytest.raises(ImageError) as caught:
        read_photo(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "check the name" in refuse(tmp_path / "nothing.jpg")


def test_a_folder_is_not_a_picture(tmp_path: Path) -> None:
    assert "is a folder" in refuse(tmp_path)


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    assert "empty (0 bytes)" in refuse(tmp_path / "empty.jpg")


@pytest.mark.parametrize("content", [b"hello", b"\0" * 5000, b"<svg></svg>", b"PK\3\4" + b"x" * 400])
def test_other_files_are_not_pictures(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "letter.jpg").write_bytes(content)
    assert "use JPEG, PNG, WebP, TIFF, BMP or GIF" in refuse(tmp_path / "letter.jpg")


def test_phone_pictures_that_cannot_be_read_are_called_by_their_name(tmp_path: Path) -> None:
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0" + b"x" * 100)
    assert "export it as JPEG or PNG" in refuse(tmp_path / "phone.heic")


@pytest.mark.parametrize("kind", FORMATS)
def test_truncated_files_are_called_damaged(tmp_path: Path, kind: str) -> None:
    content = encoded(FORMATS[kind])
    path = tmp_path / f"cut.{kind}"
    for share in (0.02, 0.3, 0.6, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        assert "damaged" in refuse(path)


@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_bytes_give_a_picture_or_a_clear_error(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / f"damaged.{kind}"
    for _ in range(60):
        content = bytearray(encoded(FORMATS[kind], 24))
        for place in rng.integers(0, min(len(content), 400), 4):
            content[place] = rng.integers(256)
        path.write_bytes(bytes(content))
        with suppress(ImageError):
            assert read_photo(path).pixels.ndim == 3


@pytest.mark.parametrize(("width", "height"), [(20_000, 15_000), (10_001, 10_000), (60_000, 60_000)])
def test_decompression_bombs_are_refused_by_their_header(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb(width, height))
    assert "the limit is 100 million" in refuse(tmp_path / "bomb.png")


def test_the_largest_allowed_picture_passes_the_header_check(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(bomb(10_000, 10_000))
    assert "cut off" in refuse(tmp_path / "large.png")


def test_a_picture_without_pixels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flat.png").write_bytes(bomb(0, 10))
    assert "no pixels" in refuse(tmp_path / "flat.png")


@pytest.mark.parametrize(("mode", "advice"), [("F", "8 bits"), ("I", "32 bits")])
def test_scientific_pixels_are_refused_with_advice(tmp_path: Path, mode: str, advice: str) -> None:
    Image.fromarray(np.full((8, 8), 1_000_000, np.int32)).convert(mode).save(tmp_path / "science.tif")
    assert advice in refuse(tmp_path / "science.tif")


def test_planes_that_would_be_read_wrongly_are_refused(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    planes = np.zeros((3, 8, 8), np.uint16)
    tifffile.imwrite(tmp_path / "planes.tif", planes, photometric="rgb", planarconfig="separate")
    assert "plane by plane" in refuse(tmp_path / "planes.tif")


def test_an_unreadable_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(encoded("PNG"))

    def refuse_opening(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse_opening)
    assert "permissions" in refuse(path)
