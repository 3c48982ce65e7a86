"""A face followed from frame to frame: the meter finds it where it was, and the detector looks only when it is lost."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.errors import FaceError
from mienkit.core.image import Picture, to_float
from mienkit.face.align import TEMPLATE_SIZE, Alignment, align_landmarks, crop_face
from mienkit.face.detector import Box, Detector
from mienkit.face.find import Face, Locator, PhotoMeter, check_choice, choose_faces, read_faces
from mienkit.face.photo import Photo
from mienkit.face.steady import JUMP, SteadyFace, jumps, moved, offset
from mienkit.geometry.similarity import apply, compose, invert

ASIDE = 0.1
"""How far aside the meter looks a second time, in sides of the crop, to see whether there is a face at all: landmarks
of a face stay where they are, and those of anything else go along with the crop."""
GOES_ALONG = 0.35
"""Share of that way which landmarks may go. On 55 shots of the portrait, of many sizes, turns and blurs, and on 64
drawn faces it is 0.05 (99 %: 0.13); on 180 crops of pictures without faces 1.0 (95 %: more than 0.6; two of three below
0.3 were the heads on coins). With two fifths of the portrait covered it is 0.45, and the detector sees none either."""
SURE_FOR = 0.1
"""Seconds after such a look aside in which there is no other,"""
SURPRISE = 0.05
"""... unless the crop lies farther than this from where it should, in sides, logarithms or radians,"""
COARSE, OTHER = 16, 8.0
"""... or shows something else: so many pixels across, it differs by so many levels of 255 from the frame before."""
GLANCE_EVERY, LOOK_EVERY = 0.2, 1.0
"""Seconds between searches for a lost face: glances, which see large faces, and looks, which see all and take a third
of a second where there is none. Right after a loss it is always a look."""
NOT_FOUND = "no face was found"
LEFT = "the face left the picture"
GONE = "the face is covered, turned away or gone"


@dataclass(frozen=True, kw_only=True, eq=False)
class Sight:
    """What of the faces is seen in one frame."""

    faces: tuple[Face, ...]
    """As an edit should take them: steadied. The one that was found first comes first."""
    missing: str | None = None
    """Why there is none, in words."""


@dataclass(kw_only=True, eq=False)
class Followed:
    """One face on its way."""

    face: Face
    """As it was read last, not steadied."""
    time: float
    """When."""
    drift: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(4))
    """How its crop moved a second, as ``face.steady.offset`` tells it."""
    looks: npt.NDArray[np.float32] = field(default_factory=lambda: np.full((COARSE, COARSE, 3), np.inf, np.float32))
    """Its crop in the frame before, (16, 16, 3)."""
    sure_until: float = 0.0
    """When it must be asked again whether this is a face."""
    steady: SteadyFace = field(default_factory=SteadyFace)

    def expected(self, time: float) -> Alignment:
        """Say where the crop should lie, if it moves on as it did: never so far that it would be another shot.

        After a pause in the film, or two frames at almost the same time, the drift says nothing of where the face is.
        """
        return moved(self.face.alignment, np.clip(self.drift * (time - self.time), -JUMP, JUMP))

    def looks_other(self, crop: Picture) -> bool:
        """Tell whether a crop, (S, S, 3), shows something else than the one before; remember it."""
        before, size = self.looks, (COARSE, COARSE)
        self.looks = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        return bool(np.abs(self.looks - before).mean() > OTHER)

    def take(self, face: Face, time: float) -> Face:
        """Take what was read of a frame; return it steadied."""
        if time > self.time:
            self.drift = offset(self.face.alignment, face.alignment) / (time - self.time)
        self.face, self.time = face, time
        return self.steady.follow(face, time)


class FaceTracker:
    """Follows faces through the frames of a film."""

    def __init__(self, detector: Detector, meter: PhotoMeter, which: str = "largest") -> None:
        """Take what finds and what reads faces.

        Args:
            detector: looks at the first frame, and after a loss.
            meter: reads every frame.
            which: ``largest``, ``all``, or the number of one, counted by size in the frame in which it is found.

        Raises:
            ConfigError: ``which`` is something else.
        """
        check_choice(which)
        self.detections = 0
        """How often the detector was asked."""
        self._detector, self._meter, self._which = detector, meter, which
        self._followed: list[Followed] = []
        self._lost: list[Followed] = []
        self._missing: str | None = NOT_FOUND
        self._glance_at = self._look_at = -np.inf

    def follow(self, picture: Picture, time: float) -> Sight:
        """Find the faces of the next frame, (H, W, 3), at a time in seconds that rises."""
        seen: list[tuple[Followed, Face]] = []
        for one in self._followed:
            face = self._read_on(one, picture, time)
            if isinstance(face, Face):
                seen.append((one, face))
            else:
                self._missing, self._look_at = face, time
                self._lost.append(one)
        if self._missing is not None:
            found = self._search(picture, time, [face for _, face in seen])
            seen += [(self._newcomer(face, time), face) for face in found]
            self._missing = None if found else self._missing
        self._followed = [one for one, _ in seen]
        return Sight(faces=tuple(one.take(face, time) for one, face in seen), missing=None if seen else self._missing)

    def _read_on(self, one: Followed, picture: Picture, time: float) -> Face | str:
        """Read a face where its crop should lie; or say why it is lost."""
        place = one.expected(time)
        middle = place.to_photo(np.full(2, place.size / 2))
        if not ((middle >= 0) & (middle < picture.shape[1::-1])).all():
            return LEFT
        crop = place.resized(self._meter.image_size)
        pixels = crop_face(picture, crop)
        reading = self._meter.measure(to_float(pixels))
        points = crop.to_photo(as_points(reading.landmarks))
        try:
            alignment = align_landmarks(points)
        except ValueError:  # eyes where the mouth is
            return GONE
        surprising = one.looks_other(pixels) or np.abs(offset(place, alignment)).max() > SURPRISE
        if surprising or time >= one.sure_until:
            one.sure_until = time + SURE_FOR
            if jumps(place, alignment) or not self._is_face(picture, place, points):
                return GONE
        own = torch.from_numpy(alignment.resized(crop.size).to_crop(points))[None].to(reading.landmarks)
        return Face(alignment, points, replace(reading, landmarks=own), moved_box(one.face, alignment))

    def _is_face(self, picture: Picture, place: Alignment, points: npt.NDArray[np.float64]) -> bool:
        """Tell whether landmarks, (68, 2) in the picture, stay where they are as seen from a crop aside."""
        if not isinstance(self._meter, Locator):
            return True
        aside = moved(place, np.array([ASIDE, 0, 0, 0])).resized(self._meter.image_size)
        again = aside.to_photo(as_points(self._meter.locate(to_float(crop_face(picture, aside)))))
        way = np.linalg.norm(again - points, axis=1).mean() / (ASIDE * TEMPLATE_SIZE * place.scale)
        return bool(way < GOES_ALONG)

    def _search(self, picture: Picture, time: float, known: list[Face]) -> list[Face]:
        """Let the detector look for faces that are missing, if it is time to."""
        if time < min(self._look_at, self._glance_at):
            return []
        look = time >= self._look_at
        boxes = self._detector.detect(picture) if look else self._detector.glance(picture)
        self.detections += 1
        self._glance_at = time + GLANCE_EVERY
        self._look_at = time + LOOK_EVERY if look else self._look_at
        read = read_faces([picture] * len(boxes), boxes, self._detector.name, self._meter)
        sure = [face for face in read if face is not None and self._is_face(picture, face.alignment, face.landmarks)]
        try:
            faces = choose_faces(Photo(picture), sure, self._detector.name, self._which)
        except FaceError:
            return []
        return [face for face in faces if all(jumps(other.alignment, face.alignment) for other in known)]

    def _newcomer(self, face: Face, time: float) -> Followed:
        """Begin to follow a face; one that was lost a moment ago goes on being steadied."""
        steady = self._lost.pop().steady if self._lost else SteadyFace()
        return Followed(face=face, time=time, steady=steady)


def as_points(landmarks: Tensor) -> npt.NDArray[np.float64]:
    """Return the landmarks of a batch of one, (68, 2)."""
    return np.asarray(landmarks[0].detach().double().cpu().numpy())


def moved_box(before: Face, alignment: Alignment) -> Box:
    """Let a face's box go along with its crop."""
    box, way = before.box, compose(invert(alignment.matrix), before.alignment.matrix)
    middle = apply(way, np.array([box.left + box.right, box.top + box.bottom]) / 2)
    half = np.array([box.right - box.left, box.bottom - box.top]) / 2 * (alignment.scale / before.alignment.scale)
    (left, top), (right, bottom) = middle - half, middle + half
    return Box(float(left), float(top), float(right), float(bottom), box.score)
