"""Does ``mien augment`` help a classifier? Measured on exact faces of other people, written into its guide.

python -m bench.augment --photos photos.table --posed posed.table [--folder FOLDER] [--judge judge]
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bench.table import Table, fill_in, write_table
from mienkit.app.augment import AugmentRequest, augment_table, load_tools
from mienkit.app.reexpress import ReexpressRequest, reexpress_table
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import Picture
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import load_faces
from mienkit.data.subset import People, take_people
from mienkit.data.table import MANIFEST, open_table
from mienkit.evaluation.interval import DRAWS, Estimate, middle_95
from mienkit.weights.atomic import write_text

DOCUMENT = Path(__file__).parent.parent / "docs" / "guides" / "augment.md"
FOLDER = Path("out/augment")
RARE = ("contempt", "disgust", "fear", "sadness")
FEW = (5, 20, 50)
"""Exact faces of each rare emotion that a training set has."""
COMMON = 100
"""Exact faces of each other emotion, and faces of a rare one after it was balanced."""
POOL = 345
"""``--to``: about so many faces of a rare emotion are in the table from which the training sets are drawn, and 100 new
ones."""
EDITORS = ("duchenne", "ganimation")
SEEDS = 5
REGION = (slice(20, 116), slice(16, 112))
"""Rows and columns of a face of 128 pixels that are looked at: brows to chin."""
CELL, DIRECTIONS = 8, 9
"""Pixels of a cell along a side; directions of gradients that are told apart."""
COMPONENTS = 1024
"""Principal components of the features that the classifier sees."""
DECAY = 0.0003
"""Weight of the squared coefficients; chosen on half of the training people, for the other half."""

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Score = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Counts, (..., 8, 8) -> a figure, (...)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Faces:
    """Pictures as the classifier sees them."""

    features: Floats
    """(N, 2, 1024): of the picture and of its mirror image; of length 1 in the root mean square."""
    emotion: Rows
    """(N,), index into EMOTIONS."""
    subject: Rows
    """(N,)"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """What training sets are drawn from, and what judges them."""

    exact: Faces
    test: Faces
    made: Mapping[str, Faces]
    """Editor -> rows that it made of the photographs of the same people."""


@dataclass(kw_only=True)
class Arm:
    """One way to make a training set."""

    title: str
    confusion: list[npt.NDArray[np.float64]] = field(default_factory=list)
    """One (P, 8, 8) a seed: person, true emotion, told emotion."""
    added: list[int] = field(default_factory=list)
    """Rows that were added, a seed each."""


def main() -> None:
    """Make the tables, train and test, and write the guide's part."""
    parser = argparse.ArgumentParser(prog="python -m bench.augment", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="a table of photographs, split by person")
    parser.add_argument("--posed", type=Path, required=True, help="photographs with `mien reexpress --posed` edits")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of tables; what it holds is not made again")
    parser.add_argument("--judge", default="judge", help="who judges the new rows")
    parser.add_argument("--out", type=Path, default=DOCUMENT)
    arguments = parser.parse_args()
    make_tables(arguments.photos, arguments.posed, arguments.folder, arguments.judge)
    material = load_material(arguments.folder)
    text = "\n".join(write_table(table) for table in tables(material))
    sys.stdout.write(text)
    write_text(arguments.out, fill_in(arguments.out.read_text(encoding="utf-8"), text))


def make_tables(photos: Path, posed: Path, folder: Path, judge: str) -> None:
    """Take half of the training people, re-express the held-out people whom no judge saw, and let editors add rows."""
    train, held_out, test = folder / "train.table", folder / "test-photos.table", folder / "test.table"
    if not (train / MANIFEST).exists():
        take_people(posed, train, People(split="train", fold=0, folds=2))
    if not (test / MANIFEST).exists():
        if not (held_out / MANIFEST).exists():
            take_people(photos, held_out, People(split="val", fold=1, folds=2))  # fold 0 trained the judge
        reexpress_table(held_out, test, ReexpressRequest(posed=True, size=128, workers=1))
    request = AugmentRequest(only=RARE, to=str(POOL), most_per_person=1)
    for editor in EDITORS:
        out = folder / f"{editor}.table"
        if not (out / MANIFEST).exists():
            augment_table(train, out, request, load_tools(editor, judge=judge))


def load_material(folder: Path) -> Material:
    """Load the tables, look at their pictures, and keep principal components of the training faces."""
    exact = look(folder / "train.table", "train", "re-expressed", folder)
    test = look(folder / "test.table", "val", "re-expressed", folder)
    made = {editor: look(folder / f"{editor}.table", "train", "synthesised", folder) for editor in EDITORS}
    scale = Scale.of(exact.features[:, 0])
    return Material(exact=scale(exact), test=scale(test), made={name: scale(faces) for name, faces in made.items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """From raw features to those that the classifier sees; it needs no labels."""

    mean: Floats
    spread: Floats
    axes: Floats
    """(D, 1024)."""

    @classmethod
    def of(cls, features: Floats) -> Self:
        """Find mean, spread and principal axes of features, (N, D)."""
        mean, spread = features.mean(0), np.maximum(features.std(0), 1e-3)
        whole = (features - mean) / spread
        values, vectors = np.linalg.eigh(whole @ whole.T)
        axes = whole.T @ (vectors[:, -COMPONENTS:] / np.sqrt(np.maximum(values[-COMPONENTS:], 1e-9)))
        length = np.sqrt(np.square(whole @ axes).sum(1).mean())
        return cls(mean=mean, spread=spread, axes=(axes / length).astype(np.float32))

    def __call__(self, faces: Faces) -> Faces:
        """Bring faces with raw features, (N, 2, D), onto the axes."""
        features = np.asarray((faces.features - self.mean) / self.spread @ self.axes, np.float32)
        return replace(faces, features=features)


def look(table: Path, split: str, kind: str, folder: Path) -> Faces:
    """Take the rows of a kind whose emotion is known, and their raw features, (N, 2, 4356), which are kept."""
    faces = load_faces(table, 128, split)
    faces = faces.take(np.flatnonzero(faces.of_kind(kind) & (faces.emotion >= 0)))
    kept = folder / f"{open_table(table).fingerprint}-{kind}.npy"
    if not kept.exists():
        np.save(kept, features_of(faces))
    return Faces(features=np.load(kept), emotion=faces.emotion, subject=faces.subject)


def features_of(faces: FaceArrays) -> Floats:
    """Describe each face and its mirror image by its gradients, (N, 2, 4356).

    Source: Dalal & Triggs 2005 (HOG): cells of 8 x 8 pixels, 9 directions, blocks of 2 x 2 cells of length 1.
    Differs: a pixel counts for two directions and one cell.
    """
    return np.asarray([[gradients(image), gradients(image[:, ::-1])] for image in faces.images], np.float32)


def gradients(image: Picture) -> Floats:
    """Describe a face, (128, 128, 3): (4356,)."""
    grey = cv2.cvtColor(np.ascontiguousarray(image[REGION]), cv2.COLOR_RGB2GRAY).astype(np.float32)
    down, across = np.gradient(grey)
    turn = np.arctan2(down, across) % np.pi * (DIRECTIONS / np.pi)
    low, share = np.floor(turn).astype(np.int64), turn % 1
    strength = np.hypot(down, across)
    side = len(grey) // CELL
    rows = np.arange(len(grey)) // CELL
    place = (rows[:, None] * side + rows[None]) * DIRECTIONS
    cells = np.zeros(side * side * DIRECTIONS)
    for direction, weight in ((low, 1 - share), (low + 1, share)):
        cells += np.bincount((place + direction % DIRECTIONS).ravel(), (strength * weight).ravel(), len(cells))
    grid = cells.reshape(side, side, DIRECTIONS)
    blocks = np.concatenate([grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]], -1)
    return np.asarray(blocks / (np.linalg.norm(blocks, axis=-1, keepdims=True) + 1), np.float32).reshape(-1)


def tables(material: Material) -> Iterator[Table]:
    """Train and test with every number of rare faces."""
    for few in FEW:
        arms = run(material, few)
        reference = arms[1]
        yield Table(
            title=f"{few} exact faces of each rare emotion, {COMMON} of each other one",
            note=f"Means over {SEEDS} training sets, and 95 % intervals over the {people(material.test)} people of the "
            "test set; the last column compares with balanced weights, person by person.",
            columns=("training set", "faces added", "macro-F1", "balanced accuracy", "recall of rare emotions",
                     "recall of the others", "macro-F1 above balanced weights"),
            rows=[row_of(arm, reference) for arm in arms],
        )  # fmt: skip


def run(material: Material, few: int) -> list[Arm]:
    """Train a classifier of each kind with each seed."""
    arms = {title: Arm(title=title) for title in titles()}
    for seed in range(SEEDS):
        chance = np.random.default_rng(seed)
        base, rest = draw_base(material.exact, few, chance)
        for title, sets, mirrored, balanced in ways(material, base, rest, few, chance):
            arm = arms[title]
            arm.added.append(sum(len(part.emotion) for part in sets[1:]))
            arm.confusion.append(count_answers(fit(sets, mirrored, balanced), material.test))
    return list(arms.values())


def titles() -> list[str]:
    """Name the arms, in the order of the table."""
    return [
        "as it is",
        "balanced weights, mirrored pictures",
        *(f"`mien augment --model {editor}`" for editor in EDITORS),
        "the same faces by `duchenne`, their labels shuffled",
        "exact faces of these emotions (upper bound)",
    ]


def ways(
    material: Material, base: Faces, rest: Faces, few: int, chance: np.random.Generator
) -> Iterator[tuple[str, list[Faces], bool, bool]]:
    """List the arms: title, parts of the training set, whether pictures are mirrored, whether classes weigh alike."""
    names = titles()
    yield names[0], [base], False, False
    yield names[1], [base], True, True
    added = {editor: draw(made, COMMON - few, chance) for editor, made in material.made.items()}
    for title, editor in zip(names[2:], EDITORS, strict=False):
        yield title, [base, added[editor]], True, True
    shuffled = added["duchenne"]
    yield (
        names[-2],
        [
            base,
            Faces(features=shuffled.features, emotion=chance.permutation(shuffled.emotion), subject=shuffled.subject),
        ],
        True,
        True,
    )
    yield names[-1], [base, draw(rest, COMMON - few, chance)], True, True


def draw_base(faces: Faces, few: int, chance: np.random.Generator) -> tuple[Faces, Faces]:
    """Draw a training set with few faces of the rare emotions; also returns the exact faces of these that are left."""
    taken, left = [], []
    for number, name in enumerate(EMOTIONS):
        rows = chance.permutation(np.flatnonzero(faces.emotion == number))
        count = few if name in RARE else COMMON
        taken.append(rows[:count])
        left.append(rows[count:] if name in RARE else rows[:0])
    return pick(faces, np.concatenate(taken)), pick(faces, np.concatenate(left))


def draw(faces: Faces, count: int, chance: np.random.Generator) -> Faces:
    """Draw up to so many faces of each rare emotion."""
    found = [np.flatnonzero(faces.emotion == EMOTIONS.index(name)) for name in RARE]
    return pick(faces, np.concatenate([chance.permutation(rows)[:count] for rows in found]))


def pick(faces: Faces, rows: Rows) -> Faces:
    """Take some rows."""
    return Faces(features=faces.features[rows], emotion=faces.emotion[rows], subject=faces.subject[rows])


def fit(sets: Sequence[Faces], mirrored: bool, balanced: bool) -> torch.nn.Linear:
    """Train a logistic regression on some faces: its loss is convex, so that nothing depends on a start."""
    views = 2 if mirrored else 1
    inputs = torch.from_numpy(np.concatenate([part.features[:, view] for part in sets for view in range(views)]))
    truth = torch.from_numpy(np.concatenate([part.emotion for part in sets for _ in range(views)]))
    counts = torch.bincount(truth, minlength=len(EMOTIONS)).float()
    weight = len(truth) / (len(EMOTIONS) * counts) if balanced else None
    layer = torch.nn.Linear(inputs.shape[1], len(EMOTIONS))
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(layer(inputs), truth, weight)
        loss = loss + DECAY * layer.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return layer.requires_grad_(False)


def count_answers(layer: torch.nn.Linear, faces: Faces) -> npt.NDArray[np.float64]:
    """Count what was told of whom: (P, 8, 8), person, true emotion, told emotion."""
    told = layer(torch.from_numpy(faces.features[:, 0])).argmax(1).numpy()
    persons, person = np.unique(faces.subject, return_inverse=True)
    counts = np.zeros((len(persons), len(EMOTIONS), len(EMOTIONS)))
    np.add.at(counts, (person, faces.emotion, told), 1.0)
    return counts


def people(faces: Faces) -> int:
    """Count people."""
    return len(np.unique(faces.subject))


def row_of(arm: Arm, reference: Arm) -> list[object]:
    """Write an arm as a row of the table."""
    cells = [
        str(estimate(np.stack(arm.confusion), score)) for score in (f1, balanced_accuracy, rare_recall, other_recall)
    ]
    above = "" if arm is reference else str(gain(np.stack(arm.confusion), np.stack(reference.confusion)))
    return [arm.title, f"{np.mean(arm.added):.0f}", *cells, above]


def estimate(confusion: npt.NDArray[np.float64], score: Score) -> Estimate:
    """Estimate a score of counts, (seeds, P, 8, 8), and draw people with replacement for its interval."""
    drawn = resampled(confusion)
    low, high = middle_95(score(drawn).mean(0), confusion.shape[1])
    return Estimate(float(score(confusion.sum(1)).mean()), low, high, confusion.shape[1])


def gain(confusion: npt.NDArray[np.float64], reference: npt.NDArray[np.float64]) -> Estimate:
    """Estimate by how much one macro-F1 is above another, drawing the same people for both."""
    drawn = (f1(resampled(confusion)) - f1(resampled(reference))).mean(0)
    low, high = middle_95(drawn, confusion.shape[1])
    value = (f1(confusion.sum(1)) - f1(reference.sum(1))).mean()
    return Estimate(float(value), low, high, confusion.shape[1])


def resampled(confusion: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Draw people with replacement, always the same ones: (seeds, draws, 8, 8)."""
    count = confusion.shape[1]
    picks = np.random.default_rng(0).integers(count, size=(DRAWS, count))
    times = np.stack([np.bincount(pick, minlength=count) for pick in picks]).astype(np.float64)
    return np.einsum("dp,spij->sdij", times, confusion, optimize=True)


def recall(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the recall of each emotion, (..., 8), of counts, (..., 8, 8)."""
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    return np.asarray(right / np.maximum(counts.sum(-1), 1))


def balanced_accuracy(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean recall of all emotions, (...)."""
    return np.asarray(recall(counts).mean(-1))


def rare_recall(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean recall of the rare emotions, (...)."""
    return np.asarray(recall(counts)[..., [EMOTIONS.index(name) for name in RARE]].mean(-1))


def other_recall(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean recall of the other emotions, (...)."""
    return np.asarray(recall(counts)[..., [n for n, name in enumerate(EMOTIONS) if name not in RARE]].mean(-1))


def f1(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean F1 over emotions, (...), of counts, (..., 8, 8)."""
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    return np.asarray((2 * right / np.maximum(counts.sum(-1) + counts.sum(-2), 1)).mean(-1))


if __name__ == "__main__":
    main()
