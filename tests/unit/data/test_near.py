import cv2
import numpy as np
import pytest

from mienkit.data.near import (
    ALIKE,
    RADIUS,
    hash_picture,
    likeness,
    near_duplicates,
    near_pairs,
    shrink_picture,
    within,
)


def blobs(seed, size=64):
    """A picture with large shapes."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)


def some_hashes(count, seed=0):
    return np.random.default_rng(seed).integers(0, 2**64, (count, 2), np.uint64)


def told(found):
    couples, bits = found
    return [(one, other, differ) for (one, other), differ in zip(couples.tolist(), bits.tolist(), strict=True)]


def flip_bits(numbers, places):
    return numbers ^ np.uint64(sum(1 << place for place in places))


@pytest.mark.parametrize(
    "copied",
    [
        lambda picture: cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], 1),
        lambda picture: cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA),
        lambda picture: np.clip(picture * 1.05 + 4, 0, 255).astype(np.uint8),
        lambda picture: np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    ],
    ids=["compressed", "smaller", "brighter", "grey"],
)
def test_copies_of_a_picture_are_near_and_others_are_not(copied):
    picture = blobs(1)
    hashes = np.stack([hash_picture(one) for one in (picture, copied(picture), blobs(2))])
    bits = np.bitwise_count(hashes ^ hashes[0])
    assert (bits[1] <= RADIUS).all()
    assert (bits[2] > 2 * RADIUS).all()
    small = np.stack([shrink_picture(one) for one in (picture, copied(picture), blobs(2))])
    alike = likeness(small[[0, 0, 0]], small)
    assert alike[0] == 1
    assert alike[1] > ALIKE > alike[2]


@pytest.mark.parametrize("places", [(0, 1, 2, 3), (0, 20, 40, 63), (10, 11, 31, 32), ()])
def test_every_couple_within_the_radius_is_found(places):
    """Wherever the bits differ, in one piece of the hash or in four."""
    hashes = some_hashes(200)
    hashes[150] = flip_bits(hashes[20], places)
    assert told(near_pairs(hashes)) == [(20, 150, 2 * len(places))]


def test_both_hashes_must_be_near():
    hashes = some_hashes(50)
    hashes[7] = [hashes[3, 0], flip_bits(hashes[3, 1], range(RADIUS + 1))]
    assert told(near_pairs(hashes)) == []
    assert told(near_pairs(hashes, radius=RADIUS + 1)) == [(3, 7, RADIUS + 1)]


def test_the_couples_are_those_of_comparing_all():
    rng = np.random.default_rng(3)
    hashes = some_hashes(12)[rng.integers(0, 12, 300)]
    for row in range(300):
        hashes[row, 0] = flip_bits(hashes[row, 0], rng.choice(64, rng.integers(0, 4), replace=False).tolist())
    hashes = np.unique(hashes, axis=0)
    one, other = np.triu_indices(len(hashes), 1)
    near = (np.bitwise_count(hashes[one] ^ hashes[other]) <= RADIUS).all(1)
    found, _ = near_pairs(hashes)
    assert near.sum() > 500
    assert found.tolist() == np.stack([one[near], other[near]], axis=1).tolist()


def test_every_couple_is_met_once():
    hashes = some_hashes(1).repeat(9, axis=0)
    hashes[:, 0] = [flip_bits(number, [place]) for place, number in enumerate(hashes[:, 0])]
    met = np.concatenate(list(within(hashes, np.arange(9), RADIUS)))
    assert len(met) == len(np.unique(met, axis=0)) == 9 * 8 // 2


def test_the_search_can_end_when_there_are_enough():
    hashes = some_hashes(1).repeat(60, axis=0)
    hashes[:, 0] = [flip_bits(number, [place]) for place, number in enumerate(hashes[:, 0])]
    every, some = near_pairs(hashes)[0], near_pairs(hashes, most=100)[0]
    assert len(every) == 60 * 59 // 2
    assert 100 < len(some) < 100 + 60
    assert {tuple(couple) for couple in some.tolist()} < {tuple(couple) for couple in every.tolist()}


def test_many_copies_are_told_with_the_first_one_only():
    hashes = np.repeat(some_hashes(2), 500, axis=0)
    found = near_duplicates([f"face-{number}" for number in range(1000)], hashes)
    assert len(found) == 998
    assert {pair.first for pair in found} == {"face-0", "face-500"}
    assert {pair.bits for pair in found} == {0}


def test_the_closest_couple_comes_first_and_by_name():
    hashes = some_hashes(4)
    hashes[1], hashes[3] = flip_bits(hashes[0], [5]), hashes[2]
    found = near_duplicates(["a", "b", "c", "d"], hashes)
    assert [(pair.first, pair.second, pair.bits) for pair in found] == [("c", "d", 0), ("a", "b", 2)]


def test_the_frames_of_a_clip_are_not_told_but_those_that_another_person_has():
    clip = np.repeat(some_hashes(1), 300, axis=0)
    clip[:, 1] = [flip_bits(number, [frame % 7]) for frame, number in enumerate(clip[:, 1])]
    person = np.zeros(300, np.int64)
    assert told(near_pairs(clip, person)) == []
    person[299] = 1
    couples, bits = near_pairs(clip, person)
    assert len(couples) > 0
    assert (couples == 299).any(1).all()
    assert bits.max() <= 2


def test_flat_pictures_are_alike_only_where_they_are_equal():
    flat = np.stack([np.full((32, 32), grey, np.uint8) for grey in (0, 0, 90)])
    assert likeness(flat[[0, 0]], flat[[1, 2]]).tolist() == [1, 0]


def test_nothing_is_near_in_an_empty_table():
    assert near_duplicates([], np.empty((0, 2), np.uint64)) == []
