"""What a face table covers, as a picture: a histogram of every action unit, emotions, splits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from mienkit.core.action_unit import ACTION_UNITS, unit_title
from mienkit.core.image import Picture
from mienkit.data.coverage import FEW, LEVELS, UNKNOWN, Coverage, UnitCoverage, cover_table
from mienkit.data.table import MANIFEST, open_table
from mienkit.face.output import check_output, write_atomically
from mienkit.inference.sheet import FOOTER, GREY, INK, MARGIN, RULE, STRIP, TEAL, WHITE, draw_strip, font, shorten

Color: TypeAlias = tuple[int, int, int]
Corner: TypeAlias = tuple[int, int]

COLUMNS = 4
PANEL = (324, 192)
"""Width and height of a histogram with its heading, in pixels."""
GUTTER = (32, 30)
"""Between panels, across and down."""
HEADING = 44
AXIS = 20
"""Height of the names under bars."""
NUMBERS = 16
"""Height that the number above the tallest bar needs."""

ABSENT: Color = (190, 198, 209)
"""Of bars at level 0, which show nothing."""
TRACE: Color = (160, 214, 208)
"""Of bars at level A, of which a part is above 0.2 and a part is not."""
WARNING: Color = (180, 83, 9)
COLORS: Mapping[str, Color] = {"0": ABSENT, "A": TRACE}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of a panel."""

    name: str
    count: int
    color: Color
    hollow: bool = False
    """It stands for what nobody knows."""


def show_coverage(path: Path, out: Path, *, force: bool = False) -> Coverage:
    """Count what a table covers and draw it, as a PNG.

    Raises:
        TableError: the table is broken.
        OutputError: the picture exists already, is one of the table's files, or cannot be written.
    """
    table = open_table(path)
    check_output(out, [*table.shards, path / MANIFEST], force)
    coverage = cover_table(table)
    write_coverage(out, path.name, coverage)
    return coverage


def write_coverage(out: Path, name: str, coverage: Coverage) -> None:
    """Draw what a table covers, as a PNG.

    Args:
        out: where to; what is there is replaced.
        name: of the table.
        coverage: what was counted.

    Raises:
        OutputError: the disk or its permissions do not allow it.
    """
    sheet = draw_coverage(name, coverage)
    write_atomically(out, lambda file: Image.fromarray(sheet).save(file, format="PNG", optimize=True))


def draw_coverage(name: str, coverage: Coverage) -> Picture:
    """Draw what a table covers, (H, W, 3)."""
    lines = -(-(len(ACTION_UNITS) + 3) // COLUMNS)
    width = 2 * MARGIN + COLUMNS * PANEL[0] + (COLUMNS - 1) * GUTTER[0]
    height = STRIP + MARGIN + lines * (PANEL[1] + GUTTER[1]) - GUTTER[1] + FOOTER
    canvas = Image.new("RGB", (width, height), WHITE)
    draw = ImageDraw.Draw(canvas)
    counts = f": {coverage.faces:,} faces of {coverage.subjects:,} people"
    name = shorten(name, font(34), width - 2 * MARGIN - font(34).getlength(counts))
    draw_strip(draw, width, f"{name}{counts}", origin(coverage))
    corners = [panel_corner(number) for number in range(len(ACTION_UNITS) + 3)]
    for (unit, counted), corner in zip(coverage.units.items(), corners, strict=False):
        draw_unit(draw, corner, unit, counted, coverage.faces)
    draw_emotions(draw, corners[-3], coverage)
    draw_splits(draw, corners[-2], coverage)
    draw_legend(draw, corners[-1])
    return np.asarray(canvas).copy()


def origin(coverage: Coverage) -> str:
    """Say where the faces are from and who told their units."""
    known = [name for name in coverage.measurers if name != UNKNOWN]
    told = f"action units by {some(known)}" if known else "nobody told their action units"
    return f"from {some(list(coverage.sources))}; {told}"


def some(names: Sequence[str]) -> str:
    """List a few names."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def panel_corner(number: int) -> Corner:
    """Return where a panel begins, left and top, in pixels."""
    line, column = divmod(number, COLUMNS)
    return MARGIN + column * (PANEL[0] + GUTTER[0]), STRIP + MARGIN + line * (PANEL[1] + GUTTER[1])


def draw_heading(
    draw: ImageDraw.ImageDraw, corner: Corner, title: str, detail: str, note: str = "", color: Color = GREY
) -> None:
    """Draw a panel's heading: its name, what that is, and a note at the right."""
    left, top = corner
    draw.text((left, top + 18), title, fill=INK, font=font(20), anchor="ls")
    start = left + font(20).getlength(title) + 8
    right = left + PANEL[0]
    room = right - start - font(15).getlength(note) - 8
    draw.text((start, top + 18), shorten(detail, font(15), room), fill=GREY, font=font(15), anchor="ls")
    draw.text((right, top + 18), note, fill=color, font=font(15), anchor="rs")
    draw.line((left, top + 26, right, top + 26), fill=RULE)


def draw_unit(draw: ImageDraw.ImageDraw, corner: Corner, unit: str, counted: UnitCoverage, faces: int) -> None:
    """Draw the histogram of an action unit over the levels of FACS, and of how many faces it is unknown."""
    known = sum(counted.levels) > 0
    note = f"{counted.shown:,} above 0.2" if known else "never measured"
    scarce = not known or counted.shown < FEW
    draw_heading(draw, corner, unit, unit_title(unit), note, WARNING if scarce else GREY)
    levels = zip(LEVELS, counted.levels, strict=True)
    bars = [Bar(name=name, count=count, color=COLORS.get(name, TEAL)) for name, count in levels]
    draw_bars(draw, corner, [*bars, Bar(name=UNKNOWN, count=counted.unknown, color=GREY, hollow=True)], faces)


def draw_bars(draw: ImageDraw.ImageDraw, corner: Corner, bars: Sequence[Bar], faces: int) -> None:
    """Draw upright bars with their numbers, as high as the logarithm of these; what nobody knows as a share of all."""
    left, top = corner
    floor, room = top + PANEL[1] - AXIS, PANEL[1] - HEADING - AXIS - NUMBERS
    for bar, (start, end) in zip(bars, bar_places(bars), strict=True):
        # The logarithm would make a small share of unknowns look like nearly all.
        length = round(room * bar.count / max(faces, 1)) if bar.hollow else bar_length(bar.count, faces, room)
        box = (left + start, floor - length, left + end, floor)
        middle = (box[0] + box[2]) // 2
        if bar.count:
            fill_bar(draw, box, bar)
        text = share(bar.count, faces) if bar.hollow else short_count(bar.count)
        draw.text((middle, box[1] - 4), text, fill=INK if bar.count else GREY, font=font(13), anchor="ms")
        draw.text((middle, floor + 5), bar.name, fill=GREY, font=font(13), anchor="mt")
    draw.line((left, floor, left + PANEL[0], floor), fill=GREY)


def bar_places(bars: Sequence[Bar]) -> Iterator[tuple[int, int]]:
    """Say where upright bars begin and end; what nobody knows stands a little apart, and its name needs room."""
    apart, widths = 0.4, [1.6 if bar.hollow else 1.0 for bar in bars]
    step = PANEL[0] / (sum(widths) + apart * any(bar.hollow for bar in bars))
    start = 0.0
    for bar, width in zip(bars, widths, strict=True):
        start += apart * step * bar.hollow
        yield round(start + 3), round(start + width * step - 3)
        start += width * step


def bar_length(count: int, faces: int, room: int) -> int:
    """Return the length of a bar in pixels: 0 for none, the whole room for all faces, equal steps for equal ratios."""
    return round(room * log10(1 + count) / log10(1 + max(faces, 1)))


def fill_bar(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], bar: Bar) -> None:
    """Fill a bar's box, or draw its outline where nobody knows."""
    if bar.hollow:
        draw.rectangle(box, outline=bar.color)
    else:
        draw.rectangle(box, fill=bar.color)


def short_count(count: int) -> str:
    """Write a number of faces so that it fits over a bar: 9,999, then 10.0k, 123k, 1.23M."""
    if count < 10_000:
        return f"{count:,}"
    if count < 999_500:
        return f"{count / 1e3:.{1 if count < 99_950 else 0}f}k"
    return f"{count / 1e6:.{2 if count < 9_995_000 else 1}f}M"


def share(count: int, faces: int) -> str:
    """Write a part of the faces in percent; some are never none, and not all are never all."""
    percent = 100 * count / max(faces, 1)
    if 0 < percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def draw_emotions(draw: ImageDraw.ImageDraw, corner: Corner, coverage: Coverage) -> None:
    """Draw how many faces have each emotion."""
    known = coverage.faces - coverage.emotions[UNKNOWN]
    draw_heading(draw, corner, "Emotions", "", f"{known:,} labelled")
    bars = [
        Bar(name=name, count=count, color=GREY if name == UNKNOWN else TEAL, hollow=name == UNKNOWN)
        for name, count in coverage.emotions.items()
    ]
    draw_lines(draw, corner, bars, {bar.name: f"{bar.count:,}" for bar in bars}, coverage.faces)


def draw_splits(draw: ImageDraw.ImageDraw, corner: Corner, coverage: Coverage) -> None:
    """Draw how many faces and people are in each split."""
    draw_heading(draw, corner, "Splits", "", f"{len(coverage.folds)} folds" if coverage.folds else "")
    bars = [Bar(name=name, count=part.faces, color=TEAL) for name, part in coverage.splits.items()]
    texts = {name: f"{part.faces:,} faces, {part.subjects:,} people" for name, part in coverage.splits.items()}
    draw_lines(draw, corner, bars, texts, coverage.faces)


def draw_lines(
    draw: ImageDraw.ImageDraw, corner: Corner, bars: Sequence[Bar], texts: Mapping[str, str], faces: int
) -> None:
    """Draw lying bars, as long as the number itself, with a text at each end."""
    left, top = corner[0], corner[1] + HEADING - 8
    step = min(24.0, (PANEL[1] - HEADING + 8) / len(bars))
    start = left + 82
    room = PANEL[0] - 82 - round(max(font(13).getlength(text) for text in texts.values())) - 10
    for number, bar in enumerate(bars):
        middle = round(top + step * (number + 0.5))
        end = start + round(room * bar.count / max(faces, 1))
        draw.text((left, middle), bar.name, fill=INK if bar.count else GREY, font=font(13), anchor="lm")
        if bar.count:
            fill_bar(draw, (start, middle - 5, max(end, start + 1), middle + 5), bar)
        draw.text((end + 8, middle), texts[bar.name], fill=INK if bar.count else GREY, font=font(13), anchor="lm")


def draw_legend(draw: ImageDraw.ImageDraw, corner: Corner) -> None:
    """Say how to read the histograms."""
    draw_heading(draw, corner, "How to read this", "")
    lines = (
        "Bars count faces by the nearest level of FACS:",
        "0 up to 0.1, A (a trace) up to 0.3, B up to 0.5,",
        "C up to 0.7, D up to 0.9, E above. Heights are",
        "logarithmic; the full height is the whole table.",
        "Hollow: the share that nobody measured. Orange:",
        f"fewer than {FEW} faces above 0.2, too few to use.",
    )
    for number, line in enumerate(lines):
        draw.text((corner[0], corner[1] + HEADING + 22 * number), line, fill=GREY, font=font(14), anchor="lm")
