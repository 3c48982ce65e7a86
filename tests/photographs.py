"""Photographs of made-up people, exact changes of them, and a judge of both that agrees with ``fakes`` on one sign."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from fakes import MOUTH, FakeDetector, FakeEditor, make_pixels, mouth_of
from mienkit.app import flicker, held_out
from mienkit.core.action_unit import AU_INDEX
from mienkit.core.image import Picture, to_float
from mienkit.core.task import Edited
from mienkit.data.row import BEFORE_COLUMNS, FaceRow
from mienkit.data.writer import TableWriter
from mienkit.evaluation.photo_edit import CHANNELS, Look

SMILE = AU_INDEX["AU12"]
PEOPLE = 3
ASKED = ("AU1", "AU9", "AU12")


class FakeJudge:
    """Sees how bright the mouth is, as a smile; the mouth's corners rise with it."""

    name = "fake judge 1"
    units = tuple(CHANNELS)
    teacher = False

    def __init__(self) -> None:
        self.looked = 0

    def look(self, picture: Picture, *, recognise: bool = True) -> Look | None:
        self.looked += 1
        image = to_float(picture)
        bright = float((image[mouth_of(image, MOUTH)].mean() + 1) / 2)
        landmarks = np.full((68, 2), 0.5)
        landmarks[36, 0], landmarks[45, 0] = 0.3, 0.7
        landmarks[48:55, 1] = 0.6 - 0.1 * bright
        embedding = np.zeros(256, np.float32)
        embedding[0] = 1
        return Look(
            landmarks=landmarks,
            channels=dict.fromkeys(CHANNELS, 0.1) | {"AU12": bright},
            embedding=embedding if recognise else np.full(256, np.nan, np.float32),
        )


class Copying(FakeEditor):
    """Does nothing."""

    def edit(self, image, source, target):
        return Edited(image=image, change=image.new_zeros(len(image), 1, *image.shape[2:]))


def person(number: int, smile: float) -> Picture:
    """A made picture of somebody who smiles so much."""
    picture = make_pixels(256, 256, number)[:256, :256]
    rows, columns = mouth_of(torch.empty(1, 3, 256, 256), MOUTH)[2:]
    picture[rows, columns] = round(255 * smile)
    return picture


def make_row(number: int, smile: float, **changes: object) -> FaceRow:
    aus = np.full(17, 0.1, np.float32)
    aus[SMILE] = smile
    values: dict[str, object] = {
        "image": encode_png(person(number, smile)),
        "width": 256,
        "height": 256,
        "source": "made",
        "source_id": f"face-{number}",
        "licence": "CC0-1.0",
        "kind": "photograph",
        "subject": f"person-{number}",
        "split": "val",
        "aus": aus,
        "landmarks": np.full((68, 2), 128, np.float32),
        "pose": np.zeros(3, np.float32),
    }
    return FaceRow(**{**values, **changes})  # type: ignore[arg-type]


def encode_png(picture: Picture) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def write(folder: Path, rows: list[FaceRow]) -> None:
    with TableWriter(folder, size=256, optional=BEFORE_COLUMNS) as writer:
        writer.extend(rows)


def write_photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Write photographs of people, two of whom smile, and edits in which each of them does; shrink the protocol."""
    monkeypatch.setattr(held_out, "ACTION_UNITS", ASKED)
    monkeypatch.setattr(held_out, "SHOWN_EMOTIONS", ("happiness",))
    monkeypatch.setattr(flicker, "load_detector", lambda name: FakeDetector())
    monkeypatch.setattr(flicker, "FRAMES", 3)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    photos = [make_row(number, 0.9 if number < 2 else 0.1) for number in range(PEOPLE + 2)]
    edits = [
        make_row(
            number, 0.8, kind="re-expressed", source_id=f"face-{number}+1", pair=f"face-{number}",
            before=np.full(17, 0.1, np.float32),
        )
        for number in range(2, PEOPLE + 2)
    ]  # fmt: skip
    write(tmp_path / "photos.table", photos)
    write(tmp_path / "pairs.table", photos + edits)
    return [tmp_path / "photos.table", tmp_path / "pairs.table"]
