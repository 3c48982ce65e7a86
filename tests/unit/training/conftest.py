import pytest


@pytest.fixture(autouse=True)
def disk_is_not_awaited(monkeypatch):
    """Waiting for a busy disk takes seconds a file; that files are synced is tested with ``weights/atomic.py``."""
    monkeypatch.setattr("mienkit.weights.atomic.sync", lambda path: None)
