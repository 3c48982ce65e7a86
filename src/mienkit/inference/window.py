"""The part of a photo that a face needs, so that thirty edits of a large photo do not need thirty large photos."""

from dataclasses import replace

import numpy as np

from mienkit.face.align import Alignment
from mienkit.face.find import Face
from mienkit.face.photo import Photo

MARGIN = 0.1
"""Kept around the aligned crop, as a share of its side: resampling looks a little beyond the crop."""


def cut_window(photo: Photo, face: Face) -> tuple[Photo, Face]:
    """Cut the surroundings of a face out of its photo by whole pixels; the face comes back in the new coordinates."""
    low, outside, size = -MARGIN * face.alignment.size, (1 + MARGIN) * face.alignment.size, photo.pixels.shape[1::-1]
    corners = face.alignment.to_photo(np.array([[low, low], [outside, low], [outside, outside], [low, outside]]))
    left, top = (int(value) for value in np.clip(np.floor(corners.min(axis=0)), 0, np.array(size) - 1))
    right, bottom = (int(value) for value in np.clip(np.ceil(corners.max(axis=0)), 1, size))
    area = np.s_[top:bottom, left:right]
    alpha = None if photo.alpha is None else photo.alpha[area].copy()
    return replace(photo, pixels=photo.pixels[area].copy(), alpha=alpha), shift_face(face, left, top)


def shift_face(face: Face, left: int, top: int) -> Face:
    """Move a face into a picture that begins at (left, top) of its photo."""
    offset = np.array([left, top], dtype=np.float64)
    matrix = face.alignment.matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ offset
    box = replace(
        face.box,
        left=face.box.left - left,
        top=face.box.top - top,
        right=face.box.right - left,
        bottom=face.box.bottom - top,
        landmarks=None if face.box.landmarks is None else face.box.landmarks - offset,
    )
    return replace(face, alignment=Alignment(matrix, face.alignment.size), landmarks=face.landmarks - offset, box=box)
