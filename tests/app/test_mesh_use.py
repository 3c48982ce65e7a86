"""Heads that move, as files for three-dimensional programs."""

import json
from pathlib import Path

import numpy as np
import pytest

from glb import read_glb
from mienkit.app.mesh import rest_shape, write_mesh
from mienkit.core.emotion import emotion_aus
from mienkit.core.errors import AssetError, ConfigError, MienError, MissingExtraError, OutputError
from mienkit.morphable.action_units import expression_of
from mienkit.morphable.curves import head_curves
from mienkit.morphable.head import load_head_model
from mienkit.morphable.looks import roll_looks
from mienkit.morphable.marked_head import load_marked_head

STILL = np.zeros((2, 68, 3), np.float32)


@pytest.fixture
def quick(head_model: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paint coarsely; the mesh is the same."""
    pytest.importorskip("numba")
    monkeypatch.setattr("mienkit.morphable.figure.CHART_ROWS", 160)
    monkeypatch.setattr("mienkit.morphable.figure.GLANCES", 8)


def surprise(person: int) -> np.ndarray:
    """Return how the landmarks of a person move in six frames, (6, 68, 3)."""
    aus = np.linspace(0, 1, 6, dtype=np.float32)[:, None] * emotion_aus("surprise").numpy()
    (curve,) = head_curves([person], aus[None])
    return curve - curve[:1]


def test_a_head_moves_as_the_landmarks_say(tmp_path: Path, quick: None) -> None:
    out = tmp_path / "head.glb"
    write_mesh(out, surprise(5), fps=10, person=5)
    read = read_glb(out.read_bytes())
    seconds, weights = read.keyframes()
    assert seconds == pytest.approx(np.arange(6) / 10)
    model, identity = load_head_model(), roll_looks(5).identity
    bare, before, after = (read.vertices(0, shares) for shares in (None, weights[0], weights[-1]))
    rest, apex = (model.shape(identity, expression_of(emotion_aus("surprise").numpy() * k)) / 100 for k in (0, 1))
    skin = [np.linalg.norm(bare - rest[vertex], axis=1).argmin() for vertex in model.landmarks68]
    moved, wanted = (after - before)[skin], (apex - rest)[model.landmarks68]
    assert np.linalg.norm(wanted, axis=1).max() > 0.01
    # In millimetres; at rest the lips touch, which the bare model's do not.
    assert 1000 * np.linalg.norm(moved - wanted, axis=1)[:48].max() < 1
    assert 1000 * np.linalg.norm(moved - wanted, axis=1).mean() < 0.5
    assert "jawOpen" in read.names
    assert max(weights[0]) < 0.1


def test_a_shape_that_goes_too_far_for_a_slider_is_made_larger(tmp_path: Path, quick: None) -> None:
    record = write_mesh(tmp_path / "head.glb", 1.3 * surprise(5), person=5)
    read = read_glb((tmp_path / "head.glb").read_bytes())
    _, weights = read.keyframes()
    brow = read.names.index("browOuterUp_L")
    assert record["shapes"]["browOuterUp_L"] > 1.2
    assert weights[-1, brow] == 1
    model = load_head_model()
    moved = np.abs(read.array(read.mesh["primitives"][0]["targets"][brow]["POSITION"])).max()
    full = np.abs(model.expression[model.index("browOuterUp_L")]).max() / 100
    assert moved == pytest.approx(record["shapes"]["browOuterUp_L"] * full, rel=0.01)


def test_the_file_and_its_record_say_that_it_is_synthetic(tmp_path: Path, quick: None) -> None:
    out = tmp_path / "head.glb"
    record = write_mesh(out, surprise(5), request={"emotion": "surprise"})
    asset = read_glb(out.read_bytes()).document["asset"]
    assert asset["generator"] == "mienkit"
    assert asset["extras"]["synthetic"] is True
    assert asset["extras"]["digitalSourceType"].endswith("trainedAlgorithmicMedia")
    beside = json.loads((tmp_path / "head.glb.json").read_text())
    assert beside == record
    assert beside["synthetic"] is True
    assert beside["frames"] == 6
    assert beside["head"] == {"model": "ict-facekit", "person": None}
    assert beside["request"] == {"emotion": "surprise"}
    assert beside["shapes"]["jawOpen"] == pytest.approx(0.5, abs=0.1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["head.glb", "head.glb.json"]


def test_a_head_that_rests_is_a_file_too(tmp_path: Path, quick: None) -> None:
    write_mesh(tmp_path / "head.glb", STILL)
    _, weights = read_glb((tmp_path / "head.glb").read_bytes()).keyframes()
    assert weights.shape == (2, 1)
    assert weights.max() < 0.1


def test_rest_is_where_a_motion_begins(head_model: None) -> None:
    rest = rest_shape(5)
    (curve,) = head_curves([5], np.zeros((1, 2, 17), np.float32))
    np.testing.assert_allclose(rest, curve[0], atol=1e-5)
    assert rest_shape() == pytest.approx(rest_shape())
    assert np.abs(rest_shape() - rest).max() > 0.001


@pytest.mark.parametrize("taken", ["head.glb", "head.glb.json"])
def test_a_file_that_is_there_stays_unless_force_is_asked_for(tmp_path: Path, quick: None, taken: str) -> None:
    (tmp_path / taken).write_bytes(b"mine")
    with pytest.raises(OutputError, match=f"{taken} exists already"):
        write_mesh(tmp_path / "head.glb", STILL)
    assert (tmp_path / taken).read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1
    write_mesh(tmp_path / "head.glb", STILL, force=True)
    assert read_glb((tmp_path / "head.glb").read_bytes()).names


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("head.obj", {}, "head.obj should end in .glb"),
        ("head.glb", {"fps": 0.0}, "--fps 0 should be above 0"),
        ("head.glb", {"person": -1}, "person -1 should be at least 0"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(
    tmp_path: Path, name: str, wrong: dict[str, float], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        write_mesh(tmp_path / name, STILL, **wrong)


@pytest.mark.parametrize(("lack", "error"), [("ict_facekit", AssetError), ("numba", MissingExtraError)])
def test_what_is_missing_is_named_and_nothing_is_written(
    lack: str, error: type[MienError], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    load_marked_head.cache_clear()
    words = request.getfixturevalue(f"without_{lack}")
    with pytest.raises(error, match=words.replace("[", r"\[")):
        write_mesh(tmp_path / "out" / "head.glb", STILL)
    assert not (tmp_path / "out").exists()
