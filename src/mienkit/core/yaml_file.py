"""YAML files that people write by hand: read without guessing."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from mienkit.core.errors import ConfigError

INTEGER = "tag:yaml.org,2002:int"
FLOAT = "tag:yaml.org,2002:float"
PLAIN = {
    INTEGER: re.compile(r"[-+]?(?:0|[1-9][0-9]{0,99})"),
    FLOAT: re.compile(r"[-+]?(?:[0-9]{1,99}\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf)|\.(?:nan|NaN)"),
}
"""What counts as a number. YAML 1.1 also takes ``010`` for 8 and ``1:30`` for 90, which nobody means."""


class StrictLoader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML ships no types
    """Plain values only, and no name twice: of two lines for one thing, YAML would silently take the later."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Tell which kind of value a text is; what only looks like a number to YAML 1.1 stays a text."""
        tag = super().resolve(kind, value, implicit)
        if kind is yaml.ScalarNode and tag in PLAIN and not PLAIN[tag].fullmatch(value):
            return self.DEFAULT_SCALAR_TAG
        return tag

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
    return parse_yaml(read_text(path), path)


def read_text(path: Path) -> str:
    """Read a text file.

    Raises:
        ConfigError: it cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ConfigError(f"cannot read {path}: {reason}") from None


def parse_yaml(text: str, path: Path) -> dict[str, Any]:
    """Read what a YAML file says by name; ``path`` is for messages.

    Raises:
        ConfigError: it is no YAML, says a thing twice, or holds something else than names.
    """
    try:
        told = yaml.load(text, StrictLoader)  # a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {reason_of(error)}") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except ValueError as error:  # a day such as 2030-02-31
        raise ConfigError(f"{path} names a day that does not exist: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply; write it flat") from None
    if not isinstance(told, dict):
        raise ConfigError(f"{path} should say things by name, such as `seed: 0`")
    odd = next((name for name in told if not isinstance(name, str)), None)
    if odd is not None:
        raise ConfigError(f"{path}: {odd!r} is read as a {type(odd).__name__} and not as a name; write it in quotes")
    return told


def reason_of(error: yaml.YAMLError) -> str:
    """Say in one line what is wrong with a file, and where."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return str(error).splitlines()[0]
