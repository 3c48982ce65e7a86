import numpy as np
import torch

from mienkit.core.noise import uniform
from mienkit.data.chance import PURPOSES, Chance, Order, pictures, places, sample_keys


def test_every_epoch_visits_every_row_once_in_another_order():
    order = Order(10, seed=4)
    rows = order.rows(np.arange(30)).reshape(3, 10)
    assert all(sorted(epoch) == list(range(10)) for epoch in rows.tolist())
    assert rows[0].tolist() != rows[1].tolist()


def test_a_place_deep_in_the_sequence_is_found_without_its_predecessors():
    far = np.arange(10**9, 10**9 + 8)
    np.testing.assert_array_equal(Order(7, 1).rows(far), Order(7, 1).rows(np.arange(10**9 - 40, 10**9 + 8))[40:])


def test_keys_differ_between_places_and_seeds():
    keys = torch.cat([sample_keys(seed, np.arange(1000)) for seed in (0, 1, 2)])
    assert len(keys.unique()) == 3000


def test_purposes_have_unrelated_numbers_that_differ_from_the_recipes():
    key = sample_keys(0, np.arange(4000))
    chance = Chance(key)
    numbers = torch.stack([chance.uniform(purpose) for purpose in PURPOSES] + [uniform(key)])
    correlation = torch.corrcoef(numbers) - torch.eye(len(numbers))
    assert correlation.abs().max() < 0.08


def test_part_of_the_samples_keeps_their_numbers():
    chance = Chance(sample_keys(0, np.arange(10)))
    part = chance.rows(np.asarray([7, 2]))
    torch.testing.assert_close(part.uniform("row", 3), chance.uniform("row", 3)[[7, 2]])


def test_choices_are_even():
    chosen = Chance(sample_keys(0, np.arange(6000))).choose("row", 6)
    assert np.bincount(chosen).min() > 880


def test_places_of_successive_batches_follow_each_other():
    assert np.concatenate([places(number, 3) for number in range(3)]).tolist() == list(range(9))


def test_pictures_are_floats_and_the_table_stays_as_it_was():
    images = np.random.default_rng(0).integers(0, 256, (4, 6, 6, 3), dtype=np.uint8)
    before = images.copy()
    taken = pictures(images, np.asarray([2, 2]), torch.tensor([True, False]))
    np.testing.assert_array_equal(images, before)
    torch.testing.assert_close(taken[0].flip(-1), taken[1])
    torch.testing.assert_close(taken[1], torch.from_numpy(images[2]).permute(2, 0, 1) / 127.5 - 1)
