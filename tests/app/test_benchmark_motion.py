"""Use case: models that move faces in a benchmark, beside real clips; in miniature."""

from pathlib import Path

import pytest
import torch

from mienkit.app.benchmark import entrant, moving
from mienkit.app.benchmark.entrant import Entrant, list_entrants
from mienkit.app.benchmark.judging import Reader
from mienkit.app.benchmark.run import BenchmarkRequest, run_benchmark
from mienkit.app.benchmark.stage import Choice
from mienkit.app.compare_motion import judge_features
from mienkit.app.compare_static import Contestant
from mienkit.app.draw_clip import ClipRequest, draw_clips
from mienkit.core.config import build_config
from mienkit.core.model import MODELS
from mienkit.weights.folder import save_weights

SIZE, PEOPLE = 24, 4


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of four people to be judged on."""
    table = tmp_path_factory.mktemp("motion") / "clips.table"
    draw_clips(table, ClipRequest(count=7 * PEOPLE, per_scene=7, frames=8, size=SIZE, seed=3, split="test"))
    return table


@pytest.fixture
def clips(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The table, and a judge that has learned nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "no assets"))
    torch.manual_seed(0)
    kind = MODELS["meter"]
    judge = kind(build_config(kind.Config, kind.presets["tiny"])).eval()
    reader = Reader(measurer=judge, name="tiny", teacher=False)  # type: ignore[arg-type]
    monkeypatch.setattr(moving, "load_reader", lambda word: reader)
    return drawn


def save_tiny(name: str, folder: Path, **settings: object) -> Path:
    """Write random weights of a model."""
    kind = MODELS[name]
    config = {**kind.presets["tiny"], **settings}
    torch.manual_seed(0)
    model = kind(build_config(kind.Config, config))
    save_weights(folder, name, model.released_state(), config, "")
    return folder


def test_movers_meet_painters_beside_real_clips(clips, tmp_path):
    words = [f"{name}={save_tiny(name, tmp_path / name)}" for name in ("texturegan", "mocogan")]
    report = run_benchmark(BenchmarkRequest(tables=[clips], folder=tmp_path / "bench", models=["motiongan", *words]))
    assert [one.failed for one in report.lines] == [None] * len(report.lines)
    found = {
        protocol: [one.model for one in report.lines if one.protocol == protocol]
        for protocol in ("motion-rises", "motion-clips")
    }
    assert found["motion-rises"] == ["real", "still", "motiongan"]
    assert found["motion-clips"] == [
        "real", "still", "real landmarks + stretch", "motiongan + stretch", "real landmarks + texturegan",
        "motiongan + texturegan", "mocogan",
    ]  # fmt: skip
    by_name = {one.model: one for one in report.lines if one.protocol == "motion-clips"}
    assert by_name["still"].figures["movement"][0] == pytest.approx(0, abs=1e-6)
    assert by_name["real landmarks + stretch"].kind == "trivial"
    joined = by_name["motiongan + texturegan"]
    assert joined.parameters == by_name["real landmarks + texturegan"].parameters + parameters("motiongan")
    assert len(joined.pictures["contact"]) == 7
    assert "Landmarks that move" in report.page.read_text()


def parameters(name: str) -> int:
    (one,) = (found for found in list_entrants([name]) if found.name == name)
    return one.parameters


def test_a_mover_that_lacks_an_emotion_says_which_and_stops_nobody(clips, tmp_path, monkeypatch):
    class Knows:
        known_emotions = ("happiness",)

        def move(self, landmarks, emotion, key, frames):
            raise AssertionError

    monkeypatch.setattr(
        Entrant, "contestant", lambda self, size: Contestant(title=self.title, model=Knows())  # type: ignore[arg-type]
    )  # fmt: skip
    report = run_benchmark(BenchmarkRequest(tables=[clips], folder=tmp_path / "bench", models=["motiongan"]))
    failed = {one.model: one.failed for one in report.lines if one.failed}
    assert set(failed) == {"motiongan", "motiongan + stretch"}
    assert failed["motiongan"].startswith("motiongan knows no anger")
    assert report.failed == 2


@pytest.mark.parametrize("name", ["meter", "judge"])
def test_both_of_our_judges_look_at_frames(name):
    kind = MODELS[name]
    judge = kind(build_config(kind.Config, kind.presets["tiny"])).eval()
    pictures = torch.rand(3, 3, judge.image_size, judge.image_size) * 2 - 1
    features = judge_features(judge)(pictures)  # type: ignore[arg-type]
    assert features.shape[0] == 3
    assert features.std(0).max() > 0


def test_fewer_people_are_other_work(clips, tmp_path):
    folder = tmp_path / "bench"
    whole = run_benchmark(BenchmarkRequest(tables=[clips], folder=folder, models=["copy"]))
    with_two = BenchmarkRequest(
        tables=[clips], folder=folder, models=["copy"], choice=Choice(people=PEOPLE // 2), resume=True
    )
    assert run_benchmark(with_two).done == whole.done


def test_weights_are_counted_as_the_models_own_state_is(tmp_path):
    folder = save_tiny("mocogan", tmp_path / "mocogan")
    one = Entrant(title="mocogan", name="mocogan", folder=folder)
    state = MODELS["mocogan"](
        build_config(MODELS["mocogan"].Config, MODELS["mocogan"].presets["tiny"])
    ).released_state()
    assert one.parameters == sum(tensor.numel() for tensor in state.values() if tensor.is_floating_point())
    assert one.bytes == (folder / "model.safetensors").stat().st_size


def test_several_weights_of_a_model_have_names_of_their_own(tmp_path):
    first, second = (save_tiny("mocogan", tmp_path / str(size), content=size) for size in (4, 5))
    titles = [one.title for one in list_entrants([f"mocogan={folder}" for folder in (first, first, second)])]
    assert titles[:3] == ["copy", "warp", "mocogan"]
    assert [title.split()[0] for title in titles[3:]] == ["mocogan"]


def test_everybody_who_is_ready_takes_part_and_measurers_do_not():
    names = [one.name for one in list_entrants([])]
    assert names[:2] == ["copy", "warp"]
    assert {"duchenne", "ganimation", "morphable", "texturegan"} <= set(names)
    assert not {"meter", "judge", "stargan"} & set(names)
    assert entrant.ALL not in names
