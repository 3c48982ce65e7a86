"""Faces drawn by code: any number, no download, exact action units, landmarks and pose.

To add a feature, give it a trait in ``person``, points or folds in ``anatomy``, and a layer in ``picture``.
"""

from mienkit.data.drawn.motion import CLIP_KINDS, FEWEST_FRAMES, Motion, move_faces
from mienkit.data.drawn.picture import DrawnFaces, draw_faces
from mienkit.data.drawn.sampling import KINDS, random_expressions

__all__ = [
    "CLIP_KINDS",
    "FEWEST_FRAMES",
    "KINDS",
    "DrawnFaces",
    "Motion",
    "draw_faces",
    "move_faces",
    "random_expressions",
]
