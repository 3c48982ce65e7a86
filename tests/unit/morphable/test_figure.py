"""Heads as pieces of mesh: nothing is lost, nothing is torn, and colours are where they belong."""

import cv2
import numpy as np
import pytest
from real_head import real_model as real_model

from mienkit.morphable import figure
from mienkit.morphable.bust import Matter, load_bust
from mienkit.morphable.figure import Figure, cut_up, eye_places, jpeg, looks_of, paint_eye_map, sculpt
from mienkit.morphable.gltf import Piece
from mienkit.morphable.head import HeadModel
from mienkit.morphable.iris import IRIS_RATIO, Eyes
from mienkit.morphable.wrap import compact, lay_round

pytest.importorskip("numba")
EYES = Eyes(inner=(0.1, 0.05, 0.02), outer=(0.2, 0.3, 0.4), sclera=(0.5, 0.5, 0.5), pupil=0.4, veins=0, phase=0)


@pytest.fixture
def head(real_model: HeadModel, monkeypatch: pytest.MonkeyPatch) -> Figure:
    monkeypatch.setattr(figure, "CHART_ROWS", 160)
    return sculpt(looks_of(None), {"eyeBlink_L": 1, "jawOpen": 1.2})


@pytest.fixture
def pieces(head: Figure) -> dict[str, Piece]:
    return {piece.material.name: piece for piece in cut_up(head)}


def test_the_pieces_are_the_whole_head(head: Figure, pieces: dict[str, Piece]) -> None:
    assert sum(len(piece.triangles) for piece in pieces.values()) == len(head.bust.triangles)
    for piece in pieces.values():
        assert set(np.unique(piece.triangles)) == set(range(len(piece.positions)))
        np.testing.assert_allclose(np.linalg.norm(piece.normals, axis=1), 1, atol=1e-3)
    corners = np.concatenate([piece.positions[piece.triangles] for piece in pieces.values()])
    whole = head.rest[head.bust.triangles] / 100
    np.testing.assert_allclose(np.sort(corners.ravel()), np.sort(whole.ravel()), atol=1e-6)


def test_a_head_is_as_large_as_heads_are_and_looks_ahead(pieces: dict[str, Piece]) -> None:
    low, high = (getattr(pieces["skin"].positions, edge)(0) for edge in ("min", "max"))
    assert 0.15 < (high - low)[0] < 0.5
    assert pieces["teeth"].positions[:, 2].mean() > pieces["skin"].positions[:, 2].mean() + 0.015


def test_shapes_move_what_they_should(pieces: dict[str, Piece]) -> None:
    blink, jaw = (np.linalg.norm(pieces["skin"].moves, axis=2).max(1)[row] for row in (0, 1))
    assert 0.005 < blink < 0.02
    assert 0.02 < jaw < 0.06
    assert np.abs(pieces["teeth"].moves[0]).max() < 1e-5
    assert np.linalg.norm(pieces["teeth"].moves[1], axis=1).max() > 0.01


def test_a_shape_goes_as_far_as_it_must(head: Figure) -> None:
    jaw = head.bust.model.expression[head.bust.model.index("jawOpen")]
    np.testing.assert_allclose(head.moves[1], 1.2 * jaw, atol=1e-5)


def test_an_eyeball_draws_back_behind_its_lid(head: Figure) -> None:
    left, right = head.bust.eye_vertices
    size = np.ptp(head.rest[left], axis=0)
    np.testing.assert_allclose(np.ptp((head.rest + head.moves[0])[left], axis=0), 0.92 * size, rtol=0.02)
    assert not head.moves[0, right].any()


def test_normals_turn_with_the_skin(head: Figure) -> None:
    chin = head.bust.model.landmarks68[8]
    assert np.linalg.norm(head.turns, axis=2).max(1).min() > 0.3
    assert head.turns[1, chin].any()
    assert np.abs(head.turns[0, chin]).max() < 1e-3


def test_no_triangle_beside_the_crown_spans_the_chart(real_model: HeadModel) -> None:
    bust = load_bust()
    skin = bust.triangles[bust.matter == Matter.SKIN].astype(np.int64)
    rows, triangles, places = lay_round(bust, skin)
    np.testing.assert_array_equal(rows[triangles], skin)
    beside = bust.model.neutral[skin, 1].max(1) < 11
    assert np.ptp(places[triangles], axis=1)[beside].max() < 6
    assert np.ptp(bust.places[skin], axis=1)[beside].max() > 40


def test_colours_of_the_face_stay_where_pictures_have_them(real_model: HeadModel) -> None:
    bust = load_bust()
    rows, _, places = lay_round(bust, bust.triangles[bust.matter == Matter.SKIN].astype(np.int64))
    front = np.abs(bust.places[rows, 0]) < 10
    np.testing.assert_array_equal(places[front], bust.places[rows[front]])


def test_compact_triangles_are_the_same_in_fewer_numbers() -> None:
    triangles = np.array([[7, 3, 9], [9, 3, 12]])
    rows, corners = compact(triangles)
    np.testing.assert_array_equal(rows, [3, 7, 9, 12])
    np.testing.assert_array_equal(rows[corners], triangles)


def test_nostrils_are_dark_and_what_can_be_seen_is_not(head: Figure) -> None:
    shade = figure.hollow_shade(head)
    landmarks = head.bust.model.landmarks68
    assert shade[landmarks[[30, 48, 54, 8, 37, 38, 43, 44]]].min() > 0.9
    assert np.quantile(shade[: head.bust.model.parts["face"][1]], 0.02) < 0.3


def test_a_mouth_is_dark_inside(pieces: dict[str, Piece]) -> None:
    shade, depth = pieces["gums and tongue"].shade, pieces["gums and tongue"].positions[:, 2]
    assert shade is not None
    assert np.corrcoef(shade, depth)[0, 1] > 0.8
    assert shade.min() < 0.1


def test_an_eye_has_a_pupil_an_iris_and_white() -> None:
    picture = paint_eye_map(EYES)
    middle = len(picture) // 2
    iris = round(0.75 * IRIS_RATIO * figure.EYE_REACH * len(picture))
    assert picture[middle, middle].max() < 0.01
    assert picture[middle, middle + iris] == pytest.approx((0.175, 0.24, 0.305), rel=0.25)
    assert picture[middle, -1] == pytest.approx((0.5, 0.5, 0.5))
    np.testing.assert_allclose(picture, picture[:, ::-1], atol=1e-6)


def test_an_eyeball_is_laid_out_as_seen_from_the_front() -> None:
    ahead, left, up, behind = eye_places(np.array([[0, 0, 2], [2, 0, 0], [0, 1, 1], [-0.1, 0, -1]], np.float32))
    assert ahead == pytest.approx((0.5, 0.5))
    assert left == pytest.approx((0.95, 0.5))
    assert up == pytest.approx((0.5, 0.5 - 0.45 * np.sqrt(0.5)))
    assert behind == pytest.approx((0.05, 0.5))


def test_light_is_written_in_srgb_red_first() -> None:
    linear = np.broadcast_to(np.array([0.2159, 0.0, 1.0], np.float32), (16, 16, 3))
    read = cv2.imdecode(np.frombuffer(jpeg(linear), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert read[8, 8] == pytest.approx((128, 0, 255), abs=4)


def test_the_mean_head_is_nobodys_and_everybody_is_shaved() -> None:
    assert not looks_of(None).identity.any()
    assert looks_of(7).identity.any()
    assert looks_of(None).cut == looks_of(7).cut == "shaved"
