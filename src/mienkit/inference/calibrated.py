"""An editor whose answer to what is wanted is linear: wanted intensities become the requested ones in this place alone.

Whatever leads to an expression (single units, relative ones, emotions, courses, films) ends in ``Editor.edit`` with
what a face shows and what it shall show; there the curve f of each unit (``weights.calibration``) is applied.

A face that already shows s of a unit does not start at 0. What is left of the scale above s is taken as a scale of its
own, and what lies below s is left as it is, because there answers are linear already (docs/guides/calibrate.md):

- wanted t >= s: requested = s + (1 - s) f((t - s) / (1 - s));
- wanted t < s: requested = t.

So a unit that nobody asked for, whose t is s, stays exactly as it is; 0 and 1 stay the ends; the result rises with t
and is never out of range, whatever s the meter has read; and a face that does not show the unit is given f(t).
"""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from mienkit.core.action_unit import ACTION_UNITS, SIDED_UNITS, whole_unit
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.task import Edited, Editor, Staged
from mienkit.weights.calibration import Calibration


def calibrated(editor: Editor, calibration: Calibration) -> Editor:
    """Return an editor that is asked for what is wanted; the one given is left as it is.

    Raises:
        ConfigError: the editor takes no action units.
    """
    if editor.vocabulary not in (ACTION_UNITS, SIDED_UNITS):
        raise ConfigError("a calibration is of action units, and this editor takes emotions; take --raw")
    kind = CalibratedStagedEditor if isinstance(editor, Staged) else CalibratedEditor
    return cast(Editor, kind(editor, calibration))


class CalibratedEditor(nn.Module):
    """An editor and the curves of its units."""

    def __init__(self, editor: Editor, calibration: Calibration) -> None:
        super().__init__()
        self.editor, self.calibration = editor, calibration
        self.image_size, self.vocabulary = editor.image_size, editor.vocabulary
        self.emotions = getattr(editor, "emotions", EMOTIONS)
        own = calibration.grid
        curves = [calibration.curves.get(whole_unit(name), own) for name in editor.vocabulary]
        self.curves, self.grid = torch.tensor(curves), torch.tensor(own)

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return self.editor.edit(image, source, self.requested(source, target))

    def requested(self, source: Tensor, target: Tensor) -> Tensor:
        """Return what is requested so that faces that show ``source`` come to show ``target``, (B, K) each."""
        return request_intensities(source, target, self.grid.to(target), self.curves.to(target))


class CalibratedStagedEditor(CalibratedEditor):
    """The same of an editor that shows its stages."""

    def stages_of(self, image: Tensor, source: Tensor, target: Tensor) -> Mapping[str, Mapping[str, Tensor]]:
        return cast(Staged, self.editor).stages_of(image, source, self.requested(source, target))


def request_intensities(source: Tensor, target: Tensor, grid: Tensor, curves: Tensor) -> Tensor:
    """Turn wanted into requested intensities.

    Args:
        source: what faces show, (B, K) in [0, 1].
        target: what they shall show, the same.
        grid: wanted intensities, (G,), from 0 to 1.
        curves: what is requested at each, (K, G), from 0 to 1.

    Returns:
        (B, K) in [0, 1]; where the target is not above the source, exactly that.
    """
    room = 1 - source
    share = ((target - source) / room.clamp(min=1e-6)).clamp(0, 1)
    risen = (source + room * follow(share, grid, curves)).clamp(0, 1)
    straight = (curves == grid).all(1) | (target <= source)
    return torch.where(straight, target, risen)


def follow(share: Tensor, grid: Tensor, curves: Tensor) -> Tensor:
    """Look values, (B, K) in [0, 1], up on the curves, (K, G), over a grid, (G,); linearly between its points."""
    right = torch.searchsorted(grid, share.contiguous()).clamp(1, len(grid) - 1)
    unit = torch.arange(len(curves), device=share.device)
    low, high = curves[unit, right - 1], curves[unit, right]
    start, stop = grid[right - 1], grid[right]
    return low + (high - low) * (share - start) / (stop - start)
