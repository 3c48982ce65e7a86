import numpy as np
import torch
from PIL import Image
from toys import Noisy, Wgan, batches, new

from mienkit.core.recipe import Sample
from mienkit.training.loop import train
from mienkit.training.run import Run
from mienkit.training.samples import TITLE, SampleHook, draw_grid, evaluating, take_sample


def test_grid_has_a_row_a_face_and_a_column_a_title():
    white, black = torch.ones(2, 3, 96, 96), -torch.ones(2, 1, 96, 96)
    grid = draw_grid({"white": white, "black": black})
    assert grid.shape == (2 * 96 + TITLE, 2 * 96, 3)
    assert (grid[TITLE:, :96] == 255).all()
    assert (grid[TITLE:, 96:] == 0).all()
    assert (grid[:TITLE] < 128).any()


def test_small_faces_are_enlarged_by_whole_pixels():
    image = torch.rand(1, 3, 40, 40) * 2 - 1
    grid = draw_grid({"face": image})[TITLE:]
    assert grid.shape == (120, 120, 3)
    assert np.array_equal(grid[::3, ::3], grid[2::3, 2::3])


def test_samples_are_written_by_step_and_shown_to_viewers(tmp_path):
    seen = []
    hook = SampleHook(
        tmp_path / "samples", next(batches(0)), every=2, viewers=[lambda run, sample: seen.append(sample)]
    )
    train(Run(new(Wgan, Wgan.Config(steps=5))), batches, [hook])
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["step-000002.png", "step-000004.png", "step-000005.png"]
    with Image.open(tmp_path / "samples" / names[0]) as grid:
        assert grid.size == (3 * 96, 4 * 96 + TITLE)
    assert all(isinstance(sample, Sample) for sample in seen)


def test_samples_show_the_averaged_networks():
    run, batch = Run(new(Wgan)), next(batches(0))
    before = take_sample(run, batch)
    train(run, batches)
    with torch.no_grad():
        for parameter in run.recipe.generator.parameters():
            parameter.zero_()
    after = take_sample(run, batch)
    assert not torch.equal(after.change, before.change)
    assert not (after.change == 0.5).all()
    assert (run.recipe.generator.last.weight == 0).all()


def test_recipe_with_nothing_to_show_draws_nothing(tmp_path):
    train(Run(new(Noisy)), batches, [SampleHook(tmp_path / "samples", next(batches(0)), every=1)])
    assert not (tmp_path / "samples").exists()


def test_drawing_samples_changes_no_training(tmp_path):
    plain, drawn = Run(new(Wgan)), Run(new(Wgan))
    train(plain, batches)
    train(drawn, batches, [SampleHook(tmp_path, next(batches(0)), every=1)])
    for key, value in plain.recipe.state_dict().items():
        assert torch.equal(value, drawn.recipe.state_dict()[key])


def test_each_module_gets_its_own_mode_back():
    model = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Sequential(torch.nn.Dropout()))
    model[1].eval()
    with evaluating(model):
        assert not any(module.training for module in model.modules())
    assert [module.training for module in model.modules()] == [True, True, False, False]
