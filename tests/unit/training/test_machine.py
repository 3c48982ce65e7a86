import pytest
import torch
from toys import Wgan, batches, new

from mienkit.core.errors import ConfigError, UnknownNameError
from mienkit.training.loop import train
from mienkit.training.machine import Machine, imitates_bf16, open_fabric
from mienkit.training.run import Run


def test_machine_without_fabric_is_this_process_on_the_cpu():
    machine = Machine()
    assert (machine.device.type, machine.rank, machine.world, machine.leads) == ("cpu", 0, 1, True)
    batch = next(batches(0))
    assert torch.equal(machine.place(batch).image, batch.image)


def test_wrong_names_suggest():
    with pytest.raises(UnknownNameError, match="did you mean 'bf16-mixed'"):
        open_fabric(precision="bf16-mix")
    with pytest.raises(UnknownNameError, match="did you mean 'cuda'"):
        open_fabric(device="cudo")


def test_missing_cuda_is_a_clear_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="no CUDA device is at hand; take --device cpu"):
        open_fabric("cuda")


@pytest.mark.parametrize(("chip", "imitated"), [({"avx512_bf16": 1}, False), ({"amx_bf16": 1}, False), ({}, True)])
def test_bfloat16_without_instructions_for_it_is_known(monkeypatch, chip, imitated):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: chip)
    assert imitates_bf16("cpu", "bf16-mixed") is imitated
    assert not imitates_bf16("cpu", "32-true")
    assert not imitates_bf16("cuda", "bf16-mixed")


def test_no_micro_batches_are_refused():
    with pytest.raises(ConfigError, match="1 or more micro-batches, not 0"):
        Machine(micro_batches=0)


def test_half_precision_trains_with_weights_and_penalty_in_full():
    run, seen = Run(new(Wgan)), []
    fabric = open_fabric("cpu", "bf16-mixed")
    types = []
    recipe = run.recipe
    recipe.critic.register_forward_hook(lambda module, given, score: types.append(score.dtype))
    train(run, batches, [lambda run, terms: seen.append(terms)], fabric=fabric)
    assert types[:3] == [torch.bfloat16, torch.bfloat16, torch.float32]  # real, fake, penalty
    assert all(parameter.dtype == torch.float32 for parameter in recipe.parameters())
    full, exact = Run(new(Wgan)), []
    train(full, batches, [lambda run, terms: exact.append(terms)])
    assert float(seen[0]["critic/real"]) == pytest.approx(float(exact[0]["critic/real"]), abs=0.01)
    assert float(seen[0]["critic/real"]) != float(exact[0]["critic/real"])


def test_double_precision_moves_weights_and_batches():
    run, seen = Run(new(Wgan)), []
    train(run, batches, [lambda run, terms: seen.append(terms)], fabric=open_fabric("cpu", "64-true"))
    assert all(value.dtype == torch.float64 for value in seen[0].values())
    assert run.recipe.critic[0].weight.dtype == torch.float64


def shared_by(monkeypatch, world: int, rank: int = 0) -> Machine:
    monkeypatch.setattr(Machine, "world", world)
    monkeypatch.setattr(Machine, "rank", rank)
    return Machine()


def test_each_process_takes_its_own_rows_of_a_global_batch(monkeypatch):
    batch = next(batches(0))
    shares = [shared_by(monkeypatch, 2, rank).place(batch).image for rank in (0, 1)]
    assert [len(share) for share in shares] == [2, 2]
    assert torch.equal(torch.cat(shares), batch.image)


def test_a_batch_that_is_the_processes_own_is_taken_whole_and_counted_for_all(monkeypatch):
    shared_by(monkeypatch, 2, 1)
    machine, batch = Machine(sharded=True), next(batches(0))
    assert torch.equal(machine.place(batch).image, batch.image)
    assert (machine.samples(batch), Machine().samples(batch)) == (8, 4)


def test_batch_that_processes_cannot_share_is_a_config_error(monkeypatch):
    with pytest.raises(ConfigError, match="a batch of 4 cannot be shared equally by 3 processes; choose another"):
        shared_by(monkeypatch, 3).place(next(batches(0)))


def test_gradients_and_terms_are_averaged_in_one_exchange(monkeypatch):
    exchanged = []

    def add_other_process(flat: torch.Tensor) -> None:
        exchanged.append(flat.clone())
        flat += 3 * flat  # the other one has three times as much of everything

    monkeypatch.setattr("torch.distributed.all_reduce", add_other_process)
    parameters = [torch.nn.Parameter(torch.zeros(2, 2)), torch.nn.Parameter(torch.zeros(3)), torch.nn.Parameter()]
    parameters[0].grad, parameters[1].grad = torch.ones(2, 2), torch.full((3,), 2.0)
    terms = shared_by(monkeypatch, 2).average(parameters, {"a": torch.tensor(5.0), "b": torch.tensor(-1.0)})
    assert len(exchanged) == 1
    assert terms == {"a": 10, "b": -2}
    assert torch.equal(parameters[0].grad, torch.full((2, 2), 2.0))
    assert torch.equal(parameters[1].grad, torch.full((3,), 4.0))


def test_one_vote_is_enough_to_stop(monkeypatch):
    machine = shared_by(monkeypatch, 2)
    monkeypatch.setattr("torch.distributed.all_reduce", lambda votes: votes.add_(1))
    assert machine.anyone(False)
    monkeypatch.setattr("torch.distributed.all_reduce", lambda votes: votes)
    assert not machine.anyone(False)


def test_first_process_gives_the_others_its_weights(monkeypatch):
    monkeypatch.setattr("torch.distributed.broadcast", lambda tensor, src: tensor.fill_(src + 7.0))
    weight = torch.nn.Parameter(torch.zeros(2))
    shared_by(monkeypatch, 2).equalise([weight])
    assert weight.tolist() == [7, 7]
