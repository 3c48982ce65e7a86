"""Use case: every static model trained on the same drawn people and compared; in miniature, one process."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.app import compare_static, drawn_proof, small_proof
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.static_sheet import SHOWN, TILE, choose_places, draw_static_sheet
from mienkit.cli.entry import main
from mienkit.cli.evaluate_static import static_lines
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError, NotFiniteError
from mienkit.core.model import MODELS
from mienkit.data.loader import load_faces
from mienkit.evaluation.static_edit import choose_edits
from mienkit.inference.sheet import GAP
from reexpressed import re_expressed

SIZE = 32


@pytest.fixture(autouse=True)
def in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrink what is drawn and trained, and keep caches out of the user's home."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "no assets"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drawn_proof, "JUDGE_FACES", {"uniform": 8, "mixed": 8})
    monkeypatch.setattr(drawn_proof, "JUDGE_SETTINGS", ("width=4", "steps=2", "batch_size=4"))
    monkeypatch.setattr(small_proof, "JUDGE_CHANGES", ("steps=3",))
    monkeypatch.setattr(small_proof, "SIZE", SIZE)
    monkeypatch.setattr(small_proof, "MODELS", ("copy", "ganimation", "meter"))
    monkeypatch.setattr(small_proof, "PRESETS", {"tiny": "", "ours": " (ours)"})
    monkeypatch.setattr(small_proof, "ELSEWHERE", ())
    tables = {kind: replace(one, count=24, size=SIZE) for kind, one in small_proof.TABLES.items()}
    monkeypatch.setattr(small_proof, "TABLES", tables)
    monkeypatch.setattr(choose_edits, "__defaults__", (12, 0, EMOTIONS))
    monkeypatch.setattr(small_proof, "in_processes", lambda jobs, do, workers: map(do, jobs))


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A table of three held-out people with eight emotions each."""
    draw_table(tmp_path / "judged.table", replace(small_proof.TABLES["judged"]))
    return tmp_path / "judged.table"


def fail_ours(request):
    """Train, but let a preset fail."""
    if request.preset == "ours":
        raise NotFiniteError("generator/fake is nan")
    return small_proof_train(request)


small_proof_train = small_proof.train_model


def test_models_that_fail_do_not_stop_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(small_proof, "train_model", fail_ours)
    said: list[str] = []
    report = small_proof.prove_small(tmp_path / "small", say=said.append)
    assert report.faults == {"ganimation (ours)": "generator/fake is nan"}
    rows = {row.model: row for row in report.comparison.rows if row.told == "units"}
    assert list(rows) == ["copy", "warp", "ganimation"]
    assert "ganimation: trained" in said
    assert rows["copy"].result.better == ()
    assert rows["ganimation"].cpu_seconds > 0
    assert rows["ganimation"].parameters == sum(
        tensor.numel() for tensor in MODELS["ganimation"](tiny_config()).released_state().values()
    )
    lines = static_lines(report.comparison, report.faults)
    assert lines[-1].startswith("| ganimation (ours) | generator/fake is nan |")
    assert len({text.count("|") for text in lines if text.startswith("|")}) == 1


def tiny_config():
    from mienkit.core.config import build_config

    kind = MODELS["ganimation"]
    return build_config(kind.Config, kind.presets["tiny"])


def test_what_is_trained_is_not_trained_again(tmp_path, monkeypatch):
    monkeypatch.setattr(small_proof, "PRESETS", {"tiny": ""})
    first = small_proof.prove_small(tmp_path / "small", say=lambda line: None)
    files = [tmp_path / "small" / name / "weights/model.safetensors" for name in ("ganimation", "judge")]
    before = [file.read_bytes() for file in files]
    second = small_proof.prove_small(tmp_path / "small")
    assert [file.read_bytes() for file in files] == before
    assert second.comparison.rows[-1].result == first.comparison.rows[-1].result
    assert np.array_equal(second.sheet, first.sheet)


def test_models_told_units_learn_from_mixed_expressions_of_the_same_people(tmp_path):
    tables = {kind: tmp_path / kind for kind in small_proof.TABLES}
    judge, *jobs = small_proof.list_jobs(tmp_path, tables)
    assert judge.request is None
    assert [job.title for job in jobs] == ["ganimation", "ganimation (ours)"]
    assert all(job.request.tables == [tables["posed"], tables["mixed"]] for job in jobs)
    posed, mixed = (small_proof.TABLES[kind] for kind in ("posed", "mixed"))
    assert (posed.seed, posed.per_scene, posed.count) == (mixed.seed, mixed.per_scene, mixed.count)


def test_work_can_be_handed_to_processes(tmp_path):
    jobs = small_proof.list_jobs(tmp_path, {kind: tmp_path / kind for kind in small_proof.TABLES})
    do, copies = pickle.loads(pickle.dumps((small_proof.do_job, jobs)))
    assert (do, copies) == (small_proof.do_job, jobs)


def test_a_mistake_in_the_code_is_told_by_its_kind():
    assert small_proof.reason(ConfigError("wrong\nmore")) == "wrong"
    assert small_proof.reason(KeyError("wrong")) == "KeyError: 'wrong'"


def test_a_model_that_cannot_edit_stands_with_the_faults(judged):
    faults: dict[str, str] = {}
    job = small_proof.Job(title="lost", folder=judged, request=small_proof.TrainRequest(model="ganimation", tables=[]))
    found = small_proof.gather([job], load_faces(judged, SIZE), faults)
    assert [one.title for one in found] == ["copy", "warp"]
    assert "lost" in faults


def test_a_models_row_is_printed_for_a_table_of_drawn_people(judged, capsys, monkeypatch):
    monkeypatch.setattr(compare_static, "find_recogniser", lambda: None)
    assert main(["evaluate", "copy", "--table", str(judged), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    copy, warp = (row for row in report["rows"] if row["told"] == "units")
    assert (report["edits"], report["people"], report["size"]) == (12, 3, SIZE)
    assert (copy["model"], copy["told"], copy["parameters"]) == ("copy", "units", 0)
    assert copy["result"]["aus_gain"]["value"] == copy["result"]["region_gain"]["value"] == 0
    assert warp["result"]["region"]["value"] != copy["result"]["region"]["value"]
    assert report["exact"]["region"]["value"] == 0
    assert report["recogniser"] is None
    assert main(["evaluate", "copy", "--table", str(judged)]) == 0
    assert "| copy | units |" in capsys.readouterr().out


def test_a_model_of_two_emotions_is_asked_for_those_and_copy_too(judged):
    faces = load_faces(judged, SIZE)
    (copy, warp) = compare_static.load_contestants([], SIZE)
    copy.model.emotions = ("neutral", "happiness")
    from mienkit.app.instruments import load_meter

    report = compare_static.compare_static([replace(warp), replace(copy, title="two")], load_meter(), faces)
    whole, part = (row for row in report.rows if row.told == "units" and row.model != "copy")
    (of_copy,) = (row for row in report.rows if row.model == "copy")
    assert (whole.edits, part.edits, of_copy.edits) == (12, 6, 6)
    assert (of_copy.model, of_copy.emotions) == ("copy", ("neutral", "happiness"))
    assert of_copy.result == part.result
    assert "two (neutral ↔ happiness alone, 6 edits)" in "\n".join(static_lines(report))
    task = choose_edits(faces, 999)
    shown = [
        compare_static.show_picture(replace(copy, title="two"), "units", task, place) for place in choose_places(task)
    ]
    assert sum(picture is not None for picture in shown) == sum(
        set(pair) == {"neutral", "happiness"} for pair in SHOWN[: len(shown)]
    )


def test_the_sheet_has_a_row_for_every_way_in_which_a_model_is_told(judged):
    faces = load_faces(judged, SIZE)
    (copy, warp) = compare_static.load_contestants([], SIZE)
    less, more = draw_static_sheet([copy], faces), draw_static_sheet([copy, warp], faces)
    assert more.shape[0] - less.shape[0] == len(warp.ways) * (TILE + GAP)
    assert more.shape[1] == less.shape[1]


def test_the_sheet_of_photographs_asks_for_every_kind_of_result(judged):
    faces = re_expressed(load_faces(judged, SIZE))
    task = choose_edits(faces)
    places = choose_places(task)
    people = len(np.unique(faces.subject))
    assert len(places) == len(set(task.people[places].tolist())) == min(people, len(SHOWN))
    assert [EMOTIONS[code] for code in task.faces.emotion[task.target[places]]] == [
        after for _, after in SHOWN[:people]
    ]


def test_the_sheet_is_written_by_evaluate(judged, tmp_path, capsys):
    sheet = tmp_path / "sheet.png"
    asked = ["evaluate", "copy", "--table", str(judged), "--sheet", str(sheet), "--source", "mienkit-drawn", "--json"]
    assert main(asked) == 0
    assert json.loads(capsys.readouterr().out)["edits"]
    with Image.open(sheet) as picture:
        assert "TrainedAlgorithmicMedia" in picture.info["XML:com.adobe.xmp"]
        assert picture.width > TILE
    assert main([*asked[:-2], "elsewhere"]) == 2
    assert "no held-out face is of the collection 'elsewhere'; there are: mienkit-drawn" in capsys.readouterr().err


def test_titles_tell_weights_of_one_model_apart(tmp_path):
    from mienkit.weights import save_weights

    kind = MODELS["copy"]
    save_weights(tmp_path / "mine", "copy", {}, vars(kind.Config(image_size=SIZE)), "# copy\n")
    titles = [one.title for one in compare_static.load_contestants([f"copy={tmp_path / 'mine'}"], SIZE)]
    assert titles[:2] == ["copy", "warp"]
    assert titles[2].startswith("copy ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--worst", "sheets"], "--worst is for tables without exact results"),
        (["--split", "train"], "split"),
    ],
)
def test_what_does_not_fit_drawn_people_is_refused(arguments, message, judged, capsys):
    assert main(["evaluate", "copy", "--table", str(judged), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_table_can_be_drawn_for_one_split(tmp_path):
    assert main(["draw", "-o", str(tmp_path / "held.table"), "--count", "4", "--size", "16", "--split", "val"]) == 0
    assert len(load_faces(tmp_path / "held.table", 16, "val")) == 4
    with pytest.raises(ConfigError, match="--split all should be train, val, test"):
        DrawRequest(split="all")
