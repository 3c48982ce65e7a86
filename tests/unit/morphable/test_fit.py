"""The fit: what it finds again, what it refuses, and how alike a face and its mirror image come out."""

import json
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pytest
from real_head import real_model as real_model
from tiny_head import MODES, tiny_head

from mienkit.core.errors import FaceError
from mienkit.core.landmark import MIRROR
from mienkit.morphable.camera import Angles, pose_of_angles, project
from mienkit.morphable.correspondence import LEFT_EYE, LIPS, OVAL, Correspondence, load_correspondence
from mienkit.morphable.fit import fit_head
from mienkit.morphable.head import HeadModel
from mienkit.morphable.score_prior import BELIEFS, is_fitted, score_prior
from mienkit.morphable.search import box_step, outline_normals

ANGLES = Angles(8.0, -4.0, 3.0)
POSE = pose_of_angles(ANGLES, 9.0, np.array([128.0, 128.0]))
MODEL = tiny_head()
SEEN_BY_FRONT = np.flatnonzero(MODEL.neutral[:, 2] > -2)
PLAIN = [name for name in range(468) if name not in (*OVAL, *LIPS, *LEFT_EYE)]


def vertices_as_landmarks() -> Correspondence:
    """Make a landmark of every vertex in front."""
    count = len(SEEN_BY_FRONT)
    vertices = np.repeat(SEEN_BY_FRONT[:, None], 3, 1).astype(np.int32)
    shares = np.tile(np.array([1, 0, 0], np.float32), (count, 1))
    return Correspondence(vertices, shares, np.full(count, 0.05, np.float32), tuple(PLAIN[:count]))


TABLE = vertices_as_landmarks()


def seen(identity: np.ndarray | None = None, expression: np.ndarray | None = None) -> np.ndarray:
    """Project the landmarks of a tiny head."""
    return project(TABLE.pick(MODEL.shape(identity, expression)), POSE)[:, :2]


def single(model: HeadModel, amount: float, *stems: str) -> np.ndarray:
    weights = np.zeros(len(model.expression_names), np.float32)
    for place, name in enumerate(model.expression_names):
        weights[place] = amount * (name.partition("_")[0] in stems)
    return weights


def test_pose_identity_and_expression_are_found_again():
    identity, expression = np.array([1.0, -0.5, 0.8, 0.0]), single(MODEL, 0.9, "jawOpen", "mouthFunnel")
    fit = fit_head(seen(identity, expression), model=MODEL, correspondence=TABLE)
    assert fit.pose.angles == pytest.approx(ANGLES, abs=0.5)
    assert fit.identity == pytest.approx(identity, abs=0.2)
    assert fit.expression[expression > 0] == pytest.approx(0.9, abs=0.2)
    assert fit.residual_cm < 0.05


def test_a_known_identity_is_kept():
    known = np.array([1.0, 0.0, -1.0, 0.5])
    fit = fit_head(seen(), model=MODEL, correspondence=TABLE, identity=known)
    assert fit.identity == pytest.approx(known, abs=1e-4)


def test_expression_weights_stay_between_zero_and_one():
    fit = fit_head(seen(expression=single(MODEL, 2.5, "jawOpen") - 0.5), model=MODEL, correspondence=TABLE)
    assert fit.expression.min() >= 0
    assert fit.expression.max() <= 1


def test_one_wild_landmark_hardly_changes_the_pose():
    landmarks = seen()
    landmarks[3] += 60
    assert fit_head(landmarks, model=MODEL, correspondence=TABLE).pose.angles == pytest.approx(ANGLES, abs=1)


def test_the_snap_lays_the_head_onto_the_landmarks():
    landmarks = seen() + np.random.default_rng(1).normal(0, 1.5, (len(TABLE), 2))
    fit = fit_head(landmarks, model=MODEL, correspondence=TABLE)
    before = np.abs(fit.misses_px).mean()
    after = np.abs(TABLE.pick(fit.points(MODEL))[:, :2] - landmarks).mean()
    assert before > 0.5
    assert after < before


def test_the_fit_is_the_same_in_a_larger_picture():
    small = fit_head(seen(), model=MODEL, correspondence=TABLE)
    large = fit_head(seen() * 4 + 100, model=MODEL, correspondence=TABLE)
    assert large.expression == pytest.approx(small.expression, abs=1e-3)
    assert large.pose.scale == pytest.approx(4 * small.pose.scale, rel=1e-3)


def test_landmarks_that_are_no_numbers_are_refused():
    landmarks = seen()
    landmarks[0, 0] = np.nan
    with pytest.raises(FaceError, match="not a number"):
        fit_head(landmarks, model=MODEL, correspondence=TABLE)


def test_a_tiny_face_is_refused():
    with pytest.raises(FaceError, match="larger picture"):
        fit_head(seen() / 100, model=MODEL, correspondence=TABLE)


def test_the_wrong_number_of_landmarks_is_refused():
    with pytest.raises(ValueError, match=r"\(\d+, 2\) landmarks are needed"):
        fit_head(seen()[1:], model=MODEL, correspondence=TABLE)


def test_steps_in_a_box_reach_the_lowest_place_in_it():
    normal, slope, walls = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([-8.0, 0.2]), np.array([1.0, 1.0])
    place = np.zeros(2)
    for _ in range(3):
        place += box_step(normal, slope + normal @ place, -walls - place, walls - place)
    assert place == pytest.approx([1.0, -0.7])


def test_what_stands_at_a_wall_does_not_go_through_it():
    step = box_step(np.eye(2), np.array([8.0, -0.2]), np.zeros(2), np.ones(2))
    assert step == pytest.approx([0.0, 0.2])


def test_along_the_outline_nothing_counts_across_it_everything():
    table = load_correspondence()
    turns = np.linspace(0, 2 * np.pi, len(OVAL), endpoint=False)
    points = np.zeros((478, 2))
    points[list(OVAL)] = np.stack([np.sin(turns), -np.cos(turns)], 1) * 80
    across = outline_normals(table, points)
    radial = points[list(OVAL)][:, :, None] / 80
    assert (across @ radial)[:, :, 0] == pytest.approx(radial[:, :, 0])


def test_scores_say_where_to_look_for_a_weight():
    prior = score_prior(["mouthSmile_L", "mouthSmile_R", "jawOpen", "noseSneer_L"], {"mouthSmileLeft": 0.8})
    assert prior.mean == pytest.approx([0.8 * BELIEFS["mouthSmile"].gain, 0, 0, 0])
    assert prior.push[0] == 0
    assert (prior.push[1:] > 0).all()
    assert prior.precision[3] > prior.precision[2]  # a sneer is hardly seen


def test_a_relaxed_faces_score_means_nothing():
    assert score_prior(["browDown_L"], {"browDownLeft": 0.3}).mean == [0]


def test_shapes_that_landmarks_cannot_tell_are_not_fitted():
    fit = fit_head(seen(expression=single(MODEL, 1.0, "cheekPuff")), model=MODEL, correspondence=TABLE)
    assert [
        w for w, name in zip(fit.expression, MODEL.expression_names, strict=True) if w and not is_fitted(name)
    ] == []
    assert len(fit.identity) == MODES


@pytest.mark.parametrize(("count", "nearest"), [(478, 0.25), (68, 0.35)])
def test_a_smile_on_the_real_head_is_found_again(real_model: HeadModel, count: int, nearest: float):
    table, expression = load_correspondence(count), single(real_model, 0.8, "mouthSmile", "jawOpen")
    identity = 0.7 * np.random.default_rng(0).normal(size=100)
    fit = fit_head(project(table.pick(real_model.shape(identity, expression)), POSE)[:, :2], model=real_model)
    assert fit.expression[expression > 0] == pytest.approx(0.8, abs=nearest)
    assert fit.residual_cm < 0.05


@pytest.mark.parametrize(("column", "limit_cm"), [("landmarks478", 0.09), ("landmarks68", 0.08)])
def test_photographs_of_strangers_are_met_within_a_millimetre(
    real_model: HeadModel, shared_data: Path, column: str, limit_cm: float
):
    photos = ds.dataset(sorted(map(str, shared_data.glob("photos-*.parquet"))))
    names = json.loads(photos.schema.metadata[b"blendshape_names"])
    table = photos.to_table(columns=[column, "blendshapes", "yaw"], filter=ds.field("split") == "val")
    rows = table.slice(0, 10).to_pylist()
    landmarks = [np.reshape(row[column], (-1, 3 if column == "landmarks478" else 2)) for row in rows]
    scores = [dict(zip(names, row["blendshapes"], strict=True)) for row in rows]
    fits = [fit_head(points, scores=score, model=real_model) for points, score in zip(landmarks, scores, strict=True)]
    assert np.median([fit.residual_cm for fit in fits]) < limit_cm
    assert [fit.pose.angles.yaw for fit in fits] == pytest.approx([row["yaw"] for row in rows], abs=5)


def test_a_mirrored_face_gives_mirrored_weights(real_model: HeadModel):
    few = load_correspondence(68)
    expression = single(real_model, 0.0)
    expression[real_model.index("mouthSmile_L")] = 0.8
    landmarks = project(few.pick(real_model.shape(None, expression)), POSE)[:, :2]
    mirrored = (landmarks * (-1, 1) + (256, 0))[list(MIRROR)]
    there, back = fit_head(landmarks, model=real_model), fit_head(mirrored, model=real_model)
    left, right = real_model.index("mouthSmile_L"), real_model.index("mouthSmile_R")
    assert there.expression[left] > 0.5 > 0.2 > there.expression[right]
    assert back.expression[right] == pytest.approx(there.expression[left], abs=0.1)
