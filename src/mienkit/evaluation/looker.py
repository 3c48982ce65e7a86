"""Who judges pictures: the contract of all judges, whatever network, file or other program is behind them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from mienkit.core.image import Picture
from mienkit.evaluation.photo_edit import Look


class Looker(Protocol):
    """A judge."""

    @property
    def name(self) -> str:
        """Who it is, for the head of a table."""
        ...

    @property
    def units(self) -> tuple[str, ...]:
        """Action units that it can read: the channels of its looks."""
        ...

    @property
    def teacher(self) -> bool:
        """Whether trainings know its opinion: the first meter, and what that learned from. Tables mark it."""
        ...

    def look(self, picture: Picture, *, recognise: bool = True) -> Look | None:
        """Look at an aligned face, (S, S, 3), and say who it is unless that is not asked; None where none is found."""
        ...


def look_at_all(judge: Looker, pictures: Sequence[Picture], *, recognise: bool = True) -> list[Look | None]:
    """Look at many pictures of one size; a judge that has ``look_all`` sees them together, which is cheaper."""
    together = getattr(judge, "look_all", None)
    if together is not None:
        return list(together(pictures, recognise=recognise))
    return [judge.look(picture, recognise=recognise) for picture in pictures]


def nobody(subject: str) -> bool:
    """Tell of whom a judge learned who learned from nobody."""
    return False


def learned_from(judge: Looker) -> Callable[[str], bool]:
    """Return what tells whether a judge learned from a person, by the column ``subject``.

    A judge that has ``knows`` says so itself; any other learned from nobody in our tables.
    """
    knows: Callable[[str], bool] | None = getattr(judge, "knows", None)
    return knows or nobody


def marked(name: str, teacher: bool) -> str:
    """Name a judge as tables do: one whose opinion trainings know is marked."""
    return f"{name} (took part in trainings)" if teacher else name
