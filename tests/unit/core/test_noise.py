import math

import pytest
import torch

from mienkit.core.noise import hash_counter, normal, shift_right, uniform

KEYS = torch.randint(2**62, (64,), generator=torch.Generator().manual_seed(3))


def test_splitmix_equals_its_reference():
    # Python, unbounded integers: z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64; z = (z ^ z >> 27) *
    # 0x94D049BB133111EB % 2**64; z ^ z >> 31, of 0x9E3779B97F4A7C15 and twice that.
    counters = torch.tensor([-7046029254386353131, 2 * -7046029254386353131 + 2**64])
    reference = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]  # the first outputs of SplitMix64 seeded with 0
    assert [value % 2**64 for value in hash_counter(counters).tolist()] == reference


def test_a_shift_fills_with_zeros():
    assert shift_right(torch.tensor([-1, 8]), 1).tolist() == [2**63 - 1, 4]


@pytest.mark.parametrize("draw", [uniform, normal])
def test_a_sample_meets_the_same_noise_however_the_batch_is_split(draw):
    whole = draw(KEYS, 3, 5)
    parts = torch.cat([draw(part, 3, 5) for part in KEYS.split(7)])
    assert torch.equal(whole, parts)
    assert torch.equal(draw(KEYS.flip(0), 3, 5), whole.flip(0))


@pytest.mark.parametrize("draw", [uniform, normal])
def test_streams_and_keys_give_different_noise(draw):
    assert not torch.isclose(draw(KEYS, 50), draw(KEYS, 50, stream=1)).float().mean() > 0.01
    assert len(torch.unique(draw(torch.arange(64), 1))) > 60


@pytest.mark.parametrize("draw", [uniform, normal])
def test_global_random_numbers_are_left_alone(draw):
    before = torch.get_rng_state()
    draw(KEYS, 4)
    assert torch.equal(torch.get_rng_state(), before)


def test_uniform_numbers_are_uniform():
    numbers = uniform(KEYS, 4096).double()
    assert 0 <= numbers.min() < 1e-4
    assert 1 - 1e-4 < numbers.max() < 1
    assert numbers.mean().item() == pytest.approx(1 / 2, abs=0.003)
    assert numbers.var().item() == pytest.approx(1 / 12, abs=0.002)
    counts = torch.histc(numbers.float(), 32, 0, 1).double()
    expected = numbers.numel() / 32
    assert ((counts - expected).square() / expected).sum() < 75  # chi-square, 31 degrees of freedom: p = 2e-5


def test_normal_numbers_are_normal():
    numbers = normal(KEYS, 4096).double()
    assert numbers.isfinite().all()
    moments = [numbers.pow(power).mean().item() for power in (1, 2, 3, 4)]
    assert moments == pytest.approx([0, 1, 0, 3], abs=0.06)
    within = (numbers.abs() < 1).double().mean().item()
    assert within == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.005)


def test_neighbouring_keys_and_numbers_are_not_correlated():
    numbers = uniform(torch.arange(2048), 8).double() - 0.5
    by_key = (numbers[1:] * numbers[:-1]).mean() * 12
    by_place = (numbers[:, 1:] * numbers[:, :-1]).mean() * 12
    assert abs(by_key) < 0.03
    assert abs(by_place) < 0.03


def test_noise_has_the_asked_shape():
    assert uniform(KEYS, 1, 1, 1).shape == (64, 1, 1, 1)
    assert uniform(KEYS).shape == (64,)
    assert normal(KEYS, 2, 3).dtype == torch.float32
