"""Every way at hand to run the network of duchenne, which is two: one looks at a face, the other changes it."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from bench.runtime import Arrays, Network, arrays, runtimes
from mienkit.inference.quick_layer import quicken_layers
from mienkit.inference.speed import fastest_dtype
from mienkit.systems.duchenne.network import Features, Mover

REFERENCE = "fp32 eager"
USED = "as `mien edit` runs it"

Maps = tuple[Tensor, Tensor, Tensor]
"""Flow, colour and what is new, as ``Mover.decode`` returns them."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One way to run the network."""

    name: str
    encode: Callable[[Tensor], Any]
    """What it returns is its own affair: ``decode`` takes it."""
    decode: Callable[[Any, Tensor], Maps]


def engines(mover: Mover, images: Tensor, changes: Tensor, *, full: bool = True) -> list[Engine]:
    """List the ways; they take one face at a time.

    Args:
        mover: in evaluation mode, in float32.
        images: (B, 3, H, W), faces to find the ranges of 8 bits with.
        changes: (B, K), changes of theirs.
        full: also the ways that take a minute to prepare or need other packages.
    """
    last = quicken_layers(mover, torch.float32)
    ways = [
        Engine(name=REFERENCE, encode=mover.encode, decode=mover.decode),
        Engine(name="fp32, channels last", encode=last.encode, decode=last.decode),
        in_half("bf16 autocast", mover),
        quick(mover),
        whole_half(mover),
    ]
    return [*ways, *compiled(mover), *elsewhere(mover, images, changes)] if full else ways


def quick(mover: Mover) -> Engine:
    """Run a network as ``mien edit`` does on this processor."""
    last = quicken_layers(mover, fastest_dtype())
    if fastest_dtype() == torch.bfloat16:
        return in_half(USED, last)
    return Engine(name=USED, encode=last.encode, decode=last.decode)


def half() -> AbstractContextManager[Any]:
    """Compute in torch's mixed precision."""
    return torch.autocast("cpu", torch.bfloat16)


def in_half(name: str, mover: Mover) -> Engine:
    """Run a network in mixed precision."""

    def encode(image: Tensor) -> Features:
        with half():
            return mover.encode(image)

    def decode(features: Features, change: Tensor) -> Maps:
        with half():
            return mover.decode(features, change)

    return Engine(name=name, encode=encode, decode=decode)


def whole_half(mover: Mover) -> Engine:
    """Run everything in bf16, norms and all."""
    small: Mover = deepcopy(mover).to(torch.bfloat16, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Engine(name="all in bf16", encode=lambda image: small.encode(image.bfloat16()), decode=small.decode)


def compiled(mover: Mover) -> list[Engine]:
    """Compile the network with torch.compile, where there is a compiler."""
    if not shutil.which("c++"):
        return []
    last = quicken_layers(mover, torch.float32)
    half_way = in_half("", quicken_layers(mover, torch.bfloat16))
    ways: dict[str, Any] = {"torch.compile fp32": last, "torch.compile bf16": half_way}
    return [
        Engine(name=name, encode=torch.compile(one.encode), decode=torch.compile(one.decode))
        for name, one in ways.items()
    ]


class Encoder(nn.Module):
    """The half of a network that looks."""

    def __init__(self, mover: Mover) -> None:
        super().__init__()
        self.mover = mover

    def forward(self, image: Tensor) -> Features:
        return self.mover.encode(image)


class Decoder(nn.Module):
    """The half that changes."""

    def __init__(self, mover: Mover) -> None:
        super().__init__()
        self.mover = mover

    def forward(self, outer: Tensor, middle: Tensor, inner: Tensor, flows: Tensor, change: Tensor) -> Maps:
        return self.mover.decode((outer, middle, inner, flows), change)


def elsewhere(mover: Mover, images: Tensor, changes: Tensor) -> list[Engine]:
    """Open the network in the other programs that are installed."""
    faces = list(zip(images.split(1), changes.split(1), strict=True))
    encoders = runtimes(Encoder(mover), [(image,) for image, _ in faces])
    decoders = runtimes(Decoder(mover), [(*mover.encode(image), change) for image, change in faces])
    return [outside(name, encoders[name], decoders[name]) for name in encoders]


def outside(name: str, encoder: Network, decoder: Network) -> Engine:
    """Run both halves in another program; what lies between them stays there as arrays."""

    def encode(image: Tensor) -> Arrays:
        return encoder(*arrays(image))

    def decode(features: Sequence[Any], change: Tensor) -> Maps:
        flow, colour, fresh = map(torch.from_numpy, decoder(*features, *arrays(change)))
        return flow, colour, fresh

    return Engine(name=name, encode=encode, decode=decode)
