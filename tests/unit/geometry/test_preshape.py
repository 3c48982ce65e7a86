"""Shapes without place and size."""

import torch

from mienkit.geometry.preshape import PreShape, flatten_shapes, unflatten_shapes

FACES = torch.randn(3, 68, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_a_shape_is_centred_and_has_norm_one():
    shape = PreShape.of(FACES)
    torch.testing.assert_close(shape.points.mean(1), torch.zeros(3, 2).double(), rtol=0, atol=1e-12)
    torch.testing.assert_close(shape.points.flatten(1).norm(dim=1), torch.ones(3).double())


def test_place_and_size_are_gone():
    torch.testing.assert_close(PreShape.of(5 * FACES + 7).points, PreShape.of(FACES).points)


def test_a_shape_comes_back_with_its_place_and_size():
    shape = PreShape.of(FACES)
    torch.testing.assert_close(shape.restore(shape.points), FACES)


def test_points_that_coincide_have_a_finite_gradient():
    points = torch.ones(1, 4, 2, requires_grad=True)
    shape = PreShape.of(points)
    assert (shape.points == 0).all()
    shape.points.sum().backward()
    assert points.grad.isfinite().all()


def test_coordinates_of_a_point_stand_beside_each_other():
    flat = flatten_shapes(torch.tensor([[1.0, 2, 3], [4, 5, 6]]))
    assert flat.tolist() == [1, 2, 3, 4, 5, 6]
    assert unflatten_shapes(flat, 3).tolist() == [[1, 2, 3], [4, 5, 6]]
