"""Frames of a video, one after the other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mienkit.core.errors import ImageError, MissingExtraError
from mienkit.face.photo import Photo


def read_frames(path: Path) -> Iterator[Photo]:
    """Decode a video, a frame at a time, upright.

    Raises:
        MissingExtraError: PyAV is not installed.
        ImageError: the file is missing, damaged, or shows nothing.
    """
    av = import_av()
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ImageError(f"{path} holds no video; give a file that shows something")
            stream = container.streams.video[0]
            stream.thread_type = "SLICE"  # one thread a process: the cores have other files to read
            for frame in container.decode(stream):
                pixels = frame.to_ndarray(format="rgb24")
                yield Photo(np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90))), path)
    except (av.FFmpegError, OSError) as error:
        raise ImageError(f"{path} is damaged or no video ({error}); copy it again from where it came") from None


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
