"""Every optional file that the toolkit knows. To add one, write its entry below."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mienkit.assets import ict_facekit
from mienkit.assets.recipe import Recipe, read_listing


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One optional file."""

    name: str
    """What ``mien fetch`` calls it."""
    filename: str
    size: int
    """Bytes."""
    sha256: str
    licence: str
    what: str
    """What it is good for."""
    origin: str
    """Where it comes from, in words."""
    address: str | None = None
    """Public https address of the very file; None where it must be made or come with ``--from FILE``."""
    recipe: Recipe | None = None
    """How the file is made from others, which are public."""
    packings: Mapping[str, int] = field(default_factory=dict)
    """SHA-256 -> bytes of files with the same content that are packed in another way, and as good."""

    @property
    def loads(self) -> int | None:
        """Bytes that ``mien fetch`` loads from the network; None where it cannot."""
        if self.recipe is not None:
            return self.recipe.size
        return self.size if self.address else None

    @property
    def sizes(self) -> set[int]:
        """Bytes that the file may have."""
        return {self.size, *self.packings.values()}

    @property
    def hashes(self) -> set[str]:
        """SHA-256 that the file may have."""
        return {self.sha256, *self.packings}


ASSETS: dict[str, Asset] = {
    asset.name: asset
    for asset in (
        Asset(
            name="mediapipe",
            filename="face_landmarker.task",
            size=3_758_596,
            sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
            licence="Apache-2.0",
            what="MediaPipe Face Landmarker with blendshapes: the better face detector",
            origin="Google MediaPipe, float16, version 1",
            address="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task",
        ),
        Asset(
            name="mobileface",
            filename="mobileface_v2.safetensors",
            size=3_587_856,
            sha256="dd9394572cfc2039cbf5cebe6a51521b3b4d9cfc5962b3fdfebaed6a03fd4557",
            licence="MIT",
            what="MobileFace V2, 256-d identity embedding: measures whether a face stays the same person",
            origin="github.com/becauseofAI/MobileFace, MobileFace_Identification_V2 (commit 128cea33), converted",
        ),
        Asset(
            name="squeezenet",
            filename="squeezenet_v1_1_notop.npz",
            size=2_697_434,
            sha256="1125b85ea1edca15b8307de12e2524ae4a3edc6a21db052a909abe402624baab",
            licence="MIT",
            what="SqueezeNet 1.1 without its classifier, ImageNet: perceptual features",
            origin="github.com/DeepCognition/keras-squeezenet (commit a73d4339), converted",
        ),
        Asset(
            name="ict-facekit",
            filename="ict_facekit.npz",
            size=26_608_622,
            sha256="9f2f48e2737b6781d5e0b65d028b0afa6c416cb907f8402eb40ad6db0be34fb2",
            licence="MIT",
            what="ICT Face Model Light: rendered and re-expressed faces",
            origin="github.com/ICT-VGL/ICT-FaceKit (commit da5f95a6), converted",
            recipe=Recipe(
                repository="github.com/ICT-VGL/ICT-FaceKit (commit da5f95a6)",
                address=f"https://raw.githubusercontent.com/ICT-VGL/ICT-FaceKit/{ict_facekit.COMMIT}/",
                sources=read_listing("ict_facekit.txt"),
                make=ict_facekit.make_head_file,
            ),
            packings={"65426993d07c64e5bd2c2d3bfba3645fbd49939d208520d1e6c8d3d0d274fd99": 16_581_031},
        ),
    )
}
