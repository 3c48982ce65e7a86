import cv2
import numpy as np
import pytest

from mienkit.core.errors import TableError
from mienkit.data.decode import decode_into, decode_picture, resize_picture


def png(picture):
    return cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def test_a_picture_comes_back_as_rgb():
    picture = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decode_picture(png(picture)), picture)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\xff\xd8\xff\xe0broken"])
def test_what_is_no_picture_gives_none(data):
    assert decode_picture(data) is None


def test_shrinking_averages_areas():
    board = np.zeros((8, 8, 3), np.uint8)
    board[::2, ::2] = 200
    assert set(np.unique(resize_picture(board, 4))) == {50}


def test_the_same_size_is_not_touched():
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    assert resize_picture(picture, 8) is picture


def test_pictures_land_in_their_rows():
    encoded = [png(np.full((8, 8, 3), value, np.uint8)) for value in range(50)]
    out = np.zeros((50, 4, 4, 3), np.uint8)
    decode_into(encoded, out, [str(value) for value in range(50)])
    np.testing.assert_array_equal(out[:, 0, 0, 0], np.arange(50))


def test_all_bad_pictures_are_named_at_once():
    good = png(np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(TableError, match="2 pictures cannot be read: b, d; see"):
        decode_into([good, b"x", good, b""], np.zeros((4, 8, 8, 3), np.uint8), list("abcd"))
