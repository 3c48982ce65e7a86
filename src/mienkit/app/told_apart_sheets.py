"""What the search for edits leaves for the eye: where the detector looks, and a sheet to try oneself on."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from mienkit.core.image import Picture
from mienkit.data.faces import FaceArrays, Indices, Mask
from mienkit.evaluation.told_apart import SIDE, EditDetector
from mienkit.evaluation.told_apart_heat import attribute, overlay
from mienkit.evaluation.told_apart_scores import SLIGHT, leading_action, strengths
from mienkit.face.output import write_atomically
from mienkit.inference.sheet import Row, Sheet, Tile, draw_sheet, font

Floats = npt.NDArray[np.float32]

COUPLES = 40
ABREAST = 5
"""Couples in a line of the shuffled sheet."""
GAP, LINE = 16, 18
ACTIONS, EXAMPLES, AVERAGED = 10, 3, 60
"""Rows of the saliency sheet, couples shown in each, and at most so many behind its mean."""
STRONGEST = 99.5
"""Percentile of the heat that gets the full colour."""


def write_saliency(path: Path, detector: EditDetector, faces: FaceArrays, scores: Floats) -> None:
    """Draw where a detector looks, by action, the most frequent ones first: mean face, mean heat, surest couples.

    Args:
        path: of the new picture.
        detector: a trained one.
        faces: with pictures of 128 pixels.
        scores: (N,), NaN for rows that this detector must not be asked about.
    """
    edits = np.flatnonzero((faces.pair >= 0) & ~np.isnan(scores))
    action = leading_action(faces, edits)
    names, counts = np.unique(action, return_counts=True)
    frequent = names[np.argsort(-counts, kind="stable")][:ACTIONS]
    rows = [action_row(str(name), detector, faces, edits[action == name], scores) for name in frequent]
    sheet = Sheet(
        title="What gives edits away",
        subtitle="red: raises the detector's score above the photograph's; blue: lowers it; held-out people",
        rows=rows,
        tile=SIDE,
    )
    write_png(path, draw_sheet(sheet))


def action_row(name: str, detector: EditDetector, faces: FaceArrays, edits: Indices, scores: Floats) -> Row:
    """Lay one action out."""
    surest = edits[np.argsort(-scores[edits], kind="stable")]
    some = np.concatenate([surest[:EXAMPLES], np.random.default_rng(0).permutation(surest[EXAMPLES:])])[:AVERAGED]
    heat = attribute(detector, faces.images[faces.pair[some]], faces.images[some])
    mean = np.rint(faces.images[some].mean(0)).astype(np.uint8)
    tiles = [
        Tile(picture=mean, caption="mean edit"),
        Tile(
            picture=overlay(mean, heat.mean(0), float(np.percentile(np.abs(heat.mean(0)), STRONGEST))), caption="heat"
        ),
    ]
    for edit, one in zip(some[:EXAMPLES], heat, strict=False):
        full = float(np.percentile(np.abs(one), STRONGEST))
        tiles += [
            Tile(picture=faces.images[faces.pair[edit]], caption="photo", note=f"{scores[faces.pair[edit]]:+.1f}"),
            Tile(picture=faces.images[edit], caption="edit", note=f"{scores[edit]:+.1f}"),
            Tile(picture=overlay(faces.images[edit], one, full), caption="heat"),
        ]
    unit, direction = name.split()
    return Row(label=unit, tiles=tiles, detail=f"{direction}, {len(edits)} edits")


def write_shuffled(folder: Path, faces: FaceArrays, shown: Mask, seed: int) -> int:
    """Write a sheet of couples with slight changes, left and right in any order, and the key to it.

    Args:
        folder: gets ``shuffled.png`` and ``key.json``.
        faces: photographs and edits.
        shown: (N,), rows that may be shown.
        seed: of the choice and the order.

    Returns:
        How many couples there are.
    """
    rng = np.random.default_rng(seed)
    edits = np.flatnonzero(faces.pair >= 0)
    allowed = shown[edits] & (strengths(faces, edits) <= SLIGHT)
    chosen = one_a_photo(rng.permutation(edits[allowed]), faces.pair)[:COUPLES]
    right = rng.random(len(chosen)) < 0.5
    tiles = [
        np.hstack([faces.images[row] for row in ((photo, edit) if on_right else (edit, photo))])
        for edit, photo, on_right in zip(chosen, faces.pair[chosen], right, strict=True)
    ]
    write_png(folder / "shuffled.png", lay_out(tiles))
    key = {
        str(number + 1): {"edit": "right" if on_right else "left", "name": str(faces.name[edit]), "action": str(action)}
        for number, (edit, on_right, action) in enumerate(
            zip(chosen, right, leading_action(faces, chosen), strict=True)
        )
    }
    write_key(folder / "key.json", key)
    return len(chosen)


def one_a_photo(edits: Indices, pair: Indices) -> Indices:
    """Keep the first edit of every photograph."""
    _, first = np.unique(pair[edits], return_index=True)
    return edits[np.sort(first)]


def lay_out(tiles: Sequence[Picture]) -> Picture:
    """Put numbered couples on a white sheet."""
    lines = -(-len(tiles) // ABREAST)
    width, height = 2 * SIDE + GAP, SIDE + LINE + GAP
    canvas = Image.new("RGB", (ABREAST * width + GAP, max(lines, 1) * height + GAP), (255, 255, 255))
    draw = ImageDraw.Draw(canvas)
    for number, tile in enumerate(tiles):
        left, top = GAP + number % ABREAST * width, GAP + number // ABREAST * height
        draw.text((left, top), str(number + 1), fill=(22, 27, 34), font=font(14))
        canvas.paste(Image.fromarray(tile), (left, top + LINE))
    return np.asarray(canvas).copy()


def write_png(path: Path, picture: Picture) -> None:
    """Write a picture, whole or not at all."""
    write_atomically(path, lambda file: Image.fromarray(picture).save(file, "PNG"))


def write_key(path: Path, key: Mapping[str, Mapping[str, str]]) -> None:
    """Write which picture of each couple is the edit, whole or not at all."""
    text = json.dumps(key, indent=2, ensure_ascii=False)

    def fill(file: IO[bytes]) -> None:
        file.write(f"{text}\n".encode())

    write_atomically(path, fill)
