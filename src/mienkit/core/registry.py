"""A name -> class table that fails loudly."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from mienkit.core.naming import unknown_name

Item = TypeVar("Item")
Kind = TypeVar("Kind", bound=type)


class Registry(Generic[Item]):
    """Maps a file's stem to the one class it registers."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, type[Item]] = {}

    def register(self, item: Kind) -> Kind:
        """Add a class under its file's name; use as a decorator.

        A promoted folder registers the class of its ``__init__`` under the folder's name.

        Raises:
            ValueError: the name is taken.
        """
        name = item.__module__.rpartition(".")[2]
        if name in self._items:
            raise ValueError(f"{self.kind} '{name}' is already {self._items[name].__qualname__}")
        self._items[name] = item
        return item

    def name_of(self, item: type[Item]) -> str:
        """Return the name under which a class is registered."""
        return next(name for name, registered in self._items.items() if registered is item)

    def __getitem__(self, name: str) -> type[Item]:
        if name not in self._items:
            raise unknown_name(self.kind, name, self)
        return self._items[name]

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def __len__(self) -> int:
        return len(self._items)
