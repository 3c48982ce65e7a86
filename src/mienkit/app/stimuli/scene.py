"""A person of a study: the photograph cut to the stimuli's frame, its face measured there, and what may be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from mienkit.app.instruments import Instruments
from mienkit.app.stimuli.design import Identity, Look
from mienkit.assets.download import sha256_of
from mienkit.core.errors import FaceError, MienError
from mienkit.core.image import Picture
from mienkit.evaluation.static_edit import Recogniser
from mienkit.face.align import EYES, MOUTH, TEMPLATE_SIZE, Alignment, crop_bounds, crop_face
from mienkit.face.find import Face, find_faces
from mienkit.face.luminance import mean_and_contrast, to_grey
from mienkit.face.oval import Alpha, face_oval
from mienkit.face.photo import Photo, read_photo
from mienkit.face.rights import Rights, read_rights
from mienkit.geometry.similarity import compose, fit_similarity, invert, similarity
from mienkit.inference.edit import measure_again

GRID = 16
"""Steps of a pixel on which eyes, mouth and landmarks stand."""
EDGE = 0.01
"""Share of the frame that may lie outside of the photograph without a note."""
LEAST = 0.02
"""Share of the frame that an oval around a face covers at least; real ones cover a tenth and more."""
NEARLY = 0.95
"""Photograph pixels for one of the frame from which on a photograph counts as large enough."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """One person, ready to be edited."""

    identity: Identity
    rights: Rights
    photo_sha256: str
    size: tuple[int, int]
    """Width and height of the whole photograph."""
    enlarged: float
    """Pixels of the frame for one of the photograph; below 1 it is reduced."""
    photo: Photo
    """The frame that stimuli show, (S, S, 3)."""
    face: Face
    """In pixels of the frame; read there, as the stimuli will be."""
    alpha: Alpha
    """(S, S), how much of each pixel is inside of the oval."""
    embedding: npt.NDArray[np.float32] | None
    """Of the photograph; None where nothing embeds."""
    notes: tuple[str, ...] = ()

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Which pixels are wholly inside of the oval, (S, S)."""
        return self.alpha >= 1

    def describe(self) -> dict[str, object]:
        """Say which photograph it is and what may be done with it, as plain values."""
        rights = self.rights
        return {
            "id": self.identity.id,
            "sha256": self.photo_sha256,
            "width": self.size[0],
            "height": self.size[1],
            "enlarged": round(self.enlarged, 3),
            "rights": {
                "told": rights.told,
                "may_publish": rights.may_publish,
                "expires": rights.expires.isoformat() if rights.expires else None,
                "note": rights.note,
            },
        }


def check_rights(identities: Sequence[Identity], today: date) -> Mapping[str, Rights]:
    """Read what may be done with each photograph, before anything is done with any; id -> rights.

    Raises:
        DataError: a photograph may not be modified, or the permission has ended.
        ConfigError: a ``rights.yaml`` has another form.
    """
    told = {}
    for identity in identities:
        rights = read_rights(identity.photo)
        rights.check_modify(identity.photo, today)
        told[identity.id] = rights
    return told


def prepare_scene(
    identity: Identity, rights: Rights, look: Look, tools: Instruments, recogniser: Recogniser | None
) -> Scene:
    """Find a person's face, cut the frame out around it, and measure it there.

    Raises:
        ImageError: the photograph cannot be used.
        FaceError: there is no such face in it.
    """
    photo = read_photo(identity.photo)
    try:
        found = find_faces(photo, tools.detector, tools.meter, identity.face)[0]
    except MienError as error:
        error.add_note(f"it is the photograph of '{identity.id}'")
        raise
    aligned = steadied(found.alignment)
    frame = frame_of(aligned, look)
    pixels = crop_face(photo.visible, frame)
    place = Alignment(compose(aligned.matrix, invert(frame.matrix)), TEMPLATE_SIZE)
    (reading,) = measure_again([pixels], place, tools.meter)
    landmarks = on_grid(place.resized(tools.meter.image_size).to_photo(reading.landmarks[0].double().numpy()))
    alpha = face_oval(landmarks, look.size).alpha(look.size, look.size)
    if np.count_nonzero(alpha >= 1) < LEAST * look.size**2:
        raise FaceError(f"the face in {identity.photo} could not be measured; use a sharp photograph from the front")
    cut = replace(photo, pixels=pixels, alpha=None, exif=None)
    return Scene(
        identity=identity,
        rights=rights,
        photo_sha256=sha256_of(identity.photo),
        size=(photo.pixels.shape[1], photo.pixels.shape[0]),
        enlarged=1 / frame.scale,
        photo=cut,
        face=Face(place, landmarks, reading, found.box, None),
        alpha=alpha,
        embedding=recogniser.embed(pixels, landmarks) if recogniser else None,
        notes=tuple(f"{identity.id}: {note}" for note in [*photo.notes, *notes_on(photo, frame)]),
    )


def steadied(face: Alignment) -> Alignment:
    """Put a face's eyes and mouth on a grid in the photograph.

    A machine that measures them a millionth of a pixel elsewhere then cuts the very same frame: OpenCV samples at
    steps of a 32nd of a pixel, and would jump from one to the next all over the picture.
    """
    template = np.array([EYES, MOUTH]) * (face.size / TEMPLATE_SIZE)
    return Alignment(fit_similarity(on_grid(face.to_photo(template)), template), face.size)


def on_grid(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round points, in pixels, to the grid."""
    return np.asarray(np.round(points * GRID) / GRID, np.float64)


def frame_of(face: Alignment, look: Look) -> Alignment:
    """Place the stimuli's square around a face, given the place of its aligned crop: upright, eyes and mouth fixed."""
    scale = look.size / (TEMPLATE_SIZE * (1 + 2 * look.margin))
    shift = np.full(2, look.margin * TEMPLATE_SIZE * scale)
    return Alignment(compose(similarity(scale, 0.0, shift), face.matrix), look.size)


def notes_on(photo: Photo, frame: Alignment) -> list[str]:
    """Say what of a frame the photograph does not hold."""
    height, width = photo.pixels.shape[:2]
    left, top, right, bottom = crop_bounds(frame, margin=-EDGE * max(frame.scale * frame.size, 1))
    notes = []
    if left < 0 or top < 0 or right > width or bottom > height:
        notes.append("the frame reaches over the photograph's edge, where it shows its mirror image; less margin helps")
    if frame.scale < NEARLY:
        notes.append("the photograph is enlarged to fill the frame; `enlarged` in manifest.json says how much")
    return notes


def levels_of(scenes: Sequence[Scene], look: Look) -> tuple[float | None, float | None]:
    """Return the mean luminance and RMS contrast that all stimuli shall have, in grey levels; None leaves one.

    ``equal`` is the mean over the photographs, inside of their ovals.
    """
    own = np.array([mean_and_contrast(shown(scene.photo.pixels, look), scene.mask) for scene in scenes])
    mean, contrast = (round(float(value), 3) for value in own.mean(0))
    return (
        mean if look.equal_luminance else look.luminance,
        contrast if look.equal_contrast else look.contrast,
    )


def shown(pixels: Picture, look: Look) -> Picture:
    """Return a picture in the colours of the look."""
    return to_grey(pixels) if look.greyscale else pixels
