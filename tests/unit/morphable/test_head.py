"""The head model: what it builds, how it is read, what it says of a wrong file."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from real_head import real_model as real_model
from tiny_head import MODES, tiny_head

from mienkit.core.errors import AssetError, UnknownNameError
from mienkit.morphable.head import (
    EXPRESSION_NAMES,
    NUM_VERTICES,
    PARTS,
    HeadModel,
    load_head_model,
    read_head_model,
    split_quads,
)

MODEL = tiny_head()


def write_model(path: Path, **changes: np.ndarray) -> Path:
    arrays = {
        "neutral": MODEL.neutral,
        "faces": np.zeros((1, 4), np.int32),
        "identity": MODEL.identity.astype(np.float16),
        "expression": MODEL.expression.astype(np.float16),
        "expression_names": np.array(EXPRESSION_NAMES),
        "landmarks68": MODEL.landmarks68,
    }
    np.savez(path, **(arrays | changes))
    return path


def test_no_weights_give_the_neutral_head() -> None:
    np.testing.assert_array_equal(MODEL.shape(), MODEL.neutral)
    assert MODEL.shape() is not MODEL.neutral


def test_weights_add_their_shapes() -> None:
    smile = np.zeros(57)
    smile[MODEL.index("mouthSmile_L")] = 0.5
    smile[MODEL.index("jawOpen")] = 0.25
    wanted = MODEL.neutral + 0.5 * MODEL.expression[49] + 0.25 * MODEL.expression[30] + 2 * MODEL.identity[1]
    np.testing.assert_allclose(MODEL.shape(np.array([0, 2]), smile), wanted, atol=1e-5)


def test_many_weights_and_few_agree() -> None:
    dense = np.full(57, 0.3)
    wanted = MODEL.neutral + 0.3 * MODEL.expression.sum(0)
    np.testing.assert_allclose(MODEL.shape(expression=dense), wanted, atol=1e-4)


def test_too_many_weights_are_an_error() -> None:
    with pytest.raises(ValueError, match=f"at most {MODES} weights"):
        MODEL.shape(np.ones(MODES + 1))


def test_a_wrong_name_is_told_with_the_right_one() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mouthSmile_L'"):
        MODEL.index("mouthSmil_L")
    with pytest.raises(UnknownNameError, match="no part is called 'fac'; did you mean 'face'"):
        MODEL.part("fac")


def test_every_triangle_belongs_to_one_part_and_joints_to_the_later() -> None:
    face, head = MODEL.triangles_of("face"), MODEL.triangles_of("head")
    assert face.max() < 64
    assert (head.max(1) >= 64).all()
    assert head.min() < 64
    assert len(face) + len(head) == len(MODEL.triangles) == len(MODEL.triangles_of("face", "head"))


def test_quads_become_two_triangles_and_triangles_one() -> None:
    polygons = np.array([[0, 1, 2, 3], [4, 5, 6, -1]])
    np.testing.assert_array_equal(split_quads(polygons), [[0, 1, 2], [0, 2, 3], [4, 5, 6]])


def test_parts_follow_each_other_without_a_gap() -> None:
    ranges = list(PARTS.values())
    assert ranges[0][0] == 0
    assert ranges[-1][1] == NUM_VERTICES
    assert all(before[1] == after[0] for before, after in pairwise(ranges))


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"other\.npz is no head model.*26719.*mien fetch ict-facekit"):
        read_head_model(write_model(tmp_path / "other.npz"))


def test_a_file_with_other_shapes_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "other.npz", expression_names=np.array(["smile", *EXPRESSION_NAMES[1:]]))
    with pytest.raises(AssetError, match="names its expressions otherwise"):
        read_head_model(path)


def test_a_file_without_an_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.npz"
    np.savez(path, neutral=MODEL.neutral)
    with pytest.raises(AssetError, match="cannot be read"):
        read_head_model(path)


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)
    with pytest.raises(AssetError, match="remove it and run `mien fetch ict-facekit`"):
        read_head_model(path)


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "pickled.npz", neutral=np.array([object()], dtype=object))
    with pytest.raises(AssetError, match="cannot be read"):
        read_head_model(path)


def test_the_real_model_is_whole_and_symmetric(real_model: HeadModel) -> None:
    assert real_model.expression_names == EXPRESSION_NAMES
    assert real_model.triangles.max() < NUM_VERTICES
    landmarks = real_model.neutral[real_model.landmarks68]
    mirrored = landmarks[16::-1] * (-1, 1, 1)
    np.testing.assert_allclose(landmarks[:17], mirrored, atol=0.1)


def test_every_triangle_of_the_real_model_has_a_part(real_model: HeadModel) -> None:
    assert sum(len(real_model.triangles_of(part)) for part in PARTS) == len(real_model.triangles)


def test_the_real_model_is_loaded_once(real_model: HeadModel) -> None:
    assert load_head_model() is real_model
