"""What every test may ask for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared(name: str, marker: str) -> Path:
    """Find a shared folder through MIENKIT_ASSETS or beside the repository, or skip the test."""
    places = [Path(place) for place in os.environ.get("MIENKIT_ASSETS", "").split(os.pathsep) if place]
    for place in [*places, ROOT.parent / "shared" / name]:
        if any(place.glob(marker)):
            return place
    pytest.skip(f"the shared {name} are not here")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the photo tables."""
    return shared("data", "photos-*.parquet")


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """Return the folder of the small judge networks."""
    return shared("models", "face_landmarker.task")
