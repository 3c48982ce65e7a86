"""An editor whose answer bends, made linear, on made people."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from fakes import LIPSTICK, FakeEditor, FakeEmotionEditor, FakeMeter, make_pixels, mouth_of
from mienkit.app import calibrate as use
from mienkit.app.calibrate import CalibrationChoice, calibrate
from mienkit.app.edit import edit, load_workshop
from mienkit.app.editors import LoadedEditor, load_editor
from mienkit.cli.entry import main
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.errors import ConfigError, TableError, WeightsError
from mienkit.core.image import Picture
from mienkit.data.row import FaceRow
from mienkit.data.split import subject_fold
from mienkit.data.table import open_table
from mienkit.data.writer import TableWriter
from mienkit.evaluation.calibration import FEWEST, GRID
from mienkit.evaluation.network_judge import NetworkJudge
from mienkit.inference.calibrated import CalibratedEditor
from mienkit.weights import released
from mienkit.weights.calibration import CALIBRATION, Calibration, read_calibration, write_calibration
from mienkit.weights.folder import TENSORS, digest

SMILE = AU_INDEX["AU12"]
FEW = CalibrationChoice(people=FEWEST)


class Bent(FakeEditor):
    """Shows the square of what AU12 is asked to be."""

    def edit(self, image, source, target):
        return super().edit(image, source, target**2)


class Judging(NetworkJudge):
    """Reads a smile and nothing else."""

    def __init__(self, name: str = "fake judge") -> None:
        super().__init__(FakeMeter(), name, blind=frozenset(ACTION_UNITS) - {"AU1", "AU12"})


def person(number: int, smile: float) -> Picture:
    """A made picture of somebody who smiles so much."""
    picture = make_pixels(256, 256, number)
    rows, columns = mouth_of(np.empty((1, 3, 256, 256)), LIPSTICK)[2:]
    picture[rows, columns] = round(255 * smile)
    return picture


def write(folder: Path, people: int) -> Path:
    """Write a table of people, every fourth of whom smiles."""
    with TableWriter(folder, size=256) as writer:
        for number in range(people):
            smile = 0.9 if number % 4 == 3 else 0.05
            encoded = cv2.imencode(".png", cv2.cvtColor(person(number, smile), cv2.COLOR_RGB2BGR))[1].tobytes()
            writer.add(
                FaceRow(
                    image=encoded, width=256, height=256, source="made", source_id=f"face-{number}",
                    licence="CC0-1.0", kind="photograph", subject=f"person-{number}", split="val",
                    aus=np.full(17, 0.1, np.float32), landmarks=np.full((68, 2), 128, np.float32),
                    pose=np.zeros(3, np.float32),
                )
            )  # fmt: skip
    return folder


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write(tmp_path / "photos.table", 36)


def loaded(editor: FakeEditor) -> LoadedEditor:
    return LoadedEditor(name="fake", editor=editor)


def test_a_bent_answer_is_linear_afterwards_on_people_whom_nothing_was_fitted_on(table):
    report = calibrate(loaded(Bent()), FakeMeter(), Judging(), [table], choice=FEW)
    units = {one.unit: one for one in report.units}
    smile = units["AU12"]
    assert smile.before.r2.value < 0.96
    assert smile.after.r2.value > 0.995
    assert smile.after.slope.value == pytest.approx(smile.before.slope.value, abs=0.15)
    assert smile.before.r2.count == FEWEST
    assert not smile.left
    points = dict(zip(GRID, report.calibration.curves["AU12"], strict=True))
    assert points[0.5] == pytest.approx(0.5**0.5, abs=0.05)


def test_a_unit_that_does_not_answer_is_listed_and_left_alone(table):
    report = calibrate(loaded(Bent()), FakeMeter(), Judging(), [table], choice=FEW)
    units = {one.unit: one for one in report.units}
    assert units["AU1"].left.startswith("too small")
    assert units["AU1"].after == units["AU1"].before
    assert list(report.calibration.curves) == ["AU12"]
    assert report.calibration.left["AU1"].startswith("too small")
    assert report.calibration.left["AU9"] == "the judge cannot read it"


def test_nobody_is_in_both_halves_and_nobody_who_smiles_is_asked_to(table, monkeypatch):
    asked: dict[tuple[int, bool], set[int]] = {}
    run = use.try_guest

    def listen(editor, guest, units, bench):
        units = list(units)
        if any(unit == "AU12" for unit, _ in units):
            asked.setdefault((guest.half, editor.calibration is not None), set()).add(guest.subject)
            assert guest.look.channels["AU12"] < 0.3
        return run(editor, guest, units, bench)

    monkeypatch.setattr(use, "try_guest", listen)
    calibrate(loaded(Bent()), FakeMeter(), Judging(), [table], choice=FEW)
    fitted, checked, again = asked[0, False], asked[1, False], asked[1, True]
    assert (0, True) not in asked
    assert fitted.isdisjoint(checked)
    assert checked == again
    assert len(fitted) == len(checked) == FEWEST


def test_halves_are_told_by_the_persons_name_alone(tmp_path):
    halves = [use.half_of(f"person-{number}") for number in range(36)]
    assert min(halves.count(0), halves.count(1)) > FEWEST
    tables = [open_table(write(tmp_path / name, people)) for name, people in {"few": 4, "more": 8}.items()]
    few, more = (use.subjects_of([table], "val") for table in tables)
    assert few.items() <= more.items()


def test_an_editor_that_answers_in_proportion_stays_as_it_is(table):
    report = calibrate(loaded(FakeEditor()), FakeMeter(), Judging(), [table], choice=FEW)
    assert report.calibration.curves["AU12"] == pytest.approx(GRID, abs=0.02)
    assert report.median_after >= report.median_before - 1e-3


def test_another_judge_that_looks_on_decides_nothing_and_its_agreement_is_reported(table):
    alone = calibrate(loaded(Bent()), FakeMeter(), Judging(), [table], choice=FEW)
    both = calibrate(loaded(Bent()), FakeMeter(), Judging(), [table], choice=FEW, beside=Judging("another"))
    assert both.calibration == alone.calibration
    assert alone.agreement is None
    assert both.agreement is not None
    assert (both.agreement.first, both.agreement.second) == ("fake judge", "another")
    assert both.agreement.units["AU12"]["icc"] == pytest.approx(1)
    assert both.agreement.pictures >= 2 * FEWEST * 6


def test_too_few_people_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(TableError, match="a calibration takes 8 in each"):
        calibrate(loaded(Bent()), FakeMeter(), Judging(), [write(tmp_path / "few.table", 6)], choice=FEW)


def test_an_editor_of_emotions_is_refused(table):
    with pytest.raises(ConfigError, match="nothing to calibrate"):
        calibrate(loaded(FakeEmotionEditor()), FakeMeter(), Judging(), [table], choice=FEW)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"people": 3}, "at least 8"),
        ({"levels": (0.0, 0.5, 1.0)}, "at least four"),
        ({"levels": (0.0, 0.5, 0.4, 1.0)}, "rise from 0 to 1"),
        ({"levels": (0.1, 0.4, 0.7, 1.0)}, "rise from 0 to 1"),
    ],
)
def test_numbers_out_of_range_are_refused(changes, said):
    with pytest.raises(ConfigError, match=said):
        CalibrationChoice(**changes)


def steep(model: str) -> Calibration:
    """A calibration that asks for twice as much."""
    folder = released(model)
    assert folder is not None
    return Calibration(
        model=model, weights_sha256=digest(folder / TENSORS), judge="fake judge", tables={}, people=8,
        levels=(0.0, 1.0), seed=0, grid=(0.0, 0.5, 1.0), curves={"AU12": (0.0, 1.0, 1.0)}, left={},
    )  # fmt: skip


def test_a_calibration_is_taken_with_the_editor_and_left_out_when_raw(tmp_path):
    write_calibration(tmp_path, steep("duchenne"))
    tuned = load_editor("duchenne", None, "cpu", False, tmp_path)
    assert isinstance(tuned.editor, CalibratedEditor)
    assert tuned.calibration == steep("duchenne")
    raw = load_editor("duchenne", None, "cpu", True)
    assert not isinstance(raw.editor, CalibratedEditor)
    assert raw.calibration is None


def test_a_calibration_beside_the_weights_is_taken_without_being_asked_for(tmp_path):
    ours = released("duchenne")
    assert ours is not None
    for path in ours.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / CALIBRATION).unlink(missing_ok=True)
    assert load_editor("duchenne", tmp_path, "cpu").calibration is None
    write_calibration(tmp_path, steep("duchenne"))
    assert load_editor("duchenne", tmp_path, "cpu").calibration == steep("duchenne")
    assert load_editor("duchenne", tmp_path, "cpu", True).calibration is None


def test_a_calibration_of_other_weights_or_none_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"holds no calibration.json; .*mien calibrate duchenne"):
        load_editor("duchenne", None, "cpu", False, tmp_path)
    write_calibration(tmp_path, steep("duchenne"))
    with pytest.raises(WeightsError, match="other weights"):
        load_editor("ganimation", None, "cpu", False, tmp_path)
    with pytest.raises(ConfigError, match="--raw takes no calibration"):
        load_editor("duchenne", None, "cpu", True, tmp_path)


def test_records_say_whether_a_calibration_was_applied(tmp_path, photo, fake_instruments):
    write_calibration(tmp_path, steep("duchenne"))
    tuned = edit(photo, aus={"AU12": 0.8}, model=load_workshop("duchenne", device="cpu", calibration=tmp_path))
    raw = edit(photo, aus={"AU12": 0.8}, model=load_workshop("duchenne", device="cpu", raw=True))
    assert tuned.record["calibration"] == steep("duchenne").describe()
    assert raw.record["calibration"] is None
    assert tuned.faces[0].target["AU12"] == raw.faces[0].target["AU12"] == pytest.approx(0.8)
    assert (tuned.pixels != raw.pixels).any()


def test_the_command_line_edits_with_and_without(tmp_path, photo, fake_instruments, capsys):
    write_calibration(tmp_path / "mine", steep("duchenne"))
    ask = ["edit", str(photo), "--au", "AU12=0.4", "--device", "cpu", "--json"]
    assert main([*ask, "--calibration", str(tmp_path / "mine"), "-o", str(tmp_path / "tuned.png")]) == 0
    assert json.loads(capsys.readouterr().out)["calibration"]["judge"] == "fake judge"
    assert main([*ask, "--raw", "-o", str(tmp_path / "raw.png")]) == 0
    assert json.loads(capsys.readouterr().out)["calibration"] is None
    animate = ["animate", str(photo), "--au", "AU12=0.4", "--device", "cpu", "--json", "--seconds", "0.2"]
    assert main([*animate, "--calibration", str(tmp_path / "mine"), "-o", str(tmp_path / "tuned.gif")]) == 0
    assert json.loads(capsys.readouterr().out)["calibration"]["units"] == ["AU12"]


@pytest.fixture
def fake_command(monkeypatch: pytest.MonkeyPatch, fake_instruments: None) -> None:
    monkeypatch.setattr("mienkit.app.editors.load_editor", lambda *_: loaded(Bent()))
    monkeypatch.setattr("mienkit.app.judges.load_judge", lambda word, **_: Judging(word))


def test_the_command_prints_units_before_and_after_and_writes_a_file(table, tmp_path, fake_command, capsys):
    out = tmp_path / "mine"
    ask = ["calibrate", "fake", "--table", str(table), "--people", "8", "-o", str(out)]
    assert main([*ask, "--beside", "meter"]) == 0
    said = capsys.readouterr()
    assert "AU12" in said.out
    assert "its own scale: too small" in " ".join(said.out.split())
    assert "agreement of judge with meter" in said.out
    assert f"wrote {out / CALIBRATION}" in said.out
    assert "checking, calibrated: person" in said.err
    assert read_calibration(out / CALIBRATION).judge == "judge"
    assert main(ask) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*ask, "--force", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["median_after"] > told["median_before"]
    assert told["out"] == str(out / CALIBRATION)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["duchenne"], "say where the calibration goes: -o my-duchenne/"),
        (["duchenne", "-o", "x", "--levels", "0,a,1"], "are no levels"),
        (["duchenne", "-o", "x", "--people", "2"], "--people 2 should be at least 8"),
        (["nobody", "-o", "x"], "no model is called 'nobody'"),
        (["duchenne", "-o", "x", "--judge", "nobody"], "no judge is called 'nobody'"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["calibrate", *arguments, "--table", "."]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []


def test_people_of_whom_the_judge_learned_are_in_no_half(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    photos = write(tmp_path / "photos.table", 48)
    known = {f"person-{number}" for number in range(0, 48, 6)}
    judge = Judging()
    judge.knows = known.__contains__
    seen: list[int] = []
    run = use.try_guest

    def listen(editor, guest, units, bench):
        seen.append(guest.subject)
        return run(editor, guest, units, bench)

    monkeypatch.setattr(use, "try_guest", listen)
    calibrate(loaded(Bent()), FakeMeter(), judge, [photos], choice=FEW)
    names = use.subjects_of([open_table(photos)], "val")
    faces = use.load_photographs([open_table(photos)], judge.knows)
    assert {names[str(name)] for name in faces.name} == set(names.values()) - known
    assert seen
    assert len(set(seen)) <= 40


def test_the_people_whom_a_judge_did_not_learn_from_are_in_both_halves():
    others = [f"person-{number}" for number in range(400) if subject_fold(f"person-{number}", 2) == 1]
    assert 0.4 < sum(use.half_of(one) for one in others) / len(others) < 0.6


class Unsure(Judging):
    """Cannot read a smile in some of the pictures that it sees, or finds no face there."""

    def __init__(self, name: str, lost: str, every: int = 3) -> None:
        super().__init__(name)
        self.lost, self.every, self.seen = lost, every, 0

    def look_all(self, pictures, *, recognise=True):
        looks = super().look_all(pictures, recognise=recognise)
        for place, look in enumerate(looks):
            self.seen += 1
            if self.seen % self.every == 0:
                unread = look.channels | {"AU12": float("nan")}
                looks[place] = None if self.lost == "face" else replace(look, channels=unread)
        return looks


def test_people_whom_the_judge_cannot_read_do_not_count(table, tmp_path):
    report = calibrate(loaded(Bent()), FakeMeter(), Unsure("unsure", "unit"), [table], choice=FEW)
    (smile,) = [one for one in report.units if one.unit == "AU12"]
    assert smile.left.startswith("fewer than 8 people")
    path = write_calibration(tmp_path, report.calibration)
    assert read_calibration(path) == report.calibration


def test_a_judge_that_only_looks_on_does_not_decide_who_is_asked(table):
    alone = calibrate(loaded(Bent()), FakeMeter(), Judging(), [table], choice=FEW)
    for every, lost in ((1, "face"), (3, "face"), (3, "unit")):
        beside = Unsure("another", lost, every)
        both = calibrate(loaded(Bent()), FakeMeter(), Judging(), [table], choice=FEW, beside=beside)
        assert both.calibration == alone.calibration
        assert (both.fitted_on, both.checked_on, both.edits) == (alone.fitted_on, alone.checked_on, alone.edits)
        assert (both.agreement.pictures > 0) == (every > 1)
