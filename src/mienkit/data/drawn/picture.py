"""Pictures of people who do not exist, with everything that they show known exactly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.action_unit import NUM_AUS, both_sides, mean_of_sides
from mienkit.core.check import check_shape
from mienkit.data.drawn.backdrop import paint_backdrop, paint_body
from mienkit.data.drawn.camera import expose
from mienkit.data.drawn.dice import mix_keys
from mienkit.data.drawn.eye import paint_brows, paint_eyes, paint_glasses
from mienkit.data.drawn.hair import paint_hair
from mienkit.data.drawn.mouth import paint_mouth
from mienkit.data.drawn.sitting import Sitting, join_middle, seat
from mienkit.data.drawn.skin import find_head, paint_head

BLOCK = 32
"""Rows that are computed together."""
STEP = 8
"""Rows are painted in multiples of this."""
CHUNK_PIXELS = BLOCK * 64 * 64
"""Pixels that are painted together: few enough for the processor's cache."""


@dataclass(frozen=True, kw_only=True)
class DrawnFaces:
    """N drawn faces and what is true of them."""

    images: npt.NDArray[np.uint8]
    """(N, S, S, 3) RGB."""
    landmarks: npt.NDArray[np.float32]
    """(N, 68, 2), 300-W order, continuous pixels."""
    depth: npt.NDArray[np.float32]
    """(N, 68): how far landmarks stand towards the viewer, pixels on the scale of x and y; 0 is the face's middle."""
    aus: npt.NDArray[np.float32]
    """(N, 17) in [0, 1], in the order of ACTION_UNITS: the mean of the sides."""
    sides: npt.NDArray[np.float32]
    """(N, 34) in [0, 1], in the order of SIDED_UNITS; chin and jaw have none, so that both say the same."""
    pose: npt.NDArray[np.float32]
    """(N, 3) yaw, pitch, roll in degrees, signs as in ``core.task.Reading``."""
    identity: npt.NDArray[np.int64]
    """(N,)."""


def draw_faces(
    identity: npt.ArrayLike | Tensor,
    aus: npt.ArrayLike | Tensor,
    *,
    size: int = 128,
    seed: int = 0,
    pose: bool = True,
    jitter: float = 0.0,
    scene: npt.ArrayLike | Tensor | None = None,
    turn: npt.ArrayLike | Tensor | None = None,
) -> DrawnFaces:
    """Draw faces; a row's picture depends on its own arguments only, never on the rest of the batch.

    Args:
        identity: (N,) whole numbers; the same number is the same person under every seed.
        aus: in [0, 1], of the whole face, (N, 17), or of both halves, (N, 34) in the order of SIDED_UNITS; L and R are
            the person's own. Landmarks, lids and folds have sides; the inside of the mouth, the chin and the jaw take
            the mean.
        size: side of the pictures in pixels.
        seed: of pose, light, background and camera where ``scene`` is not given.
        pose: let the head turn, within 30 degrees of yaw and 20 of pitch.
        jitter: how far the crop strays from the template; 0 aligns the neutral face's eyes and mouth exactly, 1 shifts
            by up to 15 % of the side, scales by up to 25 % and rolls by up to 30 degrees.
        scene: (N,) whole numbers; rows with the same identity and scene differ by their expression alone.
        turn: (N, 3) degrees of yaw, pitch, roll by which heads are turned from their scene's pose; the crop follows.

    Raises:
        ValueError: a shape or an intensity is wrong.
    """
    people = torch.as_tensor(np.asarray(identity)).to(torch.int64)
    units = torch.as_tensor(np.asarray(aus)).to(torch.float32)
    check_shape("identity", people, "N")
    check_shape("aus", units, f"{len(people)} {NUM_AUS if units.shape[-1:] == (NUM_AUS,) else 2 * NUM_AUS}")
    if len(units) and not (units.min() >= 0 and units.max() <= 1):
        raise ValueError(f"aus should lie in [0, 1], not in [{units.min():g}, {units.max():g}]")
    sides = join_middle(units if units.shape[1] == 2 * NUM_AUS else both_sides(units))
    rows = torch.arange(len(people)) if scene is None else torch.as_tensor(np.asarray(scene)).to(torch.int64)
    check_shape("scene", rows, str(len(people)))
    keys = mix_keys(seed, rows) if scene is None else mix_keys(-1, rows)
    turns = torch.zeros(len(people), 3) if turn is None else torch.as_tensor(np.asarray(turn)).to(torch.float32)
    check_shape("turn", turns, f"{len(people)} 3")
    with torch.inference_mode():
        blocks = [
            _draw_block(columns, len(people) - number * BLOCK, size, pose, jitter)
            for number, columns in enumerate(_blocks((people, sides, keys, turns)))
        ]
    images, landmarks, depth, poses = (np.concatenate(column)[: len(people)] for column in zip(*blocks, strict=True))
    return DrawnFaces(
        images=images,
        landmarks=landmarks,
        depth=depth,
        aus=mean_of_sides(sides).numpy(),
        sides=sides.numpy(),
        pose=poses,
        identity=people.numpy(),
    )


def _blocks(columns: tuple[Tensor, ...]) -> list[tuple[Tensor, ...]]:
    """Split rows into blocks of one length, repeating the last row: so a row is computed alike in any batch."""
    count = len(columns[0])
    if not count:
        columns = tuple(column.new_zeros(1, *column.shape[1:]) for column in columns)
    order = torch.arange(-(-max(count, 1) // BLOCK) * BLOCK).clamp(max=max(count - 1, 0))
    return [tuple(column[rows] for column in columns) for rows in order.split(BLOCK)]


def _draw_block(
    columns: tuple[Tensor, ...], wanted: int, size: int, pose: bool, jitter: float
) -> tuple[npt.NDArray[Any], ...]:
    """Seat a whole block at once, which is cheap, and paint the wanted rows, as many together as the cache holds."""
    identity, sides, key, turn = columns
    sitting = seat(identity, sides, key, size, pose, jitter, turn)
    parts = torch.arange(min(BLOCK, -(-max(wanted, 1) // STEP) * STEP)).split(max(1, CHUNK_PIXELS // size**2))
    images = [expose(paint(part), part) for part in (sitting.take(rows) for rows in parts)]
    return torch.cat(images).numpy(), sitting.landmarks.numpy(), sitting.depth.numpy(), sitting.view.pose.numpy()


def paint(sitting: Sitting) -> Tensor:
    """Paint people in linear light, from the back to the front, (N, 3, S, S)."""
    image = paint_backdrop(sitting)
    head = find_head(sitting)
    paint_body(image, sitting)
    paint_head(image, sitting, head)
    paint_eyes(image, sitting)
    paint_mouth(image, sitting)
    paint_brows(image, sitting)
    paint_hair(image, sitting, head)
    paint_glasses(image, sitting)
    return image
