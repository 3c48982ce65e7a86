"""Batches of pairs with the exact flow of re-expressed photographs: the supervision of editors that move skin."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from mienkit.core.batch import FlowBatch, PairBatch
from mienkit.data.augment import Motion, draw_motion, recolour
from mienkit.data.chance import Chance
from mienkit.data.faces import FaceArrays
from mienkit.data.mirror import mirror_flow, mirror_maps, mirror_tilt
from mienkit.data.pairing import PairMix, Pairs, PairSource
from mienkit.data.sampling import Stream, endless
from mienkit.data.target import Targets
from mienkit.nn.warp import move

ROUNDS = 12
"""Fixed-point steps that invert a flow. Of 512 re-expressed photographs it takes the worst 0.1 % of places 9."""
COLOURED = 0.5
"""Share of samples whose light, colour and sharpness change."""
WIDENED = 0.08
"""By how much a face may become wider or narrower, which is another face with as exact a flow; its height stays, as
the template holds eyes and mouth."""
INEXACT = 0.002
"""Error of an inverted flow, in sides of the crop, from which it is not trusted: a quarter of a pixel of 128."""


def flow_batches(
    faces: FaceArrays, *, batch_size: int, seed: int, mix: PairMix | None = None, targets: Targets = "natural"
) -> Stream[FlowBatch]:
    """Chance pairs as ``pair_batches`` does, the same ones, with the flow from source to result.

    From a photograph to its edit it is what the table holds; from an edit to its photograph it is that, inverted. In
    all other directions it is unknown, as is what is new in all but the first. All pictures of a sample, and its maps,
    stray together from the template as alignment does, and become wider or narrower; half of them change their light
    and colour. An editor that never saw that would make a film flicker.

    Raises:
        DataError: the tables have nothing of what the mix asks for.
        UnknownNameError: there is no such kind of targets.
    """
    source = PairSource(faces, batch_size=batch_size, seed=seed, mix=mix, targets=targets)

    def draw_batch(number: int) -> FlowBatch:
        batch, pairs, flip = source.draw(number)
        return stray(batch, exact_maps(faces, pairs, flip))

    return endless(draw_batch)


def stray(batch: PairBatch, maps: Mapping[str, Tensor]) -> FlowBatch:
    """Move and recolour the pictures of each sample alike, and its maps with them; ``labelled`` nobody asks for."""
    chance = Chance(batch.key)
    size = batch.image.shape[-1]
    motion = draw_motion(chance, size, torch.zeros(len(batch), dtype=torch.bool))
    motion = motion.widened(1 + WIDENED * (2 * chance.uniform("width") - 1), size / 2)
    coloured = (chance.uniform("recoloured") < COLOURED)[:, None, None, None]

    def look(images: Tensor) -> Tensor:
        moved = motion.move_images(images)
        return torch.where(coloured, recolour(chance, moved, grain=0.0), moved)

    looks = {name: look(getattr(batch, name)) for name in ("image", "result", "real")}
    return FlowBatch(**{**batch.tensors(), **looks, **stray_maps(motion, maps, size)})


def stray_maps(motion: Motion, maps: Mapping[str, Tensor], size: int) -> dict[str, Tensor]:
    """Move maps as the pictures, of side ``size``, are moved; a flow turns and grows with them."""
    coarse = motion.scaled(maps["flow"].shape[-1] / size)
    flow, known, fresh = coarse.move_images(torch.cat([maps["flow"], maps["flow_known"], maps["fresh"]], 1)).split(
        [2, 1, 1], 1
    )
    turned = torch.einsum("bij,bjhw->bihw", motion.matrix, flow)
    return {**maps, "flow": turned, "flow_known": known, "fresh": fresh}


def exact_maps(faces: FaceArrays, pairs: Pairs, flip: Tensor) -> Mapping[str, Tensor]:
    """Return the fields of a ``FlowBatch`` that pairs have not; ``flip`` is (B,) bool."""
    rows = np.where(faces.pair[pairs.source] == pairs.result, pairs.source, pairs.result)
    known = ~np.isnan(faces.flow[rows, 0, 0, 0])
    onward = known & (faces.pair[pairs.result] == pairs.source)
    back = known & (faces.pair[pairs.source] == pairs.result)
    flow = mirror_flow(torch.from_numpy(faces.flow[rows].astype(np.float32)).permute(0, 3, 1, 2), flip)
    fresh = mirror_maps(torch.from_numpy(faces.fresh[rows].astype(np.float32))[:, None] / 255, flip)
    drawn, undone = (torch.from_numpy(chosen)[:, None, None, None] for chosen in (onward, back))
    exact, trusted = torch.nan_to_num(flow), 1 - fresh
    if back.any():
        turned, met = invert_flow(exact[back], fresh[back], faces.size)
        exact[back], trusted[back] = turned, met
    return {
        "tilt": mirror_tilt(torch.from_numpy(faces.tilt[pairs.result] - faces.tilt[pairs.source]), flip),
        "flow": torch.where(drawn | undone, exact, 0.0),
        "flow_known": torch.where(drawn | undone, trusted, 0.0),
        "fresh": torch.where(drawn, fresh, 0.0),
        "fresh_known": torch.from_numpy(onward.astype(np.float32)),
    }


def invert_flow(flow: Tensor, fresh: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Turn flows round: from the edit's places into the photograph to the photograph's places into the edit.

    Args:
        flow: (B, 2, h, w) in pixels of pictures of side ``size``.
        fresh: (B, 1, h, w) in [0, 1].
        size: in pixels.

    Returns:
        The inverse, same shape, and where it is exact, (B, 1, h, w): not where the way back ends in what is new, and
        not where places of the photograph are hidden in the edit.

    Source: the fixed-point iteration of Chen et al. 2008 (inversion of deformation fields).
    """
    part = size / flow.shape[-1]
    inverse = -flow
    for _ in range(ROUNDS):
        inverse = -move(flow, inverse / part)
    error = (inverse + move(flow, inverse / part)).norm(dim=1, keepdim=True)
    return inverse, (error < INEXACT * size) * (1 - move(fresh, inverse / part))
