"""A face is followed by the meter; the detector looks at the first frame and after a loss."""

import numpy as np
import pytest

from mienkit.core.errors import ConfigError
from mienkit.face.find import Face
from mienkit.face.steady import JUMP, offset
from mienkit.inference.track import GLANCE_EVERY, GONE, LEFT, LOOK_EVERY, NOT_FOUND, FaceTracker, Followed, Sight
from red_face import RedDetector, RedMeter, stage

FPS = 25


def follow(
    squares: list[list[tuple[float, float]]], which: str = "largest"
) -> tuple[list[Sight], RedDetector, FaceTracker]:
    """Follow red squares through frames that show them there."""
    detector = RedDetector()
    tracker = FaceTracker(detector, RedMeter(), which)
    sights = []
    for number, places in enumerate(squares):
        detector.frame = number
        sights.append(tracker.follow(stage(places), number / FPS))
    return sights, detector, tracker


def middle_of(face: Face) -> np.ndarray:
    return face.alignment.to_photo(np.full(2, face.alignment.size / 2))


def test_the_detector_is_asked_once_for_a_face_that_stays() -> None:
    sights, detector, tracker = follow([[(100 + 2 * n, 80)] for n in range(30)])
    assert all(len(sight.faces) == 1 for sight in sights)
    assert (detector.looks, detector.glances, tracker.detections) == ([0], [], 1)


def test_a_face_is_followed_where_it_goes() -> None:
    places = [[(100 + 3 * n, 80 - n)] for n in range(20)]
    sights, _, _ = follow(places)
    for sight, ((x, y),) in list(zip(sights, places, strict=True))[3:]:
        assert middle_of(sight.faces[0]) == pytest.approx([x, y], abs=3)


@pytest.mark.parametrize("speed", [-900.0, 900.0])  # as after two frames at almost the same time
@pytest.mark.parametrize("seconds", [0.04, 3600.0])
@pytest.mark.parametrize("number", range(4))
def test_however_long_the_pause_a_face_is_looked_for_nearby(number: int, seconds: float, speed: float) -> None:
    sights, _, _ = follow([[(100, 80)]])
    (face,) = sights[0].faces
    drift = np.zeros(4)
    drift[number] = speed
    place = Followed(face=face, time=0.0, drift=drift).expected(seconds)
    assert np.abs(offset(face.alignment, place)).max() == pytest.approx(JUMP)


def test_the_box_goes_along_with_the_face() -> None:
    sights, _, _ = follow([[(100 + 3 * n, 80)] for n in range(20)])
    first, last = sights[0].faces[0].box, sights[-1].faces[0].box
    assert last.left - first.left == pytest.approx(57, abs=3)
    assert last.right - last.left == pytest.approx(first.right - first.left, abs=2)


def test_the_reading_has_its_landmarks_in_its_own_crop() -> None:
    sights, _, _ = follow([[(100 + 3 * n, 80)] for n in range(5)])
    face = sights[-1].faces[0]
    eyes = face.reading.landmarks[0, [36, 39, 42, 45]].mean(0).numpy()
    assert eyes == pytest.approx([32, 86 / 4], abs=0.1)


def test_after_a_cut_the_detector_looks_at_once_and_the_face_goes_on() -> None:
    sights, detector, _ = follow([[(60, 60)]] * 10 + [[(190, 100)]] * 10)
    assert detector.looks == [0, 10]
    assert all(sight.missing is None for sight in sights)
    assert middle_of(sights[10].faces[0]) == pytest.approx([190, 100], abs=1)


def test_frames_without_the_face_are_passed_with_a_reason_and_it_is_found_again() -> None:
    sights, _, _ = follow([[(100, 80)]] * 5 + [[]] * 20 + [[(100, 80)]] * 10)
    missing = [sight.missing for sight in sights]
    assert missing[:5] == [None] * 5
    assert set(missing[5:25]) == {GONE}
    found = missing.index(None, 25)
    assert found - 25 <= round(GLANCE_EVERY * FPS)
    assert missing[found:] == [None] * (len(missing) - found)


def test_a_film_that_begins_without_a_face_says_so_until_there_is_one() -> None:
    sights, _, _ = follow([[]] * 6 + [[(100, 80)]] * 10)
    assert {sight.missing for sight in sights[:6]} == {NOT_FOUND}
    assert sights[-1].missing is None


def test_the_detector_rests_between_searches_for_a_lost_face() -> None:
    seconds = 4
    _, detector, tracker = follow([[(100, 80)]] + [[]] * (seconds * FPS))
    assert len(detector.looks) <= 1 + 1 + seconds / LOOK_EVERY
    assert len(detector.glances) <= seconds / GLANCE_EVERY
    assert tracker.detections == len(detector.looks) + len(detector.glances)


def test_a_face_that_leaves_the_picture_is_not_looked_for_in_its_mirror_image() -> None:
    sights, _, _ = follow([[(60 - 6 * n, 80)] for n in range(18)])
    assert sights[3].missing is None
    assert sights[-1].missing in (LEFT, GONE)


def test_what_is_no_face_is_not_followed_however_it_was_found() -> None:
    class Deluded(RedDetector):
        def _find(self, picture: np.ndarray) -> list:
            return super()._find(stage([(100, 80)]))

    tracker = FaceTracker(Deluded(), RedMeter())
    assert tracker.follow(stage([]), 0).missing == NOT_FOUND


def test_all_faces_are_followed_each_for_itself() -> None:
    sights, detector, _ = follow([[(50, 80), (180 - 2 * n, 80)] for n in range(12)], "all")
    assert all(len(sight.faces) == 2 for sight in sights)
    assert detector.looks == [0]
    assert sorted(middle_of(face)[0] for face in sights[-1].faces) == pytest.approx([50, 158], abs=3)


def test_one_of_several_faces_may_go_and_come_back() -> None:
    both = [(50, 80), (180, 80)]
    sights, _, _ = follow([both] * 4 + [both[:1]] * 8 + [both] * 8, "all")
    counts = [len(sight.faces) for sight in sights]
    assert counts[3] == 2
    assert set(counts[4:12]) == {1}
    assert counts[-1] == 2
    assert all(sight.missing is None for sight in sights)


def test_a_number_that_nobody_has_is_a_missing_face() -> None:
    sights, _, _ = follow([[(100, 80)]] * 3, "2")
    assert {sight.missing for sight in sights} == {NOT_FOUND}


def test_a_choice_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="no face is called 'every'"):
        FaceTracker(RedDetector(), RedMeter(), "every")
