"""What a video says of itself: that it is synthetic, and how it was made.

Players show a sentence; the whole mark is an XMP packet, which MP4 holds in a box of its own and WebM as a tag.

Source: XMP specification, part 3 (ISO base media files).
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

from mienkit.face.film.video import opened
from mienkit.face.mark import Mark, mark_packet, parse_packet, plain, read_mark

XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
XMP_TAG = "XMP"
LARGEST_BOX = 1 << 24
"""Bytes of a box that is read at all; a mark has some hundreds."""


def film_tags(mark: Mark, format_name: str) -> dict[str, str]:
    """Return what a container's tags say."""
    asked = json.dumps(plain(mark.request), allow_nan=False, sort_keys=True)
    tags = {
        "comment": f"Synthetic: the expression was made by mienkit {mark.version}, model {mark.model}. {mark.source}",
        "description": f"mienkit {mark.version}, {mark.model}: {asked}",
    }
    return tags if format_name == "mp4" else {**tags, XMP_TAG: mark_packet(mark).decode()}


def append_packet(path: Path, mark: Mark) -> None:
    """Put the XMP packet behind everything else in an MP4 file."""
    packet = mark_packet(mark)
    with path.open("ab") as file:
        file.write(struct.pack(">I", 8 + len(XMP_BOX) + len(packet)) + b"uuid" + XMP_BOX + packet)


def read_film_mark(path: Path) -> Mark | None:
    """Return what a film says of itself; None where it is not marked. Of a folder of frames it is the first one's.

    Raises:
        ImageError: it is no film that can be read.
        MissingExtraError: it is a WebM, and PyAV is not installed.
    """
    if path.is_dir():
        first = min(path.glob("*.png"), default=None)
        return read_mark(first) if first else None
    if path.suffix.lower() == ".gif":
        return read_mark(path)
    packet = next((body[16:] for body in own_boxes(path) if body[:16] == XMP_BOX), b"")
    if not packet:
        with opened(path) as container:
            packet = container.metadata.get(XMP_TAG, "").encode()
    return parse_packet(packet)


def own_boxes(path: Path) -> Iterator[bytes]:
    """List the bodies of the outermost ``uuid`` boxes of an MP4 file, up to one that would go on beyond its end."""
    whole = path.stat().st_size
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            size = size - 8 if size != 1 else int.from_bytes(file.read(8)) - 16
            if not 0 <= size <= whole - file.tell():
                return
            if kind == b"uuid" and size <= LARGEST_BOX:
                yield file.read(size)
            else:
                file.seek(size, 1)
