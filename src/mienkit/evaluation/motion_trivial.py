"""Answers that take no learning, in every table of motion: a figure that ranks them high does not measure motion."""

import torch
from torch import Tensor

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import DataError
from mienkit.core.task import Edited
from mienkit.data.clip import Rises
from mienkit.data.faces import FaceArrays
from mienkit.evaluation.motion import shapes_in_time
from mienkit.geometry.arc import resample_in_time
from mienkit.geometry.preshape import PreShape, unflatten_shapes
from mienkit.nn.landmark_flow import landmark_flow
from mienkit.nn.warp import move


class Still:
    """Does not move a face: a Mover, and an Animator that repeats the picture."""

    def __init__(self, image_size: int = 64) -> None:
        self.image_size = image_size

    def move(self, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Return the landmarks, (B, 68, 2), in every frame, (B, T, 68, 2)."""
        return landmarks[:, None].repeat(1, frames, 1, 1)

    def animate(self, image: Tensor, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Return the picture, (B, 3, H, W), in every frame, (B, T, 3, H, W)."""
        return image[:, None].repeat(1, frames, 1, 1, 1)


class Stretch:
    """Paints by pulling the picture at its landmarks like a sheet of rubber: nothing new is ever seen."""

    def __init__(self, image_size: int = 64) -> None:
        self.image_size = image_size

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        """Move pictures, (B, 3, S, S), from landmarks, (B, 68, 2) in pixels, to others."""
        moved = move(image, landmark_flow(landmarks, aims, image.shape[-1]))
        return Edited(image=moved, change=torch.ones_like(image[:, :1]))


class ClassMean:
    """Moves every face as the clips of an emotion do in the mean: no noise, no diversity."""

    def __init__(self, faces: FaceArrays, rises: Rises) -> None:
        """Take the mean displacement of pre-shapes at each time of the clips of each emotion."""
        shapes, label = shapes_in_time(faces, rises), torch.from_numpy(rises.emotion)
        away = shapes - shapes[:, :1]
        self.displacement = {int(one): away[label == one].mean(0) for one in label.unique()}

    def move(self, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Return landmark clips, (B, T, 68, 2), that start at (B, 68, 2).

        Raises:
            DataError: there was no clip of an emotion.
        """
        unknown = sorted({EMOTIONS[one] for one in emotion.tolist() if one not in self.displacement})
        if unknown:
            raise DataError(f"there was no clip of {', '.join(unknown)} to take the mean of")
        away = torch.stack([self.displacement[one] for one in emotion.tolist()])
        places = torch.linspace(0, 1, frames, dtype=away.dtype).expand(len(away), -1)
        moved = unflatten_shapes(resample_in_time(away, places), 2).to(landmarks)
        return landmarks[:, None] + PreShape.of(landmarks).size[:, None] * moved
