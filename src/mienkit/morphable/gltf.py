"""Meshes that morph, as a binary glTF 2.0 file: what Blender, three.js and most other programs read.

Written by hand, because it is a header, a JSON text and a block of bytes. Displacements are sparse: of each shape only
the vertices that it moves are stored.

Source: Khronos Group 2021, "glTF 2.0 Specification" (ISO/IEC 12113:2022).
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

GENERATOR = "mienkit"
MAGIC, VERSION = b"glTF", 2
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
BYTE, UNSIGNED_SHORT, UNSIGNED_INT, FLOAT = 5121, 5123, 5125, 5126
COMPONENTS = {"u1": BYTE, "u2": UNSIGNED_SHORT, "u4": UNSIGNED_INT, "f4": FLOAT}
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
VERTICES, INDICES = 34962, 34963
"""What a buffer view holds."""
CLAMP_TO_EDGE, LINEAR, MIPMAPS = 33071, 9729, 9987
LARGEST_SHORT = 65_534
"""65535 is reserved."""
STILL_M, STILL_NORMAL = 1e-5, 0.01
"""Displacements of a vertex and of its normal that are not worth their bytes; the head model is as exact."""


@dataclass(frozen=True, eq=False)
class Material:
    """What a piece of a mesh is made of."""

    name: str
    colour: tuple[float, float, float]
    """Linear, in [0, 1]; times the picture's."""
    roughness: float
    picture: bytes | None = None
    """A JPEG that is laid over it, if there is one."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A mesh of one material: V vertices, T triangles, K shapes. Metres, x to its left, y up, z to the front."""

    material: Material
    positions: Floats
    """(V, 3)."""
    normals: Floats
    """(V, 3) of length 1."""
    triangles: npt.NDArray[np.integer]
    """(T, 3) counter-clockwise when seen from outside."""
    moves: Floats
    """(K, V, 3): what each shape adds to the positions."""
    turns: Floats
    """(K, V, 3): what each shape adds to the normals."""
    places: Floats | None = None
    """(V, 2) on the picture: from its left edge and from its upper one, as shares of its sides."""
    shade: Floats | None = None
    """(V,) in [0, 1]: how much light comes to it."""


@dataclass(frozen=True, eq=False)
class Keyframes:
    """How strongly each shape is there over time, in between as if it were drawn with a ruler."""

    names: Sequence[str]
    """(K,) of the shapes."""
    seconds: Floats
    """(F,) rising, from 0."""
    weights: Floats
    """(F, K), within [0, 1]: Blender clips what is not."""


@dataclass(eq=False)
class Store:
    """The bytes of a file and the index of what lies where, as they grow."""

    data: bytearray = field(default_factory=bytearray)
    views: list[dict[str, int]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)

    def view(self, content: bytes, use: int | None = None) -> int:
        """Append bytes, aligned to 4, and return the number of their view."""
        self.data.extend(bytes(-len(self.data) % 4))
        entry = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(content)}
        self.views.append(entry if use is None else {**entry, "target": use})
        self.data.extend(content)
        return len(self.views) - 1

    def array(self, values: npt.NDArray[Any], use: int | None = None, **more: Any) -> int:
        """Append an array, (N,) or (N, C), and return the number of its accessor."""
        entry = {"bufferView": self.view(little(values), use), **described(values), **more}
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def bounded(self, values: Floats, use: int | None = None) -> int:
        """Append an array of which readers want to know the bounds."""
        return self.array(values, use, **bounds(values))

    def sparse(self, values: Floats, still: float) -> int:
        """Append the rows, of (N, 3), that are longer than ``still``; the others are 0."""
        rows = np.flatnonzero(np.square(values).sum(1) > still**2)
        kept = np.zeros_like(values)
        kept[rows] = values[rows]
        entry: dict[str, Any] = {**described(values), **bounds(kept)}
        if len(rows):
            indices = rows.astype(smallest_index(len(values)))
            entry["sparse"] = {
                "count": len(rows),
                "indices": {"bufferView": self.view(little(indices)), "componentType": component(indices)},
                "values": {"bufferView": self.view(little(values[rows]))},
            }
        self.accessors.append(entry)
        return len(self.accessors) - 1


def pack_glb(name: str, pieces: Sequence[Piece], keyframes: Keyframes, extras: Mapping[str, object]) -> bytes:
    """Pack a mesh and its keyframes into the bytes of a ``.glb`` file.

    Args:
        name: of the mesh, and of the object that it is.
        pieces: with shapes in the order of the keyframes's.
        keyframes: what moves them.
        extras: what the file says of itself, beside the generator; anything that JSON can hold.

    Raises:
        ValueError: there is no shape, a weight is outside of [0, 1], or shapes, weights and times do not fit.
    """
    check_keyframes(keyframes, pieces)
    store = Store()
    looks = Looks(store)
    primitives = [pack_piece(piece, looks) for piece in pieces]
    mesh = {
        "name": name,
        "primitives": primitives,
        "weights": keyframes.weights[0].astype(float).tolist(),
        "extras": {"targetNames": list(keyframes.names)},
    }
    document = {
        "asset": {"version": "2.0", "generator": GENERATOR, "extras": dict(extras)},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": name, "mesh": 0}],
        "meshes": [mesh],
        "materials": looks.materials,
        **looks.pictures(),
        "animations": [pack_keyframes(keyframes, store)],
        "accessors": store.accessors,
        "bufferViews": store.views,
        "buffers": [{"byteLength": len(store.data)}],
    }
    return container(json.dumps(document, separators=(",", ":"), allow_nan=False).encode(), bytes(store.data))


@dataclass(eq=False)
class Looks:
    """Materials and the pictures that they show, as they grow."""

    store: Store
    materials: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)

    def add(self, material: Material) -> int:
        """Append a material and return its number."""
        surface: dict[str, Any] = {
            "baseColorFactor": [*map(float, material.colour), 1.0],
            "metallicFactor": 0.0,
            "roughnessFactor": material.roughness,
        }
        if material.picture is not None:
            surface["baseColorTexture"] = {"index": len(self.images)}
            view = self.store.view(material.picture)
            self.images.append({"name": material.name, "bufferView": view, "mimeType": "image/jpeg"})
        self.materials.append({"name": material.name, "pbrMetallicRoughness": surface})
        return len(self.materials) - 1

    def pictures(self) -> dict[str, Any]:
        """Return the parts of the document that say what the pictures are; there may be none."""
        if not self.images:
            return {}
        sampler = {"magFilter": LINEAR, "minFilter": MIPMAPS, "wrapS": CLAMP_TO_EDGE, "wrapT": CLAMP_TO_EDGE}
        textures = [{"sampler": 0, "source": index} for index in range(len(self.images))]
        return {"images": self.images, "samplers": [sampler], "textures": textures}


def pack_piece(piece: Piece, looks: Looks) -> dict[str, Any]:
    """Store a piece and describe it as a primitive."""
    store = looks.store
    attributes = {
        "POSITION": store.bounded(piece.positions.astype(np.float32), VERTICES),
        "NORMAL": store.array(piece.normals.astype(np.float32), VERTICES),
    }
    if piece.places is not None:
        attributes["TEXCOORD_0"] = store.array(piece.places.astype(np.float32), VERTICES)
    if piece.shade is not None:
        grey = np.round(255 * np.clip(piece.shade, 0, 1))[:, None].repeat(4, 1).astype(np.uint8)
        grey[:, 3] = 255
        attributes["COLOR_0"] = store.array(grey, VERTICES, normalized=True)
    corners = piece.triangles.ravel().astype(smallest_index(len(piece.positions)))
    targets = [
        {"POSITION": store.sparse(move, STILL_M), "NORMAL": store.sparse(turn, STILL_NORMAL)}
        for move, turn in zip(piece.moves.astype(np.float32), piece.turns.astype(np.float32), strict=True)
    ]
    return {
        "attributes": attributes,
        "indices": store.array(corners, INDICES),
        "material": looks.add(piece.material),
        "targets": targets,
    }


def pack_keyframes(keyframes: Keyframes, store: Store) -> dict[str, Any]:
    """Store keyframes and describe it as an animation of the only object."""
    seconds = store.bounded(keyframes.seconds.astype(np.float32))
    weights = store.array(keyframes.weights.astype(np.float32).ravel())
    return {
        "name": "expression",
        "samplers": [{"input": seconds, "output": weights, "interpolation": "LINEAR"}],
        "channels": [{"sampler": 0, "target": {"node": 0, "path": "weights"}}],
    }


def check_keyframes(keyframes: Keyframes, pieces: Sequence[Piece]) -> None:
    """Hold times, weights and shapes against each other."""
    shape, count = keyframes.weights.shape, len(keyframes.names)
    if count == 0 or shape != (len(keyframes.seconds), count) or any(len(piece.moves) != count for piece in pieces):
        raise ValueError(f"{count} shapes at {len(keyframes.seconds)} times do not fit weights of shape {shape}")
    if len(keyframes.seconds) == 0 or keyframes.seconds[0] < 0 or (np.diff(keyframes.seconds) <= 0).any():
        raise ValueError("the times of keyframes should rise from 0")
    if keyframes.weights.min() < 0 or keyframes.weights.max() > 1:
        raise ValueError("the weights of keyframes should lie within [0, 1]")


def container(document: bytes, data: bytes) -> bytes:
    """Wrap a JSON text and a block of bytes as the specification says."""
    chunks = b"".join(
        struct.pack("<II", len(content) + -len(content) % 4, kind) + content + filler * (-len(content) % 4)
        for content, kind, filler in ((document, JSON_CHUNK, b" "), (data, BINARY_CHUNK, b"\0"))
    )
    return MAGIC + struct.pack("<II", VERSION, 12 + len(chunks)) + chunks


def described(values: npt.NDArray[Any]) -> dict[str, Any]:
    """Say what an array, (N,) or (N, C), holds."""
    columns = 1 if values.ndim == 1 else values.shape[1]
    return {"componentType": component(values), "count": len(values), "type": KINDS[columns]}


def bounds(values: Floats) -> dict[str, list[float]]:
    """Return the least and the largest of each column, (N,) or (N, C), to the last bit."""
    table = values.reshape(len(values), -1)
    return {"min": table.min(0).astype(float).tolist(), "max": table.max(0).astype(float).tolist()}


def component(values: npt.NDArray[Any]) -> int:
    """Return the specification's number for an array's type."""
    return COMPONENTS[values.dtype.str[1:]]


def little(values: npt.NDArray[Any]) -> bytes:
    """Return an array's bytes, the lowest first."""
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()


def smallest_index(count: int) -> type[np.unsignedinteger[Any]]:
    """Choose how wide numbers of as many vertices are."""
    return np.uint16 if count <= LARGEST_SHORT else np.uint32
