"""A table of drawn clips for protocols of motion: a few people who show every emotion, small and short."""

from pathlib import Path

from mienkit.app.draw_clip import ClipRequest, draw_clips
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import load_faces

EMOTIONS_EACH, FRAMES, SIZE = 7, 10, 24


def draw_rises(folder: Path, people: int) -> FaceArrays:
    """Draw the clips of some people into a table in a folder, and load them."""
    request = ClipRequest(
        count=people * EMOTIONS_EACH, per_scene=EMOTIONS_EACH, frames=FRAMES, size=SIZE, seed=3, split="test"
    )
    draw_clips(folder / "clips.table", request)
    return load_faces(folder / "clips.table", SIZE, "test")
