"""Edits that move the photo's own pixels."""

import cv2
import numpy as np
import pytest

from mienkit.face.align import Alignment, crop_face
from mienkit.face.movement import CropMotion, move_face
from mienkit.geometry.similarity import similarity

SIDE = 128
EYE = (40, 56, 64, 96)
"""Top, bottom, left and right of what moves, in pixels of a crop."""


def textured(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A photo that is smooth with a fine grain, like skin."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(60, 190, (height // 32, width // 32, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(rng.normal(0, 40, (height, width, 3)).astype(np.float32), (0, 0), 1.0)
    return np.clip(smooth + grain, 0, 255).astype(np.uint8)


def soft_spot(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """A map that is 1 inside a rectangle of the crop and goes softly to 0, exactly 0 further out."""
    spot = np.zeros((SIDE, SIDE), np.float32)
    spot[top:bottom, left:right] = 1
    return np.clip(1.2 * cv2.GaussianBlur(spot, (0, 0), 3.0) - 0.1, 0, 1)


def make_motion(flow=(0.0, 0.0), colour=(0.0, 0.0, 0.0), fresh=0.0, spot=None) -> CropMotion:
    spot = soft_spot(*EYE) if spot is None else spot
    return CropMotion(
        flow=spot[..., None] * np.float32(flow), colour=spot[..., None] * np.float32(colour), fresh=spot * fresh
    )


def edited_crop(photo: np.ndarray, motion: CropMotion, place: Alignment) -> np.ndarray:
    """What a network makes of the crop: moved, then coloured."""
    crop = crop_face(photo, place).astype(np.float32)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    moved = cv2.remap(crop, columns + motion.flow[..., 0], rows + motion.flow[..., 1], cv2.INTER_LINEAR)
    return np.clip(np.rint(moved + motion.colour), 0, 255).astype(np.uint8)


def fine_energy(picture: np.ndarray) -> float:
    picture = picture.astype(np.float32)
    return float((picture - cv2.GaussianBlur(picture, (0, 0), 2.0)).std())


LARGE = Alignment(similarity(0.125, 0.0, np.zeros(2)), SIDE)
"""The crop is the whole of a photo of 1024 pixels."""
TURNED = Alignment(similarity(0.25, 0.2, np.array([-20.0, -60.0])), SIDE)


@pytest.mark.parametrize("place", [LARGE, TURNED, Alignment(similarity(3.0, 0.1, np.array([-900.0, -900.0])), SIDE)])
def test_no_motion_gives_the_photo_back_bit_for_bit(place: Alignment) -> None:
    photo = textured(1024, 1024)
    motion = make_motion()
    assert np.array_equal(move_face(photo, edited_crop(photo, motion, place), motion, place), photo)


def test_a_flow_too_small_to_see_is_none() -> None:
    photo = textured(512, 512)
    still = make_motion((0.04, -0.03), (0.2, -0.2, 0.1), 0.01, np.ones((SIDE, SIDE), np.float32))
    assert np.array_equal(move_face(photo, edited_crop(photo, still, TURNED), still, TURNED), photo)


def test_pixels_outside_of_the_motion_stay_bit_identical_and_the_photo_is_not_written_to() -> None:
    photo = textured(1024, 1024)
    before, motion = photo.copy(), make_motion((2.5, -1.0), (12.0, 0.0, -8.0))
    result = move_face(photo, edited_crop(photo, motion, LARGE), motion, LARGE)
    assert np.array_equal(photo, before)
    rows, columns = np.nonzero((result != photo).any(2))
    assert rows.min() > 8 * (EYE[0] - 10)
    assert rows.max() < 8 * (EYE[1] + 10)
    assert columns.min() > 8 * (EYE[2] - 10)
    assert columns.max() < 8 * (EYE[3] + 10)


def test_a_moved_eye_of_a_large_photo_stays_sharp() -> None:
    photo, motion = textured(1024, 1024), make_motion((2.3, -1.4))
    crop = edited_crop(photo, motion, LARGE)
    result = move_face(photo, crop, motion, LARGE)
    inside = np.s_[8 * 44 : 8 * 52, 8 * 70 : 8 * 90]
    assert fine_energy(result[inside]) > 0.85 * fine_energy(photo[inside])
    blurred = cv2.resize(crop, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    assert fine_energy(result[inside]) > 5 * fine_energy(blurred[inside])


def test_the_photo_moves_by_the_flow_in_its_own_pixels() -> None:
    photo, motion = textured(1024, 1024), make_motion((2.0, -1.5), spot=soft_spot(30, 90, 30, 100))
    result = move_face(photo, edited_crop(photo, motion, LARGE), motion, LARGE).astype(int)
    fetched = photo[400 - 12 : 560 - 12, 400 + 16 : 600 + 16]
    assert np.abs(result[400:560, 400:600] - fetched).max() <= 2


@pytest.mark.parametrize("place", [LARGE, TURNED, Alignment(similarity(1.5, 0.1, np.array([-60.0, -80.0])), SIDE)])
def test_seen_at_the_size_of_the_crop_it_is_the_edited_crop(place: Alignment) -> None:
    photo = cv2.GaussianBlur(textured(1024, 1024), (0, 0), 2.0)
    motion = make_motion((1.8, 1.1), (15.0, -10.0, 5.0))
    crop = edited_crop(photo, motion, place)
    again = crop_face(move_face(photo, crop, motion, place), place)
    inside = np.s_[EYE[0] : EYE[1], EYE[2] : EYE[3]]
    changed = np.abs(crop_face(photo, place)[inside].astype(int) - crop[inside]).mean()
    assert np.abs(again[inside].astype(int) - crop[inside]).mean() < min(1.5, 0.2 * changed)


def test_where_all_is_new_nothing_of_the_photos_detail_stays() -> None:
    photo, motion = textured(1024, 1024), make_motion(fresh=1.0)
    crop = np.full((SIDE, SIDE, 3), (200, 180, 170), np.uint8)
    result = move_face(photo, crop, motion, LARGE)
    assert np.abs(result[8 * 46 : 8 * 50, 8 * 75 : 8 * 85].astype(int) - (200, 180, 170)).max() <= 1


def test_shading_keeps_the_photos_detail() -> None:
    photo, motion = textured(1024, 1024), make_motion(colour=(-25.0, -25.0, -25.0), fresh=0.25)
    result = move_face(photo, edited_crop(photo, motion, LARGE), motion, LARGE)
    inside = np.s_[8 * 45 : 8 * 51, 8 * 72 : 8 * 88]
    assert fine_energy(result[inside]) == pytest.approx(fine_energy(photo[inside]), rel=0.02)
    assert (photo[inside].astype(float) - result[inside]).mean() == pytest.approx(25, abs=2)


def test_a_face_that_hangs_over_the_edge_is_moved_where_there_is_photo() -> None:
    photo, place = textured(256, 256), Alignment(similarity(0.5, 0.1, np.array([40.0, 20.0])), SIDE)
    motion = make_motion((3.0, 0.0), spot=soft_spot(20, 100, 20, 100))
    result = move_face(photo, edited_crop(photo, motion, place), motion, place)
    assert (result != photo).any()
    assert np.array_equal(result[200:, 200:], photo[200:, 200:])


def test_a_face_outside_the_photo_changes_nothing() -> None:
    photo, place = textured(128, 128), Alignment(similarity(1.0, 0.0, np.array([5000.0, 0.0])), SIDE)
    motion = make_motion((3.0, 0.0), fresh=1.0)
    crop = np.zeros((SIDE, SIDE, 3), np.uint8)
    assert np.array_equal(move_face(photo, crop, motion, place), photo)
