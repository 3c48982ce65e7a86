"""``mien edit --model morphable`` with something wrong: one line that says what to do, and nothing half-written."""

from pathlib import Path

import numpy as np
import pytest

from mienkit.cli.entry import main
from mienkit.core.errors import FaceError
from mienkit.morphable.camera import Angles, pose_of_angles, project
from mienkit.morphable.correspondence import load_correspondence
from mienkit.morphable.head import load_head_model
from mienkit.systems import morphable
from mienkit.systems.morphable import Morphable

Capture = pytest.CaptureFixture[str]


def landmarks_of_head(yaw: float = 0.0, scale: float = 20.0) -> np.ndarray:
    """Return the 68 landmarks of the neutral head, turned to a side, in a crop of 512 pixels."""
    points = load_correspondence(68).pick(load_head_model().neutral).astype(np.float64)
    pose = pose_of_angles(Angles(yaw, 0.0, 0.0), scale, np.array([256.0, 256.0]))
    return project(points, pose)[:, :2].astype(np.float32)


def show(monkeypatch: pytest.MonkeyPatch, landmarks: np.ndarray) -> None:
    """Let every face have these landmarks."""
    monkeypatch.setattr(Morphable, "landmarks", lambda *_: (landmarks, None))


def refused(photo: Path, capsys: Capture, *words: str, extra: tuple[str, ...] = ()) -> None:
    """Edit a photo and see that one line refuses it, and that nothing was written."""
    before = sorted(photo.parent.iterdir())
    out = photo.with_name("smile.png")
    assert main(["edit", str(photo), "--model", "morphable", "--au", "AU12=1", "-o", str(out), *extra]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error"]
    assert [word for word in words if word not in lines[0]] == []
    assert sorted(photo.parent.iterdir()) == before


@pytest.mark.usefixtures("fake_instruments")
def test_a_missing_head_model_names_the_command_that_brings_it(
    photo: Path, capsys: Capture, without_ict_facekit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, np.zeros((68, 2), np.float32))
    refused(photo, capsys, "ict_facekit.npz", without_ict_facekit)


@pytest.mark.usefixtures("fake_instruments")
def test_missing_numba_names_what_to_install(
    photo: Path, capsys: Capture, without_numba: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, landmarks_of_head())
    refused(photo, capsys, without_numba)


@pytest.mark.usefixtures("fake_instruments", "head_model")
def test_a_profile_is_refused(photo: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    show(monkeypatch, landmarks_of_head(yaw=60.0))
    refused(photo, capsys, "turned by", "degrees", "looks more at the camera")


@pytest.mark.usefixtures("head_model")
def test_a_face_that_looks_half_aside_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    show(monkeypatch, landmarks_of_head(yaw=38.0))
    fit = Morphable(Morphable.Config()).fit(np.zeros((512, 512, 3), np.uint8))
    assert fit.pose.angles.yaw == pytest.approx(38.0, abs=3.0)


@pytest.mark.usefixtures("fake_instruments", "head_model")
def test_a_tiny_face_is_refused(photo: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    show(monkeypatch, landmarks_of_head(scale=0.4))
    refused(photo, capsys, "span less than 8 pixels", "take a larger picture")


@pytest.mark.usefixtures("fake_instruments")
def test_a_picture_without_a_face_is_refused(no_face: Path, capsys: Capture) -> None:
    refused(no_face, capsys, "no face was found in", "wall.png")


@pytest.mark.usefixtures("fake_instruments")
def test_a_face_that_is_not_there_is_refused_with_how_many_there_are(photo: Path, capsys: Capture) -> None:
    refused(photo, capsys, "shows 1 face(s)", "no number 1", extra=("--face", "1"))


def test_a_fit_that_breaks_down_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError("singular matrix")

    show(monkeypatch, np.zeros((68, 2), np.float32))
    monkeypatch.setattr(morphable, "fit_head", break_down)
    with pytest.raises(FaceError, match="no head fits the face"):
        Morphable(Morphable.Config()).fit(np.zeros((64, 64, 3), np.uint8))
