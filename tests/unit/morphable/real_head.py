"""The head model itself, for the tests that need a face."""

import pytest

from mienkit.morphable.head import HeadModel, load_head_model


@pytest.fixture
def real_model(head_model: None) -> HeadModel:
    """Return the model, or skip where its file is not here."""
    return load_head_model()
