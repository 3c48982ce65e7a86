"""Flicker: what landmarks explain does not count, what they do not does."""

import pytest
import torch

from mienkit.core.emotion import emotion_aus
from mienkit.core.image import to_float
from mienkit.data.drawn import draw_faces
from mienkit.metrics.flicker import face_oval, flicker, frame_change

FRAMES, SIZE = 8, 48


@pytest.fixture(scope="module")
def smile() -> tuple[torch.Tensor, torch.Tensor]:
    """A drawn face that begins to smile, (T, 3, S, S), and its exact landmarks, (T, 68, 2)."""
    aus = emotion_aus("happiness") * torch.linspace(0, 1, FRAMES)[:, None]
    person = torch.zeros(FRAMES, dtype=torch.int64)
    drawn = draw_faces(person, aus, size=SIZE, scene=person, pose=False)
    return to_float(drawn.images), torch.from_numpy(drawn.landmarks)


def test_a_clip_that_stands_still_does_not_flicker(smile):
    clip, landmarks = smile
    assert flicker(clip[:1].repeat(4, 1, 1, 1), landmarks[:1].repeat(4, 1, 1)) == 0


def test_what_moves_with_the_landmarks_counts_little(smile):
    _, landmarks = smile
    coarse = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    skin = torch.nn.functional.interpolate(coarse, size=(SIZE, SIZE), mode="bicubic")
    clip = torch.cat([skin.roll(shift, 3) for shift in range(4)])
    going = torch.stack([landmarks[0] + torch.tensor([shift, 0]) for shift in range(4)])
    assert flicker(clip, going) < 0.5 * flicker(clip, landmarks[:1].repeat(4, 1, 1))


def test_landmarks_that_tremble_before_a_face_at_rest_do_not_count(smile):
    clip, landmarks = smile
    noise = 0.5 * torch.randn(4, 68, 2, generator=torch.Generator().manual_seed(1))
    assert flicker(clip[:1].repeat(4, 1, 1, 1), landmarks[:1] + noise) == 0


def test_frames_in_disorder_flicker_more(smile):
    clip, landmarks = smile
    order = torch.tensor([0, 5, 1, 7, 3, 6, 2, 4])
    assert flicker(clip[order], landmarks[order]) > 1.5 * flicker(clip, landmarks)


def test_noise_in_the_face_raises_it_and_noise_outside_does_not(smile):
    clip, landmarks = smile
    inside = torch.stack([face_oval(points, SIZE) for points in landmarks])[:, None]
    # What lies just outside the face may be pulled into it.
    far = torch.nn.functional.max_pool2d(inside, 13, 1, 6).amax(0, keepdim=True) == 0
    noise = 0.2 * torch.randn(clip.shape, generator=torch.Generator().manual_seed(0))
    assert flicker(clip + noise * inside, landmarks) > flicker(clip, landmarks) + 5
    assert flicker(clip + noise * far, landmarks) == pytest.approx(flicker(clip, landmarks), abs=1e-4)


def test_the_oval_holds_the_landmarks_and_not_the_corners(smile):
    _, landmarks = smile
    oval = face_oval(landmarks[0], SIZE)
    column, row = landmarks[0].long().clamp(0, SIZE - 1).unbind(1)
    assert bool((oval[row, column] == 1).all())
    assert oval[0, 0] == oval[-1, -1] == 0


def test_of_a_change_flicker_is_a_part_and_light_changes_both_alike(smile):
    clip, landmarks = smile
    assert 0 < flicker(clip, landmarks) < frame_change(clip, landmarks)
    assert flicker(0.5 * clip, landmarks) == pytest.approx(0.5 * flicker(clip, landmarks), rel=1e-3)
    assert frame_change(0.5 * clip, landmarks) == pytest.approx(0.5 * frame_change(clip, landmarks), rel=1e-3)


def test_a_change_of_light_is_what_it_is_in_levels(smile):
    clip, landmarks = smile
    lit = torch.stack([clip[0] * 0, clip[0] * 0 + 2 / 127.5])
    assert frame_change(lit, landmarks[:2]) == pytest.approx(2, abs=1e-4)


@pytest.mark.parametrize("measure", [flicker, frame_change])
def test_one_frame_cannot_flicker(smile, measure):
    clip, landmarks = smile
    with pytest.raises(ValueError, match="two frames at least, not 1"):
        measure(clip[:1], landmarks[:1])
