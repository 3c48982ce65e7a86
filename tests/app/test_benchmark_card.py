"""What a card says of a model: all its figures, as Markdown."""

from dataclasses import replace

import pytest

from mienkit.app.benchmark.card import write_card
from mienkit.app.benchmark.line import Line, append_lines
from mienkit.cli.entry import main
from mienkit.core.errors import DataError, UnknownNameError

COPY = Line(
    fingerprint="a", protocol="edit-doses-40", table="photos", seed=0, judge="judge 1", model="copy", name="copy",
    kind="trivial", figures={"dose_r2": (0.0, 0.0, 0.0, 40), "identity": (1.0, None, None, 40)},
    counts={"people": 40, "edits": 800},
)  # fmt: skip
OURS = replace(
    COPY, fingerprint="b", model="duchenne", name="duchenne", kind="model", weights="c38b7422aa", calibration="fe12",
    figures={"dose_r2": (0.987654, 0.98, 0.99, 40)}, counts={"people": 40, "edits": 790, "lost": 10},
)  # fmt: skip
OTHER = replace(OURS, fingerprint="c", model="ganimation", name="ganimation", weights="6cdd6a2f", calibration=None)
MOVED = replace(
    OURS, fingerprint="d", protocol="motion-clips", model="motiongan + texturegan", name="motiongan + texturegan",
    weights="1 + 2", calibration=None, figures={"emotion": (0.5, None, None, 7)}, counts={"clips": 7},
)  # fmt: skip


def rows_of(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_a_card_has_a_column_a_model_and_a_row_a_figure():
    text = write_card("duchenne", [OURS, COPY, OTHER])
    head, _, *rows = rows_of(text)
    assert head == [
        "", "copy (800 edits)",
        "duchenne (weights c38b7422, calibration fe12, 790 edits, 10 edits in which the judge saw no face)",
    ]  # fmt: skip
    assert ["R² of doses, median ↑", "0.00 [0.00, 0.00]", "0.99 [0.98, 0.99]"] in rows
    assert text.startswith("Protocol `edit-doses-40` on photos, 40 people; judge: judge 1;")
    assert all(len(row) == 3 for row in rows)


def test_others_stand_beside_by_name_and_failures_do_not():
    failed = replace(OTHER, fingerprint="e", failed="no disk")
    assert "ganimation" not in write_card("duchenne", [OURS, COPY, OTHER, failed])
    assert "ganimation" in write_card("duchenne", [OURS, COPY, OTHER], ["ganimation"])


def test_a_model_takes_part_where_it_works_together_with_another():
    text = write_card("texturegan", [OURS, COPY, MOVED])
    assert "motion-clips" in text
    assert "edit-doses" not in text


def test_a_judge_whose_opinion_trainings_know_is_marked():
    marked = [replace(one, marks=("trainings know it",)) for one in (COPY, OURS)]
    assert "judge 1 (took part in trainings)" in write_card("duchenne", marked)


def test_names_and_folders_without_results_are_refused(tmp_path, capsys):
    with pytest.raises(UnknownNameError, match="stargan"):
        write_card("stargan", [OURS, COPY])
    with pytest.raises(DataError, match="mien benchmark"):
        write_card("duchenne", [])
    append_lines(tmp_path, [COPY, OURS])
    assert main(["benchmark", "card", "duchenne", str(tmp_path)]) == 0
    assert "| R² of doses, median ↑ |" in capsys.readouterr().out
    assert main(["benchmark", "card", "duchenne", str(tmp_path / "nowhere")]) != 0
