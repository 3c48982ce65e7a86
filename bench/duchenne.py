"""How long duchenne takes: part by part on crops and photos, and in every program that can run its network."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from bench.edit import REFERENCE as OFFICIAL
from bench.edit import build_ganimation, draw_batch
from bench.engine import REFERENCE, Engine, engines, quick
from bench.runtime import missing
from bench.table import Table
from bench.timing import Work, milliseconds
from mienkit.app.models import released_folder
from mienkit.core.action_unit import both_sides
from mienkit.core.config import build_config
from mienkit.core.errors import MienError
from mienkit.core.image import Picture, to_float, to_uint8
from mienkit.core.task import Editor
from mienkit.face.align import Alignment, crop_face
from mienkit.geometry.similarity import similarity
from mienkit.inference.edit import lay_over
from mienkit.inference.speed import quicken
from mienkit.systems.duchenne import Duchenne
from mienkit.systems.duchenne.network import Mover
from mienkit.weights import build_model, read_weights

PHOTOS = {"720p": (720, 1280), "12 megapixels": (3000, 4000)}
"""Height and width."""
CROP_SHARE = 0.78
"""Side of the crop in heights of the photo: at 720p a face of about 400 px from chin to hairline."""
TELLING = 0.1
"""Spread of the last layer's random weights: as drawn for training they would change next to nothing."""
REST = 0.01
"""Seconds between two pieces of work, in which the threads of the one before stop waiting busily for more."""
SAMPLES = 32
"""Faces that 8 bits are fitted to, and as many others that errors are measured on."""


def bench_parts(
    *, rounds: int = 21, counts: Sequence[int] = (1, 2), photos: Mapping[str, tuple[int, int]] = PHOTOS
) -> Table:
    """Time every part of an edit, beside the official GANimation's generator.

    Args:
        rounds: of all parts in turn.
        counts: of threads.
        photos: name -> height and width.
    """
    label, model = build_duchenne()
    ways = {"fp32": (model, plain(model)), "as used": (quicken(model), quick(model.generator))}
    columns: dict[str, dict[str, float]] = {}
    for count in counts:
        with threads(count), torch.inference_mode():
            works = {f"{way}: {name}": work for way in ways for name, work in parts(*ways[way], photos).items()}
            times = milliseconds(works, rounds, pause=REST)
        for way in ways:
            columns[f"{way}, threads: {count}"] = {
                name.partition(": ")[2]: taken for name, taken in times.items() if name.startswith(f"{way}: ")
            }
    names, last = list(next(iter(columns.values()))), list(columns.values())[-1]
    return Table(
        title="duchenne, part by part",
        note=f"One face, {model.image_size} px, {label}. A photo's face is as large as its frame allows (400 px at "
        "720p); its edit is cropping, all of the above and the blend at full resolution, without finding the face. "
        f"Median ms of {rounds} rounds in turn. The official generator runs as its authors would in all columns.",
        columns=("what", *columns, "times faster than the first row"),
        rows=[(name, *(one[name] for one in columns.values()), last[OFFICIAL] / last[name]) for name in names],
    )


def bench_engines(*, rounds: int = 41, counts: Sequence[int] = (1, 2), full: bool = True) -> Table:
    """Time looking and changing in every program at hand, and compare their pictures with those of plain float32."""
    label, model = build_duchenne()
    images, changes = draw_changes(2 * SAMPLES if full else 4, model.image_size)
    half = len(images) // 2
    columns: list[dict[str, float]] = []
    errors: dict[str, tuple[float, float]] = {}
    for count in counts:
        with threads(count), torch.inference_mode():
            ways = engines(model.generator, images[:half], changes[:half], full=full)
            errors = errors or measure_errors(model.generator, ways, images[half:], changes[half:])
            columns.append(milliseconds(dict(halves(ways, images[-1:], changes[-1:])), rounds, pause=REST))
    absent = f" Not installed, and left out: {', '.join(missing())}." if missing() else ""
    heads = [head for count in counts for head in (f"threads: {count}, encode", "decode", "times faster")]
    return Table(
        title="duchenne in every program at hand",
        note=f"One face, {model.image_size} px, {label}; median ms of {rounds} rounds in turn. The error is that of "
        f"the edited crop against the first row, in levels of 255, on {half} drawn faces; 8 bits were fitted to {half} "
        f"others.{absent}",
        columns=("program", *heads, "largest error", "mean error"),
        rows=[(name, *(cell for one in columns for cell in cells(one, name)), *errors[name]) for name in errors],
    )


def cells(times: Mapping[str, float], name: str) -> tuple[float, float, float]:
    """Return the times of encoding and decoding, and how much faster both are than the reference."""
    encode, decode = times[f"{name}: encode"], times[f"{name}: decode"]
    whole = times[f"{REFERENCE}: encode"] + times[f"{REFERENCE}: decode"]
    return encode, decode, whole / (encode + decode)


def halves(ways: Sequence[Engine], image: Tensor, change: Tensor) -> Iterator[tuple[str, Work]]:
    """List encoding and decoding of every engine, ready to be repeated."""
    for one in ways:
        features = one.encode(image)
        yield f"{one.name}: encode", lambda one=one: one.encode(image)
        yield f"{one.name}: decode", lambda one=one, features=features: one.decode(features, change)


def measure_errors(
    mover: Mover, ways: Sequence[Engine], images: Tensor, changes: Tensor
) -> dict[str, tuple[float, float]]:
    """Return the largest and the mean error of every engine's edited crops, in levels of 255."""
    faces = list(zip(images.split(1), changes.split(1), strict=True))

    def edit(engine: Engine) -> Tensor:
        pictures = []
        for image, change in faces:
            maps = engine.decode(engine.encode(image), change)
            pictures.append(mover.apply_maps(image, change, *(one.float() for one in maps)).image)
        return torch.cat(pictures)

    truth = edit(ways[0])
    errors = {one.name: 127.5 * (edit(one) - truth).abs() for one in ways}
    return {name: (error.max().item(), error.mean().item()) for name, error in errors.items()}


def parts(editor: Editor, engine: Engine, photos: Mapping[str, tuple[int, int]]) -> dict[str, Work]:
    """List the parts of an edit, each ready to be repeated."""
    size = editor.image_size
    mover = build_duchenne()[1].generator
    official, faces = build_ganimation("official", size), draw_batch(1, size)
    image, source, target = faces[0], both_sides(faces[1]), both_sides(faces[2])
    change = faces[2] - faces[1]
    features = engine.encode(image)
    maps = engine.decode(features, change)
    works: dict[str, Work] = {
        OFFICIAL: lambda: official.edit(*faces),
        "encode": lambda: engine.encode(image),
        "decode": lambda: engine.decode(features, change),
        "maps to crop": lambda: mover.apply_maps(image, change, *maps),
        "edit of a crop": lambda: editor.edit(image, source, target),
    }
    for name, (height, width) in photos.items():
        pixels, place = place_face(height, width, size)
        edited = editor.edit(to_float(crop_face(pixels, place)), source, target)
        works[f"blend, {name}"] = lambda pixels=pixels, edited=edited, place=place: lay_over(pixels, edited, place)
        works[f"edit of a photo, {name}"] = lambda pixels=pixels, place=place: lay_over(
            pixels, editor.edit(to_float(crop_face(pixels, place)), source, target), place
        )
    return works


def place_face(height: int, width: int, size: int) -> tuple[Picture, Alignment]:
    """Draw a photo with one large face, (height, width, 3), and say where its crop of ``size`` pixels lies."""
    side = round(CROP_SHARE * height)
    face = cv2.resize(to_uint8(draw_batch(1, 512)[0])[0], (side, side), interpolation=cv2.INTER_CUBIC)
    top, left = (height - side) // 2, (width - side) // 2
    rest = (top, height - side - top, left, width - side - left)
    picture = np.asarray(cv2.copyMakeBorder(face, *rest, cv2.BORDER_REFLECT), np.uint8)
    scale = size / side
    return picture, Alignment(similarity(scale, 0.0, -scale * np.array([left, top], float)), size)


def draw_changes(count: int, size: int) -> tuple[Tensor, Tensor]:
    """Draw faces, (B, 3, S, S), and changes for them, (B, 17), of both sides alike."""
    images, source, target = draw_batch(count, size)
    return images, target - source


def plain(model: Duchenne) -> Engine:
    """Run a network as it is."""
    return Engine(name=REFERENCE, encode=model.generator.encode, decode=model.generator.decode)


def build_duchenne() -> tuple[str, Duchenne]:
    """Return a label and the shipped network, or one with random weights where there is none."""
    try:
        folder = released_folder("duchenne")
        shipped = build_model(read_weights(folder)) if folder else None
    except MienError:
        shipped = None
    if isinstance(shipped, Duchenne):
        return "shipped weights", shipped.eval().requires_grad_(False)
    torch.manual_seed(0)
    model = Duchenne(build_config(Duchenne.Config, Duchenne.presets["ours"])).eval().requires_grad_(False)
    nn.init.normal_(model.generator.heads.weight, 0, TELLING)
    return "random weights", model


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute with so many threads, in torch and OpenCV."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(count)
    cv2.setNumThreads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
