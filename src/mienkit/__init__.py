"""The reproducible laboratory for facial expression synthesis."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mienkit.core.version import __version__

if TYPE_CHECKING:
    from mienkit.app.edit import edit as edit
    from mienkit.app.edit import load_workshop as load_workshop
    from mienkit.app.measure import measure as measure

__all__ = ["__version__", "edit", "load_workshop", "measure"]

_HOMES = {"edit": "mienkit.app.edit", "load_workshop": "mienkit.app.edit", "measure": "mienkit.app.measure"}
"""Where the public functions live; they are imported when first used, because torch takes seconds."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mienkit' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
