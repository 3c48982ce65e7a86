"""Who was seen in a training: a list beside the weights, so that nobody is measured by a network that knows them.

Names do not leave the table: the list holds hashes.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mienkit.core.errors import WeightsError
from mienkit.weights.atomic import write_text

PEOPLE = "people.json"
FORMAT = 1
DIGITS = 16
"""Hexadecimal digits of a hash: two of a million people are the same with a chance of one in 37 million."""


@dataclass(frozen=True, kw_only=True)
class KnownPeople:
    """People from whom a network learned."""

    hashes: frozenset[str] = frozenset()

    def __call__(self, subject: str) -> bool:
        """Tell whether a person, named as in the column ``subject``, is among them."""
        return hash_person(subject) in self.hashes


def hash_person(subject: str) -> str:
    """Return the hash that stands for a person, 16 hexadecimal digits of a SHA-256."""
    return hashlib.sha256(f"person:{subject}".encode()).hexdigest()[:DIGITS]


def write_people(folder: Path, subjects: Iterable[str]) -> None:
    """Write down beside weights from whom they learned; the order of the names does not matter."""
    hashes = sorted({hash_person(subject) for subject in subjects})
    write_text(folder / PEOPLE, json.dumps({"format": FORMAT, "people": hashes}, indent=1) + "\n")


def read_people(folder: Path) -> KnownPeople:
    """Read from whom weights learned; nobody where there is no list.

    Raises:
        WeightsError: the list cannot be read.
    """
    path = folder / PEOPLE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return KnownPeople()
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read ({error}); get the weights again") from None
    hashes = told.get("people") if isinstance(told, dict) and told.get("format") == FORMAT else None
    if not isinstance(hashes, list) or not all(isinstance(one, str) for one in hashes):
        raise WeightsError(f"{path} is no list of people that this mienkit reads; get the weights again")
    return KnownPeople(hashes=frozenset(hashes))
