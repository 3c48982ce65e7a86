"""Animated GIF, frame by frame: one palette for all, because a palette for each frame flickers."""

from pathlib import Path

import numpy as np
from PIL import GifImagePlugin, Image, ImageChops

from mienkit.face.film.frame import FilmFacts, Frame, lost_without_container
from mienkit.face.mark import Mark, mark_packet

PALETTE_FRAMES, PALETTE_PIXELS = 16, 16_000_000
"""Of the first frames the palette is made: so many, as long as they have no more pixels together."""
COLOURS = 256
LEAST_HUNDREDTHS, MOST_HUNDREDTHS = 2, 65_535
"""What is shown shorter, browsers show for a tenth of a second; longer, the file cannot say at once."""
BLOCK = 255
"""Bytes of a GIF's comment that stand together."""


class GifEncoder:
    """Writes a GIF that plays for ever; of each frame only the rectangle that changed."""

    def __init__(self, place: Path, like: FilmFacts, mark: Mark) -> None:
        """Open the file."""
        self.notes = lost_without_container(like, "a GIF")
        self._mark, self._first_frames = mark, max(1, min(PALETTE_FRAMES, PALETTE_PIXELS // (like.width * like.height)))
        self._usual_seconds = 1 / like.fps
        self._end = 0.0
        self._dropped = 0
        self._waiting: list[Frame] = []
        self._palette: Image.Image | None = None
        self._shown: Image.Image | None = None
        self._held: tuple[Image.Image, int] | None = None
        self._file = place.open("wb")

    def write(self, frame: Frame) -> None:
        """See ``FilmWriter``."""
        if self._palette is None:
            self._waiting.append(frame)
            if len(self._waiting) == self._first_frames:
                self._begin()
        else:
            self._draw(frame)

    def finish(self) -> None:
        """See ``FilmWriter``."""
        if self._palette is None and self._waiting:
            self._begin()
        if self._held is not None:
            self._put(max(round(100 * self._end), self._held[1] + LEAST_HUNDREDTHS))
        if self._dropped:
            self.notes.append(f"{self._dropped} frames are left out: a GIF shows at most 50 a second")
        self._file.write(b";")
        self._file.close()

    def close(self) -> None:
        """See ``FilmWriter``."""
        self._file.close()

    def _begin(self) -> None:
        """Choose the palette, and write all that waited for it."""
        together = np.vstack([frame.pixels for frame in self._waiting])
        self._palette = Image.fromarray(together).quantize(COLOURS, Image.Quantize.MEDIANCUT)
        self._file.write(header(self._palette, self._waiting[0].pixels.shape[1::-1], mark_packet(self._mark)))
        waiting, self._waiting = self._waiting, []
        for frame in waiting:
            self._draw(frame)

    def _draw(self, frame: Frame) -> None:
        """Hold a frame until the next one says how long it is shown, and write the one before."""
        hundredths = round(100 * frame.time)
        self._end = frame.time + (frame.seconds or self._usual_seconds)
        if self._held is not None:
            if hundredths < self._held[1] + LEAST_HUNDREDTHS:
                self._dropped += 1
                return
            self._put(hundredths)
        assert self._palette is not None
        self._held = Image.fromarray(frame.pixels).quantize(palette=self._palette), hundredths

    def _put(self, until: int) -> None:
        """Write what changed since the frame before."""
        assert self._held is not None
        picture, since = self._held
        box = (0, 0, *picture.size)
        if self._shown is not None:
            box = ImageChops.difference(self._shown.convert("RGB"), picture.convert("RGB")).getbbox() or (0, 0, 1, 1)
        while since < until:
            hundredths = min(until - since, MOST_HUNDREDTHS)
            for part in GifImagePlugin.getdata(picture.crop(box), box[:2], duration=10 * hundredths, disposal=1):
                self._file.write(part)
            since, box = since + hundredths, (0, 0, 1, 1)
        self._shown = picture


def header(palette: Image.Image, size: tuple[int, int], comment: bytes) -> bytes:
    """Return the beginning of a GIF with these 256 colours that plays for ever and carries a comment."""
    colours = bytes(palette.getpalette() or ()).ljust(3 * COLOURS, b"\0")
    width, height = (side.to_bytes(2, "little") for side in size)
    blocks = [comment[start : start + BLOCK] for start in range(0, len(comment), BLOCK)]
    said = b"".join(bytes([len(block)]) + block for block in blocks)
    forever = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    return b"GIF89a" + width + height + b"\xf7\0\0" + colours + forever + b"!\xfe" + said + b"\0"
