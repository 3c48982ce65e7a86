"""What is behind and below a face: the background, the neck, the clothes."""

import torch
from torch import Tensor

from mienkit.data.drawn.brush import CLOUD, centres, cut_tile, edge, over
from mienkit.data.drawn.sitting import Sitting

NECK = torch.tensor([[128.0, 190.0, -50.0]])
NECK_TOP = -50.0
"""Above the neck's root, template pixels; the head hides it."""
BODY_TOP = 0.4
"""No body shows above this share of an aligned picture: saves painting it."""


def paint_backdrop(sitting: Sitting) -> Tensor:
    """Paint a gradient, some soft shapes and a texture, (N, 3, S, S)."""
    scene, size = sitting.scene, sitting.size
    line = centres(size) / size
    angle = scene.backdrop_angle[:, None]
    share = 0.5 + 0.7 * ((line - 0.5) * angle.cos())[:, None, :] + 0.7 * ((line - 0.5) * angle.sin())[:, :, None]
    first, second = scene.backdrop[:, :, :, None, None].unbind(1)
    image = torch.lerp(first, second, share.clamp_(0, 1)[:, None])
    place, half, color = scene.patches[..., :2], scene.patches[..., 2:4], scene.patches[..., 4:]
    steep = 14 * (1 + 4 * place[..., :1, None])
    rise = torch.sigmoid((half[..., None] - (line - place[..., None]).abs()) * steep)
    down = (rise[:, :, None, 1] * color[..., None]).flatten(2)
    patches = torch.bmm(down.transpose(1, 2), rise[:, :, 0]).view_as(image)
    cloud = cut_tile(CLOUD, scene.key, size, size) + 0.3 * sitting.grain
    patches += (1 + 0.2 * scene.texture[:, None, None] * cloud)[:, None]
    return image.mul_(patches.clamp_(min=0.1))


def paint_body(image: Tensor, sitting: Sitting) -> None:
    """Paint neck, shoulders and clothes."""
    person, scene, size = sitting.person, sitting.scene, sitting.size
    top = int(size * BODY_TOP) if sitting.jitter == 0 else 0
    image, grain = image[:, :, top:], sitting.grain[:, top:]
    root = sitting.view.place(NECK.expand(len(sitting.points), 1, 3))[:, 0]
    upright = (sitting.view.similarity[:, :2] / (sitting.view.unit**2)[:, None])[..., None, None]
    away_x = centres(size)[None, None, :] - root[:, 0, None, None]
    away_y = centres(size)[None, top:, None] - root[:, 1, None, None]
    x = upright[:, 0] * away_x + upright[:, 1] * away_y
    y = upright[:, 0] * away_y - upright[:, 1] * away_x
    aside, unit = x.abs(), sitting.view.unit[:, None, None]
    wide = 36 * person.width[:, None, None] + (y - 20).clamp(min=0).square() * 0.02
    slope = (x / 46.0).clamp_(-1.3, 1.3)
    lamp = scene.light[:, :, None, None]
    facing = ((slope * lamp[:, 0] + lamp[:, 2] * 0.9 + 0.2) * torch.rsqrt(1 + slope.square())).clamp_(min=0)
    light = facing[:, None] * scene.key_color[:, :, None, None] + scene.ambient[:, :, None, None]
    under_chin = 0.40 + 0.60 * ((y - 20) / 40).clamp_(0, 1)
    neck = light * (person.skin[:, :, None, None] * under_chin[:, None])
    over(image, neck, edge(torch.minimum(wide - aside, y - NECK_TOP) * unit))
    collar = 38 + 0.22 * aside + 0.9 * (26 - aside).clamp_(min=0)
    weave = 0.75 + 0.05 * grain
    cloth = light.mul_(person.cloth[:, :, None, None]).mul_(weave[:, None])
    over(image, cloth, edge((y - collar) * unit * 0.8))
