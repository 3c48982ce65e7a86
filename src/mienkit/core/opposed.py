"""Units that cannot stand beside one another: what gives way on a face when another unit rises."""

from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX, NUM_AUS

OPPOSED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AU2": ("AU4",),
        "AU4": ("AU2",),
        "AU5": ("AU6", "AU7", "AU45"),
        "AU6": ("AU5",),
        "AU7": ("AU5",),
        "AU10": ("AU15", "AU17", "AU23"),
        "AU12": ("AU15", "AU17"),
        "AU14": ("AU15",),
        "AU15": ("AU10", "AU12", "AU14", "AU25"),
        "AU17": ("AU10", "AU12", "AU25", "AU26"),
        "AU20": ("AU12", "AU14"),
        "AU23": ("AU10", "AU12", "AU20", "AU25", "AU26"),
        "AU25": ("AU17", "AU23"),
        "AU26": ("AU17", "AU23"),
        "AU45": ("AU5",),
    }
)
"""Action unit -> units that give way when it rises, unless they are asked for by name. AU1 and AU4 can stand beside one
another: that is sadness.

Source: ours, after the muscles that pull the same skin opposite ways (Ekman & Friesen 1978)."""


def give_way(aus: Tensor, raised: Tensor) -> Tensor:
    """Lower units beside others that rise; a unit that rises by 1 leaves nothing of what it cannot stand beside.

    Args:
        aus: (..., 17), what a face shows.
        raised: (..., 17), by how much each unit is about to rise; what falls counts as 0.
    """
    against = (OPPOSITION.to(aus) * raised.clamp(0, 1)[..., None]).amax(-2)
    return aus * (1 - against)


def _build_opposition() -> Tensor:
    opposition = torch.zeros(NUM_AUS, NUM_AUS)
    for name, others in OPPOSED.items():
        opposition[AU_INDEX[name], [AU_INDEX[other] for other in others]] = 1
    return opposition


OPPOSITION = _build_opposition()
"""(17, 17): 1 where the unit of the row makes that of the column give way."""
