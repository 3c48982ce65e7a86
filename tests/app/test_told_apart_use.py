"""A table of pairs is judged by detectors that never saw its people, and leaves sheets for the eye."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.app import told_apart as use
from mienkit.app.prepare_lot import encode_crop
from mienkit.app.told_apart import ToldApartReport, ToldApartRequest, in_couples, single_edits, tell_apart
from mienkit.cli.entry import main
from mienkit.core.action_unit import AU_INDEX, NUM_AUS
from mienkit.core.errors import ConfigError, DataError
from mienkit.core.image import Picture
from mienkit.data.loader import load_faces
from mienkit.data.row import BEFORE_COLUMNS, FaceRow
from mienkit.data.writer import TableWriter
from mienkit.evaluation import told_apart, told_apart_scores
from mienkit.evaluation.told_apart import Training

SIDE, PHOTOS = 128, 16
TINY = Training(epochs=1)


@pytest.fixture(autouse=True)
def in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(told_apart, "WIDTHS", (4, 4, 4, 4))
    for module in (told_apart, use):
        monkeypatch.setattr(module, "COUPLES", 2)
    monkeypatch.setattr(told_apart_scores, "STEPS", 5)


def row(name: str, image: bytes, pair: str | None = None, smile: float = 0.0) -> FaceRow:
    """Describe a photograph, or an edit of one."""
    aus = np.zeros(NUM_AUS, np.float32)
    before = aus.copy() if pair else np.full(NUM_AUS, np.nan, np.float32)
    aus[AU_INDEX["AU12"]] = smile
    return FaceRow(
        source="faker-sd3" if int(name.split("+")[0]) % 2 else "other",
        source_id=name,
        licence="CC0-1.0",
        kind="re-expressed" if pair else "photograph",
        subject=name.split("+")[0],
        pair=pair,
        aus=aus,
        before=before,
        image=image,
        width=SIDE,
        height=SIDE,
        split="train",
    )


def write_pairs(folder: Path, quality: int | None = None, edits: int = 1) -> Path:
    """Write a table of noise and of noise with a patch; with a quality the edits are stored at another one."""
    rng = np.random.default_rng(0)
    with TableWriter(folder, size=SIDE, optional=BEFORE_COLUMNS) as writer:
        for number in range(PHOTOS):
            photo = np.full((SIDE, SIDE, 3), rng.integers(60, 180, 3), np.uint8)
            edit = photo.copy()
            edit[70:90, 50:80] += 50
            for name in "ab"[:edits]:
                writer.add(row(f"{number}+{name}", store(edit, quality), f"{number}", 0.3 + 0.05 * (number // 2)))
            writer.add(row(f"{number}", encode_crop(photo)))
    return folder


def read(path: Path) -> Picture:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def store(picture: Picture, quality: int | None) -> bytes:
    if quality is None:
        return encode_crop(picture)
    packed = io.BytesIO()
    Image.fromarray(picture).save(packed, "JPEG", quality=quality)
    return packed.getvalue()


def test_every_person_is_judged_once_and_the_sheets_are_there(tmp_path: Path) -> None:
    table = write_pairs(tmp_path / "pairs.table")
    said: list[str] = []
    request = ToldApartRequest(tables=[table], folds=2, folder=tmp_path / "run", training=TINY)
    report = tell_apart(request, said.append)
    assert (report.photos, report.edits, report.people) == (PHOTOS, PHOTOS, PHOTOS)
    assert report.picture.told.count == PHOTOS
    assert set(report.picture.actions) == {"AU12 up"}
    assert sum(one.count for one in report.picture.strengths.values()) == PHOTOS
    assert any("fold 2 of 2" in line for line in said)
    key = json.loads((tmp_path / "run/key.json").read_text())
    assert len(key) == report.couples == 10  # of 16, those up to 0.5
    assert read(tmp_path / "run/saliency.png").shape[1] > 5 * SIDE


def test_the_key_says_on_which_side_the_edit_is(tmp_path: Path) -> None:
    table = write_pairs(tmp_path / "pairs.table")
    request = ToldApartRequest(tables=[table], folds=2, folder=tmp_path / "run", source="faker-sd3", training=TINY)
    tell_apart(request)
    key = json.loads((tmp_path / "run/key.json").read_text())
    assert {entry["name"].split("/")[0] for entry in key.values()} == {"faker-sd3"}
    sheet = read(tmp_path / "run/shuffled.png").astype(int)
    for number, entry in key.items():
        line, column = divmod(int(number) - 1, 5)
        left, top = 16 + column * (2 * SIDE + 16), 16 + line * (SIDE + 34) + 18
        patch = [sheet[top + 80, left + side * SIDE + 65].sum() for side in (0, 1)]
        assert ("left", "right")[int(np.argmax(patch))] == entry["edit"]


def test_so_many_photographs_are_drawn_with_one_edit_each(tmp_path: Path) -> None:
    table = write_pairs(tmp_path / "pairs.table", edits=2)
    whole = tell_apart(ToldApartRequest(tables=[table], folds=2, folder=tmp_path / "run", training=TINY))
    assert (whole.photos, whole.edits) == (PHOTOS, 2 * PHOTOS)
    few = ToldApartRequest(tables=[table], folds=2, folder=tmp_path / "run", photos=10, training=TINY)
    report = tell_apart(few)
    assert (report.photos, report.edits, report.people) == (10, 10, 10)
    faces = in_couples(load_faces([table], SIDE, None, tmp_path / "cache"))
    drawn = [single_edits(faces, 10, seed).name.tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    with pytest.raises(DataError, match="more than the 16 photographs"):
        tell_apart(ToldApartRequest(tables=[table], photos=17, folder=tmp_path / "run"))
    with pytest.raises(ConfigError, match="--photos -1"):
        ToldApartRequest(tables=[table], photos=-1)


def test_a_table_that_stores_edits_otherwise_is_refused(tmp_path: Path) -> None:
    table = write_pairs(tmp_path / "pairs.table", quality=60)
    with pytest.raises(DataError, match="which alone gives edits away"):
        tell_apart(ToldApartRequest(tables=[table], folder=tmp_path / "run"))


def test_what_cannot_be_judged_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = write_pairs(tmp_path / "pairs.table")
    with pytest.raises(DataError, match="there are faker-sd3, other"):
        tell_apart(ToldApartRequest(tables=[table], source="nobody", folder=tmp_path / "run"))
    monkeypatch.setattr(use, "COUPLES", 20)
    with pytest.raises(DataError, match="16 photographs are too few"):
        tell_apart(ToldApartRequest(tables=[table], folder=tmp_path / "run"))
    with pytest.raises(ConfigError, match="--folds 1"):
        ToldApartRequest(tables=[table], folds=1)
    with pytest.raises(ConfigError, match="--table"):
        ToldApartRequest(tables=[])


def test_the_command_prints_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_pairs(tmp_path / "pairs.table")
    report = tell_apart(ToldApartRequest(tables=[table], folds=2, folder=tmp_path / "run", training=TINY))
    asked: list[ToldApartRequest] = []

    def answer(request: ToldApartRequest, say: object) -> ToldApartReport:
        asked.append(request)
        return report

    monkeypatch.setattr(use, "tell_apart", answer)
    arguments = ["evaluate", "morphable", "--told-apart", "--table", str(table), "--folds", "2", "--source", "other"]
    arguments += ["--photos", "10"]
    assert main([*arguments, "--run-dir", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    assert "| AU12 up |" in printed
    assert "photographs of strangers" in printed
    assert (asked[0].folds, asked[0].source, asked[0].folder) == (2, "other", tmp_path / "run")
    assert asked[0].photos == 10
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["picture"]["told"]["count"] == PHOTOS
