import itertools

import pytest
import torch

from mienkit.core.errors import ConfigError, DataError, UnknownNameError
from mienkit.core.image import to_float
from mienkit.data.loader import load_faces
from mienkit.data.row import AU_COLUMNS
from mienkit.data.sampling import STREAMED, face_batches, streamed_faces
from mienkit.data.stream import RowStream, share_shards


def first(stream, count, start=0):
    return list(itertools.islice(stream(start), count))


def same(one, other):
    return all(torch.equal(value, other.tensors()[name]) for name, value in one.tensors().items())


def test_a_batch_depends_on_the_seed_and_its_number_only(scene_faces):
    long = first(face_batches(scene_faces, batch_size=4, seed=5), 6)
    resumed = first(face_batches(scene_faces, batch_size=4, seed=5), 2, start=4)
    assert same(long[4], resumed[0])
    assert same(long[5], resumed[1])
    other = first(face_batches(scene_faces, batch_size=4, seed=6), 1)
    assert not same(long[0], other[0])


def test_an_epoch_shows_every_face_once_with_its_own_units(scene_faces):
    batches = first(face_batches(scene_faces, batch_size=3, seed=0), 3)
    numbers = [number_of(image) for batch in batches for image in batch.image]
    assert sorted(numbers) == list(range(9))
    sources = torch.cat([batch.source for batch in batches])
    torch.testing.assert_close(sources, torch.from_numpy(scene_faces.aus[numbers]))


def test_about_half_of_the_faces_are_mirrored(scene_faces):
    batch = first(face_batches(scene_faces, batch_size=400, seed=0), 1)[0]
    brighter_left = (batch.image[:, 1, 0, 0] > batch.image[:, 1, 0, -1]).float().mean()
    assert 0.4 < brighter_left < 0.6


def test_shares_of_a_batch_are_parts_of_it(scene_faces):
    batch = first(face_batches(scene_faces, batch_size=6, seed=0), 1)[0]
    assert torch.equal(batch.share(1, 2).target, batch.target[3:])


def test_targets_differ_from_sources_and_change_every_epoch(scene_faces):
    batches = first(face_batches(scene_faces, batch_size=9, seed=0), 2)
    assert not torch.equal(batches[0].target, batches[0].source)
    assert not torch.equal(batches[0].target.sort(0).values, batches[1].target.sort(0).values)
    natural = first(face_batches(scene_faces, batch_size=9, seed=0, targets="natural"), 1)[0]
    assert natural.target.min() >= 0
    assert natural.target.max() <= 1


def test_unknown_units_are_never_taken_for_zero(photo_and_edit_faces):
    with pytest.raises(DataError, match="have unknown AU5, AU6"):
        face_batches(photo_and_edit_faces, batch_size=2, seed=0)


def test_unknown_targets_are_named(scene_faces):
    with pytest.raises(UnknownNameError, match="kind of targets"):
        face_batches(scene_faces, batch_size=2, seed=0, targets="wild")


def number_of(image):
    """Read back the number that a made picture tells by its red."""
    return round((image[0, 0, 0].item() + 1) * 127.5)


def test_made_pictures_tell_their_number(scene_faces):
    assert [number_of(image) for image in to_float(scene_faces.images)] == list(range(9))


@pytest.fixture
def drawn_table(make_row, write_table):
    """Twelve faces in four files."""
    return write_table([make_row(number) for number in range(12)], rows_per_shard=3)


def streamed(table, rank=0, world=1, seed=0, batch_size=4, **options):
    rows = RowStream(share_shards([table], rank, world), STREAMED, seed=0, split="train", known=AU_COLUMNS, buffer=6)
    return streamed_faces(rows, size=16, batch_size=batch_size, seed=seed, rank=rank, world=world, **options)


def test_a_streamed_epoch_shows_every_face_once_with_its_own_units(drawn_table):
    batches = first(streamed(drawn_table), 3)
    numbers = [number_of(image) for batch in batches for image in batch.image]
    assert sorted(numbers) == list(range(12))
    sources = torch.cat([batch.source for batch in batches])
    torch.testing.assert_close(sources, torch.from_numpy(load_faces(drawn_table, 16).aus[numbers]))


def test_a_streamed_batch_depends_on_the_seed_and_its_number_only(drawn_table):
    long = first(streamed(drawn_table), 8)
    assert all(same(one, other) for one, other in zip(first(streamed(drawn_table), 3, start=5), long[5:], strict=True))
    assert not same(first(streamed(drawn_table, seed=1), 1)[0], long[0])


def test_processes_that_stream_see_faces_and_chance_of_their_own(drawn_table):
    own = [first(streamed(drawn_table, rank, 2), 3) for rank in (0, 1)]
    faces = [{number_of(image) for batch in batches for image in batch.image} for batches in own]
    assert [len(batch) for batch in own[0]] == [2, 2, 2]
    assert faces[0] | faces[1] == set(range(12))
    assert not faces[0] & faces[1]
    keys = torch.cat([batch.key for batches in own for batch in batches])
    assert len(keys.unique()) == 12


def test_streamed_targets_are_expressions_that_are_in_memory(drawn_table):
    natural = torch.cat([batch.target for batch in first(streamed(drawn_table, targets="natural"), 3)])
    assert natural.min() >= 0
    assert natural.max() <= 1
    assert len(natural.unique(dim=0)) == 12


def test_a_batch_that_processes_cannot_share_is_refused(drawn_table):
    with pytest.raises(ConfigError, match="a batch of 5 cannot be shared equally by 2"):
        streamed(drawn_table, 0, 2, batch_size=5)
