"""A detector, meter and editor that agree on one made-up sign: AU12 is how bright the mouth is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from mienkit.app import instruments
from mienkit.app.edit import Workshop
from mienkit.app.editors import LoadedEditor
from mienkit.app.instruments import Instruments
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, SIDED_UNITS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import Picture
from mienkit.core.landmark import LEFT_EYE_CORNERS, MOUTH_CORNERS, RIGHT_EYE_CORNERS
from mienkit.core.task import Edited, Motion, Reading
from mienkit.face.detector import Box
from mienkit.nn.warp import move

MOUTH = ((0.55, 0.68), (0.38, 0.62))
"""Rows and columns of the mouth, as shares of a crop."""
LIPSTICK = ((0.5, 0.73), (0.33, 0.67))
"""What the editor paints: a little more than the meter reads, because borders are feathered."""
SMILE = AU_INDEX["AU12"]


def mouth_of(image: Tensor, place: tuple[tuple[float, float], ...] = MOUTH) -> tuple[slice, ...]:
    """Index the mouth in images, (B, 3, S, S)."""
    size = image.shape[-1]
    rows, columns = (slice(int(start * size), int(stop * size)) for start, stop in place)
    return (slice(None), slice(None), rows, columns)


def template_landmarks(size: int) -> Tensor:
    """Return 68 points whose eyes and mouth stand where the template has them, (68, 2)."""
    points = torch.full((68, 2), 128.0)
    points[list(RIGHT_EYE_CORNERS)] = torch.tensor([[84.0, 86.0], [104.0, 86.0]])
    points[list(LEFT_EYE_CORNERS)] = torch.tensor([[152.0, 86.0], [172.0, 86.0]])
    points[list(MOUTH_CORNERS)] = torch.tensor([[108.0, 156.0], [148.0, 156.0]])
    return points * size / 256


class FakeDetector:
    """Finds the boxes that it was told of, in every picture that is not of one colour."""

    name: ClassVar[str] = "dlib"

    def __init__(self, boxes: Sequence[Box] = ()) -> None:
        self.boxes = list(boxes)
        self.glances = 0

    def detect(self, picture: Picture) -> list[Box]:
        if picture.std() < 1:
            return []
        height, width = picture.shape[:2]
        side, x, y = min(height, width) * 0.5, width / 2, height / 2
        return self.boxes or [Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2, 1.0)]

    def glance(self, picture: Picture) -> list[Box]:
        self.glances += 1
        return self.detect(picture)


class FakeMeter:
    """Reads AU12 as the brightness of the mouth; is blind to AU9; the rest is 0.1."""

    image_size = 128
    name = "fake meter 1"
    blind = frozenset({"AU9"})

    def measure(self, image: Tensor) -> Reading:
        count = len(image)
        aus = torch.full((count, 17), 0.1)
        aus[:, SMILE] = (image[mouth_of(image)].mean((1, 2, 3)) + 1) / 2
        emotions = torch.full((count, 8), 0.05)
        emotions[:, EMOTIONS.index("happiness")] = 0.65
        landmarks = template_landmarks(self.image_size).expand(count, -1, -1)
        return Reading(landmarks=landmarks, aus=aus, emotions=emotions, pose=torch.zeros(count, 3))


class FakeEditor:
    """Paints the mouth as bright as AU12 is asked to be."""

    image_size = 64
    vocabulary: ClassVar[tuple[str, ...]] = ACTION_UNITS

    def __init__(self) -> None:
        self.batches: list[int] = []

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        self.batches.append(len(image))
        edited, change = image.clone(), image.new_zeros(len(image), 1, *image.shape[2:])
        mouth = mouth_of(image, LIPSTICK)
        edited[mouth] = target[:, SMILE].reshape(-1, 1, 1, 1) * 2 - 1
        change[mouth] = 1
        return Edited(image=edited, change=change)


class FakeMover(FakeEditor):
    """Moves the mouth to the left by two pixels of its crop for each unit of AU12, and tells so."""

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        self.batches.append(len(image))
        flow = image.new_zeros(len(image), 2, *image.shape[2:])
        mouth = mouth_of(image, LIPSTICK)
        flow[:, :1][mouth] = 2 * (target - source)[:, SMILE].reshape(-1, 1, 1, 1)
        motion = Motion(flow=flow, colour=torch.zeros_like(image), fresh=torch.zeros_like(image[:, :1]))
        return Edited(image=move(image, flow), change=(flow[:, :1] != 0).float(), motion=motion)


class FakeSidedEditor(FakeEditor):
    """Paints the mouth as bright as the left side of AU12 is asked to be."""

    vocabulary: ClassVar[tuple[str, ...]] = SIDED_UNITS

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return super().edit(image, source[:, ::2], target[:, ::2])


class FakeEmotionEditor(FakeEditor):
    """Paints the mouth as bright as happiness is asked to be."""

    vocabulary: ClassVar[tuple[str, ...]] = EMOTIONS

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        happy = target[:, [EMOTIONS.index("happiness")]]
        return super().edit(image, source, happy.expand(-1, 17))


class FakeTransferer(FakeEditor):
    """Paints the mouth as bright as the source's is, and wants the landmarks where the source has them."""

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        self.landmarks = source_landmarks, target_landmarks
        smile = (source[mouth_of(source)].mean((1, 2, 3)) + 1) / 2
        return self.edit(target, target, smile[:, None].expand(-1, 17))

    def fuse(self, source_landmarks: Tensor, target_landmarks: Tensor) -> Tensor:
        return source_landmarks


class FakeStagedEditor(FakeEmotionEditor):
    """The same, and it shows what it did to the mouth."""

    def stages_of(self, image: Tensor, source: Tensor, target: Tensor) -> Mapping[str, Mapping[str, Tensor]]:
        attention = -torch.ones(len(image), 1, 16, 32)
        return {"mouth": {"attention": attention, "result": self.edit(image, source, target).image}}


def make_workshop(boxes: Sequence[Box] = (), editor: FakeEditor | None = None) -> Workshop:
    """Put the fakes together."""
    return Workshop(
        instruments=Instruments(detector=FakeDetector(boxes), meter=FakeMeter()),
        editor=LoadedEditor(name="fake", editor=editor or FakeEditor()),
    )


def make_pixels(height: int = 200, width: int = 240, seed: int = 0) -> Picture:
    """Make a picture in which every detail is soft, (H, W, 3)."""
    coarse = np.random.default_rng(seed).integers(60, 200, (height // 20, width // 20, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)).copy()


@pytest.fixture
def workshop() -> Workshop:
    """Detector, meter and editor, all fakes."""
    return make_workshop()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo file with one face."""
    path = tmp_path / "me.png"
    Image.fromarray(make_pixels()).save(path)
    return path


@pytest.fixture
def no_face(tmp_path: Path) -> Path:
    """A picture without a face."""
    path = tmp_path / "wall.png"
    Image.new("RGB", (64, 64), (128, 128, 128)).save(path)
    return path


@pytest.fixture
def fake_instruments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``load_instruments`` give the fakes."""
    monkeypatch.setattr(instruments, "_detector", lambda name: FakeDetector())
    monkeypatch.setattr(instruments, "load_meter", FakeMeter)


@pytest.fixture
def fake_editor(monkeypatch: pytest.MonkeyPatch, fake_instruments: None) -> None:
    """Let the command line work with the fakes."""
    for user in ("edit", "animators"):
        monkeypatch.setattr(
            f"mienkit.app.{user}.load_editor", lambda *_: LoadedEditor(name="fake", editor=FakeEditor())
        )
