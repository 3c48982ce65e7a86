"""``design.yaml``: a study as its makers write it down. Whatever is wrong is said in one line that names the field."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from mienkit.app.folder import PHOTO_SUFFIXES
from mienkit.app.stimuli.design import Condition, Design, Dynamics, Identity, Look, Tolerance
from mienkit.app.stimuli.field import SHORT, filled_list, line, number, read_section, read_value, truth, whole
from mienkit.core.action_unit import canonical_unit, check_intensity
from mienkit.core.emotion import canonical_emotion
from mienkit.core.errors import ConfigError
from mienkit.core.expression import MODES
from mienkit.core.naming import unknown_name
from mienkit.core.yaml_file import parse_yaml, read_text

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
WILD = frozenset("*?[")
MOST_SEEDS = 2**32
MOST_STIMULI = 100_000


def read_design(path: Path) -> Design:
    """Read a design file; photographs are looked for beside it.

    Raises:
        ConfigError: it cannot be read, or says something that does not exist or is out of range.
    """
    text = read_text(path)
    told = parse_yaml(text, path)
    try:
        return replace(build_design(told, path), text=text)
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from None


def build_design(told: Mapping[str, Any], path: Path) -> Design:
    """Turn what a file says into a design.

    Raises:
        ConfigError: a field is unknown, missing or wrong; the message names it.
    """
    values = read_section(told, "", forms_of(path.parent))
    if "identities" not in values:
        raise ConfigError("identities: is missing; list photographs, such as [photos/*.png]")
    conditions = (*values.pop("aus", ()), *values.pop("emotions", ()))
    if not conditions:
        raise ConfigError("aus: is missing; name sets such as {smile: {AU6: 1, AU12: 1}}, or list emotions")
    refuse_twins("aus", [one.name for one in conditions])
    look, check = values.pop("options", Look()), values.pop("check", Tolerance())
    design = Design(**values, conditions=conditions, look=look, check=check, path=path)
    check_mode(design)
    if not design.kinds:
        raise ConfigError("static: is false and there is no `dynamic`, so there is nothing to make; ask for one")
    stimuli = len(design.identities) * len(design.cells) * len(design.kinds)
    if stimuli > MOST_STIMULI:
        raise ConfigError(f"identities: a study of {stimuli} stimuli is too large; {MOST_STIMULI} are the most")
    return design


def forms_of(folder: Path) -> Mapping[str, Callable[[Any], Any]]:
    """Name all fields with their forms, for a design file in a folder."""
    return {
        "study": line,
        "identities": lambda value: read_identities(value, folder),
        "aus": read_unit_sets,
        "emotions": read_emotions,
        "levels": read_levels,
        "static": truth,
        "dynamic": lambda value: Dynamics(**read_section(value, "dynamic", DYNAMICS)),
        "model": line,
        "mode": read_mode,
        "seed": whole(0, MOST_SEEDS - 1),
        "options": lambda value: read_look(read_section(value, "options", LOOK)),
        "check": lambda value: Tolerance(**read_section(value, "check", TOLERANCE)),
    }


DYNAMICS = {"onset": number(0, 60), "apex": number(0, 60), "offset": number(0, 60), "fps": number(1, 120)}
TOLERANCE = {"dose": number(0, 1), "off_target": number(0, 1), "identity": number(-1, 1), "retries": whole(0, 20)}


def even_side(value: Any) -> int:
    """Take the side of a picture: even, because videos are."""
    side: int = whole(64, 4096)(value)
    if side % 2:
        raise ValueError(f"should be even, because a clip's sides are; take {side + 1} instead of {side}")
    return side


def level_or_equal(value: Any) -> float | bool:
    """Take a grey level, or ``equal``."""
    if value == "equal":
        return True
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 254:
        raise ValueError(f"should be `equal` or a grey level from 1 to 254, not {SHORT.repr(value)}")
    return float(value)


LOOK = {
    "size": even_side,
    "margin": number(0, 1),
    "greyscale": truth,
    "oval": truth,
    "background": whole(0, 255),
    "luminance": level_or_equal,
    "contrast": level_or_equal,
}


def read_look(values: dict[str, Any]) -> Look:
    """Turn the options into a look; ``luminance: equal`` means the photographs' own mean."""
    for name in ("luminance", "contrast"):
        if values.get(name) is True:
            del values[name]
            values[f"equal_{name}"] = True
    return Look(**values)


def read_mode(value: Any) -> str:
    """Take a mode.

    Raises:
        UnknownNameError: there is none of that name.
    """
    if value not in MODES:
        raise unknown_name("mode", str(value), MODES)
    return str(value)


def read_levels(value: Any) -> tuple[float, ...]:
    """Take levels above 0 and up to 1, in hundredths, each once.

    Raises:
        ValueError: there are others.
    """
    levels = tuple(
        read_value(level, f"levels[{place}]", number(0.01, 1)) for place, level in enumerate(filled_list(value))
    )
    odd = next((level for level in levels if abs(100 * level - round(100 * level)) > 1e-6), None)
    if odd is not None:
        raise ValueError(f"{odd:g} is finer than a hundredth, and file names tell hundredths; round it")
    if len({round(100 * level) for level in levels}) < len(levels):
        raise ValueError("a level is there twice; keep one of them")
    return levels


def read_unit_sets(value: Any) -> tuple[Condition, ...]:
    """Take named sets of action units with their intensities at level 1.

    Raises:
        ConfigError: a name or an intensity is wrong.
    """
    if not isinstance(value, Mapping) or not value:
        raise ConfigError(f"aus: should name sets such as {{smile: {{AU6: 1, AU12: 1}}}}, not be {SHORT.repr(value)}")
    return tuple(Condition(name=check_name(name, "aus"), aus=read_units(units, f"aus.{name}"))
                 for name, units in value.items())  # fmt: skip


def read_units(value: Any, where: str) -> dict[str, float]:
    """Take action units with their intensities; the mode is held to them later.

    Raises:
        ConfigError: a unit does not exist, is there twice, or its intensity is out of range.
    """
    if not isinstance(value, Mapping) or not value:
        raise ConfigError(f"{where}: should be action units with their intensities, such as {{AU12: 1}}")
    units: dict[str, float] = {}
    for name, intensity in value.items():
        unit = read_value(str(name), f"{where}.{name}", canonical_unit)
        if unit in units:
            raise ConfigError(f"{where}.{name}: {unit} is there twice; keep one of them")
        units[unit] = read_value(intensity, f"{where}.{name}", number(-1, 1))
    return units


def check_mode(design: Design) -> None:
    """Refuse intensities below 0 where units are not added to what is measured.

    Raises:
        ConfigError: there is one.
    """
    lowest = -1.0 if design.mode == "relative" else 0.0
    for condition in design.conditions:
        for name, value in condition.aus.items():
            read_value(value, f"aus.{condition.name}.{name}", partial(check_intensity, name, lowest=lowest))


def read_emotions(value: Any) -> tuple[Condition, ...]:
    """Take emotions by name.

    Raises:
        ConfigError: one does not exist.
    """
    names = [
        read_value(name, f"emotions[{place}]", lambda one: canonical_emotion(line(one)))
        for place, name in enumerate(filled_list(value))
    ]
    return tuple(Condition(name=name, emotion=name) for name in names)


def read_identities(value: Any, folder: Path) -> tuple[Identity, ...]:
    """Take photographs: paths, patterns such as ``photos/*.png``, or ``{path: ..., id: ..., face: ...}``.

    Raises:
        ConfigError: one is missing, or two are called the same.
    """
    found = [
        one for place, entry in enumerate(filled_list(value))
        for one in read_entry(entry, f"identities[{place}]", folder)
    ]  # fmt: skip
    refuse_twins("identities", [one.id for one in found])
    shown: dict[tuple[Path, str], str] = {}
    for one in found:
        also = shown.setdefault((one.photo.resolve(), one.face), one.id)
        if also != one.id:
            raise ConfigError(f"identities: '{also}' and '{one.id}' are the same face of {one.photo}; keep one of them")
    return tuple(found)


def read_entry(entry: Any, where: str, folder: Path) -> list[Identity]:
    """Take one entry, which may name several photographs.

    Raises:
        ConfigError: it names none.
    """
    told = {"path": entry} if isinstance(entry, str) else entry
    known = {"path": line, "id": read_id, "face": check_face}
    values = read_section(told, where, known)
    if "path" not in values:
        raise ConfigError(f"{where}: path is missing; name a photograph")
    pattern, face = values["path"], values.get("face", "largest")
    photos = find_photos(pattern, folder)
    if not photos:
        whole_folder = (folder / Path(pattern).expanduser()).is_dir()
        hint = f"it is a folder; for all in it, write {pattern.rstrip('/')}/*" if whole_folder else "check the name"
        raise ConfigError(f"{where}: no photograph is at {pattern}, seen from {folder.absolute()}; {hint}")
    if "id" in values and len(photos) > 1:
        raise ConfigError(f"{where}.id: {pattern} names {len(photos)} photographs and one id; leave the id out")
    return [Identity(id=values.get("id") or slug_of(photo, where), photo=photo, face=face) for photo in photos]


def find_photos(pattern: str, folder: Path) -> list[Path]:
    """List the photographs that a path or a pattern names, sorted; ``b [1].jpg`` may be the name of one."""
    pattern = str(Path(pattern).expanduser())
    if (folder / pattern).is_file():
        return [folder / pattern]
    if not WILD & set(pattern):
        return []
    anchor = Path(pattern).anchor
    found = (Path(anchor) if anchor else folder).glob(pattern[len(anchor) :])
    return sorted(path for path in found if path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith("."))


def read_id(value: Any) -> str:
    """Take a person's name; a number may be one.

    Raises:
        ValueError: it is something else, or bears other characters than file names do.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | date):
        raise ValueError(f"should be a text, not {SHORT.repr(value)}; write it in quotes")
    name = str(value)
    if not NAME.fullmatch(name):
        raise ValueError(f"'{name}' becomes part of file names; use letters, digits and hyphens")
    return name


def check_face(value: Any) -> str:
    """Take ``largest`` or an index."""
    chosen = str(value)
    if isinstance(value, bool) or (chosen != "largest" and not chosen.isdecimal()):
        raise ValueError(f"should be largest or a number from 0, not {SHORT.repr(value)}")
    return chosen


def check_name(name: Any, where: str) -> str:
    """Hold a name to what file names and trial lists bear.

    Raises:
        ConfigError: it has other characters.
    """
    if not isinstance(name, str):
        raise ConfigError(f"{where}: {SHORT.repr(name)} is read as a {type(name).__name__}; write the name in quotes")
    if not NAME.fullmatch(name):
        raise ConfigError(f"{where}: '{name}' becomes part of file names; use letters, digits and hyphens")
    return name


def slug_of(photo: Path, where: str) -> str:
    """Name a person by a photograph: ``Anna_01.jpg`` -> ``Anna-01``, ``Jürgen.jpg`` -> ``Jurgen``.

    Raises:
        ConfigError: nothing is left of the name.
    """
    plain = "".join(one for one in unicodedata.normalize("NFKD", photo.stem) if not unicodedata.combining(one))
    slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")
    if not slug:
        raise ConfigError(f"{where}: no id can be made of '{photo.name}'; give one, such as {{path: ..., id: p01}}")
    return slug


def refuse_twins(where: str, names: list[str]) -> None:
    """Refuse two things of one name; file systems that do not tell capitals apart would mix them up, too.

    Raises:
        ConfigError: there are two.
    """
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            also = seen[name.lower()]
            raise ConfigError(f"{where}: two are called '{also}'" + (f" and '{name}'" if also != name else "")
                              + "; give each a name of its own")  # fmt: skip
        seen[name.lower()] = name
