"""The types of the schema in zoo.py, and the context that says what its fields answer."""

import enum
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NewType

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.scalars import JSON

from execution import batched


class Context:
    """What the fields of a request answer (a value, or a function that makes it anew for each
    executor), and what was called."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[Any] = []

    def answer(self, name: str) -> Any:
        """What a field answers; an exception is raised."""
        value = self.answers[name]
        value = value() if callable(value) else value
        if isinstance(value, Exception):
            raise value
        return value


Info = strawberry.Info[Context, None]


def answer(info: Info) -> Any:
    """What the context says that the field answers."""
    return info.context.answer(info.python_name)


async def answer_later(info: Info) -> Any:
    return info.context.answer(info.python_name)


def told(info: Info) -> Any:
    """All that an info says."""
    raw = info._raw_info
    return {
        "field": [info.field_name, info.python_name, str(info.return_type)],
        "path": [info.path.as_list(), info.path.typename, info.path.key],
        "types": [str(raw.parent_type), str(raw.return_type)],
        "variables": repr(info.variable_values),
        "raw variables": repr(raw.variable_values),
        "operation": [info.operation.operation.value, info.query],
        "selected": repr(info.selected_fields),
        "fragments": sorted(raw.fragments),
        "nodes": [node.loc.start if node.loc else None for node in raw.field_nodes],
        "root": repr([info.root_value, raw.is_awaitable(info)]),
        "schema": type(info.schema).__name__,
    }


def told_of(info: Info, number: int | None = None) -> Any:
    return told(info)


@strawberry.enum
class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


@strawberry.enum
class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


Reversed = NewType("Reversed", str)
REVERSED = strawberry.scalar(
    name="Reversed",
    serialize=lambda text: text[::-1] or None,
    parse_value=lambda text: text[::-1],
)


@strawberry.interface
class Animal:
    name: str | None

    @strawberry.field
    def shout(self, times: int = 1) -> str:
        if self.name is None:
            raise ValueError("nobody")
        return self.name.upper() * times


async def _friends(animals: list[Any], info: Info) -> list[Any]:
    info.context.calls.append([animal.name for animal in animals])
    return [answer_of(animal) for animal in animals]


def answer_of(animal: Any) -> Any:
    """What its friends are; an exception for one that has none."""
    return animal.friends


@strawberry.type
class Cat(Animal):
    lives: int | None = 9
    friends: strawberry.Private[Any] = ()
    buddies: list[Animal] = batched(_friends, description="Whom it likes.")


@strawberry.type
class Dog(Animal):
    good: bool = True
    friends: strawberry.Private[Any] = ()
    owner: "Person | None" = None
    buddies: list[Animal] | None = batched(_friends, description="Whom it likes.")


@strawberry.type
class Stone:
    weight: float = 1.5


Thing = Annotated[Cat | Dog | Stone, strawberry.union("Thing")]


class Allowed(BasePermission):
    message = "Not for you."

    def has_permission(self, source: Any, info: Any, **given: Any) -> bool:
        return bool(info.context.answers.get("allowed", True))


class Twice(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **given: Any) -> Any:
        return next_(source, info, **given) * 2

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **given: Any
    ) -> Any:
        return await next_(source, info, **given) * 2


@strawberry.input
class Point:
    x: int
    y: int = 7
    label: str | None = strawberry.UNSET
    color: Color = Color.RED
    inner: "Point | None" = None
    tags: list[str] = strawberry.field(default_factory=lambda: ["a"])


@strawberry.input(one_of=True)
class Either:
    left: int | None = strawberry.UNSET
    right: str | None = strawberry.UNSET


@strawberry.type
class Person:
    name: str
    age: int | None = None

    @strawberry.field
    async def later(self, delay: int | None = None) -> str:
        return f"{self.name} {delay}"

    @strawberry.field
    def strict(self) -> str:
        if self.age is None:
            raise ValueError(f"{self.name} has no age")
        return str(self.age)

    @strawberry.field
    async def strict_later(self) -> int:
        if self.age is None:
            raise ValueError(f"{self.name} has no age")
        return self.age

    @strawberry.field
    def remember(self, tags: list[str]) -> list[str]:
        tags.append(self.name)
        return tags

    @strawberry.field
    def note(self, point: Point) -> list[str]:
        point.tags.append(self.name)
        return point.tags

    @strawberry.field
    def me(self) -> "Person":
        return self

    @strawberry.field
    def me_or_nobody(self) -> "Person | None":
        return self

    @strawberry.field
    def children(self, count: int = 2) -> "list[Person]":
        return [Person(name=f"{self.name}{n}", age=n or None) for n in range(count)]

    @strawberry.field
    def heirs(self) -> "list[Person | None] | None":
        return [Person(name=f"{self.name}{n}", age=n or None) for n in range(2)]

    told: JSON = strawberry.field(resolver=told)
