"""An editor's worst edits, chosen by rule and not by taste: a sheet for its card."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mienkit.app.compare import Answers, answers_of
from mienkit.app.editors import LoadedEditor
from mienkit.app.held_out import Material, Sitter
from mienkit.app.tried import Tried
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.image import Picture
from mienkit.core.version import __version__
from mienkit.evaluation.photo_edit import FULL, SHOWN_EMOTIONS
from mienkit.face.align import crop_face
from mienkit.face.mark import Mark
from mienkit.face.photo import Photo, write_photo
from mienkit.inference.sheet import Row, Sheet, Tile, draw_sheet

EACH = 5
"""Edits of a single unit, and of a whole emotion, on the sheet; a person is there once among each."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Failure:
    """One edit that kept little of its person."""

    sitter: Sitter
    asked: str
    identity: float
    """MobileFace cosine to the photograph."""


@dataclass(frozen=True)
class FailureFolder:
    """A folder with a sheet of each editor's worst edits."""

    folder: Path
    source: str | None = None
    """Only photographs of this collection; of all if None."""

    def add(self, title: str, loaded: LoadedEditor, tried: Tried, material: Material) -> None:
        """Draw an editor's sheet; an earlier one is replaced.

        Raises:
            OutputError: it cannot be written.
        """
        sheet = draw_failures(title, loaded, tried, material, self.source)
        mark = Mark(loaded.name, __version__, {"worst": True})
        write_photo(self.folder / f"{title.replace(' ', '-')}.png", sheet, Photo(pixels=sheet), mark, force=True)


def worst_edits(tried: Tried, material: Material, names: Iterable[str], source: str | None = None) -> list[Failure]:
    """Choose the edits at 1 that keep least of the person, one a person.

    Args:
        tried: what became of the editor's edits.
        material: who was edited.
        names: units or emotions.
        source: only photographs of this collection; of all if None.
    """
    sitters = {one.subject: one for one in material.sitters if source in (None, one.name.partition("/")[0])}
    of_person: dict[int, Failure] = {}
    edits = [(trial.identity, trial.subject, name) for name in names for trial in tried.of(name)]
    for identity, subject, name in sorted(edits):
        if subject in sitters:
            of_person.setdefault(subject, Failure(sitter=sitters[subject], asked=name, identity=identity))
    return list(of_person.values())[:EACH]


def draw_failures(title: str, loaded: LoadedEditor, tried: Tried, material: Material, source: str | None) -> Picture:
    """Draw the worst edits of single units and of emotions beside their photographs, (H, W, 3)."""
    rows = [
        draw_row(label, loaded, worst_edits(tried, material, names, source))
        for label, names in (("one unit at 1", ACTION_UNITS), ("one emotion", SHOWN_EMOTIONS))
    ]
    return draw_sheet(
        Sheet(
            title=f"The worst edits of {title}",
            subtitle="Held-out people; edits at full intensity that keep least of the person",
            rows=rows,
            footer="Synthetic. Number: MobileFace cosine to the photograph on its left.",
        )
    )


def draw_row(label: str, loaded: LoadedEditor, failures: Sequence[Failure]) -> Row:
    """Lay out some failures, each beside its photograph."""
    tiles = []
    for one, before, after in show_failures(answers_of(loaded), failures):
        tiles += [
            Tile(picture=before, caption="photograph"),
            Tile(picture=after, caption=one.asked, note=f"{one.identity:.2f}"),
        ]
    return Row(label=label, tiles=tiles)


def show_failures(answers: Answers, failures: Sequence[Failure]) -> Iterator[tuple[Failure, Picture, Picture]]:
    """Edit again what is to be shown: pictures of all edits would not fit in memory.

    Yields:
        The failure, the photograph and the edit, both aligned, (S, S, 3).
    """
    for one in failures:
        picture = answers.sitter(replace(one.sitter, asked=((one.asked, FULL),)))[0]
        alignment = one.sitter.face.alignment
        if picture is not None:
            yield one, crop_face(one.sitter.photo.pixels, alignment), crop_face(picture, alignment)
