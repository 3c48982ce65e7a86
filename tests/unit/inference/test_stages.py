"""What each network of a staged editor makes of a face."""

import numpy as np

from fakes import FakeMeter, FakeStagedEditor, make_pixels, make_workshop
from mienkit.core.expression import Expression
from mienkit.face.find import find_faces
from mienkit.face.photo import Photo
from mienkit.inference.stages import stages_of_face


def test_every_stage_is_a_picture_in_its_own_size() -> None:
    photo, editor = Photo(make_pixels()), FakeStagedEditor()
    face = find_faces(photo, make_workshop().instruments.detector, FakeMeter(), "largest")[0]
    stages = stages_of_face(photo, face, editor, Expression(emotion="happiness", intensity=0.8))
    assert {name: list(stage) for name, stage in stages.items()} == {"mouth": ["attention", "result"]}
    attention, result = stages["mouth"].values()
    assert attention.shape == (16, 32, 3)
    assert result.shape == (64, 64, 3)
    assert np.all(attention == 0)
    assert result[40, 32, 0] == round(0.8 * 255)
