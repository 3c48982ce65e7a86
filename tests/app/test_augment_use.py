"""Rare expressions of a table get rows that an editor made and that a judge saw."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from torch import Tensor

from mienkit.app.augment import AugmentRequest, Tools, augment_table, plan_table
from mienkit.app.augment.attempt import Attempt, shows
from mienkit.app.augment.census import take_census
from mienkit.app.augment.queue import Queue
from mienkit.app.augment.request import FaceClass
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.editors import LoadedEditor, load_editor
from mienkit.app.table import check_table
from mienkit.cli.entry import main
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import ConfigError, DataError, OutputError, TableError, UnknownNameError
from mienkit.core.image import Picture
from mienkit.core.task import Edited
from mienkit.data.couple import couple_pools
from mienkit.data.loader import load_faces
from mienkit.data.pairing import real_rows
from mienkit.data.table import open_table, read_table
from mienkit.data.writer import TEMPLATE, write_manifest, write_shard
from mienkit.evaluation.network_judge import NetworkJudge
from mienkit.evaluation.photo_edit import Look
from mienkit.face.meter import load_meter

SIZE = 64
COLUMNS = slice(12, 12 + 2 * len(ACTION_UNITS))
UNITS, MARKER = slice(12, 20), slice(20, 28)
"""Rows in which ``Painter`` writes the units down, two columns each, and a white strip that says so."""


class Painter:
    """Writes what it is asked for into the first pixels: a level of grey for each unit."""

    image_size = SIZE
    vocabulary: ClassVar[tuple[str, ...]] = ACTION_UNITS

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        edited, change = image.clone(), image.new_zeros(len(image), 1, *image.shape[2:])
        edited[:, :, UNITS, COLUMNS] = (target * 2 - 1).repeat_interleave(2, 1)[:, None, None]
        edited[:, :, MARKER, COLUMNS] = 1.0
        change[:, :, 6:34, 6:58] = 1  # borders are feathered
        return Edited(image=edited, change=change)


class PatchJudge:
    """Reads what ``Painter`` wrote; a picture without a patch shows nothing. People differ by their name alone."""

    name, units, teacher = "patch judge", ACTION_UNITS, False

    def __init__(self, likeness: float = 1.0) -> None:
        self.likeness, self.looked = likeness, 0

    def look(self, picture: Picture, *, recognise: bool = True) -> Look | None:
        self.looked += 1
        painted = bool((picture[24, COLUMNS] > 250).all())
        read = picture[16, COLUMNS][::2].mean(-1) / 255 if painted else np.zeros(len(ACTION_UNITS))
        embedding = np.zeros(256, np.float32)
        embedding[0], embedding[1] = (self.likeness, np.sqrt(1 - self.likeness**2)) if painted else (1.0, 0.0)
        return Look(
            landmarks=np.full((68, 2), 0.5),
            channels=dict(zip(ACTION_UNITS, map(float, read), strict=True)),
            embedding=embedding,
        )


class DimJudge(PatchJudge):
    """Reads 0.3 less of every unit than was painted, so that an emotion at less than full intensity is missed."""

    def look(self, picture: Picture, *, recognise: bool = True) -> Look | None:
        look = super().look(picture)
        assert look is not None
        strong = min(look.channels.values(), default=0) >= 0 and max(look.channels.values()) >= 0.995
        return look if strong else replace(look, channels=dict.fromkeys(ACTION_UNITS, 0.0))


@pytest.fixture
def tools() -> Tools:
    return make_tools()


def make_tools(judge: Any = None, editor: Any = None) -> Tools:
    loaded = LoadedEditor(name="painter", editor=editor or Painter(), weights="0123456789abcdef")
    return Tools(editor=loaded, meter=load_meter(), judge=judge or PatchJudge())


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn people with every emotion, less most of the fear in the training split; no test may change it."""
    folder = tmp_path_factory.mktemp("augment")
    draw_table(folder / "all.table", DrawRequest(count=96, kind="posed", per_scene=8, size=SIZE))
    return thinned(folder / "all.table", folder / "drawn.table", "fear", 2)


def thinned(path: Path, out: Path, emotion: str, left: int) -> Path:
    """Leave only some training rows of an emotion in a table."""
    rows = read_table(path)
    rare = pc.and_(pc.equal(rows["emotion"], emotion), pc.equal(rows["split"], "train")).to_numpy(zero_copy_only=False)
    kept = ~rare
    kept[np.flatnonzero(rare)[:left]] = True
    return write_rows(rows.filter(kept), out)


def write_rows(rows: pa.Table, out: Path) -> Path:
    """Write Arrow rows as a table."""
    out.mkdir()
    write_manifest(out, [write_shard(out, 0, rows)], size=SIZE, template=TEMPLATE)
    return out


def new_rows(out: Path) -> list[dict[str, Any]]:
    rows = read_table(out).to_pylist()
    return [row for row in rows if row["kind"] == "synthesised"]


def scores(out: Path) -> list[dict[str, str]]:
    with out.with_name(f"{out.stem}.scores.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_rare_emotion_becomes_as_frequent_as_the_commonest(table: Path, tmp_path: Path, tools: Tools) -> None:
    out = tmp_path / "balanced.table"
    plan = {one.name: one for one in plan_table(table, AugmentRequest(), tools)}
    report = augment_table(table, out, AugmentRequest(), tools)
    assert plan["fear"].has == 2
    assert report.classes["fear"].after == plan["fear"].wanted == plan["anger"].has
    made = new_rows(out)
    assert len(made) == plan["fear"].make == report.made
    assert {row["emotion"] for row in made} == {"fear"}
    assert check_table(out) == []


def test_a_new_row_says_whose_it_is_who_made_it_and_what_the_judge_read(
    table: Path, tmp_path: Path, tools: Tools
) -> None:
    augment_table(table, tmp_path / "b.table", AugmentRequest(only=("fear",)), tools)
    rows = {row["source_id"]: row for row in read_table(tmp_path / "b.table").to_pylist()}
    for row in new_rows(tmp_path / "b.table"):
        origin = rows[row["origin"]]
        assert all(row[name] == origin[name] for name in ("subject", "licence", "source", "split", "width"))
        assert (row["editor"], row["au_measurer"], row["pair"]) == ("painter 01234567", "patch judge", None)
        assert row["sequence"] is None, "a scene would promise that only the expression differs, exactly"
        assert row["AU20"] > row["AU2"] > 0.3, "fear's own units, as strong as they were read"
        assert row["AU12"] == 0
        assert row["image"].startswith(b"\x89PNG"), "encoded as its origin is"


def test_all_other_rows_are_copied_and_other_splits_get_none(table: Path, tmp_path: Path, tools: Tools) -> None:
    before = bytes_of(table)
    augment_table(table, tmp_path / "b.table", AugmentRequest(), tools)
    old = read_table(table)
    copied = read_table(tmp_path / "b.table").slice(0, old.num_rows).select(old.column_names)
    assert copied.equals(old.cast(copied.schema))
    assert {row["split"] for row in new_rows(tmp_path / "b.table")} == {"train"}
    assert set(old["split"].to_pylist()) == {"train", "val", "test"} or "val" in old["split"].to_pylist()
    assert bytes_of(table) == before, "the input stays as it is"


def test_units_are_balanced_one_by_one_and_a_face_counts_for_all_that_it_shows(
    table: Path, tmp_path: Path, tools: Tools
) -> None:
    out = tmp_path / "units.table"
    report = augment_table(table, out, AugmentRequest(by="au", to="even", shown=0.5, only=("9", "AU20")), tools)
    for name in ("AU9", "AU20"):
        shown = [row for row in read_table(out, split="train").to_pylist() if row[name] >= 0.5]
        assert len(shown) == report.classes[name].after >= report.classes[name].plan.wanted
    assert all(row["emotion"] is None for row in new_rows(out))


def test_emotions_and_units_may_be_asked_for_together(table: Path, tmp_path: Path, tools: Tools) -> None:
    request = AugmentRequest(only=("afraid", "au09"), to="12")
    report = augment_table(table, tmp_path / "b.table", request, tools)
    assert {name: one.after for name, one in report.classes.items()} == {"fear": 12, "AU9": 12}


def test_an_editor_that_does_nothing_makes_nothing_and_every_face_is_reported(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "copied.table"
    tools = replace(make_tools(), editor=load_editor("copy"))
    with pytest.raises(TableError, match=r"not a single row could be made .* by copy: the editor left the picture"):
        augment_table(table, out, AugmentRequest(only=("fear",)), tools)
    assert not out.exists()
    lines = scores(out)
    assert {line["in_table"] for line in lines} == {"no"}
    assert {line["reason"] for line in lines} == {"the editor left the picture as it was"}
    assert len({line["source_id"] for line in lines}) == len(lines) == plan_candidates(table)


def plan_candidates(table: Path) -> int:
    """Count the training rows that do not show fear."""
    rows = read_table(table, split="train")
    return rows.num_rows - rows["emotion"].to_pylist().count("fear")


def test_a_face_of_another_person_is_left_out_and_said_so(table: Path, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="it is another person"):
        augment_table(table, tmp_path / "b.table", AugmentRequest(only=("fear",)), make_tools(PatchJudge(0.4)))
    tolerant = AugmentRequest(only=("fear",), identity=0.3)
    report = augment_table(table, tmp_path / "c.table", tolerant, make_tools(PatchJudge(0.4)))
    assert report.classes["fear"].short == 0
    assert {float(line["identity"]) for line in scores(tmp_path / "c.table")} == {0.4}


def test_what_the_judge_misses_is_asked_for_once_more_at_full_intensity(table: Path, tmp_path: Path) -> None:
    report = augment_table(table, tmp_path / "b.table", AugmentRequest(only=("fear",)), make_tools(DimJudge()))
    lines = scores(tmp_path / "b.table")
    kept = [line for line in lines if line["in_table"] == "yes"]
    missed = [line for line in lines if line["in_table"] == "no"]
    assert report.classes["fear"].rejected == {"the judge does not see it in the edit": len(missed)}
    assert {float(line["level"]) for line in kept} == {1.0}
    assert all(float(line["level"]) < 1 for line in missed)
    assert {line["source_id"] for line in kept} <= {line["source_id"] for line in missed}


def test_what_cannot_be_made_is_counted_as_short(table: Path, tmp_path: Path, tools: Tools) -> None:
    request = AugmentRequest(only=("fear",), to="500", most_per_person=1)
    report = augment_table(table, tmp_path / "b.table", request, tools)
    people = len(set(read_table(table, split="train")["subject"].to_pylist()))
    fear = report.classes["fear"]
    assert (fear.made, fear.short) == (people, 500 - 2 - people)
    told = json.loads((tmp_path / "b.augment.json").read_text(encoding="utf-8"))
    assert told["classes"][0]["short"] == fear.short


def test_people_take_turns(table: Path) -> None:
    census = take_census(open_table(table))
    queue = Queue(census, FaceClass("fear"), AugmentRequest(most_per_person=2), "+x")
    people = len(set(census.subject))
    first = queue.take(people)
    assert len({census.subject[task.place] for task in first}) == people
    for task in first:
        queue.note(Attempt(place=task.place, level=1.0, reason=None), census.subject[task.place])
    assert len(queue.take(1000)) == people, "each once more, and nobody thrice"


def test_an_interrupted_call_goes_on_and_ends_with_the_same_table(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mienkit.app.augment.augment.TOGETHER", 2)
    whole, broken = tmp_path / "whole.table", tmp_path / "broken.table"
    augment_table(table, whole, AugmentRequest(), make_tools())

    def stop(things: Iterable[Any], count: int) -> Iterator[Any]:
        for number, thing in enumerate(things):
            if number == 3:
                raise KeyboardInterrupt
            yield thing

    with pytest.raises(KeyboardInterrupt):
        augment_table(table, broken, AugmentRequest(), make_tools(), track=stop)
    with pytest.raises(TableError, match="unfinished"):
        open_table(broken)
    judge = PatchJudge()
    report = augment_table(table, broken, AugmentRequest(), make_tools(judge))
    assert bytes_of(broken) == bytes_of(whole)
    assert 0 < judge.looked < sum(one["in_table"] == "yes" for one in scores(whole)) * 2
    assert scores(broken) == scores(whole)
    assert report.made == len(new_rows(whole))


def test_a_call_that_was_killed_while_it_finished_ends_well(
    table: Path, tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole.table", tmp_path / "broken.table"
    augment_table(table, whole, AugmentRequest(), tools)
    with monkeypatch.context() as patch:
        patch.setattr("mienkit.app.augment.augment.tidy", stop_here)
        with pytest.raises(KeyboardInterrupt):
            augment_table(table, broken, AugmentRequest(), tools)
    augment_table(table, broken, AugmentRequest(), tools)
    assert bytes_of(broken) == bytes_of(whole)


def stop_here(out: Path) -> None:
    raise KeyboardInterrupt


def test_other_settings_do_not_go_on_with_a_table_that_was_begun(
    table: Path, tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "b.table"
    with monkeypatch.context() as patch:
        patch.setattr("mienkit.app.augment.augment.finish", lambda *rest: stop_here(out))
        with pytest.raises(KeyboardInterrupt):
            augment_table(table, out, AugmentRequest(), tools)
    with pytest.raises(OutputError, match="begun with other settings"):
        augment_table(table, out, AugmentRequest(seed=1), tools)
    augment_table(table, out, AugmentRequest(seed=1), tools, force=True)
    assert ".1.fear" in new_rows(out)[0]["source_id"]


def test_inputs_and_finished_tables_are_not_written_over(table: Path, tmp_path: Path, tools: Tools) -> None:
    with pytest.raises(OutputError, match="is an input"):
        augment_table(table, table, AugmentRequest(), tools, force=True)
    augment_table(table, tmp_path / "b.table", AugmentRequest(), tools)
    with pytest.raises(OutputError, match="--force"):
        augment_table(table, tmp_path / "b.table", AugmentRequest(), tools)
    augment_table(table, tmp_path / "b.table", AugmentRequest(), tools, force=True)


def test_a_picture_that_may_not_be_changed_is_not_changed(table: Path, tmp_path: Path, tools: Tools) -> None:
    rows = read_table(table)
    place = rows.column_names.index("licence")
    licences = ["CC BY-ND 4.0" if one % 2 else "CC BY 4.0" for one in range(rows.num_rows)]
    bound = write_rows(rows.set_column(place, rows.schema.field(place), [licences]), tmp_path / "bound.table")
    report = augment_table(bound, tmp_path / "b.table", AugmentRequest(only=("fear",)), tools)
    assert report.forbidden > 0
    assert {row["licence"] for row in new_rows(tmp_path / "b.table")} == {"CC BY 4.0"}


def test_changed_faces_are_neither_changed_again_nor_called_real_or_exact(
    table: Path, tmp_path: Path, tools: Tools
) -> None:
    augment_table(table, tmp_path / "b.table", AugmentRequest(), tools)
    census = take_census(open_table(tmp_path / "b.table"))
    made = {(row["source"], row["source_id"]) for row in new_rows(tmp_path / "b.table")}
    assert made.isdisjoint({census.name[place] for place in np.flatnonzero(census.changeable)})
    faces = load_faces(tmp_path / "b.table", 32)
    synthesised = np.flatnonzero(faces.of_kind("synthesised"))
    assert len(synthesised) == len(made)
    assert not np.isin(real_rows(faces), synthesised).any()
    assert not np.isin(np.concatenate(list(couple_pools(faces).values())), synthesised).any()


def test_rows_without_a_label_are_read_by_the_judge(table: Path, tmp_path: Path) -> None:
    rows = read_table(table)
    for name in ("emotion", *ACTION_UNITS):
        place = rows.column_names.index(name)
        field = rows.schema.field(place)
        rows = rows.set_column(place, field, pa.nulls(rows.num_rows, field.type))
    bare = write_rows(rows, tmp_path / "bare.table")
    judge = PatchJudge()
    plan = plan_table(bare, AugmentRequest(only=("fear",), to="5"), make_tools(judge))
    train = read_table(bare, split="train").num_rows
    assert judge.looked == train
    assert (plan[0].has, plan[0].make) == (0, 5)
    neutral = plan_table(bare, AugmentRequest(only=("neutral", "fear"), to="even"), make_tools())
    assert {one.name: one.has for one in neutral} == {"fear": 0, "neutral": train}, "the patch judge reads nothing"


def test_what_cannot_be_asked_for_is_said_in_one_line(table: Path, tools: Tools) -> None:
    with pytest.raises(UnknownNameError, match="no emotion or action unit is called 'feer'; did you mean 'fear'"):
        AugmentRequest(only=("feer",))
    with pytest.raises(UnknownNameError, match="AU99"):
        AugmentRequest(only=("AU99",))
    for to in ("0", "1.5", "-3", "many", "0.0"):
        with pytest.raises(ConfigError, match="should be even, a share"):
            AugmentRequest(to=to)
    with pytest.raises(ConfigError, match="exclude each other"):
        AugmentRequest(by="au", only=("fear",))
    with pytest.raises(DataError, match="ask for more with --to"):
        plan_table(table, AugmentRequest(to="0.05"), tools)
    narrow = PatchJudge()
    narrow.units = ("AU12", "AU25")
    with pytest.raises(ConfigError, match=r"cannot read .*AU9"):
        plan_table(table, AugmentRequest(only=("fear",)), make_tools(narrow))
    with pytest.raises(ConfigError, match="cannot read AU9"):
        plan_table(table, AugmentRequest(only=("AU9",)), make_tools(narrow))


def test_a_table_without_training_rows_is_refused(tmp_path: Path, tools: Tools) -> None:
    draw_table(tmp_path / "val.table", DrawRequest(count=8, size=16, split="val"))
    with pytest.raises(TableError, match="no row of the split 'train'"):
        augment_table(tmp_path / "val.table", tmp_path / "b.table", AugmentRequest(), tools)
    assert not (tmp_path / "b.table").exists()


def test_a_share_counts_from_the_commonest(table: Path, tools: Tools) -> None:
    commonest = max(one.has for one in plan_table(table, AugmentRequest(), tools))
    (fear,) = plan_table(table, AugmentRequest(only=("fear",), to="0.5"), tools)
    assert fear.wanted == round(commonest / 2)


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mienkit.app.augment.load_tools", lambda *rest: make_tools())


@pytest.mark.usefixtures("painted")
def test_the_command_prints_a_plan_and_a_report(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = partial(call, capsys)
    plan = json.loads(run(["augment", str(table), "--dry-run", "--only", "fear,AU9", "--to", "9", "--json"]))
    assert {one["name"]: one["make"] for one in plan["classes"]}["fear"] == 7
    assert not list(tmp_path.glob("*.csv"))
    told = json.loads(run(["augment", str(table), "-o", str(tmp_path / "b.table"), "--only", "fear", "--json"]))
    assert (told["judge"], told["classes"][0]["short"]) == ("patch judge", 0)
    assert told["editing_ms_a_face"] > 0
    text = run(["augment", str(table), "-o", str(tmp_path / "c.table"), "--only", "fear"])
    assert "ms a face to change it" in text
    assert "b.scores.csv" not in text


def call(capsys: pytest.CaptureFixture[str], words: Sequence[str]) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


@pytest.mark.usefixtures("painted")
def test_the_command_refuses_in_one_line(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["-o", "x.table", "--judge", "openface=x.csv"], ["-o", "x.table", "--to", "none"]):
        assert main(["augment", str(table), *words]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert "Traceback" not in error


def test_a_cheap_editor_and_the_meter_work_on_drawn_faces(table: Path, tmp_path: Path) -> None:
    meter = load_meter()
    tools = Tools(editor=load_editor("warp"), meter=meter, judge=NetworkJudge(meter, meter.name))
    request = AugmentRequest(only=("AU12",), to="even", by="au")
    report = augment_table(table, tmp_path / "b.table", request, tools)
    made = new_rows(tmp_path / "b.table")
    assert made
    for row in made:
        assert row["AU12"] >= 0.3
    told = [line for line in scores(tmp_path / "b.table") if line["in_table"] == "yes"]
    assert all(float(line["measured_AU12"]) >= float(line["before_AU12"]) + 0.1 for line in told)
    assert report.classes["AU12"].made == len(made)


def test_contempt_counts_although_one_half_of_the_face_shows_it_and_a_mean_of_both_is_read() -> None:
    halved = dict.fromkeys(ACTION_UNITS, 0.0) | {"AU14": 0.45, "AU12": 0.1}
    look = Look(landmarks=np.zeros((68, 2)), channels=halved, embedding=np.zeros(256, np.float32))
    assert shows(FaceClass("contempt"), look, 0.3)
    assert not shows(FaceClass("disgust"), look, 0.3)
    faint = replace(look, channels={unit: value / 2 for unit, value in halved.items()})
    assert not shows(FaceClass("contempt"), faint, 0.3)


def test_a_unit_that_was_there_before_must_rise() -> None:
    before, after = (
        Look(landmarks=np.zeros((68, 2)), channels={"AU9": value}, embedding=np.zeros(256, np.float32))
        for value in (0.29, 0.35)
    )
    assert shows(FaceClass("AU9"), after, 0.3)
    assert not shows(FaceClass("AU9"), after, 0.3, before)


def test_what_is_asked_for_at_first_is_strong_enough_to_be_seen() -> None:
    assert FaceClass("fear").level(0.0, 0.3) == 0.7
    assert FaceClass("AU9").level(0.0, 0.3) == 0.5
    assert FaceClass("AU9").level(0.0, 0.95) == FaceClass("AU9").level(1.0, 0.3) == 1.0
