"""What a picture says of itself: that it is synthetic, and how it was made.

The mark is an XMP packet with IPTC's digital source type, which picture libraries and social networks read, and what
mienkit adds. The sidecar is a JSON file beside the picture with everything that was measured.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from PIL import Image, PngImagePlugin

from mienkit.face.decoding import open_picture
from mienkit.face.output import write_atomically

COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC: a picture with parts made by a trained model."""
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC: made by a trained model alone; nothing in it was photographed."""
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
XMP = "http://ns.adobe.com/xap/1.0/"
MIEN = "urn:mienkit:mark:1#"
TIFF_XMP_TAG = 700
PNG_KEYWORD = "XML:com.adobe.xmp"


@dataclass(frozen=True)
class Mark:
    """How a picture was made."""

    model: str
    """The model's name in the registry."""
    version: str
    """Of the package or of the model's weights."""
    request: Mapping[str, object] = field(default_factory=dict)
    """What was asked for; anything that JSON can hold."""
    source: str = COMPOSITE
    """IPTC's digital source type."""


def mark_packet(mark: Mark) -> bytes:
    """Write a mark as an XMP packet."""
    request = json.dumps(plain(mark.request), allow_nan=False, sort_keys=True)
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{RDF}">'
        f'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{IPTC}" xmlns:xmp="{XMP}" xmlns:mien="{MIEN}"'
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(mark.source)}"
        f" xmp:CreatorTool={quoteattr(f'mienkit {mark.version}')}"
        f" mien:Model={quoteattr(mark.model)}"
        f" mien:Version={quoteattr(mark.version)}"
        f" mien:Request={quoteattr(request)}/>"
        "</rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )
    return text.encode()


def parse_packet(packet: bytes) -> Mark | None:
    """Read an XMP packet; None where it is not a mark of ours, or damaged."""
    if b"<!" in packet:  # no packet has a document type; entities there can be made to eat the memory
        return None
    try:
        root = ElementTree.fromstring(packet.decode("utf-8", "replace").strip("\ufeff\0 \n"))
        for description in root.iter(f"{{{RDF}}}Description"):
            entries = description.attrib
            if f"{{{MIEN}}}Model" in entries and f"{{{IPTC}}}DigitalSourceType" in entries:
                request = json.loads(entries.get(f"{{{MIEN}}}Request", "{}"))
                version, source = entries.get(f"{{{MIEN}}}Version", ""), entries[f"{{{IPTC}}}DigitalSourceType"]
                return Mark(entries[f"{{{MIEN}}}Model"], version, request, source)
    except (ElementTree.ParseError, ValueError):
        return None
    return None


def mark_options(mark: Mark, kind: str, exif: bytes | None = None) -> dict[str, Any]:
    """Return what ``Image.save`` needs to put the mark, and EXIF, into a file.

    Args:
        mark: what the picture shall say.
        kind: Pillow's name of the format: PNG, JPEG, WEBP, TIFF or GIF (which keeps it as a comment).
        exif: to go in beside it.

    Raises:
        ValueError: the format cannot carry a mark.
    """
    packet = mark_packet(mark)
    options: dict[str, Any] = {"exif": exif} if exif else {}
    if kind == "PNG":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt(PNG_KEYWORD, packet.decode())
        return {**options, "pnginfo": chunks}
    if kind in ("JPEG", "WEBP"):
        return {**options, "xmp": packet}
    if kind == "TIFF":
        directory = Image.Exif()
        directory.load(exif or b"")
        directory[TIFF_XMP_TAG] = packet
        return {"exif": directory}
    if kind == "GIF":
        return {"comment": packet}
    raise ValueError(f"{kind} files cannot carry a mark")


def read_mark(path: Path) -> Mark | None:
    """Return what a picture says of itself; None where it is not marked.

    Raises:
        ImageError: it is not a picture that can be read.
    """
    with open_picture(path) as image:
        image.load()  # some writers put the text behind the pixels
        packet = image.info.get("xmp") or image.info.get(PNG_KEYWORD) or image.info.get("comment") or b""
    return parse_packet(packet if isinstance(packet, bytes) else str(packet).encode())


def sidecar_path(image_path: Path) -> Path:
    """Name the JSON file beside a picture: ``smile.png`` -> ``smile.png.json``."""
    return image_path.with_name(f"{image_path.name}.json")


def write_sidecar(path: Path, report: Mapping[str, object]) -> None:
    """Write a report as JSON, whole or not at all; what is not a finite number becomes null.

    Raises:
        OutputError: it cannot be written there.
    """
    text = json.dumps(plain(report), indent=2, allow_nan=False, ensure_ascii=False)
    write_atomically(path, lambda file: _write_text(file, text))


def plain(value: Any) -> Any:
    """Bring a value to what JSON can hold: tensors and arrays to lists, paths to text, NaN and infinity to None.

    Raises:
        TypeError: there is no sensible way.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"a report cannot hold a {type(value).__name__}")


def _write_text(file: Any, text: str) -> None:
    file.write(f"{text}\n".encode())
