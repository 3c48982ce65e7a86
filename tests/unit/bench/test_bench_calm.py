"""The bench's part on flicker: its columns say what they say, and drawn people are the emotions' own."""

import pytest
import torch

from mienkit.app.demo import MOVED
from mienkit.core.emotion import emotion_aus
from mienkit.core.image import to_float
from mienkit.data.drawn import draw_faces


@pytest.fixture(scope="module")
def clip() -> tuple[torch.Tensor, torch.Tensor]:
    """A drawn face that is surprised, and its exact landmarks."""
    aus, person = emotion_aus("surprise") * torch.linspace(0, 1, 6)[:, None], torch.zeros(6, dtype=torch.int64)
    drawn = draw_faces(person, aus, size=48, scene=person, pose=False)
    return to_float(drawn.images), torch.from_numpy(drawn.landmarks)


def test_a_row_is_the_mean_over_clips_and_the_share_one_of_means(clip):
    from bench.calm import found

    images, points = clip
    still = images[:1].repeat(6, 1, 1, 1), points[:1].repeat(6, 1, 1)
    title, count, left, change, share, way = found("both", [clip, still])
    alone = found("one", [clip])
    assert (title, count) == ("both", 2)
    assert [left, change, way] == pytest.approx([0.5 * alone[place] for place in (2, 3, 5)])
    assert share == pytest.approx(alone[4])
    assert 0 < share < 1


def test_people_are_drawn_who_rise_to_what_the_demo_shows():
    from bench.calm import SIZE, drawn_rises

    clips = drawn_rises(4)
    assert set(clips) == set(MOVED)
    for images, points in clips[MOVED[0]]:
        assert images.shape[1:] == (3, SIZE, SIZE)
        assert points.shape[1:] == (68, 2)
        assert (points > 0).all()
        assert (points < SIZE).all()
