"""Triangles drawn into a picture."""

import sys

import numpy as np
import pytest
from tiny_head import ball

import mienkit.morphable
from mienkit.core.errors import MissingExtraError
from mienkit.morphable.raster import FARTHEST, Raster, load_kernels, rasterise

pytest.importorskip("numba")

UPRIGHT = np.array([[0, 1, 2]])
"""Counter-clockwise for corners at lower left, lower right, upper left of a picture."""


def square(left: float, top: float, side: float, depth: float) -> np.ndarray:
    right, bottom = left + side, top + side
    return np.array([[left, top, depth], [left, bottom, depth], [right, bottom, depth], [right, top, depth]])


SQUARE = np.array([[0, 1, 2], [0, 2, 3]])


def on_screen(vertices: np.ndarray, size: int) -> np.ndarray:
    """Look at a ball of radius 8 from the front."""
    scale = size / 20
    return np.stack([size / 2 + scale * vertices[:, 0], size / 2 - scale * vertices[:, 1], vertices[:, 2]], 1)


def by_hand(points: np.ndarray, triangle: np.ndarray, x: float, y: float) -> np.ndarray:
    """Return the three barycentric weights of a place by solving for them."""
    corners = np.vstack([points[triangle, :2].T, np.ones(3)])
    return np.linalg.solve(corners, [x, y, 1.0])


def test_pixels_whose_centre_lies_inside_are_covered() -> None:
    raster = rasterise(square(2.4, 1.6, 3.0, 0.0), SQUARE, 8, 10)
    wanted = np.zeros((8, 10), bool)
    wanted[2:5, 2:5] = True  # centres 2.5 to 4.5 of both axes
    wanted[1:2] = False
    np.testing.assert_array_equal(raster.covered, wanted)
    assert raster.triangle.dtype == np.int32
    assert (raster.depth[~wanted] == FARTHEST).all()


def test_neighbouring_triangles_leave_no_gap() -> None:
    raster = rasterise(on_screen(ball()[0], 200), ball()[1], 200, 200)
    y, x = np.mgrid[:200, :200] + 0.5
    inside = np.hypot(x - 100, y - 100) < 74  # the drawn ball is a polygon, a little smaller than 80 px
    assert raster.covered[inside].all()


def test_the_weights_are_those_of_the_plane() -> None:
    points = np.array([[1.3, 8.9, 1.0], [9.1, 7.2, 2.0], [3.3, 0.7, 5.0]])
    raster = rasterise(points, UPRIGHT, 10, 10)
    rows, columns = np.nonzero(raster.covered)
    assert len(rows) > 20
    for row, column in zip(rows, columns, strict=True):
        weights = by_hand(points, UPRIGHT[0], column + 0.5, row + 0.5)
        np.testing.assert_allclose(raster.bary[row, column], weights[1:], atol=1e-5)
        assert raster.depth[row, column] == pytest.approx(weights @ points[:, 2], abs=1e-5)


def test_the_nearest_triangle_wins_in_any_order() -> None:
    near, far = square(1, 1, 4, 3.0), square(0, 0, 8, 1.0)
    points = np.vstack([near, far])
    for order in ([0, 1, 2, 3], [2, 3, 0, 1]):
        triangles = np.vstack([SQUARE, SQUARE + 4])[order]
        depth = rasterise(points, triangles, 8, 8).depth
        assert (depth[1:5, 1:5] == 3).all()
        assert depth[0, 0] == depth[7, 7] == 1


def test_triangles_seen_from_behind_are_left_out_unless_asked_for() -> None:
    behind = SQUARE[:, ::-1]
    points = square(1, 1, 4, 0.0)
    assert not rasterise(points, behind, 6, 6).covered.any()
    assert rasterise(points, behind, 6, 6, cull=False).covered.sum() == 16


def test_a_closed_surface_looks_the_same_with_and_without_its_back() -> None:
    vertices, triangles = ball()
    one, other = (rasterise(on_screen(vertices, 64), triangles, 64, 64, cull=cull) for cull in (True, False))
    seen = one.covered
    np.testing.assert_array_equal(one.triangle[seen], other.triangle[seen])


def test_what_lies_outside_of_the_picture_is_cut_off() -> None:
    raster = rasterise(square(-50, -50, 100, 0.0), SQUARE, 5, 7)
    assert raster.covered.all()
    for left, top in ((-20, 0), (20, 0), (0, -20), (0, 20)):
        assert not rasterise(square(left, top, 5, 0.0), SQUARE, 5, 7).covered.any()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e30])
def test_corners_that_are_no_places_are_left_out(wrong: float) -> None:
    points = np.vstack([square(1, 1, 3, 0.0), [[wrong, 2, 0], [3, wrong, 0], [2, 2, 0]]])
    triangles = np.vstack([SQUARE, [[4, 5, 6]]])
    raster = rasterise(points, triangles, 6, 6, cull=False)
    assert set(np.unique(raster.triangle)) == {-1, 0, 1}


def test_a_triangle_without_area_is_left_out() -> None:
    flat = np.array([[0, 0, 0], [5, 5, 0], [10, 10, 0]])
    assert not rasterise(flat, UPRIGHT, 10, 10, cull=False).covered.any()


def test_values_of_vertices_are_spread_linearly() -> None:
    points = square(0, 0, 8, 0.0)
    raster = rasterise(points, SQUARE, 8, 8)
    places = raster.interpolate(points[:, :2])
    columns, rows = np.meshgrid(np.arange(8) + 0.5, np.arange(8) + 0.5)
    np.testing.assert_allclose(places[..., 0], columns, atol=1e-5)
    np.testing.assert_allclose(places[..., 1], rows, atol=1e-5)


def test_empty_pixels_get_the_background() -> None:
    raster = rasterise(square(1, 1, 2, 0.0), SQUARE, 4, 4)
    values = raster.interpolate(np.ones((4, 2)), background=-7.0)
    assert values.shape == (4, 4, 2)
    assert values[0, 0, 0] == -7
    assert values[1, 1, 1] == 1


def test_the_same_mesh_gives_the_same_bytes() -> None:
    vertices, triangles = ball()
    first, second = (rasterise(on_screen(vertices, 96), triangles, 96, 96) for _ in range(2))
    assert first.depth.tobytes() == second.depth.tobytes()
    assert first.bary.tobytes() == second.bary.tobytes()


def test_no_triangles_are_an_empty_picture() -> None:
    raster = rasterise(np.zeros((0, 3)), np.zeros((0, 3), np.int32), 3, 4)
    assert isinstance(raster, Raster)
    assert not raster.covered.any()


def test_a_mesh_of_another_form_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"\(V, 3\) points and \(T, 3\) triangles, not \(4, 2\)"):
        rasterise(np.zeros((4, 2)), SQUARE, 4, 4)
    with pytest.raises(ValueError, match="not among the 3"):
        rasterise(np.zeros((3, 3)), SQUARE, 4, 4)


def test_without_numba_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "mienkit.morphable.kernel", raising=False)
    monkeypatch.delattr(mienkit.morphable, "kernel", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'mienkit\[render\]'"):
        load_kernels()
