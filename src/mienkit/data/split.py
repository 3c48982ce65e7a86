"""Which faces train and which judge: decided by the subject, so that no person is on both sides."""

import hashlib
from collections.abc import Iterable, Mapping

from mienkit.core.errors import ConfigError
from mienkit.data.row import SPLITS

HASH_BITS = 64
FRACTIONS: Mapping[str, float] = {"train": 0.8, "val": 0.1, "test": 0.1}


def subject_split(subject: str, seed: int = 0, fractions: Mapping[str, float] = FRACTIONS) -> str:
    """Name a subject's split: the same for ever, whatever else is in the table.

    Raises:
        ConfigError: the fractions do not sum to 1, or name another split than train, val and test.
    """
    check_fractions(fractions)
    position = hashed(subject, seed) / 2**HASH_BITS
    for split in SPLITS:
        position -= fractions.get(split, 0.0)
        if position < 0:
            return split
    return max(fractions, key=lambda split: fractions[split])  # rounding of the last fraction


def subject_splits(
    subjects: Iterable[str], seed: int = 0, fractions: Mapping[str, float] = FRACTIONS
) -> dict[str, str]:
    """Name the split of every subject."""
    return {subject: subject_split(subject, seed, fractions) for subject in subjects}


def subject_fold(subject: str, folds: int = 10, seed: int = 0) -> int:
    """Number a subject's fold of a cross-validation, from 0: the same for ever, whoever else there is.

    Folds are of equal size only on average; ``subject_folds`` balances them where all subjects are known.

    Raises:
        ConfigError: there are fewer than two folds.
    """
    check_folds(folds)
    return hashed(subject, seed) * folds >> HASH_BITS


def subject_folds(subjects: Iterable[str], folds: int = 10, seed: int | None = 0) -> dict[str, int]:
    """Number the fold of every subject, from 0; sizes differ by at most one.

    Args:
        subjects: all that there are; those that are named twice count once.
        folds: how many parts.
        seed: of the order in which subjects are dealt out in turn; None deals them out sorted by name, as is usual
            with CK+ and Oulu-CASIA.

    Raises:
        ConfigError: there are fewer than two folds, or fewer subjects than folds.
    """
    check_folds(folds)
    ordered = sorted(set(subjects), key=lambda one: (0 if seed is None else hashed(one, seed), one))
    if len(ordered) < folds:
        raise ConfigError(f"{len(ordered)} subjects cannot fill {folds} folds; ask for {len(ordered)} at most")
    return {subject: place % folds for place, subject in enumerate(ordered)}


def check_folds(folds: int) -> None:
    """Hold the number of folds to at least two.

    Raises:
        ConfigError: there are fewer.
    """
    if folds < 2:
        raise ConfigError(f"a cross-validation has at least 2 folds, not {folds}")


def hashed(subject: str, seed: int) -> int:
    """Turn a name into a number of 64 bits, the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{subject}".encode()).digest()[: HASH_BITS // 8], "big")


def check_fractions(fractions: Mapping[str, float]) -> None:
    """Hold the shares of the splits to a sum of 1.

    Raises:
        ConfigError: they are not shares of train, val and test.
    """
    strange = [name for name in fractions if name not in SPLITS]
    if strange:
        raise ConfigError(f"no split is called '{strange[0]}'; choose among {', '.join(SPLITS)}")
    if min(fractions.values(), default=-1) < 0 or abs(sum(fractions.values()) - 1) > 1e-6:
        raise ConfigError(f"the shares of the splits must be at least 0 and sum to 1, not {dict(fractions)}")
