"""Frozen dataclasses from text: defaults live in the class, a file or ``--set`` gives differences only."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from mienkit.core.errors import ConfigError

Config = TypeVar("Config")


def build_config(cls: type[Config], *layers: Mapping[str, object]) -> Config:
    """Make a config from its defaults and layers of differences, later ones winning.

    Values may be text (from ``--set n_critic=3``) or already of the field's type (from TOML or a preset).

    Raises:
        ConfigError: a key is unknown, or a value has the wrong type or is out of range.
    """
    hints = get_type_hints(cls)
    known = {field.name: hints[field.name] for field in fields(cls)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            if key not in known:
                close = get_close_matches(key, known, n=1)
                hint = f"did you mean '{close[0]}'?" if close else f"choose one of {', '.join(known)}"
                raise ConfigError(f"there is no setting '{key}'; {hint}")
            values[key] = convert(key, value, known[key])
    return cls(**values)


def convert(key: str, value: object, kind: Any) -> object:
    """Give a value the type of its field, or say what the field takes."""
    try:
        return _converted(value, kind)
    except (TypeError, ValueError):
        name = getattr(kind, "__name__", str(kind)) if not get_args(kind) else str(kind).replace("typing.", "")
        raise ConfigError(f"setting '{key}' takes {name}, not {value!r}") from None


def _converted(value: object, kind: Any) -> object:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError(value)
        return value
    if get_origin(kind) is tuple:
        items = value.replace(" ", "").split(",") if isinstance(value, str) else list(value)  # type: ignore[call-overload]
        return tuple(_converted(item, get_args(kind)[0]) for item in items)
    if kind is bool:
        return _to_bool(value)
    if kind is str and isinstance(value, str):
        return value
    return _to_number(value, kind)


def _to_number(value: object, kind: Any) -> object:
    if isinstance(value, bool) or kind not in (int, float):
        raise TypeError(value)
    return _to_int(value) if kind is int else float(value)  # type: ignore[arg-type]


def _to_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if not isinstance(value, str) or value.lower() not in words:
        raise ValueError(value)
    return words[value.lower()]


def _to_int(value: object) -> int:
    number = float(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or int(number) != number:
        raise ValueError(value)
    return int(number)


def parse_settings(settings: list[str]) -> dict[str, str]:
    """Turn ``["n_critic=3"]`` into ``{"n_critic": "3"}``.

    Raises:
        ConfigError: an entry is not of the form NAME=VALUE.
    """
    parsed = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"'{setting}' is not of the form NAME=VALUE, e.g. n_critic=3")
        parsed[key.strip()] = value.strip()
    return parsed


def read_settings(path: Path) -> dict[str, object]:
    """Read a TOML file of differences.

    Raises:
        ConfigError: the file is missing or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the settings in {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a TOML file: {error}") from None


def describe_config(config: Any) -> dict[str, object]:
    """Return a config as plain JSON-able values."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(config).items()}


def require(condition: bool, message: str) -> None:
    """Refuse a setting that is out of range; for ``__post_init__`` of a config.

    Raises:
        ConfigError: the condition does not hold.
    """
    if not condition:
        raise ConfigError(message)
