"""What may be done with a photograph: ``rights.yaml`` beside it.

    "*":      {may_publish: false, note: "consent of 3 May, for this study"}
    anna.jpg: {may_modify: true, may_publish: true, expires: 2030-01-31}

What is said of a file comes before what is said of ``*``, entry by entry. What is not said is allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from mienkit.core.errors import ConfigError, DataError
from mienkit.core.naming import unknown_name
from mienkit.core.yaml_file import read_yaml

FILE = "rights.yaml"
ALL = "*"


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

    def check_modify(self, photo: Path, today: date) -> None:
        """Refuse a photograph whose face may not be changed today.

        Raises:
            DataError: it may not be modified, or the permission has ended.
        """
        reason = f" ({self.note})" if self.note else ""
        if self.expires is not None and today > self.expires:
            raise DataError(
                f"the permission to use {photo} ended on {self.expires}{reason}; leave it out, "
                f"or renew the permission and {FILE} beside it"
            )
        if not self.may_modify:
            raise DataError(f"{photo} may not be modified, says {FILE} beside it{reason}; leave it out")


NAMES = tuple(field.name for field in fields(Rights) if field.name != "told")
KINDS: Mapping[str, tuple[type, str]] = {
    "may_modify": (bool, "true or false"),
    "may_publish": (bool, "true or false"),
    "expires": (date, "a day such as 2030-01-31"),
    "note": (str, "a text"),
}


def read_rights(photo: Path) -> Rights:
    """Return what may be done with a photograph; where no file says anything, everything.

    Raises:
        ConfigError: the file beside it has another form, or names a photograph that is not there: a misspelt name
            would leave one unprotected.
    """
    path = photo.parent / FILE
    if not path.exists():
        return Rights(told=False)
    told = {name: check_entry(path, name, entry) for name, entry in read_yaml(path).items()}
    missing = next((name for name in told if name != ALL and not (path.parent / name).is_file()), None)
    if missing is not None:
        present = [one.name for one in path.parent.iterdir() if one.is_file() and one.name != FILE]
        raise ConfigError(f"{path}: {unknown_name('photograph', missing, sorted(present)[:20])}")
    if ALL not in told and photo.name not in told:
        return Rights(told=False)
    return Rights(**{**told.get(ALL, {}), **told.get(photo.name, {})})


def check_entry(path: Path, photo: str, entry: Any) -> dict[str, Any]:
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
