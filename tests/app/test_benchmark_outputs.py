"""Lists of outside systems, as people and spreadsheets really write them."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.app.benchmark.entrant import list_entrants
from mienkit.app.benchmark.outside import LIST, Outputs, read_answer, read_outputs
from mienkit.core.errors import DataError, MienError

SIZE = 8
HEAD = "source,request,level,file\n"
GREY = np.full((SIZE, SIZE, 3), 128, np.uint8)


def picture(folder: Path, name: str = "x.png", value: int = 128) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (SIZE, SIZE), (value, value, value)).save(folder / name)


def answered(outputs: Outputs, level: float = 1.0, protocol: str = "edit-doses") -> bool:
    return outputs.picture("made/a", "AU12", level, like=GREY, protocol=protocol) is not None


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "made/a,AU12,1,x.png\n",
        HEAD + "made/a,AU12,1.0,x.png",
        HEAD.replace("\n", "\r\n") + "made/a,AU12,1,x.png\r\n",
        "\ufeff" + HEAD + "made/a,AU12,1,x.png\n",
        "source;request;level;file\nmade/a;AU12;1,0;x.png\n",
        "source\trequest\tlevel\tfile\nmade/a\tAU12\t1\tx.png\n",
        HEAD + '"made/a"," AU12 ","1"," x.png "\n\n,,,\n',
        "note," + HEAD + "mine,made/a,AU12,1,x.png,too,much\n",
        HEAD + "made/a,AU12,1,./x.png\n",
        HEAD + "made/a,AU12,1,x.png\nmade/a,AU12,1.00,x.png\n",
        "protocol," + HEAD + "edit-doses-40,made/a,AU12,1,x.png\n",
    ],
)
def test_lists_as_spreadsheets_write_them_are_read(tmp_path, text):
    picture(tmp_path)
    (tmp_path / LIST).write_bytes(text.encode())
    outputs = read_outputs(tmp_path)
    assert answered(outputs)
    assert not answered(outputs, level=0.8)


def test_paths_of_windows_are_understood(tmp_path):
    picture(tmp_path, "made up/ä.png")
    (tmp_path / LIST).write_text(HEAD + "made/a,AU12,1,made up\\ä.png\n")
    assert answered(read_outputs(tmp_path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "made/a,AU12\n", "line 2: level '' is no number"),
        (HEAD + "made/a,AU12,full,x.png\n", "line 2: level 'full' is no number"),
        (HEAD + "made/a,AU12,nan,x.png\n", "level nan should be 0 to 1"),
        (HEAD + "made/a,AU12,-0.1,x.png\n", "level -0.1 should be 0 to 1"),
        (HEAD + ",AU12,1,x.png\n", "no source is named"),
        (HEAD + "made/a,AU12,1,/etc/x.png\n", "/etc/x.png should lie in the folder of the list"),
        (HEAD + "made/a,AU12,1,../x.png\n", "should lie in the folder"),
        (HEAD + "made/a,AU12,1,a\\..\\..\\x.png\n", "should lie in the folder"),
        (HEAD + "made/a,AU12,1,C:\\x.png\n", "should lie in the folder"),
        (HEAD + "made/a,AU12,1,x.png\nmade/a,AU12,1.0,y.png\n", "line 3: answers the same request as line 2"),
        ("protocol," + HEAD + "doses,made/a,AU12,1,x.png\n", "protocol 'doses' is none of edit-doses, static-edit"),
        (HEAD + 'made/a,AU12,1,"x.png\n' + "x" * 140_000, "cannot be read: field larger"),
        ("", "has no column source"),
        (HEAD + "made/a,AU12,1,y.png\nmade/a,AU12,0,z.png\n", "none of the 2 pictures"),
        (HEAD, "none of the 0 pictures"),
    ],
)
def test_lists_that_cannot_be_used_say_why(tmp_path, text, said):
    picture(tmp_path)
    (tmp_path / LIST).write_text(text)
    with pytest.raises(DataError) as caught:
        read_outputs(tmp_path)
    assert said in str(caught.value)


def test_a_list_in_another_encoding_says_so(tmp_path):
    (tmp_path / LIST).write_bytes((HEAD + "größe,AU12,1,x.png\n").encode("latin-1"))
    with pytest.raises(DataError, match="no UTF-8 text"):
        read_outputs(tmp_path)


def test_no_more_than_twenty_faults_are_named(tmp_path):
    (tmp_path / LIST).write_text(HEAD + "made/a,smile,1,x.png\n" * 25)
    with pytest.raises(DataError, match=r"line 21: .*, and 5 more$"):
        read_outputs(tmp_path)


def test_one_system_twice_in_other_folders_and_layouts_is_the_same_work(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        for number in range(2):
            picture(folder, f"{number}.png", value=number)
    (first / LIST).write_text(HEAD + "made/a,AU12,1,0.png\nmade/b,AU12,0.5,1.png\n")
    shutil.move(second / "0.png", second / "moved.png")
    (second / LIST).write_text("source;request;level;file\r\nmade/b;AU12;0.50;1.png\r\nmade/a;AU12;1.0;moved.png\r\n")
    same = read_outputs(first).sha256
    assert read_outputs(second).sha256 == same
    (first / LIST).write_text(HEAD + "made/a,AU12,1,1.png\nmade/b,AU12,0.5,0.png\n")
    assert read_outputs(first).sha256 != same
    (first / LIST).write_text(HEAD + "made/a,AU12,0.9,0.png\nmade/b,AU12,0.5,1.png\n")
    assert read_outputs(first).sha256 != same


def test_answers_to_one_protocol_are_no_answers_to_another(tmp_path):
    picture(tmp_path)
    (tmp_path / LIST).write_text("protocol," + HEAD + "static-edit-100,made/a,AU12,1,x.png\n")
    outputs = read_outputs(tmp_path)
    assert answered(outputs, protocol="static-edit")
    assert not answered(outputs, protocol="edit-doses")


def test_no_broken_picture_stops_a_benchmark(tmp_path):
    rng = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "GIF", "TIFF"):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 255, (SIZE, SIZE, 3), np.uint8)).save(file, kind)
        whole = file.getvalue()
        for number in range(120):
            spoilt = bytearray(whole)
            for place in rng.integers(0, len(spoilt), 3):
                spoilt[place] = rng.integers(256)
            path = tmp_path / "x.img"
            path.write_bytes(bytes(spoilt[: rng.integers(1, len(spoilt))] if number % 2 else spoilt))
            found = read_answer(path, (SIZE, SIZE))
            assert found is None or found.shape == (SIZE, SIZE, 3)


@pytest.mark.parametrize(("shape", "taken"), [((16, 16), True), ((8, 9), False), ((100, 101), True), ((4, 4), True)])
def test_answers_of_another_size_are_taken_and_of_another_shape_are_not(tmp_path, shape, taken):
    Image.new("RGB", shape[::-1]).save(tmp_path / "x.png")
    assert (read_answer(tmp_path / "x.png", (SIZE, SIZE)) is not None) == taken


@pytest.mark.parametrize("name", ["copy", "duchenne", "twice"])
def test_a_name_that_is_taken_is_refused(tmp_path, name):
    outputs = Outputs(files={}, sha256="x")
    with pytest.raises(MienError, match="that name is taken"):
        list_entrants(["copy"], [("twice", outputs), (name, outputs)])
