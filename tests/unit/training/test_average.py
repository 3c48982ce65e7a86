import pytest
import torch
from toys import Wgan, batches, new

from mienkit.training.average import Averages
from mienkit.training.loop import train
from mienkit.training.run import Run


def fill(recipe, value: float) -> None:
    with torch.no_grad():
        for parameter in recipe.generator.parameters():
            parameter.fill_(value)


def test_average_follows_the_closed_form_of_its_warm_up():
    recipe = new(Wgan)
    fill(recipe, 0.0)
    averages = Averages(recipe, decay=0.15)
    optimizer = recipe.stages()[0].phases[1].optimizer
    expected = 0.0
    for count, value in enumerate([1.0, 2.0, 3.0, 4.0]):
        fill(recipe, value)
        averages.update(optimizer)
        decay = min(0.15, (1 + count) / (10 + count))
        expected = decay * expected + (1 - decay) * value
    assert averages.states["generator"]["last.bias"].tolist() == pytest.approx([expected] * 4)


def test_average_stands_still_while_another_network_moves():
    recipe = new(Wgan)
    averages = Averages(recipe)
    fill(recipe, 1.0)
    averages.update(recipe.stages()[0].phases[0].optimizer)
    assert averages.updates == {"generator": 0}
    assert not (averages.states["generator"]["last.weight"] == 1).all()


def test_average_is_put_in_only_for_a_while():
    recipe = new(Wgan)
    averages = Averages(recipe)
    start = recipe.generator.last.weight.clone()
    fill(recipe, 1.0)
    with averages.applied():
        assert torch.equal(recipe.generator.last.weight, start)
    assert (recipe.generator.last.weight == 1).all()


def test_released_weights_are_the_average():
    run = Run(new(Wgan), decay=0.9)
    train(run, batches)
    released = run.released_state()
    assert torch.equal(released["generator.last.weight"], run.averages.states["generator"]["last.weight"])
    assert not torch.equal(released["generator.last.weight"], run.recipe.generator.last.weight)
    assert torch.equal(released["critic.0.weight"], run.recipe.critic[0].weight)


def test_buffers_are_copied_not_averaged():
    recipe = new(Wgan)
    recipe.generator.norm = torch.nn.BatchNorm2d(2)
    averages = Averages(recipe)
    recipe.generator.norm.running_mean.fill_(5.0)
    recipe.generator.norm.num_batches_tracked.fill_(7)
    averages.update(recipe.stages()[0].phases[1].optimizer)
    assert averages.states["generator"]["norm.running_mean"].tolist() == [5, 5]
    assert averages.states["generator"]["norm.num_batches_tracked"] == 7
