"""An editor judged on held-out photographs, beside ``copy`` and what re-expression does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from mienkit.app.editors import LoadedEditor
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.image import Picture
from mienkit.core.task import Reading
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import cache_folder, load_faces
from mienkit.evaluation import photo_edit as protocol
from mienkit.evaluation.interval import Estimate, bootstrap_mean
from mienkit.face.align import TEMPLATE_SIZE, Alignment
from mienkit.face.detector import Box
from mienkit.face.detectors.mediapipe import MediapipeLandmarker
from mienkit.face.find import Face, PhotoMeter
from mienkit.face.photo import Photo
from mienkit.inference.edit import edit_expressions, measure_again
from mienkit.metrics.identity import load_identity

EMOTIONS = protocol.SHOWN_EMOTIONS
CHANNELLED = tuple((unit, protocol.FULL) for unit in protocol.CHANNELS)
"""The edits that MediaPipe can judge."""
Trials: TypeAlias = dict[tuple[str, float], list[protocol.Trial]]
"""(Unit or emotion, intensity) -> trials."""


@dataclass(frozen=True, kw_only=True)
class EditReport:
    """What `mien evaluate` prints of an editor."""

    model: str
    weights: str | None
    judge: str
    meter: str
    photos: int
    units: Sequence[protocol.UnitResult]
    error: Estimate
    """Mean absolute AU error after the edit, of the unit that was asked for, read by the meter."""
    likeness: Sequence[protocol.Likeness]
    """Of every unit alone, of all of them, of every emotion, of all of those."""
    calibration: Mapping[str, object] | None = None
    """That it was asked through: judge, units, SHA-256."""


def judge_editor(
    loaded: LoadedEditor,
    meter: PhotoMeter,
    tables: Sequence[Path],
    *,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> EditReport:
    """Run the protocol ``photo-edit-40``.

    Args:
        loaded: the editor.
        meter: measures the photographs first, as in use.
        tables: photographs and their re-expressed changes; only the held-out subjects are edited.
        seed: of the choice of photographs.
        say: hears about progress.

    Raises:
        AssetError: MediaPipe's or MobileFace's file is missing.
        TableError: a table cannot be used.
    """
    judge = protocol.Judge(MediapipeLandmarker(), load_identity())
    measure = protocol.yardstick(load_faces(list(tables), 128, None, cache_folder()))
    held_out = load_faces(list(tables), TEMPLATE_SIZE, "val", cache_folder())
    trials: Trials = {asked: [] for asked in protocol.asked_edits()}
    errors: list[tuple[int, float]] = []
    chosen = protocol.choose_photos(held_out, seed=seed)
    for number, row in enumerate(chosen):
        say(f"photo {number + 1} of {len(chosen)}")
        for asked, trial, error in try_edits(held_out, int(row), loaded, meter, judge):
            trials[asked].append(trial)
            if asked in CHANNELLED:
                errors.append((trial.subject, error))
    return EditReport(
        model=loaded.name,
        weights=loaded.weights,
        judge=judge.name,
        meter=meter.name,
        photos=len(chosen),
        units=[protocol.judge_unit(asked[0], trials[asked], measure) for asked in CHANNELLED],
        error=bootstrap_mean([error for _, error in errors], [subject for subject, _ in errors]),
        calibration=loaded.calibration.describe() if loaded.calibration else None,
        likeness=[*likenesses("single units", ACTION_UNITS, trials), *likenesses("emotions", EMOTIONS, trials)],
    )


def likenesses(title: str, names: Sequence[str], trials: Trials) -> list[protocol.Likeness]:
    """Say how much alike persons stayed in some edits, each alone and, at last, together."""
    sets = [*((name, [name]) for name in names), (f"all {title}", names)]
    return [
        protocol.judge_likeness(
            asked,
            *([trial for name in those for trial in trials[name, share]] for share in (protocol.HALF, protocol.FULL)),
        )
        for asked, those in sets
    ]


def try_edits(
    faces: FaceArrays, row: int, loaded: LoadedEditor, meter: PhotoMeter, judge: protocol.Judge
) -> list[tuple[tuple[str, float], protocol.Trial, float]]:
    """Ask one photograph for everything; an edit in which no judge finds a face counts as nothing."""
    photo, face = aligned_face(faces.images[row], faces.landmarks[row], meter)
    before = judge.look(photo.pixels)
    edits = protocol.asked_edits()
    results = edit_expressions(photo, face, loaded.editor, list(edits.values()), meter)
    done = []
    for asked, result in zip(edits, results, strict=True):
        after = judge.look(result.pixels)
        if before is None or after is None:
            continue
        change = np.asarray((result.target - result.source).numpy(), np.float32)
        error = float((result.measured - result.target).abs()[int(np.argmax(np.abs(change)))])
        trial = protocol.Trial(subject=int(faces.subject[row]), before=before, after=after, change=change)
        done.append((asked, trial, error))
    return done


def aligned_face(picture: Picture, landmarks: "np.typing.NDArray[np.float32]", meter: PhotoMeter) -> tuple[Photo, Face]:
    """Treat an aligned crop as a photo whose face has been found."""
    photo = Photo(pixels=picture)
    alignment = Alignment(np.eye(2, 3), TEMPLATE_SIZE)
    reading: Reading = measure_again([picture], alignment, meter)[0]
    side = float(TEMPLATE_SIZE)
    box = Box(0.0, 0.0, side, side, 1.0, None)
    return photo, Face(alignment, np.asarray(landmarks, np.float64), reading, box)
