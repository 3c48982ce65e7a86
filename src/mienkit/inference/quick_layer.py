"""Layers of a trained network replaced by ones that compute the same faster on a CPU."""

from copy import deepcopy
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mienkit.nn.modulation import ModulatedLayer

Network = TypeVar("Network", bound=nn.Module)

SMALL = 1024
"""Pixels under which torch's group norm is slow where every channel is a group, and in bf16 where few are one."""
FEW = 16
"""Channels."""
LITTLE = 1 << 16
"""Weights of a linear layer up to which bf16 takes longer than float32."""


def quicken_layers(network: Network, dtype: torch.dtype) -> Network:
    """Return a copy whose convolutions and large linear layers compute in ``dtype``; its features lie channels last.

    Norms and small linear layers keep their weights in float32 and take either type.
    """
    copy = deepcopy(network)
    for module in list(copy.modules()):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        elif isinstance(module, nn.Linear) and module.weight.numel() > LITTLE:
            module.to(dtype)
        for name, child in module.named_children():
            quick = quicken_layer(child)
            if quick is not None:
                setattr(module, name, quick)
    return copy


def quicken_layer(layer: nn.Module) -> nn.Module | None:
    """Return what computes the same as a layer, with its weights; None where there is nothing faster."""
    if type(layer) is nn.InstanceNorm2d and not layer.track_running_stats:
        return QuickNorm(layer)
    if type(layer) is nn.Linear and layer.weight.numel() <= LITTLE:
        return QuickLinear(layer)
    if type(layer) is nn.GroupNorm:
        return QuickGroupNorm(layer)
    return QuickModulation(layer) if type(layer) is ModulatedLayer else None


class QuickNorm(nn.Module):
    """An instance norm that leaves channels last in memory, which torch's own undoes."""

    def __init__(self, norm: nn.InstanceNorm2d) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, features: Tensor) -> Tensor:
        """Normalise every channel of every sample, (B, C, H, W), over its pixels."""
        batch, channels, height, width = features.shape
        if height * width >= SMALL:
            return F.group_norm(features, channels, self.weight, self.bias, self.eps)
        samples = [self._one(sample) for sample in features.split(1)]  # for one sample, batch norm is the same
        return samples[0] if batch == 1 else torch.cat(samples)

    def _one(self, sample: Tensor) -> Tensor:
        return F.batch_norm(sample, None, None, self.weight, self.bias, training=True, eps=self.eps)


class QuickLinear(nn.Module):
    """A linear layer that stays in float32 in the middle of bf16."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, features: Tensor) -> Tensor:
        """Map features, (B, K)."""
        with torch.autocast(features.device.type, enabled=False):
            return F.linear(features.to(self.weight.dtype), self.weight, self.bias)


class QuickGroupNorm(nn.Module):
    """A group norm that in bf16 avoids torch's slow way for few channels of few pixels."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.weight, self.bias, self.eps, self.groups = norm.weight, norm.bias, norm.eps, norm.num_groups

    def forward(self, features: Tensor) -> Tensor:
        """Normalise groups of channels, (B, C, H, W)."""
        return normalise(features, self.groups, self.weight, self.bias, self.eps)


def normalise(features: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """Normalise groups of channels, (B, C, H, W), and keep their type."""
    _, channels, height, width = features.shape
    slow = features.dtype == torch.bfloat16 and height * width < SMALL and channels < FEW * groups
    result = F.group_norm(features.float() if slow else features, groups, weight, bias, eps)
    return result.to(features.dtype)


class QuickModulation(nn.Module):
    """A modulated layer; of one sample, scales and shifts are the norm's own and cost nothing."""

    def __init__(self, plain: ModulatedLayer) -> None:
        super().__init__()
        norm = plain.norm
        assert isinstance(norm, nn.GroupNorm)
        self.plain = plain
        self.weight, self.bias, self.eps, self.groups = norm.weight, norm.bias, norm.eps, norm.num_groups

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        """Modulate features, (B, C, H, W), by scales and shifts, (B, 2 O), or those of two halves, (B, 2, 2 O)."""
        if len(features) != 1 or len(style) != 1 or style.dim() > 2:
            return self.plain(features, style.to(features.dtype))  # float32 styles would make all float32
        scale, shift = style[0].float().chunk(2)
        weight, bias = self.weight * (1 + scale), self.bias * (1 + scale) + shift
        convolved = self.plain.convolve(features)
        return self.plain.activate(normalise(convolved, self.groups, weight, bias, self.eps))
