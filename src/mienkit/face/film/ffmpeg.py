"""FFmpeg, as PyAV brings it: an extra that is imported where it is used."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from mienkit.core.errors import MissingExtraError


def import_av() -> Any:
    """Import PyAV.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import av
    except ImportError:
        raise MissingExtraError("videos need PyAV; install it with `pip install 'mienkit[video]'`") from None
    return av


def address(path: Path) -> str:
    """Name a file so that FFmpeg does not take what stands before a colon in its name for a protocol."""
    return str(path.absolute())


def has_encoder(name: str) -> bool:
    """Tell whether this build of PyAV can encode so.

    Raises:
        MissingExtraError: PyAV is not installed.
    """
    av = import_av()
    with suppress(av.codec.codec.UnknownCodecError):
        av.Codec(name, "w")
        return True
    return False
