"""The editor that does nothing: a metric that ranks it high is broken."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.model import MODELS, Model
from mienkit.core.task import Edited


@MODELS.register
class Copy(Model):
    """Returns its input."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128

    source = "trivial baseline"
    vocabulary: ClassVar[tuple[str, ...]] = ACTION_UNITS

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.image_size = config.image_size

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return Edited(image=image, change=image.new_zeros(len(image), 1, *image.shape[2:]))

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        return self.edit(target, source, target)

    def fuse(self, source_landmarks: Tensor, target_landmarks: Tensor) -> Tensor:
        return target_landmarks
