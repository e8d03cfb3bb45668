"""A schema with everything that a schema can have: what a field answers is up to the test."""

import asyncio
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from tests.execution.animals import (
    REVERSED,
    Allowed,
    Animal,
    Cat,
    Color,
    Context,
    Dog,
    Either,
    Info,
    Person,
    Point,
    Reversed,
    Size,
    Stone,
    Thing,
    Twice,
    answer,
    answer_later,
    told_of,
)
from tests.execution.pairs import Pair

__all__ = [
    "SCHEMA",
    "Animal",
    "Cat",
    "Color",
    "Context",
    "Dog",
    "Person",
    "Size",
    "Stone",
    "answering",
]


@strawberry.type
class Query:
    """Every `answer` field answers what the context holds for it."""

    number: int = strawberry.field(resolver=answer)
    number_or_null: int | None = strawberry.field(resolver=answer)
    number_later: int = strawberry.field(resolver=answer_later)
    number_or_null_later: int | None = strawberry.field(resolver=answer_later)
    text: str | None = strawberry.field(resolver=answer)
    id: strawberry.ID | None = strawberry.field(resolver=answer)
    ratio: float | None = strawberry.field(resolver=answer)
    truth: bool | None = strawberry.field(resolver=answer)
    color: Color | None = strawberry.field(resolver=answer)
    size: Size | None = strawberry.field(resolver=answer)
    day: dt.date | None = strawberry.field(resolver=answer)
    price: Decimal | None = strawberry.field(resolver=answer)
    json: JSON | None = strawberry.field(resolver=answer)
    reversed: Reversed | None = strawberry.field(resolver=answer)
    numbers: list[int] = strawberry.field(resolver=answer)
    numbers_or_nulls: list[int | None] | None = strawberry.field(resolver=answer)
    strict_numbers_or_null: list[int] | None = strawberry.field(resolver=answer)
    numbers_later: list[int | None] | None = strawberry.field(resolver=answer_later)
    grid: list[list[int]] | None = strawberry.field(resolver=answer)
    soft_grid: list[list[int | None] | None] | None = strawberry.field(resolver=answer)
    mixed_grid: list[list[int] | None] | None = strawberry.field(resolver=answer)
    person: Person = strawberry.field(resolver=answer)
    person_or_null: Person | None = strawberry.field(resolver=answer)
    person_later: Person | None = strawberry.field(resolver=answer_later)
    people: list[Person] = strawberry.field(resolver=answer)
    people_or_nulls: list[Person | None] | None = strawberry.field(resolver=answer)
    crowd: list[list[Person | None] | None] | None = strawberry.field(resolver=answer)
    cat: Cat | None = strawberry.field(resolver=answer)
    cats: list[Cat | None] | None = strawberry.field(resolver=answer)
    animal: Animal | None = strawberry.field(resolver=answer)
    animals: list[Animal | None] | None = strawberry.field(resolver=answer)
    strict_animals: list[Animal] | None = strawberry.field(resolver=answer)
    things: list[Thing | None] | None = strawberry.field(resolver=answer)
    things_later: list[Thing] | None = strawberry.field(resolver=answer_later)
    colors: list[Color | None] | None = strawberry.field(resolver=answer)
    guarded: int | None = strawberry.field(resolver=answer, permission_classes=[Allowed])
    guarded_later: int = strawberry.field(resolver=answer_later, permission_classes=[Allowed])
    doubled: str | None = strawberry.field(resolver=answer, extensions=[Twice()])
    doubled_later: str | None = strawberry.field(resolver=answer_later, extensions=[Twice()])
    plain: str | None = None

    @strawberry.field
    def me(self) -> "Query":
        return Query()

    @strawberry.field
    def echo(
        self,
        number: int | None = strawberry.UNSET,
        text: str = "none",
        color: Color | None = Color.GREEN,
        numbers: list[int] | None = None,
        grid: list[list[int | None]] | None = None,
        point: Point | None = None,
        points: list[Point | None] | None = None,
        either: Either | None = None,
        reversed: Reversed | None = None,  # noqa: A002
        day: dt.date | None = None,
        old: Annotated[int | None, strawberry.argument(deprecation_reason="old")] = None,
        flag: Annotated[bool, strawberry.argument(name="isSet")] = False,
        maybe: strawberry.Maybe[str | None] = None,
    ) -> str:
        given = {name: value for name, value in locals().items() if name != "self"}
        return repr(given)

    @strawberry.field
    async def required(self, number: int, point: Point = Point(x=1)) -> str:  # noqa: B008
        return repr((number, point))

    told: JSON = strawberry.field(resolver=told_of)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def add(self, info: Info, number: int) -> int:
        info.context.calls.append(number)
        return sum(info.context.calls)

    @strawberry.mutation
    async def add_later(self, info: Info, number: int) -> Person:
        await asyncio.sleep(0)
        info.context.calls.append(number)
        return Person(name=str(info.context.calls), age=number or None)

    @strawberry.mutation
    async def fail(self, info: Info) -> int:
        info.context.calls.append("fail")
        raise ValueError("failed")

    @strawberry.mutation
    def fail_softly(self, info: Info) -> int | None:
        info.context.calls.append("fail softly")
        raise ValueError("failed softly")

    @strawberry.mutation
    def seen(self, info: Info) -> list[str]:
        return list(map(str, info.context.calls))


SCHEMA = strawberry.Schema(
    Query,
    Mutation,
    types=[Cat, Dog, Stone],
    config=StrawberryConfig(scalar_map={Reversed: REVERSED}),
)


def answering(make: Callable[[], Any], *names: str) -> Pair:
    """The schema under both executors, where fields answer what `make` makes."""
    return Pair(SCHEMA, lambda: Context(**dict.fromkeys(names, make)))
