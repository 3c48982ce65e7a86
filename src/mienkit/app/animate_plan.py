"""What happens in a clip: a face goes to an expression, follows a curve out of a file, or does what a driver does."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import torch

from mienkit.app.animate import AnimateRequest, Plan, Scene, Shoot, clip_facts, watch_driver
from mienkit.app.animators import LoadedAnimator
from mienkit.app.folder import Track, untracked
from mienkit.app.instruments import Instruments
from mienkit.app.measure import check_may_use
from mienkit.app.unit_curve import UnitCurve
from mienkit.core.action_unit import ACTION_UNITS, SIDED_UNITS, both_sides
from mienkit.core.config import require
from mienkit.core.errors import ConfigError
from mienkit.core.expression import Expression, Mode
from mienkit.core.image import Picture
from mienkit.face.film import FilmFacts, open_film
from mienkit.face.film.frame import Colours
from mienkit.face.photo import Photo
from mienkit.inference.animate import (
    Ask,
    follow_conditions,
    follow_expressions,
    follow_landmarks,
    landmarks_of,
    move_landmarks,
)
from mienkit.inference.course import Course
from mienkit.inference.drive import Drive, eye_distance
from mienkit.inference.edit import condition

STRONGEST = 3.0
"""How many times as far as its driver a face may go."""


def go_to_emotion(animator: LoadedAnimator, emotion: str, course: Course, request: AnimateRequest) -> Plan:
    """Let a face go to an emotion: an editor by the emotion's units, a painter by landmarks that a mover moves."""
    if animator.editor is not None:
        return go_to_units(animator, Expression(emotion=emotion), course, request)
    painter, mover = animator.painter, animator.mover
    assert painter is not None
    assert mover is not None

    def plan(scene: Scene) -> Shoot:
        aims = move_landmarks(scene.face, mover, painter.image_size, emotion, request.times, course, request.seed)
        return shoot_photo(scene, follow_landmarks(scene.photo, scene.face, painter, aims), request)

    return plan


def shoot_photo(scene: Scene, frames: Iterator[Picture], request: AnimateRequest) -> Shoot:
    """Give frames of a photo the times that are asked for."""
    like = clip_facts(scene.photo, request.fps, request.count)
    return Shoot(frames=frames, times=request.times, like=like, notes=scene.notes)


def go_to_units(animator: LoadedAnimator, expression: Expression, course: Course, request: AnimateRequest) -> Plan:
    """Let a face go to an expression by an editor.

    Raises:
        ConfigError: the model is no editor.
    """
    editor = animator.editor
    if editor is None:
        raise no_editor(animator, "action units")

    def plan(scene: Scene) -> Shoot:
        ask = Ask(expression=expression, course=course)
        return shoot_photo(scene, follow_expressions(scene.photo, scene.face, editor, ask, request.times), request)

    return plan


def follow_curve(
    animator: LoadedAnimator, curve: UnitCurve, mode: Mode, request: AnimateRequest, share: float = 1.0
) -> Plan:
    """Let a face follow measured units by an editor, a share of the way from what it shows itself.

    Raises:
        ConfigError: the model is no editor, or the share is outside (0, 1].
    """
    require(0 < share <= 1, f"an intensity of {share:g} should be above 0 and at most 1")
    editor = animator.editor
    if editor is None:
        raise no_editor(animator, "a curve of action units")

    def plan(scene: Scene) -> Shoot:
        asked = [Expression(aus=curve.at(time), mode=mode) for time in request.times]
        conditions = [condition(editor, scene.face.reading, one) for one in asked]
        source, targets = conditions[0][0], torch.stack([target for _, target in conditions])
        targets = source + share * (targets - source)
        return shoot_photo(
            scene, follow_conditions(scene.photo, scene.face, editor, conditions[0][0], targets), request
        )

    return plan


def follow_driver(animator: LoadedAnimator, drive: Drive, facts: FilmFacts, strength: float) -> Plan:
    """Let a face do what a driver does more than at rest, on top of what it shows itself.

    An editor takes the driver's units, a painter its landmarks.

    Args:
        animator: an editor or a painter.
        drive: what the driver does.
        facts: of its film, whose clock and sound the clip keeps.
        strength: of the driver's movements, 1 as they are.

    Raises:
        ConfigError: the editor takes emotions, or the strength is out of range.
    """
    check_driven(animator, strength)

    def plan(scene: Scene) -> Shoot:
        return Shoot(
            frames=driven_by_units(scene, animator, drive, strength)
            if animator.editor is not None
            else driven_by_landmarks(scene, animator, drive, strength),
            times=drive.times.tolist(),
            like=dressed(facts, scene.photo),
            notes=(*scene.notes, *drive.notes, *unseen_note(drive)),
            told={"driver": {"file": facts.path.name, "frames": len(drive), "without_a_face": drive.unseen}},
        )

    return plan


def check_driven(animator: LoadedAnimator, strength: float) -> None:
    """Make sure that a driver can drive a face.

    Raises:
        ConfigError: the editor takes emotions, or the strength is out of range.
    """
    most = f"above 0 and at most {STRONGEST:g} with --driving"
    require(0 < strength <= STRONGEST, f"an intensity of {strength:g} should be {most}")
    if animator.editor is not None:
        units = animator.editor.vocabulary in (ACTION_UNITS, SIDED_UNITS)
        name = animator.models[0].name
        require(units, f"{name} takes emotions, and a driver tells action units; choose another --model")


def follow_film(
    animator: LoadedAnimator,
    driver: Path,
    tools: Instruments,
    strength: float = 1.0,
    fps: float | None = None,
    track: Track = untracked,
) -> Plan:
    """Let a face do what the face of a film does; the film is watched when the photo's own face is found.

    Args:
        animator: an editor or a painter.
        driver: a video, an animated picture or a folder of frames.
        tools: find and read the driver's face.
        strength: of the driver's movements, 1 as they are.
        fps: frames a second of a folder.
        track: shows how far the watching is.

    Raises:
        ConfigError: as ``follow_driver``.
        ImageError: the film cannot be used.
        DataError: ``fps`` is said of a film that has its own times, or the permission to use it has ended.
    """
    check_driven(animator, strength)
    check_may_use(driver)
    open_film(driver, fps)

    def plan(scene: Scene) -> Shoot:
        drive, facts = watch_driver(driver, tools, fps, track)
        return follow_driver(animator, drive, facts, strength)(scene)

    return plan


def dressed(facts: FilmFacts, photo: Photo) -> FilmFacts:
    """Give the clock and sound of a film to a clip of a photo, whose pixels are square and whose colours are sRGB."""
    height, width = photo.pixels.shape[:2]
    return replace(facts, width=width, height=height, pixel_aspect=Fraction(1), colours=Colours())


def driven_by_units(scene: Scene, animator: LoadedAnimator, drive: Drive, strength: float) -> Iterator[Picture]:
    """Let an editor follow the units of a driver."""
    editor = animator.editor
    assert editor is not None
    own = scene.face.reading.aus[0].detach().float().cpu()
    target = (own + strength * drive.aus).clamp(0, 1)
    if editor.vocabulary == SIDED_UNITS:
        own, target = both_sides(own), both_sides(target)
    return follow_conditions(scene.photo, scene.face, editor, own, target)


def driven_by_landmarks(scene: Scene, animator: LoadedAnimator, drive: Drive, strength: float) -> Iterator[Picture]:
    """Let a painter follow the landmarks of a driver."""
    painter = animator.painter
    assert painter is not None
    here = landmarks_of(scene.face, painter.image_size)
    scale = eye_distance(here[0].double().numpy())
    return follow_landmarks(scene.photo, scene.face, painter, here + strength * scale * drive.landmarks)


def unseen_note(drive: Drive) -> tuple[str, ...]:
    """Say in how many frames of a driver no face was found."""
    if not drive.unseen:
        return ()
    return (f"in {drive.unseen} of {len(drive)} frames of the driver no face was found: the clip waits there",)


def no_editor(animator: LoadedAnimator, what: str) -> ConfigError:
    """Say that a painter cannot follow units."""
    return ConfigError(f"{animator.models[0].name} follows landmarks, not {what}; choose an editor with --model")
