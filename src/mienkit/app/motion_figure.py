"""Pictures of motion: how a face's lines go over time, where curves lie beside each other, and clips of all models."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from mienkit.app.compare_motion import REAL, Shown
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import Picture
from mienkit.core.landmark import GROUPS
from mienkit.evaluation.motion import Motions
from mienkit.evaluation.motion_clips import Clips
from mienkit.geometry.preshape import unflatten_shapes
from mienkit.inference.sheet import GREY, INK, MARGIN, WHITE, Row, Sheet, Tile, draw_sheet, font
from mienkit.metrics.geodesic import geodesic_distances
from mienkit.metrics.mds import classical_mds

TILE = 200
FINE = 3
"""Times as large a picture is drawn before it is made smaller, so that lines have soft edges."""
INSTANTS = (0.0, 0.4, 0.7, 1.0)
"""Shares of a clip's time at which the face's lines are drawn, pale to dark."""
SAMPLES = 3
FACE = 2.1
"""What a pre-shape of 68 points is multiplied by, so that the face fills a picture of side 1."""
LARGER = 2.0
"""How much further landmarks go than they did: the eye hardly sees a brow move by 2 % of a face."""
CLOSED = ("right_eye", "left_eye", "outer_lips", "inner_lips")
"""Groups of landmarks whose line ends where it begins."""
PALE = (205, 209, 216)
COLOURS: dict[str, tuple[int, int, int]] = {
    "anger": (204, 52, 51), "contempt": (132, 94, 60), "disgust": (77, 143, 58), "fear": (124, 77, 189),
    "happiness": (217, 142, 4), "sadness": (44, 99, 189), "surprise": (16, 155, 160),
}  # fmt: skip
EACH = 40
"""Curves of a class, at most, in the flat picture."""
MAP_HEIGHT = 620
STEPS = 6
"""Frames of a clip on the sheet."""
TOLD = ("happiness", "surprise")
"""What the clips on the sheet show."""
CLIP_TILE = 96


def draw_motion_figure(shown: Shown, name: str) -> Picture:
    """Draw a mover's motions beside real ones, a class a row, and all of them on a plane: (H, W, 3)."""
    real, made = shown.motions[REAL], shown.motions[name]
    classes = [EMOTIONS.index(emotion) for emotion in shown.task.emotions]
    rows = [class_row(real, made, name, one) for one in classes]
    sheet = draw_sheet(
        Sheet(
            title=f"How landmarks move: real, and by {name.replace('_', ' ')}",
            subtitle=f"on the mean face, {LARGER:g} times as far as they go; pale: at rest, dark: at the end",
            rows=rows,
            tile=TILE,
        )
    )
    return np.concatenate([sheet, draw_plane(real, made, name, sheet.shape[1])])


def class_row(real: Motions, made: Motions, name: str, emotion: int) -> Row:
    """Show the mean of real and of made motions of an emotion, and some of the made ones."""
    own, others = (motions.shapes[motions.label == emotion] for motions in (real, made))
    rest, colour = real.shapes[:, 0].mean(0), COLOURS[EMOTIONS[emotion]]
    shown = {"mean, real": own.mean(0), f"mean, {name}": others.mean(0)}
    shown |= {f"sample {number}": one for number, one in enumerate(others[:SAMPLES], 1)}
    tiles = [Tile(picture=draw_motion(rest, one - one[0], colour), caption=title) for title, one in shown.items()]
    return Row(label=EMOTIONS[emotion], tiles=tiles)


def draw_motion(rest: Tensor, away: Tensor, colour: tuple[int, int, int]) -> Picture:
    """Draw a face's lines at several instants: (TILE, TILE, 3).

    Args:
        rest: (136,), the pre-shape that moves.
        away: (F, 136), how far its points are from there over time.
        colour: of the lines at the end.
    """
    side = TILE * FINE
    canvas = Image.new("RGB", (side, side), WHITE)
    draw = ImageDraw.Draw(canvas)
    for share in INSTANTS:
        moved = rest + LARGER * away[round(share * (len(away) - 1))]
        ink = tuple(round(pale + share * (full - pale)) for pale, full in zip(PALE, colour, strict=True))
        draw_face(draw, (unflatten_shapes(moved, 2).numpy() * FACE + 0.5) * side, ink)
    return np.asarray(canvas.resize((TILE, TILE), Image.Resampling.LANCZOS)).copy()


def draw_face(draw: ImageDraw.ImageDraw, points: np.ndarray, ink: tuple[int, ...]) -> None:
    """Draw the lines of a face, (68, 2) in pixels."""
    for name, part in GROUPS.items():
        line = [tuple(point) for point in points[part].tolist()]
        draw.line([*line, *line[:1]] if name in CLOSED else line, fill=ink, width=FINE + 1, joint="curve")


def draw_plane(real: Motions, made: Motions, name: str, width: int) -> Picture:
    """Lay real curves, rings, and made ones, discs, out on a plane by their distances: (MAP_HEIGHT, width, 3)."""
    kept = [some_of_each(motions) for motions in (real, made)]
    curves = torch.cat([motions.curves[rows] for motions, rows in zip((real, made), kept, strict=True)])
    label = torch.cat([motions.label[rows] for motions, rows in zip((real, made), kept, strict=True)])
    flat = classical_mds(geodesic_distances(curves, curves).numpy())
    canvas = Image.new("RGB", (width * FINE, MAP_HEIGHT * FINE), WHITE)
    draw = ImageDraw.Draw(canvas)
    room = MAP_HEIGHT - 2 * MARGIN
    spread = np.ptp(flat.points, axis=0)
    scale = min(room / spread[1], (width - 2 * MARGIN - 2 * TILE) / spread[0])
    middle = (flat.points.max(0) + flat.points.min(0)) / 2
    places = (flat.points - middle) * scale + np.array([(width + 2 * TILE) / 2, MAP_HEIGHT / 2])
    for number, (place, emotion) in enumerate(zip(places, label.tolist(), strict=True)):
        draw_mark(draw, place, COLOURS[EMOTIONS[emotion]], filled=number >= len(kept[0]))
    canvas = canvas.resize((width, MAP_HEIGHT), Image.Resampling.LANCZOS)
    emotions = [EMOTIONS[index] for index in label.unique().tolist()]
    note = f"{100 * flat.share:.0f} % of the spread is on this plane"
    draw_key(ImageDraw.Draw(canvas), emotions, name.replace("_", " "), note)
    return np.asarray(canvas).copy()


def some_of_each(motions: Motions) -> Tensor:
    """Choose at most EACH motions of each class: places, (n,)."""
    chosen = [(motions.label == one).nonzero()[:EACH, 0] for one in motions.label.unique()]
    return torch.cat(chosen)


def draw_mark(
    draw: ImageDraw.ImageDraw, place: Sequence[float], colour: tuple[int, int, int], *, filled: bool, times: int = FINE
) -> None:
    """Draw a disc, or a ring, at a place in pixels of the finished picture."""
    x, y, radius = place[0] * times, place[1] * times, (4 if filled else 5) * times
    box = (x - radius, y - radius, x + radius, y + radius)
    if filled:
        draw.ellipse(box, fill=colour)
    else:
        draw.ellipse(box, outline=colour, width=2 * times)


def draw_key(draw: ImageDraw.ImageDraw, emotions: Sequence[str], name: str, note: str) -> None:
    """Say what the marks of the plane mean."""
    top = MARGIN
    for line in ("Curves on a plane (MDS", "of geodesic distances)", f"rings: real, discs: {name}", note):
        draw.text((MARGIN, top), line, fill=INK if top < MARGIN + 50 else GREY, font=font(17), anchor="lm")
        top += 25
    for emotion in emotions:
        top += 30
        draw_mark(draw, (MARGIN + 8, top), COLOURS[emotion], filled=True, times=1)
        draw.text((MARGIN + 26, top), emotion, fill=INK, font=font(17), anchor="lm")


def draw_clip_sheet(shown: Shown, emotions: Sequence[str] = TOLD) -> Picture:
    """Draw frames of two clips by everybody who makes clips, each a row: (H, W, 3)."""
    asked = [emotion for emotion in emotions if emotion in shown.task.emotions]
    rows = [
        Row(label="", detail=title, tiles=[tile for emotion in asked for tile in clip_tiles(clips, emotion)])
        for title, clips in shown.clips.items()
    ]
    subtitle = (
        f"{' and '.join(asked)}, {STEPS} of {rows_frames(shown)} frames; people whom no training saw, or, by models "
        "that draw from noise, nobody"
    )
    return draw_sheet(Sheet(title="The same clips by every model", subtitle=subtitle, rows=rows, tile=CLIP_TILE))


def rows_frames(shown: Shown) -> int:
    """Return how many frames the clips have."""
    return int(next(iter(shown.clips.values())).frames.shape[1])


def clip_tiles(clips: Clips, emotion: str) -> list[Tile]:
    """Show frames at equal times of the first clip that should show an emotion."""
    clip = clips.frames[int((clips.label == EMOTIONS.index(emotion)).argmax())]
    return [Tile(picture=clip[place]) for place in np.linspace(0, len(clip) - 1, STEPS).round().astype(int)]
