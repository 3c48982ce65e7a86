"""What changes where nothing should? Mean change outside the part that an edit is about.

In levels of 255; lower is better, and whoever changes nothing has 0, so it never ranks. The part is the editor's own
change map, or, to compare editors with one another, the same one for all: the oval of the landmarks
(``metrics.flicker.face_oval``). Network: none, or whatever found the landmarks.

Source: ours; the attention of Pumarola et al. 2018 promises it.
"""

import torch
from torch import Tensor

from mienkit.core.check import check_shape
from mienkit.metrics.metric import Metric

LEVELS = 127.5
"""Of 255 in a unit of images in [-1, 1]."""
OUTSIDE = 1 / 255
"""A change map below this leaves a pixel alone, as everywhere in the toolkit."""

BACKGROUND_CHANGE = Metric(
    name="background_change",
    title="background change",
    better="lower",
    unit="levels of 255",
    source="ours; after Pumarola et al. 2018",
    trap="By its own map an editor that claims the whole picture has no background, and is NaN.",
    shows=("edit", "transfer", "paint"),
    shown_because="a picture that is left alone has 0",
)


def background_change(after: Tensor, before: Tensor, inside: Tensor) -> Tensor:
    """Return each picture's mean absolute change outside, (B,) in levels of 255; NaN where there is no outside.

    Args:
        after: (B, 3, H, W) in [-1, 1].
        before: the same.
        inside: (B, 1, H, W) in [0, 1], what may change; below 1/255 is outside.

    Raises:
        ValueError: the shapes do not fit.
    """
    count, _, height, width = after.shape
    check_shape("before", before, f"{count} 3 {height} {width}")
    check_shape("inside", inside, f"{count} 1 {height} {width}")
    outside = (inside < OUTSIDE).float()[:, 0]
    change = ((after - before).abs().mean(1) * outside).sum((1, 2))
    area = outside.sum((1, 2))
    return change / area.where(area > 0, torch.nan) * LEVELS
