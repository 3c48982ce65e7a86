"""The faces of a photo: found, aligned and measured."""

from pathlib import Path

import numpy as np
import pytest
import torch
from fake_meter import FakeMeter, plain_landmarks

from mienkit.core.errors import ConfigError, FaceError
from mienkit.core.image import Picture
from mienkit.face.align import align_box, align_landmarks
from mienkit.face.detector import Box, load_detector
from mienkit.face.find import find_faces
from mienkit.face.photo import Photo

SMALL = Box(20, 20, 80, 80, 1.0)
LARGE = Box(200, 90, 320, 210, 1.0)
MIDDLE = Box(400, 300, 490, 390, 1.0)


class FixedDetector:
    """Finds the same boxes in every picture."""

    name = "dlib"

    def __init__(self, *boxes: Box) -> None:
        self.boxes = list(boxes)
        self.seen: list[Picture] = []

    def detect(self, picture: Picture) -> list[Box]:
        self.seen.append(picture)
        return self.boxes


def test_the_largest_face_is_the_default(photo: Photo, meter: FakeMeter) -> None:
    (face,) = find_faces(photo, FixedDetector(SMALL, LARGE, MIDDLE), meter)
    assert face.box is LARGE


def test_all_faces_come_largest_first(photo: Photo, meter: FakeMeter) -> None:
    faces = find_faces(photo, FixedDetector(SMALL, LARGE, MIDDLE), meter, "all")
    assert [face.box for face in faces] == [LARGE, MIDDLE, SMALL]


@pytest.mark.parametrize(("which", "box"), [("0", LARGE), ("1", MIDDLE), ("2", SMALL)])
def test_a_face_can_be_asked_for_by_number(photo: Photo, meter: FakeMeter, which: str, box: Box) -> None:
    (face,) = find_faces(photo, FixedDetector(SMALL, LARGE, MIDDLE), meter, which)
    assert face.box is box


def test_a_number_that_does_not_exist_says_how_many_there_are(photo: Photo, meter: FakeMeter) -> None:
    with pytest.raises(FaceError, match=r"portrait\.png shows 2 face\(s\), so there is no number 2"):
        find_faces(photo, FixedDetector(SMALL, LARGE), meter, "2")


@pytest.mark.parametrize("which", ["biggest", "-1", "1.5", ""])
def test_a_wrong_choice_says_what_there_is(photo: Photo, meter: FakeMeter, which: str) -> None:
    with pytest.raises(ConfigError, match="largest, all, or a number"):
        find_faces(photo, FixedDetector(SMALL), meter, which)


def test_no_face_says_what_to_do(photo: Photo, meter: FakeMeter) -> None:
    with pytest.raises(FaceError, match=r"no face was found in portrait\.png; .*--face-backend mediapipe"):
        find_faces(photo, FixedDetector(), meter)


def test_a_box_is_measured_aligned_and_measured_again(photo: Photo) -> None:
    tilted = plain_landmarks(128)
    tilted[[48, 54]] += (12, 2)
    meter = FakeMeter(tilted)
    (face,) = find_faces(photo, FixedDetector(LARGE), meter)
    assert [tuple(crop.shape) for crop in meter.crops] == [(1, 3, 128, 128)] * 2
    assert not torch.equal(*meter.crops)
    rough = align_box(LARGE, 128, "dlib")
    expected = align_landmarks(rough.to_photo(tilted))
    assert np.allclose(face.alignment.matrix, expected.matrix, rtol=1e-5, atol=1e-4)
    assert face.alignment.size == 256
    assert np.allclose(face.landmarks, expected.resized(128).to_photo(tilted), atol=1e-3)


def test_a_detectors_own_landmarks_align_the_face(photo: Photo, meter: FakeMeter) -> None:
    landmarks = plain_landmarks() * 0.5 + (180.0, 60.0)
    box = Box(190, 75, 290, 175, 1.0, landmarks)
    (face,) = find_faces(photo, FixedDetector(box), meter)
    assert len(meter.crops) == 1
    assert face.landmarks is landmarks
    assert np.allclose(face.alignment.to_crop(landmarks), plain_landmarks())


def nowhere() -> np.ndarray:
    return np.full((68, 2), 64.0)


def far_away() -> np.ndarray:
    return plain_landmarks(128) + 150


def tiny() -> np.ndarray:
    return plain_landmarks(128) * 0.3 + 45


def not_a_number() -> np.ndarray:
    return plain_landmarks(128) * np.nan


@pytest.mark.parametrize("nonsense", [nowhere, far_away, tiny, not_a_number])
def test_a_box_whose_measurement_is_nonsense_is_no_face(photo: Photo, nonsense) -> None:
    with pytest.raises(FaceError, match="no face was found"):
        find_faces(photo, FixedDetector(LARGE), FakeMeter(nonsense()))


def test_a_face_found_twice_is_one_face(photo: Photo, meter: FakeMeter) -> None:
    again = Box(206, 92, 322, 208, 0.3)
    assert len(find_faces(photo, FixedDetector(LARGE, again, SMALL), meter, "all")) == 2


def test_transparent_parts_are_not_looked_at(portrait: np.ndarray, meter: FakeMeter) -> None:
    photo = Photo(portrait, alpha=np.zeros(portrait.shape[:2], np.uint8))
    detector = FixedDetector(LARGE)
    find_faces(photo, detector, meter)
    assert np.all(detector.seen[0] == 128)


def test_measuring_keeps_no_gradients(photo: Photo) -> None:
    class TrainableMeter(FakeMeter):
        def measure(self, image):
            assert not torch.is_grad_enabled()
            return super().measure(image)

    find_faces(photo, FixedDetector(LARGE), TrainableMeter())


def test_a_flat_picture_has_no_face(meter: FakeMeter) -> None:
    with pytest.raises(FaceError, match="the picture"):
        find_faces(Photo(np.full((200, 200, 3), 90, np.uint8)), load_detector("dlib"), meter)


def test_the_portraits_face_is_found_with_dlib(portrait: np.ndarray, meter: FakeMeter) -> None:
    (face,) = find_faces(Photo(portrait, Path("portrait.png")), load_detector("dlib"), meter)
    assert np.allclose(face.alignment.to_photo(np.array([128.0, 120.0])), (224, 120), atol=12)


def test_mediapipe_aligns_the_portrait_to_the_template(photo: Photo, meter: FakeMeter, mediapipe_model: Path) -> None:
    (face,) = find_faces(photo, load_detector("mediapipe"), meter)
    placed = face.alignment.to_crop(face.landmarks)
    assert np.allclose(placed[[36, 39, 42, 45]].mean(0), (128, 86))
    assert np.allclose(placed[[48, 54]].mean(0), (128, 156))
