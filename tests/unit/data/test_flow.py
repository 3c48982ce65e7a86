"""Pairs with the exact flow of re-expressed photographs."""

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.batch import FlowBatch, PairBatch
from mienkit.data import flow as module
from mienkit.data.flow import flow_batches, invert_flow, stray
from mienkit.data.loader import load_faces
from mienkit.data.pairing import Direction, PairMix, pair_batches
from mienkit.nn.warp import move

SIZE = 16
DIRECTIONS = ("photo_to_edit", "edit_to_photo", "edit_to_edit", "same_scene", "photo_alone", "edit_alone")


def only(name):
    return PairMix(photo_alone=Direction(share=0, paired=0)).shared({one: float(one == name) for one in DIRECTIONS})


@pytest.fixture
def faces(make_row, write_table):
    """Two photographs with two edits each; the n-th edit comes from n/4 pixels to the right, its last row is new."""
    fresh = np.zeros((32, 32), np.float32)
    fresh[31] = 1
    edits = [
        make_row(
            10 + number,
            kind="re-expressed",
            pair=f"face-{number // 2}",
            subject=f"person-{number // 2}",
            before=np.full(17, 0.1 * (number // 2), np.float32),
            flow=np.full((32, 32, 2), (number / 4, 0), np.float32),
            fresh=fresh,
        )
        for number in range(4)
    ]
    optional = [f"before_{name}" for name in ACTION_UNITS] + ["flow", "fresh"]
    tables = [write_table([make_row(0), make_row(1)], "photos"), write_table(edits, "edits", optional=optional)]
    return load_faces(tables, SIZE)


@pytest.fixture
def still(monkeypatch):
    """Pictures and maps stay where the table has them."""
    monkeypatch.setattr(module, "stray", lambda batch, maps: FlowBatch(**batch.tensors(), **maps))


def draw(faces, name, batch_size=64):
    return next(flow_batches(faces, batch_size=batch_size, seed=0, mix=only(name))(0))


def numbers(images):
    """Read back the numbers that made pictures tell by their red."""
    return ((images[:, 0, 0, 0] + 1) * 127.5).round()


def flipped(batch):
    return batch.image[:, 1, 0, 0] > batch.image[:, 1, 0, -1]  # green rises to the right


def test_a_photo_comes_with_the_flow_to_its_edit_mirrored_with_it(faces, still):
    batch = draw(faces, "photo_to_edit")
    sign = 1 - 2 * flipped(batch).float()
    assert 0 < flipped(batch).sum() < 64
    expected = ((numbers(batch.result) - 10) / 4 * sign)[:, None, None].expand(-1, 32, 32)
    torch.testing.assert_close(batch.flow[:, 0], expected)
    assert not batch.flow[:, 1].any()
    assert batch.fresh_known.all()
    assert (batch.fresh[:, 0, 31] == 1).all()
    assert torch.equal(batch.flow_known, 1 - batch.fresh)


def test_an_edit_comes_with_the_flow_turned_round_to_its_photo(faces, still):
    batch = draw(faces, "edit_to_photo")
    sign = 1 - 2 * flipped(batch).float()
    expected = -((numbers(batch.image) - 10) / 4 * sign)[:, None, None].expand(-1, 32, 32)
    torch.testing.assert_close(batch.flow[:, 0], expected, atol=1e-3, rtol=0)
    assert not batch.fresh.any()
    assert not batch.fresh_known.any()
    assert batch.flow_known[..., :30, :].min() > 0.99
    assert batch.flow_known[..., 31, :].max() < 0.01


@pytest.mark.parametrize("name", ["edit_to_edit", "photo_alone", "edit_alone"])
def test_in_other_directions_nothing_is_known(faces, name):
    batch = draw(faces, name)
    for field in ("flow", "flow_known", "fresh", "fresh_known"):
        assert not getattr(batch, field).any(), field


def test_photographs_without_maps_give_pairs_without_a_flow(photo_and_edit_faces):
    batch = draw(photo_and_edit_faces, "photo_to_edit")
    assert not batch.flow_known.any()
    assert torch.isfinite(batch.flow).all()


def test_the_pairs_are_those_of_pair_batches(faces, still):
    plain = next(pair_batches(faces, batch_size=16, seed=3)(5)).tensors()
    moved = next(flow_batches(faces, batch_size=16, seed=3)(5)).tensors()
    for name, value in plain.items():
        assert torch.equal(value, moved[name]), name


def bump(size, height):
    """A flow of some pixels that is smooth and 0 at the border, (1, 2, size, size)."""
    place = (torch.arange(size) + 0.5) / size
    hill = torch.sin(torch.pi * place)[:, None] ** 2 * torch.sin(torch.pi * place) ** 2
    return torch.stack([height * hill, -0.7 * height * hill])[None]


def test_a_flow_and_its_inverse_bring_a_picture_back():
    size = 128
    flow = bump(32, 8.0)
    inverse, known = invert_flow(flow, torch.zeros(1, 1, 32, 32), size)
    assert known.min() == 1
    photo = interpolate(torch.rand(1, 3, 8, 8), size=(size, size), mode="bicubic")
    edit, back = (interpolate(one, size=(size, size), mode="bilinear") for one in (flow, inverse))
    again = move(move(photo, edit), back)
    assert (again - photo).abs().mean() < 0.03 * (move(photo, edit) - photo).abs().mean()


def test_what_the_edit_hides_is_not_trusted():
    flow = torch.zeros(1, 2, 32, 32)
    flow[:, 0, :, 16:] = 24.0  # the edit leaves out what the photograph shows right of the middle
    _, known = invert_flow(flow, torch.zeros(1, 1, 32, 32), 128)
    assert known[..., :4].min() == 1
    assert known[..., 17:21].max() == 0


@pytest.mark.parametrize(("name", "sign"), [("photo_to_edit", 1), ("edit_to_photo", -1)])
def test_a_pair_comes_with_the_change_of_its_tilt_mirrored_with_it(still, make_row, write_table, name, sign):
    sides = {"AU12_L": 0.75, "AU12_R": 0.25}
    edit = make_row(
        1, kind="re-expressed", pair="face-0", subject="person-0", before=np.full(17, 0.1, np.float32), sided=sides
    )
    columns = [f"before_{one}" for one in ACTION_UNITS] + list(sides)
    tables = [write_table([make_row(0)], "photos"), write_table([edit], "edits", optional=columns)]
    batch = draw(load_faces(tables, SIZE), name)
    tilt = batch.tilt[:, ACTION_UNITS.index("AU12")]
    torch.testing.assert_close(tilt, sign * 0.25 * (1 - 2 * flipped(batch).float()))
    assert batch.tilt.count_nonzero() == len(tilt)


def test_a_face_alone_is_asked_for_no_tilt(faces):
    assert not draw(faces, "photo_alone").tilt.any()


def smooth(count, size):
    return interpolate(torch.rand(count, 3, 6, 6) - 0.5, size=(size, size), mode="bicubic")


def strayed(count=16, size=128):
    photo, flow = smooth(count, size), bump(32, 6.0).expand(count, -1, -1, -1)
    none = torch.zeros(count, 17)
    batch = PairBatch(
        key=torch.arange(count), image=photo, source=none, target=none, paired=torch.ones(count), real=photo,
        result=move(photo, interpolate(flow, size=(size, size), mode="bilinear")), labelled=photo, label=none,
        label_known=none,
    )  # fmt: skip
    one = torch.ones(count, 1, 32, 32)
    maps = {"flow": flow, "flow_known": one, "fresh": 0 * one, "fresh_known": torch.ones(count), "tilt": none}
    return batch, stray(batch, maps)


def test_a_pair_that_strays_is_still_explained_by_its_flow():
    torch.manual_seed(0)
    _, batch = strayed()
    enlarged = interpolate(batch.flow, size=(128, 128), mode="bilinear")
    inside = (..., slice(16, 112), slice(16, 112))
    explained = (move(batch.image, enlarged) - batch.result)[inside].abs().mean()
    assert explained < 0.05 * (batch.image - batch.result)[inside].abs().mean()


def test_samples_stray_and_change_colour_each_in_its_own_way():
    torch.manual_seed(0)
    before, batch = strayed()
    changed = (batch.image - before.image).abs().mean((1, 2, 3))
    assert changed.min() > 0
    assert changed.max() > 2 * changed.min()
    assert torch.equal(strayed()[1].flow, batch.flow)
