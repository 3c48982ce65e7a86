"""Columns of figures of whole sets, which are named after their network and count and so differ from run to run."""

from collections.abc import Sequence

from mienkit.app.benchmark.column import Column, Family
from mienkit.app.benchmark.line import Line
from mienkit.core.errors import UnknownNameError
from mienkit.metrics.catalogue import metric
from mienkit.metrics.frechet import FRECHET
from mienkit.metrics.inception_score import CLASS_SCORE
from mienkit.metrics.kernel_distance import KERNEL_DISTANCE
from mienkit.metrics.metric import Metric

WHAT = {
    FRECHET.name: "Between Gaussians fitted to features of both sets.",
    KERNEL_DISTANCE.name: "Of features of both sets, unbiased: what is not told apart is as often below 0 as above.",
    CLASS_SCORE.name: "How clear each picture is and how varied all are, by the probabilities of classes.",
}
"""Metrics of whole sets, and what they are in a sentence."""
DIGITS = {FRECHET.name: 1, KERNEL_DISTANCE.name: 2, CLASS_SCORE.name: 2}
NAMES = {FRECHET.name: "FID", KERNEL_DISTANCE.name: "KID", CLASS_SCORE.name: "Inception Score"}
"""What they are called of Inception."""


def set_columns(family: Family, lines: Sequence[Line]) -> list[Column]:
    """Make a column of every such figure that a line has, in the order of the catalogue."""
    names = dict.fromkeys(name for line in lines for name in line.figures)
    known = {column.name for column in family.columns}
    found = [(name, of) for name in names if name not in known and (of := set_metric(name)) is not None]
    places = list(WHAT)
    return [
        Column(
            name=name,
            title=title_of(name, of),
            what=f"{title_of(name, of)}: {WHAT[of.name]}",
            digits=4 if name.startswith("kid_") else DIGITS[of.name],
            of=of,
            ranks=family.task in of.ranks,
        )
        for name, of in sorted(found, key=lambda one: (places.index(one[1].name), one[0]))
    ]


def set_metric(name: str) -> Metric | None:
    """Look up whose figure a name is; None of one that is no figure of a whole set."""
    try:
        found = metric(name)
    except UnknownNameError:
        return None
    return found if found.name in WHAT and name not in (found.name, found.inception_name) else None


def title_of(name: str, of: Metric) -> str:
    """Write a name for people: ``frechet_squeezenet_v1_1_400`` is Fréchet distance, squeezenet_v1_1, 400."""
    ours = name.startswith(f"{of.name}_")
    network, _, count = name.removeprefix(of.name if ours else of.inception_name).strip("_").rpartition("_")
    return ", ".join(part for part in (of.title if ours else NAMES[of.name], network, count) if part)
