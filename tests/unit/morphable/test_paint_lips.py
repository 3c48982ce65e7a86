"""Lips that meet leave no slits and show the dark line of a closed mouth."""

import numpy as np
import pytest

from mienkit.core.action_unit import AU_INDEX
from mienkit.data.drawn import draw_faces
from mienkit.morphable.fit import fit_head
from mienkit.morphable.paint_lips import LOWER_RIM, UPPER_RIM, close_slits, line_tint, met, paint_lip_line
from mienkit.morphable.plan import neutral
from mienkit.morphable.portrait import Portrait, sit
from mienkit.morphable.redraw import redraw, stage
from mienkit.morphable.surface import Kind

SIDE = 192


@pytest.fixture(scope="module")
def open_mouthed(shared_data) -> Portrait:
    """A drawn person who shows the teeth."""
    aus = np.zeros((1, 17), np.float32)
    aus[0, [AU_INDEX["AU25"], AU_INDEX["AU26"]]] = 0.8
    drawn = draw_faces(np.array([7]), aus, size=SIDE, seed=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIENKIT_ASSETS", str(shared_data))
        return sit(drawn.images[0].astype(np.float32), fit_head(drawn.landmarks[0]))


def test_a_mouth_that_is_closed_has_no_slits_and_a_line_darker_than_its_lips(open_mouthed):
    target = neutral(open_mouthed.fit.expression)
    drawn = redraw(open_mouthed, target.expression, target.seal)
    assert target.seal > 0.9
    assert not (drawn.kind >= Kind.SOCKET).any()
    points = open_mouthed.surface.marks.pick(drawn.screen[:, :2])
    x, y = ((points[13] + points[14]) / 2).astype(int)
    column = drawn.image[:, x].mean(1)
    reach = round(0.05 * open_mouthed.width)
    line = column[y - 2 : y + 3].min()
    assert line < 0.75 * column[y + reach]
    assert drawn.fresh[y - 2 : y + 3, x].max() > 0.8


def test_the_line_ends_softly_beyond_the_corners(open_mouthed):
    target = neutral(open_mouthed.fit.expression)
    scene = stage(open_mouthed, target.expression, target.seal)
    image, fresh = np.full((SIDE, SIDE, 3), 180, np.float32), np.zeros((SIDE, SIDE), np.float32)
    image, fresh = paint_lip_line(open_mouthed, scene, image, fresh)
    darkest = image.mean(2).min(0)
    points = open_mouthed.surface.marks.pick(scene.screen[:, :2])
    left, right = sorted(points[[78, 308], 0].astype(int))
    assert darkest[left:right].min() < 110
    assert np.abs(np.diff(darkest)).max() < 15
    for beyond in (left - 1, right + 2):
        assert darkest[beyond] < 180
    far = round(0.06 * open_mouthed.width)
    assert (darkest[: left - far] == 180).all()
    assert (darkest[right + far :] == 180).all()


def test_lips_that_touched_before_get_no_line():
    apart, together = np.zeros((478, 2), np.float32), np.zeros((478, 2), np.float32)
    apart[list(LOWER_RIM[1:-1]), 1] = 10
    assert met(together, together, 100.0).max() == 0
    assert met(apart, apart, 100.0).max() == 0
    assert met(apart, together, 100.0).max() == 0
    closed = met(together, apart, 100.0)
    assert (closed[1:-1] == 1).all()
    assert 0 < closed[0] < 1
    assert len(closed) == len(UPPER_RIM)


def test_thin_openings_go_where_lips_are_sealed_and_mouths_stay():
    kind = np.full((60, 60), Kind.SKIN, np.uint8)
    kind[20, 10:50] = Kind.SOCKET
    kind[35:45, 10:50] = Kind.TEETH
    closed = close_slits(kind, 1.0, 100.0)
    assert (closed[20] == Kind.SKIN).all()
    assert (closed[37:43, 15:45] == Kind.TEETH).all()
    assert close_slits(kind, 0.0, 100.0) is kind


def test_the_line_has_the_hue_of_its_lips_and_is_never_purple():
    for lips in ([200, 150, 150], [190, 130, 150], [120, 70, 55]):
        colour = np.float32(lips) * line_tint(np.full((9, 9, 3), lips, np.float32), 100.0)[4, 4]
        assert colour[0] > colour[1] >= colour[2] - 0.5
        assert colour[0] < 0.6 * lips[0]
