"""YAML files that people write by hand: read without guessing."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from mienkit.core.errors import ConfigError


class StrictLoader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML ships no types
    """Plain values only, and no name twice: of two lines for one thing, YAML would silently take the later."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Read a mapping.

        Raises:
            ConfigError: a name is there twice.
        """
        named = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((name for place, name in enumerate(named) if name in named[:place]), None)
        if twice is not None:
            raise ConfigError(f"line {node.start_mark.line + 1} and following say '{twice}' twice; keep one of them")
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that says things by name.

    Raises:
        ConfigError: it cannot be read, is no YAML, says a thing twice, or holds something else than names.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ConfigError(f"cannot read {path}: {reason}") from None
    try:
        told = yaml.load(text, StrictLoader)  # a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {reason_of(error)}") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    if not isinstance(told, dict) or not all(isinstance(name, str) for name in told):
        raise ConfigError(f"{path} should say things by name, such as `seed: 0`")
    return told


def reason_of(error: yaml.YAMLError) -> str:
    """Say in one line what is wrong with a file, and where."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return str(error).splitlines()[0]
