"""Contact sheets: labelled rows of faces on white under a title strip."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from mienkit.core.image import Picture

MARGIN = 40
GAP = 12
CAPTION = 34
"""Height of the line under a tile, where any tile of the row has one."""
STRIP = 108
FOOTER = 52
SECTION = 22
"""White space between the gallery and the rows."""

WHITE = (255, 255, 255)
INK = (22, 27, 34)
GREY = (107, 114, 128)
RULE = (226, 229, 234)
NIGHT = (24, 30, 42)
MIST = (176, 186, 202)
TEAL = (38, 166, 154)


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One face on a sheet."""

    picture: Picture
    caption: str = ""
    """Under its left edge: what was asked for."""
    note: str = ""
    """Under its right edge, smaller: what was measured."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A label and the faces beside it."""

    label: str
    tiles: Sequence[Tile]
    detail: str = ""
    """Under the label, smaller."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a contact sheet shows: an optional gallery around a large first picture, then labelled rows."""

    title: str
    subtitle: str = ""
    rows: Sequence[Row] = ()
    hero: Tile | None = None
    """A picture of double size, left of the gallery."""
    gallery: Sequence[Tile] = ()
    """Two lines of tiles beside the hero."""
    footer: str = ""
    tile: int = 224
    """Side of a tile, in pixels."""

    @property
    def columns(self) -> int:
        """Tiles abreast, the label's column among them."""
        beside = 2 + per_line(self) if self.hero else 0
        return max([2, beside, *(1 + len(row.tiles) for row in self.rows)])

    @property
    def width(self) -> int:
        """Of the whole sheet, in pixels."""
        return 2 * MARGIN + self.columns * self.tile + (self.columns - 1) * GAP

    @property
    def height(self) -> int:
        """Of the whole sheet, in pixels."""
        gallery = 2 * line_height(self, self.gallery) + GAP + SECTION if self.hero else 0
        rows = sum(line_height(self, row.tiles) + GAP for row in self.rows)
        return STRIP + MARGIN + gallery + rows + (FOOTER if self.footer else MARGIN - GAP)


def per_line(sheet: Sheet) -> int:
    """Count the gallery's tiles in each of its two lines."""
    return (len(sheet.gallery) + 1) // 2


def line_height(sheet: Sheet, tiles: Sequence[Tile]) -> int:
    """Height of a line of tiles with its captions, in pixels."""
    return sheet.tile + (CAPTION if any(tile.caption or tile.note for tile in tiles) else 0)


def draw_sheet(sheet: Sheet) -> Picture:
    """Draw a contact sheet, (H, W, 3)."""
    canvas = Image.new("RGB", (sheet.width, sheet.height), WHITE)
    draw = ImageDraw.Draw(canvas)
    draw_strip(draw, sheet.width, sheet.title, sheet.subtitle)
    top = STRIP + MARGIN
    if sheet.hero:
        top = draw_gallery(canvas, draw, sheet, top)
    for row in sheet.rows:
        draw_label(draw, row, (MARGIN, top), sheet.tile)
        for column, tile in enumerate(row.tiles, start=1):
            draw_tile(canvas, draw, tile, (left_of(sheet, column), top), (sheet.tile, sheet.tile))
        top += line_height(sheet, row.tiles) + GAP
    if sheet.footer:
        text = shorten(sheet.footer, font(15), sheet.width - 2 * MARGIN)
        draw.text((MARGIN, sheet.height - FOOTER // 2), text, fill=GREY, font=font(15), anchor="lm")
    return np.asarray(canvas).copy()


def left_of(sheet: Sheet, column: int) -> int:
    """Left edge of a column, in pixels."""
    return MARGIN + column * (sheet.tile + GAP)


def draw_strip(draw: ImageDraw.ImageDraw, width: int, title: str, subtitle: str = "") -> None:
    """Draw the title strip."""
    draw.rectangle((0, 0, width, STRIP - 1), fill=NIGHT)
    draw.rectangle((0, STRIP - 5, width, STRIP - 1), fill=TEAL)
    room = width - 2 * MARGIN
    middle = 38 if subtitle else 52
    draw.text((MARGIN, middle), shorten(title, font(34), room), fill=WHITE, font=font(34), anchor="lm")
    draw.text((MARGIN, 77), shorten(subtitle, font(18), room), fill=MIST, font=font(18), anchor="lm")


def draw_gallery(canvas: Image.Image, draw: ImageDraw.ImageDraw, sheet: Sheet, top: int) -> int:
    """Draw the large picture and two lines of tiles beside it; returns where the rows begin."""
    assert sheet.hero is not None
    step = line_height(sheet, sheet.gallery) + GAP
    draw_tile(canvas, draw, sheet.hero, (MARGIN, top), (2 * sheet.tile + GAP, step + sheet.tile))
    for index, tile in enumerate(sheet.gallery):
        line, column = divmod(index, per_line(sheet))
        corner = (left_of(sheet, 2 + column), top + line * step)
        draw_tile(canvas, draw, tile, corner, (sheet.tile, sheet.tile))
    bottom = top + 2 * step - GAP
    if sheet.rows:
        draw.line((MARGIN, bottom + SECTION // 2, sheet.width - MARGIN, bottom + SECTION // 2), fill=RULE, width=2)
    return bottom + GAP + SECTION


def draw_tile(
    canvas: Image.Image, draw: ImageDraw.ImageDraw, tile: Tile, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    """Draw one picture, cut to the size's proportions, with its caption at the left and its note at the right below."""
    (left, top), (width, height) = corner, size
    picture = Image.fromarray(tile.picture)
    if picture.size != size:
        picture = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    canvas.paste(picture, corner)
    note_width = font(14).getlength(tile.note) + (8 if tile.note else 0)
    caption = shorten(tile.caption, font(17), width - note_width)
    baseline = top + height + 8 + 13
    draw.text((left, baseline), caption, fill=INK, font=font(17), anchor="ls")
    draw.text((left + width, baseline), tile.note, fill=GREY, font=font(14), anchor="rs")


def draw_label(draw: ImageDraw.ImageDraw, row: Row, corner: tuple[int, int], side: int) -> None:
    """Draw a row's label, vertically centred beside its tiles."""
    left, top = corner
    room = side - 2 * GAP
    lines = wrap(row.detail, font(17), room)
    middle = top + side // 2 - 12 * len(lines)
    draw.text((left, middle), shorten(row.label, font(30), room), fill=INK, font=font(30), anchor="lm")
    for index, line in enumerate(lines):
        draw.text((left, middle + 34 + 23 * index), line, fill=GREY, font=font(17), anchor="lm")


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Load Pillow's own scalable font."""
    return ImageFont.load_default(size)  # type: ignore[return-value]


def shorten(text: str, face: ImageFont.FreeTypeFont, room: float) -> str:
    """Cut a text that is wider than the room and end it with an ellipsis."""
    if face.getlength(text) <= room:
        return text
    while text and face.getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrap(text: str, face: ImageFont.FreeTypeFont, room: float) -> list[str]:
    """Break a text into lines that fit the room."""
    lines: list[str] = []
    for word in text.split():
        if lines and face.getlength(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
