"""Values of a design file: each is held to its form, and a wrong one is named by its field."""

import math
from collections.abc import Callable, Mapping
from reprlib import Repr
from typing import Any, TypeAlias

from mienkit.core.errors import ConfigError, MienError
from mienkit.core.naming import unknown_name

Form: TypeAlias = Callable[[Any], Any]
"""Turns what a file says into a value.

Raises:
    ValueError: what it says has another form; the message says which one it should have.
"""

SHORT = Repr()
SHORT.maxstring = SHORT.maxother = 60
"""Shows a wrong value in a message: not more of it than fits on a line."""


def read_section(told: Any, where: str, forms: Mapping[str, Form]) -> dict[str, Any]:
    """Read named values.

    Args:
        told: what the file says.
        where: the section's name, for messages; empty for the whole file.
        forms: name -> the form of its value; what is not said is left out of the result.

    Raises:
        ConfigError: a name does not exist or a value has another form; the message names the field.
    """
    if not isinstance(told, Mapping):
        raise ConfigError(f"{where}: should name {', '.join(forms)}, not be {SHORT.repr(told)}")
    values = {}
    for name, value in told.items():
        if name not in forms:
            raise ConfigError(f"{join(where, str(name))}: {unknown_name('field', str(name), forms)}")
        values[name] = read_value(value, join(where, name), forms[name])
    return values


def read_value(value: Any, where: str, form: Form) -> Any:
    """Read one value.

    Raises:
        ConfigError: it has another form; the message names the field.
    """
    try:
        return form(value)
    except (ValueError, MienError) as error:
        told = str(error)
        raise ConfigError(told if told.startswith(f"{where}") else f"{where}: {told}") from None


def join(where: str, name: str) -> str:
    """Name a field of a section: ``options.size``."""
    return f"{where}.{name}" if where else name


def number(low: float, high: float) -> Form:
    """Take a number from ``low`` to ``high``."""

    def form(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"should be a number from {low:g} to {high:g}, not {SHORT.repr(value)}")
        if not low <= value <= high:
            raise ValueError(f"should be {low:g} to {high:g}, not {SHORT.repr(value)}")
        return float(value)

    return form


def whole(low: int, high: int) -> Form:
    """Take a whole number from ``low`` to ``high``."""

    def form(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"should be a whole number from {low} to {high}, not {SHORT.repr(value)}")
        if not low <= value <= high:
            raise ValueError(f"should be {low} to {high}, not {SHORT.repr(value)}")
        return value

    return form


def truth(value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"should be true or false, not {SHORT.repr(value)}")
    return value


def line(value: Any) -> str:
    """Take a line of text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"should be a text, not {SHORT.repr(value)}")
    if not value.strip().isprintable():
        raise ValueError(f"should be one line of letters and signs, not {SHORT.repr(value)}")
    return value.strip()


def filled_list(value: Any) -> list[Any]:
    """Take a list that is not empty."""
    if not isinstance(value, list) or not value:
        raise ValueError(f"should be a list of one or more, not {SHORT.repr(value)}")
    return value
