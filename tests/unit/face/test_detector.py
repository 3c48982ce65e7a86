"""Detectors find the portrait's face, and say what is missing when they cannot."""

import builtins
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fake_meter import PORTRAIT_EYES, PORTRAIT_MOUTH

from mienkit.core.errors import AssetError, MissingExtraError, UnknownNameError
from mienkit.face.detector import DETECTORS, Detector, load_detector
from mienkit.face.detectors.dlib import reduce_picture
from mienkit.face.detectors.mediapipe import MediapipeLandmarker


@pytest.fixture(scope="module")
def dlib_detector() -> Detector:
    return load_detector("dlib")


def test_an_unknown_detector_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownNameError, match="choose one of dlib, mediapipe"):
        load_detector("haar")


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_carries_the_name_that_it_is_loaded_by(name: str) -> None:
    assert DETECTORS[name].name == name


def test_dlib_finds_the_portraits_face(portrait: np.ndarray, dlib_detector: Detector) -> None:
    (box,) = dlib_detector.detect(portrait)
    assert box.left < PORTRAIT_EYES[0, 0]
    assert PORTRAIT_EYES[1, 0] < box.right
    assert box.top < PORTRAIT_EYES[:, 1].min()
    assert PORTRAIT_MOUTH[1] < box.bottom
    assert box.score > 0
    assert box.landmarks is None


def test_dlib_drops_doubtful_boxes_beside_a_sure_one(portrait: np.ndarray, dlib_detector: Detector) -> None:
    # HOG also sees something in the badge of the space suit, with a score of 0.04.
    assert len(dlib_detector.detect(portrait)) == 1


def test_dlib_gives_boxes_in_pixels_of_the_photo_at_any_size(portrait: np.ndarray, dlib_detector: Detector) -> None:
    (box,) = dlib_detector.detect(portrait)
    (larger,) = dlib_detector.detect(np.repeat(np.repeat(portrait, 4, 0), 4, 1))
    shift = np.array([larger.left, larger.top, larger.right, larger.bottom]) / 4 - [
        box.left,
        box.top,
        box.right,
        box.bottom,
    ]
    assert np.abs(shift).max() < 0.15 * (box.right - box.left)


def test_dlib_looks_closer_where_it_finds_nothing_at_first(portrait: np.ndarray, dlib_detector: Detector) -> None:
    wide = np.full((1200, 1600, 3), 127, np.uint8)
    wide[300:812, 700:1212] = portrait
    (box,) = dlib_detector.detect(wide)
    assert abs((box.left + box.right) / 2 - (700 + 225)) < 20
    assert abs((box.top + box.bottom) / 2 - (300 + 125)) < 20


def test_dlib_finds_no_face_where_there_is_none(dlib_detector: Detector) -> None:
    assert dlib_detector.detect(np.full((100, 120, 3), 127, np.uint8)) == []
    assert dlib_detector.detect(np.zeros((1, 1, 3), np.uint8)) == []


def test_mediapipe_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    really_import = builtins.__import__

    def without_mediapipe(name: str, *rest: object) -> object:
        if name == "mediapipe":
            raise ImportError(name)
        return really_import(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_mediapipe)
    with pytest.raises(MissingExtraError, match=r"pip install 'mienkit\[mediapipe\]'"):
        load_detector("mediapipe")


def test_mediapipe_without_its_model_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mienkit.face.detectors.mediapipe._import_mediapipe", SimpleNamespace)
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path))
    with pytest.raises(AssetError, match="mien fetch mediapipe"):
        load_detector("mediapipe")


def test_a_damaged_mediapipe_model_is_an_asset_error(
    tmp_path: Path, mediapipe_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / mediapipe_model.name).write_bytes(b"\0" * mediapipe_model.stat().st_size)
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path))
    with pytest.raises(AssetError, match="remove it"):
        load_detector("mediapipe")


def test_mediapipe_reads_landmarks_blendshapes_and_pose(
    portrait: np.ndarray, mediapipe_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    landmarker = MediapipeLandmarker()
    (face,) = landmarker.read(portrait)
    landmarker.close()
    eyes = face.landmarks[[36, 39, 42, 45]].reshape(2, 2, 2).mean(1)
    assert np.allclose(eyes, PORTRAIT_EYES, atol=2)
    assert np.allclose(face.landmarks[[48, 54]].mean(0), PORTRAIT_MOUTH, atol=2)
    assert face.landmarks478.shape == (478, 3)
    assert len(face.blendshapes) == 52
    assert face.blendshapes["mouthSmileLeft"] > 0.5
    assert face.matrix.shape == (4, 4)
    assert capfd.readouterr().err == ""


def test_mediapipe_finds_faces_that_are_small_in_their_photo(portrait: np.ndarray, mediapipe_model: Path) -> None:
    wide = np.full((1400, 2000, 3), 127, np.uint8)
    wide[200:712, 1200:1712] = portrait
    boxes = load_detector("mediapipe").detect(wide)
    assert boxes
    for box in boxes:
        assert box.landmarks is not None
        assert np.allclose(box.landmarks[[48, 54]].mean(0), PORTRAIT_MOUTH + (1200, 200), atol=3)
        assert (box.left, box.bottom) == (box.landmarks[:, 0].min(), box.landmarks[:, 1].max())


def test_mediapipe_finds_no_face_where_there_is_none(mediapipe_model: Path) -> None:
    assert load_detector("mediapipe").detect(np.full((100, 120, 3), 127, np.uint8)) == []


@pytest.mark.parametrize("shape", [(853, 640), (640, 853), (1001, 333), (320, 200), (100, 90)])
def test_a_reduced_picture_keeps_its_coordinates(shape: tuple[int, int]) -> None:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    picture = np.rint(np.dstack([x * 250 / shape[1], y * 250 / shape[0], x * 0])).astype(np.uint8)
    small, (down, across) = reduce_picture(picture, 320)
    assert max(small.shape[:2]) == min(320, max(shape))
    middle = small[small.shape[0] // 2, small.shape[1] // 2].astype(float)
    expected = (
        (small.shape[1] // 2 + 0.5) * across * 250 / shape[1],
        (small.shape[0] // 2 + 0.5) * down * 250 / shape[0],
    )
    assert np.allclose(middle[:2], expected, atol=1)


@pytest.mark.parametrize("shape", [(5000, 1, 3), (1, 5000, 3), (1, 1, 3), (3, 2000, 3)])
def test_a_picture_that_is_hardly_one_shows_no_face(shape: tuple[int, int, int], dlib_detector: Detector) -> None:
    assert dlib_detector.glance(np.zeros(shape, np.uint8)) == []
    assert dlib_detector.detect(np.zeros(shape, np.uint8)) == []
