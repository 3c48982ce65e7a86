"""Learning-rate factors as pure functions of a stage's progress in [0, 1): nothing to save, nothing to step."""

import math
from collections.abc import Callable

from mienkit.core.config import require


def linear_decay(start: float = 0.5) -> Callable[[float], float]:
    """Hold the rate until ``start``, then lower it in a straight line to 0.

    Source: the schedule of CycleGAN, StarGAN and GANimation, which differ in ``start``.

    Raises:
        ConfigError: ``start`` is outside [0, 1).
    """
    require(0 <= start < 1, f"a rate can start to fall at [0, 1) of a stage, not at {start:g}")
    return lambda progress: min(1.0, (1 - progress) / (1 - start))


def falling_from(start: float) -> Callable[[float], float] | None:
    """Return ``linear_decay`` from ``start`` on; None, by which a rate stays as it is, where that is never: 1.

    Args:
        start: a recipe's setting ``decay_from``.

    Raises:
        ConfigError: ``start`` is outside [0, 1].
    """
    require(0 <= start <= 1, f"decay_from={start:g} must be in [0, 1]; 1 is never")
    return linear_decay(start) if start < 1 else None


def one_cycle(progress: float) -> float:
    """Warm up over the first 2 %, then fall along half a cosine to 1 %."""
    return min(1.0, 50 * progress + 0.02) * max(0.01, 0.5 * (1 + math.cos(math.pi * progress)))


def cosine_decay(warm_up: float = 0.0, floor: float = 0.0) -> Callable[[float], float]:
    """Raise the rate in a straight line over ``warm_up``, then lower it along half a cosine to ``floor``.

    Source: Loshchilov & Hutter 2017, eq. 5, without restarts.

    Raises:
        ConfigError: ``warm_up`` or ``floor`` is outside [0, 1).
    """
    require(0 <= warm_up < 1, f"warm-up takes [0, 1) of a stage, not {warm_up:g}")
    require(0 <= floor < 1, f"the floor of a rate's factor is in [0, 1), not {floor:g}")

    def factor(progress: float) -> float:
        if progress < warm_up:
            return progress / warm_up
        fallen = (progress - warm_up) / (1 - warm_up)
        return floor + (1 - floor) * (1 + math.cos(math.pi * fallen)) / 2

    return factor
