"""What every test may ask for."""

import os
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two workers with two threads each wait for one another on two cores
ROOT = Path(__file__).resolve().parent.parent


def shared(name: str, marker: str) -> Path:
    """Find a shared folder through MIENKIT_ASSETS or beside the repository, or skip the test."""
    places = [Path(place) for place in os.environ.get("MIENKIT_ASSETS", "").split(os.pathsep) if place]
    for place in [*places, ROOT.parent / "shared" / name]:
        if any(place.glob(marker)):
            return place
    pytest.skip(f"the shared {name} are not here")


@pytest.fixture(autouse=True)
def forgotten_recogniser() -> None:
    """Let each test find the network that compares identities anew: whether its file is here differs among them."""
    loaded = sys.modules.get("mienkit.metrics.identity")
    if loaded is not None:
        loaded.load_identity.cache_clear()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the photo tables."""
    return shared("data", "photos-*.parquet")


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """Return the folder of the small judge networks."""
    return shared("models", "face_landmarker.task")


@pytest.fixture
def head_model(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the head model known and no other optional file, or skip where it is not here."""
    if not (shared_data / "ict_facekit.npz").is_file():
        pytest.skip("the head model is not here")
    monkeypatch.setenv("MIENKIT_ASSETS", str(shared_data))


@pytest.fixture
def optional_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the toolkit find the optional files that lie beside the repository, where there are any."""
    if "MIENKIT_ASSETS" not in os.environ:
        folders = [ROOT.parent / "shared" / name for name in ("models", "data")]
        monkeypatch.setenv("MIENKIT_ASSETS", os.pathsep.join(map(str, folders)))


@pytest.fixture
def mediapipe_model(shared_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make MediaPipe's model known, or skip where it or what it needs is not here."""
    pytest.importorskip("mediapipe")
    missing = [name for name in ("EGL", "GLESv2") if sys.platform == "linux" and find_library(name) is None]
    if missing:
        pytest.skip(f"MediaPipe needs lib{' and lib'.join(missing)}")
    monkeypatch.setenv("MIENKIT_ASSETS", str(shared_models))
    return shared_models / "face_landmarker.task"
