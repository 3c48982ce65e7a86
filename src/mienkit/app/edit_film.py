"""A film in, the same film with another expression out, with what was asked for and what was measured."""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from mienkit.app.edit import Workshop, mark_of, provenance_of_model, seeded
from mienkit.app.film_tally import FilmTally, Units
from mienkit.app.folder import Track, untracked
from mienkit.app.measure import check_may_change
from mienkit.core.errors import FaceError
from mienkit.core.version import __version__
from mienkit.face.film import Film, FilmFacts, check_film_output, open_film, writing_film
from mienkit.face.mark import sidecar_path, write_sidecar
from mienkit.face.output import check_output
from mienkit.inference.film import ExpressionAt, Stopwatch, edit_frames, few_threads, spare_threads
from mienkit.inference.track import FaceTracker


@dataclass(frozen=True, kw_only=True)
class FilmRequest:
    """What a user wants done with a film, beside the expression."""

    asked: Mapping[str, object] = field(default_factory=dict)
    """What the record says was asked for; anything that JSON can hold."""
    faces: str = "largest"
    """``largest``, ``all`` or an index, 0 being the largest."""
    seed: int = 0
    """For models that draw random numbers."""


LARGEST_FACE = FilmRequest()


@dataclass(frozen=True, kw_only=True)
class FilmReport:
    """What became of a film."""

    out: Path
    record: Mapping[str, object]
    """What the JSON beside the film says."""
    tally: FilmTally
    units: Units
    """What of each unit was asked for and measured, on average."""
    notes: tuple[str, ...]
    """What had to be changed or left out, in words."""
    fps: float
    """Frames a second at which it was made."""
    seconds: Mapping[str, float]
    """Stage -> how long it took; they work side by side."""
    detections: int
    """How often the detector was asked."""


def open_to_edit(source: Path, out: Path, force: bool = False, fps: float | None = None) -> Film:
    """Open a film and make sure that its results may be written, before any work is done.

    Args:
        source: a video, an animated GIF or WebP, or a folder of numbered frames.
        out: the result.
        force: it may be replaced.
        fps: frames a second of a folder of frames.

    Raises:
        ImageError: the film cannot be used.
        OutputError: a result cannot be written.
    """
    check_may_change(source)
    film = open_film(source, fps)
    check_film_output(out, [source], force)
    check_output(sidecar_path(out), [source], force)
    return film


def edit_film(
    source: Path | Film,
    out: Path,
    expression_at: ExpressionAt,
    workshop: Workshop,
    request: FilmRequest = LARGEST_FACE,
    *,
    force: bool = False,
    track: Track = untracked,
) -> FilmReport:
    """Give the face of a film another expression, and write the new film and its record.

    Args:
        source: a film, or where one is.
        out: its suffix chooses what is written; without one it is a folder of frames.
        expression_at: what the face should show, at a time in seconds.
        workshop: detector, meter and editor.
        request: which face, and what the record says.
        force: replace ``out`` if it exists.
        track: shows how far it is, in frames.

    Raises:
        ImageError: the film cannot be used.
        FaceError: no frame shows the face that was asked for.
        ConfigError: the editor cannot do what is asked.
        OutputError: the result cannot be written.
    """
    film = open_to_edit(source, out, force) if isinstance(source, Path) else source
    tools, editor = workshop.instruments, workshop.editor.editor
    tracker, tally, watch = FaceTracker(tools.detector, tools.meter, request.faces), FilmTally(), Stopwatch()
    frames = edit_frames(film.frames(), tracker, editor, expression_at, tools.meter, watch)
    mark, start = mark_of(workshop.editor, request.asked), time.perf_counter()
    making = writing_film(out, film.facts, mark, force)
    with seeded(request.seed), few_threads(spare_threads()), closing(frames), making as writer:
        for edited in track(frames, film.facts.expected):
            tally.add(edited)
            with watch.timed("encode"):
                writer.write(edited.frame)
        if not tally.edited:
            raise FaceError(nobody_in(film.facts.path, request.faces, tally, tools.detector.name))
        sidecar_path(out).unlink(missing_ok=True)
    report = FilmReport(
        out=out,
        record={},
        tally=tally,
        units=tally.units(tools.meter.blind),
        notes=(*film.notes, *writer.notes),
        fps=tally.frames / (time.perf_counter() - start),
        seconds=watch.seconds,
        detections=tracker.detections,
    )
    report = replace(report, record=describe_film(report, film.facts, workshop, request))
    write_sidecar(sidecar_path(out), report.record)
    return report


def nobody_in(source: Path, faces: str, tally: FilmTally, detector: str) -> str:
    """Say that a film shows no face to be edited, and what to do."""
    reasons = " and ".join(dict.fromkeys(gap.reason for gap in tally.gaps)) or "it has no frames"
    advice = "" if detector == "mediapipe" else ", or the better detector: --face-backend mediapipe"
    face = "the face" if faces in ("largest", "all") else f"face number {faces}, counted from 0,"
    return (
        f"none of the {tally.frames} frame(s) of {source} could be edited: {reasons}; use a film in which {face} "
        f"looks at the camera, upright and at least 80 pixels wide{advice}"
    )


def describe_film(report: FilmReport, facts: FilmFacts, workshop: Workshop, request: FilmRequest) -> dict[str, object]:
    """Say how a film came to be, and what was measured of it."""
    tools, tally = workshop.instruments, report.tally
    return {
        "synthetic": True,
        "mienkit": __version__,
        "film": {
            "file": facts.path.name,
            "width": facts.width,
            "height": facts.height,
            "fps": round(facts.fps, 3),
            "seconds": round(tally.seconds, 3),
        },
        **provenance_of_model(workshop.editor),
        "meter": {"name": tools.meter.name, "unknown": sorted(tools.meter.blind)},
        "detector": {"name": tools.detector.name, "asked": report.detections},
        "device": workshop.editor.device,
        "seed": request.seed,
        "request": dict(request.asked),
        "frames": {
            "read": tally.frames,
            "edited": tally.edited,
            "unchanged": tally.frames - tally.edited,
            "measured_again": len(tally.after),
        },
        "unchanged": [vars(gap) for gap in tally.gaps],
        "aus": report.units,
        "made_at_fps": round(report.fps, 1),
        "notes": list(report.notes),
    }
