"""Pictures moved by a flow."""

import torch

from mienkit.nn.warp import double, move


def test_a_flow_fetches_what_lies_to_the_right_and_below():
    image = torch.rand(1, 3, 16, 16)
    flow = torch.zeros(1, 2, 16, 16)
    flow[:, 0], flow[:, 1] = 3, 2
    moved = move(image, flow)
    assert torch.allclose(moved[..., :12, :12], image[..., 2:14, 3:15], atol=1e-5)


def test_a_part_of_a_picture_is_moved_as_in_the_whole():
    image, flow = torch.rand(2, 3, 24, 16), torch.randn(2, 2, 24, 16)
    part = move(image, flow[..., 5:21, 3:11], (5, 3))
    torch.testing.assert_close(part, move(image, flow)[..., 5:21, 3:11])


def test_doubling_keeps_means_of_smooth_maps():
    ramp = torch.linspace(0, 1, 8).expand(1, 1, 8, 8)
    assert double(ramp).shape == (1, 1, 16, 16)
    torch.testing.assert_close(double(ramp).mean(), ramp.mean())
