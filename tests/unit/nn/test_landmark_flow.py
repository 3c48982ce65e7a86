"""The flow that takes landmarks elsewhere."""

import pytest
import torch
from torch import Tensor

from mienkit.core.landmark import MEAN_SHAPE
from mienkit.nn.landmark_flow import FACING, STILL, evaluate_spline, landmark_flow, spline_weights, without_crossing

SIZE = 128
FACE = torch.tensor(MEAN_SHAPE)[None] * SIZE
LIP_CORNERS, JAW = [48, 54], list(range(5, 12))


def smiling(by: float = 6.0) -> Tensor:
    aims = FACE.clone()
    aims[:, LIP_CORNERS] += torch.tensor([[-by, -by], [by, -by]])
    return aims


def test_landmarks_arrive():
    flow = landmark_flow(FACE, smiling(), SIZE)
    column, row = smiling()[0, LIP_CORNERS].long().T
    torch.testing.assert_close(flow[0][:, row, column].T, (FACE - smiling())[0, LIP_CORNERS], atol=1.0, rtol=0)


def test_a_face_that_stays_has_no_flow_and_does_not_change_the_others():
    both = landmark_flow(FACE.expand(2, -1, -1), torch.cat([FACE, smiling()]), SIZE)
    assert not both[0].any()
    torch.testing.assert_close(both[1:], landmark_flow(FACE, smiling(), SIZE))


def test_the_rim_is_held():
    aims = FACE.clone()
    aims[:, JAW, 1] += 8
    flow = landmark_flow(FACE, aims, SIZE)
    edge = torch.cat([flow[..., 0, :], flow[..., -1, :], flow[..., 0], flow[..., -1]], -1)
    assert flow.abs().max() > 7
    assert edge.abs().max() < 2


def test_what_hardly_moves_stays():
    flow = landmark_flow(FACE, FACE + torch.randn(FACE.shape) * 1e-4, SIZE)
    assert not flow.any()
    lengths = landmark_flow(FACE, smiling(), SIZE).norm(dim=1)
    assert lengths[lengths > 0].min() >= 0.99 * STILL * SIZE
    assert (lengths == 0).any()


def test_the_flow_of_a_larger_crop_is_the_same_one_enlarged():
    small = landmark_flow(FACE / 2, smiling() / 2, SIZE // 2)
    large = torch.nn.functional.avg_pool2d(landmark_flow(FACE, smiling(), SIZE), 2) / 2
    assert (small - large).abs().max() < 0.1


def test_an_affine_map_is_bent_nowhere():
    places = torch.rand(1, 30, 2, dtype=torch.float64)
    turn, shift = torch.tensor([[0.9, 0.2], [-0.1, 1.1]], dtype=torch.float64), torch.tensor([0.3, -0.2])
    weights = spline_weights(places, places @ turn + shift)
    others = torch.rand(7, 2, dtype=torch.float64)
    torch.testing.assert_close(evaluate_spline(others, places, weights)[0], others @ turn + shift)


def test_lids_and_lips_that_would_cross_meet():
    crossed = FACE.clone()
    for above, below in FACING:
        crossed[:, [above, below]] = FACE[:, [below, above]]
    met = without_crossing(crossed)
    assert all(met[0, above, 1] == pytest.approx(met[0, below, 1].item()) for above, below in FACING)
    assert torch.equal(without_crossing(FACE), FACE)


def test_lips_that_touch_leave_no_noise_where_networks_compute_in_16_bits():
    closed = FACE.clone()
    upper, lower = (list(rows) for rows in zip(*FACING[-3:], strict=True))
    closed[:, lower] = closed[:, upper] + torch.tensor([0.0, 0.02])
    aims = closed.clone()
    aims[:, upper, 1] += 1.5
    aims[:, 17:27, 1] -= 4
    exact = landmark_flow(closed, aims, SIZE)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(landmark_flow(closed, aims, SIZE), exact)
    steps = exact.diff(dim=2).abs().max()
    assert steps < 1.5  # a sheet of rubber has no jumps
