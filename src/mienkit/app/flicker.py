"""Editors judged on clips that are edited frame by frame: whether they flicker, and what a steadied face helps."""

from collections.abc import Sequence
from dataclasses import dataclass

from mienkit.app.editors import LoadedEditor
from mienkit.app.held_out import Asked, Say, Sitter, edit_face
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import FaceError
from mienkit.core.image import Picture
from mienkit.evaluation.flicker_edit import (
    FPS,
    FlickerResult,
    Frame,
    Mask,
    Shot,
    face_mask,
    film,
    judge_flicker,
    plan_shots,
    register,
    try_clip,
)
from mienkit.evaluation.photo_edit import FULL, SHOWN_EMOTIONS
from mienkit.face.detector import Detector, load_detector
from mienkit.face.find import Face, PhotoMeter, find_faces
from mienkit.face.photo import Photo
from mienkit.face.steady import SteadyFace

PEOPLE = 12
"""A clip of each, asked for a unit and for an emotion."""
BEFORE = 12
"""Frames that pass before the first that is edited, so that the steadied face is no longer new."""
FRAMES = 8
"""Frames that are edited."""
STRIDE = 5
"""From one person to the next the units go so far along their list: brows, mouth and eyes alternate."""
DETECTOR = "dlib"
"""The one that ``mien edit`` takes if nobody says otherwise."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """Frames of one photograph, and the face that was found in each; the frames to be edited alone."""

    subject: int
    shots: Sequence[Shot]
    frames: Sequence[Picture]
    alone: Sequence[Face]
    """As found in each frame alone."""
    steady: Sequence[Face]
    asked: Sequence[Asked]
    mask: Mask
    untouched: Sequence[Frame]
    """The frames, registered."""


def film_people(
    sitters: Sequence[Sitter], meter: PhotoMeter, people: int = PEOPLE, *, seed: int = 0, say: Say
) -> list[Clip]:
    """Film the first people of whom a unit and an emotion are asked, and find their faces as ``mien edit`` would.

    Whoever is not found in every frame gives way to the next.
    """
    clips: list[Clip] = []
    if not people:
        return clips
    say("filming")
    detector = load_detector(DETECTOR)
    for sitter in sitters:
        asked = requests_of(sitter, len(clips))
        clip = film_person(sitter, asked, detector, meter, seed) if len(asked) == 2 else None
        clips += [] if clip is None else [clip]
        if len(clips) == people:
            break
    return clips


def requests_of(sitter: Sitter, number: int) -> list[Asked]:
    """Choose a unit that a person does not show, and an emotion, at 1: others for every person."""
    full = [name for name, level in sitter.asked if level == FULL]
    lists = turned(ACTION_UNITS, STRIDE * number), turned(SHOWN_EMOTIONS, number)
    firsts = [next((name for name in names if name in full), None) for names in lists]
    return [(name, FULL) for name in firsts if name is not None]


def turned(names: Sequence[str], places: int) -> Sequence[str]:
    """Begin a row of names further on, and end it with what was left out."""
    first = places % len(names)
    return (*names[first:], *names[:first])


def film_person(
    sitter: Sitter, asked: Sequence[Asked], detector: Detector, meter: PhotoMeter, seed: int
) -> Clip | None:
    """Make a clip of one person; None if a frame shows no face."""
    pixels, own = sitter.photo.pixels, seed + sitter.subject
    shots = plan_shots(len(pixels), BEFORE + FRAMES, own)
    frames = film(pixels, shots, own)
    try:
        faces = [find_faces(Photo(pixels=frame), detector, meter)[0] for frame in frames]
    except FaceError:
        return None
    follower = SteadyFace()
    steady = [follower.follow(face, number / FPS) for number, face in enumerate(faces)]
    shots, frames = shots[BEFORE:], frames[BEFORE:]
    mask = face_mask(sitter.face.landmarks, len(pixels))
    return Clip(
        subject=sitter.subject,
        shots=shots,
        frames=frames,
        alone=faces[BEFORE:],
        steady=steady[BEFORE:],
        asked=asked,
        mask=mask,
        untouched=[register(frame, shot, mask) for frame, shot in zip(frames, shots, strict=True)],
    )


def judge_clips(title: str, loaded: LoadedEditor, clips: Sequence[Clip], say: Say) -> FlickerResult:
    """Let one editor edit all clips; those that it refuses do not count."""
    trials = []
    for number, clip in enumerate(clips):
        say(f"{title}: clip {number + 1} of {len(clips)}")
        try:
            alone, steady = (edit_clip(loaded, clip, faces) for faces in (clip.alone, clip.steady))
        except FaceError:
            continue
        for (name, _), single, steadied in zip(clip.asked, alone, steady, strict=True):
            trials.append(try_clip(clip.subject, name, single, steadied, clip.untouched))
    return judge_flicker(trials)


def edit_clip(loaded: LoadedEditor, clip: Clip, faces: Sequence[Face]) -> list[list[Frame]]:
    """Edit each frame alone.

    Returns:
        The registered frames of each request.

    Raises:
        FaceError: the editor does not take the face.
    """
    edited: list[list[Frame]] = [[] for _ in clip.asked]
    for frame, shot, face in zip(clip.frames, clip.shots, faces, strict=True):
        for row, picture in zip(edited, edit_face(loaded, frame, face, clip.asked), strict=True):
            row.append(register(picture, shot, clip.mask))
    return edited
