"""The pool of earlier pictures."""

import torch
from torch import Tensor

from mienkit.nn.pool import ImagePool


def numbered(first: int, count: int = 4) -> Tensor:
    return torch.arange(first, first + count).float()[:, None, None, None].expand(-1, 1, 2, 2)


def keys(seed: int, count: int = 4) -> Tensor:
    return torch.randint(2**62, (count,), generator=torch.Generator().manual_seed(seed))


def play(pool: ImagePool, first: int, last: int) -> Tensor:
    return torch.cat([pool.swap(numbered(4 * turn), keys(turn)) for turn in range(first, last)])


def test_until_it_is_full_pictures_come_back_as_they_are():
    assert torch.equal(play(ImagePool(8, 1, 2, 2), 0, 2), torch.cat([numbered(0), numbered(4)]))


def test_then_about_half_of_what_comes_back_is_older():
    given = play(ImagePool(8, 1, 2, 2), 0, 100)[:, 0, 0, 0]
    older = (given != torch.arange(400))[8:].float().mean()
    assert 0.4 < older < 0.6
    assert (given <= torch.arange(400)).all()


def test_a_pool_goes_on_where_it_was_saved():
    straight, first, second = (ImagePool(8, 1, 2, 2) for _ in range(3))
    play(straight, 0, 5)
    play(first, 0, 5)
    second.load_state_dict(first.state_dict())
    assert torch.equal(play(straight, 5, 9), play(second, 5, 9))


def test_parts_of_a_batch_see_what_the_whole_one_would():
    whole, parts = ImagePool(6, 1, 2, 2), ImagePool(6, 1, 2, 2)
    for turn in range(6):
        pictures, key = numbered(4 * turn), keys(turn)
        halves = [parts.swap(pictures[rows], key[rows]) for rows in (slice(0, 2), slice(2, 4))]
        assert torch.equal(whole.swap(pictures, key), torch.cat(halves))


def test_an_empty_pool_swaps_nothing_and_no_gradient_goes_through():
    pictures = numbered(0).clone().requires_grad_(True)
    given = ImagePool(0, 1, 2, 2).swap(pictures, keys(0))
    assert torch.equal(given, pictures)
    assert not given.requires_grad
