"""What may be done with a photograph: ``rights.yaml`` beside it.

    "*":      {may_publish: false, note: "consent of 3 May, for this study"}
    anna.jpg: {may_modify: true, may_publish: true, expires: 2030-01-31}

What is said of a file comes before what is said of ``*``, entry by entry. What is not said is allowed. A link is held
to the file beside it and to the one beside the photograph that it leads to.
"""

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from mienkit.core.errors import ConfigError, DataError
from mienkit.core.naming import unknown_name
from mienkit.core.yaml_file import parse_yaml, read_text

FILE = "rights.yaml"
ALL = "*"
MISNAMED = ("rights.yml", "Rights.yaml", "Rights.yml", "RIGHTS.YAML", "rights.yaml.txt", "rights.txt", "rights.json")
"""What people call the file by mistake; their photographs would lie there unprotected."""


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What may be done with one photograph."""

    may_modify: bool = True
    may_publish: bool = True
    expires: date | None = None
    """The last day on which it may be used."""
    note: str = ""
    told: bool = True
    """Whether anybody wrote it down; else everything is allowed, and said to be so by nobody."""

    def check_use(self, photo: Path, today: date) -> None:
        """Refuse a photograph that may not be used any more.

        Raises:
            DataError: the permission has ended.
        """
        if self.expires is not None and today > self.expires:
            raise DataError(
                f"the permission to use {photo} ended on {self.expires}{self._reason}; leave it out, "
                f"or renew the permission and {FILE} beside it"
            )

    def check_modify(self, photo: Path, today: date) -> None:
        """Refuse a photograph whose face may not be changed today.

        Raises:
            DataError: it may not be modified, or the permission has ended.
        """
        self.check_use(photo, today)
        if not self.may_modify:
            raise DataError(f"{photo} may not be modified, says {FILE} beside it{self._reason}; leave it out")

    @property
    def _reason(self) -> str:
        return f" ({self.note})" if self.note else ""


NAMES = tuple(field.name for field in fields(Rights) if field.name != "told")
KINDS: Mapping[str, tuple[type, str]] = {
    "may_modify": (bool, "true or false"),
    "may_publish": (bool, "true or false"),
    "expires": (date, "a day such as 2030-01-31"),
    "note": (str, "a text"),
}
Entries = Mapping[str, Mapping[str, Any]]
"""Name of a photograph, or ``*`` -> what is said of it."""


def read_rights(photo: Path) -> Rights:
    """Return what may be done with a photograph; where no file says anything, everything.

    Raises:
        ConfigError: the file beside it has another form or name, or names a photograph that is not there: a misspelt
            name would leave one unprotected.
    """
    places = dict.fromkeys([photo.absolute(), photo.resolve()])
    told = [rights for rights in map(rights_beside, places) if rights.told]
    if len(told) < 2:
        return told[0] if told else Rights(told=False)
    return Rights(  # of two, both hold
        may_modify=all(one.may_modify for one in told),
        may_publish=all(one.may_publish for one in told),
        expires=min((one.expires for one in told if one.expires is not None), default=None),
        note="; ".join(dict.fromkeys(one.note for one in told if one.note)),
    )


def rights_beside(photo: Path) -> Rights:
    """Return what the file in a photograph's own folder says of it.

    Raises:
        ConfigError: as ``read_rights``.
    """
    path = photo.parent / FILE
    if not os.path.lexists(path):  # also true of a link that leads nowhere, which nobody shall pass over
        misnamed = next((name for name in MISNAMED if path.with_name(name).exists()), None)
        if misnamed is not None:
            raise ConfigError(f"{path.with_name(misnamed)} is not read under this name; call it {FILE}")
        return Rights(told=False)
    entries = entries_of(read_text(path), path)
    own = entries.get(photo.name) or entries.get(spelled(photo.name, entries))
    if ALL not in entries and own is None:
        return Rights(told=False)
    return Rights(**{**entries.get(ALL, {}), **(own or {})})


@lru_cache(maxsize=64)
def entries_of(text: str, path: Path) -> Entries:
    """Read what a file of rights says; once, however many photographs lie beside it.

    Raises:
        ConfigError: it has another form, or names a photograph that is not there.
    """
    told = {name: check_entry(path, name, entry) for name, entry in parse_yaml(text, path).items()}
    present = sorted(one.name for one in path.parent.iterdir() if one.name != FILE)
    there = {plainly(name) for name in present}
    missing = next((name for name in told if name != ALL and plainly(name) not in there), None)
    if missing is not None:
        raise ConfigError(f"{path}: {unknown_name('photograph', missing, present[:20])}")
    return told


def spelled(name: str, entries: Entries) -> str:
    """Find how a file of rights spells a photograph's name; other systems take ``Anna.JPG`` for ``anna.jpg``."""
    return next((one for one in entries if plainly(one) == plainly(name)), name)


def plainly(name: str) -> str:
    """Bring a name to small letters and one way of writing accents, of which file systems know two."""
    return unicodedata.normalize("NFC", name).casefold()


def check_entry(path: Path, photo: str, entry: Any) -> Mapping[str, Any]:
    """Hold what a file says of one photograph to its form.

    Raises:
        ConfigError: a name does not exist or a value is of another kind.
    """
    if not isinstance(entry, dict):
        raise ConfigError(f"{path}: '{photo}' should say {', '.join(NAMES)} by name, such as {{may_modify: true}}")
    for name, value in entry.items():
        if name not in NAMES:
            raise ConfigError(f"{path}, '{photo}': {unknown_name('right', str(name), NAMES)}")
        kind, form = KINDS[name]
        if type(value) is not kind:
            raise ConfigError(f"{path}, '{photo}': {name} should be {form}, not {value!r}")
    return entry
