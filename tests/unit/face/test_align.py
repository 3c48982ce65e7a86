"""From a photo to the template and back."""

import cv2
import numpy as np
import pytest
from fake_meter import PORTRAIT_EYES, PORTRAIT_MOUTH, plain_landmarks

from mienkit.core.errors import UnknownNameError
from mienkit.face.align import Alignment, align_box, align_landmarks, crop_face
from mienkit.face.detector import Box
from mienkit.geometry.similarity import angle_of, apply, similarity, to_pixel_centres

MATRIX = similarity(0.5, 0.3, np.array([12.0, -7.0]))


def gradient(height: int, width: int) -> np.ndarray:
    """Draw a picture whose red is x and whose green is y (in continuous coordinates, twice)."""
    y, x = np.mgrid[0:height, 0:width] + 0.5
    return np.rint(np.dstack([2 * x, 2 * y, np.full_like(x, 100)])).astype(np.uint8)


def test_eyes_and_mouth_meet_the_template_exactly() -> None:
    landmarks = apply(MATRIX, plain_landmarks() + np.random.default_rng(0).normal(0, 3, (68, 2)))
    placed = align_landmarks(landmarks).to_crop(landmarks)
    assert np.allclose(placed[[36, 39, 42, 45]].mean(0), (128, 86))
    assert np.allclose(placed[[48, 54]].mean(0), (128, 156))


def test_the_distance_of_the_eyes_stays_the_persons_own() -> None:
    wide = plain_landmarks()
    wide[[36, 39]] -= (10, 0)
    wide[[42, 45]] += (10, 0)
    placed = align_landmarks(wide).to_crop(wide)
    assert placed[42, 0] - placed[39, 0] == pytest.approx(144 - 112 + 20)


def test_gaze_and_jaw_do_not_move_the_crop() -> None:
    moved = plain_landmarks()
    moved[[37, 38, 40, 41, 8, 57, 66]] += 9
    assert np.allclose(align_landmarks(moved).matrix, align_landmarks(plain_landmarks()).matrix)


def test_a_crop_of_half_the_size_shows_the_same_place() -> None:
    alignment = align_landmarks(apply(MATRIX, plain_landmarks()))
    point = np.array([33.0, 44.0])
    assert np.allclose(alignment.resized(128).to_photo(point / 2), alignment.to_photo(point))
    assert alignment.resized(128).scale == pytest.approx(2 * alignment.scale)


def test_to_photo_undoes_to_crop() -> None:
    alignment = align_landmarks(apply(MATRIX, plain_landmarks()))
    points = np.random.default_rng(1).normal(100, 50, (5, 2))
    assert np.allclose(alignment.to_photo(alignment.to_crop(points)), points)


def test_an_upright_crop_of_the_same_scale_copies_pixels() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    crop = crop_face(picture, Alignment(similarity(1.0, 0.0, np.array([-20.0, -10.0])), 32))
    assert np.array_equal(crop, picture[10:42, 20:52])


@pytest.mark.parametrize("scale", [0.31, 0.5, 1.0, 1.7])
def test_crops_keep_continuous_coordinates_at_any_scale(scale: float) -> None:
    alignment = Alignment(similarity(scale, 0.2, np.array([4.0, -9.0])), 24)
    centre = np.array([60.0, 55.0])
    matrix = alignment.matrix.copy()
    matrix[:, 2] += 12 - apply(matrix, centre)
    crop = crop_face(gradient(120, 120), Alignment(matrix, 24)).astype(float)
    assert np.allclose(crop[11:13, 11:13, :2].mean((0, 1)) / 2, centre, atol=0.3)


def test_what_lies_outside_the_photo_is_its_mirror_image() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    crop = crop_face(picture, Alignment(similarity(1.0, 0.0, np.array([10.0, 0.0])), 32))
    assert np.array_equal(crop[:, :10], picture[:32, 10:0:-1])


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 3), (5, 2, 3)])
def test_tiny_photos_can_be_cropped(shape: tuple[int, int, int]) -> None:
    picture = np.full(shape, 77, np.uint8)
    assert np.all(crop_face(picture, Alignment(similarity(3.0, 0.1, np.array([2.0, 2.0])), 64)) == 77)


def test_reducing_averages_instead_of_aliasing() -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    picture[::2] = 255
    crop = crop_face(picture, Alignment(similarity(0.1, 0.05, np.zeros(2)), 32))
    assert crop[4:-4, 4:-4].std() < 3


@pytest.mark.parametrize("scale", [1.05, 1.4, 1.6, 2.5, 2.9, 4.0, 7.3])
def test_each_pixel_of_a_reduced_crop_is_the_mean_of_what_it_covers(scale: float) -> None:
    fine = np.random.default_rng(0).normal(128, 400, (500, 500, 3)).astype(np.float32)
    picture = np.clip(cv2.GaussianBlur(fine, (0, 0), max(1.5, scale)), 0, 255).astype(np.uint8)
    place = Alignment(similarity(1 / scale, 0.15, np.array([-5.0, -30.0])), 40)
    exact = cv2.warpAffine(
        picture, to_pixel_centres(place.resized(640).matrix), (640, 640), flags=cv2.INTER_CUBIC
    ).reshape(40, 16, 40, 16, 3).mean((1, 3))  # fmt: skip
    error = np.sqrt(np.square(crop_face(picture, place) - exact).mean())
    assert error < 0.04 * picture.std()


def test_only_the_surroundings_of_the_face_are_read() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    alignment = Alignment(similarity(0.7, 0.2, np.array([-70.0, -80.0])), 32)
    elsewhere = picture.copy()
    elsewhere[:60], elsewhere[:, :60] = 0, 0
    assert np.array_equal(crop_face(picture, alignment), crop_face(elsewhere, alignment))


def test_a_dlib_box_puts_the_face_near_the_template(portrait: np.ndarray) -> None:
    alignment = align_box(Box(179, 83, 267, 171, 1.5), 256, "dlib")
    eyes, mouth = alignment.to_crop(PORTRAIT_EYES).mean(0), alignment.to_crop(PORTRAIT_MOUTH)
    assert np.allclose(eyes, (128, 86), atol=20)
    assert np.allclose(mouth, (128, 156), atol=20)


def test_a_box_alone_never_turns_the_face() -> None:
    assert angle_of(align_box(Box(0, 0, 50, 50, 1.0), 128, "dlib").matrix) == 0


def test_boxes_of_an_unmeasured_detector_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="measured detector"):
        align_box(Box(0, 0, 1, 1, 1.0), 128, "yolo")


def test_the_photo_tables_crops_are_reproduced(shared_data) -> None:
    """The table's crops fit the template by their stored landmarks to within its own remeasured error."""
    pyarrow = pytest.importorskip("pyarrow.dataset")
    files = sorted(map(str, shared_data.glob("photos-*.parquet")))
    rows = pyarrow.dataset(files).head(50, columns=["landmarks68"]).to_pydict()["landmarks68"]
    for row in rows:
        alignment = align_landmarks(np.reshape(row, (68, 2)))
        assert np.allclose(alignment.to_photo(np.array([128.0, 128.0])), 128, atol=8)
        assert alignment.scale == pytest.approx(1, abs=0.1)
