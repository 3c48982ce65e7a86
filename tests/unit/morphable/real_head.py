"""The head model itself, for the tests that need a face."""

from pathlib import Path

import pytest

from mienkit.assets.catalogue import ASSETS
from mienkit.morphable.head import HeadModel, load_head_model


@pytest.fixture
def real_model(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> HeadModel:
    """Return the model, or skip where its file is not here."""
    if not (shared_data / ASSETS["ict-facekit"].filename).is_file():
        pytest.skip("the head model is not here")
    monkeypatch.setenv("MIENKIT_ASSETS", str(shared_data))
    return load_head_model()
