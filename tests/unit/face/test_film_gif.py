"""GIFs keep the time of a film as well as they can."""

from pathlib import Path

from film_files import MARK, facts, make_frames, write
from PIL import Image

from mienkit.face.film import writing_film


def durations(path: Path) -> list[int]:
    """Return for how many milliseconds each frame is shown."""
    with Image.open(path) as image:
        shown = []
        for number in range(image.n_frames):
            image.seek(number)
            shown.append(image.info["duration"])
    return shown


def test_frames_that_come_too_soon_are_left_out_so_that_the_rest_is_in_time(tmp_path: Path) -> None:
    with writing_film(tmp_path / "clip.gif", facts(), MARK) as film:
        for frame in make_frames([n / 60 for n in range(13)]):
            film.write(frame)
    shown = durations(tmp_path / "clip.gif")
    assert sum(shown) == round(1000 * (12 / 60 + 1 / 25))
    assert film.notes == [f"{13 - len(shown)} frames are left out: a GIF shows at most 50 a second"]


def test_fifty_frames_a_second_are_all_kept(tmp_path: Path) -> None:
    assert durations(write(tmp_path / "clip.gif", [n / 50 for n in range(6)])) == [20] * 5 + [40]


def test_a_frame_may_be_shown_for_longer_than_a_gif_can_say_at_once(tmp_path: Path) -> None:
    assert sum(durations(write(tmp_path / "clip.gif", [0, 2000, 2000.04]))) == 2_000_080


def test_what_is_shown_does_not_change_while_it_is_shown_long(tmp_path: Path) -> None:
    with Image.open(write(tmp_path / "clip.gif", [0, 2000])) as image:
        first = image.convert("RGB").tobytes()
        image.seek(1)
        assert image.convert("RGB").tobytes() == first
