"""One portrait sitting: who sits, in which scene, with which expression, and where that puts every point."""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from mienkit.core.action_unit import ACTION_UNITS, MIDDLE_UNITS, both_sides, mean_of_sides, tilt_of_sides
from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.data.drawn.brush import SOFT, cut_tile
from mienkit.data.drawn.person import Person, meet
from mienkit.data.drawn.scene import Scene, set_scene
from mienkit.data.drawn.shape import AVERAGE, View, express, look_at, neutral_face

Record = TypeVar("Record", bound=Any)

ATTACH_PX = 11.0
"""How far around a landmark, in template pixels, the skin goes along with it."""

HAS_SIDES = torch.tensor([float(name not in MIDDLE_UNITS) for name in ACTION_UNITS])
"""(17,): 0 for the chin and the jaw, of which there is one."""


def attachment(places: Tensor) -> Tensor:
    """Return how much each of the 79 points carries skin at given template places, (K, 2): (K, 79)."""
    distance = torch.cdist(places, AVERAGE[:, :2])
    nearest = distance.min(1, keepdim=True).values
    return torch.softmax((nearest.square() - distance.square()) / (2 * ATTACH_PX**2), 1)


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """N people in front of the camera."""

    person: Person
    scene: Scene
    view: View
    aus: Tensor
    """(N, 17), the mean of the sides."""
    tilt: Tensor
    """(N, 17): by how much the person's left half shows more than that."""
    face: Tensor
    """(N, 79, 3) in the template's space, with the expression."""
    neutral: Tensor
    """(N, 79, 3), without."""
    points: Tensor
    """(N, 79, 2) in the picture."""
    grain: Tensor
    """(N, S, S) texture of skin, hair and cloth, mean 0, deviation 1."""
    size: int
    jitter: float

    @property
    def landmarks(self) -> Tensor:
        """The 68 landmarks in pixels, (N, 68, 2)."""
        return self.points[:, :NUM_LANDMARKS]

    @property
    def depth(self) -> Tensor:
        """How far the 68 landmarks stand towards the viewer, in pixels, (N, 68)."""
        return self.view.depth(self.face[:, :NUM_LANDMARKS])

    def take(self, rows: Tensor) -> "Sitting":
        """Return the same sittings in another order or number, by row."""
        return _take(self, rows)

    def carry(self, places: Tensor, weights: Tensor) -> Tensor:
        """Show where skin of template places, (K, 2) or (N, K, 2), is carried by its attachment: pixels, (N, K, 2)."""
        # one large product of matrices instead of many thin ones
        moved = ((self.face - AVERAGE).transpose(1, 2) @ weights.T).transpose(1, 2)
        depth = (weights @ AVERAGE[:, 2:]).expand(*moved.shape[:2], 1)
        flat = places.expand(*moved.shape[:2], 2)
        return self.view.project(torch.cat([flat, depth], 2) + moved)

    def light_up(self, slope_x: Tensor, slope_y: Tensor) -> tuple[Tensor, Tensor]:
        """Light a surface whose normal leans right and down by slopes, (N, H, W).

        Returns:
            The cosine to the lamp, (N, H, W) in [-1, 1], and the upward share of the normal.
        """
        length = torch.rsqrt(1 + slope_x.square() + slope_y.square())
        right, down, front = self.scene.light[:, :, None, None].unbind(1)
        return (slope_x * right + slope_y * down + front) * length, -slope_y * length


def _take(item: Record, rows: Tensor) -> Record:
    """Index every tensor of a record, and of the records in it."""
    taken: dict[str, Any] = {}
    for part in fields(item):
        value = getattr(item, part.name)
        if isinstance(value, Tensor):
            taken[part.name] = value[rows]
        elif is_dataclass(value):
            taken[part.name] = _take(value, rows)
    return replace(item, **taken)


def join_middle(sides: Tensor) -> Tensor:
    """Give both halves, (N, 34), one chin and one jaw: the mean of what is said of them."""
    return both_sides(mean_of_sides(sides)).where(both_sides(HAS_SIDES) == 0, sides)


def seat(
    identity: Tensor,
    sides: Tensor,
    scene_key: Tensor,
    size: int,
    pose: bool,
    jitter: float,
    turn: Tensor | None = None,
) -> Sitting:
    """Bring people, (N,), with expressions of both halves, (N, 34), in front of the camera.

    ``turn``, (N, 3), turns their heads from the scene's pose, in degrees.
    """
    person, scene = meet(identity), set_scene(scene_key, pose)
    if turn is not None:
        scene = replace(scene, pose=scene.pose + turn)
    aus, tilt = mean_of_sides(sides), tilt_of_sides(sides)
    neutral = neutral_face(person)
    view = look_at(neutral, scene, size, jitter)
    face = express(neutral, aus, tilt)
    return Sitting(
        person=person,
        scene=scene,
        view=view,
        aus=aus,
        tilt=tilt,
        face=face,
        neutral=neutral,
        points=view.project(face),
        size=size,
        jitter=jitter,
        grain=cut_tile(SOFT, person.key, size, size),
    )
