import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from mienkit.core.errors import ConfigError, DataError
from mienkit.data.pairing import Direction, PairMix, pair_batches

NOTHING = Direction(share=0)
ALONE = Direction(share=0, paired=0)


def only(**directions):
    empty = dict.fromkeys(("photo_to_edit", "edit_to_photo", "edit_to_edit", "same_scene"), NOTHING)
    return PairMix(**{**empty, "photo_alone": ALONE, "edit_alone": ALONE, **directions})


def draw(faces, mix=None, batch_size=64, number=0, seed=0, **options):
    return next(pair_batches(faces, batch_size=batch_size, seed=seed, mix=mix, **options)(number))


def numbers(images):
    """Read back the numbers that made pictures tell by their red."""
    return ((images[:, 0, 0, 0] + 1) * 127.5).round().long().numpy()


def rows(faces, images):
    """Find the rows of made pictures."""
    where = {int(number): row for row, number in enumerate(faces.images[:, 0, 0, 0])}
    return np.asarray([where[number] for number in numbers(images)])


def test_a_photo_becomes_its_edit_by_the_exact_change(photo_and_edit_faces):
    faces = photo_and_edit_faces
    batch = draw(faces, only(photo_to_edit=Direction(share=1, paired=0.5)))
    source, result = rows(faces, batch.image), rows(faces, batch.result)
    np.testing.assert_array_equal(faces.pair[result], source)
    np.testing.assert_array_equal(batch.source, faces.before[result])
    np.testing.assert_array_equal(batch.target, faces.aus[result])
    assert set(batch.paired.tolist()) == {0.5}
    assert set(result) == set(range(6, 14))


def test_an_edit_becomes_its_photo_by_the_change_reversed(photo_and_edit_faces):
    faces = photo_and_edit_faces
    batch = draw(faces, only(edit_to_photo=Direction(share=1)))
    source, result = rows(faces, batch.image), rows(faces, batch.result)
    np.testing.assert_array_equal(faces.pair[source], result)
    np.testing.assert_array_equal(batch.source, faces.aus[source])
    np.testing.assert_array_equal(batch.target, faces.before[source])
    assert set(batch.paired.tolist()) == {1.0}


def test_an_edit_becomes_another_edit_of_the_same_photo(photo_and_edit_faces):
    faces = photo_and_edit_faces
    batch = draw(faces, only(edit_to_edit=Direction(share=1)))
    source, result = rows(faces, batch.image), rows(faces, batch.result)
    np.testing.assert_array_equal(faces.pair[source], faces.pair[result])
    assert (source != result).all()
    np.testing.assert_array_equal(batch.target, faces.aus[result])


def test_drawn_faces_pair_within_their_scene(scene_faces):
    batch = draw(scene_faces, only(same_scene=Direction(share=1)), batch_size=300)
    source, result = rows(scene_faces, batch.image), rows(scene_faces, batch.result)
    np.testing.assert_array_equal(scene_faces.sequence[source], scene_faces.sequence[result])
    assert len(set(zip(source.tolist(), result.tolist(), strict=True))) == 18  # all ordered pairs: 3 scenes of 3 x 2
    np.testing.assert_array_equal(batch.source, scene_faces.aus[source])
    np.testing.assert_array_equal(batch.target, scene_faces.aus[result])


def test_photographs_of_a_clip_are_no_exact_pairs(scene_faces):
    photographs = replace(scene_faces, kind=np.zeros_like(scene_faces.kind))
    assert photographs.of_kind("photograph").all()
    with pytest.raises(DataError):
        draw(photographs, only(same_scene=Direction(share=1)))


def test_a_face_alone_is_its_own_untrusted_result_and_asked_for_something_else(photo_and_edit_faces):
    faces = photo_and_edit_faces
    batch = draw(faces, only(photo_alone=Direction(share=1, paired=0)))
    source = rows(faces, batch.image)
    assert set(source) == {0, 1, 2, 3}  # photographs 4 and 5 have unknown units
    assert torch.equal(batch.result, batch.image)
    assert not batch.paired.any()
    np.testing.assert_array_equal(batch.source, faces.expressions()[source])
    assert not torch.isnan(batch.target).any()
    assert (batch.target - batch.source).abs().max(1).values.min() > 0


def test_shares_are_met_and_missing_directions_left_out(photo_and_edit_faces):
    mix = only(
        photo_to_edit=Direction(share=1, paired=0.25),
        edit_to_photo=Direction(share=3, paired=0.75),
        same_scene=Direction(share=5),
    )
    paired = draw(photo_and_edit_faces, mix, batch_size=2000).paired
    assert (paired == 0.75).float().mean() == pytest.approx(0.75, abs=0.03)
    assert (paired == 0.25).float().mean() == pytest.approx(0.25, abs=0.03)


def test_only_photographs_are_called_real(photo_and_edit_faces):
    batch = draw(photo_and_edit_faces, batch_size=6)
    assert sorted(rows(photo_and_edit_faces, batch.real)) == list(range(6))


def test_without_a_photograph_drawn_faces_are_real(scene_faces):
    assert sorted(rows(scene_faces, draw(scene_faces, batch_size=9).real)) == list(range(9))


def test_labels_say_what_is_known_and_give_the_rest_as_masked(photo_and_edit_faces):
    faces = photo_and_edit_faces
    batch = draw(faces, PairMix(labelled_photos=0.5), batch_size=300)
    where = rows(faces, batch.labelled)
    np.testing.assert_array_equal(batch.label_known.bool(), ~np.isnan(faces.aus[where]))
    np.testing.assert_array_equal(batch.label, np.nan_to_num(faces.aus[where]))
    assert faces.of_kind("photograph")[where].mean() == pytest.approx(0.5, abs=0.1)
    assert faces.of_kind("photograph")[rows(faces, draw(faces, PairMix(labelled_photos=1)).labelled)].all()


def test_a_batch_depends_on_the_seed_and_its_number_only(photo_and_edit_faces):
    stream = pair_batches(photo_and_edit_faces, batch_size=5, seed=3)
    fourth = list(itertools.islice(stream(0), 5))[4]
    again = draw(photo_and_edit_faces, batch_size=5, seed=3, number=4)
    for name, value in fourth.tensors().items():
        assert torch.equal(value, again.tensors()[name]), name


def test_a_sample_does_not_depend_on_the_size_of_its_batch(photo_and_edit_faces):
    small = [draw(photo_and_edit_faces, batch_size=4, number=number) for number in range(3)]
    large = draw(photo_and_edit_faces, batch_size=12)
    for name, value in large.tensors().items():
        assert torch.equal(torch.cat([batch.tensors()[name] for batch in small]), value), name


def test_source_and_result_are_mirrored_together(photo_and_edit_faces):
    batch = draw(photo_and_edit_faces, only(photo_to_edit=Direction(share=1)), batch_size=100)
    assert torch.equal(batch.image[:, 1], batch.result[:, 1])  # green runs from left to right in every picture
    assert len(batch.image[:, 1, 0, 0].unique()) == 2


def test_a_mix_that_finds_nothing_is_an_error(scene_faces):
    with pytest.raises(DataError, match="nothing to pair"):
        pair_batches(scene_faces, batch_size=2, seed=0, mix=only(edit_to_photo=Direction(share=1)))


def test_shares_can_be_named_and_the_trust_stays():
    mix = PairMix().shared({"photo_to_edit": 2.0, "photo_alone": 0.0})
    assert mix.photo_to_edit == Direction(share=2.0)
    assert mix.photo_alone == Direction(share=0.0, paired=0.0)
    assert mix.edit_to_photo == PairMix().edit_to_photo


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Direction(share=-1),
        lambda: Direction(share=1, paired=2),
        lambda: PairMix(labelled_photos=1.5),
        lambda: PairMix(photo_alone=Direction(share=1, paired=1)),
    ],
)
def test_impossible_shares_are_refused(wrong):
    with pytest.raises(ConfigError, match="must be"):
        wrong()
