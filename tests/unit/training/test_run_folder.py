import json
import subprocess

import pytest
import torch
from toys import Wgan, batches, new

from mienkit.core.errors import ConfigError, OutputError
from mienkit.training import folder as folder_module
from mienkit.training.checkpoint import CheckpointHook
from mienkit.training.folder import RunFolder, git_commit
from mienkit.training.log import LogHook
from mienkit.training.loop import train
from mienkit.training.run import Run
from mienkit.training.samples import SampleHook

SETTINGS = {"model": "wgan", "config": {"n_critic": 5, "sizes": (1, 2)}, "seed": 0}


def test_config_is_on_disk_before_the_first_step(tmp_path):
    with RunFolder(tmp_path / "run", SETTINGS):
        written = json.loads((tmp_path / "run" / "config.json").read_text())
    assert written["settings"] == {"model": "wgan", "config": {"n_critic": 5, "sizes": [1, 2]}, "seed": 0}
    assert written["made_by"]["packages"]["torch"] == torch.__version__
    assert {"mienkit", "git_commit", "python", "platform"} <= written["made_by"].keys()


def test_same_settings_open_the_folder_again(tmp_path):
    for _ in range(2):
        RunFolder(tmp_path, SETTINGS).close()


def test_other_settings_are_refused_with_every_difference(tmp_path):
    RunFolder(tmp_path, SETTINGS).close()
    other = {"model": "wgan", "config": {"n_critic": 3, "sizes": (1, 2)}, "preset": "ours", "seed": 0}
    expected = "config.n_critic was 5, now 3; preset was not set, now ours; choose another folder"
    with pytest.raises(ConfigError, match=expected):
        RunFolder(tmp_path, other)


def test_foreign_config_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("[1, 2]")
    with pytest.raises(ConfigError, match="is not the config of a run"):
        RunFolder(tmp_path, SETTINGS)


def test_two_trainings_never_share_a_folder(tmp_path):
    with RunFolder(tmp_path, SETTINGS), pytest.raises(ConfigError, match="another training is using"):
        RunFolder(tmp_path, SETTINGS)
    RunFolder(tmp_path, SETTINGS).close()


def test_file_in_the_way_is_an_output_error(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(OutputError, match="cannot write to the run folder"):
        RunFolder(tmp_path / "run", SETTINGS)


def test_other_processes_write_nothing(tmp_path):
    with RunFolder(tmp_path / "run", SETTINGS, leads=False):
        assert not (tmp_path / "run").exists()


def start(path, steps: int = 6) -> tuple[RunFolder, Run, tuple]:
    folder, run = RunFolder(path, SETTINGS), Run(new(Wgan, Wgan.Config(steps=steps)))
    folder.resume(run)
    hooks = (
        LogHook(folder.log, every=1, board=folder.board),
        SampleHook(folder.samples, next(batches(0)), every=3, board=folder.board),
        CheckpointHook(folder.checkpoints, every=2),
    )
    return folder, run, hooks


def test_resumed_run_logs_no_step_twice(tmp_path):
    folder, run, hooks = start(tmp_path)

    def die(run, terms):
        if run.step == 5:
            raise RuntimeError

    with folder, pytest.raises(RuntimeError):
        train(run, batches, [*hooks, die])
    assert [line["step"] for line in folder.log.lines()] == [1, 2, 3, 4, 5]
    folder, run, hooks = start(tmp_path)
    with folder:
        assert run.step == 4
        train(run, batches, hooks)
    assert [line["step"] for line in folder.log.lines()] == [1, 2, 3, 4, 5, 6]
    seconds = [line["seconds"] for line in folder.log.lines()]
    assert seconds == sorted(seconds)
    assert [path.name for path in sorted(folder.samples.iterdir())] == ["step-000003.png", "step-000006.png"]


def test_tensorboard_shows_each_step_once_after_a_resume(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder, run, hooks = start(tmp_path)
    run.progress.step = 3  # as if killed: the checkpoint of step 4 is older than the log
    with folder:
        train(run, batches, hooks[:2])
    folder, run, hooks = start(tmp_path)
    with folder:
        train(run, batches, hooks)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("critic/gp")] == [1, 2, 3, 4, 5, 6]
    assert [event.step for event in events.Images("samples")] == [3, 6]


def test_commit_of_a_checkout_is_told_with_its_changes(tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    monkeypatch.setattr(folder_module, "__file__", str(tmp_path / "src" / "mienkit" / "training" / "folder.py"))
    assert git_commit() is None
    git("init")
    assert git_commit() is None
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-m", "x")
    clean = git_commit()
    assert len(clean) == 40
    (tmp_path / "file").write_text("2")
    assert git_commit() == f"{clean}+changes"
