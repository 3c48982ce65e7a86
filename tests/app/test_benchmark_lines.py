"""Lines of a benchmark: crashes, several processes, other systems' files and other versions must not spoil them."""

import json
import multiprocessing
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mienkit.app.benchmark.distinct import distinct
from mienkit.app.benchmark.line import PICTURES, RESULTS, Line, append_lines, finished_work, read_lines
from mienkit.app.benchmark.merge import merge_benchmarks
from mienkit.app.benchmark.report import make_report
from mienkit.app.benchmark.summary import trainings_of
from mienkit.core.errors import DataError


def a_line(fingerprint: str, **changes: object) -> Line:
    values = {
        "protocol": "static-edit-400", "table": "gesichter", "seed": 0, "judge": "judge 1", "model": "stargan",
        "name": "stargan", "figures": {"aus": [0.2, 0.1, 0.3, 40]}, **changes,
    }  # fmt: skip
    return Line(fingerprint=fingerprint, **values)  # type: ignore[arg-type]


def text_of(line: Line) -> str:
    return json.dumps(asdict(line), ensure_ascii=False)


def keys(folder: Path) -> list[str]:
    return [line.fingerprint for line in read_lines(folder)]


def test_a_line_that_was_cut_off_inside_a_letter_counts_as_not_written(tmp_path):
    append_lines(tmp_path, [a_line("a"), a_line("b", model="größer")])
    content = (tmp_path / RESULTS).read_bytes()
    (tmp_path / RESULTS).write_bytes(content[: content.index("ö".encode()) + 1])
    assert keys(tmp_path) == ["a"]
    append_lines(tmp_path, [a_line("c")])
    assert keys(tmp_path) == ["a", "c"]


def test_a_last_line_that_only_lacks_its_end_is_kept_when_others_follow(tmp_path):
    (tmp_path / RESULTS).write_text(text_of(a_line("a")))
    assert keys(tmp_path) == ["a"]
    append_lines(tmp_path, [a_line("b")])
    assert keys(tmp_path) == ["a", "b"]


def test_every_place_where_a_crash_can_cut_a_file_leaves_whole_lines_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    append_lines(tmp_path, [a_line("a"), a_line("b", model="é")])
    content = (tmp_path / RESULTS).read_bytes()
    first = content.index(b"\n")
    for end in range(first, len(content)):
        (tmp_path / RESULTS).write_bytes(content[:end])
        append_lines(tmp_path, [a_line("c")])
        assert keys(tmp_path)[0] == "a"
        assert keys(tmp_path)[-1] == "c"
        assert (tmp_path / RESULTS).read_bytes().endswith(b"\n")


def test_lines_written_on_windows_are_read(tmp_path):
    text = f"{text_of(a_line('a', model='größer'))}\r\n\r\n{text_of(a_line('b'))}\r\n"
    (tmp_path / RESULTS).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert keys(tmp_path) == ["a", "b"]


def test_work_of_which_a_crash_cut_lines_off_is_not_finished(tmp_path):
    lines = [a_line("a", told="units", ways=2), a_line("a", told="driver", ways=2), a_line("b")]
    assert finished_work(lines) == {"a", "b"}
    assert finished_work(lines[1:]) == {"b"}
    assert finished_work([replace(one, failed="no") for one in lines]) == set()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"figures": None}, "figures is NoneType"),
        ({"figures": {"aus": 0.3}}, "aus is not"),
        ({"figures": {"aus": ["high", None, None, 1]}}, "aus is not"),
        ({"seed": "0"}, "seed is str"),
        ({"counts": {"people": "many"}}, "people is no whole number"),
        ({"pictures": {"contact": "x.jpg"}}, "contact is no list"),
        ({"pictures": {"contact": [{"after": "x.jpg"}]}}, "contact is no list"),
        ({"model": ["x"]}, "model is list"),
        ({"failed": 3}, "failed is int"),
        ({"protocol": None}, "protocol is NoneType"),
    ],
)  # fmt: skip
def test_foreign_values_are_named_with_their_line(tmp_path, changes, said):
    (tmp_path / RESULTS).write_text(text_of(a_line("a")) + "\n" + text_of(a_line("b", **changes)) + "\n")
    with pytest.raises(DataError, match=rf"results.jsonl:2 is no line of a benchmark \(.*{said}"):
        read_lines(tmp_path)


@pytest.mark.parametrize("text", ['"text"', "[1]", "3", '{"fingerprint": 3}', '{"fingerprint": "a"}', "\xff"])
def test_other_json_is_named_with_its_line(tmp_path, text):
    (tmp_path / RESULTS).write_bytes(text.encode("latin-1") + b"\n" + text_of(a_line("a")).encode() + b"\n")
    with pytest.raises(DataError, match=r"results.jsonl:1 is no line"):
        read_lines(tmp_path)


def test_figures_that_are_no_numbers_are_refused_before_they_are_merged(tmp_path):
    (tmp_path / RESULTS).write_text(text_of(a_line("a", figures={"aus": [float("nan"), None, None, 1]})) + "\n")
    with pytest.raises(DataError, match="NaN is no number"):
        read_lines(tmp_path)


def write_many(folder: Path, name: str) -> None:
    for number in range(30):
        append_lines(folder, [a_line(f"{name}{number}", details={"long": "x" * 20_000})])


def test_several_processes_write_into_one_folder(tmp_path):
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=write_many, args=(tmp_path, name)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(keys(tmp_path)) == sorted(f"{name}{number}" for name in "ab" for number in range(30))


def test_a_disk_that_takes_little_at_a_time_gets_everything(tmp_path, monkeypatch):
    import io

    whole = io.FileIO.write

    class Slow(io.FileIO):
        def write(self, data):
            return whole(self, bytes(data)[:7])

    monkeypatch.setattr(Path, "open", lambda self, mode, buffering: Slow(self, mode.replace("b", "")))
    append_lines(tmp_path, [a_line("a"), a_line("b")])
    monkeypatch.undo()
    assert keys(tmp_path) == ["a", "b"]


def pictured(folder: Path, line: Line, place: str = f"{PICTURES}/x.jpg") -> Line:
    (folder / PICTURES).mkdir(parents=True)
    (folder / PICTURES / "x.jpg").write_bytes(b"picture")
    return replace(line, pictures={"contact": [{"asked": "AU12", "after": place}]})


def test_pictures_come_from_the_folder_whose_line_stays(tmp_path):
    append_lines(tmp_path / "a", [a_line("x", failed="out of memory", figures={})])
    append_lines(tmp_path / "b", [pictured(tmp_path / "b", a_line("x"))])
    report = merge_benchmarks([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    assert [one.failed for one in read_lines(tmp_path / "both")] == [None]
    assert (tmp_path / "both" / PICTURES / "x.jpg").read_bytes() == b"picture"
    assert report.differing == []


@pytest.mark.parametrize("place", [f"{PICTURES}/../notes.txt", "notes.txt"])
def test_only_pictures_are_copied_along(tmp_path, place):
    append_lines(tmp_path / "a", [pictured(tmp_path / "a", a_line("x"), place)])
    append_lines(tmp_path / "b", [a_line("y")])
    (tmp_path / "a" / "notes.txt").write_text("mine")
    merge_benchmarks([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    assert sorted(keys(tmp_path / "both")) == ["x", "y"]
    assert not (tmp_path / "both" / "notes.txt").exists()


def test_a_picture_that_points_elsewhere_is_not_copied_along(tmp_path):
    line = pictured(tmp_path / "a", a_line("x"), f"{PICTURES}/elsewhere.jpg")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "a" / PICTURES / "elsewhere.jpg").symlink_to(tmp_path / "secret.jpg")
    append_lines(tmp_path / "a", [line])
    append_lines(tmp_path / "b", [a_line("y")])
    merge_benchmarks([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    assert not (tmp_path / "both" / PICTURES / "elsewhere.jpg").exists()


def test_figures_that_differ_in_their_last_digits_do_not_conflict(tmp_path):
    for name, value in (("a", 0.2), ("b", 0.2 + 1e-7), ("c", 0.21)):
        append_lines(tmp_path / name, [a_line("x", figures={"aus": [value, None, None, None]})])
    assert merge_benchmarks([tmp_path / "a", tmp_path / "b"], tmp_path / "ab").differing == []
    assert len(merge_benchmarks([tmp_path / "a", tmp_path / "c"], tmp_path / "ac").differing) == 1


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ({"weights": "a" * 64}, {"weights": "b" * 64}, ["stargan aaaaaaaa", "stargan bbbbbbbb"]),
        ({"mienkit": "0.1"}, {"mienkit": "0.2"}, ["stargan, mienkit 0.1", "stargan, mienkit 0.2"]),
        ({"calibration": None}, {"calibration": "c" * 64}, ["stargan (raw)", "stargan (calibrated)"]),
        ({"calibration": "d" * 64}, {"calibration": "c" * 64}, ["stargan dddddddd", "stargan cccccccc"]),
        ({"recogniser": None}, {"recogniser": "face"}, ["stargan, identity by nobody", "stargan, identity by face"]),
        ({}, {}, ["stargan, x", "stargan, y"]),
        ({"seed": 1}, {}, ["stargan", "stargan"]),
        ({"told": "units"}, {}, ["stargan", "stargan"]),
        ({"judge": "judge 2"}, {}, ["stargan", "stargan"]),
        ({"model": "other"}, {"weights": "b" * 64}, ["other", "stargan"]),
    ],
)
def test_rows_that_are_not_the_same_are_not_called_the_same(first, second, names):
    assert [one.model for one in distinct([a_line("x", **first), a_line("y", **second)])] == names


def test_tables_of_one_name_and_other_contents_do_not_share_a_table(tmp_path):
    lines = [a_line("x", tables="a" * 64), a_line("y", tables="b" * 64)]
    page = make_report(tmp_path, lines)
    assert page.count("<section") == 2
    assert "gesichter (aaaaaaaa)" in page


def test_only_trainings_and_draws_are_averaged():
    two = [a_line("x", weights="a"), a_line("y", weights="b")]
    assert list(trainings_of(two)) == [("stargan", "")]
    versions = [a_line("x", weights="a", mienkit="0.1"), a_line("y", weights="a", mienkit="0.2")]
    assert trainings_of(versions) == {}
    calibrated = [a_line("x", weights="a", calibration="c"), a_line("y", weights="a")]
    assert trainings_of(calibrated) == {}
    draws = [a_line(f"{seed}{c}", weights="a", seed=seed, calibration=c) for seed in (0, 1) for c in ("c", None)]
    assert {name: len(some) for name, some in trainings_of(draws).items()} == {
        ("stargan", ""): 2, ("stargan (raw)", ""): 2
    }  # fmt: skip
