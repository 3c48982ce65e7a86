"""An edited crop back into its photo."""

import cv2
import numpy as np
import pytest

from mienkit.face.align import Alignment, crop_face
from mienkit.face.paste import paste_face
from mienkit.geometry.similarity import similarity

PLACE = Alignment(similarity(1.9, 0.05, np.array([-310.0, -90.0])), 256)
"""About where the portrait's face is."""


def everywhere(size: int) -> np.ndarray:
    return np.ones((size, size), np.float32)


def spot(size: int, x: float = 0.5, y: float = 0.6, radius: float = 0.15) -> np.ndarray:
    """Draw a round change map; centre and radius in sides of the crop."""
    rows, columns = (np.mgrid[0:size, 0:size] + 0.5) / size
    return (np.hypot(columns - x, rows - y) < radius).astype(np.float32)


def tint(crop: np.ndarray) -> np.ndarray:
    return np.clip(crop * np.array([1.12, 1.0, 0.88]), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [64, 100, 128, 256, 400])
def test_a_crop_that_nobody_edited_gives_the_photo_back_bit_for_bit(portrait: np.ndarray, size: int) -> None:
    crop = crop_face(portrait, PLACE.resized(size))
    assert np.array_equal(paste_face(portrait, crop, everywhere(size), PLACE), portrait)


def test_pixels_outside_the_change_stay_bit_identical(portrait: np.ndarray) -> None:
    size = 128
    change = spot(size)
    edited = 255 - crop_face(portrait, PLACE.resized(size))
    result = paste_face(portrait, edited, change, PLACE)
    different = np.argwhere((result != portrait).any(2))[:, ::-1] + 0.5
    inside = PLACE.resized(size).to_crop(different) / size
    assert len(different) > 100
    assert np.hypot(*(inside - (0.5, 0.6)).T).max() < 0.15 + 0.05


def test_no_change_changes_nothing(portrait: np.ndarray) -> None:
    edited = np.zeros((128, 128, 3), np.uint8)
    assert np.array_equal(paste_face(portrait, edited, np.zeros((128, 128), np.float32), PLACE), portrait)


def test_a_change_under_one_level_is_no_change(portrait: np.ndarray) -> None:
    edited = np.zeros((128, 128, 3), np.uint8)
    faint = np.full((128, 128), 0.9 / 255, np.float32)
    assert np.array_equal(paste_face(portrait, edited, faint, PLACE), portrait)


def test_the_photo_itself_is_not_written_to(portrait: np.ndarray) -> None:
    before = portrait.copy()
    paste_face(portrait, np.zeros((64, 64, 3), np.uint8), everywhere(64), PLACE)
    assert np.array_equal(portrait, before)


def test_a_full_change_shows_the_edited_crop(portrait: np.ndarray) -> None:
    place = Alignment(similarity(1.0, 0.0, np.array([-150.0, -50.0])), 128)
    edited = np.full((128, 128, 3), (10, 200, 90), np.uint8)
    result = paste_face(portrait, edited, spot(128, radius=0.3), place)
    assert np.abs(result[50 + 77, 150 + 64].astype(int) - (10, 200, 90)).max() <= 3


def test_a_tint_of_the_whole_crop_leaves_no_seam() -> None:
    flat = np.full((300, 300, 3), 120, np.uint8)
    place = Alignment(similarity(0.8, 0.1, np.array([-60.0, -40.0])), 128)
    result = paste_face(flat, tint(crop_face(flat, place)), everywhere(128), place).astype(int)
    steps = max(np.abs(np.diff(result, axis=0)).max(), np.abs(np.diff(result, axis=1)).max())
    assert np.abs(result - 120).max() >= 13
    assert steps <= 4


def test_detail_finer_than_the_crop_survives_a_tint(portrait: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    large = cv2.resize(portrait, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    large = np.clip(large + rng.normal(0, 10, large.shape), 0, 255).astype(np.uint8)
    place = Alignment(PLACE.matrix * (0.25, 0.25, 1), 256)
    crop = crop_face(large, place.resized(128))
    result = paste_face(large, tint(crop), spot(128, 0.3, 0.55, 0.1), place)
    x, y = place.resized(128).to_photo(np.array([0.3 * 128, 0.55 * 128])).astype(int)
    window = np.s_[y - 20 : y + 20, x - 20 : x + 20, 1]
    fine = [picture[window] - cv2.GaussianBlur(picture[window], (0, 0), 2.0) for picture in
            (large.astype(np.float32), result.astype(np.float32))]  # fmt: skip
    assert fine[1].std() > 0.6 * fine[0].std()


def test_detail_is_not_laid_over_what_moved() -> None:
    """An edge that the edit took away must not come back as a ghost of fine lines."""
    striped = np.full((512, 512, 3), 128, np.uint8)
    striped[200:312, 200:312][::2] = 40
    striped[200:312, 200:312][1::2] = 60
    place = Alignment(similarity(0.25, 0.0, np.zeros(2)), 128)
    result = paste_face(striped, np.full((128, 128, 3), 128, np.uint8), everywhere(128), place)
    assert np.abs(result[225:287, 225:287].astype(int) - 128).max() <= 3


def test_a_face_that_hangs_over_the_edge_is_pasted_where_there_is_photo(portrait: np.ndarray) -> None:
    place = Alignment(similarity(1.0, 0.2, np.array([60.0, 40.0])), 128)
    edited = 255 - crop_face(portrait, place)
    result = paste_face(portrait, edited, everywhere(128), place)
    assert (result[:30, :30] != portrait[:30, :30]).any()
    assert np.array_equal(result[200:], portrait[200:])


def test_a_face_outside_the_photo_changes_nothing(portrait: np.ndarray) -> None:
    place = Alignment(similarity(1.0, 0.0, np.array([5000.0, 0.0])), 64)
    edited = np.zeros((64, 64, 3), np.uint8)
    assert np.array_equal(paste_face(portrait, edited, everywhere(64), place), portrait)


def test_a_small_face_is_pasted_without_aliasing() -> None:
    grey = np.full((200, 200, 3), 128, np.uint8)
    edited = np.full((128, 128, 3), 128, np.uint8)
    edited[::2] = 255
    edited[1::2] = 1
    place = Alignment(similarity(128 / 37, 0.0, np.array([-80.0 * 128 / 37] * 2)), 128)
    result = paste_face(grey, edited, everywhere(128), place)
    assert result[90:108, 90:108].astype(float).std() < 25


def test_a_half_transparent_mask_acts_once(portrait: np.ndarray) -> None:
    """E = M C + (1 - M) I is the model's own blend; laying it over the photo with M again would halve the edit."""
    original = crop_face(portrait, PLACE.resized(128)).astype(np.float32)
    flat = np.full_like(original, 200.0)
    edited = np.rint(0.5 * flat + 0.5 * original).astype(np.uint8)
    pasted = paste_face(portrait, edited, np.full((128, 128), 0.5, np.float32), PLACE)
    back = crop_face(pasted, PLACE.resized(128)).astype(np.float32)
    inside = (slice(20, 108), slice(20, 108))
    assert np.abs(back - edited)[inside].mean() < 3
