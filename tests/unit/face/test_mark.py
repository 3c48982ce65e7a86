"""What a picture says of itself."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mienkit.core.errors import ImageError, OutputError
from mienkit.face.mark import (
    COMPOSITE,
    PNG_KEYWORD,
    TRAINED,
    Mark,
    mark_options,
    mark_packet,
    parse_packet,
    plain,
    read_mark,
    sidecar_path,
    write_sidecar,
)

MARK = Mark('odd "name" <&>', "0.1.0", {"AU12": 0.8, "mode": "from-neutral", "text": "é\n\"'"})


def saved(path: Path, kind: str, mark: Mark = MARK) -> Path:
    Image.new("RGB", (8, 8)).save(path, kind, **mark_options(mark, kind))
    return path


def test_a_packet_comes_back_as_its_mark() -> None:
    assert parse_packet(mark_packet(MARK)) == MARK


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF"])
def test_every_format_carries_the_mark_and_the_digital_source_type(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path / "picture", kind)
    assert read_mark(path) == MARK
    assert COMPOSITE.encode() in path.read_bytes()


def test_what_no_camera_saw_says_so() -> None:
    packet = mark_packet(replace(MARK, source=TRAINED))
    assert TRAINED.encode() in packet
    assert COMPOSITE.encode() not in packet
    assert parse_packet(packet) == replace(MARK, source=TRAINED)


def test_other_formats_cannot_be_marked() -> None:
    with pytest.raises(ValueError, match="BMP"):
        mark_options(MARK, "BMP")


def test_a_plain_picture_has_no_mark(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png")
    assert read_mark(tmp_path / "picture.png") is None


def test_a_foreign_packet_is_no_mark(tmp_path: Path) -> None:
    foreign = PngInfo()
    foreign.add_itxt(PNG_KEYWORD, mark_packet(MARK).decode().replace("urn:mienkit", "urn:other"))
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png", pnginfo=foreign)
    assert read_mark(tmp_path / "picture.png") is None


@pytest.mark.parametrize(
    "packet",
    [b"", b"<", b"not xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', mark_packet(MARK).replace(b'"{', b'"{{')],
)
def test_damaged_packets_are_no_mark(packet: bytes) -> None:
    assert parse_packet(packet.replace(b"mien:Request='{", b"mien:Request='{{")) is None


def test_reading_the_mark_of_no_picture_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "letter.png").write_text("hello")
    with pytest.raises(ImageError, match="not a picture"):
        read_mark(tmp_path / "letter.png")


def test_the_sidecar_stands_beside_its_picture() -> None:
    assert sidecar_path(Path("out/smile.png")) == Path("out/smile.png.json")


def test_a_sidecar_never_holds_nan(tmp_path: Path) -> None:
    report = {
        "a": float("nan"),
        "b": [np.float32("inf"), 1.5],
        "c": torch.tensor([1.0, float("nan")]),
        "d": np.int64(3),
    }
    write_sidecar(tmp_path / "x.json", {**report, "path": Path("in.png"), "none": None, "flag": True})
    assert json.loads((tmp_path / "x.json").read_text(), parse_constant=pytest.fail) == {
        "a": None, "b": [None, 1.5], "c": [1.0, None], "d": 3, "path": "in.png", "none": None, "flag": True,
    }  # fmt: skip


def test_a_sidecar_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        write_sidecar(tmp_path / "file" / "x.json", {})


def test_what_json_cannot_hold_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="object"):
        plain({"a": object()})
