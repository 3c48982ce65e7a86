"""Several editors judged on the same people, by judges that agree on one made-up sign."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fakes import FakeEditor, FakeMeter
from mienkit.app import compare, held_out
from mienkit.app.compare import compare_editors, load_editors
from mienkit.app.compare_static import has_exact_results, judged_faces
from mienkit.app.editors import LoadedEditor
from mienkit.cli.entry import main
from mienkit.cli.evaluate_editors import comparison_lines
from mienkit.core.action_unit import ACTION_UNITS, SIDED_UNITS
from mienkit.core.errors import ConfigError, FaceError, TableError
from mienkit.data.row import SPLITS
from mienkit.data.table import open_table
from mienkit.evaluation import slice_edit
from mienkit.evaluation.photo_edit import CHANNELS
from photographs import ASKED, PEOPLE, SMILE, Copying, FakeJudge, make_row, person, write, write_photographs


class Refusing(FakeEditor):
    """Takes nobody."""

    def edit(self, image, source, target):
        raise FaceError("no")


class Sided(FakeEditor):
    """Is told of each half of the face."""

    vocabulary = SIDED_UNITS

    def edit(self, image, source, target):
        halves = target.unflatten(-1, (17, 2))
        self.tilts = (halves[..., 0] - halves[..., 1]).abs().max()
        return super().edit(image, source.unflatten(-1, (17, 2)).mean(-1), halves.mean(-1))


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Photographs of people, two of whom smile, and edits in which each of them does; the protocol in miniature."""
    return write_photographs(tmp_path, monkeypatch)


def loaded(editor: FakeEditor, name: str = "fake") -> LoadedEditor:
    return LoadedEditor(name=name, editor=editor)


def test_an_editor_that_follows_has_an_r2_of_1_and_copy_of_0(tables):
    editors = {"copy": loaded(Copying()), "paints": loaded(FakeEditor())}
    report = compare_editors(editors, FakeMeter(), tables, judge=FakeJudge())
    copy, paints = report.editors
    smile = list(CHANNELS).index("AU12")
    assert paints.dose[smile].r2.value == pytest.approx(1, abs=1e-3)
    assert paints.dose[smile].slope.value == pytest.approx(1, abs=0.1)
    assert copy.dose[smile].r2.value == copy.dose[smile].slope.value == 0
    assert copy.targets.of_copy.value == 1
    assert paints.targets.of_copy.value < 0.2
    assert paints.targets.landmarks.value < 0.2 * copy.targets.landmarks.value
    assert paints.error.value < copy.error.value
    assert copy.identity_units.value == pytest.approx(1)


def test_clips_of_copy_do_not_flicker(tables):
    report = compare_editors({"copy": loaded(Copying())}, FakeMeter(), tables, judge=FakeJudge())
    assert report.clips == PEOPLE + 2
    assert report.editors[0].flicker.alone.value == report.editors[0].flicker.steady.value == 0
    assert "| copy | 0.00 [0.00, 0.00] | 0.00 [0.00, 0.00] | none |" in "\n".join(comparison_lines(report))


def test_only_people_who_do_not_show_a_unit_are_asked_for_it(tables):
    report = compare_editors({"copy": loaded(Copying())}, FakeMeter(), tables, judge=FakeJudge())
    assert report.people["AU12"] == PEOPLE
    assert report.people["AU1"] == PEOPLE + 2
    assert (report.photos, report.pairs) == (PEOPLE + 2, PEOPLE)


def test_no_more_people_are_asked_than_the_protocol_says(tables, monkeypatch):
    monkeypatch.setattr(held_out, "PEOPLE", 2)
    report = compare_editors({"copy": loaded(Copying())}, FakeMeter(), tables, judge=FakeJudge())
    assert [report.people[unit] for unit in ASKED] == [2, 2, 2]


def test_a_picture_that_nobody_changed_is_not_looked_at_again(tables):
    judge = FakeJudge()
    compare_editors({"copy": loaded(Copying())}, FakeMeter(), tables, judge=judge)
    assert judge.looked == (PEOPLE + 2) + 2 * PEOPLE


def test_an_editor_that_takes_nobody_is_reported(tables):
    report = compare_editors({"copy": loaded(Refusing())}, FakeMeter(), tables, judge=FakeJudge())
    assert report.editors[0].refused == PEOPLE + 2 + PEOPLE
    assert np.isnan(report.editors[0].identity_units.value)
    assert f"copy: {2 * PEOPLE + 2} photographs not taken, no face seen in 0 edits" in comparison_lines(report)


def test_an_editor_of_sides_is_told_both(tables):
    report = compare_editors(
        {"copy": loaded(Copying()), "sided": loaded(Sided())}, FakeMeter(), tables, judge=FakeJudge()
    )
    assert report.editors[1].dose[list(CHANNELS).index("AU12")].r2.value == pytest.approx(1, abs=1e-3)


def test_sides_that_differ_in_the_exact_change_are_asked_to_differ():
    tilt = np.zeros(17)
    tilt[SMILE] = 0.2
    pair = held_out.Pair(
        subject=0, photo=person(0, 0), exact=person(0, 1), before=np.zeros(17), after=np.full(17, 0.5), tilt=tilt,
        looks=(None, None),
    )  # fmt: skip
    _, target = compare.exact_condition(Sided(), pair)
    named = dict(zip(SIDED_UNITS, target.tolist(), strict=True))
    assert (named["AU12_L"], named["AU12_R"], named["AU1_L"]) == pytest.approx((0.7, 0.3, 0.5))


def test_another_meter_reads_the_edits(tables):
    class Other(FakeMeter):
        name = "other meter"

        def measure(self, image):
            reading = super().measure(image)
            return replace(reading, aus=torch.full_like(reading.aus, 0.25))

    report = compare_editors({"copy": loaded(Copying())}, FakeMeter(), tables, judging_meter=Other(), judge=FakeJudge())
    assert (report.meter, report.judging_meter) == ("fake meter 1", "other meter")
    assert report.editors[0].error.value == pytest.approx(0.75)


def test_every_editor_has_its_line_in_every_table(tables):
    editors = {"copy": loaded(Copying()), "warp": loaded(FakeEditor())}
    lines = comparison_lines(compare_editors(editors, FakeMeter(), tables, judge=FakeJudge()))
    assert sum(line.startswith("| copy |") for line in lines) == 2
    assert sum("| copy | warp |" in line for line in lines) == 4
    assert sum(line.startswith("| AU12 |") for line in lines) == 4
    assert any("the one that measures before, too" in line for line in lines)


def test_slices_with_enough_people_have_a_table_and_others_none(tables, monkeypatch):
    monkeypatch.setattr(held_out, "slices_of", lambda picture, look: (slice_edit.DARK,))
    editors = {"copy": loaded(Copying()), "paints": loaded(FakeEditor()), "nobody's": loaded(Refusing())}
    sparse = comparison_lines(compare_editors(editors, FakeMeter(), tables, judge=FakeJudge()))
    assert not any("by what the photographs look like" in line for line in sparse)
    monkeypatch.setattr(slice_edit, "FEWEST", PEOPLE)
    report = compare_editors(editors, FakeMeter(), tables, judge=FakeJudge())
    lines = [line for line in comparison_lines(report) if line.startswith("| skin")]
    assert [line.split(" | ")[0] for line in lines] == [
        f"| {slice_edit.DARK} ({PEOPLE + 2})", f"| {slice_edit.DARK} ({PEOPLE + 2})", f"| {slice_edit.DARK} ({PEOPLE})"
    ]  # fmt: skip
    dark = {one.model: {cut.name: cut for cut in one.slices}[slice_edit.DARK] for one in report.editors}
    assert dark["paints"].error == report.editors[1].error
    assert dark["paints"].identity == report.editors[1].identity_units
    assert dark["paints"].targets == report.editors[1].targets
    assert dark["nobody's"].people == 0


def test_large_photographs_are_taken_before_small_copies(tmp_path, tables):
    faces = held_out.load_photographs([open_table(table) for table in tables[:1]])
    assert len(faces) == PEOPLE + 2
    assert held_out.holds_both(open_table(tables[1]))
    assert not held_out.holds_both(open_table(tables[0]))


def test_tables_without_exact_changes_are_refused(tables):
    with pytest.raises(TableError, match="mien reexpress"):
        compare_editors({}, FakeMeter(), tables[:1], judge=FakeJudge())


def test_copy_and_warp_are_always_there():
    editors = load_editors(["copy", "ganimation"], "cpu")
    assert list(editors) == ["copy", "warp", "ganimation"]


def test_weights_of_ones_own_stand_beside_the_released_ones_and_the_same_ones_once(tmp_path):
    from mienkit.app.models import load_model
    from mienkit.weights.folder import read_about, released, save_weights

    ours = released("ganimation")
    assert ours is not None
    state = {name: tensor + 0.001 for name, tensor in load_model("ganimation", ours)[1].released_state().items()}
    save_weights(tmp_path / "own", "ganimation", state, read_about(ours)["config"], "")
    editors = load_editors(["ganimation", f"ganimation={ours}", f"ganimation={tmp_path / 'own'}"], "cpu")
    assert list(editors)[:3] == ["copy", "warp", "ganimation"]
    assert [name.startswith("ganimation ") for name in list(editors)[3:]] == [True]


def test_an_editor_without_weights_takes_no_larger_crops_than_there_are():
    morphable = load_editors(["morphable"], "cpu")["morphable"]
    assert morphable.editor.image_size == 256


def test_an_editor_of_emotions_is_refused(monkeypatch):
    from fakes import FakeEmotionEditor

    monkeypatch.setattr(compare, "load_editor", lambda *_: loaded(FakeEmotionEditor()))
    with pytest.raises(ConfigError, match="takes emotions"):
        load_editors(["stargan"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["copy", "warp", "--told-apart"], "--told-apart is for a single model"),
        (["copy", "warp", "--weights", "."], "write NAME=FOLDER"),
        (["copy", "--meter", "."], "--meter is for the edits of several editors"),
        (["copy", "--worst", "."], "--worst is for the edits of several editors"),
        (["copy", "warp", "--sheet", "s.png"], "--sheet is for tables with exact results"),
        (["copy", "nobody", "--table", "."], "no model is called 'nobody'"),
        (["copy", "warp", "--table", ".", "--clips", "-1"], "--clips -1 should be at least 0"),
    ],
)
def test_options_that_do_not_fit_are_refused(arguments, said, capsys):
    assert main(["evaluate", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_command_prints_a_table_of_all(tables, monkeypatch, capsys):
    monkeypatch.setattr("mienkit.app.judges.load_judge", lambda word: FakeJudge())
    monkeypatch.setattr(held_out, "PEOPLE", 2)
    monkeypatch.setattr("mienkit.app.instruments.load_meter", FakeMeter)
    arguments = ["evaluate", "copy", "warp", *(f"--table={table}" for table in tables)]
    assert main([*arguments, "--json"]) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert [one["model"] for one in report["editors"]] == ["copy", "warp"]
    assert len(report["editors"][0]["dose"]) == len(CHANNELS)
    assert [one["name"] for one in report["editors"][1]["slices"]] == list(slice_edit.SLICES)
    assert set(report["effects"]) == set(ACTION_UNITS)
    assert "warp: photo 2 of" in said.err


def test_photographs_with_changes_to_named_emotions_are_judged_by_their_exact_results(tables, tmp_path):
    photo = make_row(0, 0.1)
    change = {"kind": "re-expressed", "pair": "face-0", "before": photo.aus}
    posed = [make_row(0, 0.8, source_id=f"face-0+{name}", emotion=name, **change) for name in ("happiness", "fear")]
    write(tmp_path / "posed.table", [photo, *posed])
    write(tmp_path / "half.table", [photo, posed[0], replace(posed[1], emotion=None)])
    assert has_exact_results([tmp_path / "posed.table"])
    assert not has_exact_results([tmp_path / "half.table"])
    assert not has_exact_results([tmp_path / "posed.table", tables[0]])
    assert not has_exact_results(tables)
    assert not has_exact_results([])
    assert set(judged_faces([tmp_path / "posed.table"]).split) == {SPLITS.index("val")}


def test_people_of_whom_the_judge_learned_are_left_out(tables):
    judge = FakeJudge()
    judge.knows = lambda subject: subject in ("person-0", "person-3")
    material = held_out.gather(tables, FakeMeter(), judge, say=lambda line: None)
    names = {one.name for one in material.sitters}
    assert names == {f"made/face-{number}" for number in (1, 2, 4)}
    assert len(material.pairs) == 2


def test_a_judge_that_learned_from_everybody_judges_nobody(tables):
    judge = FakeJudge()
    judge.knows = lambda subject: True
    with pytest.raises(TableError, match="another judge"):
        held_out.gather(tables, FakeMeter(), judge, say=lambda line: None)


def test_of_two_tables_that_change_the_same_photographs_the_first_is_taken(tmp_path, tables):
    photos = [make_row(number, 0.1) for number in range(2, PEOPLE + 2)]
    again = [
        make_row(
            number, 0.4, kind="re-expressed", source_id=f"face-{number}+posed", pair=f"face-{number}",
            before=np.full(17, 0.1, np.float32), emotion="happiness",
        )
        for number in range(2, PEOPLE + 2)
    ]  # fmt: skip
    write(tmp_path / "posed.table", photos + again)
    opened = [open_table(path) for path in (*tables, tmp_path / "posed.table")]
    pairs = held_out.load_pairs(opened)
    assert set(pairs.aus[pairs.pair >= 0, SMILE]) == {np.float32(0.8)}
    first = held_out.load_pairs([opened[2], opened[1]])
    assert set(first.aus[first.pair >= 0, SMILE]) == {np.float32(0.4)}


def test_a_judge_whose_opinion_trainings_know_is_marked(tables):
    judge = FakeJudge()
    judge.teacher = True
    report = compare_editors({"copy": loaded(Copying())}, FakeMeter(), tables, judge=judge)
    assert report.judge == "fake judge 1 (took part in trainings)"
    assert any("judge: fake judge 1 (took part in trainings)" in line for line in comparison_lines(report))


def test_a_judge_by_name_is_for_several_editors(tables, capsys):
    words = [word for table in tables for word in ("--table", str(table))]
    assert main(["evaluate", "ganimation", "--judge", "meter", *words]) == 2
    assert "--judge is for the edits of several editors" in capsys.readouterr().err
    assert main(["evaluate", "copy", "warp", "--judge", "nobody", *words]) == 2
    assert "no judge is called 'nobody'" in capsys.readouterr().err
