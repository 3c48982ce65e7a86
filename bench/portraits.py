"""Portraits for measuring: aligned crops of people, set into photographs as a camera takes them.

A whole photograph is what a detector and a decoder work on; the crops of the photo tables are all face. So each crop is
enlarged to the size of a face in a portrait, and what is at its edges goes on outside, out of focus.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from mienkit.assets.fetch import asset_folders
from mienkit.core.image import Picture
from mienkit.data.drawn import draw_faces, random_expressions

WIDTH, HEIGHT = 640, 853
JPEG_QUALITY = 92
PHOTOS = "photos-*.parquet"
"""Tables of aligned photographs, among the optional files or beside the repository."""
SIDE, TOP, SHIFT = (380, 620), (60, 200), 10
"""Side of the enlarged crop in pixels, where it begins below the upper edge, how far it strays from the middle."""
FEATHER, BLUR = 0.06, 1 / 12
"""Width of the seam around it, and standard deviation of the blur outside, in sides of the crop."""
COARSE = 8
"""What lies outside is blurred in a copy so many times smaller."""
GRAIN = 2.0
"""Noise of the camera, standard deviation in levels of 255."""
DRAWN, DRAWN_PX = 256, 256
"""People that are drawn at most, and side of their crops."""


def write_portraits(folder: Path, count: int, seed: int = 0) -> None:
    """Write JPEG portraits of 640 x 853 px; the same call writes the same files.

    They show the people of the photo tables, or drawn ones where there are no tables. Where more portraits are asked
    for than there are people, a person comes again mirrored, in another size and at another place.

    Args:
        folder: made if need be.
        count: how many.
        seed: of sizes and places.
    """
    folder.mkdir(parents=True, exist_ok=True)
    crops = list(islice(photo_crops(), count)) or drawn_crops(count, seed)
    for index in range(count):
        turn, person = divmod(index, len(crops))
        portrait = set_into_photo(decode(crops[person]), np.random.default_rng((seed, index)), mirrored=turn % 2 == 1)
        encoded = encode(portrait, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        (folder / f"portrait-{index:05d}.jpg").write_bytes(encoded)


def photo_tables() -> Sequence[Path]:
    """Find the tables of aligned photographs; there may be none."""
    places = [*asset_folders(), Path(__file__).resolve().parents[2] / "shared" / "data"]
    return next((found for place in places if (found := sorted(place.glob(PHOTOS)))), [])


def photo_crops() -> Iterator[bytes]:
    """Yield the encoded crops of the photo tables."""
    for table in photo_tables():
        for batch in pq.ParquetFile(table).iter_batches(columns=["image"]):
            yield from batch.column(0).to_pylist()


def drawn_crops(count: int, seed: int) -> Sequence[bytes]:
    """Draw people, and encode their crops."""
    people = np.arange(min(count, DRAWN))
    aus, _ = random_expressions(len(people), seed)
    images = draw_faces(people, aus, size=DRAWN_PX, seed=seed).images
    return [encode(image[..., ::-1], ".png") for image in images]


def set_into_photo(crop: Picture, random: np.random.Generator, *, mirrored: bool = False) -> Picture:
    """Enlarge a crop and go on outside of it.

    Args:
        crop: (S, S, 3) uint8.
        random: chooses size, place and grain.
        mirrored: left and right exchanged.

    Returns:
        A photograph, (853, 640, 3) uint8, its colours in the crop's order.
    """
    side = random.uniform(*SIDE)
    left, top = (WIDTH - side) / 2 + random.uniform(-SHIFT, SHIFT), random.uniform(*TOP)
    source = np.ascontiguousarray(crop[:, ::-1]) if mirrored else crop
    place = np.array([[side / len(crop), 0, left], [0, side / len(crop), top]])
    whole = cv2.warpAffine(source, place, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    sharp = inside(left, top, side)
    mixed = cv2.blendLinear(whole, around(np.asarray(whole, np.uint8), side), sharp, 1 - sharp)
    grain = np.rint(random.standard_normal((HEIGHT, WIDTH), dtype=np.float32) * GRAIN).astype(np.int16)
    return np.asarray(cv2.add(mixed, cv2.merge([grain] * 3), dtype=cv2.CV_8U), np.uint8)


def around(whole: Picture, side: float) -> Picture:
    """Put a photograph, (853, 640, 3), out of focus."""
    coarse = cv2.resize(whole, (WIDTH // COARSE, HEIGHT // COARSE), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(coarse, (0, 0), BLUR * side / COARSE)
    return np.asarray(cv2.resize(blurred, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def inside(left: float, top: float, side: float) -> npt.NDArray[np.float32]:
    """Return how much of each pixel is the crop's, (853, 640) in [0, 1]: 1 within, falling to 0 at its edges."""
    columns = np.minimum(np.arange(WIDTH) - left, left + side - 1 - np.arange(WIDTH))
    rows = np.minimum(np.arange(HEIGHT) - top, top + side - 1 - np.arange(HEIGHT))
    depth = np.minimum(rows[:, None].astype(np.float32), columns.astype(np.float32)) / np.float32(FEATHER * side)
    return np.clip(depth, 0, 1)


def decode(encoded: bytes) -> Picture:
    """Decode a crop, (S, S, 3), its colours in OpenCV's order."""
    return np.asarray(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def encode(picture: Picture, ending: str, options: Sequence[int] = ()) -> bytes:
    """Encode a picture, (H, W, 3), its colours in OpenCV's order."""
    done, encoded = cv2.imencode(ending, picture, list(options))
    assert done
    return encoded.tobytes()
