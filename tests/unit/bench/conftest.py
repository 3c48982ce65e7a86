"""The fakes of the whole toolkit, and the way to the bench."""

import sys
from pathlib import Path

import pytest

from fakes import workshop

__all__ = ["workshop"]

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch):
    """Let the bench, which is no part of the package, be imported."""
    monkeypatch.syspath_prepend(str(ROOT))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "bench"]:
        del sys.modules[name]
