"""Use cases: the proof on drawn faces, the folds of the meter, the protocol on photographs; all in miniature."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mienkit.app import drawn_proof, meter_folds
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.train import TrainRequest, build_recipe, fit
from mienkit.cli.entry import main
from mienkit.cli.evaluate_lines import meter_lines
from mienkit.core.errors import ConfigError
from mienkit.data.loader import load_faces
from mienkit.data.table import open_table
from mienkit.weights.people import write_people

TINY_METER = ("image_size=32", "width=4", "steps=3", "batch_size=4")


@pytest.fixture(autouse=True)
def in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrink the protocols and keep caches out of the user's home."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drawn_proof, "FACES", 16)
    monkeypatch.setattr(drawn_proof, "JUDGE_FACES", {"uniform": 8, "mixed": 8})
    monkeypatch.setattr(drawn_proof, "JUDGE_SETTINGS", ("width=4", "steps=3", "batch_size=4"))
    monkeypatch.setattr(drawn_proof.draw_task, "__defaults__", (6,))
    monkeypatch.setattr(meter_folds, "DRAWN", 6)
    monkeypatch.setattr(meter_folds, "BOXES", 1)


def test_the_proof_trains_judges_and_compares_with_copy(tmp_path):
    request = TrainRequest(model="ganimation", tables=[], preset="tiny", folder=tmp_path / "proof", steps=3)
    report = drawn_proof.prove(request, seeds=2, size=32)
    assert [run.seed for run in report.runs] == [0, 1]
    assert report.copy.change == 0
    assert report.copy.region_error.value > 0
    assert all(run.steps == 3 and run.curve for run in report.runs)
    assert report.runs[0].result != report.runs[1].result


def test_the_proof_goes_on_where_it_stopped(tmp_path):
    request = TrainRequest(model="ganimation", tables=[], preset="tiny", folder=tmp_path / "proof", steps=3)
    first = drawn_proof.prove(request, seeds=1, size=32)
    weights = (tmp_path / "proof/seed-0/weights/model.safetensors").read_bytes()
    second = drawn_proof.prove(request, seeds=1, size=32)
    assert second.runs[0].result == first.runs[0].result
    assert (tmp_path / "proof/seed-0/weights/model.safetensors").read_bytes() == weights


def test_a_perfect_editor_scores_what_the_judge_cannot_read_better(tmp_path):
    task = drawn_proof.draw_task(32)
    answers = drawn_proof.ExactEditor(task)
    from mienkit.core.image import to_float, to_uint8

    edited = answers.edit(to_float(task.source.images), None, None)
    assert np.array_equal(to_uint8(edited.image), task.target.images)


def test_only_editors_can_be_proved(tmp_path):
    request = TrainRequest(model="meter", tables=[], preset="tiny", folder=tmp_path / "proof")
    with pytest.raises(ConfigError, match="meter is no editor"):
        drawn_proof.prove_seed(request, None, None)


def test_folds_divide_people_equally():
    subject = np.repeat(np.arange(20), 3)
    fold = meter_folds.fold_of_subjects(subject, 5, seed=0)
    assert all(len(set(fold[subject == person])) == 1 for person in range(20))
    assert np.bincount(fold).tolist() == [12] * 5


def test_the_folds_of_the_meter_are_judged_on_people_they_never_saw(tmp_path, shared_data):
    table = small_photo_tables(shared_data, tmp_path)
    draw_table(tmp_path / "drawn.table", DrawRequest(count=8, size=32, per_scene=2))
    heads_like(tmp_path / "drawn.table", tmp_path / "heads.table")
    request = TrainRequest(
        model="meter",
        tables=[*table, tmp_path / "drawn.table", tmp_path / "heads.table"],
        settings=TINY_METER,
        folder=tmp_path / "folds",
    )
    report = meter_folds.judge_meter(request, folds=2, bound=True)
    assert report.photos == 12
    assert report.nme_mean_shape.value == pytest.approx(0.065, abs=0.03)
    assert set(report.drawn) == set(report.change)
    assert "AU5" not in report.teacher
    assert report.heads == 8
    assert set(report.rendered) == set(report.change_correlation) == set(report.bound) == set(report.change)
    assert not (tmp_path / "folds/bound/weights").exists()
    lines = meter_lines(report)
    assert any("upper bound" in line for line in lines)
    assert "8 rendered heads:" in lines
    assert sum("rises by 1" in line for line in lines) == 6
    assert not any("upper bound" in line for line in meter_lines(replace(report, bound={})))


def test_a_meter_is_judged_as_it_is_on_people_of_whom_it_did_not_learn(tmp_path, shared_data):
    photos, edits = small_photo_tables(shared_data, tmp_path)
    request = TrainRequest(model="meter", tables=[photos, edits], settings=TINY_METER, folder=tmp_path / "run")
    fit(request, build_recipe(request), load_faces([photos, edits], 32))
    weights, held_out = tmp_path / "run/weights", open_table(photos).read(["subject"], "val")["subject"].to_pylist()
    assert len(set(held_out)) > 1
    report = meter_folds.judge_weights("meter", weights, [photos, edits])
    assert (report.photos, report.folds) == (len(held_out), 0)
    assert meter_lines(report)[0].startswith(f"subjects held out of its training; {len(held_out)} photographs")
    write_people(weights, held_out[:1])
    others = meter_folds.judge_weights("meter", weights, [photos, edits])
    assert others.photos == sum(one != held_out[0] for one in held_out)


def test_what_is_no_meter_has_nothing_to_read(tmp_path, capsys):
    assert main(["evaluate", "judge", "--folds", "0"]) == 2
    assert "--table TABLE" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="duchenne measures nothing"):
        meter_folds.judge_weights("duchenne", None, [tmp_path])


def heads_like(drawn: Path, table: Path) -> None:
    """Copy a table of drawn faces and call them rendered heads."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shutil.copytree(drawn, table)
    for shard in table.glob("*.parquet"):
        rows = pq.read_table(shard)
        for column, value in (("kind", "rendered"), ("source", "heads")):
            place = rows.column_names.index(column)
            rows = rows.set_column(place, column, pa.array([value] * len(rows)))
        pq.write_table(rows, shard)


def small_photo_tables(shared_data: Path, folder: Path) -> list[Path]:
    """Take a dozen photographs and their edits out of the shared tables."""
    from mienkit.data.readers.mediapipe_table import MediapipeTable
    from mienkit.data.readers.reexpressed_table import ReexpressedTable
    from mienkit.data.writer import TableWriter

    photos = [sample for sample, _ in zip(MediapipeTable(shared_data).samples(), range(12), strict=False)]
    names = {(photo.source, photo.source_id) for photo in photos}
    edits = [edit for edit in ReexpressedTable(shared_data).samples() if (edit.source, edit.pair) in names]
    for name, samples, optional in (("photos", photos, ()), ("edits", edits, ReexpressedTable.optional)):
        with TableWriter(folder / f"{name}.table", size=samples[0].size, optional=optional) as writer:
            writer.extend(sample.to_row("val") for sample in samples)
    return [folder / "photos.table", folder / "edits.table"]


def test_copy_moves_nothing_and_keeps_the_person(tmp_path, shared_data, mediapipe_model, monkeypatch, capsys):
    from mienkit.evaluation import photo_edit

    monkeypatch.setattr(photo_edit.choose_photos, "__defaults__", (2, 0))
    tables = small_photo_tables(shared_data, tmp_path)
    rows = [argument for table in tables for argument in ("--table", str(table))]
    for table in tables:
        everyone_held_out(table)
    assert main(["evaluate", "copy", *rows, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["photos"] == 2
    for unit in report["units"]:
        assert unit["identity"]["value"] == pytest.approx(1, abs=1e-4)
        assert abs(unit["rise"]["value"] or 0) < 1e-6
    assert len(report["likeness"]) == 17 + 1 + 7 + 1
    assert all(one["half"]["value"] == pytest.approx(1, abs=1e-4) for one in report["likeness"])


def everyone_held_out(table: Path) -> None:
    """Check that the made table has a val split: readers keep the set's own split."""
    import pyarrow.parquet as pq

    for shard in table.glob("*.parquet"):
        rows = pq.read_table(shard)
        column = rows.schema.get_field_index("split")
        import pyarrow as pa

        pq.write_table(rows.set_column(column, "split", pa.array(["val"] * len(rows))), shard)
