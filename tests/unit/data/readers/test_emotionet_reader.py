"""EmotioNet: lists of addresses and units, joined to whatever pictures could still be downloaded."""

import pytest

from layouts import FIRST_RELEASE, emotionet_line, make_emotionet, make_workbook, write_pictures, write_texts
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import DataError
from mienkit.data.reader import open_reader


@pytest.fixture
def reader(tmp_path):
    make_emotionet(tmp_path)
    return open_reader("emotionet", tmp_path)


def known(sample):
    return {name: value for name, value in zip(ACTION_UNITS, sample.aus.tolist(), strict=True) if value == value}


def test_annotations_find_their_pictures_in_any_folder(reader):
    samples = list(reader.samples())
    assert len(samples) == len(reader) == 5
    assert {one.source_id for one in samples} == {
        "N_0000000359_00004.jpg",
        "a/N_0000000356_00190.jpg",
        "a/N_0000000356_00191.JPG",
        "b/c/N_0000000357_00002.jpg",
        "b/N_0000000358_00003.jpg",
    }
    assert len({one.subject for one in samples}) == 5


def test_units_are_absent_present_or_unknown(reader):
    samples = {one.source_id[-9:-4]: one for one in reader.samples()}
    absent = {f"AU{unit}": 0.0 for unit in FIRST_RELEASE if unit != 43} | {"AU45": 0.0}
    assert known(samples["00190"]) == {**absent, "AU12": 1.0, "AU25": 1.0}
    assert known(samples["00002"]) == {"AU10": 1.0, "AU15": 0.0}
    assert samples["00002"].au_measurer == "EmotioNet annotation, absent or present as 0 or 1"
    assert known(samples["00003"]) == {}
    assert samples["00003"].au_measurer is None


def test_closed_eyes_stand_for_a_blink(reader):
    samples = {one.source_id[-9:-4]: known(one) for one in reader.samples()}
    assert (samples["00191"]["AU45"], samples["00190"]["AU45"]) == (1, 0)


def test_an_exported_sheet_is_read_with_its_heading_and_stray_quotes(reader):
    (sample,) = (one for one in reader.samples() if one.source_id == "N_0000000359_00004.jpg")
    assert known(sample) == {"AU4": 1.0, "AU7": 1.0}


def test_missing_pictures_and_broken_lines_are_counted_and_not_fatal(reader):
    list(reader.samples())
    assert reader.left_out.examples == {
        "annotated picture is not there": ["N_0000000999_00001.jpg"],
        "line is not an address and values 0, 1 or 999": ["dataFile_0001.txt line 4"],
        "second annotation of a picture": ["N_0000000356_00190.jpg"],
    }


def test_what_is_left_out_keeps_few_names(tmp_path):
    write_texts(tmp_path, {"dataFile_0001.txt": "".join(emotionet_line(f"N_{n}.jpg", {1: 1}) for n in range(100))})
    write_pictures(tmp_path, ["N_99.jpg"])
    reader = open_reader("emotionet", tmp_path)
    assert len(list(reader.samples())) == 1
    assert reader.left_out.counts["annotated picture is not there"] == 99
    assert len(reader.left_out.examples["annotated picture is not there"]) == 20


def test_files_without_annotations_are_named(tmp_path):
    make_emotionet(tmp_path)
    write_texts(tmp_path, {"dataFile_0003.txt": "not found\n", "dataFile_0004.txt": "a,b,c\n"})
    (tmp_path / "dataFile_0005.txt").symlink_to(tmp_path / "gone")
    message = r"3 broken labels.*dataFile_0003\.txt: no line.*dataFile_0004\.txt.*dataFile_0005\.txt: cannot be read"
    with pytest.raises(DataError, match=message):
        list(open_reader("emotionet", tmp_path).samples())


def test_a_workbook_alone_asks_for_csv_and_beside_others_is_told(tmp_path):
    make_workbook(tmp_path)
    with pytest.raises(
        DataError, match=r"EmotioNet_FACS_aws_2020\.xlsx cannot be read; export each of its sheets as CSV"
    ):
        list(open_reader("emotionet", tmp_path).samples())
    make_emotionet(tmp_path)
    reader = open_reader("emotionet", tmp_path)
    assert len(list(reader.samples())) == 5
    assert reader.left_out.counts["workbook; export each of its sheets as CSV"] == 1


def test_annotations_without_any_picture_are_an_error(tmp_path):
    write_texts(tmp_path, {"dataFile_0001.txt": emotionet_line("N_1.jpg", {1: 1})})
    with pytest.raises(DataError, match="holds no picture that its annotation files name"):
        list(open_reader("emotionet", tmp_path).samples())
