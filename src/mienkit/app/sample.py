"""Clips of people who do not exist, drawn from noise by a trained model, with a sheet that shows them all."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mienkit.app.edit import mark_of, provenance_of_model
from mienkit.app.editors import LoadedModel, ready_model
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS, canonical_emotion
from mienkit.core.image import Picture, to_uint8
from mienkit.core.task import Animator, Sampler
from mienkit.core.version import __version__
from mienkit.data.chance import sample_keys
from mienkit.data.clip import SHOWN
from mienkit.face.mark import TRAINED, sidecar_path, write_sidecar
from mienkit.face.output import check_output
from mienkit.face.photo import Photo, write_photo
from mienkit.inference.clip import KINDS, write_clip
from mienkit.inference.sheet import Row, Sheet, Tile, draw_sheet

TOGETHER = 8
"""Clips that are drawn at a time."""
INSTANTS = 8
"""Frames of each clip on the sheet, at most; the first and the last are among them."""
TILE = 192


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    """Which clips to draw.

    Raises:
        ConfigError: a number is out of range, or the emotion has no clips.
        UnknownNameError: there is no such emotion.
    """

    count: int = 8
    emotion: str | None = None
    """None for all of them in turn."""
    frames: int | None = None
    """None for as many as the model learned from."""
    fps: float = 12.0
    kind: str = "gif"
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.count >= 1, f"-n {self.count}: there is at least one clip to draw")
        require(self.frames is None or self.frames >= 1, f"--frames {self.frames}: a clip has 1 frame or more")
        require(1 <= self.fps <= 50, f"--fps {self.fps:g} should be 1 to 50")
        kinds = [suffix.lstrip(".") for suffix in KINDS]
        require(self.kind in kinds, f"--format {self.kind} should be {' or '.join(kinds)}")
        require(
            self.emotion is None or canonical_emotion(self.emotion) in SHOWN,
            "clips begin with a neutral face, and none learned to stay so; choose another --emotion",
        )

    def emotions(self, sampler: "LoadedSampler") -> list[str | None]:
        """Name what each clip shall show; None where the model cannot be told.

        Raises:
            ConfigError: an emotion is asked for, and the model was trained without.
        """
        if sampler.conditional:
            wanted = [canonical_emotion(self.emotion)] if self.emotion else SHOWN
            return [wanted[number % len(wanted)] for number in range(self.count)]
        require(
            self.emotion is None,
            f"this {sampler.name} was trained without emotions and draws what it likes; leave --emotion out, or train "
            "one with `--set condition=label`",
        )
        return [None] * self.count


@dataclass(frozen=True, kw_only=True)
class LoadedSampler(LoadedModel):
    """What draws clips, ready."""

    sampler: Sampler
    frames: int
    """Of the clips that it learned from."""
    conditional: bool
    """Whether it can be told an emotion."""


@dataclass(frozen=True, kw_only=True)
class DrawnClip:
    """One clip that was written."""

    file: str
    emotion: str | None
    """None where the model cannot be told."""
    key: int
    """Of its noise."""


@dataclass(frozen=True, kw_only=True)
class SampleReport:
    """What was written."""

    clips: Sequence[DrawnClip]
    sheet: Path
    record: dict[str, object]
    """What the JSON beside the sheet says."""


def load_sampler(model: str, weights: Path | None = None, device: str = "auto") -> LoadedSampler:
    """Make a sampler ready.

    Args:
        model: a registered name.
        weights: a weights folder of one's own instead of those in the package.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        UnknownNameError: no model or device has that name.
        ConfigError: the model does not draw clips, its weights begin with a picture, or the device is not there.
        WeightsError: the weights are missing, corrupt or another model's.
    """
    loaded, built = ready_model("sample", model, model, weights, device)
    assert isinstance(built, Sampler)
    require(
        not isinstance(built, Animator),
        f"these weights of {loaded.name} go on from a picture, and draw no clips from noise; train others without "
        "`--set condition=image`",
    )
    told: Any = getattr(built, "conditional", True)
    return LoadedSampler(**vars(loaded), sampler=built, frames=built.config.frames, conditional=bool(told))


def sample_clips(out: Path, request: SampleRequest, sampler: LoadedSampler, force: bool = False) -> SampleReport:
    """Draw clips into a folder: a file each, a sheet of all, and its record.

    Args:
        out: the folder; made if it is missing.
        request: which clips.
        sampler: what draws them.
        force: replace files of the same names.

    Raises:
        ConfigError: the model cannot draw such clips.
        OutputError: a file cannot be written.
    """
    clips = plan_clips(request, sampler)
    sheet = out / "sheet.png"
    for path in (*(out / clip.file for clip in clips), sheet, sidecar_path(sheet)):
        check_output(path, [], force)
    frames = sampler.frames if request.frames is None else request.frames
    asked = {"emotion": request.emotion, "count": request.count, "frames": frames, "fps": request.fps,
             "seed": request.seed}  # fmt: skip
    mark, rows = mark_of(sampler, asked, TRAINED), []
    for clip, pictures in zip(clips, draw_clips(clips, frames, sampler), strict=True):
        write_clip(out / clip.file, list(pictures), mark, fps=request.fps, force=force)
        rows.append(sheet_row(clip, pictures))
    record = {
        "synthetic": True,
        "mienkit": __version__,
        **provenance_of_model(sampler),
        "device": sampler.device,
        "request": asked,
        "clips": [asdict(clip) for clip in clips],
    }
    drawn = draw_sheet(lay_out(rows, sampler, frames))
    write_photo(sheet, drawn, Photo(pixels=drawn), mark, force)
    write_sidecar(sidecar_path(sheet), record)
    return SampleReport(clips=clips, sheet=sheet, record=record)


def plan_clips(request: SampleRequest, sampler: LoadedSampler) -> list[DrawnClip]:
    """Name the clips and give each its noise.

    Raises:
        ConfigError: an emotion is asked for, and the model was trained without.
    """
    keys = sample_keys(request.seed, np.arange(request.count)).tolist()
    return [
        DrawnClip(
            file=f"clip-{number:03d}{f'-{emotion}' if emotion else ''}.{request.kind}", emotion=emotion, key=int(key)
        )
        for number, (emotion, key) in enumerate(zip(request.emotions(sampler), keys, strict=True))
    ]


@torch.no_grad()
def draw_clips(clips: Sequence[DrawnClip], frames: int, sampler: LoadedSampler) -> Iterator[Picture]:
    """Draw clips, (T, H, W, 3) each, one after another.

    Raises:
        ConfigError: the model makes no clips of that length.
    """
    for start in range(0, len(clips), TOGETHER):
        some = clips[start : start + TOGETHER]
        key = torch.tensor([clip.key for clip in some], device=sampler.device)
        label = torch.tensor([EMOTIONS.index(clip.emotion or "neutral") for clip in some], device=sampler.device)
        for clip in sampler.sampler.sample(key, label, frames):
            yield to_uint8(clip)


def sheet_row(clip: DrawnClip, pictures: Picture) -> Row:
    """Show some instants of a clip, (T, H, W, 3), from its first frame to its last."""
    last = len(pictures) - 1
    instants = sorted({round(float(place)) for place in np.linspace(0, last, INSTANTS)})
    number = clip.file.split("-")[1].partition(".")[0]
    return Row(
        label=clip.emotion or f"clip {number}",
        detail=f"clip {number}" if clip.emotion else "",
        tiles=[Tile(picture=pictures[instant], caption=f"frame {instant}") for instant in instants],
    )


def lay_out(rows: Sequence[Row], sampler: LoadedSampler, frames: int) -> Sheet:
    """Lay out the sheet of some clips."""
    told = "told an emotion" if sampler.conditional else "told nothing"
    return Sheet(
        title=f"Clips by {sampler.name}",
        subtitle=f"{len(rows)} clips of {frames} frames · {told}",
        rows=rows,
        footer=f"All pictures are synthetic: made with mienkit {__version__}. Nobody in them exists.",
        tile=TILE,
    )
