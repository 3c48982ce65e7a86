"""The editor that only moves landmarks."""

import numpy as np
import pytest
import torch

from mienkit.baselines.warp import warp
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, au_vector
from mienkit.core.landmark import MEAN_SHAPE, MIRROR
from mienkit.core.task import Editor

FACE = np.asarray(MEAN_SHAPE)
SMILE = au_vector({"AU12": 1.0})[None]
REST = torch.zeros(1, 17)


@pytest.fixture
def editor(monkeypatch) -> warp.Warp:
    """Without the meter: every face is the mean one."""
    monkeypatch.setattr(warp, "read_landmarks", lambda image: np.broadcast_to(FACE, (len(image), 68, 2)))
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


def test_landmarks_arrive_where_the_mean_displacement_takes_them():
    moved = warp.mean_displacements()[AU_INDEX["AU12"]]
    flow = warp.spline_flow(FACE, moved)
    arrived = np.floor((FACE + moved) * warp.GRID).astype(int)
    mouth = [48, 54]
    fetched = flow[:, arrived[mouth, 1], arrived[mouth, 0]].T
    assert fetched == pytest.approx(-moved[mouth], abs=0.01)
    assert np.abs(moved[mouth]).max() > 0.04


def test_the_border_is_held():
    flow = warp.spline_flow(FACE, warp.mean_displacements()[AU_INDEX["AU26"]])
    edge = np.concatenate([flow[:, 0], flow[:, -1], flow[:, :, 0], flow[:, :, -1]], 1)
    assert np.abs(edge).max() < 0.2 * np.abs(flow).max()


def test_every_picture_of_a_batch_has_its_own_change(editor):
    both = editor.edit(picture(2), REST.expand(2, -1), torch.cat([REST, SMILE]))
    alone = editor.edit(picture(2)[1:], REST, SMILE)
    assert torch.equal(both.image[:1], picture(2)[:1])
    torch.testing.assert_close(both.image[1:], alone.image)


def test_lids_that_would_cross_meet():
    shut = warp.without_crossing(FACE + 3 * warp.mean_displacements()[AU_INDEX["AU45"]])
    assert all(shut[above, 1] <= shut[below, 1] + 1e-9 for above, below in warp.FACING)
    assert np.array_equal(warp.without_crossing(FACE), FACE)


def test_both_sides_of_the_face_move_alike():
    moved = warp.mean_displacements()
    assert moved.shape == (len(ACTION_UNITS), 68, 2)
    assert moved == pytest.approx(moved[:, list(MIRROR)] * (-1, 1), abs=2e-5)


def test_what_is_saved_is_what_is_read(tmp_path, monkeypatch):
    warp.mean_displacements.cache_clear()
    monkeypatch.setattr(warp, "DISPLACEMENTS", tmp_path / "made.json")
    made = np.random.default_rng(0).normal(0, 0.02, (17, 68, 2))
    warp.save_displacements(made, warp.DISPLACEMENTS)
    equal = (made + made[:, list(MIRROR)] * (-1, 1)) / 2
    assert warp.mean_displacements() == pytest.approx(equal, abs=1e-5)
    warp.mean_displacements.cache_clear()


def test_one_face_with_many_expressions_is_read_once(monkeypatch):
    seen = []

    class Meter:
        image_size = 64

        def measure(self, image):
            seen.append(len(image))
            return type("Read", (), {"landmarks": torch.from_numpy(FACE).expand(len(image), -1, -1) * 64})

    monkeypatch.setattr(warp, "load_meter", Meter)
    assert warp.read_landmarks(picture().expand(5, -1, -1, -1)).shape == (5, 68, 2)
    assert warp.read_landmarks(picture(3)).shape == (3, 68, 2)
    assert seen == [1, 3]


def test_an_expression_comes_as_the_sources_displacement_from_the_mean_face(editor):
    smiling = torch.from_numpy(FACE + warp.mean_displacements()[AU_INDEX["AU12"]]).float()[None] * 64
    target = torch.from_numpy(FACE + 0.01).float()[None] * 64
    moved = (warp.mean_displacements()[AU_INDEX["AU12"]] * 64).tolist()
    assert (editor.fuse(smiling, target) - target)[0].tolist() == pytest.approx(np.asarray(moved), abs=1e-3)
    edited = editor.transfer(picture(), picture(), smiling, target)
    told = warp.moved_by(picture(), target.double().numpy() / 64, np.asarray([moved]) / 64)
    torch.testing.assert_close(edited.image, told.image, atol=1e-3, rtol=0)
    assert (edited.motion.flow - told.motion.flow).abs().max() < 1e-3
    assert edited.motion.flow.abs().max() > 1


def test_the_mean_face_moves_nothing(editor):
    mean = torch.from_numpy(FACE).float()[None] * 64
    target = mean + 2 * torch.rand(1, 68, 2, generator=torch.Generator().manual_seed(1))
    edited = editor.transfer(picture(), picture(), mean, target)
    assert torch.equal(edited.image, picture())
    assert not edited.change.any()
