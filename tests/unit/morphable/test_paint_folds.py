"""A smile that falls takes its folds along, and lips that are calm again throw their shadows."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mienkit.core.action_unit import AU_INDEX
from mienkit.data.drawn import draw_faces
from mienkit.morphable.action_units import expression_of
from mienkit.morphable.fit import fit_head
from mienkit.morphable.paint_folds import LEFT_FOLD, RIGHT_FOLD, fallen_smile, paint_calm_shadows, without_folds
from mienkit.morphable.portrait import Portrait, sit
from mienkit.morphable.redraw import stage
from mienkit.morphable.scene import Scene

SIDE = 192
LIGHT = 180.0


@pytest.fixture(scope="module")
def smiling(shared_data) -> Portrait:
    """A head that smiles, all of whose skin has one colour but for a dark line along the folds."""
    drawn = draw_faces(np.array([7]), np.zeros((1, 17), np.float32), size=SIDE, seed=0)
    aus = np.zeros(17, np.float32)
    aus[AU_INDEX["AU12"]] = 1.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIENKIT_ASSETS", str(shared_data))
        calm = fit_head(drawn.landmarks[0])
        fit = replace(calm, expression=calm.expression + expression_of(aus))
        plain = np.full((SIDE, SIDE, 3), LIGHT, np.float32)
        points = sit(plain, fit).surface.marks.pick(sit(plain, fit).screen[:, :2])
        for fold in (RIGHT_FOLD, LEFT_FOLD):
            cv2.polylines(plain, [np.round(points[list(fold)]).astype(np.int32)], False, (110.0,) * 3, 3)
        return sit(plain, fit)


def fallen(portrait: Portrait, share: float) -> Scene:
    """Look at the same head with a share of its smile gone."""
    smile = np.zeros(17, np.float32)
    smile[AU_INDEX["AU12"]] = share
    return stage(portrait, portrait.fit.expression - expression_of(smile), 0.0)


def depth(portrait: Portrait) -> float:
    """Say how much darker than the skin the middle of a fold is."""
    points = portrait.surface.marks.pick(portrait.screen[:, :2])
    x, y = points[list(RIGHT_FOLD[1:3])].mean(0).astype(int)
    return LIGHT - float(portrait.skin[y - 3 : y + 4, x - 3 : x + 4].min())


def test_folds_leave_with_the_smile_and_only_then(smiling):
    assert without_folds(smiling, fallen(smiling, 0.0)) is smiling
    half, whole = (depth(without_folds(smiling, fallen(smiling, share))) for share in (0.4, 1.0))
    assert whole < half < depth(smiling)
    assert whole < 0.8 * depth(smiling)
    assert depth(smiling) > 40  # the photo itself is left alone


def test_a_smile_falls_by_its_shapes_alone(smiling):
    assert fallen_smile(fallen(smiling, 0.0)) == (0, 0)
    assert fallen_smile(fallen(smiling, -0.5)) == (0, 0)
    assert min(fallen_smile(fallen(smiling, 1.0))) > 0.5


def test_calm_lips_throw_a_warm_shadow_below_and_none_far_away(smiling):
    scene = fallen(smiling, 1.0)
    plain = np.full((SIDE, SIDE, 3), LIGHT, np.float32)
    assert (paint_calm_shadows(smiling, fallen(smiling, 0.0), plain.copy()) == plain).all()
    shaded = paint_calm_shadows(smiling, scene, plain.copy()) / LIGHT
    points = smiling.surface.marks.pick(scene.screen[:, :2])
    x, y = points[[13, 14]].mean(0).astype(int)
    under = shaded[y : y + round(0.15 * smiling.width), x - 2 : x + 3]
    assert 0.6 < under[..., 1].min() < 0.8
    assert under[..., 0].min() > under[..., 2].min()
    assert (shaded[: y - round(0.2 * smiling.width)] == 1).all()
    assert np.abs(shaded[:, : x - round(0.4 * smiling.width)] - 1).max() < 0.01


def test_where_one_half_of_a_smile_falls_its_fold_leaves_and_the_other_stays(smiling):
    smile = np.zeros(17, np.float32)
    smile[AU_INDEX["AU12"]] = 1.0
    scene = stage(smiling, smiling.fit.expression - expression_of(smile, "right"), 0.0)
    calm = without_folds(smiling, scene)
    points = smiling.surface.marks.pick(smiling.screen[:, :2])
    left = points[list(LEFT_FOLD[1:3])].mean(0).astype(int)
    near = np.s_[left[1] - 3 : left[1] + 4, left[0] - 3 : left[0] + 4]
    assert depth(calm) < 0.8 * depth(smiling)
    np.testing.assert_array_equal(calm.skin[near], smiling.skin[near])
