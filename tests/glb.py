"""A strict reader of binary glTF: what the specification demands of the files that mienkit writes, and nothing else."""

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

TYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
COLUMNS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


@dataclass(frozen=True)
class Glb:
    """A file that was read."""

    document: dict[str, Any]
    data: bytes

    def view(self, index: int) -> bytes:
        view = self.document["bufferViews"][index]
        assert view["buffer"] == 0
        assert view["byteOffset"] % 4 == 0
        assert view["byteLength"] > 0
        assert view["byteOffset"] + view["byteLength"] <= len(self.data)
        return self.data[view["byteOffset"] :][: view["byteLength"]]

    def array(self, index: int) -> np.ndarray:
        """Return the values of an accessor, (N, C), sparse ones filled in."""
        accessor = self.document["accessors"][index]
        kind, columns, count = TYPES[accessor["componentType"]], COLUMNS[accessor["type"]], accessor["count"]
        assert count > 0
        values = np.zeros((count, columns), kind)
        if "bufferView" in accessor:
            values = self.packed(accessor["bufferView"], kind, count * columns).reshape(count, columns).copy()
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            assert 0 < sparse["count"] <= count
            views = [sparse[part]["bufferView"] for part in ("indices", "values")]
            assert not any("target" in self.document["bufferViews"][view] for view in views)
            rows = self.packed(views[0], TYPES[sparse["indices"]["componentType"]], sparse["count"]).astype(int)
            assert (np.diff(rows) > 0).all()
            assert rows[-1] < count
            values[rows] = self.packed(views[1], kind, sparse["count"] * columns).reshape(-1, columns)
        if "min" in accessor:
            assert accessor["min"] == values.min(0).astype(float).tolist()
            assert accessor["max"] == values.max(0).astype(float).tolist()
        return values

    def packed(self, view: int, kind: type, count: int) -> np.ndarray:
        content = self.view(view)
        assert len(content) == count * np.dtype(kind).itemsize
        return np.frombuffer(content, np.dtype(kind).newbyteorder("<"))

    def attribute(self, entries: dict[str, int], name: str, kinds: tuple[int, ...], shape: str) -> np.ndarray:
        accessor = self.document["accessors"][entries[name]]
        assert accessor["componentType"] in kinds
        assert accessor["type"] == shape
        assert ("min" in accessor and "max" in accessor) or name != "POSITION"
        return self.array(entries[name])

    @property
    def mesh(self) -> dict[str, Any]:
        (mesh,) = self.document["meshes"]
        return mesh

    @property
    def names(self) -> list[str]:
        return self.mesh["extras"]["targetNames"]

    def keyframes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the times, (F,), and the weights, (F, K), of the only animation."""
        (animation,) = self.document["animations"]
        (channel,) = animation["channels"]
        assert channel["target"] == {"node": 0, "path": "weights"}
        sampler = animation["samplers"][channel["sampler"]]
        assert sampler["interpolation"] == "LINEAR"
        times = self.document["accessors"][sampler["input"]]
        assert (times["componentType"], times["type"], "min" in times) == (5126, "SCALAR", True)
        seconds = self.array(sampler["input"])[:, 0]
        assert seconds[0] >= 0
        assert (np.diff(seconds) > 0).all()
        weights = self.array(sampler["output"])
        assert weights.shape == (len(seconds) * len(self.names), 1)
        return seconds, weights.reshape(len(seconds), -1)

    def vertices(self, primitive: int, weights: np.ndarray | None = None) -> np.ndarray:
        """Return the positions of a primitive, (V, 3) metres, at rest or morphed by weights, (K,)."""
        entry = self.mesh["primitives"][primitive]
        result = self.array(entry["attributes"]["POSITION"]).astype(float)
        for weight, target in zip(() if weights is None else weights, entry["targets"], strict=weights is not None):
            result += weight * self.array(target["POSITION"])
        return result


def read_glb(content: bytes) -> Glb:
    """Read a file and hold it to the specification.

    Raises:
        AssertionError: it breaks a rule.
    """
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    text, kind, place = next_chunk(content, 12)
    assert kind == 0x4E4F534A
    data, kind, place = next_chunk(content, place)
    assert (kind, place) == (0x004E4942, len(content))
    document = json.loads(text)
    assert document["asset"]["version"] == "2.0"
    (buffer,) = document["buffers"]
    assert 0 <= len(data) - buffer["byteLength"] < 4
    glb = Glb(document, data[: buffer["byteLength"]])
    check_mesh(glb)
    check_pictures(glb)
    glb.keyframes()
    return glb


def next_chunk(content: bytes, place: int) -> tuple[bytes, int, int]:
    length, kind = struct.unpack_from("<II", content, place)
    assert length % 4 == 0
    assert place + 8 + length <= len(content)
    return content[place + 8 : place + 8 + length], kind, place + 8 + length


def check_mesh(glb: Glb) -> None:
    """Hold the mesh's primitives to the rules, and all nodes, scenes and materials to exist."""
    document, names = glb.document, glb.names
    assert document["scenes"][document["scene"]]["nodes"] == [0]
    assert document["nodes"][0]["mesh"] == 0
    assert len(glb.mesh["weights"]) == len(names) == len(set(names)) > 0
    for primitive in glb.mesh["primitives"]:
        assert 0 <= primitive["material"] < len(document["materials"])
        count = check_attributes(glb, primitive["attributes"])
        corners = glb.attribute(primitive, "indices", (5121, 5123, 5125), "SCALAR")
        assert len(corners) % 3 == 0
        assert corners.max() < count
        assert corners.max() != np.iinfo(corners.dtype).max
        assert len(primitive["targets"]) == len(names)
        for target in primitive["targets"]:
            assert set(target) <= {"POSITION", "NORMAL", "TANGENT"}
            assert {len(glb.attribute(target, name, (5126,), "VEC3")) for name in target} == {count}


def check_attributes(glb: Glb, attributes: dict[str, int]) -> int:
    """Hold a primitive's attributes to the rules; returns the number of its vertices."""
    read = {
        "POSITION": glb.attribute(attributes, "POSITION", (5126,), "VEC3"),
        "NORMAL": glb.attribute(attributes, "NORMAL", (5126,), "VEC3"),
    }
    np.testing.assert_allclose(np.linalg.norm(read["NORMAL"], axis=1), 1, atol=1e-4)
    if "TEXCOORD_0" in attributes:
        read["TEXCOORD_0"] = glb.attribute(attributes, "TEXCOORD_0", (5126,), "VEC2")
    if "COLOR_0" in attributes:
        read["COLOR_0"] = glb.attribute(attributes, "COLOR_0", (5121,), "VEC4")
        assert glb.document["accessors"][attributes["COLOR_0"]]["normalized"] is True
    assert set(read) == set(attributes)
    for name in attributes:
        assert glb.document["bufferViews"][glb.document["accessors"][attributes[name]]["bufferView"]]["target"] == 34962
    (count,) = {len(values) for values in read.values()}
    return count


def check_pictures(glb: Glb) -> None:
    """Hold textures to name images that are JPEGs, and materials to name textures that exist."""
    images = glb.document.get("images", [])
    assert all(glb.view(image["bufferView"])[:3] == b"\xff\xd8\xff" for image in images)
    assert all(image["mimeType"] == "image/jpeg" for image in images)
    assert all(texture["source"] < len(images) for texture in glb.document.get("textures", []))
    for material in glb.document["materials"]:
        surface = material["pbrMetallicRoughness"]
        assert all(0 <= value <= 1 for value in (*surface["baseColorFactor"], surface["roughnessFactor"]))
        if "baseColorTexture" in surface:
            assert surface["baseColorTexture"]["index"] < len(glb.document["textures"])
