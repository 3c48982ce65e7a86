"""Does a judge read the units that should be there? Error, correlation and agreement of action units.

MAE is in intensity, [0, 1], and lower is better. PCC does not see a wrong scale or offset; ICC(3,1), the agreement of
two fixed raters, does see a wrong scale, but no offset; higher is better for both. Units that are unknown, (NaN), are
left out entry by entry; a figure that cannot be told is NaN, never 0.

Source: Shrout & Fleiss 1979, ICC(3,1), in use for units since FERA 2015 (Valstar et al.). Judge: the caller's.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.metrics.metric import Metric

Floats = npt.NDArray[np.float64]
FLAT = 1e-12
"""Variance below which nothing varies."""

AU_MAE = Metric(
    name="au_mae",
    title="AU error",
    better="lower",
    unit="intensity, 0 to 1",
    named_after=("judge",),
    source="Valstar et al. 2015 (FERA)",
    trap="Most units are 0 most of the time: whoever shows nothing has a small error. Read beside `copy`.",
    ranks=("edit", "transfer", "paint", "measure"),
)
AU_PCC = Metric(
    name="au_pcc",
    title="AU correlation",
    better="higher",
    unit="-1 to 1",
    named_after=("judge",),
    source="Pearson 1895",
    trap="Blind to a wrong scale and offset: a tenth of every change correlates perfectly.",
    ranks=("edit", "transfer", "paint", "measure"),
)
AU_ICC = Metric(
    name="au_icc",
    title="AU agreement, ICC(3,1)",
    better="higher",
    unit="at most 1",
    named_after=("judge",),
    source="Shrout & Fleiss 1979",
    trap="Blind to a constant offset; near 0 where a unit hardly varies in the table, however small the error.",
    ranks=("edit", "transfer", "paint", "measure"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Agreement:
    """How well each unit is met, (17,) each; NaN where nobody can tell."""

    mae: Floats
    pcc: Floats
    icc: Floats
    count: npt.NDArray[np.int64]
    """Faces of which both sides know the unit."""

    def by_unit(self) -> dict[str, dict[str, float]]:
        """Name everything: ``AU12`` -> figure -> value."""
        rows = zip(ACTION_UNITS, self.mae, self.pcc, self.icc, strict=True)
        return {unit: {"mae": float(mae), "pcc": float(pcc), "icc": float(icc)} for unit, mae, pcc, icc in rows}

    @property
    def means(self) -> tuple[float, float, float]:
        """MAE, PCC and ICC(3,1), each the mean over the units of which it is known; NaN if of none."""
        return known_mean(self.mae), known_mean(self.pcc), known_mean(self.icc)


def au_agreement(shown: npt.ArrayLike, exact: npt.ArrayLike) -> Agreement:
    """Compare units that a judge reads with those that should be shown, (N, 17) each in [0, 1], NaN for unknown.

    Raises:
        ValueError: the shapes differ or are not (N, 17).
    """
    a, b = np.asarray(shown, np.float64), np.asarray(exact, np.float64)
    if a.shape != b.shape or a.ndim != 2 or a.shape[1] != len(ACTION_UNITS):
        raise ValueError(f"units should have the shape (N, {len(ACTION_UNITS)}) twice, not {a.shape} and {b.shape}")
    pairs = [np.stack([one, other], 1)[~(np.isnan(one) | np.isnan(other))] for one, other in zip(a.T, b.T, strict=True)]
    return Agreement(
        mae=np.asarray([float(np.abs(pair[:, 0] - pair[:, 1]).mean()) if len(pair) else np.nan for pair in pairs]),
        pcc=np.asarray([pearson(pair[:, 0], pair[:, 1]) for pair in pairs]),
        icc=np.asarray([icc31(pair) for pair in pairs]),
        count=np.asarray([len(pair) for pair in pairs], np.int64),
    )


def pearson(first: Floats, second: Floats) -> float:
    """Return the correlation of two rows of numbers, (N,); NaN where one does not vary."""
    if len(first) < 2 or min(first.var(), second.var()) < FLAT:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1].clip(-1, 1))


def icc31(ratings: npt.ArrayLike) -> float:
    """Return ICC(3,1) of ratings, (N targets, K raters): (BMS - EMS) / (BMS + (K - 1) EMS); NaN where nothing varies.

    BMS is the mean square between targets, EMS the residual one when the raters' means are taken out.
    """
    table = np.asarray(ratings, np.float64)
    targets, raters = table.shape
    if targets < 2 or raters < 2 or table.var() < FLAT:
        return float("nan")
    rows, columns, mean = table.mean(1, keepdims=True), table.mean(0, keepdims=True), table.mean()
    between = raters * np.square(rows - mean).sum() / (targets - 1)
    residual = np.square(table - rows - columns + mean).sum() / ((targets - 1) * (raters - 1))
    spread = between + (raters - 1) * residual
    return float((between - residual) / spread) if spread > FLAT else float("nan")


def known_mean(values: Floats) -> float:
    """Average what is known; NaN if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
