"""What the face of a film does, as differences from its own neutral: what another face can be driven by."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX
from mienkit.core.errors import FaceError
from mienkit.face.align import align_landmarks
from mienkit.face.film import Frame
from mienkit.geometry.similarity import apply, fit_similarity
from mienkit.inference.track import FaceTracker

CALM = 0.1
"""Share of the frames, those that show least, of which the mean is the driver's neutral."""
STEADY = (27, 28, 29, 30, 33, 36, 39, 42, 45)
"""Landmarks that no expression moves by much: the nose's ridge and base, the corners of the eyes."""
SETTLED = 3
"""Frames from which a neutral can be told at least."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Drive:
    """What a driver does, over time; where no face is seen, what it did last."""

    times: Floats
    """(T,) seconds."""
    aus: Tensor
    """(T, 17): what each unit shows more than at rest, in [-1, 1]."""
    landmarks: Tensor
    """(T, 68, 2): where landmarks are away from rest, in distances between the eyes' outer corners, on an upright face:
    heads' movements are taken off."""
    unseen: int
    """Frames in which no face was found."""
    notes: tuple[str, ...] = ()
    """What is not as it should be in its film, in words."""

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A frame's time, and what its face shows, if it shows one."""

    time: float
    aus: Tensor | None = None
    """(17,)."""
    landmarks: Floats | None = None
    """(68, 2), pixels of the frame."""


def watch(frames: Iterable[Frame], tracker: FaceTracker) -> Iterator[Seen]:
    """Read the face of each frame; some hundred numbers a frame are kept, never its picture."""
    for frame in frames:
        faces = tracker.follow(frame.pixels, frame.time).faces
        if faces:
            yield Seen(time=frame.time, aus=faces[0].reading.aus[0].float().cpu(), landmarks=faces[0].landmarks)
        else:
            yield Seen(time=frame.time)


def drive_of(seen: list[Seen]) -> Drive:
    """Tell what a driver does from what was seen.

    Raises:
        FaceError: no face was seen, or in too few frames.
    """
    good = [(number, one.aus, one.landmarks) for number, one in enumerate(seen) if one.aus is not None]
    if len(good) < SETTLED:
        raise FaceError(
            f"the driving film shows a face in {len(good)} of {len(seen)} frames, and {SETTLED} are needed; use one in "
            "which the face looks at the camera, upright and at least 80 pixels wide"
        )
    numbers = [number for number, _, _ in good]
    aus = torch.stack([units for _, units, _ in good if units is not None])
    points = np.stack([landmarks for _, _, landmarks in good if landmarks is not None])
    calm = calm_rows(aus)
    first = points[calm[0]]
    shapes = steadied(points, align_landmarks(first).to_crop(first))  # upright, as the crop of a photo is
    away = torch.from_numpy((shapes - shapes[calm].mean(0)) / eye_distance(shapes[calm].mean(0))).float()
    last = np.searchsorted(numbers, np.arange(len(seen)), side="right").clip(min=1) - 1
    return Drive(
        times=np.array([one.time for one in seen]),
        aus=(aus - aus[calm].mean(0))[last],
        landmarks=away[last],
        unseen=len(seen) - len(good),
    )


def calm_rows(aus: Tensor) -> npt.NDArray[np.int64]:
    """Choose the frames, of (T, 17), that show least, the calmest first; that eyes are shut does not count."""
    awake = aus.clone()
    awake[:, AU_INDEX["AU45"]] = 0
    count = max(SETTLED, round(CALM * len(aus)))
    return np.asarray(awake.norm(dim=1).argsort(stable=True)[:count].numpy(), np.int64)


def steadied(points: Floats, like: Floats) -> Floats:
    """Lay faces, (T, 68, 2), over another, (68, 2), by landmarks that no expression moves by much."""
    rows = list(STEADY)
    return np.stack([apply(fit_similarity(face[rows], like[rows]), face) for face in points])


def eye_distance(landmarks: Floats) -> float:
    """Return the distance between the outer corners of the eyes of a face, (68, 2)."""
    return float(np.linalg.norm(landmarks[45] - landmarks[36]))
