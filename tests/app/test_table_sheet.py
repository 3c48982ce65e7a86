"""Use case: look at the faces of a table on a contact sheet."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.table_sheet import SheetRequest, choose_lines, read_faces, show_table
from mienkit.cli.entry import main
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError, OutputError, TableError, UnknownNameError
from mienkit.data.table import FaceTable, open_table, read_table


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> FaceTable:
    """Sixty drawn faces that show whole emotions."""
    folder = tmp_path_factory.mktemp("sheet") / "drawn.table"
    draw_table(folder, DrawRequest(count=60, size=32, kind="emotion"))
    return open_table(folder)


def values(table: FaceTable, column: str) -> np.ndarray:
    return np.asarray(read_table(table.folder)[column].to_pylist())


def test_a_sheet_by_emotion_has_every_emotion_in_its_own_rows(table: FaceTable) -> None:
    lines = choose_lines(table, SheetRequest(by="emotion", rows=8, columns=3))
    emotion = values(table, "emotion")
    present = [one for one in EMOTIONS if one in emotion]
    assert [line.label for line in lines] == present
    for line in lines:
        assert set(emotion[line.rows]) == {line.label}
        assert line.detail == f"{(emotion == line.label).sum()} faces"
        assert len(line.rows) == min(3, (emotion == line.label).sum())


def test_a_sheet_by_unit_rises_from_row_to_row_and_within_each(table: FaceTable) -> None:
    lines = choose_lines(table, SheetRequest(by="AU12", rows=4, columns=5))
    shown = values(table, "AU12")[[row for line in lines for row in line.rows]]
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] > 0.6
    assert lines[0].detail.startswith("0.00 to 0.")
    counted = sum(int(line.detail.split(": ")[1].split()[0]) for line in lines)
    assert counted == 60


def test_the_seed_decides_which_faces_are_shown(table: FaceTable) -> None:
    chosen = [choose_lines(table, SheetRequest(rows=1, columns=6, seed=seed))[0].rows for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_faces_come_in_the_order_that_was_asked_for(table: FaceTable) -> None:
    faces = read_faces(table, [7, 2, 40])
    assert [face["AU12"] for face in faces] == pytest.approx(values(table, "AU12")[[7, 2, 40]])


def test_a_sheet_shows_faces_with_their_landmarks(table: FaceTable, tmp_path: Path) -> None:
    assert show_table(table.folder, tmp_path / "sheet.png", SheetRequest(rows=2, columns=3)) == 6
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert ((sheet == (0, 255, 160)).all(2)).sum() > 6 * 68
    assert sheet.shape[1] > 3 * 160


def test_the_same_request_draws_the_same_bytes_and_nothing_is_written_over(table: FaceTable, tmp_path: Path) -> None:
    request = SheetRequest(by="AU12", rows=2, columns=2)
    for name in ("one.png", "two.png"):
        show_table(table.folder, tmp_path / name, request)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        show_table(table.folder, tmp_path / "one.png", request)
    with pytest.raises(OutputError, match="is an input"):
        show_table(table.folder, table.shards[0], request, force=True)


def test_faces_of_a_split_alone_can_be_shown(table: FaceTable) -> None:
    split = values(table, "split")
    lines = choose_lines(table, SheetRequest(by="AU12", split="train"))
    assert set(split[[row for line in lines for row in line.rows]]) == {"train"}


def test_what_cannot_be_shown_is_refused_with_a_reason(table: FaceTable, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'AU12'"):
        SheetRequest(by="AU122")
    with pytest.raises(ConfigError, match="at least 1 row"):
        SheetRequest(rows=0)
    with pytest.raises(TableError, match="no split is called 'dev'"):
        show_table(table.folder, tmp_path / "sheet.png", SheetRequest(split="dev"))
    assert not (tmp_path / "sheet.png").exists()


def test_a_label_that_nobody_knows_cannot_be_shown(tmp_path: Path) -> None:
    draw_table(tmp_path / "t", DrawRequest(count=4, size=16))
    with pytest.raises(TableError, match="no column AU12_L"):
        show_table(tmp_path / "t", tmp_path / "sheet.png", SheetRequest(by="AU12_L"))


def test_the_verb_draws_beside_the_numbers(
    table: FaceTable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sheet.png"
    line = ["data", "show", str(table.folder), "-o", str(out), "--by", "emotion", "--rows", "8", "--columns", "2"]
    assert main(line) == 0
    printed = capsys.readouterr().out
    assert "60 faces of " in printed
    assert f"faces to {out}" in printed.replace("\n", "")
    assert main([*line, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shown"] <= 16
    assert main([*line]) == 2
    assert main(["data", "show", str(table.folder), "--by", "emotion"]) == 2
    assert "-o sheet.png" in capsys.readouterr().err
