"""A sheet that shows how a transfer fuses landmarks: those of both faces, the fused ones, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.core.landmark import GROUPS
from mienkit.core.version import __version__
from mienkit.face.align import crop_face
from mienkit.face.find import Face, PhotoMeter
from mienkit.face.photo import Photo
from mienkit.inference.sheet import GREY, TEAL, Row, Sheet, Tile, draw_sheet
from mienkit.inference.transfer import TransferResult

TILE = 360
"""Side of a face on the sheet, in pixels."""
CLOSED = ("right_eye", "left_eye", "outer_lips", "inner_lips")
"""Groups of landmarks whose last is joined to their first."""
FINER = 4
"""Binary digits of a pixel's fraction that OpenCV draws with."""

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownTransfer:
    """Pictures, (TILE, TILE, 3), and landmarks, (68, 2) in their pixels, of one transfer."""

    source: Picture
    target: Picture
    result: Picture
    source_landmarks: Points
    target_landmarks: Points
    fused: Points

    @classmethod
    def of(
        cls, source: tuple[Photo, Face], target: tuple[Photo, Face], result: TransferResult, meter: PhotoMeter
    ) -> Self:
        """Cut the faces out of their photos."""
        assert result.landmarks is not None
        places = [face.alignment.resized(TILE) for _, face in (source, target)]
        scale = TILE / meter.image_size
        landmarks = [face.reading.landmarks[0].double().cpu().numpy() * scale for _, face in (source, target)]
        return cls(
            source=crop_face(source[0].pixels, places[0]),
            target=crop_face(target[0].pixels, places[1]),
            result=crop_face(result.pixels, places[1]),
            source_landmarks=landmarks[0],
            target_landmarks=landmarks[1],
            fused=places[1].to_crop(result.landmarks),
        )


def draw_transfers(shown: Sequence[ShownTransfer], subtitle: str) -> Picture:
    """Draw the sheet, a row a face, (H, W, 3)."""
    rows = [
        Row(
            label=f"face {number}",
            detail="grey: the target's own landmarks; green: those of the tile",
            tiles=[
                Tile(picture=traced(one.source, one.source_landmarks, TEAL), caption="source"),
                Tile(picture=traced(one.target, one.target_landmarks, TEAL), caption="target"),
                Tile(
                    picture=traced(traced(one.target, one.target_landmarks, GREY), one.fused, TEAL),
                    caption="fused, on the target",
                ),
                Tile(picture=one.result, caption="result"),
            ],
        )
        for number, one in enumerate(shown)
    ]
    footer = f"The results are synthetic: made with mienkit {__version__}."
    return draw_sheet(Sheet(title="An expression goes to another face", subtitle=subtitle, rows=rows, footer=footer,
                            tile=TILE))  # fmt: skip


def traced(picture: Picture, landmarks: Points, colour: tuple[int, int, int]) -> Picture:
    """Draw landmarks, (68, 2) in continuous pixels, as dots and lines into a copy of a picture."""
    canvas = picture.copy()
    corners = np.rint((landmarks - 0.5) * (1 << FINER)).astype(np.int32)
    for name, group in GROUPS.items():
        cv2.polylines(canvas, [corners[group]], name in CLOSED, colour, 1, cv2.LINE_AA, FINER)
    for corner in corners.tolist():
        cv2.circle(canvas, corner, 2 << FINER, colour, cv2.FILLED, cv2.LINE_AA, FINER)
    return canvas
