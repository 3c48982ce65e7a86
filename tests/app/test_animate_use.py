"""Use case: a photo in, a clip of its face out."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from fakes import FakeDetector, FakeEditor, FakeEmotionEditor, FakeMeter, make_pixels
from mienkit.app.animate import AnimateRequest, AnimateWorkshop, Scene, animate_photo, made_smaller, watch_driver
from mienkit.app.animate_plan import follow_curve, follow_driver, follow_film, go_to_emotion, go_to_units, unseen_note
from mienkit.app.animators import LoadedAnimator, load_animator
from mienkit.app.editors import LoadedModel
from mienkit.app.instruments import Instruments
from mienkit.app.measure import open_photo
from mienkit.app.unit_curve import read_unit_curve
from mienkit.core.action_unit import AU_INDEX
from mienkit.core.errors import ConfigError, FaceError, OutputError
from mienkit.core.expression import Expression
from mienkit.core.image import to_float
from mienkit.core.task import Edited
from mienkit.face.align import crop_face
from mienkit.face.film import FilmFacts, Frame, open_film, writing_film
from mienkit.face.film.frame import Colours
from mienkit.face.find import find_faces
from mienkit.face.mark import Mark
from mienkit.face.photo import Photo
from mienkit.inference.course import Course, parse_course
from mienkit.inference.drive import Drive
from mienkit.inference.edit import edit_photo
from mienkit.weights import save_weights

SMILE = Expression(aus={"AU12": 1.0})
AU12 = AU_INDEX["AU12"]


class FakePainter:
    """Paints the mouth brighter, the farther landmarks shall go down."""

    image_size = 64

    def __init__(self) -> None:
        self.aims: list[Tensor] = []

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        self.aims.append(aims)
        down = (aims - landmarks)[..., 1].mean(1) / 4
        target = torch.zeros(len(image), 17)
        target[:, AU12] = down
        return FakeEditor().edit(image, target, target)


class FakeWay:
    """Moves all landmarks down by 8 pixels, at even speed."""

    def move(self, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        way = torch.linspace(0, 8, frames)[None, :, None, None] * torch.tensor([0.0, 1.0])
        return landmarks[:, None] + way


def shop(editor: object = None, painter: object = None) -> AnimateWorkshop:
    models = [LoadedModel(name="fake", weights="0" * 64)]
    animator = LoadedAnimator(models=models, editor=editor, painter=painter, mover=FakeWay() if painter else None)  # type: ignore[arg-type]
    return AnimateWorkshop(instruments=Instruments(detector=FakeDetector(), meter=FakeMeter()), animator=animator)


def smiles(out: Path) -> list[float]:
    """Tell how bright the mouth is in each frame."""
    meter = FakeMeter()
    place = find_faces(open_photo(make_pixels()), FakeDetector(), meter)[0].alignment.resized(meter.image_size)
    crops = np.stack([crop_face(frame.pixels, place) for frame in open_film(out).frames()])
    return [float(value) for value in meter.measure(to_float(crops)).aus[:, AU12]]


REQUEST = AnimateRequest(seconds=1.0, fps=8, asked={"emotion": "happiness"})


def test_an_editor_takes_the_face_from_what_it_shows_to_the_expression(tmp_path):
    workshop, out = shop(FakeEditor()), tmp_path / "clip"
    plan = go_to_units(workshop.animator, SMILE, Course(onset=0.5, apex=0.5), REQUEST)
    report = animate_photo(make_pixels(), out, REQUEST, workshop, plan)
    shown = smiles(out)
    assert report.frames == len(shown) == 8
    assert shown == sorted(shown)
    before = report.record["before"]["aus"]["AU12"]  # type: ignore[index]
    assert shown[0] == pytest.approx(before, abs=0.03)
    assert shown[-1] == pytest.approx(1, abs=0.03)


def test_a_course_brings_it_back(tmp_path):
    workshop, out = shop(FakeEditor()), tmp_path / "clip"
    course = parse_course("onset:0.4,apex:0.2,offset:0.4")
    animate_photo(make_pixels(), out, REQUEST, workshop, go_to_units(workshop.animator, SMILE, course, REQUEST))
    shown = smiles(out)
    assert max(shown) > shown[0] + 0.3
    assert shown[-1] < max(shown) - 0.3


def test_the_record_says_what_was_asked_for_and_what_came_of_it(tmp_path):
    workshop, out = shop(FakeEditor()), tmp_path / "clip"
    plan = go_to_emotion(workshop.animator, "happiness", Course.rising(1.0), REQUEST)
    animate_photo(make_pixels(), out, REQUEST, workshop, plan)
    record = json.loads((tmp_path / "clip.json").read_text())
    assert record["synthetic"] is True
    assert record["request"] == {"emotion": "happiness"}
    assert record["models"] == [{"name": "fake", "version": "0.1.0", "weights_sha256": "0" * 64}]
    assert record["clip"] == {"frames": 8, "fps": 8}
    assert record["last_frame"]["aus"]["AU12"] == pytest.approx(1, abs=0.03)
    assert record["last_frame"]["aus"]["AU9"] is None


def test_a_painter_follows_landmarks_that_end_at_their_apex(tmp_path):
    workshop, out = shop(painter=FakePainter()), tmp_path / "clip"
    plan = go_to_emotion(workshop.animator, "surprise", Course(onset=0.5, apex=0.5, height=0.5), REQUEST)
    animate_photo(make_pixels(), out, REQUEST, workshop, plan)
    aims = torch.cat(workshop.animator.painter.aims)  # type: ignore[union-attr]
    down = (aims - aims[:1])[..., 1].mean(1)
    assert len(aims) == 8
    assert down[-1].item() == pytest.approx(4, abs=1e-3)  # half of the way
    assert (down.diff() >= -1e-5).all()


def test_a_face_that_shows_something_is_calmed_before_landmarks_move(tmp_path, monkeypatch):
    from mienkit.app import animate
    from mienkit.app.editors import LoadedEditor

    loaded, devices = LoadedEditor(name="calmer", editor=FakeEditor(), weights="1" * 64), []
    monkeypatch.setattr(animate, "load_editor", lambda device: devices.append(device) or loaded)
    workshop = shop(painter=FakePainter())
    request = AnimateRequest(seconds=1.0, fps=4, at_rest=True)
    plan = go_to_emotion(workshop.animator, "surprise", Course.rising(1.0), request)
    report = animate_photo(make_pixels(), tmp_path / "clip", request, workshop, plan)
    assert "the photo shows happiness, which calmer took off first; --as-it-is leaves it" in report.notes
    assert [one["name"] for one in report.record["models"]] == ["fake", "calmer"]  # type: ignore[union-attr]
    assert devices == [workshop.animator.models[0].device]


def test_units_out_of_a_file_are_followed(tmp_path):
    curve = tmp_path / "curve.csv"
    curve.write_text("time,AU12\n0,0\n1,1\n")
    workshop, out = shop(FakeEditor()), tmp_path / "clip"
    request = AnimateRequest(seconds=1.0, fps=4)
    plan = follow_curve(workshop.animator, read_unit_curve(curve), "absolute", request)
    animate_photo(make_pixels(), out, request, workshop, plan)
    assert smiles(out) == pytest.approx([0, 0.25, 0.5, 0.75], abs=0.03)


def test_a_share_of_a_curve_is_that_share_of_the_way_from_what_the_photo_shows(tmp_path):
    curve = tmp_path / "curve.csv"
    curve.write_text("time,AU12\n0,1\n1,1\n")
    workshop, out = shop(FakeEditor()), tmp_path / "clip"
    request = AnimateRequest(seconds=1.0, fps=4)
    plan = follow_curve(workshop.animator, read_unit_curve(curve), "absolute", request, 0.5)
    report = animate_photo(make_pixels(), out, request, workshop, plan)
    before = report.record["before"]["aus"]["AU12"]  # type: ignore[index]
    assert smiles(out) == pytest.approx([(before + 1) / 2] * 4, abs=0.03)
    for share in (0, 1.5, float("nan")):
        with pytest.raises(ConfigError, match="should be above 0 and at most 1"):
            follow_curve(workshop.animator, read_unit_curve(curve), "absolute", request, share)


@pytest.mark.parametrize("end", [0.96, 0.93, 1 / 3, 0.959999])
def test_the_last_frame_shows_the_end_of_a_curve(end):
    request = AnimateRequest(fps=25).up_to(end)
    assert request.times[-1] >= end - 1e-6
    assert request.times[-2] < end


def film_of(path: Path, mouths: list[int | None], fps: float = 10) -> Path:
    """Film the made-up face with a mouth as bright as told, or a grey wall for None."""
    like = FilmFacts(path=path.with_name("nothing"), width=240, height=200, fps=fps)
    with writing_film(path, like, Mark("none", "0")) as film:
        for number, mouth in enumerate(mouths):
            pixels = np.full((200, 240, 3), 128, np.uint8) if mouth is None else lit(mouth)
            film.write(Frame(pixels, number / fps))
    return path


def lit(level: int) -> np.ndarray:
    """Show the made-up face with a mouth that bright."""
    pixels = make_pixels()
    expression = Expression(aus={"AU12": level / 255})
    photo, meter = open_photo(pixels), FakeMeter()
    return edit_photo(photo, find_faces(photo, FakeDetector(), meter)[0], FakeEditor(), expression, meter).pixels


def test_a_driver_counts_from_its_own_rest_and_keeps_its_clock(tmp_path):
    driver = film_of(tmp_path / "driver", [60, 60, 60, 60, 120, 180, 180, 180])
    workshop, out = shop(FakeEditor()), tmp_path / "clip"
    drive, facts = watch_driver(driver, workshop.instruments, None, lambda things, count: things)
    report = animate_photo(lit(30), out, REQUEST, workshop, follow_driver(workshop.animator, drive, facts, 1.0))
    shown = smiles(out)
    assert len(shown) == 8
    assert shown[0] == pytest.approx(30 / 255, abs=0.05)
    assert shown[6] - shown[0] > 0.25  # the driver's is (180 - 60) / 255, and steadied
    assert shown[7] == pytest.approx(shown[6], abs=0.02)
    assert [frame.time for frame in open_film(out).frames()] == pytest.approx([number / 10 for number in range(8)])
    assert report.notes == ()


def still_drive() -> Drive:
    return Drive(times=np.arange(8) / 10, aus=torch.zeros(8, 17), landmarks=torch.zeros(8, 68, 2), unseen=0)


def test_pixels_and_colours_of_a_clip_are_the_photos_own(tmp_path):
    film = FilmFacts(
        path=tmp_path / "dv.mp4", width=720, height=576, fps=25, sound=True, pixel_aspect=Fraction(16, 15),
        colours=Colours(matrix=9, primaries=9, transfer=16),
    )  # fmt: skip
    photo, meter = open_photo(make_pixels()), FakeMeter()
    scene = Scene(photo=photo, face=find_faces(photo, FakeDetector(), meter)[0])
    like = follow_driver(shop(FakeEditor()).animator, still_drive(), film, 1.0)(scene).like
    assert (like.width, like.height, like.sound) == (240, 200, True)
    assert like.pixel_aspect == 1
    assert like.colours == Colours()


@pytest.mark.parametrize("strength", [0, -1, 3.5, float("nan"), float("inf")])
def test_a_strength_that_makes_no_sense_is_refused(strength, tmp_path):
    animator = shop(FakeEditor()).animator
    with pytest.raises(ConfigError, match="should be above 0 and at most 3 with --driving"):
        follow_film(animator, tmp_path / "none.mp4", shop().instruments, strength)


def test_a_driver_is_watched_only_when_all_else_is_well(tmp_path, monkeypatch):
    driver = film_of(tmp_path / "driver", [60] * 4)
    monkeypatch.setattr("mienkit.app.animate_plan.watch_driver", lambda *_: pytest.fail("watched"))
    workshop = shop(FakeEditor())
    plan = follow_film(workshop.animator, driver, workshop.instruments)
    with pytest.raises(FaceError):
        animate_photo(np.full((200, 240, 3), 128, np.uint8), tmp_path / "clip", REQUEST, workshop, plan)
    (tmp_path / "clip.gif").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        animate_photo(make_pixels(), tmp_path / "clip.gif", REQUEST, workshop, plan)


def test_what_is_wrong_with_a_driver_is_told(tmp_path, monkeypatch):
    class Odd:
        def __init__(self, film):
            self.film, self.facts, self.notes = film, film.facts, []

        def frames(self):
            yield from self.film.frames()
            self.notes.append("4 of 9 frames could be read")

    driver = film_of(tmp_path / "driver", [60] * 4)
    monkeypatch.setattr("mienkit.app.animate.open_film", lambda path, fps: Odd(open_film(path, fps)))
    workshop = shop(FakeEditor())
    plan = follow_film(workshop.animator, driver, workshop.instruments)
    report = animate_photo(make_pixels(), tmp_path / "clip", REQUEST, workshop, plan)
    assert report.notes == ("the driver: 4 of 9 frames could be read",)


def test_a_folder_drives_at_the_pace_that_is_told(tmp_path):
    driver = film_of(tmp_path / "driver", [60, 60, 120, 180])
    (driver / "times.json").unlink()
    workshop, out = shop(FakeEditor()), tmp_path / "clip"
    plan = follow_film(workshop.animator, driver, workshop.instruments, fps=5)
    animate_photo(make_pixels(), out, REQUEST, workshop, plan)
    assert [frame.time for frame in open_film(out).frames()] == pytest.approx([0, 0.2, 0.4, 0.6])


def test_frames_in_which_the_driver_is_not_seen_are_told():
    drive = Drive(times=np.zeros(8), aus=torch.zeros(8, 17), landmarks=torch.zeros(8, 68, 2), unseen=1)
    assert unseen_note(drive) == ("in 1 of 8 frames of the driver no face was found: the clip waits there",)


def test_a_driver_without_a_face_writes_nothing(tmp_path):
    driver = film_of(tmp_path / "driver", [None] * 4)
    with pytest.raises(FaceError, match="shows a face in 0 of 4 frames"):
        watch_driver(driver, shop(FakeEditor()).instruments, None, lambda things, count: things)


def test_what_a_model_cannot_do_is_said(tmp_path):
    painter, emotions = shop(painter=FakePainter()).animator, shop(FakeEmotionEditor()).animator
    with pytest.raises(ConfigError, match="fake follows landmarks, not action units; choose an editor with --model"):
        go_to_units(painter, SMILE, Course.rising(1), REQUEST)
    driver = film_of(tmp_path / "driver", [60] * 4)
    drive, facts = watch_driver(driver, shop(FakeEditor()).instruments, None, lambda things, count: things)
    with pytest.raises(ConfigError, match="fake takes emotions, and a driver tells action units"):
        follow_driver(emotions, drive, facts, 1.0)


def test_weights_of_ones_own_say_of_which_model_they_are(tmp_path):
    save_weights(tmp_path / "weights", "copy", {}, {"image_size": 64}, "card")
    assert load_animator(weights=tmp_path / "weights", device="cpu").models[0].name == "copy"


def test_nothing_is_written_over_without_force_or_over_an_input(tmp_path):
    workshop, out = shop(FakeEditor()), tmp_path / "clip.gif"
    plan = go_to_units(workshop.animator, SMILE, Course.rising(1.0), REQUEST)
    animate_photo(make_pixels(), out, REQUEST, workshop, plan)
    with pytest.raises(OutputError):
        animate_photo(make_pixels(), out, REQUEST, workshop, plan)
    animate_photo(make_pixels(), out, REQUEST, workshop, plan, force=True)
    request = AnimateRequest(seconds=1.0, fps=8, inputs=[out])
    with pytest.raises(OutputError):
        animate_photo(make_pixels(), out, request, workshop, plan, force=True)


def test_a_failure_on_the_way_leaves_nothing_behind(tmp_path):
    class Broken(FakeEditor):
        def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
            if self.batches:
                raise FaceError("this face is too much")
            return super().edit(image, source, target)

    workshop = shop(Broken())
    plan = go_to_units(workshop.animator, SMILE, Course.rising(1.0), REQUEST)
    with pytest.raises(FaceError):
        animate_photo(make_pixels(), tmp_path / "clip", REQUEST, workshop, plan)
    assert list(tmp_path.iterdir()) == []


def test_a_large_photo_is_made_smaller_and_a_note_says_so(tmp_path):
    workshop, out = shop(FakeEditor()), tmp_path / "clip"
    request = AnimateRequest(seconds=0.5, fps=4, side=120)
    plan = go_to_units(workshop.animator, SMILE, Course.rising(0.5), request)
    report = animate_photo(make_pixels(), out, request, workshop, plan)
    assert max(open_film(out).facts.width, open_film(out).facts.height) == 120
    assert any("--side" in note for note in report.notes)


def test_a_photo_that_no_clip_can_show_whole_is_not_promised_to_be():
    photo = Photo(pixels=np.zeros((9000, 64, 3), np.uint8))
    assert made_smaller(photo, 1280).notes[-1].endswith("--side 8192 is the most")
    photo = Photo(pixels=np.zeros((1500, 64, 3), np.uint8))
    assert made_smaller(photo, 1280).notes[-1].endswith("--side 1500 keeps them all")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"fps": 0.5}, "--fps 0.5"),
        ({"seconds": 0}, "--seconds 0"),
        ({"seconds": -1}, "--seconds -1 should be above 0"),
        ({"seconds": float("nan")}, "--seconds nan should be above 0"),
        ({"seconds": 1e5}, "too long"),
        ({"seconds": float("inf")}, "too long"),
        ({"face": "all"}, "one face that moves"),
        ({"side": 8}, "--side 8"),
    ],
)
def test_numbers_out_of_range_are_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        AnimateRequest(**settings)
