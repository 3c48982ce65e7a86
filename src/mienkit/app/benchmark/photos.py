"""Editors of action units on photographs of people whom no training saw: ``edit-doses``."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import cast

from mienkit.app.benchmark.entrant import Entrant, hash_tables
from mienkit.app.benchmark.identity_map import identity_map
from mienkit.app.benchmark.judging import load_looker, marks_of, meter_seal, seal_of
from mienkit.app.benchmark.line import Figure, figure
from mienkit.app.benchmark.outside import Outputs, Request
from mienkit.app.benchmark.stage import Album, Choice, Finding, Job, Say, table_names
from mienkit.app.compare import Answers, EditorResult, answers_of, fitted, sum_up, try_editor
from mienkit.app.dose_figure import dose_table, gain_curve, leak_matrix, off_target, responses_of
from mienkit.app.editors import load_editor
from mienkit.app.evaluate import aligned_face
from mienkit.app.failures import show_failures, worst_edits
from mienkit.app.flicker import Clip, film_people
from mienkit.app.flicker import judge_clips as judge_flicker
from mienkit.app.held_out import PEOPLE, Material, Sitter, gather, load_photographs, shows
from mienkit.app.instruments import load_instruments
from mienkit.app.tried import Tried
from mienkit.core.action_unit import ACTION_UNITS, SIDED_UNITS
from mienkit.core.config import require
from mienkit.core.errors import FaceError, MienError
from mienkit.core.model import MODELS
from mienkit.data.table import open_table
from mienkit.evaluation.looker import Looker, learned_from
from mienkit.evaluation.network_judge import NetworkJudge
from mienkit.evaluation.photo_edit import FULL, SHOWN_EMOTIONS, shuffle_people
from mienkit.face.align import crop_face
from mienkit.face.find import PhotoMeter
from mienkit.metrics.networks.network import FeatureNetwork

SHOWN = ("AU4", "AU12", "AU26", "AU1", "AU9", "happiness", "anger", "surprise")
"""What the faces of the contact sheet are asked for, each another person."""
SAME = 0.999
"""Cosine from which nobody has lost anything: the same picture has 1 but for rounding."""
EXACT = "exact changes"
PROTOCOL = "edit-doses"


class PhotoStage:
    """Doses of units, and emotions, on held-out photographs."""

    def __init__(self, tables: Sequence[Path], word: str, seed: int, choice: Choice) -> None:
        """Take tables of photographs and of their exact changes; the judge is loaded, nobody is looked at yet.

        Raises:
            MienError: the judge cannot be had.
        """
        self.tables, self.seed, self.choice = tables, seed, choice
        self.protocol = f"{PROTOCOL}-{choice.people or PEOPLE}"
        self.table, self.sha256 = table_names(tables), " ".join([hash_tables(tables), seal_of(word), meter_seal()])
        self.looker = load_looker(word)
        self.judge, self.marks = self.looker.name, marks_of(self.looker)
        self.recogniser: str | None = None  # the judge names it
        self.networks: Sequence[FeatureNetwork] = ()
        self.material: Material | None = None
        self.clips: list[Clip] = []

    def prepare(self, say: Say) -> None:
        """Look at the photographs and at exact changes."""
        self.meter: PhotoMeter = load_instruments().meter
        judge = self.looker.measurer if isinstance(self.looker, NetworkJudge) else self.meter
        self.reader = cast(PhotoMeter, judge)  # nobody asks the one who reads edits for its name
        people = self.choice.people
        material = gather(self.tables, self.meter, self.looker, seed=self.seed, people=people, say=say)
        self.clips = film_people(material.sitters, self.meter, self.choice.clips, seed=self.seed, say=say)
        self.shown = choose_shown(seat_shown(self.tables, self.meter, self.looker, self.seed, self.choice))
        self.material = material

    def jobs(self, entrants: Sequence[Entrant]) -> list[Job]:
        """Ask every editor of units, and outside systems; exact changes say what the judge sees of them."""
        editors = [one for one in entrants if edits_units(one) or (one.outputs and one.outputs.answers_photos)]
        return [
            *(Job(title=one.title, name=one.name, kind=one.kind_on_photographs, parts=[one],
                  work=partial(self.judge_editor, one))
              for one in editors),
            Job(title=EXACT, kind="yardstick", work=self.exact),
        ]  # fmt: skip

    def requests(self) -> list[Request]:
        """List what outside systems are asked; ``prepare`` comes first."""
        assert self.material is not None
        return [
            Request(protocol=PROTOCOL, source=one.name, request=name, level=level, picture=one.photo.pixels)
            for one in [*self.material.sitters, *(sitter for sitter, _ in self.shown)]
            for name, level in one.asked
        ]

    def exact(self, album: Album, say: Say) -> list[Finding]:
        """Say what the judge sees of exact changes."""
        assert self.material is not None
        effects = self.material.effects
        slopes = [effects[unit][unit] for unit in self.material.units]
        return [Finding(figures={"dose_slope": figure(sum(slopes) / len(slopes))}, details={"leak": effects})]

    def judge_editor(self, one: Entrant, album: Album, say: Say) -> list[Finding]:
        """Let one editor do everything."""
        material, start = self.material, perf_counter()
        assert material is not None
        loaded = None if one.outputs else fitted(load_editor(one.name, one.folder, raw=one.raw))
        if loaded:
            require(loaded.editor.vocabulary in (ACTION_UNITS, SIDED_UNITS), f"{one.name} takes emotions, not units")
        answers = answers_of(loaded, self.meter) if loaded else outside_answers(one)
        tried = try_editor(one.title, answers, material, self.looker, self.reader, say)
        require(loaded is not None or tried.edits + tried.lost > 0, f"{one.title} answers none of what is asked here")
        if loaded:
            tried.flicker = judge_flicker(one.title, loaded, self.clips, say)
        result = sum_up(one.title, one.weights, tried, material, perf_counter() - start)
        return [
            Finding(
                figures=figures_of(result, tried, material),
                counts=self.counts(tried),
                milliseconds=1000 * tried.seconds / max(1, tried.edits + tried.lost),
                details=details_of(result, tried, material),
                calibration=one.calibration,
                pictures={
                    "contact": self.contact(answers, album),
                    "failures": self.failures(answers, tried, album),
                },
            )
        ]

    def counts(self, tried: Tried) -> dict[str, int]:
        """Say how much was asked, and what did not come."""
        assert self.material is not None
        return {
            "people": len(self.material.sitters),
            "pairs": len(tried.targets),
            "edits": tried.edits,
            "lost": tried.lost,
            "refused": tried.refused,
            "missing": tried.missing,
        }

    def contact(self, answers: Answers, album: Album) -> list[dict[str, object]]:
        """Let an editor change the faces of the contact sheet."""
        tiles: list[dict[str, object]] = []
        for number, (sitter, name) in enumerate(self.shown):
            crop = crop_face(sitter.photo.pixels, sitter.face.alignment)
            tile: dict[str, object] = {"asked": name, "before": album.keep(f"before-{number}", crop)}
            try:
                picture = answers.sitter(sitter)[0]
            except FaceError:
                picture = None
            if picture is not None:
                tile["after"] = album.keep(f"contact-{number}", crop_face(picture, sitter.face.alignment))
            tiles.append(tile)
        return tiles

    def failures(self, answers: Answers, tried: Tried, album: Album) -> list[dict[str, object]]:
        """Show the edits that keep least of their person, one a person."""
        assert self.material is not None
        source = self.choice.source
        tiles: list[dict[str, object]] = []
        for names in (ACTION_UNITS, SHOWN_EMOTIONS):
            worst = [one for one in worst_edits(tried, self.material, names, source) if one.identity < SAME]
            for one, before, after in show_failures(answers, worst):
                number = len(tiles)
                tiles.append(
                    {
                        "asked": one.asked,
                        "before": album.keep(f"failed-{number}-before", before),
                        "after": album.keep(f"failed-{number}-after", after),
                        "note": f"identity {one.identity:.2f}",
                    }
                )
        return tiles


def edits_units(one: Entrant) -> bool:
    """Tell whether a model may take action units; some are told which by their weights, and say so when loaded."""
    if "edit" not in one.tasks:
        return False
    kind = MODELS[one.name]
    if not hasattr(kind.Config, "condition"):
        return getattr(kind, "vocabulary", ()) in (ACTION_UNITS, SIDED_UNITS)
    try:
        loaded = load_editor(one.name, one.folder, raw=one.raw)
    except MienError:
        return True  # why it cannot be loaded becomes its line
    return loaded.editor.vocabulary in (ACTION_UNITS, SIDED_UNITS)


def outside_answers(one: Entrant) -> Answers:
    """Read what an outside system made of photographs."""
    outputs: Outputs | None = one.outputs
    assert outputs is not None
    return Answers(
        sitter=lambda sitter: [
            outputs.picture(sitter.name, name, level, like=sitter.photo.pixels, protocol=PROTOCOL)
            for name, level in sitter.asked
        ]
    )


def choose_shown(sitters: Sequence[Sitter]) -> list[tuple[Sitter, str]]:
    """Choose the faces of the sheet: for each request the first person who does not show it and is not taken yet."""
    left, found = list(sitters), []
    for name in SHOWN:
        fresh = next((one for one in left if name in SHOWN_EMOTIONS or not shows(one, name)), None)
        if fresh is not None:
            left.remove(fresh)
            found.append((sitter_asked(fresh, name), name))
    return found


def seat_shown(tables: Sequence[Path], meter: PhotoMeter, judge: Looker, seed: int, choice: Choice) -> list[Sitter]:
    """Look at people for the sheet, by lot among those who may be shown."""
    faces = load_photographs([open_table(table) for table in tables], learned_from(judge))
    rows = [row for row in shuffle_people(faces, seed) if choice.shown(str(faces.name[row]))]
    seated: list[Sitter] = []
    for row in rows[: 2 * len(SHOWN)]:
        photo, face = aligned_face(faces.images[row], faces.landmarks[row], meter)
        look = judge.look(photo.pixels)
        if look is not None:
            subject, name = int(faces.subject[row]), str(faces.name[row])
            seated.append(Sitter(subject=subject, photo=photo, face=face, look=look, name=name))
    return seated


def sitter_asked(sitter: Sitter, name: str) -> Sitter:
    """Ask a face for one thing alone."""
    return Sitter(**{**vars(sitter), "asked": ((name, FULL),)})


def details_of(result: EditorResult, tried: Tried, material: Material) -> dict[str, object]:
    """Write what curves, maps and folded tables are drawn from."""
    curve = gain_curve(tried, material.effects)
    edits = [(name, one) for name in (*SHOWN_EMOTIONS, *ACTION_UNITS) for one in tried.of(name)]
    return {
        "responses": [asdict(response) for response in responses_of(tried, material)],
        "dose": dose_table(tried, material.units),
        "gain": asdict(curve) if curve else None,
        "leak": leak_matrix(tried, material.units),
        "worst_leak": [result.figures.leak.asked, result.figures.leak.moved],
        "identity": {name: figure(value) for name, value in result.identity.items()},
        "confusion": result.figures.confusion,
        "units": result.figures.agreement.units,
        "mds": identity_map(
            [one.subject for _, one in edits],
            [one.before.embedding for _, one in edits],
            [one.after.embedding for _, one in edits],
            [name for name, _ in edits],
        ),
    }


def figures_of(result: EditorResult, tried: Tried, material: Material) -> dict[str, Figure]:
    """Write the figures of one editor."""
    targets, more = result.targets, result.figures
    return {
        "gain_identity": figure(more.area),
        "dose_r2": figure(more.dose.r2),
        "dose_spearman": figure(more.dose.spearman),
        "dose_slope": figure(more.dose.slope),
        "single_r2": figure(more.dose.single),
        "au_mae": figure(more.agreement.mae),
        "au_pcc": figure(more.agreement.pcc),
        "au_icc": figure(more.agreement.icc),
        "emotion": figure(more.emotion),
        "on_target": figure(more.leak.on_target),
        "worst_leak": figure(more.leak.worst),
        "undo_pixels": figure(more.undo.pixels),
        "undo_aus": figure(more.undo.units),
        "background": figure(more.background),
        "off_target": figure(off_target(tried, material.effects)),
        "identity_units": figure(result.identity_units),
        "identity_emotions": figure(result.identity_emotions),
        "au_error": figure(result.error),
        "pixels_of_copy": figure(targets.of_copy),
        "landmarks": figure(targets.landmarks),
        "flicker": figure(result.flicker.alone),
    }
