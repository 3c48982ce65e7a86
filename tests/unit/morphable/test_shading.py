"""Light on a head."""

import numpy as np
import pytest
from tiny_head import ball

from mienkit.morphable.shading import Light, fit_light, vertex_normals

pytest.importorskip("numba")

EVERYWHERE = np.ones((64, 64), bool)


def face_normals() -> np.ndarray:
    """Return the normals of a ball that fills a picture, (64, 64, 3), all towards the camera."""
    y, x = 0.65 * (np.mgrid[:64, :64] - 31.5) / 32
    return np.stack([x, -y, np.sqrt(1 - x**2 - y**2)], -1).astype(np.float32)


def test_normals_of_a_ball_point_away_from_its_middle() -> None:
    vertices, triangles = ball()
    normals = vertex_normals(vertices, triangles)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert (normals * vertices / 8).sum(1).min() > 0.97


def test_larger_triangles_count_more() -> None:
    corner = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0.1, 0.1]])
    normal = vertex_normals(corner, np.array([[0, 1, 2], [0, 2, 3]]))[0]
    assert normal[2] > 0.99


def test_a_vertex_without_a_triangle_has_no_normal() -> None:
    normals = vertex_normals(np.eye(4, 3), np.array([[0, 1, 2]]))
    np.testing.assert_array_equal(normals[3], 0)


def test_the_light_of_a_ball_is_found() -> None:
    normals = face_normals()
    light = fit_light(100 + normals @ np.array([30, 20, 15]), normals, EVERYWHERE)
    np.testing.assert_allclose(light.direction[:2], [30, 20], atol=2)  # z and the ambient light look alike on a face
    np.testing.assert_allclose(light.shade(normals), 100 + normals @ np.array([30, 20, 15]), atol=4)


def test_brows_and_highlights_hardly_move_the_light() -> None:
    dice = np.random.default_rng(0)
    normals = face_normals()
    luma = 100 + normals @ np.array([30, 20, 15]) + dice.normal(0, 2, (64, 64))
    spoilt = luma.copy()
    spoilt[:14, :30] = 20
    clean, dirty = fit_light(luma, normals, EVERYWHERE), fit_light(spoilt, normals, EVERYWHERE)
    np.testing.assert_allclose(dirty.direction, clean.direction, atol=5)


def test_only_skin_counts() -> None:
    normals = face_normals()
    luma = 100 + normals @ np.array([30, 0, 0])
    skin = EVERYWHERE.copy()
    skin[40:] = False
    spoilt = np.where(skin, luma, 255)
    assert fit_light(spoilt, normals, skin) == fit_light(luma, normals, skin)


@pytest.mark.parametrize("pixels", [0, 20])
def test_too_little_skin_gives_light_without_a_direction(pixels: int) -> None:
    skin = np.zeros((64, 64), bool)
    skin[0, :pixels] = True
    light = fit_light(np.full((64, 64), 90.0), face_normals(), skin)
    assert light.direction == (0, 0, 0)
    assert light.ratio(face_normals(), face_normals()[::-1]) == pytest.approx(np.ones((64, 64)))


def test_normals_that_stay_keep_their_light() -> None:
    normals = face_normals()
    np.testing.assert_array_equal(Light(80, (40, 10, 5)).ratio(normals, normals), 1)


def test_skin_that_turns_to_the_lamp_gets_brighter() -> None:
    to_lamp, aside = np.array([[1.0, 0, 0]]), np.array([[0.0, 0, 1]])
    assert Light(50, (50, 0, 0)).ratio(to_lamp, aside)[0] == pytest.approx(2)


@pytest.mark.parametrize("ambient", [-40.0, 0.0, 10.0])
def test_no_skin_is_black(ambient: float) -> None:
    light = Light(ambient, (0, 0, 120))
    away = np.array([[0.0, 0, -1]])
    assert light.shade(away)[0] == pytest.approx(0.2 * light.brightest)
    assert 0 < light.ratio(away, -away)[0] < 1


def test_a_black_picture_has_a_light() -> None:
    light = fit_light(np.zeros((64, 64)), face_normals(), EVERYWHERE)
    assert np.isfinite(light.ratio(face_normals(), face_normals())).all()
