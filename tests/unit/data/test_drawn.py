"""Drawn faces: exact labels, visible action units, the same bytes for the same row."""

import math
from functools import cache

import numpy as np
import pytest
import torch

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, both_sides
from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.errors import UnknownNameError
from mienkit.core.landmark import LEFT_EYE_CORNERS, MOUTH_CORNERS, RIGHT_EYE_CORNERS
from mienkit.data.drawn import KINDS, DrawnFaces, draw_faces, random_expressions
from mienkit.data.drawn.brush import Chord, blobs, edge, lookup, radial_table, spline
from mienkit.data.drawn.dice import Dice, mix_keys
from mienkit.data.drawn.mouth import SEVEN, UPPER_OUTER
from mienkit.data.drawn.sitting import seat
from mienkit.data.drawn.skin import find_head

PEOPLE = 8
EYES = [*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS]


def expression(**units: float) -> np.ndarray:
    vector = np.zeros(len(ACTION_UNITS), np.float32)
    for name, value in units.items():
        vector[AU_INDEX[name]] = value
    return vector


def draw(units: np.ndarray, *, people: int = PEOPLE, size: int = 64) -> DrawnFaces:
    """The same people in the same scenes, straight ahead, with one expression."""
    return draw_once(tuple(units.tolist()), people, size)


@cache
def draw_once(units: tuple[float, ...], people: int, size: int) -> DrawnFaces:
    """Many tests look at the same faces."""
    identity = np.arange(people)
    return draw_faces(identity, np.tile(units, (people, 1)), size=size, pose=False, scene=identity)


def change(units: np.ndarray, **how: int) -> np.ndarray:
    """How much each pixel differs from the neutral face, (N, S, S), in grey levels."""
    neutral, moved = draw(expression(), **how), draw(units, **how)
    return np.abs(moved.images.astype(int) - neutral.images.astype(int)).max(3)


def opening(landmarks: np.ndarray) -> np.ndarray:
    """Height between the lids, px."""
    return (landmarks[:, [40, 41, 46, 47], 1] - landmarks[:, [38, 37, 44, 43], 1]).mean(1)


# what comes out


@pytest.mark.parametrize("size", [32, 50, 64, 128])
def test_shapes_and_types_hold_for_every_size(size):
    aus, _ = random_expressions(3, 1)
    faces = draw_faces([4, 5, 6], aus, size=size)
    assert faces.images.shape == (3, size, size, 3)
    assert faces.images.dtype == np.uint8
    assert faces.landmarks.shape == (3, 68, 2)
    assert faces.landmarks.dtype == np.float32
    assert faces.pose.shape == (3, 3)
    assert faces.pose.dtype == np.float32
    assert faces.identity.tolist() == [4, 5, 6]
    np.testing.assert_array_equal(faces.aus, aus)


def test_no_faces_is_an_answer():
    faces = draw_faces(np.zeros(0, np.int64), np.zeros((0, 17)), size=64)
    assert faces.images.shape == (0, 64, 64, 3)
    assert faces.landmarks.shape == (0, 68, 2)


def test_pictures_are_exposed_as_photographs_are():
    faces = draw_faces(np.arange(32), np.zeros((32, 17)), size=64, seed=3)
    assert 60 < faces.images.mean() < 170
    assert (faces.images == 255).mean() < 0.02
    assert faces.images.mean((1, 2, 3)).std() > 8


@pytest.mark.parametrize(
    ("identity", "aus", "scene", "words"),
    [
        (np.arange(2), np.zeros((3, 17)), None, "aus"),
        (np.arange(2), np.zeros((2, 16)), None, "aus"),
        (np.zeros((2, 2)), np.zeros((2, 17)), None, "identity"),
        (np.arange(2), np.full((2, 17), 1.5), None, r"\[0, 1\]"),
        (np.arange(2), np.zeros((2, 17)), np.arange(3), "scene"),
    ],
)
def test_wrong_arguments_are_named(identity, aus, scene, words):
    with pytest.raises(ValueError, match=words):
        draw_faces(identity, aus, scene=scene)


# reproducible


def test_same_arguments_give_the_same_bytes():
    aus, _ = random_expressions(5, 2)
    first, second = (draw_faces(np.arange(5), aus, size=64, seed=7, jitter=0.3) for _ in range(2))
    assert first.images.tobytes() == second.images.tobytes()
    assert first.landmarks.tobytes() == second.landmarks.tobytes()


def test_a_row_does_not_depend_on_its_batch():
    aus, _ = random_expressions(40, 2)
    identity, scene = np.arange(40), np.arange(40) + 100
    whole = draw_faces(identity, aus, size=64, scene=scene)
    some = [33, 2, 17]
    part = draw_faces(identity[some], aus[some], size=64, scene=scene[some])
    np.testing.assert_array_equal(part.images, whole.images[some])
    np.testing.assert_array_equal(part.landmarks, whole.landmarks[some])


def test_the_seed_changes_the_scene_and_not_the_person():
    still = np.zeros((4, 17))
    first, second = (draw_faces(np.arange(4), still, size=64, seed=seed) for seed in (1, 2))
    assert np.abs(first.pose - second.pose).min(0).max() > 0.1
    assert (first.images != second.images).mean() > 0.5
    first, second = (draw_faces(np.arange(4), still, size=64, seed=seed, pose=False) for seed in (1, 2))
    np.testing.assert_allclose(first.landmarks, second.landmarks, atol=1e-4)


def test_people_differ():
    faces = draw_faces(np.arange(50), np.zeros((50, 17)), size=64, pose=False, scene=np.zeros(50))
    assert faces.landmarks.std(0).mean() > 0.4
    assert len({image.tobytes() for image in faces.images}) == 50


def test_rows_of_one_scene_differ_by_expression_alone():
    aus = np.stack([expression(), expression(AU12=1, AU26=1, AU1=1)])
    faces = draw_faces([3, 3], aus, size=64, scene=[9, 9])
    np.testing.assert_array_equal(faces.pose[0], faces.pose[1])
    np.testing.assert_array_equal(faces.images[0, :6], faces.images[1, :6])
    assert (faces.images[0] != faces.images[1]).any()


# aligned and posed


@pytest.mark.parametrize("size", [64, 128])
def test_neutral_faces_stand_in_the_template(size):
    faces = draw_faces(np.arange(60), np.zeros((60, 17)), size=size, seed=4)
    template = faces.landmarks * 256 / size
    np.testing.assert_allclose(template[:, EYES].mean(1), np.tile([128, 86], (60, 1)), atol=0.01)
    np.testing.assert_allclose(template[:, list(MOUTH_CORNERS)].mean(1), np.tile([128, 156], (60, 1)), atol=0.01)
    centre = template[:, [36, 39]].mean(1)
    assert abs(np.median(centre[:, 0]) - 95) < 2.5
    assert 195 < np.median(template[:, 8, 1]) < 215
    assert 45 < np.median(template[:, 1, 0]) < 65
    assert 3 < template[:, 8, 1].std() < 10


def test_jitter_strays_as_far_as_it_says():
    still, people = np.zeros((200, 17)), np.arange(200)
    faces = draw_faces(people, still, size=32, jitter=1.0, pose=False)
    eyes, mouth = faces.landmarks[:, EYES].mean(1) * 8, faces.landmarks[:, [48, 54]].mean(1) * 8
    down = mouth - eyes
    scale, roll = np.hypot(*down.T) / 70, np.degrees(np.arctan2(down[:, 0], down[:, 1]))
    assert 0.74 < scale.min() < 0.8
    assert 1.2 < scale.max() < 1.26
    assert 20 < np.abs(roll).max() <= 30.01
    assert np.abs(roll - faces.pose[:, 2]).max() < 2  # a crooked face leans a little by itself


def test_pose_has_the_signs_of_the_reading():
    faces = draw_faces(np.arange(200), np.zeros((200, 17)), size=32, seed=2)
    yaw, pitch, roll = faces.pose.T
    nose = faces.landmarks[:, 30]
    ends = faces.landmarks[:, [0, 16]].mean(1)
    assert np.corrcoef(yaw, nose[:, 0] - ends[:, 0])[0, 1] > 0.95
    assert np.corrcoef(pitch, nose[:, 1] - faces.landmarks[:, EYES].mean(1)[:, 1])[0, 1] > 0.7
    assert np.abs(yaw).max() <= 30
    assert np.abs(pitch).max() <= 20
    assert np.abs(roll).max() < 15
    straight = draw_faces(np.arange(9), np.zeros((9, 17)), size=32, pose=False)
    assert np.abs(straight.pose[:, :2]).max() == 0


# landmarks sit on what is drawn


def test_the_drawn_lip_runs_through_its_landmarks():
    aus = torch.from_numpy(random_expressions(8, 5, "uniform")[0])
    sitting = seat(torch.arange(8), both_sides(aus), torch.arange(8), 128, True, 0.5)
    points = sitting.landmarks
    chord = Chord.between(points[:, 48], points[:, 54])
    along, above = chord.see(*points[:, UPPER_OUTER].unbind(2))
    drawn = lookup(chord.table(points[:, UPPER_OUTER], SEVEN), along[:, None], smooth=True)[:, 0]
    assert (drawn - above).abs().max() < 0.6
    assert (drawn - above).abs().mean() < 0.05


def test_the_drawn_jaw_runs_through_its_landmarks():
    sitting = seat(torch.arange(8), torch.zeros(8, 34), torch.arange(8), 128, False, 0.0)
    head = find_head(sitting)
    columns, rows = (sitting.landmarks[:, 4:13].long()).unbind(2)
    share = head.share[torch.arange(8)[:, None], rows, columns]
    assert (share - 1).abs().max() < 0.04


def test_eyes_are_where_the_lids_landmarks_are():
    """Opening the lids changes pixels between the lid landmarks more than anywhere else."""
    opened = draw(expression(AU5=1), size=128)
    difference = np.abs(opened.images.astype(int) - draw(expression(AU45=1), size=128).images.astype(int)).sum(3)
    for image, points in zip(difference, opened.landmarks, strict=True):
        rows, columns = np.nonzero(image > 0.5 * image.max())
        nearest = np.hypot(columns[:, None] + 0.5 - points[36:48, 0], rows[:, None] + 0.5 - points[36:48, 1]).min(1)
        assert np.quantile(nearest, 0.95) < 5


# the action units

MOVES = [
    ("AU1", [21, 22], 1, -1), ("AU2", [17, 18, 25, 26], 1, -1), ("AU4", [20, 21, 22, 23], 1, 1),
    ("AU4", [21], 0, 1), ("AU4", [22], 0, -1), ("AU5", [37, 38, 43, 44], 1, -1), ("AU6", [40, 41, 46, 47], 1, -1),
    ("AU7", [40, 41, 46, 47], 1, -1), ("AU9", [31, 35], 1, -1), ("AU10", [50, 51, 52], 1, -1),
    ("AU12", [48, 54], 1, -1), ("AU12", [48], 0, -1), ("AU12", [54], 0, 1), ("AU14", [48], 0, 1), ("AU14", [54], 0, -1),
    ("AU15", [48, 54], 1, 1), ("AU17", [8, 57], 1, -1), ("AU20", [48], 0, -1), ("AU20", [54], 0, 1),
    ("AU23", [48], 0, 1), ("AU23", [57], 1, -1), ("AU25", [66], 1, 1), ("AU26", [7, 8, 9, 57], 1, 1),
    ("AU45", [37, 38, 43, 44], 1, 1),
]  # fmt: skip


@pytest.mark.parametrize(("unit", "points", "axis", "sign"), MOVES)
def test_units_move_landmarks_as_facs_says(unit, points, axis, sign):
    shift = draw(expression(**{unit: 1})).landmarks - draw(expression()).landmarks
    assert (sign * shift[:, points, axis] * 4 > 0.8).all()


@pytest.mark.parametrize("unit", ACTION_UNITS)
def test_every_unit_shows_and_grows_at_64_px(unit):
    half, full = (change(expression(**{unit: level}), people=8) for level in (0.5, 1.0))
    assert np.median([(image >= 12).sum() for image in full]) >= 12
    assert all((image >= 8).sum() >= 5 for image in full)
    assert full.mean() > 1.15 * half.mean() > 0


@pytest.mark.parametrize("unit", ["AU1", "AU2", "AU4", "AU5", "AU7", "AU45"])
def test_units_of_the_upper_face_leave_the_mouth_alone(unit):
    assert change(expression(**{unit: 1}))[:, 34:50, 22:42].max() <= 1


@pytest.mark.parametrize("unit", ["AU10", "AU12", "AU14", "AU15", "AU17", "AU20", "AU23", "AU25", "AU26"])
def test_units_of_the_mouth_leave_the_brows_alone(unit):
    assert change(expression(**{unit: 1}))[:, 6:18].max() <= 1


def test_a_blink_wins_over_raised_lids():
    closed = opening(draw(expression(AU45=1, AU5=1)).landmarks)
    assert (closed < 0.12 * opening(draw(expression()).landmarks)).all()


def test_lids_and_lips_never_cross():
    aus, _ = random_expressions(200, 8, "uniform")
    faces = draw_faces(np.arange(200), aus, size=32, pose=False)
    assert opening(faces.landmarks).min() > -0.05
    assert (faces.landmarks[:, [65, 66, 67], 1] - faces.landmarks[:, [63, 62, 61], 1]).min() > -0.01


def test_a_dropped_jaw_opens_an_open_mouth_further():
    gap = [
        (face.landmarks[:, 66, 1] - face.landmarks[:, 62, 1]).mean()
        for face in (draw(expression(AU25=1)), draw(expression(AU26=1)), draw(expression(AU25=1, AU26=1)))
    ]
    assert gap[2] > gap[0] + gap[1]


def test_an_open_mouth_shows_teeth_and_a_dark_inside():
    faces = draw(expression(AU25=1, AU26=1), size=128)
    for image, points in zip(faces.images.astype(int), faces.landmarks, strict=True):
        column = round(float(points[62, 0]))
        inside = image[round(float(points[62, 1])) : round(float(points[66, 1])), column].sum(1)
        assert inside.max() > 2.5 * inside.min()


# random expressions


@pytest.mark.parametrize("kind", KINDS)
def test_random_expressions_repeat_and_grow(kind):
    aus, emotion = random_expressions(64, 3, kind)
    assert aus.shape == (64, 17)
    assert aus.dtype == np.float32
    assert emotion.dtype == np.int64
    assert aus.min() >= 0
    assert aus.max() <= 1
    longer, _ = random_expressions(100, 3, kind)
    np.testing.assert_array_equal(longer[:64], aus)
    assert (random_expressions(64, 4, kind)[0] != aus).any()


def test_uniform_expressions_fill_the_range():
    aus, emotion = random_expressions(4000, 0, "uniform")
    np.testing.assert_allclose(aus.mean(0), 0.5, atol=0.03)
    np.testing.assert_allclose(aus.std(0), math.sqrt(1 / 12), atol=0.02)
    assert (emotion == -1).all()


def test_single_expressions_use_one_unit_and_all_of_them():
    aus, _ = random_expressions(1000, 0, "single")
    assert ((aus > 0).sum(1) == 1).all()
    assert ((aus > 0).sum(0) > 20).all()


def test_emotions_are_prototypes_at_half_to_full_intensity():
    aus, emotion = random_expressions(400, 0, "emotion")
    assert set(emotion) == set(range(len(EMOTIONS)))
    for row, index in zip(aus, emotion, strict=True):
        whole = emotion_aus(EMOTIONS[index]).numpy()
        if whole.any():
            assert 0.4 < row @ whole / (whole @ whole) < 1.1
        assert np.abs(row * (whole == 0)).max() < 0.15


def test_mixed_expressions_hold_calm_emotional_and_free_faces():
    aus, emotion = random_expressions(2000, 0, "mixed")
    assert 0.35 < (emotion == -1).mean() < 0.65
    assert 0.15 < (aus.max(1) < 0.2).mean() < 0.4
    assert (aus > 0.5).mean(0).min() > 0.02


def test_an_unknown_kind_is_named():
    with pytest.raises(UnknownNameError, match="did you mean 'single'"):
        random_expressions(2, 0, "singel")


# tools


def test_a_spline_goes_through_its_points():
    points = torch.tensor([[0.0, 1.0], [2.0, 3.0], [5.0, 0.0], [6.0, 6.0]])
    np.testing.assert_allclose((spline(4, 5) @ points)[::5], points, atol=1e-6)
    np.testing.assert_allclose((spline(4, 5, closed=True) @ points)[::5], points, atol=1e-6)


def test_blobs_are_gaussians_blurred_by_the_pixel():
    middle, sigma = torch.tensor([[[5.0, 8.0]]]), torch.tensor([[[3.0, 2.0]]])
    image = blobs(middle, sigma, torch.full((1, 1, 1), 2.0), 16)[0, 0]
    wide_x, wide_y = math.hypot(3, 0.42), math.hypot(2, 0.42)
    expected = 2 * (3 / wide_x) * (2 / wide_y) * math.exp(-0.5 * ((9.5 - 5) / wide_x) ** 2 - 0.5 * (1.5 / wide_y) ** 2)
    assert image[9, 9].item() == pytest.approx(expected, rel=1e-4)


def test_a_circles_radial_table_is_its_radius():
    turn = torch.linspace(0, 2 * math.pi, 41)[:-1]
    circle = torch.stack([3 + 10 * turn.cos(), 4 + 10 * turn.sin()], 1)[None]
    np.testing.assert_allclose(radial_table(circle, torch.tensor([[3.0, 4.0]])), 10, atol=0.04)


def test_an_edge_is_half_covered_on_the_line():
    assert edge(torch.tensor([-2.0, 0.0, 2.0])).tolist() == [0.0, 0.5, 1.0]


def test_keys_mix_without_pattern():
    key = mix_keys(3, torch.arange(2000))
    assert len(set(key.tolist())) == 2000
    rolls = Dice(key, 4).roll(4)
    np.testing.assert_allclose(rolls.mean(0), 0.5, atol=0.03)
    assert abs(np.corrcoef(rolls[:, 0], rolls[:, 1])[0, 1]) < 0.08
