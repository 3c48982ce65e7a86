"""The bench runs on tiny sizes; how fast is never tested."""

from pathlib import Path

import cv2
import pytest
import torch


def test_every_way_to_edit_is_timed_and_compared_with_plain_float32():
    from bench.edit import REFERENCE, bench_edits

    table = bench_edits(2, rounds=1, size=32, preset="tiny", full=False)
    ways = {str(row[0]): row for row in table.rows}
    assert ways[REFERENCE][3] == 1
    assert ways[REFERENCE][4] is None
    assert ways["official, quick float32"][4] < 0.02
    assert ways["official, quick bf16"][4] > ways["official, quick float32"][4]
    assert all(row[1] > 0 for row in table.rows)


def test_every_part_of_an_edit_by_duchenne_is_timed_beside_the_official_generator(monkeypatch):
    import bench.duchenne as part
    from bench.edit import REFERENCE, build_ganimation

    monkeypatch.setattr(part, "build_ganimation", lambda _, size: build_ganimation("tiny", size))
    table = part.bench_parts(rounds=1, counts=(1,), photos={"small": (60, 80)})
    rows = {str(row[0]): row for row in table.rows}
    assert list(rows)[:3] == [REFERENCE, "encode", "decode"]
    assert list(rows)[-2:] == ["blend, small", "edit of a photo, small"]
    assert rows[REFERENCE][-1] == 1
    assert all(cell > 0 for row in table.rows for cell in row[1:])


def test_every_program_at_hand_runs_duchenne_and_its_error_is_measured():
    from bench.duchenne import bench_engines
    from bench.engine import REFERENCE

    table = bench_engines(rounds=1, counts=(1,), full=False)
    errors = {str(row[0]): row[-2:] for row in table.rows}
    assert errors[REFERENCE] == (0, 0)
    assert 0 < errors["fp32, channels last"][0] < 0.1
    assert errors["bf16 autocast"][1] > errors["fp32, channels last"][1]
    assert next(iter(table.rows))[3] == 1


def test_programs_that_are_not_installed_are_left_out_and_named(monkeypatch):
    import bench.duchenne as part
    import bench.runtime as runtime

    monkeypatch.setattr(runtime, "installed", lambda *packages: "onnx" not in packages and "openvino" not in packages)
    assert runtime.missing() == ["onnx", "openvino"]
    assert runtime.runtimes(torch.nn.Conv2d(3, 3, 1), [(torch.zeros(1, 3, 8, 8),)]) == {}
    monkeypatch.setattr(part, "missing", runtime.missing)
    assert "left out: onnx, openvino." in part.bench_engines(rounds=1, counts=(1,), full=False).note


def test_the_number_of_threads_is_set_for_a_while():
    from bench.duchenne import threads

    before = torch.get_num_threads(), cv2.getNumThreads()
    with threads(before[0] + 1):
        assert torch.get_num_threads() == before[0] + 1
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_the_stages_of_a_photo_are_timed_one_by_one(workshop):
    from bench.path import bench_photos

    table = bench_photos(workshop, rounds=1, large=(300, 400))
    assert [row[0] for row in table.rows][:3] == ["decode", "detect", "align (box -> meter -> template)"]
    assert table.columns[1:] == ("512 x 512", "400 x 300")
    assert all(time > 0 for row in table.rows for time in row[1:])


def test_the_meter_is_timed(workshop):
    from bench.path import bench_meter

    assert [row[0] for row in bench_meter(workshop, rounds=1).rows] == ["1", "16"]


def test_drawing_and_loading_are_timed():
    from bench.data import bench_data

    rows = bench_data(count=8, sizes=(32,), rounds=1).rows
    assert {row[3] for row in rows} == {"faces/s", "images/s", "ms"}
    assert all(row[2] > 0 for row in rows)


def test_the_stages_of_ours_are_timed_in_both_precisions():
    from bench.training import bench_ours

    rows = bench_ours(sizes=(32,), batch=2, rounds=1).rows
    assert {(row[1], row[2]) for row in rows} == {(s, p) for s in ("pairs", "joint") for p in ("fp32", "bf16")}


def test_a_turn_counts_the_critic_as_often_as_it_is_updated():
    from bench.training import bench_turn

    rows = {row[0]: row for row in bench_turn(preset="tiny", rounds=1).rows}
    turn = rows["critic"][1] * rows["critic"][2] + rows["generator"][2]
    assert rows["critic"][1] == 2
    assert rows["the turn"][2] == pytest.approx(turn)


def test_a_table_becomes_markdown():
    from bench.table import Table, write_table

    table = Table(title="Speed", note="Fast.", columns=("what", "ms"), rows=[("edit", 12.3456), ("rest", None)])
    assert write_table(table) == "## Speed\n\nFast.\n\n| what | ms |\n| --- | --- |\n| edit | 12.3 |\n| rest |  |\n"


def test_the_machine_is_described_without_its_name_or_paths():
    import platform

    from bench.machine import describe_machine

    text = str(describe_machine().rows)
    assert str(Path.home()) not in text
    assert platform.node() not in text or len(platform.node()) < 4


def test_works_are_timed_in_turn_every_other_round_backwards():
    from bench.timing import milliseconds

    order = []
    milliseconds({name: (lambda name=name: order.append(name)) for name in "ab"}, rounds=2, warm_up=0)
    assert order == ["a", "b", "b", "a"]
