"""Where every point of a face is: from a person's bones through the action units and the pose to pixels."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX
from mienkit.core.landmark import LEFT_EYE_CORNERS, MOUTH_CORNERS, RIGHT_EYE_CORNERS
from mienkit.data.drawn.anatomy import EYES_Y, MIDDLE, MOUTH_Y, SIDE, face_moves, face_points
from mienkit.data.drawn.person import Person
from mienkit.data.drawn.scene import Scene

AVERAGE = face_points()
MOVES = face_moves()
SIDE_OF = torch.sign(AVERAGE[:, 0] - MIDDLE)
"""(79,): 1 for points of the person's left half, which is the image's right, -1 for the right half, 0 between."""
SIDED_MOVES = MOVES * SIDE_OF[:, None]
PIVOT = torch.tensor([MIDDLE, 140.0, -70.0])
"""What the head turns about: the top of the neck."""
UP = torch.tensor([1.0, -1.0, 1.0])
"""From y down to y up."""
FACE_MIDDLE = torch.tensor([MIDDLE, 118.0, 0.0])
CAMERA = 1100.0
"""Distance of the camera from the pivot in template pixels, some 1.2 m: mild perspective."""
JITTER_SHIFT = 0.15
JITTER_SCALE = 0.25
JITTER_ROLL_DEG = 30.0
LIDS = ((36, 39, (37, 38), (41, 40)), (45, 42, (44, 43), (46, 47)))
"""Of the person's right and left eye: outer corner, inner corner, upper lid, lower lid from the outer side inwards."""


def neutral_face(person: Person) -> Tensor:
    """Give the average face this person's proportions, (N, 79, 3) in template pixels."""
    points = AVERAGE.expand(len(person.width), -1, -1).clone()
    x, y, depth = points.unbind(2)
    x -= MIDDLE
    _shape_bones(person, x, y)
    _shape_nose(person, x, y, depth)
    _shape_mouth(person, x, y)
    _shape_eyes(person, x, y)
    x += MIDDLE
    points[..., :2] += person.asymmetry
    return points


def _shape_bones(person: Person, x: Tensor, y: Tensor) -> None:
    oval = list(range(17)) + list(range(68, 79))
    low = ((y[:, oval] - 100) / 100).clamp(0, 1)
    x[:, oval] *= (person.width[:, None]) * (1 + (person.jaw[:, None] - 1) * low)
    y[:, oval] += person.chin[:, None] * ((y[:, oval] - 150) / 58).clamp(0, 1.1)
    y[:, 68:79] -= person.forehead[:, None]
    arch = torch.tensor([0.3, -0.4, -1.0, -0.3, 0.6, 0.6, -0.3, -1.0, -0.4, 0.3])
    y[:, 17:27] += person.brow_height[:, None] + person.brow_arch[:, None] * arch


def _shape_nose(person: Person, x: Tensor, y: Tensor, depth: Tensor) -> None:
    x[:, 31:36] *= person.nose_width[:, None]
    y[:, 27:36] += person.nose_length[:, None] * ((y[:, 27:36] - 86) / 48).clamp(0, 1)
    depth[:, 27:36] *= person.nose_height[:, None]


def _shape_mouth(person: Person, x: Tensor, y: Tensor) -> None:
    x[:, 48:68] *= person.mouth_width[:, None]
    y[:, 49:54] = MOUTH_Y + (y[:, 49:54] - MOUTH_Y) * person.lip_upper[:, None]
    y[:, 55:60] = MOUTH_Y + (y[:, 55:60] - MOUTH_Y) * person.lip_lower[:, None]


def _shape_eyes(person: Person, x: Tensor, y: Tensor) -> None:
    for outer, inner, upper, lower in LIDS:
        eye = [outer, inner, *upper, *lower]
        side = -1.0 if outer == RIGHT_EYE_CORNERS[0] else 1.0
        middle = 32.0 * side
        x[:, eye] = middle + (x[:, eye] - middle) * person.eye_size[:, None] + side * person.eye_gap[:, None]
        y[:, eye] = EYES_Y + (y[:, eye] - EYES_Y) * (person.eye_size * person.eye_open)[:, None]
        y[:, outer] -= person.eye_tilt


def express(points: Tensor, aus: Tensor, tilt: Tensor) -> Tensor:
    """Move a face, (N, 79, 3), as its muscles do.

    Args:
        points: the face at rest.
        aus: (N, 17), the mean of both halves; midline points take it.
        tilt: (N, 17), what the person's left half shows more and the right one less.
    """
    jaw = aus[:, AU_INDEX["AU26"], None]  # there is one, so that this product has sides as simple as a sum's
    units, tilts = (torch.cat([part, part[:, AU_INDEX["AU25"], None] * jaw], 1) for part in (aus, tilt))
    moved = points + torch.einsum("nu,upc->npc", units, MOVES) + torch.einsum("nu,upc->npc", tilts, SIDED_MOVES)
    _seal_lips(moved)
    _move_lids(moved, aus, tilt)
    return moved


def _seal_lips(points: Tensor) -> None:
    """Let lips that would cross push each other instead: the chin raiser lifts the upper lip."""
    for upper, lower, outer_upper, outer_lower in ((61, 67, 50, 58), (62, 66, 51, 57), (63, 65, 52, 56)):
        crossing = (points[:, upper, 1] - points[:, lower, 1] + 0.6).clamp(min=0)
        points[:, upper, 1] -= 0.55 * crossing
        points[:, lower, 1] += 0.45 * crossing
        points[:, outer_upper, 1] -= 0.4 * crossing
        points[:, outer_lower, 1] += 0.2 * crossing


def _move_lids(points: Tensor, aus: Tensor, tilt: Tensor) -> None:
    """Set the lids between the corners: raised, tightened, pushed up by the cheek, and shut, which wins."""
    for half, (outer, inner, upper, lower) in zip((aus - tilt, aus + tilt), LIDS, strict=True):
        raised, cheek, tight, shut = (half[:, AU_INDEX[name], None] for name in ("AU5", "AU6", "AU7", "AU45"))
        ends = points[:, [outer, inner]]
        place = (points[:, [*upper, *lower], 0] - ends[:, :1, 0]) / (ends[:, 1:, 0] - ends[:, :1, 0])
        chord = torch.lerp(ends[:, :1, 1], ends[:, 1:, 1], place)
        above = chord[:, :2] - points[:, list(upper), 1] + 3.6 * raised - 1.5 * tight - 0.7 * cheek
        below = points[:, list(lower), 1] - chord[:, 2:] - 2.1 * tight - 1.7 * cheek
        above = torch.lerp(torch.maximum(above, 0.6 - below), 0.3 - below * 0.9, shut)
        points[:, list(upper), 1] = chord[:, :2] - above
        points[:, list(lower), 1] = chord[:, 2:] + below * (1 - 0.1 * shut)


@dataclass(frozen=True, kw_only=True)
class View:
    """How the template's space falls onto N pictures."""

    rotation: Tensor
    """(N, 3, 3) of the head; x right, y up, z to the viewer."""
    similarity: Tensor
    """(N, 4): the complex factor (real, imaginary) and the shift (x, y) from turned template to picture pixels."""
    pose: Tensor
    """(N, 3) yaw, pitch, roll in degrees as they stand in the picture."""

    @property
    def unit(self) -> Tensor:
        """Picture pixels per template pixel, (N,)."""
        return torch.hypot(self.similarity[:, 0], self.similarity[:, 1])

    def project(self, points: Tensor) -> Tensor:
        """Show points of the head, (N, P, 3) in the template, in pixels, (N, P, 2)."""
        return _apply(self.similarity, _turn(points, self.rotation))

    def depth(self, points: Tensor) -> Tensor:
        """Tell how far points of the head, (N, P, 3), stand nearer than the face's middle, in pixels, (N, P).

        The scale is that of x and y in the middle of the face.
        """
        away = _rotate(torch.cat([FACE_MIDDLE.expand(len(points), 1, 3), points], 1), self.rotation)[..., 2]
        nearer = CAMERA / (CAMERA - away[:, :1])
        return (away[:, 1:] - away[:, :1]) * nearer * self.unit[:, None]

    def place(self, points: Tensor) -> Tensor:
        """Show points of the body, which does not turn, (N, P, 3), in pixels, (N, P, 2)."""
        return _apply(self.similarity, points[..., :2])


def look_at(face: Tensor, scene: Scene, size: int, jitter: float) -> View:
    """Turn the neutral face, (N, 79, 3), and align its eyes and mouth to the template of a ``size`` px picture."""
    rotation = rotation_matrix(scene.pose)
    flat = _turn(face, rotation)
    eyes = flat[:, [*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS]].mean(1)
    mouth = flat[:, list(MOUTH_CORNERS)].mean(1)
    down = mouth - eyes
    factor = (MOUTH_Y - EYES_Y) / down.square().sum(1)
    aligned = torch.stack([factor * down[:, 1], factor * down[:, 0]], 1)
    similarity = _with_shift(aligned, eyes, torch.tensor([MIDDLE, EYES_Y]).expand(len(face), 2))

    # the jitter turns and scales about the picture's middle
    angle = -math.radians(JITTER_ROLL_DEG) * jitter * scene.jitter[:, 3]
    scale = (1 + JITTER_SCALE * jitter * scene.jitter[:, 2]) * size / SIDE
    wobble = torch.stack([scale * angle.cos(), scale * angle.sin()], 1)
    middle = torch.tensor([MIDDLE, MIDDLE]).expand(len(face), 2)
    target = (0.5 + JITTER_SHIFT * jitter * scene.jitter[:, :2]) * size
    similarity = _chain(_with_shift(wobble, middle, target), similarity)
    roll = scene.pose[:, 2] - torch.rad2deg(torch.atan2(similarity[:, 1], similarity[:, 0]))
    return View(rotation=rotation, similarity=similarity, pose=torch.stack([*scene.pose[:, :2].unbind(1), roll], 1))


def rotation_matrix(pose: Tensor) -> Tensor:
    """Turn yaw, pitch, roll in degrees, (N, 3), into Rz Ry Rx, (N, 3, 3); x right, y up, z to the viewer."""
    yaw, pitch, roll = torch.deg2rad(pose).unbind(1)
    one, zero = torch.ones_like(yaw), torch.zeros_like(yaw)
    about_x = torch.stack([one, zero, zero, zero, pitch.cos(), -pitch.sin(), zero, pitch.sin(), pitch.cos()], 1)
    about_y = torch.stack([yaw.cos(), zero, yaw.sin(), zero, one, zero, -yaw.sin(), zero, yaw.cos()], 1)
    about_z = torch.stack([roll.cos(), -roll.sin(), zero, roll.sin(), roll.cos(), zero, zero, zero, one], 1)
    return about_z.view(-1, 3, 3) @ about_y.view(-1, 3, 3) @ about_x.view(-1, 3, 3)


def _turn(points: Tensor, rotation: Tensor) -> Tensor:
    """Turn template points, (N, P, 3), about the pivot and see them in perspective, (N, P, 2)."""
    turned = _rotate(points, rotation)
    nearer = CAMERA / (CAMERA - turned[..., 2:])
    return turned[..., :2] * UP[:2] * nearer + PIVOT[:2]


def _rotate(points: Tensor, rotation: Tensor) -> Tensor:
    """Turn template points, (N, P, 3), about the pivot: x right, y up, z to the viewer from there, (N, P, 3)."""
    return ((points - PIVOT) * UP) @ rotation.transpose(1, 2)


def _apply(similarity: Tensor, points: Tensor) -> Tensor:
    real, imaginary, right, down = similarity[:, :, None].unbind(1)
    x, y = points.unbind(2)
    return torch.stack([real * x - imaginary * y + right, imaginary * x + real * y + down], 2)


def _with_shift(factor: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Complete a complex factor, (N, 2), to the similarity that takes ``source`` to ``target``, (N, 2) each."""
    bare = torch.cat([factor, torch.zeros_like(factor)], 1)
    return torch.cat([factor, target - _apply(bare, source[:, None])[:, 0]], 1)


def _chain(second: Tensor, first: Tensor) -> Tensor:
    """Return the similarity that applies ``first`` and then ``second``."""
    factor = torch.stack(
        [
            second[:, 0] * first[:, 0] - second[:, 1] * first[:, 1],
            second[:, 0] * first[:, 1] + second[:, 1] * first[:, 0],
        ],
        1,
    )
    return torch.cat([factor, _apply(second, first[:, None, 2:])[:, 0]], 1)
