"""Which expression a face without a pair is asked for."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from mienkit.core.naming import unknown_name
from mienkit.data.chance import Chance

TARGET_NOISE = 0.1
"""Half width of the noise on official targets."""

Targets: TypeAlias = Literal["official", "natural"]
TargetRule: TypeAlias = Callable[[Chance, Tensor], Tensor]
"""From the samples' chance and the expressions of the training set, (N, K), to targets, (B, K)."""


def official_targets(chance: Chance, expressions: Tensor) -> Tensor:
    """Take the expression of any face of the training set, plus noise in [-0.1, 0.1] that may leave [0, 1].

    Source: official GANimation, ``data/dataset_aus.py``; Pumarola et al. 2018.
    """
    chosen = expressions[torch.from_numpy(chance.choose("row", len(expressions)))]
    return chosen + TARGET_NOISE * (2 * chance.uniform("noise", expressions.shape[1]) - 1)


def natural_targets(chance: Chance, expressions: Tensor) -> Tensor:
    """Mix the expressions of any two faces of the training set; never outside of [0, 1], and close to what faces do."""
    first = expressions[torch.from_numpy(chance.choose("row", len(expressions)))]
    second = expressions[torch.from_numpy(chance.choose("other row", len(expressions)))]
    return torch.lerp(first, second, chance.uniform("mixture", 1))


TARGETS: Mapping[str, TargetRule] = {"official": official_targets, "natural": natural_targets}


def target_rule(name: str) -> TargetRule:
    """Return a rule of TARGETS.

    Raises:
        UnknownNameError: there is none of that name.
    """
    if name not in TARGETS:
        raise unknown_name("kind of targets", name, TARGETS)
    return TARGETS[name]
