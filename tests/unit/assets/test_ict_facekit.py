"""The head model's compact file, made from OBJ files."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from mienkit.assets.catalogue import ASSETS
from mienkit.assets.ict_facekit import make_head_file, read_arrays, write_arrays
from mienkit.morphable.head import EXPRESSION_NAMES, NUM_IDENTITIES

NEUTRAL = np.array([[0, -2.48251, 11.8387], [1, 0.5, 2], [-3e-05, 4, 5], [0, 1, 0.125], [2, 2, 2]])
MOVED = np.array([[0, 0, 0], [0.5, 0, 0], [0, -0.25, 0], [0, 0, 1], [0, 0, 0]])
POLYGONS = "usemtl Skin\nf 1/1 2/2 3/3 4/4\nf 1/1 2/3 5/2\nusemtl Teeth\nf 5/4 4/3 3/2 2/1\n"
ARRAYS = (
    "neutral", "faces", "face_material", "material_names", "uv_faces", "uv", "expression", "expression_names",
    "identity", "identity_names", "landmarks68", "licence", "source",
)  # fmt: skip


def obj(vertices: np.ndarray) -> str:
    lines = [f"v {x:g} {y:.6g} {z:g}" for x, y, z in vertices]
    texture = ["vt 0.25 1", "vt 0 0.5", "vt 6.5 0", "vt 1 1"]
    return "\n".join(["# v in a comment", "mtllib a.mtl", *lines, *texture, POLYGONS])


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    """Write a model of five vertices with two expressions and two identity modes."""
    texts = {
        "FaceXModel/jawOpen.obj": obj(NEUTRAL + MOVED),
        "FaceXModel/identity001.obj": obj(NEUTRAL - 2 * MOVED),
        "FaceXModel/identity000.obj": obj(NEUTRAL),
        "FaceXModel/generic_neutral_mesh.obj": obj(NEUTRAL),
        "FaceXModel/PupilDilate_L.obj": obj(NEUTRAL - MOVED).replace("\n", "\r\n"),
        "FaceXModel/vertex_indices.json": json.dumps({"idx_to_landmark_verts": [4, 2]}),
        "LICENSE": "MIT",
    }
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
    return {path: tmp_path / path for path in texts}


def test_shapes_are_differences_to_the_neutral_head_in_the_order_of_their_names(sources: dict[str, Path]) -> None:
    arrays = read_arrays(sources)
    assert tuple(arrays) == ARRAYS
    np.testing.assert_array_equal(arrays["neutral"], NEUTRAL.astype(np.float32))
    assert arrays["expression_names"].tolist() == ["PupilDilate_L", "jawOpen"]
    assert arrays["identity_names"].tolist() == ["identity000", "identity001"]
    np.testing.assert_allclose(arrays["expression"], [-MOVED, MOVED], atol=1e-5)
    np.testing.assert_allclose(arrays["identity"], [0 * MOVED, -2 * MOVED], atol=1e-5)
    assert arrays["landmarks68"].tolist() == [4, 2]
    assert str(arrays["licence"]) == "MIT"


def test_polygons_count_from_zero_and_know_their_material(sources: dict[str, Path]) -> None:
    arrays = read_arrays(sources)
    assert arrays["faces"].tolist() == [[0, 1, 2, 3], [0, 1, 4, -1], [4, 3, 2, 1]]
    assert arrays["uv_faces"].tolist() == [[0, 1, 2, 3], [0, 2, 1, -1], [3, 2, 1, 0]]
    assert arrays["face_material"].tolist() == [0, 0, 1]
    assert arrays["material_names"].tolist() == ["Skin", "Teeth"]
    assert arrays["uv"].tolist() == [[0.25, 1], [0, 0.5], [6.5, 0], [1, 1]]


def test_the_same_sources_give_the_same_bytes(sources: dict[str, Path], tmp_path: Path) -> None:
    make_head_file(sources, tmp_path / "one")
    make_head_file(dict(reversed(sources.items())), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with np.load(tmp_path / "one") as arrays:
        assert tuple(arrays) == ARRAYS


def test_the_packed_file_at_hand_holds_the_very_arrays_that_are_made(shared_data: Path, tmp_path: Path) -> None:
    entry = ASSETS["ict-facekit"]
    with np.load(shared_data / entry.filename) as arrays:
        write_arrays(tmp_path / "made", {name: arrays[name] for name in ARRAYS})
    assert (tmp_path / "made").stat().st_size == entry.size
    assert hashlib.sha256((tmp_path / "made").read_bytes()).hexdigest() == entry.sha256


def test_every_shape_of_the_model_is_among_the_sources() -> None:
    recipe = ASSETS["ict-facekit"].recipe
    assert recipe is not None
    shapes = {*EXPRESSION_NAMES, *(f"identity{number:03d}" for number in range(NUM_IDENTITIES)), "generic_neutral_mesh"}
    wanted = {f"FaceXModel/{name}.obj" for name in shapes} | {"FaceXModel/vertex_indices.json", "LICENSE"}
    assert {source.path for source in recipe.sources} == wanted
    assert len(recipe.sources) == len(wanted)
