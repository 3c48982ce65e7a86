"""YAML files that people write by hand."""

from pathlib import Path

import pytest

from mienkit.core.errors import ConfigError
from mienkit.core.yaml_file import read_yaml


def read(folder: Path, text: str) -> dict[str, object]:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path)


@pytest.mark.parametrize("text", ["010", "1:30", "1_000", "0x10", "1:30.5"])
def test_what_only_looks_like_a_number_stays_a_text(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"a: {text}") == {"a": text}


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("-3", -3), ("0", 0), ("0.5", 0.5), ("-1.", -1.0)])
def test_numbers_are_numbers(tmp_path: Path, text: str, value: float) -> None:
    assert read(tmp_path, f"a: {text}") == {"a": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 2030-02-31", "names a day that does not exist"),
        ("a: " + "[" * 3000, "nested too deeply"),
        ("a: 1\na: 2", "'a' twice"),
        ("a:\n\tb: 1", "is no YAML"),
        ("1: {a: b}", "1 is read as a int and not as a name; write it in quotes"),
        ("no: 1", "False is read as a bool"),
        ("- a", "by name"),
        ("a: 1\n---\nb: 2", "is no YAML"),
        ("a: !!python/object:os.system x", "is no YAML"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_number_of_any_length_is_no_crash(tmp_path: Path) -> None:
    assert read(tmp_path, "a: " + "9" * 5000) == {"a": "9" * 5000}


def test_a_file_that_begins_with_the_mark_of_windows_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffa: 1") == {"a": 1}
