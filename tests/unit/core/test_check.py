import pytest
import torch

from mienkit.core.check import check_shape


@pytest.mark.parametrize(
    ("shape", "pattern"), [((2, 3, 8, 8), "B 3 H W"), ((17,), "17"), ((5, 68, 2), "B 68 2"), ((), "")]
)
def test_a_shape_that_fits_is_taken(shape, pattern):
    check_shape("image", torch.zeros(shape), pattern)


@pytest.mark.parametrize(
    ("shape", "pattern"), [((2, 1, 8, 8), "B 3 H W"), ((3, 8, 8), "B 3 H W"), ((2, 3, 8, 8, 1), "B 3 H W")]
)
def test_a_shape_that_does_not_fit_is_refused_with_what_came(shape, pattern):
    with pytest.raises(ValueError, match=r"image should have the shape \(B, 3, H, W\), not \(") as caught:
        check_shape("image", torch.zeros(shape), pattern)
    assert str(tuple(shape)) in str(caught.value)
