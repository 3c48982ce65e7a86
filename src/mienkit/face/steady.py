"""One face through a clip, steadied: what jitters from frame to frame is smoothed, what moves is followed."""

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.task import Reading
from mienkit.face.align import Alignment
from mienkit.face.find import Face
from mienkit.geometry.similarity import Similarity, angle_of, compose, invert, scale_of, similarity

Floats: TypeAlias = npt.NDArray[np.float64]

Filter: TypeAlias = tuple[float, float]
"""Cut-off at rest in Hz, and what a speed of 1 a second adds to it."""

CENTRE: Filter = (2.0, 32.0)
"""Of the crop's middle, and of the landmarks in it; in sides of the crop. A pan lags at most 1 / (2 pi 32), 0.5 %."""
TURN: Filter = (0.5, 4.0)
"""Of the crop's size (logarithm) and angle (radians). They jitter more than the middle and move less: at most 4 % and
2.3 degrees late. Training strays from the template by 2 % of the side, 4 % of the size and 3 degrees."""
SHOWN: Filter = (0.2, 2.0)
"""Of action units, emotions and pose (right angles): at most 0.08 late."""
SPEED_CUT_OFF = 3.0
"""Of the speed, in Hz: that a head starts to move is seen within two or three frames."""
JUMP = 0.25
"""How far the crop goes between two frames, in sides, logarithms or radians, if it is another face or another shot."""
LOST = 0.5
"""Seconds without the face after which nothing of the past counts."""
RIGHT_ANGLE = 90.0


class OneEuro:
    """A low-pass whose cut-off rises with speed: little jitter at rest, little lag in movement.

    At a constant speed v it lags by v / (2 pi (rest + opening v)), so never by more than 1 / (2 pi opening).

    Source: Casiez et al. 2012 (1 Euro filter), each entry of a vector with its own speed.
    """

    def __init__(self, *filters: Filter) -> None:
        """Take one filter for all entries, or one for each."""
        self.rest, self.opening = np.array(filters, np.float64).T
        self._speed: Floats | float = 0.0

    def weight(self, change: Floats, seconds: float) -> Floats:
        """Say how far to go from the smooth value to the new one, in (0, 1], each entry for itself.

        Args:
            change: of the raw value since the one before.
            seconds: since then.
        """
        self._speed = self._speed + low_pass(SPEED_CUT_OFF, seconds) * (change / seconds - self._speed)
        return low_pass(self.rest + self.opening * np.abs(self._speed), seconds)


def low_pass(cut_off: Floats | float, seconds: float) -> Floats:
    """Return how much a new value counts in a low-pass of the first order; ``cut_off`` is in Hz."""
    turned = 2 * np.pi * seconds * np.asarray(cut_off, np.float64)
    return np.asarray(turned / (turned + 1))


class SteadyFace:
    """Steadies the crop, the landmarks and the reading of one face, frame by frame.

    The reading too: a request such as AU12=0.8 asks for the difference to what is measured, so where the measurement
    jitters the edit does. One of these follows one face; after a jump (a cut, another face) or a gap it starts afresh.
    """

    def __init__(self) -> None:
        self._time = -np.inf
        self._raw: Face | None = None

    def follow(self, face: Face, time: float) -> Face:
        """Return the face of a frame as an edit should take it; the reading's own landmarks stay as they were read.

        Args:
            face: as found in this frame alone.
            time: of the frame, in seconds; it must rise.

        Raises:
            ValueError: the time does not rise.
        """
        seconds = time - self._time
        if not seconds > 0:
            raise ValueError(f"a frame at {time:g} s cannot follow one at {self._time:g} s")
        if self._raw is None or seconds > LOST or jumps(self._raw.alignment, face.alignment):
            self._place = OneEuro(CENTRE, CENTRE, TURN, TURN)
            self._points, self._shown = OneEuro(CENTRE), OneEuro(SHOWN)
            self._smooth = face
        else:
            self._smooth = self._step(self._raw, face, seconds)
        self._raw, self._time = face, time
        return self._smooth

    def _step(self, raw: Face, face: Face, seconds: float) -> Face:
        smooth = self._smooth
        weight = self._place.weight(offset(raw.alignment, face.alignment), seconds)
        crop = moved(smooth.alignment, weight * offset(smooth.alignment, face.alignment))
        points, shown = points_in(face), shown_by(face.reading)
        weight = self._points.weight(points - points_in(raw), seconds)
        points = points_in(smooth) + weight * (points - points_in(smooth))
        weight = self._shown.weight(shown - shown_by(raw.reading), seconds)
        shown = shown_by(smooth.reading) + weight * (shown - shown_by(smooth.reading))
        return replace(
            face,
            alignment=crop,
            landmarks=crop.to_photo(points * crop.size),
            reading=showing(face.reading, shown),
        )


def jumps(before: Alignment, after: Alignment) -> bool:
    """Tell whether a crop went where no head goes between two frames."""
    return bool(np.abs(offset(before, after)).max() > JUMP)


def offset(origin: Alignment, place: Alignment) -> Floats:
    """Say where a crop lies as seen from another, (4,): its middle (x, y in sides), logarithm of its scale, radians."""
    there = compose(origin.resized(1).matrix, invert(place.resized(1).matrix))
    return np.array([*(there @ (0.5, 0.5, 1) - 0.5), np.log(scale_of(there)), angle_of(there)])


def moved(origin: Alignment, place: Floats) -> Alignment:
    """Return the crop that lies there, as ``offset`` says it."""
    turn = similarity(float(np.exp(place[2])), float(place[3]), np.zeros(2))
    turn[:, 2] = place[:2] + 0.5 - turn[:, :2] @ (0.5, 0.5)
    matrix: Similarity = compose(invert(turn), origin.resized(1).matrix)
    return Alignment(matrix, 1).resized(origin.size)


def points_in(face: Face) -> Floats:
    """Return a face's landmarks in its own crop, (68, 2) in sides of it."""
    return face.alignment.to_crop(face.landmarks) / face.alignment.size


def shown_by(reading: Reading) -> Floats:
    """Put what is steadied of a reading in a row: action units, emotions, pose."""
    parts = (reading.aus[0], reading.emotions[0], reading.pose[0] / RIGHT_ANGLE)
    return torch.cat([part.detach().double().cpu() for part in parts]).numpy()


def showing(reading: Reading, shown: Floats) -> Reading:
    """Return a reading that shows this."""
    row = torch.from_numpy(shown)[None].to(reading.aus)
    pose = row[:, -3:] * RIGHT_ANGLE
    return replace(reading, aus=row[:, :NUM_AUS], emotions=row[:, NUM_AUS:-3], pose=pose)
