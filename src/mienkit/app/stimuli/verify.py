"""Is a study still what was made, and does the same come out again?"""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from mienkit.app.folder import Track, untracked
from mienkit.app.stimuli.design import FOLDERS, STILL, Design
from mienkit.app.stimuli.finish import decoded, hash_pixels
from mienkit.app.stimuli.manifest import describe_machine, design_of, hash_of, makers_of, read_manifest, recipe_of
from mienkit.app.stimuli.progress import COPY, MANIFEST, RECIPE
from mienkit.app.stimuli.row import Row, row_of
from mienkit.app.stimuli.studio import Studio
from mienkit.app.stimuli.study import make_study, papers_of
from mienkit.assets.download import sha256_of
from mienkit.core.errors import DataError, ImageError
from mienkit.face.film.film_mark import read_film_mark
from mienkit.face.mark import Mark, plain, read_mark

ONE_LEVEL = 1
"""Grey levels by which pixels may differ on another kind of machine."""
ENOUGH = 0.999
"""Share of the pixels that must not differ by more."""
FAITHFUL = 40.0
"""PSNR in decibels from which a clip counts as the same there: H.264 makes 10 levels of one, here and there."""
CLOSE = 0.02
"""By how much measured numbers may differ there."""
TONE = 0.1
"""And luminance and contrast, in grey levels."""
ELSEWHERE = ("stimuli", "machine", "design_file_sha256")
"""Entries of a manifest that are compared elsewhere, or that belong to one machine."""
MAKERS = ("mienkit", "model", "calibration", "meter", "detector", "identity_network")


@dataclass(kw_only=True)
class VerifyReport:
    """What was found."""

    study: Path
    stimuli: int
    quick: bool
    machine: Mapping[str, object] | None = None
    """Where it was made again, if that is another kind of machine."""
    near: dict[str, str] = field(default_factory=dict)
    """Stimuli that came out again with rounding differences, and how large these are."""
    problems: dict[str, str] = field(default_factory=dict)
    """File -> what is wrong with it."""

    @property
    def passes(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify_study(
    study: Path, studio: Studio | None, *, photos: Path | None = None, track: Track = untracked
) -> VerifyReport:
    """Hold a study's files to its records, and, with a studio, make all stimuli again and compare.

    Args:
        study: its folder.
        studio: what to make it with; None looks at the files alone.
        photos: where the photographs lie, if they are not where they were.
        track: shows how far it is, in stimuli.

    Raises:
        DataError: there is no study, a photograph is missing or another one, or the model is another one.
    """
    manifest = read_manifest(study)
    design = design_of(manifest, study, photos)
    rows = stored_rows(manifest, study)
    report = VerifyReport(study=study, stimuli=len(rows), quick=studio is None)
    report.problems |= check_files(study, rows) | check_papers(study, design, rows, manifest)
    report.problems |= check_count(design, rows) | check_manifest(manifest, design)
    if studio is None:
        return report
    check_makers(manifest, design, studio)
    machine = describe_machine(studio.workshop.editor.device)
    report.machine = machine if machine != manifest.get("machine") else None
    with TemporaryDirectory(prefix="mienkit-") as folder:
        try:
            again = make_study(design, Path(folder) / "study", studio, track=track)
        except DataError as error:
            error.add_note("--quick holds the files to their hashes and makes nothing again")
            raise
        made = {new.file: new for new in again.rows}
        for row in rows:
            if row.file in made:
                compare(row, made[row.file], study, again.out, report)
        if other := unlike_manifest(manifest, again.manifest, report.machine is None):
            report.problems.setdefault(MANIFEST, f"it is not what comes out again: {other}")
    return report


def stored_rows(manifest: Mapping[str, Any], study: Path) -> list[Row]:
    """Read the rows of a manifest.

    Raises:
        DataError: one is damaged.
    """
    try:
        return [row_of(told) for told in manifest["stimuli"]]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"the manifest of {study} is damaged ({error}); copy the study again") from None


def check_files(study: Path, rows: Sequence[Row]) -> dict[str, str]:
    """Hold stimuli to their hashes; file -> what is wrong."""
    problems = {}
    for row in rows:
        path = study / row.file
        if not path.is_file():
            problems[row.file] = "is missing"
        elif sha256_of(path) != row.sha256:
            problems[row.file] = what_changed(path, row)
    listed = {row.file for row in rows}
    for folder, _ in FOLDERS.values():
        for path in sorted((study / folder).glob("*")):
            name = f"{folder}/{path.name}"
            if name not in listed and not path.name.startswith("."):  # systems leave notes of their own in folders
                problems[name] = "is not in the codebook"
    return problems


def what_changed(path: Path, row: Row) -> str:
    """Say whether a file's pixels changed, or only what stands beside them."""
    try:
        same = hash_pixels(decoded(path)) == row.pixels_sha256
    except ImageError:
        return "is damaged"
    return "was written anew: its pixels are the same, its mark or compression is not" if same else "its pixels changed"


def check_papers(study: Path, design: Design, rows: Sequence[Row], manifest: Mapping[str, Any]) -> dict[str, str]:
    """Hold what goes with the stimuli to the manifest; file -> what is wrong."""
    problems = {}
    for name, text in papers_of(design, rows, manifest).items():
        try:
            stored = (study / name).read_bytes().decode()
        except OSError:
            problems[name] = "is missing"
            continue
        except UnicodeDecodeError:
            problems[name] = "is damaged"
            continue
        if stored != text:
            problems[name] = first_difference(stored, text) if name.endswith(".csv") else "changed"
    if (wanted := manifest.get("design_file_sha256")) is not None:
        copy = study / COPY
        if not copy.is_file():
            problems[COPY] = "is missing"
        elif sha256_of(copy) != wanted:
            problems[COPY] = "changed"
    return problems


def first_difference(stored: str, wanted: str) -> str:
    """Name the line and the columns in which a CSV file differs from what it should be."""
    lines = zip_longest(*(list(csv.DictReader(io.StringIO(text))) for text in (stored, wanted)))
    for have, want in lines:
        if have == want:
            continue
        if have is None or want is None:
            return (
                f"a line {'is missing' if have is None else 'too many is there'}: {next(iter((want or have).values()))}"
            )
        columns = [name for name in want if have.get(name) != want[name]]
        shown = ", ".join(f"{name} is '{have.get(name)}' and was '{want[name]}'" for name in columns[:3])
        return f"the line of {next(iter(want.values()))} changed: {shown or 'a column was added'}"
    return "its form changed, its values are the same"


def check_count(design: Design, rows: Sequence[Row]) -> dict[str, str]:
    """Find cells of the design that have no row, and rows that have no cell."""
    wanted = [cell.file_of(identity, kind) for identity, cell, kind in design.stimuli()]
    have = [row.file for row in rows]
    missing = {name: "is in the design and not in the manifest" for name in wanted if name not in set(have)}
    return missing | {name: "is in the manifest and not in the design" for name in have if name not in set(wanted)}


def check_manifest(manifest: Mapping[str, Any], design: Design) -> dict[str, str]:
    """Hold a manifest to its own hashes; file -> what is wrong."""
    photos = {one["id"]: one["sha256"] for one in manifest["photographs"]}
    makers = {name: manifest.get(name) for name in MAKERS}
    if manifest.get("design_sha256") != hash_of(design.describe()):
        return {MANIFEST: "its design changed"}
    if manifest.get(RECIPE) != recipe_of(design, photos, makers):
        return {MANIFEST: "what it says of the photographs, the model or the meter changed"}
    return {}


def unlike_manifest(manifest: Mapping[str, Any], again: Mapping[str, Any], exact: bool) -> str:
    """Name the entries of a manifest that differ from those that came out again, without what belongs to one place."""
    mine, theirs = (dict(leaves(told)) for told in (manifest, again))
    names = [name for name in mine | theirs if not alike(name, mine.get(name), theirs.get(name), exact)]
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


def leaves(told: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Lay out everything in a manifest but its stimuli: ``photographs.0.rights.note``."""
    if isinstance(told, list):
        told = dict(enumerate(told))
    if not isinstance(told, Mapping):
        yield where, told
        return
    for name, value in told.items():
        place = f"{where}.{name}" if where else str(name)
        if place not in ELSEWHERE and not (where.startswith("photographs") and name == "file"):
            yield from leaves(value, place)


def check_makers(manifest: Mapping[str, Any], design: Design, studio: Studio) -> None:
    """Make sure that photographs, model and meter are those that the study was made with.

    Raises:
        DataError: one is missing or another one; the message says which.
    """
    own = plain(makers_of(studio.workshop, studio.recogniser))
    for name in MAKERS:
        if own.get(name) != manifest.get(name):
            raise DataError(
                f"the study was made with {name} {manifest.get(name)} and here is {own.get(name)}; "
                "take that one, or look at the files alone with --quick"
            )
    hashes = {one["id"]: one["sha256"] for one in manifest["photographs"]}
    for identity in design.identities:
        if not identity.photo.is_file():
            raise DataError(
                f"the photograph of {identity.id} is not at {identity.photo}; say where with --photos FOLDER, "
                "or look at the files alone with --quick"
            )
        if sha256_of(identity.photo) != hashes[identity.id]:
            raise DataError(f"{identity.photo} is not the photograph that {identity.id} was made of; find that one")


def compare(row: Row, new: Row, study: Path, again: Path, report: VerifyReport) -> None:
    """Compare a stimulus and its row with what came out again."""
    path = study / row.file
    if not path.is_file():
        return
    try:
        own, marks = hash_pixels(decoded(path)), [mark_in(path), mark_in(again / new.file)]
    except ImageError:
        return  # it is said to be damaged already
    if marks[0] != marks[1] and row.file not in report.problems:
        report.problems[row.file] = "what it says of itself is not what comes out again"
    if own != new.pixels_sha256:
        apart = difference(path, again / new.file)
        enough = apart.near >= ENOUGH if row.kind == STILL else apart.decibels >= FAITHFUL
        if report.machine is not None and enough and row.file not in report.problems:
            report.near[row.file] = str(apart)
        else:
            told = report.problems.get(row.file, "is not what comes out again")
            report.problems[row.file] = f"{told}: {apart}"
    if (other := unlike_numbers(row, new, report.machine is None)) and row.file not in report.problems:
        report.problems[row.file] = f"its record is not what comes out again: {other}"


def mark_in(path: Path) -> Mark | None:
    """Read what a stimulus says of itself.

    Raises:
        ImageError: it is damaged.
    """
    return read_mark(path) if path.suffix == FOLDERS[STILL][1] else read_film_mark(path)


def difference(path: Path, other: Path) -> "Difference":
    """Compare the pixels of two stimuli."""
    differing = furthest = pixels = near = 0
    squares = 0.0
    for one, two in zip_longest(decoded(path), decoded(other)):
        if one is None or two is None or one.shape != two.shape:
            return Difference(pixels=pixels, differing=pixels, furthest=255, near=0.0, decibels=0.0)
        levels = np.abs(one.astype(np.int32) - two)
        apart = levels.max(-1)
        differing += int(np.count_nonzero(apart))
        near += int(np.count_nonzero(apart <= ONE_LEVEL))
        furthest, pixels = max(furthest, int(apart.max())), pixels + apart.size
        squares += float((levels**2).mean(-1).sum())
    decibels = 10 * math.log10(255**2 * pixels / squares) if squares else math.inf
    return Difference(
        pixels=pixels, differing=differing, furthest=furthest, near=near / max(pixels, 1), decibels=decibels
    )


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How far the pixels of two stimuli are apart."""

    pixels: int
    differing: int
    """How many are not the same."""
    furthest: int
    """Grey levels, at most."""
    near: float
    """Share within one level, in [0, 1]."""
    decibels: float
    """PSNR; infinite where they are the same."""

    def __str__(self) -> str:
        """Say it in a few words."""
        pixels = "1 pixel differs" if self.differing == 1 else f"{self.differing} of {self.pixels} pixels differ"
        levels = "1 grey level" if self.furthest == 1 else f"up to {self.furthest} grey levels"
        return f"{pixels} by {levels} ({self.near:.3%} within one, {self.decibels:.0f} dB)"


def unlike_numbers(row: Row, new: Row, exact: bool) -> str:
    """Name the entries in which a row differs from the one that came out again, without its hashes."""
    mine, theirs = dict(flat(asdict(row))), dict(flat(asdict(new)))
    return ", ".join(name for name in mine if not alike(name, mine[name], theirs.get(name), exact))


def flat(told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Lay out nested names: ``after.AU12``; hashes are left out."""
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{unit}", intensity) for unit, intensity in value.items())
        elif "sha256" not in name:
            yield name, value


def alike(name: str, mine: Any, theirs: Any, exact: bool) -> bool:
    """Tell whether two entries say the same; on another kind of machine measured numbers may differ a little."""
    if mine == theirs:
        return True
    if exact or name == "reason":
        return not exact
    numbers = isinstance(mine, float) and isinstance(theirs, float)
    return numbers and abs(mine - theirs) <= (TONE if name.rpartition(".")[2] in ("luminance", "contrast") else CLOSE)
