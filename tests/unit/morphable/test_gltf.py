"""Binary glTF: what is written is what was given, and what the specification demands."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from glb import read_glb
from mienkit.morphable.gltf import STILL_M, Keyframes, Material, Piece, pack_glb

DICE = np.random.default_rng(0)
MATTE = Material("matte", (0.5, 0.25, 0.125), 0.7)
NAMES = ("smile", "still", "jaw")


def piece(count: int = 6, material: Material = MATTE) -> Piece:
    """Build a strip of triangles whose second shape moves nothing and whose third moves the last vertex."""
    moves = DICE.normal(0, 0.01, (3, count, 3)).astype(np.float32)
    moves[1], moves[2, :-1] = 0, 0
    normals = DICE.normal(size=(count, 3))
    first = np.arange(count - 2)
    return Piece(
        material=material,
        positions=DICE.normal(0, 0.1, (count, 3)).astype(np.float32),
        normals=(normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32),
        triangles=np.stack([first, first + 1, first + 2], 1),
        moves=moves,
        turns=10 * moves,
    )


def keyframes(frames: int = 4) -> Keyframes:
    weights = DICE.uniform(0, 1, (frames, 3)).astype(np.float32)
    return Keyframes(NAMES, np.arange(frames, dtype=np.float32) / 25, weights)


def test_what_was_packed_comes_back() -> None:
    given, played = piece(), keyframes()
    read = read_glb(pack_glb("head", [given], played, {"synthetic": True}))
    (primitive,) = read.mesh["primitives"]
    np.testing.assert_array_equal(read.vertices(0), given.positions)
    np.testing.assert_array_equal(read.array(primitive["attributes"]["NORMAL"]), given.normals)
    np.testing.assert_array_equal(read.array(primitive["indices"]).reshape(-1, 3), given.triangles)
    for target, move, turn in zip(primitive["targets"], given.moves, given.turns, strict=True):
        np.testing.assert_array_equal(read.array(target["POSITION"]), move)
        np.testing.assert_array_equal(read.array(target["NORMAL"]), turn)
    seconds, weights = read.keyframes()
    np.testing.assert_array_equal(seconds, played.seconds)
    np.testing.assert_array_equal(weights, played.weights)
    assert read.names == list(NAMES)


def test_a_file_says_who_made_it_and_what_it_is() -> None:
    document = read_glb(pack_glb("head", [piece()], keyframes(), {"synthetic": True})).document
    assert document["asset"]["generator"] == "mienkit"
    assert document["asset"]["extras"] == {"synthetic": True}
    assert document["nodes"][0]["name"] == document["meshes"][0]["name"] == "head"


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd", "Köpfe"])
def test_chunks_are_aligned_whatever_the_text_is_long(name: str) -> None:
    assert read_glb(pack_glb(name, [piece(5)], keyframes(3), {})).mesh["name"] == name


def test_only_what_moves_is_stored() -> None:
    read = read_glb(pack_glb("head", [piece(50)], keyframes(), {}))
    accessors, (primitive,) = read.document["accessors"], read.mesh["primitives"]
    smile, still, jaw = (accessors[target["POSITION"]] for target in primitive["targets"])
    assert smile["sparse"]["count"] == 50
    assert "sparse" not in still
    assert "bufferView" not in still
    assert jaw["sparse"]["count"] == 1


def test_what_moves_less_than_the_model_is_exact_is_left_out() -> None:
    given = piece()
    slight = replace(given, moves=np.full_like(given.moves, 0.5 * STILL_M))
    read = read_glb(pack_glb("head", [slight], keyframes(), {}))
    np.testing.assert_array_equal(read.vertices(0, np.ones(3)), read.vertices(0))


def test_many_vertices_have_wide_numbers() -> None:
    read = read_glb(pack_glb("head", [piece(65_540)], keyframes(), {}))
    (primitive,) = read.mesh["primitives"]
    assert read.array(primitive["indices"]).dtype == np.uint32
    assert read.array(primitive["indices"]).max() == 65_539


def test_pictures_and_shades_travel_along() -> None:
    picture = cv2.imencode(".jpg", np.full((4, 4, 3), 100, np.uint8))[1].tobytes()
    given = replace(
        piece(material=replace(MATTE, picture=picture)),
        places=np.linspace(0, 1, 12, dtype=np.float32).reshape(6, 2),
        shade=np.array([0, 0.2, 0.4, 0.6, 0.8, 1]),
    )
    read = read_glb(pack_glb("head", [given, piece()], keyframes(), {}))
    attributes = read.mesh["primitives"][0]["attributes"]
    np.testing.assert_array_equal(read.array(attributes["TEXCOORD_0"]), given.places)
    np.testing.assert_array_equal(read.array(attributes["COLOR_0"])[:, 0], [0, 51, 102, 153, 204, 255])
    np.testing.assert_array_equal(read.array(attributes["COLOR_0"])[:, 3], 255)
    (image,) = read.document["images"]
    assert read.view(image["bufferView"]) == picture
    assert "baseColorTexture" not in read.document["materials"][1]["pbrMetallicRoughness"]


@pytest.mark.parametrize(
    "wrong",
    [
        Keyframes((), np.arange(2.0), np.zeros((2, 0))),
        Keyframes(NAMES, np.arange(2.0), np.zeros((3, 3))),
        Keyframes(NAMES[:2], np.arange(2.0), np.zeros((2, 2))),
    ],
)
def test_keyframes_that_do_not_fit_is_refused(wrong: Keyframes) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        pack_glb("head", [piece()], wrong, {})


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_weights_that_blender_would_clip_are_refused(weight: float) -> None:
    with pytest.raises(ValueError, match=r"within \[0, 1\]"):
        pack_glb("head", [piece()], Keyframes(NAMES, np.arange(1.0), np.full((1, 3), weight)), {})


@pytest.mark.parametrize("seconds", [(0, 0), (1, 0.5), (-1, 0)])
def test_times_that_do_not_rise_are_refused(seconds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="rise"):
        pack_glb("head", [piece()], Keyframes(NAMES, np.array(seconds), np.zeros((2, 3))), {})


@pytest.mark.parametrize("place", [4, 8, 12, 16, -4])
def test_the_reader_of_these_tests_sees_a_broken_file(place: int) -> None:
    content = bytearray(pack_glb("head", [piece()], keyframes(), {}))
    content[place] ^= 0x55
    with pytest.raises((AssertionError, ValueError)):
        read_glb(bytes(content[:-4]) if place < 0 else bytes(content))
