"""Use case: the stimulus set of a study."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from fakes import FakeEditor
from mienkit.app.stimuli import make_study, read_design, verify_study
from mienkit.app.stimuli import progress as progress_module
from mienkit.app.stimuli import study as study_module
from mienkit.app.stimuli.finish import decoded
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, SIDED_UNITS
from mienkit.core.errors import DataError, OutputError
from mienkit.core.task import Edited
from mienkit.face.luminance import mean_and_contrast
from mienkit.face.mark import read_mark
from studies import TEXT, WeakEditor, design_with, lay_out_desk, lines_of, snapshot, studio_of


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return lay_out_desk(tmp_path)


@pytest.fixture
def study(desk: Path) -> Path:
    make_study(read_design(desk / "design.yaml"), desk / "study", studio_of())
    return desk / "study"


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


class SidedEditor(FakeEditor):
    """Knows the halves of a face, and paints the mouth as bright as they are asked to show AU14 on average."""

    vocabulary: ClassVar[tuple[str, ...]] = SIDED_UNITS

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        whole = torch.zeros(len(target), len(ACTION_UNITS))
        whole[:, AU_INDEX["AU12"]] = target.view(len(target), -1, 2).mean(-1)[:, AU_INDEX["AU14"]]
        return super().edit(image, whole, whole)


def test_what_one_half_of_a_face_shows_is_wanted_of_the_whole_face_by_half(desk: Path) -> None:
    text = TEXT.replace("aus: {smile: {AU12: 1}}", "emotions: [contempt]")
    (desk / "design.yaml").write_text(text)
    design = read_design(desk / "design.yaml")
    for editor, wanted in ((SidedEditor(), 0.4), (FakeEditor(), 0.8)):
        report = make_study(design, desk / f"study{wanted}", studio_of(editor))
        (row,) = [row for row in report.rows if row.file == "images/anna_contempt_080.png"]
        assert row.wanted["AU14"] == pytest.approx(wanted)


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


def test_a_run_that_ends_before_anything_is_noted_can_go_on(
    desk: Path, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    design, out = read_design(desk / "design.yaml"), desk / "full"
    with monkeypatch.context() as patched:
        patched.setattr(progress_module, "write_text", full)
        with pytest.raises(OutputError, match="make room there"):
            make_study(design, out, studio_of())
    (out / "..progress.jsonl.0a1b2c3d.part").write_text("{")
    make_study(design, out, studio_of())
    assert snapshot(out) == snapshot(study)


def test_what_a_killed_run_left_half_written_is_swept_out(desk: Path, study: Path) -> None:
    whole = snapshot(study)
    (study / "images" / ".ben_smile_040.png.0a1b2c3d.part").write_bytes(b"half")
    make_study(read_design(desk / "design.yaml"), study, studio_of())
    assert snapshot(study) == whole


def test_a_disk_that_fills_up_is_one_line_and_the_rest_is_made_later(
    desk: Path, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design, out, real = read_design(desk / "design.yaml"), desk / "full", study_module.write_still

    def filling(path: Path, *arguments: object) -> object:
        if "ben" in path.name:
            raise OutputError(f"cannot write {path}: no space left on device; make room there")
        return real(path, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(study_module, "write_still", filling)
        with pytest.raises(OutputError, match="no space left"):
            make_study(design, out, studio_of())
    assert make_study(design, out, studio_of()).made == 2
    assert snapshot(out) == snapshot(study)


def test_records_from_elsewhere_lead_to_no_other_file(desk: Path, study: Path) -> None:
    thesis = desk / "thesis.png"
    thesis.write_bytes(b"do not touch")
    path = study / "manifest.json"
    told = json.loads(path.read_text())
    told["stimuli"][0]["file"] = "images/../../thesis.png"
    path.write_text(json.dumps(told))
    with pytest.raises(DataError, match="no stimulus lies at"):
        verify_study(study, None)
    make_study(read_design(design_with(desk, "seed: 7")), study, studio_of(), force=True)
    assert thesis.read_bytes() == b"do not touch"


def test_the_copy_is_the_design_that_was_read_and_a_changed_one_is_named(desk: Path) -> None:
    design = read_design(desk / "design.yaml")
    (desk / "design.yaml").write_text(TEXT + "seed: 9\n")
    make_study(design, desk / "study", studio_of())
    copy = desk / "study" / "design.yaml"
    assert copy.read_text() == TEXT
    assert verify_study(desk / "study", None).passes
    copy.write_text(TEXT + "# so\n")
    assert verify_study(desk / "study", None).problems == {"design.yaml": "changed"}
    copy.unlink()
    assert verify_study(desk / "study", None).problems == {"design.yaml": "is missing"}


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


def test_rights_that_changed_between_two_runs_are_those_of_today(desk: Path, study: Path) -> None:
    (desk / "photos" / "rights.yaml").write_text("'*': {may_publish: false, expires: 2026-06-30}")
    design = read_design(desk / "design.yaml")
    assert make_study(design, study, studio_of()).made == 0
    assert {line["may_publish"] for line in lines_of(study)} == {"false"}
    with pytest.raises(DataError, match="ended on 2026-06-30"):
        make_study(design, study, studio_of(today=date(2026, 7, 1)))
    with pytest.raises(DataError, match="ended on 2026-06-30") as caught:
        verify_study(study, studio_of(today=date(2026, 7, 1)))
    assert "--quick" in caught.value.__notes__[0]
    assert verify_study(study, None).passes


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


def test_pictures_and_clips_have_conditions_files_of_their_own_without_names_that_psychopy_keeps(desk: Path) -> None:
    pytest.importorskip("av", reason="needs PyAV: pip install 'mienkit[video]'")
    make_study(read_design(design_with(desk, "dynamic: {onset: 0.1, apex: 0.1, fps: 20}")), desk / "study", studio_of())
    assert not (desk / "study" / "trials_psychopy.csv").exists()
    for name, suffix in (("images", ".png"), ("clips", ".mp4")):
        text = (desk / "study" / f"trials_psychopy_{name}.csv").read_text()
        trials = list(csv.DictReader(text.splitlines()))
        assert len(trials) == 4
        assert {Path(one["stimulus"]).suffix for one in trials} == {suffix}
        # psychopy/experiment/_experiment.py, NameSpace.builder: a loop of Builder refuses these as columns
        kept = {"level", "x", "y", "t", "win", "buttons", "filename", "component", "expName", "frameN", "paramName"}
        assert not kept & set(trials[0])
        assert {one["strength"] for one in trials} == {"0.4", "0.8"}


def test_what_equalising_clips_is_told(desk: Path) -> None:
    text = TEXT.replace("{size: 128}", "{size: 128, contrast: 120}")
    (desk / "design.yaml").write_text(text)
    report = make_study(read_design(desk / "design.yaml"), desk / "study", studio_of())
    assert all(float(line["clipped"]) > 0.1 for line in lines_of(desk / "study"))
    assert any("black, white or a colour's end" in note for note in report.notes)
    assert "equalising clipped" in (desk / "study" / "methods.txt").read_text()
