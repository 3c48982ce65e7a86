"""Contact sheets."""

import numpy as np
import pytest

from mienkit.core.image import Picture
from mienkit.inference.sheet import MARGIN, NIGHT, STRIP, Row, Sheet, Tile, draw_sheet, font, shorten, wrap


def plain(value: int, side: int = 48) -> Picture:
    return np.full((side, side, 3), value, np.uint8)


def test_every_picture_stands_on_the_sheet_unchanged() -> None:
    rows = [Row(label="AU12", tiles=[Tile(picture=plain(10 * n), caption=str(n)) for n in range(1, 4)])]
    sheet = draw_sheet(Sheet(title="t", rows=rows, tile=48))
    for value in (10, 20, 30):
        assert (sheet == value).all(axis=-1).sum() >= 48 * 48


def test_a_sheet_is_white_under_its_title_strip() -> None:
    sheet = draw_sheet(Sheet(title="t", rows=[Row(label="a", tiles=[Tile(picture=plain(99))])], tile=48))
    assert tuple(sheet[2, 2]) == NIGHT
    assert (sheet[STRIP : STRIP + MARGIN] == 255).all()
    assert (sheet[-4:] == 255).all()


def test_rows_of_different_lengths_fit() -> None:
    short, long = (Row(label="r", tiles=[Tile(picture=plain(7))] * count) for count in (1, 6))
    sheet = Sheet(title="t", rows=[short, long], tile=48)
    assert draw_sheet(sheet).shape == (sheet.height, sheet.width, 3)
    assert sheet.columns == 7


@pytest.mark.parametrize("count", [1, 7, 8])
def test_a_gallery_stands_beside_its_large_picture(count: int) -> None:
    gallery = [Tile(picture=plain(20 + n), caption=f"{n}") for n in range(count)]
    sheet = draw_sheet(Sheet(title="t", hero=Tile(picture=plain(200, 96)), gallery=gallery, tile=48))
    assert (sheet == 200).all(axis=-1).sum() > 4 * 48 * 48
    for n in range(count):
        assert (sheet == 20 + n).all(axis=-1).sum() >= 48 * 48


def test_text_that_is_too_long_ends_with_an_ellipsis() -> None:
    cut = shorten("a very long caption indeed", font(17), 80)
    assert cut.endswith("…")
    assert font(17).getlength(cut) <= 80
    assert shorten("short", font(17), 80) == "short"


def test_long_text_breaks_between_words() -> None:
    lines = wrap("inner brow raiser + outer brow raiser", font(17), 150)
    assert len(lines) > 1
    assert " ".join(lines) == "inner brow raiser + outer brow raiser"
