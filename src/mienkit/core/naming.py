"""What is said when a name does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches

from mienkit.core.errors import UnknownNameError


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Make the error for a wrong name, with the closest right one and all that exist.

    Args:
        kind: what the name is of, e.g. ``model``.
        name: what was asked for.
        known: every name that exists.
    """
    known = list(known)
    close = get_close_matches(name, known, n=1)
    guess = f"did you mean '{close[0]}'? " if close else ""
    return UnknownNameError(f"no {kind} is called '{name}'; {guess}choose one of {', '.join(known)}")
