"""What of a study is done: a journal that grows by a line for each stimulus, so that a killed run goes on."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from mienkit.app.stimuli.design import FOLDERS
from mienkit.app.stimuli.row import Row, row_of
from mienkit.app.stimuli.trials import JSPSYCH, PSYCHOPY
from mienkit.assets.download import sha256_of
from mienkit.core.errors import OutputError
from mienkit.face.output import writing_to
from mienkit.weights.atomic import write_text

JOURNAL = ".progress.jsonl"
PART = re.compile(r"\..+\.[0-9a-f]{8}\.part")
"""What a file is called while it is written; one that is left over is of a run that was killed."""
MANIFEST = "manifest.json"
RECIPE = "recipe_sha256"
CODEBOOK, METHODS, COPY = "codebook.csv", "methods.txt", "design.yaml"
PAPERS = (CODEBOOK, METHODS, COPY, JSPSYCH, *PSYCHOPY.values())
"""What may go with stimuli beside the manifest."""


class Journal:
    """The rows of a study, kept on the disk from the moment when their files are there."""

    def __init__(self, folder: Path, recipe: str, force: bool) -> None:
        """Take up what an earlier run did.

        Args:
            folder: of the study.
            recipe: what everything in it is made by; see ``manifest.recipe_of``.
            force: throw away what another recipe made.

        Raises:
            OutputError: the folder holds another study, or something else.
        """
        self._path, self._folder, self._recipe = folder / JOURNAL, folder, recipe
        old, rows = read_state(folder)
        if old is None and folder.exists() and (not folder.is_dir() or not is_empty(folder)):
            raise OutputError(f"{folder} holds something else than a study; choose a new folder")
        if old not in (None, recipe) and not force:
            raise OutputError(
                f"{folder} holds a study of another design, photographs, model, calibration or version; "
                "choose another folder, or replace it with --force"
            )
        if old not in (None, recipe):
            clear(folder, rows)
            rows = []
        self.done: Mapping[str, Row] = {row.file: row for row in rows if is_whole(folder, row)}
        """File -> row of what is there already, whole."""
        self._file: IO[str] | None = None

    def begin(self) -> None:
        """Open it, with what is done already.

        Raises:
            OutputError: the folder cannot be written.
        """
        lines = [{RECIPE: self._recipe}, *map(asdict, self.done.values())]
        with writing_to(self._path):
            self._folder.mkdir(parents=True, exist_ok=True)
            sweep_out(self._folder)
            write_text(self._path, "".join(f"{json.dumps(line)}\n" for line in lines))
            self._file = self._path.open("a", encoding="utf-8")

    def add(self, row: Row) -> None:
        """Note that a stimulus is there."""
        self._write(asdict(row))

    def _write(self, line: Mapping[str, Any]) -> None:
        assert self._file is not None
        with writing_to(self._path):
            self._file.write(f"{json.dumps(line)}\n")
            self._file.flush()

    def close(self, finished: bool) -> None:
        """Close it; of a finished study the manifest tells everything, so that it is not needed any more."""
        if self._file is not None:
            self._file.close()
        if finished:
            self._path.unlink(missing_ok=True)


def read_state(folder: Path) -> tuple[str | None, list[Row]]:
    """Return the recipe and the rows of what is in a folder; None where it is no study."""
    try:
        journal = (folder / JOURNAL).read_text(encoding="utf-8")
        lines = [line for line in map(parse, journal.splitlines()) if line is not None]
        if lines and RECIPE in lines[0]:
            return str(lines[0][RECIPE]), rows_of(lines[1:])
    except (OSError, UnicodeDecodeError):
        pass  # there is none, so a manifest tells, if anything does
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return str(manifest[RECIPE]), rows_of(manifest["stimuli"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, []


def parse(line: str) -> dict[str, Any] | None:
    """Read a line of the journal; None where it was cut off by a kill."""
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def rows_of(lines: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Read the rows that are whole."""
    rows = []
    for line in lines:
        try:
            rows.append(row_of(line))
        except (ValueError, TypeError):
            continue  # an older form, or cut off: it is made again
    return rows


def is_whole(folder: Path, row: Row) -> bool:
    """Tell whether a row's file is there as it was written."""
    path = folder / row.file
    return path.is_file() and sha256_of(path) == row.sha256


def is_empty(folder: Path) -> bool:
    """Tell whether there is nothing in a folder but what a killed run left half written."""
    return all(PART.fullmatch(one.name) for one in folder.iterdir())


def sweep_out(folder: Path) -> None:
    """Remove what a killed run left half written in a study."""
    for place in (folder, *(folder / name for name, _ in FOLDERS.values())):
        for one in place.glob(".*.part"):
            if PART.fullmatch(one.name):
                one.unlink(missing_ok=True)


def clear(folder: Path, rows: Iterable[Row]) -> None:
    """Remove what an earlier study wrote into a folder, and nothing else."""
    for name in (*(row.file for row in rows), *PAPERS, MANIFEST, JOURNAL):
        (folder / name).unlink(missing_ok=True)
