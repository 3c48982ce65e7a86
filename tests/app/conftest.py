"""Fixtures shared by everything that needs a face."""

import sys
from pathlib import Path

import pytest

import mienkit.morphable
from fakes import fake_editor, fake_instruments, no_face, photo, workshop
from mienkit.morphable.head import load_head_model

__all__ = ["fake_editor", "fake_instruments", "no_face", "photo", "workshop"]


@pytest.fixture
def without_ict_facekit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Take the head model away; returns what must be said then."""
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "assets"))
    load_head_model.cache_clear()
    return "get it with `mien fetch ict-facekit`"


@pytest.fixture
def without_numba(head_model: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Take numba away; returns what must be said then."""
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "mienkit.morphable.kernel", raising=False)
    monkeypatch.delattr(mienkit.morphable, "kernel", raising=False)
    return "numba; pip install 'mienkit[render]'"
