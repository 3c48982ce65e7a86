"""Where lips meet that were apart in the photo: no slits, and the dark line that every closed mouth has."""

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import blur, smoothstep
from mienkit.morphable.portrait import Portrait
from mienkit.morphable.scene import Scene
from mienkit.morphable.surface import Kind

Floats = npt.NDArray[np.float32]
Kinds = npt.NDArray[np.uint8]

UPPER_RIM = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_RIM = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Of the inner lips, among MediaPipe's points, from corner to corner."""
SLIT = 0.02
"""What is open by less, in widths of the face, where lips are to be sealed, is only where the mesh does not fit."""
MET = 0.018
"""Lips nearer than this touch."""
LINE = 0.009
"""Standard deviation of the line's darkness across, in widths of the face; its shade below the upper lip reaches three
times as far."""
SHADE = 0.3
"""Share of the darkness that is this shade."""
LINE_LIGHT, LINE_HUE = 0.52, 0.6
"""Of the lips around: how light the line's red is, and the power to which its hue is theirs. 24 calm photographs
measure (0.51, 0.29, 0.36) at the darkest pixel, 3 pixels wide at a width of 140."""
LIPS_AROUND = 0.02
"""Standard deviation of the lips around, in widths of the face."""
SMOOTH_PX = 0.9
"""Lips meet with hard pixels, which are smoothed by so much."""
AT_CORNERS = 0.6
"""How strong the line is at the corners, beside what it is next to them."""
ENDS = 0.012
"""Standard deviation with which it ends beyond them, in widths of the face."""


def close_slits(kind: Kinds, seal: float, width: float) -> Kinds:
    """Take openings out of a mouth, (S, S) of ``Kind``, that are too thin to be one where lips are sealed."""
    if seal <= 0:
        return kind
    mouth = (kind >= Kind.SOCKET).astype(np.uint8)
    across = 2 * max(1, round(SLIT * width / 2)) + 1
    wide = cv2.morphologyEx(mouth, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across)))
    return np.where((mouth > 0) & (wide == 0), np.uint8(Kind.SKIN), kind)


def paint_lip_line(portrait: Portrait, scene: Scene, image: Floats, fresh: Floats) -> tuple[Floats, Floats]:
    """Draw the line where lips have met; returns the picture and what is new in it."""
    pick, width = portrait.surface.marks.pick, portrait.width
    now, before = pick(scene.screen[:, :2]), pick(portrait.screen[:, :2])
    strength = met(now, before, width)
    if strength.max() < 0.02:
        return image, fresh
    path = (now[list(UPPER_RIM)] + now[list(LOWER_RIM)]) / 2
    order = np.argsort(path[:, 0])  # a turned head can fold the corner back
    left, right = path[order[[0, -1]], 0]
    margin = 12 * LINE * width
    box = np.s_[
        max(int(path[:, 1].min() - margin), 0) : int(path[:, 1].max() + margin) + 1,
        max(int(left - 3 * ENDS * width), 0) : int(right + 3 * ENDS * width) + 1,
    ]
    columns, rows = scene.columns[box], scene.rows[box]
    height = blur(np.interp(columns[0], path[order, 0], path[order, 1]).astype(np.float32)[None], 0.02 * width)
    here = blur(np.interp(columns[0], path[order, 0], strength[order]).astype(np.float32)[None], 0.02 * width)
    beyond = np.maximum(np.maximum(left - columns[0], columns[0] - right), 0) / (ENDS * width)
    here = here * np.exp(-(beyond**2) / 2)
    apart = (rows - height) / (LINE * width)
    core = np.exp(-(apart**2) / 2)
    upper = np.exp(-((apart / np.where(apart < 0, 3, 1)) ** 2) / 2)
    dark = here * ((1 - SHADE) * core + SHADE * upper)
    line, part = (here * core)[..., None], image[box]
    part = part + line * (blur(part, SMOOTH_PX) - part)
    image[box] = part * (1 - dark[..., None] * (1 - line_tint(image[box], width)))
    fresh[box] = np.maximum(fresh[box], line[..., 0])
    return image, fresh


def line_tint(lips: Floats, width: float) -> Floats:
    """Return the line's colour as a share of the lips', (h, w, 3): the deeper their own hue, and never purple."""
    around = np.maximum(blur(lips, LIPS_AROUND * width), 1)
    hue = (around / around.max(2, keepdims=True)) ** LINE_HUE
    hue[..., 2] = np.minimum(hue[..., 2], hue[..., 1] * around[..., 1] / np.maximum(around[..., 2], around[..., 1]))
    return np.asarray(LINE_LIGHT * hue, np.float32)


def met(now: Floats, before: Floats, width: float) -> Floats:
    """Say at each point of the rims, (11,) in [0, 1], how far lips touch that did not, by all landmarks, (478, 2)."""
    gap, gap_before = (
        np.linalg.norm(one[list(UPPER_RIM)] - one[list(LOWER_RIM)], axis=1) / width for one in (now, before)
    )
    touching = smoothstep(2 - gap / MET) * smoothstep((gap_before - gap) / MET)
    touching[[0, -1]] = AT_CORNERS * touching[[1, -2]]
    return np.asarray(touching, np.float32)
