"""Where steps are computed: device, precision, processes. Networks are never wrapped."""

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from mienkit.core.batch import Batch
from mienkit.core.errors import ConfigError
from mienkit.core.naming import unknown_name
from mienkit.core.recipe import Terms

if TYPE_CHECKING:
    from lightning.fabric import Fabric

AnyBatch = TypeVar("AnyBatch", bound=Batch)

PRECISIONS = ("32-true", "bf16-mixed", "64-true")
DEVICES = ("auto", "cpu", "cuda", "mps")


def open_fabric(device: str = "auto", precision: str = "32-true") -> "Fabric":
    """Start Lightning Fabric on one device a process; under ``torchrun`` join the other processes.

    Args:
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        precision: one of PRECISIONS.

    Raises:
        ConfigError: the device is not there.
        UnknownNameError: there is no such device or precision.
    """
    if precision not in PRECISIONS:
        raise unknown_name("precision", precision, PRECISIONS)
    if device not in DEVICES:
        raise unknown_name("device", device, DEVICES)
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("no CUDA device is at hand; take --device cpu")
    from lightning.fabric import Fabric  # seconds to import: only a training pays them

    world, local = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    fabric = Fabric(
        accelerator=device,
        devices=local,
        num_nodes=world // local,
        strategy="ddp" if world > 1 else "auto",
        precision=precision,  # type: ignore[arg-type]
    )
    fabric.launch()
    return fabric


def imitates_bf16(device: str, precision: str) -> bool:
    """Say whether bfloat16 would be computed without instructions for it: correct, but slower than float32."""
    chip = torch.cpu.get_capabilities()
    on_cpu = device == "cpu" or (device == "auto" and not torch.accelerator.is_available())
    return precision == "bf16-mixed" and on_cpu and not (chip.get("avx512_bf16") or chip.get("amx_bf16"))


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The devices of a run, as one of its processes sees them."""

    fabric: "Fabric | None" = None
    """None: this process alone, on the CPU in float32."""
    micro_batches: int = 1
    """Parts into which each batch is split to save memory; the gradient is the same."""
    check_every: int = 50
    """Turns of a phase between looks for NaN on a GPU, which must wait for it; a CPU looks every time."""
    sharded: bool = False
    """Each process draws batches of its own, its equal part of the whole, instead of sharing one."""

    def __post_init__(self) -> None:
        if self.micro_batches < 1:
            raise ConfigError(f"a batch can be split into 1 or more micro-batches, not {self.micro_batches}")

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        return self.fabric.device if self.fabric else torch.device("cpu")

    @property
    def dtype(self) -> torch.dtype | None:
        """Type that floats must have, or None to leave them."""
        precision: Any = self.fabric.strategy.precision if self.fabric else None
        return torch.float64 if precision is not None and precision.precision == "64-true" else None

    @property
    def rank(self) -> int:
        """Number of this process."""
        return self.fabric.global_rank if self.fabric else 0

    @property
    def world(self) -> int:
        """Number of processes."""
        return self.fabric.world_size if self.fabric else 1

    @property
    def leads(self) -> bool:
        """This process writes the files."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager[Any]:
        """Compute in the run's precision."""
        return self.fabric.autocast() if self.fabric else nullcontext()

    def place(self, batch: AnyBatch) -> AnyBatch:
        """Take this process's share of a global batch, or the whole of its own one, and move it to the device.

        Raises:
            ConfigError: the batch cannot be divided equally.
        """
        try:
            own = (batch if self.sharded else batch.share(self.rank, self.world)).to(self.device)
        except ValueError as error:
            raise ConfigError(f"{error}; choose another batch_size") from None
        if self.dtype is None:
            return own
        return replace(own, **{k: t.to(self.dtype) for k, t in own.tensors().items() if t.is_floating_point()})

    def samples(self, batch: Batch) -> int:
        """Count the samples of a batch that was drawn, over all processes."""
        return len(batch) * self.world if self.sharded else len(batch)

    def split(self, batch: AnyBatch) -> list[AnyBatch]:
        """Split a process's share into equal micro-batches.

        Raises:
            ConfigError: it cannot be divided equally.
        """
        size, rest = divmod(len(batch), self.micro_batches)
        if rest:
            raise ConfigError(f"a batch of {len(batch)} cannot be split into {self.micro_batches} equal micro-batches")
        return [batch.rows(slice(start, start + size)) for start in range(0, len(batch), size)]

    def looks_for_nan(self, turn: int) -> bool:
        """Tell whether to check the sum in this turn of a phase; counted in turns, so that none is always missed."""
        return self.device.type == "cpu" or turn % self.check_every == 0

    def average(self, parameters: Iterable[nn.Parameter], terms: Terms) -> Terms:
        """Average gradients, in place, and terms over the processes: one exchange for all of them.

        The processes must have gradients for the same parameters.
        """
        if self.world == 1:
            return terms
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        values = list(terms.values())
        flat = torch.cat([*(g.flatten() for g in gradients), *(v.to(gradients[0]).reshape(1) for v in values)])
        distributed.all_reduce(flat)
        flat /= self.world
        pieces = flat.split([*(g.numel() for g in gradients), *(1 for _ in values)])
        for gradient, piece in zip(gradients, pieces, strict=False):
            gradient.copy_(piece.view_as(gradient))
        return dict(zip(terms, (piece[0] for piece in pieces[len(gradients) :]), strict=True))

    def anyone(self, flag: bool) -> bool:
        """Tell whether the flag is set in any process; every process must ask."""
        if self.world == 1:
            return flag
        votes = torch.tensor(float(flag), device=self.device)
        distributed.all_reduce(votes)
        return bool(votes > 0)

    def equalise(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the first one's values."""
        if self.world > 1:
            for tensor in tensors:
                distributed.broadcast(tensor.detach(), src=0)

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.fabric:
            self.fabric.barrier()
