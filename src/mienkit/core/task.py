"""What a model can do for a user: one protocol a task. Everything downstream asks for a protocol, never for a name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from torch import Tensor

from mienkit.core.action_unit import SIDED_UNITS, both_sides


@dataclass(frozen=True, kw_only=True)
class Edited:
    """Faces after an edit, and where they were changed."""

    image: Tensor
    """(B, 3, H, W) in [-1, 1], the mask applied: where nothing is replaced it is the input."""
    change: Tensor
    """(B, 1, H, W) in [0, 1]; 1 = replaced. GANimation's 1 - A; the face oval where a model has no mask."""
    motion: "Motion | None" = None
    """How the picture came to be, of a model that moves faces: with it a photo is edited at its own resolution."""


@dataclass(frozen=True, kw_only=True)
class Motion:
    """An edit as smooth maps that can be enlarged: the picture is moved, then coloured, and new where nothing was."""

    flow: Tensor
    """(B, 2, H, W): where each pixel comes from, minus where it is; pixels right and down of the crop."""
    colour: Tensor
    """(B, 3, H, W): what is added to the moved picture, on its scale of [-1, 1]."""
    fresh: Tensor
    """(B, 1, H, W) in [0, 1]: where what is seen was not in the picture before, so that no detail of it may stay."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a face shows."""

    landmarks: Tensor
    """(B, 68, 2), 300-W order, in pixels of the image that was read."""
    aus: Tensor
    """(B, 17) in [0, 1], in the order of ACTION_UNITS."""
    emotions: Tensor
    """(B, 8), probabilities in the order of EMOTIONS."""
    pose: Tensor
    """(B, 3): yaw, pitch, roll in degrees. Positive yaw: the nose points to the image's right; positive pitch: the
    face looks down; positive roll: the eye on the image's right is the higher one."""


@runtime_checkable
class Editor(Protocol):
    """Gives an aligned face another expression."""

    image_size: int
    """Side of the crops that it takes, in pixels."""
    vocabulary: ClassVar[tuple[str, ...]]
    """What the columns of an expression are: ACTION_UNITS, SIDED_UNITS or EMOTIONS."""

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        """Synthesise expressions.

        Args:
            image: (B, 3, H, W) in [-1, 1].
            source: what the faces show, (B, K).
            target: what they should show, (B, K).
        """
        ...


@runtime_checkable
class Staged(Protocol):
    """An editor of several networks that shows what each of them made. Not a task: something that an editor may add."""

    def stages_of(self, image: Tensor, source: Tensor, target: Tensor) -> Mapping[str, Mapping[str, Tensor]]:
        """Return the pictures on the way to an edit, whose arguments these are, in the order in which they come to be.

        Returns:
            Stage -> title -> (B, 1 or 3, h, w) in [-1, 1]; each may have another height and width.
        """
        ...


def units_for(editor: Editor, aus: Tensor) -> Tensor:
    """Spell expressions, (B, 17), as an editor of action units takes them: both halves alike where it has halves."""
    return both_sides(aus) if editor.vocabulary == SIDED_UNITS else aus


@runtime_checkable
class Transferer(Protocol):
    """Gives one face the expression of another."""

    image_size: int

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        """Let the target faces, (B, 3, H, W), show the source faces' expressions; landmarks are (B, 68, 2)."""
        ...


@runtime_checkable
class Fuser(Protocol):
    """Gives the landmarks of one face the expression of another's."""

    image_size: int

    def fuse(self, source_landmarks: Tensor, target_landmarks: Tensor) -> Tensor:
        """Return where the target faces' landmarks stand as they show the sources' expressions, (B, 68, 2) each."""
        ...


@runtime_checkable
class Animator(Protocol):
    """Makes a clip from one neutral face and an emotion."""

    image_size: int

    def animate(self, image: Tensor, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Move faces, (B, 3, H, W), to emotions, (B,) int64; returns clips, (B, T, 3, H, W)."""
        ...


@runtime_checkable
class Sampler(Protocol):
    """Makes clips from noise, and a label where it is conditional."""

    image_size: int

    def sample(self, key: Tensor, label: Tensor, frames: int) -> Tensor:
        """Draw clips, (B, T, 3, H, W), from noise keys, (B,) int64, and emotions, (B,) int64."""
        ...


@runtime_checkable
class Mover(Protocol):
    """Moves landmarks from neutral to an emotion (MotionGAN)."""

    def move(self, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Return landmark clips, (B, T, 68, 2), that start at (B, 68, 2)."""
        ...


@runtime_checkable
class SpatialMover(Protocol):
    """A mover that knows where landmarks go in space. Not a task: something that a mover may add."""

    dimensions: int
    """Of its motions: 2 or 3."""

    def motion(self, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Return how far landmarks leave rest, (B, T, 68, dimensions), in sizes of a face (``geometry.preshape``)."""
        ...


@runtime_checkable
class Painter(Protocol):
    """Draws a person with given landmarks (TextureGAN)."""

    image_size: int

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        """Redraw faces.

        Args:
            image: (B, 3, H, W) in [-1, 1].
            landmarks: where theirs are, (B, 68, 2) in pixels.
            aims: where they shall be, the same.
        """
        ...


@runtime_checkable
class Measurer(Protocol):
    """Reads landmarks, action units, emotions and pose from a face."""

    image_size: int

    def measure(self, image: Tensor) -> Reading:
        """Read faces, (B, 3, H, W) in [-1, 1]."""
        ...


TASKS: dict[str, type] = {
    "edit": Editor,
    "transfer": Transferer,
    "fuse": Fuser,
    "animate": Animator,
    "sample": Sampler,
    "move": Mover,
    "paint": Painter,
    "measure": Measurer,
}
"""What a task is called -> its protocol."""


def tasks_of(model: object) -> tuple[str, ...]:
    """Name the tasks whose protocol a model (the class or an instance) implements."""
    return tuple(name for name, protocol in TASKS.items() if callable(getattr(model, _verb(protocol), None)))


def _verb(protocol: type) -> str:
    """Return a protocol's one method: the only public name in it that can be called."""
    return next(name for name, value in vars(protocol).items() if not name.startswith("_") and callable(value))
