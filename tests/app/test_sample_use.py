"""Use case: clips drawn from noise."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from mienkit.app.sample import LoadedSampler, SampleRequest, load_sampler, sample_clips
from mienkit.cli.entry import main
from mienkit.core.config import build_config, describe_config
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError, OutputError, UnknownNameError, WeightsError
from mienkit.core.model import MODELS
from mienkit.face.mark import TRAINED, read_mark
from mienkit.weights import save_weights

Capture = pytest.CaptureFixture[str]
SMILES = SampleRequest(count=2, emotion="happy")


class FakeSampler:
    """Draws grey clips that grow lighter: from the key, and to the number of the emotion."""

    image_size = 8

    def sample(self, key: Tensor, label: Tensor, frames: int) -> Tensor:
        start = (key % 7).float() / 10 - 1
        way = torch.linspace(0, 1, frames)[None] * label[:, None] / len(EMOTIONS)
        return (start[:, None] + way)[:, :, None, None, None].expand(-1, -1, 3, 8, 8)


def fake(conditional: bool = True) -> LoadedSampler:
    return LoadedSampler(name="fake", sampler=FakeSampler(), frames=5, conditional=conditional)


@pytest.fixture
def make_weights(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, **settings: object) -> Path:
        kind = MODELS[name]
        config = build_config(kind.Config, kind.presets["tiny"], settings)
        folder = tmp_path / f"{name}-weights"
        save_weights(folder, name, dict(kind(config).released_state()), describe_config(config), "card")
        return folder

    return make


def test_every_clip_is_a_marked_file_and_a_row_of_the_sheet(tmp_path: Path) -> None:
    report = sample_clips(tmp_path, SMILES, fake())
    names = ["clip-000-happiness.gif", "clip-001-happiness.gif"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names, "sheet.png", "sheet.png.json"]
    for name in (*names, "sheet.png"):
        mark = read_mark(tmp_path / name)
        assert mark is not None
        assert (mark.model, mark.request["emotion"], mark.request["frames"]) == ("fake", "happy", 5)
        assert mark.source == TRAINED
    with Image.open(tmp_path / names[0]) as clip:
        assert clip.n_frames == 5
        assert clip.size == (8, 8)
        assert clip.info["duration"] == pytest.approx(1000 / 12, abs=5)
    assert [one.file for one in report.clips] == names


def test_the_record_says_what_was_asked_and_what_each_clip_came_from(tmp_path: Path) -> None:
    report = sample_clips(tmp_path, SMILES, fake())
    record = json.loads((tmp_path / "sheet.png.json").read_text())
    assert record["synthetic"] is True
    assert record["request"] == {"emotion": "happy", "count": 2, "frames": 5, "fps": 12, "seed": 0}
    assert [clip["key"] for clip in record["clips"]] == [clip.key for clip in report.clips]
    assert record["clips"][0]["key"] != record["clips"][1]["key"]
    assert record["clips"][0]["emotion"] == "happiness"


def test_the_same_seed_draws_the_same_clips_and_another_others(tmp_path: Path) -> None:
    def drawn(folder: str, seed: int) -> list[bytes]:
        report = sample_clips(tmp_path / folder, SampleRequest(count=3, emotion="fear", seed=seed), fake())
        return [(tmp_path / folder / clip.file).read_bytes()[:-400] for clip in report.clips]  # without their marks

    assert drawn("a", 1) == drawn("b", 1)
    assert drawn("a2", 1) != drawn("c", 2)


def test_without_an_emotion_all_of_them_come_in_turn(tmp_path: Path) -> None:
    report = sample_clips(tmp_path, SampleRequest(count=9), fake())
    assert [clip.emotion for clip in report.clips] == [*EMOTIONS[1:], *EMOTIONS[1:3]]


def test_a_model_without_emotions_draws_what_it_likes_and_says_so_if_one_is_asked_for(tmp_path: Path) -> None:
    report = sample_clips(tmp_path, SampleRequest(count=2), fake(conditional=False))
    assert [(clip.file, clip.emotion) for clip in report.clips] == [("clip-000.gif", None), ("clip-001.gif", None)]
    with pytest.raises(ConfigError, match=r"this fake was trained without emotions.*`--set condition=label`"):
        sample_clips(tmp_path / "other", SMILES, fake(conditional=False))
    assert not (tmp_path / "other").exists()


def test_the_sheet_shows_the_first_and_the_last_frame_of_every_clip(tmp_path: Path) -> None:
    sample_clips(tmp_path, SampleRequest(count=1, emotion="surprise", frames=30), fake())
    with Image.open(tmp_path / "sheet.png") as sheet:
        pixels = sheet.convert("L").load()
    with Image.open(tmp_path / "clip-000-surprise.gif") as clip:
        first = clip.convert("L").getpixel((4, 4))
        clip.seek(29)
        last = clip.convert("L").getpixel((4, 4))
    middle = [pixels[40 + column * (192 + 12) + 96, 108 + 40 + 96] for column in (1, 8)]
    assert middle == pytest.approx([first, last], abs=2)
    assert last > first + 20


def test_files_that_exist_are_replaced_only_with_force(tmp_path: Path) -> None:
    (tmp_path / "clip-001-happiness.gif").write_text("mine")
    with pytest.raises(OutputError, match=r"clip-001-happiness\.gif exists already"):
        sample_clips(tmp_path, SMILES, fake())
    assert [path.name for path in tmp_path.iterdir()] == ["clip-001-happiness.gif"]
    sample_clips(tmp_path, SMILES, fake(), force=True)
    assert (tmp_path / "clip-001-happiness.gif").read_bytes()[:3] == b"GIF"


@pytest.mark.parametrize(("wrong", "message"), [
    ({"count": 0}, "-n 0"),
    ({"frames": 0}, "--frames 0"),
    ({"frames": -3}, "--frames -3"),
    ({"fps": 0.5}, "--fps 0.5"),
    ({"kind": "mp4"}, "--format mp4 should be gif or webp"),
    ({"emotion": "neutral"}, "choose another --emotion"),
])  # fmt: skip
def test_requests_that_make_no_sense_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SampleRequest(**wrong)  # type: ignore[arg-type]


def test_an_emotion_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownNameError, match="no emotion is called 'smirk'"):
        SampleRequest(emotion="smirk")


def test_models_that_draw_no_clips_are_refused() -> None:
    with pytest.raises(ConfigError, match="copy does not draw clips; `mien models`"):
        load_sampler("copy")


def test_without_weights_it_is_said_how_to_train_them() -> None:
    with pytest.raises(WeightsError, match=r"`mien train mocogan --table TABLE`.*--weights"):
        load_sampler("mocogan")


def test_weights_of_another_model_are_refused(make_weights: Callable[..., Path]) -> None:
    with pytest.raises(WeightsError, match="of the model 'mocogan', not of 'tgan'"):
        load_sampler("tgan", make_weights("mocogan"))


@pytest.mark.parametrize("condition", ["image", "image+label"])
def test_weights_that_begin_with_a_picture_draw_nothing_from_noise(
    condition: str, make_weights: Callable[..., Path]
) -> None:
    with pytest.raises(ConfigError, match="these weights of vgan go on from a picture"):
        load_sampler("vgan", make_weights("vgan", condition=condition), "cpu")


@pytest.mark.parametrize(("name", "settings", "conditional"), [
    ("mocogan", {}, True), ("vgan", {}, False), ("vgan", {"condition": "label"}, True), ("tgan", {}, False),
    ("tgan", {"condition": "label"}, True),
])  # fmt: skip
def test_every_sampler_draws_with_its_own_weights(
    name: str, settings: dict[str, object], conditional: bool, make_weights: Callable[..., Path], tmp_path: Path
) -> None:
    sampler = load_sampler(name, make_weights(name, **settings), "cpu")
    assert sampler.conditional is conditional
    report = sample_clips(tmp_path / "out", SampleRequest(count=1, kind="webp"), sampler)
    with Image.open(tmp_path / "out" / report.clips[0].file) as clip:
        assert clip.size == (16, 16)
    assert report.record["request"]["frames"] == MODELS[name].presets["tiny"]["frames"]  # type: ignore[index]
    assert report.record["model"]["weights_sha256"] == sampler.weights  # type: ignore[index]


def test_the_verb_writes_clips_and_says_where(
    make_weights: Callable[..., Path], tmp_path: Path, capsys: Capture
) -> None:
    call = ["sample", "mocogan", "--emotion", "anger", "-n", "1", "--weights", str(make_weights("mocogan")), "-o"]
    assert main([*call, str(tmp_path / "a")]) == 0
    assert capsys.readouterr().out.strip() == f"wrote 1 clip, sheet.png and its record to {tmp_path / 'a'}"
    assert main([*call, str(tmp_path / "b"), "--json", "--frames", "12"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["out"] == str(tmp_path / "b")
    assert printed["request"]["frames"] == 12
    assert printed["clips"][0]["file"] == "clip-000-anger.gif"


def test_bad_input_of_the_verb_is_one_line(make_weights: Callable[..., Path], tmp_path: Path, capsys: Capture) -> None:
    vgan = ["--weights", str(make_weights("vgan"))]
    for call, word in (
        (["mocogan"], "mien train mocogan"),
        (["mocogna"], "did you mean 'mocogan'"),
        (["vgan", "--emotion", "anger", *vgan], "trained without emotions"),
        (["vgan", "--frames", "9", *vgan], "makes clips of 4 frames, not 9"),
        (["mocogan", "--weights", str(tmp_path / "none")], "there is no weights folder"),
    ):
        assert main(["sample", *call, "-o", str(tmp_path / "out")]) == 2
        errors = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("hint: ")]
        assert len(errors) == 1
        assert word in errors[0]
    assert not list(tmp_path.glob("out/*"))
