"""The script that learns the table of landmarks reads the photographs that it should."""

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_faces_at_rest_are_chosen_among_the_training_photographs(shared_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from bench.correspondence import resting_faces

    faces = resting_faces(shared_data)
    gap, width = (
        np.array([np.linalg.norm(face[a, :2] - face[b, :2]) for face in faces]) for a, b in ((13, 14), (61, 291))
    )
    assert len(faces) > 100
    assert np.quantile(gap / width, 0.9) < 0.1  # closed mouths
