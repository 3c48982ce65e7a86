"""How long a photo takes from file to file, stage by stage, and the meter on one crop."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import skimage.data
import torch
from PIL import Image

from bench.table import Table
from bench.timing import milliseconds
from mienkit.app.edit import Workshop, edit, load_workshop
from mienkit.core.expression import Expression
from mienkit.core.image import Picture, to_float, to_uint8
from mienkit.core.version import __version__
from mienkit.face.align import align_box, align_landmarks, crop_face
from mienkit.face.find import find_faces
from mienkit.face.mark import Mark
from mienkit.face.paste import paste_face
from mienkit.face.photo import read_photo, write_photo
from mienkit.inference.edit import measure_again, synthesize

SMILE = {"AU12": 0.8, "AU6": 0.5}
LARGE = (3000, 4000)
"""Height and width of a photo of 12 megapixels."""


def bench_photos(workshop: Workshop | None = None, *, rounds: int = 9, large: tuple[int, int] = LARGE) -> Table:
    """Time the stages of an edit of a small and of a large photo."""
    shop = workshop or load_workshop(device="cpu")
    portrait = np.asarray(skimage.data.astronaut())  # type: ignore[no-untyped-call]
    times = [photo_times(picture, shop, rounds) for picture in (portrait, enlarge(portrait, *large))]
    height, width = portrait.shape[:2]
    return Table(
        title="From photo to photo",
        note="The portrait that scikit-image ships, and the same enlarged into a photo of "
        f"{large[0] * large[1] / 1e6:.0f} megapixels with noise; JPEG in. ms, median of {rounds} rounds. The whole is "
        "`mienkit.edit` from JPEG to JPEG, measured by itself.",
        columns=("stage", f"{width} x {height}", f"{large[1]} x {large[0]}"),
        rows=[(stage, *(column[stage] for column in times)) for stage in times[0]],
    )


def photo_times(picture: Picture, shop: Workshop, rounds: int) -> dict[str, float]:
    """Time every stage on one picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        Image.fromarray(picture).save(path, quality=92)
        with torch.inference_mode():
            return milliseconds(stages(path, shop), rounds, warm_up=1)


def stages(path: Path, shop: Workshop) -> dict[str, Callable[[], object]]:
    """List the stages of an edit, each ready to be repeated, and the whole."""
    tools, editor, meter = shop.instruments, shop.editor.editor, shop.instruments.meter
    photo = read_photo(path)
    face = find_faces(photo, tools.detector, meter)[0]
    box, crop = face.box, face.alignment.resized(meter.image_size)
    rough, place = align_box(box, meter.image_size, tools.detector.name), face.alignment.resized(editor.image_size)
    source, expression = crop_face(photo.pixels, place), Expression(aus=SMILE)
    edited = synthesize(editor, source, face.reading, [expression])
    pixels, change = to_uint8(edited.image)[0], edited.change[0, 0].numpy()
    pasted = paste_face(photo.pixels, pixels, change, place)
    mark = Mark("bench", __version__)

    def align() -> object:
        reading = meter.measure(to_float(crop_face(photo.pixels, rough)))
        return align_landmarks(rough.to_photo(reading.landmarks[0].double().numpy()))

    return {
        "decode": lambda: read_photo(path),
        "detect": lambda: tools.detector.detect(photo.visible),
        "align (box -> meter -> template)": align,
        "measure": lambda: meter.measure(to_float(crop_face(photo.pixels, crop))),
        "edit": lambda: synthesize(editor, crop_face(photo.pixels, place), face.reading, [expression]),
        "paste": lambda: paste_face(photo.pixels, pixels, change, place),
        "measure again": lambda: measure_again([pasted], face.alignment, meter),
        "encode JPEG": lambda: write_photo(path.with_name("out.jpg"), pasted, photo, mark, force=True),
        "encode PNG instead": lambda: write_photo(path.with_name("out.png"), pasted, photo, mark, force=True),
        "the whole": lambda: edit(path, aus=SMILE, out=path.with_name("whole.jpg"), model=shop, force=True),
    }


def enlarge(picture: Picture, height: int, width: int) -> Picture:
    """Make a large photo of a small one: its subject in the middle, its borders repeated, with a sensor's noise."""
    side = min(height, width)
    large = cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC)
    top, left = (height - side) // 2, (width - side) // 2
    rest = (top, height - side - top, left, width - side - left)
    canvas = cv2.copyMakeBorder(large, *rest, cv2.BORDER_REPLICATE)
    noise = 2 * np.random.default_rng(0).standard_normal(canvas.shape, np.float32)
    return np.asarray(np.clip(canvas + noise, 0, 255), np.uint8)


def bench_meter(workshop: Workshop | None = None, *, rounds: int = 30) -> Table:
    """Time the meter on crops in memory."""
    meter = (workshop or load_workshop(device="cpu")).instruments.meter
    crops = torch.rand(16, 3, meter.image_size, meter.image_size) * 2 - 1
    works = {str(count): (lambda count=count: meter.measure(crops[:count])) for count in (1, 16)}
    times = milliseconds(works, rounds)
    return Table(
        title="Meter",
        note=f"Landmarks, action units, emotions and pose from crops of {meter.image_size} px; "
        f"median of {rounds} rounds.",
        columns=("crops", "ms", "ms a crop"),
        rows=[(count, taken, taken / int(count)) for count, taken in times.items()],
    )
