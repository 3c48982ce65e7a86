"""TextureGAN: what its networks see and learn."""

import pytest
import torch
from torch import Tensor

from mienkit.core.batch import PaintBatch
from mienkit.core.config import build_config
from mienkit.core.emotion import emotion_aus
from mienkit.core.errors import ConfigError
from mienkit.core.image import to_float
from mienkit.core.landmark import MEAN_SHAPE
from mienkit.core.task import Painter
from mienkit.data.drawn import draw_faces
from mienkit.nn.warp import move
from mienkit.systems.texturegan import Recogniser, Texturegan, contrast
from mienkit.training.loop import run_phase

SIZE, PEOPLE = 32, 8


def build(**settings: object) -> Texturegan:
    torch.manual_seed(0)
    return Texturegan(build_config(Texturegan.Config, Texturegan.presets["tiny"], settings))


def face(rows: int = 2) -> Tensor:
    return (torch.tensor(MEAN_SHAPE) * SIZE).expand(rows, -1, -1)


@pytest.fixture(scope="module")
def drawn() -> PaintBatch:
    """Eight people at rest and surprised."""
    people = torch.arange(PEOPLE).repeat(2)
    aus = torch.stack([emotion_aus("neutral")] * PEOPLE + [emotion_aus("surprise")] * PEOPLE)
    made = draw_faces(people, aus, size=SIZE, pose=False, scene=people)
    image, result = to_float(made.images).chunk(2)
    landmarks, result_landmarks = torch.from_numpy(made.landmarks).chunk(2)
    return PaintBatch(
        key=torch.arange(PEOPLE), image=image, landmarks=landmarks, result=result, result_landmarks=result_landmarks
    )


def test_it_paints():
    assert isinstance(build(), Painter)


def test_the_landmarks_reach_the_picture():
    model, image = build().eval(), torch.zeros(2, 3, SIZE, SIZE)
    aims = face() + torch.tensor([0.0, 4.0])
    assert (model.paint(image, face(), aims).image - model.paint(image, face(), face()).image).abs().max() > 1e-4


def test_a_network_that_adds_a_change_begins_with_the_face_itself(drawn):
    painted = build(paints="change").eval().paint(drawn.image, drawn.landmarks, drawn.result_landmarks)
    assert (painted.image - drawn.image).abs().max() < 0.05


def test_a_face_that_is_moved_first_tells_its_motion(drawn):
    model = build(paints="change", moves=True, up="resize", dropout=0.0).eval()
    edited = model.paint(drawn.image, drawn.landmarks, drawn.result_landmarks)
    assert edited.motion is not None
    assert edited.motion.flow.abs().max() > 0.5
    made = move(drawn.image, edited.motion.flow) + edited.motion.colour
    torch.testing.assert_close(edited.image, made)


def test_landmarks_may_be_on_another_device_than_the_picture():
    model = build(paints="change", moves=True, floor=0.04, up="resize", dropout=0.0).eval().to("meta")
    edited = model.paint(torch.empty(2, 3, SIZE, SIZE, device="meta"), face(), face() + 1)
    assert edited.image.is_meta


def test_its_rates_may_never_fall():
    assert [phase.learning_rate for phase in build(decay_from=1.0).stages()[1].phases] == [None, None]


def test_the_recogniser_learns_first_and_rests_afterwards():
    first, second = build().stages()
    assert [phase.name for phase in first.phases] == ["recogniser"]
    own = {id(parameter) for parameter in build().recogniser.parameters()}
    assert not own & {id(p) for phase in second.phases for g in phase.optimizer.param_groups for p in g["params"]}


def test_a_person_found_again_costs_nothing_and_a_stranger_much():
    people = torch.nn.functional.normalize(torch.eye(4) + 0.0, dim=1)
    assert contrast(people, people) < 0.01
    assert contrast(people, people.roll(1, 0)) > 5
    assert contrast(people[:1].expand(4, -1), people[:1].expand(4, -1)).item() == pytest.approx(1.386, abs=0.01)


def test_who_it_is_does_not_depend_on_light_or_backdrop(drawn):
    torch.manual_seed(0)
    recogniser, other = Recogniser(4).eval(), drawn.image.clone()
    other[:, :, :4] = -1
    other[:, :, :, -4:] = 1
    torch.testing.assert_close(recogniser(drawn.image), recogniser(0.5 * drawn.image + 0.2), atol=1e-3, rtol=0)
    torch.testing.assert_close(recogniser(drawn.image), recogniser(other))


def test_people_are_told_apart_after_some_steps(drawn):
    model = build(identity_width=8, learning_rate=2e-3)
    (phase,) = model.stages()[0].phases
    before = model.recogniser_terms(drawn)["contrast"].item()
    for _ in range(25):
        run_phase(model, phase, drawn)
    assert model.recogniser_terms(drawn)["contrast"].item() < min(0.5, before / 2)


def test_eight_faces_are_learned(drawn):
    model = build(width=12, paints="change", up="resize", dropout=0.0, learning_rate=2e-3, adversarial=0.0, focus=8.0)
    phase = model.stages()[1].phases[1]
    for _ in range(60):
        run_phase(model, phase, drawn)
    painted = model.paint(drawn.image, drawn.landmarks, drawn.result_landmarks).image
    moves = (drawn.image - drawn.result).abs() > 0.1
    left, given = ((one - drawn.result)[moves].abs().mean() for one in (painted, drawn.image))
    assert left < 0.6 * given


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image_size": 48}, "power of 2"),
        ({"moves": True}, "for paints=change"),
        ({"floor": 0.1}, "for paints=change"),
        ({"batch_size": 1}, "at least 2"),
        ({"dropout": 1.0}, "dropout"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        build(**settings)
