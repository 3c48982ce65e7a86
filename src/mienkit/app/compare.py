"""Several editors judged on the same held-out photographs in one run: protocol ``edit-doses-40``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from mienkit.app.edit_figure import EditFigures, figures_of_edits
from mienkit.app.editors import LoadedEditor, load_editor
from mienkit.app.flicker import PEOPLE, film_people, judge_clips
from mienkit.app.held_out import Looker, Material, Pair, Say, Sitter, edit_face, expression_of, gather
from mienkit.app.tried import Tried
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, SIDED_UNITS, both_sides
from mienkit.core.config import build_config, require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError, FaceError
from mienkit.core.expression import Expression
from mienkit.core.image import Picture, to_float
from mienkit.core.model import MODELS
from mienkit.core.task import Editor
from mienkit.evaluation.background_edit import change_around
from mienkit.evaluation.dose_edit import DoseResult, judge_dose
from mienkit.evaluation.flicker_edit import FlickerResult
from mienkit.evaluation.interval import Estimate, bootstrap_mean
from mienkit.evaluation.leak_edit import LeakResult, bystanders, judge_leak
from mienkit.evaluation.looker import marked
from mienkit.evaluation.photo_edit import FULL, SHOWN_EMOTIONS, Trial, median_cosine
from mienkit.evaluation.slice_edit import SliceResult, judge_slices
from mienkit.evaluation.target_edit import TargetResult, judge_targets, try_target
from mienkit.evaluation.undo_edit import PEOPLE as UNDONE
from mienkit.evaluation.undo_edit import try_undo
from mienkit.face.align import TEMPLATE_SIZE, Alignment, crop_face
from mienkit.face.find import PhotoMeter
from mienkit.face.meter import NAME as METER
from mienkit.face.meter import Meter
from mienkit.inference.edit import device_of, join, lay_over, measure_again, synthesize
from mienkit.weights.folder import read_weights

ALWAYS = ("copy", "warp")
"""In every table: a figure that ranks them high is broken."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Whom a comparison takes.

    Raises:
        ConfigError: a number is out of range.
    """

    seed: int = 0
    """Of the lot."""
    clips: int = PEOPLE
    """People of whom clips are made; 0 leaves flicker out."""

    def __post_init__(self) -> None:
        require(self.clips >= 0, f"--clips {self.clips} should be at least 0")


LookBack: TypeAlias = Callable[[str, LoadedEditor, Tried, Material], None]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What comes of asking somebody for edits: an editor's work, or an outside system's files."""

    sitter: Callable[[Sitter], Sequence[Picture | None]]
    """A photograph -> a picture for each edit that it is asked for, None where there is none.

    Raises FaceError where the face is not taken.
    """
    pair: Callable[[Pair], Picture] | None = None
    """A photograph and a change that is known -> the picture; None of who cannot be asked for whole vectors."""
    undo: Callable[[Sitter, Picture], Picture] | None = None
    """A photograph and an edit of it -> the edit, asked for what the photograph showed; None of who cannot be asked."""


@dataclass(frozen=True, kw_only=True)
class EditorResult:
    """One row of the table, and what it is made of."""

    model: str
    weights: str | None
    dose: Sequence[DoseResult]
    """Of every unit with a channel."""
    leak: Sequence[LeakResult]
    """Of every unit."""
    identity: Mapping[str, Estimate]
    """Unit or emotion at 1 -> median MobileFace cosine."""
    identity_units: Estimate
    identity_emotions: Estimate
    error: Estimate
    """Mean absolute AU error of the unit that was asked for at 1, read by the judging meter."""
    targets: TargetResult
    figures: EditFigures
    """Doses in order, agreement, emotions, leaks, undoing, background."""
    slices: Sequence[SliceResult]
    """By how light or dark the skin looks, and by glasses."""
    flicker: FlickerResult
    lost: int
    refused: int
    seconds: float
    calibration: Mapping[str, object] | None = None
    """That it was asked through: judge, units, SHA-256."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What ``mien evaluate`` prints of several editors."""

    judge: str
    meter: str
    """That measures the photographs first, as in use."""
    judging_meter: str
    people: Mapping[str, int]
    """Asked for each unit."""
    photos: int
    pairs: int
    clips: int
    """Filmed of one photograph each, to be edited frame by frame."""
    effects: Mapping[str, Mapping[str, float]]
    """Unit -> channel (by its unit) -> what exact changes move."""
    editors: Sequence[EditorResult]


def load_editors(words: Sequence[str], device: str = "auto", *, raw: bool = False) -> dict[str, LoadedEditor]:
    """Make editors ready: ``NAME``, or ``NAME=FOLDER`` with weights of one's own; ``copy`` and ``warp`` join them.

    Calibrations that lie beside weights are taken, or left out (``raw``).

    Returns:
        How each is called in the table -> the editor.

    Raises:
        ConfigError: an editor does not take action units.
        UnknownNameError: there is no such model.
        WeightsError: the weights are missing, corrupt or another model's.
    """
    given = [(name, "") for name in ALWAYS] + [word.partition("=")[::2] for word in words if word not in ALWAYS]
    editors: dict[str, LoadedEditor] = {}
    for name, folder in given:
        loaded = fitted(load_editor(name, Path(folder).expanduser() if folder else None, device, raw))
        if loaded.editor.vocabulary not in (ACTION_UNITS, SIDED_UNITS):
            raise ConfigError(f"{name} takes emotions, not action units; judge it alone")
        editors.setdefault(title_of(name, loaded, editors), loaded)
    return editors


def title_of(name: str, loaded: LoadedEditor, taken: Mapping[str, LoadedEditor]) -> str:
    """Choose what a table calls an editor: the name, and what tells it from others of that name; the same has one."""
    weights = f"{name} {(loaded.weights or 'none')[:8]}"
    calibration = loaded.calibration.sha256[:8] if loaded.calibration else "none"
    titles = (name, weights, f"{weights}, calibration {calibration}")
    return next((title for title in titles if title not in taken or same(taken[title], loaded)), titles[-1])


def same(one: LoadedEditor, other: LoadedEditor) -> bool:
    """Tell whether two editors give the same answers."""
    return (one.weights, one.calibration) == (other.weights, other.calibration)


def fitted(loaded: LoadedEditor) -> LoadedEditor:
    """Build an editor without weights for crops as large as the photographs, if its own are larger: those only cost."""
    if loaded.weights is not None or loaded.editor.image_size <= TEMPLATE_SIZE:
        return loaded
    kind = MODELS[loaded.name]
    smaller: Any = kind(build_config(kind.Config, {"image_size": TEMPLATE_SIZE})).eval()
    return replace(loaded, editor=smaller)


def load_judging_meter(folder: Path) -> Meter:
    """Load a meter that took no part in any training.

    Raises:
        WeightsError: the folder is missing, corrupt or another model's.
    """
    return Meter(read_weights(folder, METER))


def compare_editors(
    editors: Mapping[str, LoadedEditor],
    meter: PhotoMeter,
    tables: Sequence[Path],
    *,
    judging_meter: PhotoMeter | None = None,
    judge: Looker,
    choice: Choice | None = None,
    say: Say = lambda line: None,
    look_back: LookBack | None = None,
) -> Comparison:
    """Run the protocol ``edit-doses-40``.

    Args:
        editors: title -> editor.
        meter: measures the photographs first, as in use.
        tables: photographs and their exact changes; only held-out subjects are edited.
        judging_meter: measures the edits; the same one if there is no other.
        judge: of channels, landmarks and identity.
        choice: who is judged; the protocol's own choice if None.
        say: hears about progress.
        look_back: is shown what became of each editor's edits, e.g. to draw the worst.

    Raises:
        TableError: a table cannot be used.
    """
    reader = judging_meter or meter
    chosen = choice or Choice()
    material = gather(tables, meter, judge, seed=chosen.seed, say=say)
    clips = film_people(material.sitters, meter, chosen.clips, seed=chosen.seed, say=say)
    results = []
    for title, loaded in editors.items():
        start = perf_counter()
        tried = try_editor(title, answers_of(loaded, meter), material, judge, reader, say)
        tried.flicker = judge_clips(title, loaded, clips, say)
        result = sum_up(title, loaded.weights, tried, material, perf_counter() - start)
        results.append(replace(result, calibration=loaded.calibration.describe() if loaded.calibration else None))
        if look_back:
            look_back(title, loaded, tried, material)
    asked = [unit for sitter in material.sitters for unit, level in sitter.asked if level == FULL]
    return Comparison(
        judge=marked(judge.name, judge.teacher),
        meter=meter.name,
        judging_meter=reader.name,
        people={unit: asked.count(unit) for unit in ACTION_UNITS},
        photos=len(material.sitters),
        pairs=len(material.pairs),
        clips=len(clips),
        effects=material.effects,
        editors=results,
    )


def answers_of(loaded: LoadedEditor, meter: PhotoMeter | None = None) -> Answers:
    """Ask an editor; without the meter that measures faces in use, nothing can be undone."""
    return Answers(
        sitter=partial(edit_sitter, loaded),
        pair=partial(edit_pair, loaded),
        undo=partial(undo_edit, loaded, meter) if meter else None,
    )


def try_editor(title: str, answers: Answers, material: Material, judge: Looker, reader: PhotoMeter, say: Say) -> Tried:
    """Let one editor do everything."""
    tried = Tried()
    for number, sitter in enumerate(material.sitters):
        say(f"{title}: photo {number + 1} of {len(material.sitters)}")
        start = perf_counter()
        try:
            pictures = answers.sitter(sitter)
        except FaceError:
            tried.refused += 1
            continue
        tried.seconds += perf_counter() - start
        note_trials(tried, sitter, pictures, judge, reader)
        if answers.undo and number < UNDONE:
            note_undo(tried, sitter, pictures, answers.undo, judge)
    for number, pair in enumerate(material.pairs if answers.pair else ()):
        assert answers.pair is not None
        say(f"{title}: exact change {number + 1} of {len(material.pairs)}")
        try:
            picture = answers.pair(pair)
        except FaceError:
            tried.refused += 1
        else:
            after = look_again(judge, picture, pair.photo, pair.looks[0], recognise=False)
            tried.targets.append(try_target(pair.subject, pair.photo, pair.exact, picture, (*pair.looks, after)))
    return tried


def edit_sitter(loaded: LoadedEditor, sitter: Sitter) -> list[Picture]:
    """Do all that one face is asked for, as ``mien edit`` would.

    Raises:
        FaceError: the editor does not take the face.
    """
    return edit_face(loaded, sitter.photo.pixels, sitter.face, sitter.asked)


def undo_edit(loaded: LoadedEditor, meter: PhotoMeter, sitter: Sitter, edited: Picture) -> Picture:
    """Ask for what a photograph showed before it was edited, as a user would: the edit is measured first.

    Raises:
        FaceError: the editor does not take the face.
    """
    reading = measure_again([edited], sitter.face.alignment, meter)[0]
    shown = sitter.face.reading.aus[0].float().clamp(0, 1).tolist()
    back = Expression(aus=dict(zip(ACTION_UNITS, shown, strict=True)))
    alignment = sitter.face.alignment.resized(loaded.editor.image_size)
    return lay_over(edited, synthesize(loaded.editor, crop_face(edited, alignment), reading, [back]), alignment)[0]


@torch.inference_mode()
def edit_pair(loaded: LoadedEditor, pair: Pair) -> Picture:
    """Ask an editor for exactly the change whose result is known.

    Raises:
        FaceError: the editor does not take the face.
    """
    alignment = Alignment(np.eye(2, 3), len(pair.photo)).resized(loaded.editor.image_size)
    device = device_of(loaded.editor)
    image = to_float(crop_face(pair.photo, alignment)).to(device)
    source, target = (units[None].to(device) for units in exact_condition(loaded.editor, pair))
    return lay_over(pair.photo, join([loaded.editor.edit(image, source, target)]), alignment)[0]


def exact_condition(editor: Editor, pair: Pair) -> tuple[Tensor, Tensor]:
    """Return what a photograph shows and what its exact change shows, (K,) each, in the editor's vocabulary."""
    source, target, tilt = (torch.from_numpy(units).float() for units in (pair.before, pair.after, pair.tilt))
    if editor.vocabulary == ACTION_UNITS:
        return source, target
    return both_sides(source), both_sides(target) + torch.stack([tilt, -tilt], 1).flatten()


def look_again(judge: Looker, picture: Picture, photo: Picture, seen: Any, *, recognise: bool = True) -> Any:
    """Look at an edit; one that is the photograph itself was seen already."""
    return seen if np.array_equal(picture, photo) else judge.look(picture, recognise=recognise)


def note_trials(
    tried: Tried, sitter: Sitter, pictures: Sequence[Picture | None], judge: Looker, reader: PhotoMeter
) -> None:
    """Judge the edits of one photograph."""
    source = sitter.face.reading.aus[0].float()
    delivered = [(asked, picture) for asked, picture in zip(sitter.asked, pictures, strict=True) if picture is not None]
    tried.missing += len(pictures) - len(delivered)
    for (name, level), picture in delivered:
        after = look_again(judge, picture, sitter.photo.pixels, sitter.look, recognise=level > 0)
        if after is None:
            tried.lost += 1
            continue
        change = np.asarray((expression_of(name, level).target(source) - source).numpy(), np.float32)
        trial = Trial(subject=sitter.subject, before=sitter.look, after=after, change=change)
        tried.trials.setdefault((name, level), []).append(trial)
        if level == FULL:
            around = change_around(sitter.photo.pixels, picture, sitter.look, after)
            tried.background.append((sitter.subject, around))
    whole = [(name, picture) for (name, level), picture in delivered if level == FULL]
    readings = measure_again([picture for _, picture in whole], sitter.face.alignment, reader) if whole else []
    for (name, _), reading in zip(whole, readings, strict=True):
        if name in AU_INDEX:
            tried.errors.append((sitter.subject, abs(float(reading.aus[0, AU_INDEX[name]]) - FULL)))
        else:
            tried.emotions.append((sitter.subject, EMOTIONS.index(name), int(reading.emotions[0].argmax())))


def note_undo(
    tried: Tried,
    sitter: Sitter,
    pictures: Sequence[Picture | None],
    undo: Callable[[Sitter, Picture], Picture],
    judge: Looker,
) -> None:
    """Undo one edit at 1 of a photograph, each time of something else that was asked for, and judge what is left."""
    whole = [place for place, (_, level) in enumerate(sitter.asked) if level == FULL and pictures[place] is not None]
    if not whole:
        return
    place = whole[sitter.subject % len(whole)]
    edited = pictures[place]
    assert edited is not None
    try:
        undone = undo(sitter, edited)
    except FaceError:
        return  # nothing is known of a face that is not taken a second time
    photo = sitter.photo.pixels
    trials = [one for one in tried.trials.get(sitter.asked[place], []) if one.subject == sitter.subject]
    after = trials[-1].after if trials else None
    back = sitter.look if np.array_equal(undone, photo) else look_again(judge, undone, edited, after, recognise=False)
    tried.undone.append(try_undo(sitter.subject, (photo, edited, undone), sitter.look, after, back))


def sum_up(title: str, weights: str | None, tried: Tried, material: Material, seconds: float) -> EditorResult:
    """Turn trials into figures."""
    return EditorResult(
        model=title,
        weights=weights,
        dose=[judge_dose(unit, tried.doses(unit)) for unit in material.units],
        leak=[judge_leak(unit, tried.of(unit), bystanders(unit, material.effects)) for unit in ACTION_UNITS],
        identity={name: median_cosine(tried.of(name)) for name in (*ACTION_UNITS, *SHOWN_EMOTIONS)},
        identity_units=median_cosine(tried.of(*ACTION_UNITS)),
        identity_emotions=median_cosine(tried.of(*SHOWN_EMOTIONS)),
        error=bootstrap_mean([error for _, error in tried.errors], [subject for subject, _ in tried.errors]),
        targets=judge_targets(tried.targets),
        figures=figures_of_edits(tried, material.units, material.effects),
        slices=judge_slices(
            tried.of(*ACTION_UNITS), tried.errors, tried.targets, material.sitter_slices, material.pair_slices
        ),
        flicker=tried.flicker,
        lost=tried.lost,
        refused=tried.refused,
        seconds=seconds,
    )
