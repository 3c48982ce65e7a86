"""A head that moves in three dimensions, as a file for Blender, three.js and other programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from mienkit.core.config import require
from mienkit.core.version import __version__
from mienkit.face.mark import TRAINED, sidecar_path, write_sidecar
from mienkit.face.output import check_output, write_atomically
from mienkit.morphable.figure import cut_up, looks_of, sculpt
from mienkit.morphable.gltf import Keyframes, Piece, pack_glb
from mienkit.morphable.head import EXPRESSION_NAMES
from mienkit.morphable.landmark_decoder import decoder_of
from mienkit.morphable.raster import load_kernels

Floats = npt.NDArray[np.float32]

SLIGHT = 0.01
"""A shape whose weight is never above this is left out."""


def rest_shape(person: int | None = None) -> Floats:
    """Return the landmarks of a head at rest, (68, 3): a pre-shape, x right, y down, depth towards the viewer.

    A model of motion that is given this shape moves the very head that ``write_mesh`` will write.

    Raises:
        AssetError: the head model is missing.
    """
    return decoder_of(looks_of(person).identity).rest


def write_mesh(
    out: Path,
    motion: Floats,
    *,
    fps: float = 25.0,
    person: int | None = None,
    request: Mapping[str, object] | None = None,
    force: bool = False,
) -> dict[str, object]:
    """Write a head that moves as landmarks do, and its record beside it; returns the record.

    Args:
        out: a ``.glb`` file.
        motion: (T, 68, 3), by how much each landmark is away from rest, in units of pre-shapes: ``curve - curve[:1]``
            of a clip that begins at rest. x right, y down, depth towards the viewer.
        fps: frames in a second.
        person: number of a head that nobody has, as of ``mien render``; None is the mean head.
        request: what was asked for; goes into the record.
        force: replace files that exist.

    Raises:
        AssetError: the head model is missing.
        ConfigError: the file's name or the pace does not fit.
        MissingExtraError: numba is not installed.
        OutputError: the file exists already, or cannot be written.
    """
    check_mesh(out, fps, person, force)
    looks = looks_of(person)
    weights = decoder_of(looks.identity).decode(motion)
    reaches = reaches_of(weights)
    keyframes = keyframes_of(weights, reaches, fps)
    pieces = cut_up(sculpt(looks, reaches))
    extras = {"synthetic": True, "digitalSourceType": TRAINED, "mienkit": __version__}  # the head learned from scans
    packed = pack_glb("head", pieces, keyframes, extras)
    record = {
        **describe(keyframes, pieces, fps),
        "head": {"model": "ict-facekit", "person": person},
        "shapes": {name: round(float(weights[:, EXPRESSION_NAMES.index(name)].max()), 3) for name in reaches},
        "request": dict(request or {}),
    }
    sidecar_path(out).unlink(missing_ok=True)
    write_atomically(out, lambda file: _write(file, packed))
    write_sidecar(sidecar_path(out), record)
    return record


def check_mesh(out: Path, fps: float, person: int | None, force: bool) -> None:
    """Make sure that a head can be made and written, before any work is done; see ``write_mesh``.

    Raises:
        AssetError: the head model is missing.
        ConfigError: the file's name or the pace does not fit.
        MissingExtraError: numba is not installed.
        OutputError: the file exists already, or cannot be written.
    """
    require(out.suffix.lower() == ".glb", f"{out.name} should end in .glb, the format in which heads are written")
    require(0 < fps <= 1000, f"--fps {fps:g} should be above 0 and at most 1000")
    require(person is None or person >= 0, f"person {person} should be at least 0")
    for path in (out, sidecar_path(out)):
        check_output(path, (), force)
    decoder_of(looks_of(person).identity)
    load_kernels()


def reaches_of(weights: Floats) -> dict[str, float]:
    """Say which shapes a motion uses, of weights, (T, 57), and how far each can go: 1, or as far as it does.

    There is at least one, because files without any cannot play.
    """
    strongest = weights.max(0)
    used = np.union1d(np.flatnonzero(strongest > SLIGHT), strongest.argmax())
    return {EXPRESSION_NAMES[index]: max(float(strongest[index]), 1.0) for index in used}


def keyframes_of(weights: Floats, reaches: Mapping[str, float], fps: float) -> Keyframes:
    """Turn weights, (T, 57), into shares of how far each shape can go."""
    rows = [EXPRESSION_NAMES.index(name) for name in reaches]
    shares = np.clip(weights[:, rows] / list(reaches.values()), 0, 1).astype(np.float32)
    return Keyframes(tuple(reaches), (np.arange(len(weights)) / fps).astype(np.float32), shares)


def describe(keyframes: Keyframes, pieces: list[Piece], fps: float) -> dict[str, object]:
    """Say what a file holds."""
    return {
        "synthetic": True,
        "mienkit": __version__,
        "frames": len(keyframes.seconds),
        "fps": fps,
        "vertices": sum(len(piece.positions) for piece in pieces),
        "triangles": sum(len(piece.triangles) for piece in pieces),
    }


def _write(file: IO[bytes], content: bytes) -> None:
    file.write(content)
