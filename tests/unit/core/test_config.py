from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from mienkit.core.config import build_config, convert, describe_config, parse_settings, read_settings, require
from mienkit.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Settings:
    steps: int = 100
    rate: float = 1e-4
    sharp: bool = False
    form: Literal["norm", "mean"] = "norm"
    name: str = "dial"
    widths: tuple[int, ...] = (1, 2)

    def __post_init__(self) -> None:
        require(self.steps >= 1, f"steps={self.steps} must be positive")


def test_without_differences_the_defaults_stand():
    assert build_config(Settings) == Settings()
    assert build_config(Settings, {}, {}) == Settings()


def test_later_layers_win():
    assert build_config(Settings, {"steps": 5, "rate": 1.0}, {"steps": "7"}) == Settings(steps=7, rate=1.0)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("steps", "1000", 1000),
        ("steps", "1e3", 1000),
        ("steps", 12.0, 12),
        ("rate", "3e-4", 3e-4),
        ("rate", 2, 2.0),
        ("sharp", "true", True),
        ("sharp", "Off", False),
        ("sharp", True, True),
        ("form", "mean", "mean"),
        ("name", "other", "other"),
        ("widths", "3, 4,5", (3, 4, 5)),
        ("widths", [6], (6,)),
    ],
)
def test_text_and_values_get_the_type_of_their_field(key, text, value):
    result = getattr(build_config(Settings, {key: text}), key)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("key", "text", "takes"),
    [
        ("steps", "many", "int"),
        ("steps", "1.5", "int"),
        ("steps", True, "int"),
        ("steps", None, "int"),
        ("rate", "fast", "float"),
        ("rate", False, "float"),
        ("sharp", "perhaps", "bool"),
        ("sharp", 1, "bool"),
        ("form", "median", "Literal['norm', 'mean']"),
        ("name", 3, "str"),
        ("widths", "3,x", "tuple[int, ...]"),
        ("widths", 3, "tuple[int, ...]"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_what_it_takes(key, text, takes):
    with pytest.raises(ConfigError) as caught:
        build_config(Settings, {key: text})
    assert str(caught.value) == f"setting '{key}' takes {takes}, not {text!r}"


def test_an_unknown_setting_suggests_the_nearest_one_or_lists_all():
    with pytest.raises(ConfigError, match="there is no setting 'step'; did you mean 'steps'"):
        build_config(Settings, {"step": 1})
    with pytest.raises(ConfigError, match="there is no setting 'qqq'; choose one of steps, rate, sharp"):
        build_config(Settings, {"qqq": 1})


def test_a_value_out_of_range_is_refused_by_the_config_itself():
    with pytest.raises(ConfigError, match="steps=0 must be positive"):
        build_config(Settings, {"steps": "0"})


def test_a_described_config_builds_the_same_one():
    settings = Settings(widths=(7, 8), sharp=True)
    described = describe_config(settings)
    assert described["widths"] == [7, 8]
    assert build_config(Settings, described) == settings


def test_settings_are_read_from_name_value_pairs():
    assert parse_settings(["steps=3", " name = a=b "]) == {"steps": "3", "name": "a=b"}
    assert parse_settings([]) == {}


@pytest.mark.parametrize("wrong", ["steps", "=3", " =3"])
def test_a_setting_without_name_or_value_is_refused(wrong):
    with pytest.raises(ConfigError, match=r"is not of the form NAME=VALUE, e\.g\. n_critic=3"):
        parse_settings([wrong])


def test_a_file_of_differences_is_read(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text('steps = 5\nform = "mean"\nwidths = [1, 2, 3]\n')
    assert build_config(Settings, read_settings(file)) == Settings(steps=5, form="mean", widths=(1, 2, 3))


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"cannot read the settings in .*none\.toml: No such file"):
        read_settings(tmp_path / "none.toml")


@pytest.mark.parametrize("content", [b"steps == 5", b"\xff\xfe\x00"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"mine\.toml is not a TOML file"):
        read_settings(file)


def test_convert_leaves_what_has_its_type_already():
    assert convert("widths", (1, 2), tuple[int, ...]) == (1, 2)
