"""``labels.csv``: what somebody knows of the photos and videos in a folder, one a line."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.emotion import canonical_emotion
from mienkit.core.errors import ConfigError, DataError
from mienkit.data.listing import PICTURES, VIDEOS, suffix_of
from mienkit.data.reader import broken_labels
from mienkit.data.row import SPLITS, unknown_aus

LABELS = "labels.csv"
COLUMNS = ("path", "subject", "emotion", "sequence", "frame", "split", "licence", "au_measurer", *ACTION_UNITS)
MEASURER = "labels.csv"

Row = Mapping[str, str]


def read_labels(file: Path) -> Iterator[tuple[int, Row]]:
    """Yield the lines with their numbers, cells by column; empty lines are passed over.

    Raises:
        DataError: columns are missing or unknown, or the file cannot be read as text.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            heading = text.readline()
            text.seek(0)
            rows = csv.reader(text, delimiter=";" if heading.count(";") > heading.count(",") else ",")
            names = [name.strip() for name in next(rows, [])]
            check_columns(file, names)
            for number, cells in enumerate(rows, 2):
                if any(cell.strip() for cell in cells):
                    yield number, dict(zip(names, (cell.strip() for cell in cells), strict=False))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} is not a CSV file in UTF-8 ({error}); export it again") from None


def check_columns(file: Path, names: list[str]) -> None:
    """Hold a heading to the known columns.

    Raises:
        DataError: it lacks ``path``, or has others; the message lists what is allowed.
    """
    strange = [name for name in names if name not in COLUMNS]
    if strange or "path" not in names:
        reason = f"has unknown columns {', '.join(map(repr, strange))}" if strange else "has no column 'path'"
        raise DataError(f"{file} {reason}; these are known: {', '.join(COLUMNS)}")


def check_labels(folder: Path) -> set[str]:
    """Look at the whole file and return the paths that it names.

    Raises:
        DataError: lines are broken, name files that are not there or name one twice; up to 20 are named.
    """
    paths: set[str] = set()
    splits: dict[str, str] = {}
    problems = []
    for number, row in read_labels(folder / LABELS):
        try:
            labels = row_labels(folder, row)
            if labels["path"] in paths:
                raise ValueError(f"'{labels['path']}' is named twice")
            paths.add(labels["path"])
            check_split(splits, labels)
        except (ConfigError, ValueError) as error:
            problems.append(f"{LABELS} line {number}: {error}")
    if problems:
        raise broken_labels(problems)
    if not paths:
        raise DataError(f"{folder / LABELS} names no file; fill it or remove it")
    return paths


def check_split(splits: dict[str, str], labels: Mapping[str, Any]) -> None:
    """Hold a subject to one split.

    Raises:
        ValueError: it was in another one.
    """
    if "subject" in labels and "split" in labels:
        known = splits.setdefault(labels["subject"], labels["split"])
        if known != labels["split"]:
            raise ValueError(
                f"'{labels['subject']}' is {labels['split']} here and {known} above; a subject has one split"
            )


def row_labels(folder: Path, row: Row) -> dict[str, Any]:
    """Turn a line into ``path`` and the fields of a sample that it gives; empty cells give none.

    Raises:
        ValueError: a value cannot be used.
        UnknownNameError: there is no such emotion.
    """
    labels: dict[str, Any] = {"path": named_file(folder, row.get("path", ""))}
    labels |= {name: row[name] for name in ("subject", "sequence", "licence", "au_measurer") if row.get(name)}
    if emotion := row.get("emotion"):
        labels["emotion"] = canonical_emotion(emotion)
    if frame := row.get("frame"):
        labels["frame"] = whole_number(frame)
    if split := row.get("split"):
        if split not in SPLITS:
            raise ValueError(f"no split is called '{split}'; choose one of {', '.join(SPLITS)}")
        labels["split"] = split
    return labels | unit_labels(row)


def unit_labels(row: Row) -> dict[str, Any]:
    """Collect the units of a line: those whose cells are empty stay unknown.

    Raises:
        ValueError: an intensity is not in [0, 1].
    """
    given = {name: row[name] for name in ACTION_UNITS if row.get(name)}
    aus = unknown_aus()
    for name, text in given.items():
        if not re.fullmatch(r"0*1?(\.\d*)?|\.\d+", text) or not 0 <= float(text) <= 1:
            raise ValueError(f"{name} is '{text}'; intensities are in [0, 1], FACS letters A to E 0.2 to 1")
        aus[AU_INDEX[name]] = float(text)
    known = not np.isnan(aus).all()
    return {"aus": aus, "au_measurer": row.get("au_measurer") or MEASURER} if known else {}


def whole_number(text: str) -> int:
    """Read a frame's number.

    Raises:
        ValueError: it is not a whole number from 0.
    """
    if not text.isdecimal():
        raise ValueError(f"frame is '{text}'; it is a whole number from 0")
    return int(text)


def named_file(folder: Path, path: str) -> str:
    """Return the path of a file in the folder, with slashes.

    Raises:
        ValueError: it is not there, not inside the folder, or neither photo nor video.
    """
    plain = PurePosixPath(path.replace("\\", "/"))
    if not path or plain.is_absolute() or ".." in plain.parts:
        raise ValueError(f"'{path}' is not a path inside the folder")
    if suffix_of(plain.name) not in PICTURES | VIDEOS:
        raise ValueError(f"'{path}' is neither photo nor video")
    if not (folder / plain).is_file():
        raise ValueError(f"'{path}' is not there")
    return str(plain)
