"""The head model's compact file, made from the public repository of ICT-FaceKit.

The repository describes every shape by a whole OBJ file. Kept are the neutral head with its polygons, materials and
texture coordinates, the shapes as differences to it in half precision (at most 0.001 cm off), the 68 landmarks, and
the licence. Left out are the tables of its README, which are for people.

Source: https://github.com/ICT-VGL/ICT-FaceKit (MIT), Li et al. 2020, "Learning formation of physically-based face
attributes".
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

COMMIT = "da5f95a607f5e6b37755b38d3385d7f2853732e5"
FOLDER = "FaceXModel"
NEUTRAL = f"{FOLDER}/generic_neutral_mesh.obj"
INDICES = f"{FOLDER}/vertex_indices.json"
LICENCE = "LICENSE"
IDENTITY = "identity"
"""What the names of the identity modes begin with; all other shapes are expressions."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time that every array is said to be of: bytes must not depend on the day."""
UNIX = 3
"""The system that the archive is said to come from, on whichever it was made."""

Array = npt.NDArray[Any]
Polygons = npt.NDArray[np.int32]
"""(P, 4) indices that count from 0; a triangle has -1 in the last place."""


def make_head_file(sources: Mapping[str, Path], target: Path) -> None:
    """Write the compact file, given where the files of the repository lie, by their paths in it."""
    write_arrays(target, read_arrays(sources))


def read_arrays(sources: Mapping[str, Path]) -> dict[str, Array]:
    """Read the arrays of the compact file, by name, from the files of the repository."""
    mesh = sources[NEUTRAL].read_bytes()
    neutral = read_points(mesh, b"v", 3)
    shapes = {path.stem: path for name, path in sorted(sources.items()) if name.endswith(".obj") and name != NEUTRAL}
    identities = [name for name in shapes if name.startswith(IDENTITY)]
    expressions = [name for name in shapes if not name.startswith(IDENTITY)]
    landmarks = json.loads(sources[INDICES].read_text("utf-8"))["idx_to_landmark_verts"]
    return {
        "neutral": neutral.astype(np.float32),
        **read_polygons(mesh),
        "uv": read_points(mesh, b"vt", 2).astype(np.float32),
        "expression": read_differences([shapes[name] for name in expressions], neutral),
        "expression_names": np.array(expressions),
        "identity": read_differences([shapes[name] for name in identities], neutral),
        "identity_names": np.array(identities),
        "landmarks68": np.array(landmarks, np.int32),
        "licence": np.array(sources[LICENCE].read_text("utf-8")),
        "source": np.array(f"ICT-VGL/ICT-FaceKit {COMMIT} ({FOLDER})"),
    }


def read_differences(paths: Sequence[Path], neutral: Array) -> npt.NDArray[np.float16]:
    """Read shapes as differences to the neutral head, (K, V, 3)."""
    differences = np.empty((len(paths), *neutral.shape), np.float16)
    for difference, path in zip(differences, paths, strict=True):
        difference[:] = read_points(path.read_bytes(), b"v", 3) - neutral
    return differences


def read_points(mesh: bytes, keyword: bytes, columns: int) -> npt.NDArray[np.float64]:
    """Read the lines of an OBJ file that begin with a keyword and stand together, (N, columns)."""
    begin = mesh.index(b"\n" + keyword + b" ")
    end = mesh.index(b"\n", mesh.rindex(b"\n" + keyword + b" ") + 1)
    text = mesh[begin:end].replace(b"\n" + keyword, b"\n")
    return np.fromstring(text.decode("ascii"), np.float64, sep=" ").reshape(-1, columns)


def read_polygons(mesh: bytes) -> dict[str, Array]:
    """Read the faces of an OBJ file: their vertices, their texture coordinates, and their materials."""
    lines = [line.split() for line in mesh.splitlines() if line.startswith((b"f ", b"usemtl "))]
    materials = [line[1].decode("ascii") for line in lines if line[0] == b"usemtl"]
    runs = [len(list(run)) for face, run in groupby(lines, lambda line: line[0] == b"f") if face]
    corners = [[corner.split(b"/") for corner in line[1:]] for line in lines if line[0] == b"f"]
    return {
        "faces": pad_polygons([[int(corner[0]) for corner in face] for face in corners]),
        "face_material": np.repeat(np.arange(len(runs), dtype=np.uint8), runs),
        "material_names": np.array(materials),
        "uv_faces": pad_polygons([[int(corner[1]) for corner in face] for face in corners]),
    }


def pad_polygons(faces: Sequence[Sequence[int]]) -> Polygons:
    """Turn indices that count from 1 into an array of those that count from 0."""
    return np.array([[*face, 0] if len(face) == 3 else face for face in faces], np.int32) - np.int32(1)


def write_arrays(target: Path, arrays: Mapping[str, Array]) -> None:
    """Write an npz file whose bytes depend on the arrays alone.

    It is not compressed: what a compressor makes differs between its versions.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = BytesIO()
            np.lib.format.write_array(member, array, (1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            entry.create_system = UNIX
            archive.writestr(entry, member.getvalue())
