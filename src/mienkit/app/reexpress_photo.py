"""One photo of a face table into exact edits of it: fit once, redraw often, drop what went wrong."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.app.prepare_lot import encode_crop
from mienkit.core.action_unit import AU_INDEX, whole_unit
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import AssetError, FaceError, MissingExtraError
from mienkit.core.image import Picture
from mienkit.data.decode import decode_picture, resize_picture
from mienkit.data.row import MAP_SIDE, FaceRow
from mienkit.face.detectors.mediapipe import LANDMARKS_68, MediapipeLandmarker
from mienkit.metrics.identity import Identity, load_identity
from mienkit.morphable.action_units import action_units_of
from mienkit.morphable.fit import Fit, fit_head
from mienkit.morphable.gate import Reason, fit_fault, flow_fault, frame_fault, identity_fault, landmark_fault
from mienkit.morphable.glasses import FRAMED, frame_strength
from mienkit.morphable.plan import Target, fixed, neutral, planned, posed, sample_plans
from mienkit.morphable.portrait import Portrait, sit
from mienkit.morphable.redraw import Redrawn, redraw

Floats = npt.NDArray[np.float32]

MEASURER = "head fit and exact change, version 1"
FINER = 2
"""Pixels drawn for each pixel stored, along a side: their average is smooth at edges."""
POSED = 0.8
"""Least intensity of an emotion that is posed, as of drawn faces."""
TRIES = 3
"""Edits tried for each one wanted, because gates drop some."""
LEAST_CHANGE = 0.02
"""Of any unit; below it an edit is no edit."""


@dataclass(frozen=True, kw_only=True)
class Edits:
    """Which edits every photo gets."""

    size: int
    """Side of the pictures in pixels."""
    per_photo: int
    seed: int
    neutralise: bool
    aus: Mapping[str, float]
    """Units, or sides of them, to set; none of them draws edits at random."""
    posed: bool = False
    """The eight emotions."""

    @property
    def wanted(self) -> int:
        """Edits of each photo, at most."""
        if self.posed:
            return len(EMOTIONS)
        return 1 if self.neutralise or self.aus else self.per_photo


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What became of a photo."""

    rows: list[FaceRow] = field(default_factory=list)
    """Its edits and then the photo itself; empty where there is no edit."""
    fault: Reason | None = None
    """Why the photo could not be used."""
    dropped: list[Reason] = field(default_factory=list)
    """Why some of its edits were."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Judges:
    """What reads landmarks and compares people, as far as they are here."""

    landmarker: MediapipeLandmarker | None
    identity: Identity | None


@cache
def load_judges() -> Judges:
    """Load what is here, once a process."""
    try:
        landmarker = MediapipeLandmarker(most_faces=1)
    except (AssetError, MissingExtraError):
        landmarker = None
    try:
        identity = load_identity()
    except AssetError:
        identity = None
    return Judges(landmarker=landmarker, identity=identity)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sitter:
    """A photo that was understood. Places are in pixels of the drawing, which is finer than what is stored."""

    photo: FaceRow
    picture: Picture
    portrait: Portrait
    marks: Floats
    """(68, 2): where landmarks are measured in the photo."""
    labelled: Floats
    """(68, 2): where the table has them."""
    embedding: Floats | None
    framed: bool
    """Whether glasses are worn, which must not bend."""


def reexpress_photo(photo: FaceRow, edits: Edits) -> Outcome:
    """Make the edits of a photo.

    Raises:
        AssetError: the head model is missing.
        MissingExtraError: numba is not installed.
    """
    judges = load_judges()
    sitter = seat(photo, edits.size, judges)
    if isinstance(sitter, Reason):
        return Outcome(fault=sitter)
    rows: list[FaceRow] = []
    dropped: list[Reason] = []
    targets = targets_of(sitter.portrait.fit.expression, photo, edits)
    for name, target in targets:
        made = edit_row(sitter, target, name, edits.size, judges)
        if isinstance(made, Reason):
            dropped.append(made)
        else:
            rows.append(made)
        if len(rows) == edits.wanted:
            break
    if rows:
        rows.append(photo_row(sitter, edits.size))
    return Outcome(rows=rows, dropped=dropped)


def targets_of(expression: Floats, photo: FaceRow, edits: Edits) -> Iterator[tuple[str, Target]]:
    """Name the edits to try, one after the other; the same photo and seed have the same ones."""
    rng = photo_rng(photo, edits.seed)
    if edits.neutralise:
        yield "neutral", neutral(expression)
    elif edits.aus:
        yield ",".join(f"{name}={value:g}" for name, value in edits.aus.items()), fixed(edits.aus, expression)
    elif edits.posed:
        for emotion in EMOTIONS:
            yield f"{edits.seed}.{emotion}", posed(emotion, rng.uniform(POSED, 1), expression)
    else:
        for number, plan in enumerate(sample_plans(TRIES * edits.per_photo, rng)):
            yield f"{edits.seed}.{number}", planned(plan, expression)


def photo_rng(photo: FaceRow, seed: int) -> np.random.Generator:
    """Return random numbers that belong to a photo, whoever works on it and when."""
    digest = hashlib.sha256(f"{photo.source}/{photo.source_id}".encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


def seat(photo: FaceRow, size: int, judges: Judges) -> Sitter | Reason:
    """Understand a photo, or say why not."""
    stored = decode_picture(photo.image)
    if stored is None:
        return Reason.UNREADABLE
    picture = resize_picture(stored, FINER * size)
    labelled = None if photo.landmarks is None else photo.landmarks * (FINER * size / photo.width)
    fitted = fit_photo(picture, labelled, judges)
    if isinstance(fitted, Reason):
        return fitted
    fit, marks = fitted
    return Sitter(
        photo=photo,
        picture=picture,
        portrait=sit(picture.astype(np.float32), fit),
        marks=marks,
        labelled=marks if labelled is None else labelled,
        embedding=None if judges.identity is None else judges.identity.embed(picture, marks),
        framed=frame_strength(picture, marks) > FRAMED,
    )


def fit_photo(picture: Picture, labelled: Floats | None, judges: Judges) -> tuple[Fit, Floats] | Reason:
    """Fit the head to MediaPipe's landmarks, or else to the table's; returns the 68 landmarks it was fitted to, too."""
    faces = judges.landmarker.read(picture) if judges.landmarker else []
    points = np.asarray(faces[0].landmarks478[:, :2], np.float32) if faces else labelled
    if points is None:
        return Reason.NO_LANDMARKS
    try:
        fit = fit_head(points, scores=faces[0].blendshapes if faces else None)
    except (FaceError, np.linalg.LinAlgError):
        return Reason.NO_FIT
    return fit_fault(fit) or (fit, points[list(LANDMARKS_68)] if faces else points)


def edit_row(sitter: Sitter, target: Target, name: str, size: int, judges: Judges) -> FaceRow | Reason:
    """Make one edit, or say why it cannot be used."""
    portrait, photo = sitter.portrait, sitter.photo
    before = action_units_of(portrait.fit.expression)
    shown = [target.aus - before, *(value - before[AU_INDEX[whole_unit(name)]] for name, value in target.sides.items())]
    if max(float(np.abs(one).max()) for one in shown) < LEAST_CHANGE:
        return Reason.UNCHANGED
    drawn = redraw(portrait, target.expression, target.seal)
    moved = movement(portrait, drawn)
    picture = np.rint(drawn.image).astype(np.uint8)
    fault = (
        flow_fault(drawn.flow)
        or (frame_fault(drawn.flow, sitter.marks) if sitter.framed else None)
        or judged(picture, sitter.marks + moved, sitter.embedding, judges)
    )
    if fault:
        return fault
    return replace(
        photo,
        image=encode_crop(resize_picture(picture, size)),
        width=size,
        height=size,
        source_id=f"{photo.source_id}+{name}",
        kind="re-expressed",
        sequence=scene_of(photo),
        frame=None,
        emotion=target.emotion,
        aus=target.aus,
        au_measurer=MEASURER,
        before=before,
        sided=target.sides,
        landmarks=((sitter.labelled + moved) / FINER).astype(np.float32),
        pose=pose_of(sitter),
        pair=photo.source_id,
        flow=shrunk(drawn.flow) / np.float32(FINER),
        fresh=np.clip(shrunk(drawn.fresh), 0, 1),
    )


def judged(picture: Picture, demanded: Floats, embedding: Floats | None, judges: Judges) -> Reason | None:
    """Look at an edit as at a stranger's photo: is the face where it was put, and is it the same person?"""
    if judges.landmarker is not None:
        faces = judges.landmarker.read(picture)
        if fault := landmark_fault(faces[0].landmarks if faces else None, demanded):
            return fault
    if judges.identity is None or embedding is None:
        return None
    return identity_fault(float(judges.identity.embed(picture, demanded) @ embedding))


def movement(portrait: Portrait, drawn: Redrawn) -> Floats:
    """Return how far the 68 landmarks moved, (68, 2) pixels of the drawing."""
    moved = portrait.surface.marks.pick(drawn.screen[:, :2] - portrait.screen[:, :2])
    return np.asarray(moved[list(LANDMARKS_68)], np.float32)


def photo_row(sitter: Sitter, size: int) -> FaceRow:
    """Store the photo as its edits are stored; its labels stay, and what was unknown of its place is filled in."""
    photo = sitter.photo
    return replace(
        photo,
        image=encode_crop(resize_picture(sitter.picture, size)),
        width=size,
        height=size,
        sequence=scene_of(photo),
        landmarks=(sitter.labelled / FINER).astype(np.float32),
        pose=pose_of(sitter),
    )


def scene_of(photo: FaceRow) -> str:
    """Name what a photo and its edits have in common."""
    return photo.sequence or photo.source_id


def pose_of(sitter: Sitter) -> Floats:
    """Return yaw, pitch and roll, (3,): the table's, or the fit's where it has none."""
    known = sitter.photo.pose
    return np.asarray(sitter.portrait.fit.pose.angles if known is None else known, np.float32)


def shrunk(field: Floats) -> Floats:
    """Average a map, (S, S, ...), over the parts of the stored one."""
    return np.asarray(cv2.resize(field, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA), np.float32)
