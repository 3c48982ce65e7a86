"""One face's expression on a face of another photo: crop both, transfer, paste back, measure again."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.image import Picture, to_float
from mienkit.core.task import Fuser, Reading, Transferer
from mienkit.face.align import crop_face
from mienkit.face.find import Face, PhotoMeter
from mienkit.face.photo import Photo
from mienkit.inference.edit import device_of, join, lay_over, measure_again


@dataclass(frozen=True, kw_only=True, eq=False)
class TransferResult:
    """A photo whose face shows another's expression."""

    pixels: Picture
    """The whole photo, (H, W, 3)."""
    reading: Reading
    """What the meter reads afterwards, batch of 1."""
    landmarks: npt.NDArray[np.float64] | None
    """(68, 2), pixels of the photo: where the model wants them; None of a model that does not tell."""


@torch.inference_mode()
def transfer_face(
    source: Photo, source_face: Face, target: Photo, target_face: Face, model: Transferer, meter: PhotoMeter
) -> TransferResult:
    """Give one face of a photo the expression of another photo's face."""
    place, device = target_face.alignment.resized(model.image_size), device_of(model)
    crops = [
        to_float(crop_face(photo.pixels, face.alignment.resized(model.image_size))).to(device)
        for photo, face in ((source, source_face), (target, target_face))
    ]
    landmarks = [crop_landmarks(face, meter, model.image_size).to(device) for face in (source_face, target_face)]
    edited = join([model.transfer(*crops, *landmarks)])
    (pixels,) = lay_over(target.pixels, edited, place)
    fused = model.fuse(*landmarks)[0].double().cpu().numpy() if isinstance(model, Fuser) else None
    return TransferResult(
        pixels=pixels,
        reading=measure_again([pixels], target_face.alignment, meter)[0],
        landmarks=None if fused is None else place.to_photo(fused),
    )


def crop_landmarks(face: Face, meter: PhotoMeter, size: int) -> Tensor:
    """Return what the meter read, (1, 68, 2), in pixels of the face's crop of another size."""
    return face.reading.landmarks.float() * (size / meter.image_size)
