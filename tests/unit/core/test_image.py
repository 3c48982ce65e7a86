import numpy as np
import pytest
import torch

from mienkit.core.image import to_float, to_uint8, unchanged_share


def test_every_grey_value_survives_the_way_there_and_back():
    pictures = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    assert np.array_equal(to_uint8(to_float(pictures)), pictures)


def test_black_is_minus_one_and_white_is_one():
    image = to_float(np.array([[[0, 255, 0]]], np.uint8))
    assert image.shape == (1, 3, 1, 1)
    assert image.flatten().tolist() == pytest.approx([-1, 1, -1])


def test_channels_and_rows_stand_where_they_belong():
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[1, 2, 0] = 255
    image = to_float(picture)
    assert image[0, 0, 1, 2] == 1
    assert (image == 1).sum() == 1
    assert to_float(np.stack([picture, picture])).shape == (2, 3, 2, 3)


def test_pictures_that_are_views_are_taken():
    picture = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    assert np.array_equal(to_uint8(to_float(picture[:, ::-1]))[0], picture[:, ::-1])


def test_numbers_out_of_range_are_clipped_and_halves_rounded():
    image = torch.tensor([-3.0, 3.0, 0.5 / 127.5 * 1.02 - 1]).reshape(1, 3, 1, 1)
    assert to_uint8(image).flatten().tolist() == [0, 255, 1]


def test_gradients_and_half_precision_are_no_hindrance():
    image = torch.zeros(1, 3, 2, 2, dtype=torch.bfloat16, requires_grad=True)
    assert to_uint8(image).dtype == np.uint8


def test_unchanged_share_counts_pixels_that_differ_in_no_channel() -> None:
    before = np.zeros((2, 3, 3), np.uint8)
    after = before.copy()
    after[0, 0, 1] = after[1, 2] = 7
    assert unchanged_share(after, before) == pytest.approx(4 / 6)
    assert unchanged_share(before, before) == 1
