"""A portrait that everybody has, and what reads it."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data
from fake_meter import FakeMeter

from mienkit.face.photo import Photo


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """NASA's portrait of Eileen Collins, 512 x 512 RGB (public domain)."""
    picture = np.ascontiguousarray(skimage.data.astronaut())
    picture.setflags(write=False)
    return picture


@pytest.fixture
def meter() -> FakeMeter:
    return FakeMeter()


@pytest.fixture
def photo(portrait: np.ndarray) -> Photo:
    return Photo(portrait, Path("portrait.png"))
