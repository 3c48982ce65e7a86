"""The editor that only moves landmarks."""

import numpy as np
import pytest
import torch

from mienkit.baselines.warp import warp
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, au_vector
from mienkit.core.landmark import MEAN_SHAPE, MIRROR
from mienkit.core.task import Editor

FACE = torch.tensor(MEAN_SHAPE, dtype=torch.float64)
SMILE = au_vector({"AU12": 1.0})[None]
REST = torch.zeros(1, 17)


@pytest.fixture
def editor(monkeypatch) -> warp.Warp:
    """Without the meter: every face is the mean one."""
    monkeypatch.setattr(warp, "read_landmarks", lambda image: FACE.expand(len(image), -1, -1) * image.shape[-1])
    return warp.Warp(warp.Warp.Config(image_size=64))


def picture(count: int = 1) -> torch.Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_it_is_an_editor(editor):
    assert isinstance(editor, Editor)


def test_no_change_gives_the_picture_back_bit_for_bit(editor):
    image = picture()
    edited = editor.edit(image, SMILE, SMILE)
    assert torch.equal(edited.image, image)
    assert not edited.change.any()
    assert not edited.motion.flow.any()


def test_pixels_that_do_not_move_stay_bit_for_bit(editor):
    image = picture()
    edited = editor.edit(image, REST, SMILE)
    still = edited.change[0, 0] == 0
    assert 0.02 < still.float().mean() < 0.98
    assert torch.equal(edited.image[0][:, still], image[0][:, still])


def test_lip_corners_arrive_where_the_mean_displacement_takes_them(editor):
    moved = warp.mean_displacements()[AU_INDEX["AU12"]] * 64
    flow = editor.edit(picture(), REST, SMILE).motion.flow[0]
    mouth = [48, 54]
    column, row = (FACE * 64 + moved)[mouth].long().T
    torch.testing.assert_close(flow[:, row, column].T.double(), -moved[mouth], atol=0.7, rtol=0)
    assert moved[mouth].abs().max() > 2.5


def test_every_picture_of_a_batch_has_its_own_change(editor):
    both = editor.edit(picture(2), REST.expand(2, -1), torch.cat([REST, SMILE]))
    alone = editor.edit(picture(2)[1:], REST, SMILE)
    assert torch.equal(both.image[:1], picture(2)[:1])
    torch.testing.assert_close(both.image[1:], alone.image)


def test_both_sides_of_the_face_move_alike():
    moved = warp.mean_displacements()
    assert moved.shape == (len(ACTION_UNITS), 68, 2)
    torch.testing.assert_close(moved, moved[:, list(MIRROR)] * torch.tensor([-1, 1]), atol=2e-5, rtol=0)


def test_what_is_saved_is_what_is_read(tmp_path, monkeypatch):
    warp.mean_displacements.cache_clear()
    monkeypatch.setattr(warp, "DISPLACEMENTS", tmp_path / "made.json")
    made = np.random.default_rng(0).normal(0, 0.02, (17, 68, 2))
    warp.save_displacements(made, warp.DISPLACEMENTS)
    equal = (made + made[:, list(MIRROR)] * (-1, 1)) / 2
    assert warp.mean_displacements().numpy() == pytest.approx(equal, abs=1e-5)
    warp.mean_displacements.cache_clear()


def test_an_expression_comes_as_the_sources_displacement_from_the_mean_face(editor):
    smile = warp.mean_displacements()[AU_INDEX["AU12"]]
    smiling, target = (FACE + smile)[None] * 64, (FACE + 0.01)[None] * 64
    torch.testing.assert_close(editor.fuse(smiling, target) - target, smile[None] * 64)
    edited = editor.transfer(picture(), picture(), smiling, target)
    told = warp.moved_to(picture(), target, target + smile * 64)
    torch.testing.assert_close(edited.image, told.image, atol=1e-3, rtol=0)
    assert (edited.motion.flow - told.motion.flow).abs().max() < 1e-3
    assert edited.motion.flow.abs().max() > 1


def test_the_mean_face_moves_nothing(editor):
    mean = FACE[None].float() * 64
    target = mean + 2 * torch.rand(1, 68, 2, generator=torch.Generator().manual_seed(1))
    edited = editor.transfer(picture(), picture(), mean, target)
    assert torch.equal(edited.image, picture())
    assert not edited.change.any()
