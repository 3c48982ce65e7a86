"""What data hands to a recipe: one class per kind of sample, all of them bundles of tensors with one row a sample."""

from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Samples of one kind; every field is a tensor whose first dimension counts the samples."""

    key: Tensor
    """(B,) int64: what each sample's random numbers come from (``core.noise``). Drawn with the batch, so that a sample
    meets the same noise however the batch is split over processes or micro-batches."""

    def __len__(self) -> int:
        return len(self.key)

    def tensors(self) -> dict[str, Tensor]:
        """Return the fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def to(self, device: torch.device | str) -> Self:
        """Move every tensor."""
        return replace(self, **{name: t.to(device, non_blocking=True) for name, t in self.tensors().items()})

    def rows(self, rows: slice) -> Self:
        """Take some of the samples."""
        return replace(self, **{name: t[rows] for name, t in self.tensors().items()})

    def share(self, rank: int, world: int) -> Self:
        """Take one process's equal share of a global batch.

        Raises:
            ValueError: the batch cannot be divided equally.
        """
        if len(self) % world:
            raise ValueError(f"a batch of {len(self)} cannot be shared equally by {world} processes")
        size = len(self) // world
        return self.rows(slice(rank * size, (rank + 1) * size))


@dataclass(frozen=True, kw_only=True)
class FaceBatch(Batch):
    """Aligned faces and what to do with them."""

    image: Tensor
    """Source faces, (B, 3, H, W) in [-1, 1]."""
    source: Tensor
    """Expression of the source, (B, K); K is 17 (action units) or 8 (emotions)."""
    target: Tensor
    """Expression to synthesise, (B, K)."""


@dataclass(frozen=True, kw_only=True)
class PairBatch(FaceBatch):
    """Faces with the picture that the edit should give, and photographs for a critic to call real."""

    result: Tensor
    """The same person showing ``target``, (B, 3, H, W) in [-1, 1]; the source itself where ``paired`` is 0."""
    paired: Tensor
    """(B,) in [0, 1]: how much to trust ``result``; 0 = there is none."""
    real: Tensor
    """Photographs (never re-expressed or rendered ones), (B, 3, H, W) in [-1, 1]."""
    labelled: Tensor
    """Faces whose expression is known, (B, 3, H, W) in [-1, 1]."""
    label: Tensor
    """Their expression, (B, K)."""
    label_known: Tensor
    """(B, K) in {0, 1}: which entries of ``label`` somebody measured; what the measurer cannot see is never 0."""


@dataclass(frozen=True, kw_only=True)
class FlowBatch(PairBatch):
    """Pairs that also tell how ``result`` comes from ``image``, wherever somebody knows it exactly."""

    tilt: Tensor
    """(B, 17) in [-1, 1]: by how much more each unit changes on the person's left than on both sides in the mean, whose
    change is ``target`` - ``source``; 0 where nobody tells them apart."""
    flow: Tensor
    """(B, 2, h, w): where the middle of each part of ``result`` comes from in ``image``, minus where it is; pixels
    right and down of these pictures. 0 where unknown."""
    flow_known: Tensor
    """(B, 1, h, w) in [0, 1]: where the flow is exact; 0 for what ``image`` does not show, and where there is none."""
    fresh: Tensor
    """(B, 1, h, w) in [0, 1]: what ``result`` shows and ``image`` does not, such as the inside of a mouth."""
    fresh_known: Tensor
    """(B,) in {0, 1}: whether somebody knows ``fresh``; then ``result`` was drawn from ``image``."""


@dataclass(frozen=True, kw_only=True)
class TransferBatch(Batch):
    """Faces, the same people with another emotion and with none, and somebody else who shows that emotion.

    All pictures are (B, 3, H, W) in [-1, 1], all landmarks (B, 68, 2) in pixels, all emotions (B, 8), one of them 1.
    """

    image: Tensor
    landmarks: Tensor
    source: Tensor
    """The emotion of ``image``."""
    result: Tensor
    """The same person showing ``target``."""
    result_landmarks: Tensor
    target: Tensor
    neutral: Tensor
    """The same person showing nothing; ``image`` itself where that does."""
    neutral_landmarks: Tensor
    driver: Tensor
    """Another person showing ``target``."""
    driver_landmarks: Tensor
    driver_neutral_landmarks: Tensor
    """Of the driver showing nothing."""

    @property
    def paired(self) -> Tensor:
        """How much to trust ``result``, (B,), as of a ``PairBatch``: wholly."""
        return torch.ones(len(self), device=self.image.device)


@dataclass(frozen=True, kw_only=True)
class DomainBatch(Batch):
    """Faces of two kinds that have nothing to do with each other, such as neutral and happy ones."""

    first: Tensor
    """(B, 3, H, W) in [-1, 1]."""
    second: Tensor
    """(B, 3, H, W) in [-1, 1]."""


@dataclass(frozen=True, kw_only=True)
class MeterBatch(Batch):
    """Couples of pictures of one face with measurements to learn, each with a mask of what is known."""

    image: Tensor
    """(B, 2, 3, H, W) in [-1, 1]: a face, and the same face with other action units."""
    landmarks: Tensor
    """(B, 2, 68, 2) in pixels."""
    landmarks_known: Tensor
    """(B, 2)."""
    aus: Tensor
    """(B, 2, 17) in [0, 1]."""
    aus_weight: Tensor
    """(B, 2, 17), at least 0; 0 = unknown: a unit that the measurer cannot see is never given as 0."""
    emotion: Tensor
    """(B, 2, 8), probabilities."""
    emotion_known: Tensor
    """(B, 2)."""
    pose: Tensor
    """(B, 2, 3): yaw, pitch, roll in degrees."""
    pose_known: Tensor
    """(B, 2)."""
    change: Tensor
    """Units of the second picture minus those of the first, (B, 17) in [-1, 1]."""
    change_known: Tensor
    """(B, 17): where the change is exact though the units themselves are not (re-expressed photographs)."""


@dataclass(frozen=True, kw_only=True)
class CurveBatch(Batch):
    """Landmark curves: the motion of a face from rest to its apex."""

    curve: Tensor
    """(B, T, D): T instants at equal distances along the way, each a pre-shape (centred, Frobenius norm 1) of D flat
    coordinates x1, y1(, z1), x2, ...: 136 in two dimensions, 204 in three."""
    label: Tensor
    """(B,) int64: index into EMOTIONS."""


@dataclass(frozen=True, kw_only=True)
class PaintBatch(Batch):
    """People at rest, and the same people otherwise, with the landmarks of both."""

    image: Tensor
    """At rest, (B, 3, H, W) in [-1, 1]."""
    landmarks: Tensor
    """(B, 68, 2) in pixels."""
    result: Tensor
    """Another frame of the clip or scene, (B, 3, H, W) in [-1, 1]."""
    result_landmarks: Tensor
    """(B, 68, 2) in pixels."""

    @property
    def paired(self) -> Tensor:
        """How much to trust ``result``, (B,), as of a ``PairBatch``: wholly."""
        return torch.ones(len(self), device=self.image.device)


@dataclass(frozen=True, kw_only=True)
class ClipBatch(Batch):
    """Clips of a face from rest to its apex."""

    clip: Tensor
    """(B, T, 3, H, W) in [-1, 1]."""
    label: Tensor
    """(B,) int64: index into EMOTIONS."""
