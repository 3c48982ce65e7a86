"""A small study for tests: two people, one expression, two levels, and fakes that make it."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fakes import FakeDetector, FakeEditor, FakeMeter, make_pixels
from mienkit.app.edit import Workshop
from mienkit.app.editors import LoadedEditor
from mienkit.app.instruments import Instruments
from mienkit.app.stimuli import Studio
from mienkit.core.image import Picture
from mienkit.core.landmark import MEAN_SHAPE
from mienkit.core.task import Edited, Reading

TEXT = """
identities: [photos/*.png]
aus: {smile: {AU12: 1}}
levels: [0.4, 0.8]
options: {size: 128}
check: {dose: 0.15, off_target: 1}
"""


class WholeMeter(FakeMeter):
    """The fake meter, with the landmarks of a whole face."""

    def measure(self, image: Tensor) -> Reading:
        reading = super().measure(image)
        points = torch.tensor(MEAN_SHAPE) * self.image_size
        return replace(reading, landmarks=points.expand(len(image), -1, -1))


class WeakEditor(FakeEditor):
    """Does three quarters of what it is asked for."""

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return super().edit(image, source, 0.75 * target)


class Likeness:
    """Takes everybody for the same person."""

    name = "likeness"

    def embed(self, picture: Picture, landmarks: np.ndarray) -> np.ndarray:
        return np.array([1.0, 0.0], np.float32)


def studio_of(editor: FakeEditor | None = None, today: date = date(2026, 1, 1)) -> Studio:
    workshop = Workshop(
        instruments=Instruments(detector=FakeDetector(), meter=WholeMeter()),
        editor=LoadedEditor(name="fake", editor=editor or FakeEditor()),
    )
    return Studio(workshop=workshop, recogniser=Likeness(), today=today)


def lay_out_desk(folder: Path) -> Path:
    """Put two photographs and a design into a folder, which is returned."""
    (folder / "photos").mkdir()
    for number, name in enumerate(("anna", "ben")):
        Image.fromarray(make_pixels(seed=number)).save(folder / "photos" / f"{name}.png")
    (folder / "design.yaml").write_text(TEXT)
    return folder


def design_with(desk: Path, more: str) -> Path:
    path = desk / "other.yaml"
    path.write_text(TEXT + more)
    return path


def lines_of(study: Path) -> list[dict[str, str]]:
    with (study / "codebook.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def snapshot(study: Path) -> dict[str, bytes]:
    return {path.relative_to(study).as_posix(): path.read_bytes() for path in study.rglob("*") if path.is_file()}
