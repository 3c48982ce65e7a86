import pytest
import torch

from mienkit.core.batch import CurveBatch, FaceBatch


def face_batch(size: int = 6) -> FaceBatch:
    rows = torch.arange(size)
    return FaceBatch(
        key=rows,
        image=rows[:, None, None, None].expand(-1, 3, 4, 4).float(),
        source=rows[:, None].expand(-1, 17).float(),
        target=-rows[:, None].expand(-1, 17).float(),
    )


def test_length_counts_the_samples():
    assert len(face_batch(6)) == 6


def test_tensors_are_told_by_name_those_of_every_batch_first():
    assert list(face_batch().tensors()) == ["key", "image", "source", "target"]
    curves = CurveBatch(key=torch.arange(2), curve=torch.zeros(2, 30, 136), label=torch.zeros(2, dtype=torch.int64))
    assert list(curves.tensors()) == ["key", "curve", "label"]


def test_rows_take_every_field_along():
    part = face_batch().rows(slice(2, 4))
    assert isinstance(part, FaceBatch)
    for name, tensor in part.tensors().items():
        assert tensor.reshape(2, -1)[:, 0].abs().tolist() == [2, 3], name


def test_shares_are_equal_and_make_up_the_whole():
    batch = face_batch(6)
    shares = [batch.share(rank, 3) for rank in range(3)]
    assert [len(share) for share in shares] == [2, 2, 2]
    for name, whole in batch.tensors().items():
        assert torch.equal(torch.cat([share.tensors()[name] for share in shares]), whole), name


def test_a_batch_that_cannot_be_shared_equally_is_refused():
    with pytest.raises(ValueError, match="a batch of 6 cannot be shared equally by 4 processes"):
        face_batch(6).share(0, 4)


def test_every_field_moves_to_the_device():
    moved = face_batch().to("meta")
    assert {tensor.device.type for tensor in moved.tensors().values()} == {"meta"}


def test_a_batch_cannot_be_changed():
    with pytest.raises(AttributeError):
        face_batch().image = torch.zeros(1)  # type: ignore[misc]
