"""How the meter is trained: landmarks and pose everywhere, units where somebody knows them, and exact changes.

Source: ours. Teacher labels come from MediaPipe where it can see (``data.blendshape``), exact ones from drawn faces,
exact changes from re-expressed photographs.
"""

from dataclasses import dataclass

from mienkit.core.model import MODELS
from mienkit.face.meter import MeterNet
from mienkit.losses.reading import ReadingRecipe


@MODELS.register
class Meter(ReadingRecipe):
    """Reads landmarks, action units, emotions and pose from a face."""

    @dataclass(frozen=True, kw_only=True)
    class Config(ReadingRecipe.Config):
        """All as every reading network has it."""

    network: MeterNet

    def __init__(self, config: Config) -> None:
        super().__init__(config, MeterNet(config.image_size, config.width))
