"""The head model: a mesh that identity and expression weights deform."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from mienkit.assets.fetch import require_asset
from mienkit.core.errors import AssetError
from mienkit.core.naming import unknown_name

Floats = npt.NDArray[np.floating]
Vertices = npt.NDArray[np.float32]
"""(V, 3)."""
Triangles = npt.NDArray[np.int32]
"""(T, 3) vertex indices, counter-clockwise when seen from outside."""

PARTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "face": (0, 9409),
        "head": (9409, 11248),
        "mouth_socket": (11248, 13294),
        "left_eye_socket": (13294, 13678),
        "right_eye_socket": (13678, 14062),
        "gums": (14062, 17039),
        "teeth": (17039, 21451),
        "left_sclera": (21451, 22221),
        "left_iris": (22221, 23021),
        "right_sclera": (23021, 23791),
        "right_iris": (23791, 24591),
        "rest": (24591, 25351),
        "left_lashes": (25351, 26035),
        "right_lashes": (26035, 26719),
    }
)
"""Half-open vertex ranges; left and right are the person's own. ``gums`` has the tongue, ``rest`` the tear film and
the shells over the eyes, which a simple renderer leaves out."""
NARROW_FACE = 6706
"""The vertices before this one are the face without ears, neck and scalp."""
NUM_VERTICES = 26719
NUM_IDENTITIES = 100
EXPRESSION_NAMES: tuple[str, ...] = (
    "PupilDilate_L", "PupilDilate_R", "browDown_L", "browDown_R", "browInnerUp_L", "browInnerUp_R", "browOuterUp_L",
    "browOuterUp_R", "cheekPuff_L", "cheekPuff_R", "cheekRaiser_L", "cheekRaiser_R", "cheekSquint_L", "cheekSquint_R",
    "eyeBlink_L", "eyeBlink_R", "eyeLookDown_L", "eyeLookDown_R", "eyeLookIn_L", "eyeLookIn_R", "eyeLookOut_L",
    "eyeLookOut_R", "eyeLookUp_L", "eyeLookUp_R", "eyeSquint_L", "eyeSquint_R", "eyeWide_L", "eyeWide_R", "jawForward",
    "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimple_L", "mouthDimple_R", "mouthFrown_L", "mouthFrown_R",
    "mouthFunnel", "mouthLeft", "mouthLowerDown_L", "mouthLowerDown_R", "mouthPress_L", "mouthPress_R", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmile_L",
    "mouthSmile_R", "mouthStretch_L", "mouthStretch_R", "mouthUpperUp_L", "mouthUpperUp_R", "noseSneer_L",
    "noseSneer_R",
)  # fmt: skip
"""The expression shapes in the model's order, named as in ARKit; ``_L`` and ``_R`` are the person's own sides."""


@dataclass(frozen=True, eq=False)
class HeadModel:
    """A mesh and the ways in which it can move, all as differences to the neutral head in centimetres.

    Source: Li et al. 2020, "Learning formation of physically-based face attributes" (ICT-FaceKit, Light).
    """

    neutral: Vertices
    """(V, 3)."""
    triangles: Triangles
    """(T, 3)."""
    identity: Vertices
    """(100, V, 3) principal modes; weights about N(0, 1) give believable heads."""
    expression: Vertices
    """(57, V, 3); a weight of 1 is the full shape."""
    expression_names: tuple[str, ...]
    """``EXPRESSION_NAMES``, unless the model is another one."""
    landmarks68: npt.NDArray[np.int32]
    """(68,) vertex indices, 300-W order."""
    parts: Mapping[str, tuple[int, int]] = field(default_factory=lambda: PARTS)
    """Name -> half-open vertex range."""

    def shape(self, identity: Floats | None = None, expression: Floats | None = None) -> Vertices:
        """Build a head, (V, 3), from up to 100 identity weights and 57 expression weights; None is all zeros."""
        vertices = self.neutral.copy()
        for weights, modes in ((identity, self.identity), (expression, self.expression)):
            if weights is not None:
                vertices += blend(weights, modes)
        return vertices

    def index(self, name: str) -> int:
        """Say where an expression shape stands.

        Raises:
            UnknownNameError: there is no such shape.
        """
        if name not in self.expression_names:
            raise unknown_name("expression shape", name, self.expression_names)
        return self.expression_names.index(name)

    def part(self, name: str) -> slice:
        """Return the vertices of a part.

        Raises:
            UnknownNameError: there is no such part.
        """
        if name not in self.parts:
            raise unknown_name("part", name, self.parts)
        return slice(*self.parts[name])

    def triangles_of(self, *parts: str) -> Triangles:
        """Return the triangles of parts, (T, 3), in the model's order.

        A triangle that joins two parts, such as the rim of the mouth, belongs to the later one.

        Raises:
            UnknownNameError: there is no such part.
        """
        chosen = np.zeros(len(self.neutral), bool)
        for part in parts:
            chosen[self.part(part)] = True
        return np.ascontiguousarray(self.triangles[chosen[self.triangles.max(1)]])


def blend(weights: Floats, modes: Vertices) -> Vertices:
    """Add up the first modes, (K, V, 3), each times its weight, (K,): the displacement, (V, 3).

    Raises:
        ValueError: there are more weights than modes.
    """
    values = np.asarray(weights, np.float32)
    if values.ndim != 1 or len(values) > len(modes):
        raise ValueError(f"at most {len(modes)} weights are needed, not an array of shape {values.shape}")
    used = np.flatnonzero(values)
    flat = modes.reshape(len(modes), -1)
    # Copying the chosen modes costs as much as adding them; only few (an expression) are worth choosing.
    sparse = len(used) < len(values) // 4
    total = sum((values[k] * flat[k] for k in used), np.zeros(flat.shape[1], np.float32)) if sparse else None
    return (values @ flat[: len(values)] if total is None else total).reshape(modes.shape[1:])


@cache
def load_head_model() -> HeadModel:
    """Load the head model, once a process.

    Raises:
        AssetError: its file is missing, or not the one that it should be; the message says how to get it.
    """
    return read_head_model(require_asset("ict-facekit"))


def read_head_model(path: Path) -> HeadModel:
    """Read a head model from its compact file.

    Raises:
        AssetError: the file is not a head model.
    """
    try:
        # Opened here, because numpy leaves a file open that turns out to be damaged.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            model = HeadModel(
                neutral=np.ascontiguousarray(arrays["neutral"], np.float32),
                triangles=split_quads(arrays["faces"]),
                identity=np.ascontiguousarray(arrays["identity"], np.float32),
                expression=np.ascontiguousarray(arrays["expression"], np.float32),
                expression_names=tuple(map(str, arrays["expression_names"])),
                landmarks68=np.ascontiguousarray(arrays["landmarks68"], np.int32),
            )
    except (OSError, EOFError, BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        raise _not_a_model(path, f"cannot be read ({error})") from error
    if model.expression_names != EXPRESSION_NAMES:
        raise _not_a_model(path, "names its expressions otherwise")
    wanted = (NUM_VERTICES, NUM_IDENTITIES, len(EXPRESSION_NAMES))
    found = (len(model.neutral), len(model.identity), len(model.expression))
    if found != wanted:
        raise _not_a_model(path, f"has {found} vertices, identity modes and expressions instead of {wanted}")
    return model


def split_quads(polygons: npt.NDArray[np.integer]) -> Triangles:
    """Split four-cornered polygons, (P, 4), into triangles, (T, 3); those with -1 in the last place are triangles."""
    first, second = polygons[:, [0, 1, 2]], polygons[:, [0, 2, 3]]
    pairs = np.stack([first, second], 1).reshape(-1, 3)
    return np.ascontiguousarray(pairs[pairs[:, 2] >= 0], np.int32)


def _not_a_model(path: Path, reason: str) -> AssetError:
    return AssetError(f"{path} is no head model: it {reason}; remove it and run `mien fetch ict-facekit`")
