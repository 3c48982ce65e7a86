"""Pictures of how far a training is: a grid on the same faces every so many steps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from mienkit.core.batch import Batch
from mienkit.core.image import Picture, to_uint8
from mienkit.core.recipe import Sample, Terms
from mienkit.training.run import Run
from mienkit.weights.atomic import replacing

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

CELL = 96
"""Smallest side of a picture in the grid, in pixels; smaller ones are enlarged by a whole factor."""
TITLE = 16
"""Height of the line of titles, in pixels."""


class SampleHook:
    """Draws what the averaged networks do with a fixed batch."""

    def __init__(
        self,
        folder: Path,
        batch: Batch,
        every: int = 500,
        board: "SummaryWriter | None" = None,
        viewers: Sequence[Callable[[Run, Sample], None]] = (),
    ) -> None:
        """Draw to a folder.

        Args:
            folder: gets ``step-000500.png``; made if it is missing.
            batch: the same samples every time, a row of the grid each.
            every: steps between grids.
            board: TensorBoard's writer, for the same pictures.
            viewers: who else looks at the samples, e.g. ``HealthHook.see``.
        """
        self.folder, self.batch, self.every, self.board, self.viewers = folder, batch, every, board, viewers

    def __call__(self, run: Run, terms: Terms) -> None:
        if run.step % self.every == 0 or run.finished:
            sample = take_sample(run, self.batch)
            if sample is not None:
                self.show(run, sample)

    def show(self, run: Run, sample: Sample) -> None:
        """Write the grid and show the sample to the viewers."""
        grid = draw_grid(sample.columns)
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self.folder / f"step-{run.step:06d}.png") as temporary:
            Image.fromarray(grid).save(temporary, format="PNG")
        if self.board is not None:
            self.board.add_image("samples", grid, run.step, dataformats="HWC")
        for view in self.viewers:
            view(run, sample)


@torch.no_grad()
def take_sample(run: Run, batch: Batch) -> Sample | None:
    """Let the averaged networks work on a batch; None where the recipe has nothing to show."""
    weight = next(run.recipe.parameters())
    floats = {name: t.to(weight.dtype) for name, t in batch.tensors().items() if t.is_floating_point()}
    placed = type(batch)(**{**batch.tensors(), **floats}).to(weight.device)
    with run.averages.applied(), evaluating(run.recipe):
        return run.recipe.preview(placed)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Switch every module to evaluation for a while, then each back to what it was."""
    before = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, training in before:
            module.training = training


def draw_grid(columns: Mapping[str, Tensor]) -> Picture:
    """Set columns of images, (B, 1 or 3, H, W) in [-1, 1], side by side under their titles; a row a sample."""
    pictures = [to_uint8(image.expand(-1, 3, -1, -1)) for image in columns.values()]
    side = max(picture.shape[2] for picture in pictures)
    scale = max(1, -(-CELL // side))
    stacked = np.concatenate([np.concatenate(list(picture), axis=0) for picture in pictures], axis=1)
    body = stacked.repeat(scale, axis=0).repeat(scale, axis=1)
    canvas = Image.new("RGB", (body.shape[1], body.shape[0] + TITLE), "white")
    canvas.paste(Image.fromarray(body), (0, TITLE))
    pen, left = ImageDraw.Draw(canvas), 0
    for title, picture in zip(columns, pictures, strict=True):
        pen.text((left + 3, 2), title, fill="black")
        left += picture.shape[2] * scale
    return np.asarray(canvas)
