"""Where landmarks lie on the head: the table, and how it is learned."""

from pathlib import Path

import numpy as np
import pytest
from real_head import real_model as real_model
from tiny_head import tiny_head

from mienkit.core.image import Picture
from mienkit.core.landmark import MIRROR
from mienkit.morphable.camera import Angles, pose_of_angles, project
from mienkit.morphable.correspondence import LIPS, OVAL, TABLE, load_correspondence
from mienkit.morphable.head import HeadModel
from mienkit.morphable.learn_correspondence import learn_correspondence, nearest_on, summarise, symmetric
from mienkit.morphable.refine_correspondence import is_resting, refine_correspondence, write_correspondence


def test_the_shares_of_every_landmark_add_up_to_one():
    table = load_correspondence()
    assert len(table) == 478
    assert table.shares.min() >= 0
    assert table.shares.sum(1) == pytest.approx(np.ones(478), abs=1e-5)


def test_sixty_eight_landmarks_are_some_of_the_many():
    few, many = load_correspondence(68), load_correspondence(478)
    assert few.vertices.tolist() == many.vertices[list(few.names)].tolist()
    assert few.names[:3] == (162, 234, 93)


def test_the_outline_goes_round_or_from_temple_to_temple():
    assert [load_correspondence().names[row] for row in load_correspondence().outline] == list(OVAL)
    assert load_correspondence(68).outline == list(range(16, -1, -1))


def test_other_numbers_of_landmarks_are_refused():
    with pytest.raises(ValueError, match="68 or 478 landmarks, not to 5"):
        load_correspondence(5)


def test_values_are_read_between_vertices():
    table = load_correspondence().only([0])
    table.vertices[0], table.shares[0] = (0, 1, 2), (0.5, 0.25, 0.25)
    values = np.array([[4.0], [8.0], [0.0]])
    assert table.pick(np.stack([values, 2 * values])).tolist() == [[[4.0]], [[8.0]]]


def test_the_lips_are_fine_and_the_outline_is_no_skin():
    table = load_correspondence()
    assert table.fine[list(LIPS)].all()
    assert not table.skin[list(OVAL)].any()
    assert load_correspondence(68).fine.sum() == 32


def test_the_learned_places_are_symmetric(real_model: HeadModel):
    places = load_correspondence(68).pick(real_model.neutral)
    inner = slice(17, 68)  # the outline may slide
    assert np.abs(places[inner] * (-1, 1, 1) - places[list(MIRROR)][inner]).max() < 0.15


def test_the_learned_places_are_near_the_models_own_landmarks(real_model: HeadModel):
    places = load_correspondence(68).pick(real_model.neutral)[36:]
    own = real_model.neutral[real_model.landmarks68][36:]
    assert np.median(np.linalg.norm(places - own, axis=1)) < 0.3


def test_the_fifth_that_strays_most_does_not_count():
    places = np.vstack([np.zeros((8, 3)), np.full((2, 3), 50.0)])
    middle, deviation = summarise(places)
    assert middle.tolist() == [0, 0, 0]
    assert deviation == 0


def test_partners_are_made_mirror_images_and_loners_stay():
    places = np.array([[2.0, 0, 0], [-2.2, 0, 0], [0.5, 9, 0]])
    assert symmetric(places)[:2] == pytest.approx(np.array([[2.1, 0, 0], [-2.1, 0, 0]]))


def test_the_nearest_place_on_a_mesh_is_found():
    model = tiny_head()
    triangle = model.triangles[40]
    inside = model.neutral[triangle].astype(np.float64).mean(0)
    corners, shares = nearest_on(inside[None] * 1.05, model.triangles, model.neutral)
    assert sorted(corners[0]) == sorted(triangle)
    assert shares[0] == pytest.approx([1 / 3] * 3, abs=0.05)


def test_a_table_is_written_as_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    table, few = load_correspondence(), load_correspondence(68)
    write_correspondence(tmp_path / TABLE, table, few.names)
    monkeypatch.setattr("mienkit.morphable.correspondence.files", lambda package: tmp_path)
    again = load_correspondence.__wrapped__(68)
    assert again.names == few.names
    assert again.shares.tolist() == few.shares.tolist()


def test_a_smile_is_no_face_at_rest():
    assert is_resting({"mouthSmileLeft": 0.02, "browDownLeft": 0.3, "cheekPuff": 0.9})
    assert not is_resting({"mouthSmileLeft": 0.02, "mouthSmileRight": 0.2})


def find_lips(picture: Picture) -> np.ndarray | None:
    """Stand in for a landmarker: one landmark, in the middle of what is as red as painted lips."""
    red, green = (picture[..., channel].astype(np.float64) for channel in (0, 1))
    rows, columns = np.nonzero((red > 1.8 * green) & (red < 2.3 * green))
    return np.array([[columns.mean() + 0.5, rows.mean() + 0.5]]) if len(rows) > 50 else None


def test_a_landmark_is_learned_where_a_landmarker_puts_it(real_model: HeadModel):
    pytest.importorskip("numba")
    table = learn_correspondence(find_lips, real_model, num_landmarks=1, renders=24)
    place, lips = table.pick(real_model.neutral)[0], real_model.neutral[real_model.landmarks68[48:60]]
    assert abs(place[0]) < 0.5
    assert lips[:, 1].min() < place[1] < lips[:, 1].max()
    assert 0 < table.deviation[0] < 1


def test_a_landmarker_that_finds_nothing_is_an_error(real_model: HeadModel):
    pytest.importorskip("numba")
    with pytest.raises(ValueError, match="478 landmarks were found on fewer than 20 heads"):
        learn_correspondence(lambda picture: None, real_model, renders=2)


def test_faces_at_rest_correct_a_landmark_that_is_off(real_model: HeadModel):
    table = load_correspondence()
    wrong = table.only(range(478))
    wrong.vertices[151], wrong.shares[151] = table.vertices[9], table.shares[9]  # both on the forehead
    dice = np.random.default_rng(0)
    poses = [pose_of_angles(Angles(yaw, 0, 0), 9.0, np.array([99, 99])) for yaw in (-10, 0, 10)]
    people = [table.pick(real_model.shape(dice.normal(size=100) / 2)) for _ in poses]
    refined = refine_correspondence(wrong, list(map(project, people, poses)), real_model)
    right, before, after = (one.pick(real_model.neutral)[151] for one in (table, wrong, refined))
    assert np.linalg.norm(after - right) < 0.3 * np.linalg.norm(before - right)
