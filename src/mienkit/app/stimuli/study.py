"""Making a study: every cell of a design for every person, with everything that goes with it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mienkit.app.folder import Track, untracked
from mienkit.app.stimuli.attempt import Attempt, edit_cells, judge
from mienkit.app.stimuli.design import CLIP, STILL, Design, Kind
from mienkit.app.stimuli.finish import (
    Dress,
    Levels,
    face_tone,
    mark_stimulus,
    tone_of,
    treat,
    write_bytes,
    write_motion,
    write_still,
)
from mienkit.app.stimuli.manifest import describe_machine, make_manifest, makers_of, recipe_of
from mienkit.app.stimuli.methods import methods_text
from mienkit.app.stimuli.progress import CODEBOOK, COPY, MANIFEST, METHODS, PAPERS, Journal
from mienkit.app.stimuli.row import Row, codebook, make_row
from mienkit.app.stimuli.scene import Scene, check_rights, levels_of, prepare_scene
from mienkit.app.stimuli.studio import Studio
from mienkit.app.stimuli.trials import JSPSYCH, jspsych_timeline, psychopy_conditions
from mienkit.core.errors import OutputError
from mienkit.face.film import check_film_output
from mienkit.face.output import check_output
from mienkit.inference.film import few_threads

WRITERS = 2
"""Threads that compress and write stills, while the model works on the next face."""
CLIPPED = 0.01
"""Share of a face's pixels that may be clipped without a note."""
OFF = 1.0
"""Grey levels by which luminance or contrast may miss what was wanted without a note."""


@dataclass(frozen=True, kw_only=True)
class StudyReport:
    """What was made."""

    out: Path
    rows: tuple[Row, ...]
    made: int
    """How many of them this call made; the others were there."""
    notes: tuple[str, ...]
    manifest: Mapping[str, Any]

    @property
    def failed(self) -> tuple[Row, ...]:
        """Stimuli that missed their manipulation check."""
        return tuple(row for row in self.rows if row.check != "pass")


def make_study(
    design: Design, out: Path, studio: Studio, *, force: bool = False, track: Track = untracked
) -> StudyReport:
    """Make all stimuli of a design, and what goes with them; a run that was interrupted goes on.

    Args:
        design: what is wanted.
        out: the study's folder.
        studio: what it is made with.
        force: replace a study of another design in that folder.
        track: shows how far it is, in stimuli.

    Raises:
        DataError: a photograph may not be used, cannot be used, or shows no face.
        ConfigError: the model cannot do what is asked.
        OutputError: the study cannot be written.
        MissingExtraError: there are clips, and PyAV is not installed.
    """
    with few_threads(1):  # so that the last bit does not depend on how many cores there are
        return make_it(design, out, studio, force, track)


def make_it(design: Design, out: Path, studio: Studio, force: bool, track: Track) -> StudyReport:
    """Make a study; see ``make_study``."""
    check_place(design, out)
    rights = check_rights(design.identities, studio.today)
    scenes = [
        prepare_scene(one, rights[one.id], design.look, studio.workshop.instruments, studio.recogniser)
        for one in design.identities
    ]
    makers = makers_of(studio.workshop, studio.recogniser)
    photos = {scene.identity.id: scene.photo_sha256 for scene in scenes}
    journal = Journal(out, recipe_of(design, photos, makers), force)
    levels = levels_of(scenes, design.look)
    order = [cell.file_of(identity, kind) for identity, cell, kind in design.stimuli()]
    rows = {
        name: replace(row, may_publish=rights[row.identity].may_publish)  # it may have been told otherwise since
        for name, row in journal.done.items()
        if name in set(order)
    }
    there = len(rows)
    finished = False
    journal.begin()
    try:
        made = make_rows(scenes, design, out, studio, levels, journal)
        for row in track(made, len(order) - there):
            rows[row.file] = row
        ordered = [rows[name] for name in order]
        machine = describe_machine(studio.workshop.editor.device)
        manifest = make_manifest(design, out, scenes, ordered, makers, machine, levels)
        write_papers(out, design, ordered, manifest)
        finished = True
    finally:
        journal.close(finished)
    notes = (*grouped(manifest["notes"]), *missed_levels(ordered, levels), *clipped(ordered), *silent_rights(scenes))
    return StudyReport(out=out, rows=tuple(ordered), made=len(order) - there, notes=notes, manifest=manifest)


def check_place(design: Design, out: Path) -> None:
    """Make sure that nothing that was given would be written over, and that clips can be written.

    Raises:
        OutputError: it would, or an encoder is missing.
        MissingExtraError: there are clips, and PyAV is not installed.
    """
    place = out.resolve()
    inputs = [one.photo for one in design.identities] + ([design.path] if design.path else [])
    inside = next((path for path in inputs if place in path.resolve().parents), None)
    if inside is not None:
        raise OutputError(f"{inside} lies in {out}, where the study would go; choose a folder without inputs")
    for name in (*PAPERS, MANIFEST):
        check_output(out / name, inputs, force=True)
    if CLIP in design.kinds:
        check_film_output(out / "clips" / "clip.mp4", inputs, force=True)


def make_rows(
    scenes: Sequence[Scene], design: Design, out: Path, studio: Studio, levels: Levels, journal: Journal
) -> Iterator[Row]:
    """Make what is missing, person by person; each row comes when its file is there."""
    with ThreadPoolExecutor(WRITERS) as pool:
        waiting: list[Future[Row]] = []
        for scene in scenes:
            wanted = [(cell, kind) for one, cell, kind in design.stimuli() if one is scene.identity]
            missing = {cell.file_of(scene.identity, kind) for cell, kind in wanted} - set(journal.done)
            if not missing:
                continue
            attempts = edit_cells(scene, design, studio.workshop, studio.recogniser)
            desk = Desk(scene, design, out, studio, levels)
            yield from noted(waiting, journal)  # those of the person before, who were written meanwhile
            waiting = [
                pool.submit(desk.make, attempt, STILL)
                for attempt in attempts
                if STILL in design.kinds and attempt.cell.file_of(scene.identity, STILL) in missing
            ]
            for attempt in attempts:
                if CLIP in design.kinds and attempt.cell.file_of(scene.identity, CLIP) in missing:
                    row = desk.make(attempt, CLIP)
                    journal.add(row)
                    yield row
        yield from noted(waiting, journal)


def noted(waiting: Sequence[Future[Row]], journal: Journal) -> Iterator[Row]:
    """Wait for rows, and note each."""
    for future in waiting:
        row = future.result()
        journal.add(row)
        yield row


class Desk:
    """Where the stimuli of one person are finished."""

    def __init__(self, scene: Scene, design: Design, out: Path, studio: Studio, levels: Levels) -> None:
        self._scene, self._design, self._out, self._levels = scene, design, out, levels
        self._workshop = studio.workshop

    def make(self, attempt: Attempt, kind: Kind) -> Row:
        """Give an edited frame its look, write it, and return its row.

        Raises:
            OutputError: it cannot be written.
        """
        scene, design, look = self._scene, self._design, self._design.look
        blind, editor = self._workshop.instruments.meter.blind, self._workshop.editor
        mark = mark_stimulus(attempt, scene, design, editor, kind)
        path = self._out / attempt.cell.file_of(scene.identity, kind)
        tone = tone_of(attempt, scene, look, self._levels)
        pixels = treat(attempt.pixels, scene, look, tone)
        if kind == STILL:
            facts = write_still(path, pixels, scene, mark, look.greyscale)
        else:
            assert design.dynamic is not None
            facts = write_motion(path, attempt, scene, design.dynamic, editor, mark, Dress(scene, look, tone))
        verdict = judge(attempt, design.check, blind)
        seen = face_tone(pixels, attempt, scene, look, tone)
        return make_row(scene, attempt, verdict, design, kind, blind, seen, facts)


def papers_of(design: Design, rows: Sequence[Row], manifest: Mapping[str, Any]) -> dict[str, str]:
    """Write what follows from the rows; name -> text."""
    return {
        CODEBOOK: codebook(rows),
        **psychopy_conditions(rows),
        JSPSYCH: jspsych_timeline(rows),
        METHODS: methods_text(design, rows, manifest),
    }


def write_papers(out: Path, design: Design, rows: Sequence[Row], manifest: Mapping[str, Any]) -> None:
    """Write everything that goes with the stimuli, each file whole or not at all; the manifest says that all is there.

    Raises:
        OutputError: one cannot be written.
    """
    texts = papers_of(design, rows, manifest)
    if design.text is not None:
        texts[COPY] = design.text
    texts[MANIFEST] = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    for name, text in texts.items():
        write_bytes(out / name, text.encode())


def missed_levels(rows: Sequence[Row], levels: Levels) -> list[str]:
    """Say which stimuli could not be given the luminance and contrast of all others."""
    missed = [
        row.file
        for row in rows
        for wanted, got in zip(levels, (row.luminance, row.contrast), strict=True)
        if wanted is not None and abs(wanted - got) > OFF
    ]
    if not missed:
        return []
    names = list(dict.fromkeys(missed))
    some = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
    return [f"{len(names)} stimuli miss the wanted luminance or contrast by more than {OFF:g} grey level, because "
            f"black and white are the ends: {some}; ask for less contrast"]  # fmt: skip


def clipped(rows: Sequence[Row]) -> list[str]:
    """Say in how many stimuli equalising took something away."""
    worst = max(rows, key=lambda row: row.clipped)
    if worst.clipped <= CLIPPED:
        return []
    many = sum(row.clipped > CLIPPED for row in rows)
    return [f"in {many} stimuli equalising made more than {CLIPPED:.0%} of the face's pixels black, white or a "
            f"colour's end, at most {worst.clipped:.1%} in {worst.file}; ask for less contrast"]  # fmt: skip


def grouped(notes: Sequence[str]) -> list[str]:
    """Say once what is said of several people: ``anna: X`` and ``ben: X`` become ``anna, ben: X``."""
    people: dict[str, list[str]] = {}
    for note in notes:
        who, _, what = note.partition(": ")
        people.setdefault(what, []).append(who)
    return [f"{', '.join(who)}: {what}" for what, who in people.items()]


def silent_rights(scenes: Sequence[Scene]) -> list[str]:
    """Say for which photographs nobody wrote down what may be done with them."""
    silent = [scene.identity.photo.name for scene in scenes if not scene.rights.told]
    if not silent:
        return []
    some = ", ".join(silent[:3]) + (" ..." if len(silent) > 3 else "")
    return [f"no rights.yaml beside them says what may be done with {len(silent)} photographs ({some}); make sure"]
