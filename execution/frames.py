"""Where the values of a column lie in the answer.

A frame knows, for each value of a column, its path (which errors tell, and resolvers may ask
for) and its place in the document's order (which decides between errors). Both are made only
when they are asked for.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

from graphql.pyutils import Path

Place = tuple[int, ...]
"""The positions of fields and items from the root to a value: places compare as the document
orders them, and a value's place begins with its parent's."""


class Frame(Protocol):
    """The values of one column, by their index in it."""

    def path(self, index: int) -> Path | None:
        """The response path; None for the root."""

    def place(self, index: int) -> Place:
        """The place in the document's order."""


class Root:
    """The one object at the root."""

    def path(self, index: int) -> Path | None:  # noqa: ARG002
        """None."""
        return None

    def place(self, index: int) -> Place:  # noqa: ARG002
        """The first of all."""
        return ()


class Column:
    """One field of each object of a frame."""

    __slots__ = ("key", "parent", "position", "type_name")

    def __init__(self, parent: Frame, key: str, position: int, type_name: str) -> None:
        self.parent = parent
        self.key = key
        self.position = position
        self.type_name = type_name

    def path(self, index: int) -> Path:
        """The object's path and the field's name in the answer."""
        return Path(self.parent.path(index), self.key, self.type_name)

    def place(self, index: int) -> Place:
        """The object's place and the field's position in its selection."""
        return (*self.parent.place(index), self.position)


class Items:
    """The items of the lists of a column, one list after the other."""

    __slots__ = ("parent", "starts")

    def __init__(self, parent: Frame, starts: Sequence[int]) -> None:
        self.parent = parent
        self.starts = starts

    def path(self, index: int) -> Path:
        """The list's path and the item's index in it."""
        owner = bisect_right(self.starts, index) - 1
        return Path(self.parent.path(owner), index - self.starts[owner], None)

    def place(self, index: int) -> Place:
        """The list's place and the item's index in it."""
        owner = bisect_right(self.starts, index) - 1
        return (*self.parent.place(owner), index - self.starts[owner])


class Some:
    """Some of a column's values."""

    __slots__ = ("chosen", "parent")

    def __init__(self, parent: Frame, chosen: Sequence[int]) -> None:
        self.parent = parent
        self.chosen = chosen

    def path(self, index: int) -> Path | None:
        """The path that the value has in the whole column."""
        return self.parent.path(self.chosen[index])

    def place(self, index: int) -> Place:
        """The place that the value has in the whole column."""
        return self.parent.place(self.chosen[index])
