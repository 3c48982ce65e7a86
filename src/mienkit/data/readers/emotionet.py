"""EmotioNet: pictures from the web whose action units are annotated as present, absent or not at all.

Source: Benitez-Quiroz et al. 2016; the files of the 2017 and 2018 challenges.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import numpy as np

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import DataError
from mienkit.data.listing import PICTURES, FileIndex, suffix_of, walk_files
from mienkit.data.reader import READERS, Reader, Sample, broken_labels
from mienkit.data.row import Floats

UNITS_FROM = 2
"""Columns before AU1: the picture's address and its original address."""
COLUMNS = tuple(43 if name == "AU45" else int(name[2:]) for name in ACTION_UNITS)
"""FACS number of each of the 17 units; AU43 (eyes closed) is AU45's muscle and stands for it."""
VALUES = {"0": 0.0, "1": 1.0, "999": np.nan, "": np.nan}
LICENCE = "EmotioNet: research only under its agreement; each picture is its photographer's"
MEASURER = "EmotioNet annotation, absent or present as 0 or 1"
WORKBOOK = ".xlsx"
TEXTS = frozenset((".txt", ".csv", WORKBOOK))


@READERS.register
class Emotionet(Reader):
    """Annotation files ``dataFile_*.txt`` or exported ``EmotioNet_FACS*.csv``, joined to pictures by their names."""

    title = "EmotioNet (dataFile_0001.txt or EmotioNet_FACS_aws.csv, and the pictures in any sub-folder)"

    def samples(self) -> Iterator[Sample]:
        self.left_out.clear()
        annotations = self.annotations()
        pictures = FileIndex(self.folder, PICTURES, self.left_out)
        taken = np.zeros(len(pictures), bool)
        for path in annotations:
            for number, cells in read_lines(self.folder / path):
                aus = unit_values(cells)
                if aus is None:
                    self.left_out.add("line is not an address and values 0, 1 or 999", f"{path} line {number}")
                    continue
                name = picture_name(cells[0])
                position, found = pictures.find(name)
                if found is None:
                    self.left_out.add("annotated picture is not there", name)
                elif taken[position]:
                    self.left_out.add("second annotation of a picture", name)
                else:
                    taken[position] = True
                    yield self.sample(found, aus)
        if not taken.any():
            raise DataError(f"{self.folder} holds no picture that its annotation files name; download the pictures")

    def annotations(self) -> list[str]:
        """List the annotation files.

        Raises:
            DataError: there is none, or some hold no annotations; up to 20 are named.
        """
        known = [path for path in walk_files(self.folder, TEXTS, self.left_out) if is_annotation(path)]
        workbooks = [path for path in known if suffix_of(path) == WORKBOOK]
        files = [path for path in known if path not in workbooks]
        if workbooks and not files:
            raise DataError(f"{workbooks[0]} cannot be read; export each of its sheets as CSV beside it")
        for path in workbooks:
            self.left_out.add("workbook; export each of its sheets as CSV", path)
        if not files:
            raise DataError(
                f"{self.folder} holds no annotation of EmotioNet (dataFile_0001.txt, EmotioNet_FACS_aws.csv)"
            )
        problems = [f"{path}: {problem}" for path in files if (problem := file_problem(self.folder / path))]
        if problems:
            raise broken_labels(problems)
        return files

    def sample(self, path: str, aus: Floats) -> Sample:
        """Make the sample of a picture; who it shows is not known, so each is a person of its own."""
        return Sample(
            picture=self.folder / path,
            source="EmotioNet",
            source_id=path,
            licence=LICENCE,
            kind="photograph",
            subject=f"emotionet-{PurePosixPath(path).stem}",
            aus=aus,
            au_measurer=None if np.isnan(aus).all() else MEASURER,
        )


def is_annotation(path: str) -> bool:
    """Tell an annotation file by its name."""
    name = PurePosixPath(path).name.lower()
    return name.startswith(("datafile", "emotionet_facs"))


def file_problem(path: Path) -> str | None:
    """Say why an annotation file cannot be used at all, if it cannot."""
    try:
        found = any(unit_values(cells) is not None for _, cells in read_lines(path))
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if found else "no line holds an address and values of AU1 to AU60"


def read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of an annotation file with their numbers, from 1, as cells; a CSV's heading is passed over."""
    commas = path.suffix.lower() == ".csv"
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for number, line in enumerate(file, 1):
            cells = [cell.strip(' \r\n"') for cell in line.split("," if commas else "\t")]
            heading = commas and number == 1 and unit_values(cells) is None
            if any(cells) and not heading:
                yield number, cells


def unit_values(cells: list[str]) -> Floats | None:
    """Return what a line says of the 17 units, (17,): 0, 1 or NaN; None where it is broken."""
    if len(cells) < UNITS_FROM + max(COLUMNS):
        return None
    try:
        values = [VALUES[cells[UNITS_FROM - 1 + unit].removesuffix(".0")] for unit in COLUMNS]
    except KeyError:
        return None
    return np.asarray(values, np.float32)


def picture_name(address: str) -> str:
    """Take the file's name out of an address, which in some files ends in a stray quote."""
    return unquote(urlsplit(address.strip(" '\"`’”")).path).rpartition("/")[2]  # noqa: RUF001
