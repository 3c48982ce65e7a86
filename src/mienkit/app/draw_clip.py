"""A face table of drawn clips: expressions that rise and fall, with exact curves of both halves of the face."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mienkit.app.draw import CHUNK, PEOPLE_PER_SEED, SOURCE, DrawRequest, encode_png
from mienkit.app.folder import Track, untracked
from mienkit.core.action_unit import SIDED_UNITS
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.data.drawn import CLIP_KINDS, FEWEST_FRAMES, draw_faces, move_faces
from mienkit.data.row import SIDED_COLUMNS, FaceRow
from mienkit.data.split import subject_split
from mienkit.data.writer import TableWriter

COLUMNS = (*SIDED_COLUMNS, "depth")
"""What a table of clips has beside the required columns."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ClipRequest(DrawRequest):
    """Which clips to draw: ``count`` of them, ``per_scene`` of a person, who shows the emotions in turn.

    Raises:
        ConfigError: a number is out of range.
    """

    clip_kind: str = "rise"
    """``rise`` to an apex, or ``whole``: and back."""
    frames: int = 32
    fps: float = 25.0
    sway: float = 0.0
    """Degrees by which the head turns at most; 0 leaves the expression as all that changes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.kind == "mixed", "--kind is for single faces; clips show the emotions in turn: leave it out")
        require(self.clip_kind in CLIP_KINDS, f"--clip-kind {self.clip_kind} should be {' or '.join(CLIP_KINDS)}")
        require(FEWEST_FRAMES <= self.frames <= 1000, f"--frames {self.frames} should be {FEWEST_FRAMES} to 1000")
        require(1 <= self.fps <= 240, f"--fps {self.fps:g} should be 1 to 240")
        require(0 <= self.sway <= 10, f"--sway {self.sway:g} should be 0 to 10 degrees")


def draw_clips(out: Path, request: ClipRequest, *, force: bool = False, track: Track = untracked) -> int:
    """Write a table of drawn clips and return its number of rows; an interrupted call goes on where it stopped.

    Raises:
        OutputError: the table exists already, or cannot be written.
    """
    together = max(1, CHUNK // request.frames)
    with TableWriter(out, size=request.size, optional=COLUMNS, force=force) as writer:
        starts = range(0, request.count, together)
        chunks = [np.arange(start, min(start + together, request.count)) for start in starts]
        chunks = [clips for clips in chunks if not all_written(writer, request, clips)]
        drawn = (face for clips in chunks for face in clip_rows(request, clips))
        writer.extend(track(drawn, sum(map(len, chunks)) * request.frames))
        return len(writer)


def all_written(writer: TableWriter, request: ClipRequest, clips: Numbers) -> bool:
    """Tell whether a table holds every frame of some clips."""
    names = (name_of(request, int(clip), frame) for clip in clips for frame in range(request.frames))
    return all(writer.holds(SOURCE, name) for name in names)


def clip_rows(request: ClipRequest, clips: Numbers) -> Iterator[FaceRow]:
    """Draw the frames of some clips, one after another."""
    motion = move_faces(
        clips,
        seed=request.seed,
        kind=request.clip_kind,
        frames=request.frames,
        fps=request.fps,
        sway=request.sway,
    )
    clip, frame = (index.ravel() for index in np.indices((len(clips), request.frames)))
    person = request.seed * PEOPLE_PER_SEED + clips[clip] // request.per_scene
    drawn = draw_faces(
        person,
        motion.sides[clip, frame],
        size=request.size,
        jitter=request.jitter,
        scene=person,
        turn=motion.turn[clip, frame],
    )
    for row, (here, number) in enumerate(zip(clip, frame, strict=True)):
        shown = motion.shown[here, number]
        yield FaceRow(
            image=encode_png(drawn.images[row]),
            width=request.size,
            height=request.size,
            source=SOURCE,
            source_id=name_of(request, int(clips[here]), int(number)),
            licence="CC0-1.0",
            kind="drawn",
            subject=f"drawn-{person[row]}",
            sequence=f"{person[row]}-{clips[here]}",
            frame=int(number),
            split=request.split or subject_split(f"drawn-{person[row]}"),
            emotion=EMOTIONS[shown] if shown >= 0 else None,
            aus=drawn.aus[row],
            au_measurer="exact",
            sided=dict(zip(SIDED_UNITS, drawn.sides[row].tolist(), strict=True)),
            landmarks=drawn.landmarks[row],
            depth=drawn.depth[row],
            pose=drawn.pose[row],
        )


def name_of(request: ClipRequest, clip: int, frame: int) -> str:
    """Name a frame by everything that decides its picture."""
    kind = f"{request.clip_kind}-{request.frames}-{request.fps:g}-{request.sway:g}"
    return f"{kind}-{request.seed}-{request.per_scene}-{request.jitter:g}-{request.size}-{clip}-{frame:03d}"
