"""Encoded pictures turned into one uint8 array at the size of a training, on every core."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from mienkit.core.errors import TableError
from mienkit.core.image import Picture

MAX_NAMED = 20
"""Bad pictures that a message names."""


def decode_picture(image: bytes) -> Picture | None:
    """Decode a JPEG or PNG, (H, W, 3) RGB; None where it cannot be read. What EXIF says of rotation is not obeyed."""
    data = np.frombuffer(image, np.uint8)
    if not len(data):
        return None
    try:
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    return None if pixels is None else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def resize_picture(picture: Picture, size: int) -> Picture:
    """Give a square crop another size, (size, size, 3): area averages where it shrinks, cubic where it grows."""
    if picture.shape[:2] == (size, size):
        return picture
    shrinks = size < min(picture.shape[:2])
    resized = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8)


def decode_into(images: Sequence[bytes], out: Picture, names: Sequence[str]) -> None:
    """Decode pictures into the rows of ``out``, (N, S, S, 3), with one thread a core.

    Raises:
        TableError: pictures cannot be read; up to 20 are named.
    """

    def work(index: int) -> bool:
        picture = decode_picture(images[index])
        if picture is not None:
            out[index] = resize_picture(picture, out.shape[1])
        return picture is not None

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        readable = list(pool.map(work, range(len(images))))
    bad = [name for name, good in zip(names, readable, strict=True) if not good]
    if bad:
        raise TableError(
            f"{len(bad)} pictures cannot be read: {', '.join(bad[:MAX_NAMED])}; see `mien data check` for all of them"
        )
