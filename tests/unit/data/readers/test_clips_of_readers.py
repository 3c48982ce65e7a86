"""Data sets of clips: what their readers yield is enough to list clips from rest to the apex."""

from collections import Counter
from dataclasses import replace

import pytest

from layouts import make_ckplus, make_mug, make_oulu_casia
from mienkit.core.emotion import EMOTIONS
from mienkit.data.clip import list_rises
from mienkit.data.loader import load_faces
from mienkit.data.readers.ckplus import Ckplus
from mienkit.data.readers.mug import Mug
from mienkit.data.readers.oulu_casia import OuluCasia
from mienkit.data.writer import TableWriter

MADE = {Ckplus: make_ckplus, Mug: make_mug, OuluCasia: make_oulu_casia}
CLIPS = {
    Ckplus: {("disgust", 11): 1, ("contempt", 4): 1},
    Mug: {("anger", 4): 2, ("happiness", 4): 1, ("surprise", 4): 1},
    OuluCasia: {("anger", 5): 8, **{(name, 5): 4 for name in ("disgust", "fear", "happiness", "sadness", "surprise")}},
}
"""What the made data sets hold: emotion and frames of a clip -> how many. Clips that no label names are not listed."""


@pytest.mark.parametrize("reader", MADE)
def test_clips_run_from_rest_to_the_apex_in_order_of_time(reader, tmp_path, make_row):
    MADE[reader](tmp_path / "photos")
    crop = make_row()
    with TableWriter(tmp_path / "t", size=crop.width) as writer:
        for sample in reader(tmp_path / "photos", reader.Config()).samples():
            # an aligned crop without landmarks, as if nothing had been measured yet
            writer.add(replace(sample, picture=crop.image, size=crop.width, landmarks=None).to_row("train"))
    faces = load_faces(tmp_path / "t", crop.width)
    rises = list_rises(faces)
    found = [(EMOTIONS[emotion], len(rows)) for emotion, rows in zip(rises.emotion, rises.rows, strict=True)]
    assert Counter(found) == CLIPS[reader]
    for rows in rises.rows:
        assert faces.frame[rows].tolist() == sorted(set(faces.frame[rows].tolist()))
        assert faces.emotion[rows[0]] == EMOTIONS.index("neutral")
        assert len(set(faces.subject[rows].tolist())) == 1
