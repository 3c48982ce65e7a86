"""What many machines cost is computed from numbers that anybody can check; the bench of it runs on tiny sizes."""

from pathlib import Path

import cv2
import numpy as np
import pytest


def figures(**changes):
    from bench.cost import Measured

    here = {"rate": 25, "start": 10, "listing": 0.0001, "handing": 0.003, "finishing": 0.00001}
    return Measured(**{**here, "photo": 80_000, "row": 20_000, **changes})


def test_each_step_is_computed_from_what_was_measured_and_assumed():
    from bench.cost import Assumed, serial_steps, shared_steps

    assumed = Assumed(cores=16, opening=0.01, names=20_000, walks=3, files=10_000, server=1e9, machine=5e8)
    serial = [step.seconds(4) for step in serial_steps(figures(), assumed, 1_000_000)]
    assert serial == pytest.approx([150, 10, 256 * 0.05, 10 + 1_000_000 / 256 * 3 * 0.01])
    shared = [step.seconds(4) for step in shared_steps(figures(), assumed, 1_000_000)]
    assert shared == pytest.approx([1_000_000 * 0.05 / 64, 50, 100, 100, 1_000_000 / 256 * 0.013])


def test_a_slow_disk_here_counts_where_the_network_is_faster():
    from bench.cost import Assumed, serial_steps

    step, *_ = serial_steps(figures(listing=0.001), Assumed(), 1_000_000)
    assert step.seconds(1) == pytest.approx(1000)


def test_the_bill_adds_the_serial_steps_and_the_slowest_of_the_others():
    from bench.cost import Assumed, bill

    assumed = Assumed(cores=10, price=0.05, opening=0, names=1e12, server=1e9)
    one = bill(figures(start=0, listing=0, finishing=0), assumed, 1, 1_000_000)
    assert one.seconds == pytest.approx(4000 + 256 * 0.04)
    assert one.core_hours == pytest.approx(one.seconds * 10 / 3600)
    assert one.dollars == pytest.approx(one.core_hours * 0.05)
    assert one.use == pytest.approx(4000 / one.seconds)
    assert one.limit.startswith("cores")
    many = bill(figures(start=0, listing=0, finishing=0), assumed, 1000, 1_000_000)
    assert many.seconds == pytest.approx(100 + 256 * 0.04)
    assert many.limit == "network of the file system"


def test_the_cost_table_has_a_column_for_each_number_of_machines_and_says_what_is_assumed():
    from bench.cost import Assumed, cost_table, figures_table
    from bench.table import write_table

    table = cost_table(figures(), Assumed())
    assert table.columns[-3:] == ("M = 1", "M = 8", "M = 64")
    rows = {str(row[0]): row for row in table.rows}
    assert float(rows["**US dollars**"][-3]) < float(rows["**US dollars**"][-1])
    assert all(row[2] for row in table.rows if str(row[0])[0] in "+=")
    assert "| `price` of a core-hour | 0.04 | US dollars | **assumed** |" in write_table(
        figures_table(figures(), Assumed())
    )


def test_what_was_measured_takes_the_place_of_what_stood_between_the_marks():
    from bench.table import BEGIN, END, fill_in

    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    filled = fill_in(document, "new\n")
    assert filled == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert fill_in(filled, "new") == filled


@pytest.mark.parametrize("document", ["", "{begin}", "{end}{begin}", "{begin}{end}{end}", "{begin}{begin}{end}"])
def test_a_document_without_marks_is_refused(document):
    from bench.table import BEGIN, END, fill_in

    from mienkit.core.errors import OutputError

    with pytest.raises(OutputError, match="should hold one line"):
        fill_in(document.format(begin=BEGIN, end=END), "new")


def test_the_guide_has_its_marks_and_shows_its_picture():
    from bench.scale import CURVE, GUIDE
    from bench.table import fill_in

    text = GUIDE.read_text(encoding="utf-8")
    assert "new" in fill_in(text, "new")
    assert f"](../images/{CURVE.name})" in text


def test_portraits_are_photographs_of_one_size_and_the_same_each_time(tmp_path, monkeypatch):
    import bench.portraits as part

    monkeypatch.setattr(part, "photo_tables", list)
    monkeypatch.setattr(part, "DRAWN", 2)
    part.write_portraits(tmp_path / "a", 3)
    part.write_portraits(tmp_path / "b", 3)
    part.write_portraits(tmp_path / "c", 1, seed=1)
    first, second = ([path.read_bytes() for path in sorted((tmp_path / name).iterdir())] for name in "ab")
    assert first == second
    assert len(set(first)) == 3
    assert (tmp_path / "c" / "portrait-00000.jpg").read_bytes() not in first
    assert all(cv2.imread(str(path)).shape == (853, 640, 3) for path in (tmp_path / "a").iterdir())


def test_a_person_comes_again_mirrored():
    from bench.portraits import set_into_photo

    crop = np.zeros((64, 64, 3), np.uint8)
    crop[:, :32] = 200
    plain, mirrored = (set_into_photo(crop, np.random.default_rng(0), mirrored=way) for way in (False, True))
    assert plain[400, 200].mean() > 190 > 10 > plain[400, 440].mean()
    assert mirrored[400, 200].mean() < 10 < 190 < mirrored[400, 440].mean()


def test_crops_come_from_the_photo_tables(shared_data, monkeypatch):
    from bench.portraits import decode, photo_crops

    monkeypatch.setenv("MIENKIT_ASSETS", str(shared_data))
    assert decode(next(photo_crops())).shape == (256, 256, 3)


def test_a_crowd_has_as_many_different_pictures_as_rows(tmp_path, monkeypatch):
    import bench.crowd as part

    from mienkit.data.table import read_table

    monkeypatch.setattr(part, "DISTINCT", 3)
    part.write_crowd(tmp_path / "crowd", 10)
    table = read_table(tmp_path / "crowd", ["image", "source_id", "sequence"])
    assert len(set(table["image"].to_pylist())) == len(set(table["source_id"].to_pylist())) == 10
    assert set(table["sequence"].to_pylist()) == {None}


def test_the_drivers_memory_is_read_from_the_systems_account():
    from bench.driver import NOW, PEAK, memory, read_account

    assert read_account(["VmPeak:\t 9 kB", "VmHWM:\t  2048 kB", "VmRSS:\t 1024 kB"], "VmHWM") == 2
    if Path("/proc/self/status").exists():
        assert 10 < memory(NOW) <= memory(PEAK)


def test_growth_is_told_in_bytes_a_face():
    from types import SimpleNamespace

    from bench.scale import slope

    runs = [SimpleNamespace(peak=peak, samples=samples) for peak, samples in ((9, 1), (100, 1000), (101, 1000 + 2**16))]
    assert slope(runs) == 16


def test_a_driver_is_watched_from_listing_to_finishing(tmp_path, monkeypatch):
    import bench.driver as part
    from bench.crowd import write_crowd

    from mienkit.app.engine import Here
    from mienkit.app.prepare import PrepareJob

    monkeypatch.setattr(part, "choose_engine", lambda *_: Here())
    write_crowd(tmp_path / "crowd", 40)
    run = part.drive(PrepareJob(reader="table", place=tmp_path / "crowd", out=tmp_path / "out"), "local", 1)
    assert (run.samples, run.rows) == (40, 40)
    assert 0 < run.listing + run.finishing < run.seconds
    assert run.before <= run.listed <= run.worked <= run.peak
    listed = part.list_only(PrepareJob(reader="table", place=tmp_path / "crowd", out=tmp_path / "list"))
    assert (listed.samples, listed.rows) == (40, 0)


def test_speed_is_that_of_processes_at_work_and_starting_is_the_rest():
    from types import SimpleNamespace

    from bench.scale import speed, speed_table, starting

    run = SimpleNamespace(samples=100, stages={"find": 6.0, "cut": 2.0}, seconds=20, listing=1, finishing=2)
    assert speed(run, 2) == pytest.approx(25)
    assert starting(run, 2) == pytest.approx(20 - 1 - 2 - 4)
    rows = speed_table({("local", 1): run, ("local", 2): run}).rows
    assert rows[1] == ("local", 2, 25, 12.5, 2, 13, 20, 60, 20)


def test_handing_out_is_timed_between_lots(monkeypatch):
    import bench.driver as part

    from mienkit.app.engine import Here

    monkeypatch.setattr(part, "choose_engine", lambda *_: Here())
    assert 0 < part.hand_out("local", 5) < 0.1


def test_too_few_photographs_are_refused(tmp_path):
    from bench.scale import pictures

    from mienkit.core.errors import DataError

    (tmp_path / "one.jpg").touch()
    with pytest.raises(DataError, match="holds 1 photographs; at least 32 are needed"):
        pictures(tmp_path)


def test_a_curve_has_a_line_and_a_name_for_each_engine():
    from bench.curve import draw_curve, round_up

    drawn = draw_curve({"local": [(1000, 400), (100_000, 430)], "ray": [(1000, 500), (100_000, 520)]}, "faces", "MiB")
    assert drawn.count("<polyline") == 2
    assert drawn.count("<circle") == 4
    assert ">100,000</text>" in drawn
    assert ">1000</text>" in drawn
    assert [round_up(value) for value in (0.9, 100, 520, 2100)] == [1, 100, 1000, 2500]


def test_the_most_memory_never_falls_though_the_systems_account_may(tmp_path, monkeypatch):
    import bench.driver as part
    from bench.crowd import write_crowd

    from mienkit.app.engine import Here
    from mienkit.app.prepare import PrepareJob

    told = iter([10.0, 12.0, 11.9, 13.0])
    monkeypatch.setattr(part, "memory", lambda _: next(told))
    monkeypatch.setattr(part, "choose_engine", lambda *_: Here())
    write_crowd(tmp_path / "crowd", 4)
    run = part.drive(PrepareJob(reader="table", place=tmp_path / "crowd", out=tmp_path / "out"), "local", 1)
    assert (run.before, run.listed, run.worked, run.peak) == (10, 12, 12, 13)
