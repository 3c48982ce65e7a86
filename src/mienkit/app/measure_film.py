"""What the face of a film shows, frame by frame: a CSV file of action units over time (``app.unit_curve`` reads it)."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mienkit.app.folder import Track, untracked
from mienkit.app.instruments import Instruments
from mienkit.app.unit_curve import SUCCESS, TIMES
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.config import require
from mienkit.core.errors import FaceError
from mienkit.core.version import __version__
from mienkit.face.film import open_film
from mienkit.face.output import check_output, write_atomically
from mienkit.inference.drive import Seen, watch
from mienkit.inference.track import FaceTracker


@dataclass(frozen=True, kw_only=True)
class FilmRequest:
    """Which face of a film to measure, and how to read the film."""

    face: str = "largest"
    """``largest`` or an index, 0 being the largest where it is first seen."""
    fps: float | None = None
    """Frames a second of a folder of frames."""

    def __post_init__(self) -> None:
        require(self.face != "all", "one face of a film is measured; choose it with --face largest or --face 0")


def measure_film(
    film: Path,
    out: Path,
    tools: Instruments,
    request: FilmRequest | None = None,
    *,
    force: bool = False,
    track: Track = untracked,
) -> dict[str, object]:
    """Measure a face in every frame and write its units over time; returns what was measured, and by whom.

    Args:
        film: a video, an animated picture or a folder of frames.
        out: a ``.csv`` file. Units that the meter cannot see on photographs have no column.
        tools: find and read the face.
        request: which face.
        force: replace ``out`` if it exists.
        track: shows how far it is, in frames.

    Raises:
        ImageError: the film cannot be used.
        FaceError: no frame of it shows a face.
        OutputError: the file cannot be written.
    """
    asked = request or FilmRequest()
    require(out.suffix.lower() == ".csv", f"{out.name} should end in .csv, the format in which curves are written")
    check_output(out, [film], force)
    opened = open_film(film, asked.fps)
    tracker = FaceTracker(tools.detector, tools.meter, asked.face)
    seen = list(watch(track(opened.frames(), opened.facts.expected), tracker))
    found = [one for one in seen if one.aus is not None]
    if not found:
        raise FaceError(f"no frame of {film} shows a face that can be read; use one that looks at the camera, upright")
    units = [name for name in ACTION_UNITS if name not in tools.meter.blind]
    text = curve_text(seen, units).encode()

    def write(file: IO[bytes]) -> None:
        file.write(text)

    write_atomically(out, write)
    return {
        "mienkit": __version__,
        "film": {"file": str(film), "width": opened.facts.width, "height": opened.facts.height},
        "meter": tools.meter.name,
        "detector": tools.detector.name,
        "unknown": sorted(tools.meter.blind),
        "frames": len(seen),
        "without_a_face": len(seen) - len(found),
        "notes": list(opened.notes),
        "out": str(out),
    }


def curve_text(seen: Sequence[Seen], units: Sequence[str]) -> str:
    """Write what was seen as CSV: seconds, whether a face was found, and an intensity in [0, 1] for each unit."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([TIMES[0], SUCCESS, *units])
    places = [ACTION_UNITS.index(name) for name in units]
    for one in seen:
        values = ["" for _ in units] if one.aus is None else [f"{float(one.aus[place]):.4f}" for place in places]
        rows.writerow([f"{one.time:.6f}", int(one.aus is not None), *values])
    return text.getvalue()
