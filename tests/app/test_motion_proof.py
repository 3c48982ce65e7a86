"""Use case: every model that moves faces, trained on the same drawn clips and compared; in miniature, one process."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mienkit.app import compare_motion, drawn_proof, motion_proof, small_proof
from mienkit.app.compare_motion import MovedPainter, RealLandmarks, judge_features, shared_emotions
from mienkit.app.compare_static import Contestant
from mienkit.app.draw_clip import draw_clips
from mienkit.app.instruments import load_meter
from mienkit.app.motion_figure import CLIP_TILE, MAP_HEIGHT, STEPS, draw_clip_sheet, draw_motion_figure
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError, NotFiniteError
from mienkit.core.model import MODELS
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import load_faces
from mienkit.evaluation.motion import choose_motions, move_people, real_motions
from mienkit.evaluation.motion_trivial import Still, Stretch
from mienkit.inference.sheet import GAP
from mienkit.systems.motiongan.motiongan import UNSEEN

SIZE = 32
ASKED = ("happiness", "surprise")
TRAINED = ("motiongan", "texturegan", "mocogan")


@pytest.fixture(autouse=True)
def in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrink what is drawn and trained, and keep caches out of the user's home."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "no assets"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drawn_proof, "JUDGE_FACES", {"uniform": 8, "mixed": 8})
    monkeypatch.setattr(drawn_proof, "JUDGE_SETTINGS", ("width=4", "steps=2", "batch_size=4"))
    monkeypatch.setattr(small_proof, "JUDGE_CHANGES", ("steps=3",))
    monkeypatch.setattr(small_proof, "SIZE", SIZE)
    monkeypatch.setattr(motion_proof, "SIZE", SIZE)
    monkeypatch.setattr(motion_proof, "PRESET", "tiny")
    monkeypatch.setattr(motion_proof, "MODELS", ("copy", "ganimation", *TRAINED))
    counts = {"clips": 14, "judged-clips": 28}
    tables = {kind: replace(one, count=counts[kind], size=SIZE, frames=8) for kind, one in motion_proof.TABLES.items()}
    monkeypatch.setattr(motion_proof, "TABLES", tables)
    monkeypatch.setattr(motion_proof, "in_processes", lambda jobs, do, workers: map(do, jobs))
    monkeypatch.setattr(compare_motion, "SHOWN", ASKED)


@pytest.fixture
def judged(tmp_path: Path) -> FaceArrays:
    """Clips of four held-out people."""
    draw_clips(tmp_path / "judged.table", motion_proof.TABLES["judged-clips"])
    return load_faces(tmp_path / "judged.table", SIZE, "test")


def contestant(name: str, **settings: object) -> Contestant:
    """A model with random weights."""
    kind = MODELS[name]
    return Contestant(title=name, model=kind(kind.Config(**{**kind.presets["tiny"], **settings})).eval())


small_proof_train = small_proof.train_model


def fail_mocogan(request):
    """Train, but let one model fail."""
    if request.model == "mocogan":
        raise NotFiniteError("video/real is nan")
    return small_proof_train(request)


def test_every_mover_meets_every_painter_and_what_fails_stops_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(small_proof, "train_model", fail_mocogan)
    said: list[str] = []
    report = motion_proof.prove_motion(tmp_path / "small", say=said.append)
    both = report.comparison
    assert [row.model for row in both.motions] == ["real", "mean", "still", "motiongan"]
    assert [row.model for row in both.clips] == [
        "real", "still", "real landmarks + stretch", "mean motion + stretch", "motiongan + stretch",
        "real landmarks + texturegan", "mean motion + texturegan", "motiongan + texturegan",
    ]  # fmt: skip
    assert report.faults == {"mocogan": "video/real is nan"}
    assert {"motiongan: trained", "texturegan: trained", "mocogan: video/real is nan"} <= set(said)
    assert (both.emotions, both.people, both.asked) == (ASKED, 2, 4)
    rows = {row.model: row for row in both.clips}
    whole, painter = rows["motiongan + texturegan"], rows["real landmarks + texturegan"]
    assert whole.parameters > painter.parameters > 0
    assert whole.cpu_seconds > painter.cpu_seconds > 0
    assert rows["still"].parameters == 0
    assert list(report.figures) == ["motiongan"]


def test_what_learns_from_clips_is_trained_here_and_nowhere_else(tmp_path, monkeypatch):
    jobs = motion_proof.list_moving_jobs(tmp_path, tmp_path / "clips.table")
    assert [job.title for job in jobs] == ["judge", *TRAINED]
    assert all(job.request.tables == [tmp_path / "clips.table"] for job in jobs[1:])
    monkeypatch.setattr(small_proof, "MODELS", ("copy", "ganimation", *TRAINED))
    monkeypatch.setattr(small_proof, "PRESETS", {"tiny": ""})
    static = small_proof.list_jobs(tmp_path, {kind: tmp_path / kind for kind in small_proof.TABLES})
    assert [job.title for job in static] == ["judge", "ganimation"]


def test_weights_that_are_lost_stand_with_the_faults(tmp_path):
    faults: dict[str, str] = {}
    jobs = motion_proof.list_moving_jobs(tmp_path, tmp_path / "clips.table")
    assert motion_proof.gather_movers(jobs, faults) == []
    assert list(faults) == list(TRAINED)


def test_people_of_a_training_are_not_judged_and_judge_nobody():
    learned, judged = (motion_proof.TABLES[kind] for kind in ("clips", "judged-clips"))
    of_judge = {drawn_proof.JUDGE_SEED + number for number in range(len(drawn_proof.JUDGE_FACES))}
    assert judged.seed not in {learned.seed, *of_judge, *(one.seed for one in small_proof.TABLES.values())}
    assert learned.seed not in of_judge
    assert (learned.split, judged.split) == ("train", "test")


def test_a_sampler_is_asked_for_the_same_clips_as_an_animator(judged):
    comparison, shown = compare_motion.compare_motion(
        [contestant("mocogan", image_size=32, frames=16)], contestant("meter").model, judged, judged
    )
    assert [row.model for row in comparison.clips][-1] == "mocogan"
    assert not comparison.clips[-1].sees_face
    assert shown.clips["mocogan"].label.tolist() == shown.clips["real"].label.tolist()
    assert comparison.recogniser is None


def test_all_are_asked_for_the_emotions_that_each_knows(monkeypatch):
    monkeypatch.setattr(compare_motion, "SHOWN", ("anger", "contempt", "surprise"))
    assert shared_emotions([contestant("motiongan", contempt=False), contestant("mocogan")]) == ("anger", "surprise")
    assert shared_emotions([]) == ("anger", "contempt", "surprise")
    mover = contestant("motiongan")
    mover.model.reach[mover.model.emotions.index("anger"), 1] = UNSEEN
    assert shared_emotions([mover]) == ("contempt", "surprise")


def test_the_judges_features_are_those_that_it_reads_from():
    meter = contestant("meter").model
    image = torch.rand(3, 3, meter.image_size, meter.image_size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        seen = judge_features(meter)(image)
        expression = meter.network.expression(seen[:, -128:])
        raw = meter.network(image)
    assert seen.shape == (3, 192 + 128)
    assert torch.allclose(0.1 + 0.5 * expression[:, :17], raw.aus, atol=1e-5)
    assert not meter.network.local._forward_hooks


def test_real_landmarks_begin_where_the_face_is_and_end_where_it_went(judged):
    task = choose_motions(judged, ASKED)
    moved, real = move_people(RealLandmarks(task), task, samples=2), real_motions(judged, task.asked)
    assert torch.allclose(moved.shapes[: len(real.label)], real.shapes, atol=1e-3)
    assert torch.allclose(moved.shapes[len(real.label) :], real.shapes, atol=1e-3)


def test_a_moved_painter_paints_every_frame_from_the_picture_at_rest(judged):
    task = choose_motions(judged, ASKED)
    rest = np.asarray([rows[0] for rows in task.asked.rows])
    image = torch.rand(len(rest), 3, SIZE, SIZE)
    landmarks = torch.from_numpy(judged.landmarks[rest])
    joined = MovedPainter(Still(SIZE), Stretch(SIZE))
    clip = joined.animate(image, landmarks, torch.from_numpy(task.asked.emotion), torch.arange(len(rest)), 3)
    assert clip.shape == (len(rest), 3, 3, SIZE, SIZE)
    assert torch.allclose(clip, image[:, None].expand_as(clip), atol=1e-5)


def test_the_figures_show_every_class_and_every_maker_of_clips(judged):
    comparison, shown = compare_motion.compare_motion([], contestant("meter").model, judged, judged)
    figure, fewer = (draw_motion_figure(one, "mean") for one in (shown, with_one_emotion(shown)))
    assert figure.shape[0] > fewer.shape[0] > MAP_HEIGHT
    sheet, shorter = draw_clip_sheet(shown), draw_clip_sheet(shown, ASKED[:1])
    assert sheet.shape[1] - shorter.shape[1] == STEPS * (CLIP_TILE + GAP)
    assert {EMOTIONS[int(one)] for one in shown.motions["real"].label.unique()} == set(comparison.emotions)


def with_one_emotion(shown):
    """The same with the first emotion alone."""
    task = choose_motions(shown.task.faces, ASKED[:1])
    motions = {"real": real_motions(task.faces, task.asked)}
    return replace(shown, task=task, motions={**motions, "mean": motions["real"]})


def test_only_a_meter_can_lend_its_features():
    with pytest.raises(ConfigError, match="reads no features"):
        judge_features(load_meter())
