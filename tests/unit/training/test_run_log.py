import json

import pytest
from toys import Wgan, batches, new

from mienkit.training.log import LogHook, RunLog
from mienkit.training.loop import train
from mienkit.training.run import Run


@pytest.fixture
def log(tmp_path):
    return RunLog(tmp_path / "log.jsonl")


def test_lines_are_json_also_when_numbers_are_not(log):
    log.append({"step": 1, "terms": {"a": float("nan"), "b": float("inf"), "c": 2.0}})
    line = log.path.read_text()
    assert json.loads(line, parse_constant=pytest.fail) == {"step": 1, "terms": {"a": None, "b": None, "c": 2.0}}


def test_half_written_last_line_is_dropped(log):
    log.append({"step": 1})
    log.path.write_text(log.path.read_text() + '{"step": 2, "ter')
    log.drop_after(5)
    log.append({"step": 2})
    assert log.path.read_text() == '{"step": 1}\n{"step": 2}\n'


def test_missing_log_is_empty(log):
    log.drop_after(3)
    assert log.lines() == []


def test_line_holds_the_mean_since_the_last_one(log):
    seen = []
    hooks = [LogHook(log, every=4), lambda run, terms: seen.append(terms)]
    train(Run(new(Wgan, Wgan.Config(steps=10, every=2))), batches, hooks)
    lines = log.lines()
    assert [line["step"] for line in lines] == [4, 8, 10]
    mean = sum(float(terms["critic/gp"]) for terms in seen[4:8]) / 4
    assert lines[1]["terms"]["critic/gp"] == pytest.approx(mean, rel=1e-5)
    mean = sum(float(terms["generator/cycle"]) for terms in (seen[5], seen[7])) / 2
    assert lines[1]["terms"]["generator/cycle"] == pytest.approx(mean, rel=1e-5)


def test_line_tells_rates_speed_and_stage(log):
    train(Run(new(Wgan)), batches, [LogHook(log, every=2)])
    line = log.lines()[1]
    assert line["rates"] == {"critic": 1e-3, "generator": 1e-3}
    assert (line["stage"], line["images"]) == ("joint", 16)
    assert line["images_per_second"] > 0


def test_speed_counts_images_of_a_known_clock(log, monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("mienkit.training.log.time.perf_counter", lambda: float(next(clock)))
    hook = LogHook(log, every=1)
    assert hook.measure_speed(40) == pytest.approx(4.0)
    assert hook.measure_speed(100) == pytest.approx(6.0)
    assert hook.measure_speed(100) is None
