import os

import pytest
import torch
from toys import Noisy, Wgan, batches, new

from mienkit.core.errors import NotFiniteError, TrainingError
from mienkit.training.checkpoint import CheckpointHook, list_checkpoints, load_checkpoint, save_checkpoint
from mienkit.training.loop import train
from mienkit.training.run import Run


def steps_in(folder) -> list[int]:
    return sorted(int(path.stem.removeprefix("step-")) for path in folder.glob("*.pt"))


def saved(folder, steps: int = 4, **options) -> Run:
    run = Run(new(Noisy, steps))
    train(run, batches, [CheckpointHook(folder, **options)])
    return run


def test_last_two_stay(tmp_path):
    saved(tmp_path, 7, every=2)
    assert steps_in(tmp_path) == [6, 7]


def test_milestones_stay(tmp_path):
    saved(tmp_path, 12, every=2, milestone_every=4)
    assert steps_in(tmp_path) == [4, 8, 10, 12]


def test_newest_by_number_and_not_by_name(tmp_path):
    for name in ("step-999999.pt", "step-1000000.pt", "step-000500.pt", "step-best.pt"):
        (tmp_path / name).touch()
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step-1000000.pt", "step-999999.pt", "step-000500.pt"]


def test_checkpoint_holds_only_tensors_and_numbers(tmp_path):
    run = Run(new(Wgan))
    train(run, batches)
    path = save_checkpoint(tmp_path, run)
    assert torch.load(path, weights_only=True)["progress"] == {"stage": 0, "step": 4, "batches": 4, "images": 16}


def test_stop_request_saves(tmp_path):
    run = Run(new(Noisy))

    def stop(run, terms):
        run.stopping = run.step == 3

    assert not train(run, batches, [stop, CheckpointHook(tmp_path, every=100)])
    assert steps_in(tmp_path) == [3]


def test_empty_folder_holds_no_checkpoint(tmp_path):
    assert load_checkpoint(tmp_path / "missing") is None


def damage_tail(data: bytearray) -> bytes:
    return bytes(data[: len(data) // 2])


def damage_one_byte(data: bytearray) -> bytes:
    where = data.find(b"PK\x03\x04", len(data) // 2)  # the next record's header; flip a payload byte before it
    data[where - 200] ^= 0xFF
    return bytes(data)


def damage_all(data: bytearray) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [damage_tail, damage_one_byte, damage_all])
def test_damaged_last_one_falls_back_to_the_one_before(tmp_path, damage):
    saved(tmp_path, 4, every=2)
    last = tmp_path / "step-000004.pt"
    last.write_bytes(damage(bytearray(last.read_bytes())))
    with pytest.warns(RuntimeWarning, match=r"passing over the damaged checkpoint .*step-000004"):
        state = load_checkpoint(tmp_path)
    assert state["progress"]["step"] == 2


def test_nothing_readable_is_an_error(tmp_path):
    (tmp_path / "step-000004.pt").write_bytes(b"junk")
    with (
        pytest.warns(RuntimeWarning, match="passing over"),
        pytest.raises(TrainingError, match=r"no checkpoint in .* can be read; delete"),
    ):
        load_checkpoint(tmp_path)


def test_another_recipes_checkpoint_is_refused(tmp_path):
    saved(tmp_path)
    with pytest.raises(TrainingError, match="the checkpoint does not fit Wgan"):
        Run(new(Wgan)).load_state_dict(load_checkpoint(tmp_path))


def test_dead_run_never_replaces_a_good_checkpoint(tmp_path):
    run = saved(tmp_path, 4, every=2)
    run.recipe.network.weight.data[0] = float("nan")
    run.progress.step = 3
    with pytest.raises(NotFiniteError, match=r"weight 'network\.weight' is not finite at step 3; the last good"):
        save_checkpoint(tmp_path, run)
    assert steps_in(tmp_path) == [2, 4]


def test_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    run = saved(tmp_path)
    before = (tmp_path / "step-000004.pt").read_bytes()

    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(tmp_path, run)
    assert (tmp_path / "step-000004.pt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["step-000004.pt"]


def test_rubbish_of_a_killed_run_is_swept(tmp_path):
    (tmp_path / ".step-000001.pt.77.part").touch()
    saved(tmp_path)
    assert not list(tmp_path.glob(".*"))
