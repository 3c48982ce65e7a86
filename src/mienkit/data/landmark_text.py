"""Landmarks that a data set keeps in text files: one ``x y`` a line, bare or as ``.pts``."""

from pathlib import Path

import numpy as np

from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.data.row import Floats


def read_landmarks(path: Path) -> Floats:
    """Read the 68 landmarks of a file, (68, 2) in pixels of its picture.

    The head of a ``.pts`` file (``version: 1``, ``npoints: 68`` or ``n_points: 68``, braces) is skipped.

    Raises:
        ValueError: the file holds something else; the message says what.
        OSError: it cannot be read.
    """
    lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    points = [line.split() for line in lines if line and line not in "{}" and ":" not in line]
    if len(points) != NUM_LANDMARKS or any(len(point) != 2 for point in points):
        raise ValueError(f"should hold 68 lines `x y`, not {len(points)} lines")
    landmarks = np.asarray([[float(value) for value in point] for point in points], np.float32)
    if not np.isfinite(landmarks).all():
        raise ValueError("holds a landmark that is not finite")
    return landmarks
