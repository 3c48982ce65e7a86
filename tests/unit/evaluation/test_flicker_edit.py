"""Clips of one photograph, and what an edit adds to the differences of their frames."""

import numpy as np
import pytest

from mienkit.core.landmark import MEAN_SHAPE
from mienkit.evaluation import flicker_edit
from mienkit.evaluation.flicker_edit import face_mask, film, judge_flicker, plan_shots, register, try_clip, unrest

SIZE = 64
MASK = face_mask(np.array(MEAN_SHAPE) * SIZE, SIZE)


def smooth_photo() -> np.ndarray:
    across = np.linspace(60, 180, SIZE)
    return np.repeat((across[:, None] / 2 + across[None] / 2)[..., None], 3, 2).astype(np.uint8)


def shown(count: int = 12, noise: float = 1.0) -> list[np.ndarray]:
    dice = np.random.default_rng(0)
    return [(100 + dice.normal(0, noise, (500, 3))).astype(np.float32) for _ in range(count)]


def test_frames_that_nobody_edited_have_no_flicker():
    found = unrest(shown(), shown())
    assert found.flicker == found.step == 0


def test_an_edit_that_turns_its_sign_flickers_by_twice_its_size():
    frames = shown()
    edited = [frame + 0.5 * (-1) ** number for number, frame in enumerate(frames)]
    found = unrest(edited, frames)
    assert found.flicker == pytest.approx(1, abs=0.05)
    assert found.step == pytest.approx(1, abs=0.05)


def test_noise_does_not_hide_flicker():
    edited = [frame + 0.3 * (-1) ** number for number, frame in enumerate(shown(200, 3.0))]
    assert unrest(edited, shown(200, 3.0)).flicker == pytest.approx(0.6, abs=0.1)


def test_an_edit_that_swings_evenly_steps_but_does_not_flicker():
    frames = shown(noise=0)
    found = unrest([frame + 0.5 * number for number, frame in enumerate(frames)], frames)
    assert found.flicker == pytest.approx(0, abs=1e-3)
    assert found.step == pytest.approx(0.5, abs=1e-3)


def test_an_edit_without_grain_is_below_nothing():
    frames = shown()
    assert unrest([frame * 0 for frame in frames], frames).flicker < -1


def test_registered_frames_are_the_photograph(monkeypatch):
    monkeypatch.setattr(flicker_edit, "NOISE", 0.0)
    shots = plan_shots(SIZE, 6, seed=1)
    frames = film(smooth_photo(), shots, seed=1)
    still = plan_shots(SIZE, 1, seed=1)[0]
    whole = [register(frame, shot, MASK) for frame, shot in zip(frames, shots, strict=True)]
    apart = np.abs(np.diff(np.stack(whole), axis=0)).mean()
    assert apart < 0.5
    assert np.abs(whole[0] - smooth_photo()[MASK]).mean() < 1
    assert np.abs(np.diff(np.stack([frame[MASK].astype(float) for frame in frames]), axis=0)).mean() > 2 * apart
    assert (still.light < 1).all()


def test_shots_move_by_parts_of_a_pixel():
    shots = plan_shots(SIZE, 24, seed=3)
    middles = np.array([shot.matrix @ (SIZE / 2, SIZE / 2, 1) for shot in shots])
    steps = np.linalg.norm(np.diff(middles, axis=0), axis=1)
    assert 0 < steps.mean() < 1
    assert np.abs(middles - SIZE / 2).max() <= 0.012 * SIZE + 1e-9


def test_the_same_seed_films_the_same_clip():
    first, second, other = (film(smooth_photo(), plan_shots(SIZE, 3, seed), seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_clips_are_put_together_over_people():
    frames = shown()
    nervous = [frame + 2.0 * (-1) ** number for number, frame in enumerate(frames)]
    calm = [frame + 10.0 for frame in frames]
    result = judge_flicker([try_clip(person, "AU12", nervous, calm, frames) for person in range(3)])
    assert result.alone.value == pytest.approx(4, abs=0.1)
    assert result.steady.value == pytest.approx(0, abs=0.1)
    assert result.share.value == pytest.approx(0, abs=0.01)
    assert result.alone.count == 3


def test_an_editor_that_changes_nothing_has_no_share():
    result = judge_flicker([try_clip(0, "AU12", shown(), shown(), shown())])
    assert result.alone.value == result.steady.value == 0
    assert result.share.count == 0
