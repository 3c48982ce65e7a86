"""Which faces train and which judge: decided by the subject, so that no person is on both sides."""

import hashlib
from collections.abc import Iterable, Mapping

from mienkit.core.errors import ConfigError
from mienkit.data.row import SPLITS

FRACTIONS: Mapping[str, float] = {"train": 0.8, "val": 0.1, "test": 0.1}


def subject_split(subject: str, seed: int = 0, fractions: Mapping[str, float] = FRACTIONS) -> str:
    """Name a subject's split: the same for ever, whatever else is in the table.

    Raises:
        ConfigError: the fractions do not sum to 1, or name another split than train, val and test.
    """
    check_fractions(fractions)
    digest = hashlib.sha256(f"{seed}:{subject}".encode()).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
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
