"""Layers of a trained network replaced by ones that compute the same faster on a CPU."""

from copy import deepcopy
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def quicken_layers(network: Network, dtype: torch.dtype) -> Network:
    """Return a copy whose convolutions and linear layers compute in ``dtype``, and whose layers keep channels last.

    Norms keep their weights in float32 and take either type.
    """
    copy = deepcopy(network)
    for module in copy.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        elif isinstance(module, nn.Linear):
            module.to(dtype)
        for name, child in module.named_children():
            if type(child) is nn.InstanceNorm2d and not child.track_running_stats:
                setattr(module, name, group_norm(child))
    return copy


def group_norm(norm: nn.InstanceNorm2d) -> nn.GroupNorm:
    """Turn an instance norm into a group norm of one channel a group: torch's instance norm undoes channels last."""
    groups = nn.GroupNorm(norm.num_features, norm.num_features, norm.eps, norm.affine)
    if norm.affine:
        groups.weight, groups.bias = norm.weight, norm.bias
    return groups
