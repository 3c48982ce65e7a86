"""What each network of a staged editor makes of one face, as pictures."""

from collections.abc import Mapping
from typing import cast

import torch

from mienkit.core.expression import Expression
from mienkit.core.image import Picture, to_float, to_uint8
from mienkit.core.task import Editor, Staged
from mienkit.face.align import crop_face
from mienkit.face.find import Face
from mienkit.face.photo import Photo
from mienkit.inference.edit import condition, device_of


@torch.inference_mode()
def stages_of_face(
    photo: Photo, face: Face, editor: Editor, expression: Expression
) -> Mapping[str, Mapping[str, Picture]]:
    """Return stage -> title -> (h, w, 3), in the model's own resolution.

    Args:
        photo: with the face.
        face: what is edited.
        editor: also ``Staged``.
        expression: what the face shall show.

    Raises:
        ConfigError: the editor takes emotions and action units were asked for.
    """
    device = device_of(editor)
    image = to_float(crop_face(photo.pixels, face.alignment.resized(editor.image_size))).to(device)
    source, target = (value[None].to(device) for value in condition(editor, face.reading, expression))
    stages = cast(Staged, editor).stages_of(image, source, target)
    return {
        name: {title: to_uint8(shown.expand(-1, 3, -1, -1))[0] for title, shown in stage.items()}
        for name, stage in stages.items()
    }
