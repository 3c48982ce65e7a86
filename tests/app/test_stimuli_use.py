"""Use case: the stimulus set of a study."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from fakes import FakeDetector, FakeEditor, FakeMeter, make_pixels
from mienkit.app.edit import Workshop
from mienkit.app.editors import LoadedEditor
from mienkit.app.instruments import Instruments
from mienkit.app.stimuli import Studio, make_study, read_design, verify_study
from mienkit.app.stimuli import study as study_module
from mienkit.app.stimuli.finish import decoded
from mienkit.core.errors import DataError, OutputError
from mienkit.core.image import Picture
from mienkit.core.landmark import MEAN_SHAPE
from mienkit.core.task import Edited, Reading
from mienkit.face.luminance import mean_and_contrast
from mienkit.face.mark import read_mark

TEXT = """
identities: [photos/*.png]
aus: {smile: {AU12: 1}}
levels: [0.4, 0.8]
options: {size: 128}
check: {dose: 0.15, off_target: 1}
"""


class WholeMeter(FakeMeter):
    """The fake meter, with the landmarks of a whole face."""

    def measure(self, image: Tensor) -> Reading:
        reading = super().measure(image)
        points = torch.tensor(MEAN_SHAPE) * self.image_size
        return replace(reading, landmarks=points.expand(len(image), -1, -1))


class WeakEditor(FakeEditor):
    """Does three quarters of what it is asked for."""

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return super().edit(image, source, 0.75 * target)


class Likeness:
    """Takes everybody for the same person."""

    name = "likeness"

    def embed(self, picture: Picture, landmarks: np.ndarray) -> np.ndarray:
        return np.array([1.0, 0.0], np.float32)


def studio_of(editor: FakeEditor | None = None, today: date = date(2026, 1, 1)) -> Studio:
    workshop = Workshop(
        instruments=Instruments(detector=FakeDetector(), meter=WholeMeter()),
        editor=LoadedEditor(name="fake", editor=editor or FakeEditor()),
    )
    return Studio(workshop=workshop, recogniser=Likeness(), today=today)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for number, name in enumerate(("anna", "ben")):
        Image.fromarray(make_pixels(seed=number)).save(tmp_path / "photos" / f"{name}.png")
    (tmp_path / "design.yaml").write_text(TEXT)
    return tmp_path


@pytest.fixture
def study(desk: Path) -> Path:
    make_study(read_design(desk / "design.yaml"), desk / "study", studio_of())
    return desk / "study"


def design_with(desk: Path, more: str) -> Path:
    path = desk / "other.yaml"
    path.write_text(TEXT + more)
    return path


def lines_of(study: Path) -> list[dict[str, str]]:
    with (study / "codebook.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def snapshot(study: Path) -> dict[str, bytes]:
    return {path.relative_to(study).as_posix(): path.read_bytes() for path in study.rglob("*") if path.is_file()}


def test_every_cell_has_a_marked_file_a_line_and_a_trial(study: Path) -> None:
    files = {f"images/{who}_smile_{level}.png" for who in ("anna", "ben") for level in ("040", "080")}
    papers = {"codebook.csv", "trials_psychopy.csv", "trials_jspsych.json", "methods.txt", "design.yaml"}
    assert set(snapshot(study)) == files | papers | {"manifest.json"}
    assert {line["file"] for line in lines_of(study)} == files
    for name in files:
        mark = read_mark(study / name)
        assert mark is not None
        assert mark.request["stimulus"] in name
    trials = list(csv.DictReader((study / "trials_psychopy.csv").read_text().splitlines()))
    timeline = json.loads((study / "trials_jspsych.json").read_text())
    assert [one["stimulus"] for one in trials] == [line["file"] for line in lines_of(study)]
    assert [one["stimulus"] for one in timeline["images"]["timeline_variables"]] == timeline["preload"]["images"]
    assert timeline["preload"]["images"] == [one["stimulus"] for one in trials]


def test_the_codebook_holds_what_was_asked_and_what_was_measured(study: Path) -> None:
    line = lines_of(study)[1]
    assert (line["identity"], line["condition"], line["level"], line["kind"]) == ("anna", "smile", "0.8", "still")
    assert float(line["requested_AU12"]) == pytest.approx(0.8)
    assert float(line["measured_AU12"]) == pytest.approx(0.8, abs=0.1)
    assert line["measured_AU9"] == "", "the meter is blind to it, so nothing was measured"
    assert float(line["achieved_dose"]) == pytest.approx(float(line["measured_AU12"]))
    assert float(line["identity_score"]) == 1
    assert line["check"] == "pass"
    pixels = np.asarray(Image.open(study / line["file"]))
    assert pixels.shape == (128, 128, 3)


def test_two_runs_write_the_same_bytes(desk: Path, study: Path) -> None:
    make_study(read_design(desk / "design.yaml"), desk / "again", studio_of())
    assert snapshot(desk / "again") == snapshot(study)


def test_a_cell_that_misses_its_dose_is_tried_again_with_more(desk: Path) -> None:
    design = read_design(desk / "design.yaml")
    never = replace(design, check=replace(design.check, retries=0))
    first = make_study(never, desk / "first", studio_of(WeakEditor()))
    assert {row.file for row in first.failed} == {"images/anna_smile_080.png", "images/ben_smile_080.png"}
    second = make_study(design, desk / "second", studio_of(WeakEditor()))
    assert second.failed == ()
    (row,) = [row for row in second.rows if row.file == "images/anna_smile_080.png"]
    assert row.retries >= 1
    assert (row.given["AU12"] or 0) > 0.9
    assert row.wanted["AU12"] == pytest.approx(0.8)


def test_a_cell_that_cannot_pass_is_in_the_set_and_said_to_fail(desk: Path) -> None:
    report = make_study(read_design(desk / "design.yaml"), desk / "study", studio_of(Frozen()))
    lines = {line["file"]: line for line in lines_of(desk / "study")}
    assert len(lines) == 4
    failed = lines["images/anna_smile_080.png"]
    assert (failed["check"], failed["retries"]) == ("fail", "2")
    assert "dose error" in failed["reason"]
    assert "images/anna_smile_080.png" in {row.file for row in report.failed}
    assert f"{4 - len(report.failed)} of 4 stimuli pass" in (desk / "study" / "methods.txt").read_text()


class Frozen(FakeEditor):
    """Changes nothing."""

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return Edited(image=image.clone(), change=image.new_zeros(len(image), 1, *image.shape[2:]))


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_bytes(
    desk: Path, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    written: list[Path] = []
    real: Callable[..., object] = study_module.write_still

    def dying(path: Path, *arguments: object) -> object:
        if len(written) == 3:
            raise Killed
        written.append(path)
        return real(path, *arguments)

    design, out = read_design(desk / "design.yaml"), desk / "killed"
    monkeypatch.setattr(study_module, "write_still", dying)
    with pytest.raises(Killed):
        make_study(design, out, studio_of())
    monkeypatch.setattr(study_module, "write_still", real)
    assert not (out / "manifest.json").exists()
    with (out / ".progress.jsonl").open("a") as journal:
        journal.write('{"file": "images/ben_smi')  # cut off in the middle of a line
    before = {path: path.stat().st_mtime_ns for path in written}
    report = make_study(design, out, studio_of())
    assert report.made < len(report.rows)
    assert {path: path.stat().st_mtime_ns for path in written[:2]} == {path: before[path] for path in written[:2]}
    assert snapshot(out) == snapshot(study)


def test_a_finished_study_is_left_alone_and_only_what_is_lost_is_made(desk: Path, study: Path) -> None:
    design, whole = read_design(desk / "design.yaml"), snapshot(study)
    assert make_study(design, study, studio_of()).made == 0
    (study / "images" / "ben_smile_040.png").unlink()
    assert make_study(design, study, studio_of()).made == 1
    assert snapshot(study) == whole


def test_another_design_or_somebody_elses_folder_is_not_written_over(desk: Path, study: Path) -> None:
    other = read_design(design_with(desk, "seed: 7"))
    with pytest.raises(OutputError, match="another design"):
        make_study(other, study, studio_of())
    assert make_study(other, study, studio_of(), force=True).made == 4
    (desk / "mine").mkdir()
    (desk / "mine" / "thesis.txt").write_text("do not touch")
    with pytest.raises(OutputError, match="something else than a study"):
        make_study(other, desk / "mine", studio_of(), force=True)
    with pytest.raises(OutputError, match="choose a folder without inputs"):
        make_study(other, desk / "photos", studio_of())


def test_rights_are_held_before_anything_is_made(desk: Path) -> None:
    rights, design = desk / "photos" / "rights.yaml", read_design(desk / "design.yaml")
    for text, message in (
        ("ben.png: {may_modify: false, note: withdrawn}", r"ben\.png may not be modified.*withdrawn"),
        ("'*': {expires: 2025-12-31}", "ended on 2025-12-31"),
    ):
        rights.write_text(text)
        with pytest.raises(DataError, match=message):
            make_study(design, desk / "study", studio_of())
        assert not (desk / "study").exists()


def test_what_must_not_be_published_is_said_in_codebook_and_methods(desk: Path) -> None:
    (desk / "photos" / "rights.yaml").write_text("'*': {may_publish: true}\nben.png: {may_publish: false}")
    report = make_study(read_design(desk / "design.yaml"), desk / "study", studio_of())
    told = {line["identity"]: line["may_publish"] for line in lines_of(desk / "study")}
    assert told == {"anna": "true", "ben": "false"}
    assert "Must not be published, neither as stimuli nor as figures: ben." in (desk / "study/methods.txt").read_text()
    assert not any("rights" in note for note in report.notes)


def test_without_rights_a_note_says_that_nobody_said_anything(desk: Path) -> None:
    report = make_study(read_design(desk / "design.yaml"), desk / "study", studio_of())
    assert any("no rights.yaml" in note and "2 photographs" in note for note in report.notes)


def test_faces_are_equalised_inside_of_their_oval_and_grey_outside(desk: Path) -> None:
    text = TEXT.replace("{size: 128}", "{size: 128, oval: true, greyscale: true, luminance: 120, contrast: equal}")
    (desk / "design.yaml").write_text(text)
    report = make_study(read_design(desk / "design.yaml"), desk / "study", studio_of())
    contrast = report.manifest["equalised_to"]["contrast"]
    mask = np.hypot(*np.ogrid[-64:64, -64:64]) < 20
    for row in report.rows:
        image = Image.open(desk / "study" / row.file)
        pixels = np.asarray(image.convert("RGB"))
        assert image.mode == "L"
        assert (row.luminance, row.contrast) == pytest.approx((120, contrast), abs=1)
        assert (pixels[:3, :3] == 128).all()
        assert mean_and_contrast(pixels, mask)[1] > 1


def test_a_study_that_nobody_touched_passes(study: Path) -> None:
    for studio in (None, studio_of()):
        report = verify_study(study, studio)
        assert (report.passes, report.problems, report.stimuli) == (True, {}, 4)


def test_one_changed_pixel_names_its_file(study: Path) -> None:
    path = study / "images" / "ben_smile_040.png"
    pixels = np.asarray(Image.open(path)).copy()
    pixels[50, 60, 1] ^= 1
    Image.fromarray(pixels).save(path)
    assert verify_study(study, None).problems == {"images/ben_smile_040.png": "its pixels changed"}
    (told,) = verify_study(study, studio_of()).problems.items()
    assert told[0] == "images/ben_smile_040.png"
    assert "1 pixel differs by 1 grey level" in told[1]


def test_a_lost_mark_a_lost_file_and_a_stray_one_are_named(study: Path) -> None:
    path = study / "images" / "anna_smile_040.png"
    Image.open(path).save(path)
    (study / "images" / "anna_smile_080.png").unlink()
    (study / "images" / "carl_smile_080.png").write_bytes(b"?")
    problems = verify_study(study, None).problems
    assert "its pixels are the same, its mark" in problems.pop("images/anna_smile_040.png")
    assert problems == {
        "images/anna_smile_080.png": "is missing",
        "images/carl_smile_080.png": "is not in the codebook",
    }


def test_a_changed_line_of_the_codebook_names_line_and_column(study: Path) -> None:
    path = study / "codebook.csv"
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace(",pass,", ",fail,")
    path.write_text("\n".join(lines) + "\n")
    problem = verify_study(study, None).problems["codebook.csv"]
    assert "images/anna_smile_080.png" in problem
    assert "check is 'fail' and was 'pass'" in problem


def test_numbers_that_were_changed_everywhere_do_not_come_out_again(study: Path) -> None:
    path = study / "manifest.json"
    told = json.loads(path.read_text())
    told["stimuli"][0]["after"]["AU12"] = 0.123
    path.write_text(json.dumps(told))
    problems = verify_study(study, studio_of()).problems
    assert "after.AU12" in problems["images/anna_smile_040.png"]


def test_on_another_kind_of_machine_rounding_counts_as_the_same_and_is_listed(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Rounding(FakeEditor):
        def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
            edited = super().edit(image, source, target)
            edited.image[:, :, 40, 30] += 1.2 / 127.5
            return edited

    assert not verify_study(study, studio_of(Rounding())).passes, "this machine has no excuse"
    path = study / "manifest.json"
    told = json.loads(path.read_text())
    told["machine"]["cpu"] = "another"
    path.write_text(json.dumps(told))
    report = verify_study(study, studio_of(Rounding()))
    assert report.problems == {}
    assert set(report.near) == {line["file"] for line in lines_of(study)}
    assert not verify_study(study, studio_of(WeakEditor())).passes, "that is no rounding"


def test_another_photograph_or_model_is_not_compared(study: Path, desk: Path) -> None:
    moved = desk / "elsewhere"
    (desk / "photos").rename(moved)
    with pytest.raises(DataError, match="--photos FOLDER"):
        verify_study(study, studio_of())
    assert verify_study(study, studio_of(), photos=moved).passes
    Image.fromarray(make_pixels(seed=9)).save(moved / "anna.png")
    with pytest.raises(DataError, match="not the photograph that anna was made of"):
        verify_study(study, studio_of(), photos=moved)
    other = studio_of()
    renamed = replace(other.workshop, editor=replace(other.workshop.editor, name="newer"))
    with pytest.raises(DataError, match="--quick"):
        verify_study(study, replace(other, workshop=renamed), photos=moved)


def test_clips_rise_to_the_still_of_their_cell_and_come_out_again(desk: Path) -> None:
    pytest.importorskip("av", reason="needs PyAV: pip install 'mienkit[video]'")
    design = read_design(design_with(desk, "dynamic: {onset: 0.2, apex: 0.1, offset: 0.1, fps: 20}"))
    report = make_study(design, desk / "study", studio_of())
    clips = [row for row in report.rows if row.kind == "clip"]
    assert [(row.frames, row.fps, row.seconds) for row in clips] == [(8, 20, 0.4)] * 4
    frames = list(decoded(desk / "study" / "clips" / "anna_smile_080.mp4"))
    mouth = [float(frame[70:85, 55:75].mean()) for frame in frames]
    still = np.asarray(Image.open(desk / "study" / "images" / "anna_smile_080.png"))[70:85, 55:75].mean()
    assert mouth[4] == pytest.approx(still, abs=3), "the apex is what the still shows"
    assert abs(mouth[0] - still) > 10
    assert verify_study(desk / "study", studio_of()).passes
    path = desk / "study" / "clips" / "ben_smile_040.mp4"
    path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    assert set(verify_study(desk / "study", None).problems) == {"clips/ben_smile_040.mp4"}
