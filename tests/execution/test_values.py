"""Values of every kind for fields of every type: null, errors and wrong types end alike."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from graphql import GraphQLError
from graphql.pyutils import Undefined
from strawberry import cast
from strawberry.utils.str_converters import to_camel_case

from tests.execution import kinds, zoo
from tests.execution.pairs import Pair
from tests.execution.zoo import Cat, Color, Dog, Person, Size, Stone, answering


class Odd:
    """What no type knows."""

    name = "odd"

    def __repr__(self) -> str:
        return "Odd"


class ManyWords(str):
    __slots__ = ()


class OwnList(list[Any]):
    pass


BAD = ValueError("bad")
BROKEN = ValueError("broken off")


def same(value: Any) -> Any:
    return value


async def soon(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


async def stream(*values: Any) -> AsyncIterator[Any]:
    for value in values:
        await asyncio.sleep(0)
        if value is BROKEN:
            raise BROKEN
        yield value


def generated(*values: Any) -> Iterator[Any]:
    for value in values:
        if value is BROKEN:
            raise BROKEN
        yield value


CODED = GraphQLError("coded", extensions={"code": "X", "n": 1})
PLACED = GraphQLError("placed", path=["elsewhere", 1])

LEAVES: list[Any] = [
    *(1, 0, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 10**400),
    *(True, False, 1.0, 1.5, float("nan"), float("inf"), "", "x", "1", ManyWords("x"), b"x"),
    *(None, Undefined, BAD, CODED, PLACED, [], [1], (), {}, {"a": 1}, set(), Odd(), Odd),
    *(Color.RED, Color.GREEN, "RED", "red", "blue", Size.LARGE, 2, 3, object),
    *(dt.date(2026, 1, 1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC), Decimal("1.50"), "2026-01-01"),
]

LEAF_FIELDS = ["number", "number_or_null", "text", "id", "ratio", "truth"]
LEAF_FIELDS += ["color", "size", "day", "price", "json", "reversed"]


@pytest.mark.parametrize("name", LEAF_FIELDS)
async def test_a_leaf_is_shown_alike(name: str) -> None:
    field = to_camel_case(name)
    for value in LEAVES:
        pair = answering(partial(same, value), name)
        await pair.answer(f"{{ me {{ {field} }} }}")
        await pair.answer(f"{{ {field} __typename other: {field} }}")


COLUMNS: list[list[Any]] = [
    [],
    [1, 2, 3],
    [1, None, 3],
    [1, True, 2.0, "3"],
    [2**31, 1],
    [1, -(2**31) - 1, 2],
    [1, "x", 2, "y"],
    [1, BAD, 2, CODED],
    [PLACED, 1],
    [None, None],
    [[1], 1],
    [Undefined, 1],
]

WHOLES: list[Any] = [None, BAD, "text", b"x", 1, {"a": 1}, Odd(), Undefined, range(3), {1}]

LISTS = ["numbers", "numbers_or_nulls", "strict_numbers_or_null", "numbers_later"]


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_shown_alike(name: str) -> None:
    makers: list[Any] = [partial(same, value) for value in WHOLES]
    for column in COLUMNS:
        makers += [partial(kind, column) for kind in (list, tuple, iter, OwnList)]
        makers += [partial(kind, *column) for kind in (generated, stream)]
    for make in makers:
        pair = answering(make, name)
        await pair.answer(f"{{ {to_camel_case(name)} }}")


async def test_a_list_that_breaks_off_is_an_error_of_the_list() -> None:
    for make in (
        partial(generated, 1, 2, BROKEN),
        partial(generated, BROKEN),
        partial(stream, 1, BROKEN),
    ):
        pair = answering(make, "numbers_or_nulls")
        errors = await pair.errors("{ numbersOrNulls __typename }")
        assert errors == ["numbersOrNulls: broken off"]


@pytest.mark.parametrize("name", LISTS[1:])
@pytest.mark.parametrize("values", [[1, 2], [1, BAD], [None, 1, BAD], [BAD, None], ["x", 1]])
async def test_items_may_have_to_be_waited_for(name: str, values: list[Any]) -> None:
    for make in (
        lambda: [soon(value) for value in values],
        lambda: [soon(values[0]), *values[1:]],
        lambda: (soon(value) for value in values),
        lambda: stream(*(soon(value) for value in values)),
        lambda: [asyncio.ensure_future(soon(value)) for value in values],
    ):
        pair, field = answering(make, name), to_camel_case(name)
        await pair.answer(f"{{ {field} }}", loosely=True)
        await pair.answer(f"{{ me {{ number: plain me {{ {field} }} }} }}", loosely=True)


GRIDS: list[Any] = [
    None,
    [],
    [[]],
    [[], [], [1]],
    [[1, 2], [3]],
    [[1, None], [2]],
    [[1], [2, None], None, [BAD, 3]],
    [None, [1]],
    [[1], BAD, [2]],
    [[BAD, CODED], [CODED]],
    [[], [], [None, BAD], [], ["x"]],
    [1, [1]],
    ["ab", [1]],
    [(1, 2), "generated"],
    [[[1]], [2]],
    [[2**40], [1], [None]],
    1,
]


@pytest.mark.parametrize("grid", GRIDS)
async def test_lists_of_lists_are_shown_alike(grid: Any) -> None:
    def make(value: Any = grid) -> Any:
        if isinstance(value, list):
            return [make(item) for item in value]
        return generated(3) if value == "generated" else value

    pair = answering(make, "grid", "soft_grid", "mixed_grid")
    for name in ("grid", "softGrid", "mixedGrid"):
        await pair.answer(f"{{ {name} a: {name} }}")


async def test_lists_of_lists_may_have_to_be_waited_for() -> None:
    for make in (
        lambda: [soon([1, 2]), [soon(3), None], soon(BAD), [soon(BAD)], soon(None)],
        lambda: stream([1], soon([soon(2)]), stream(3, None)),
    ):
        await answering(make, "soft_grid").answer("{ softGrid }")


OBJECTS: list[Any] = [
    *(None, Undefined, BAD, CODED, 1, "x", [], {}, {"name": "d"}, Odd(), Odd, Person),
    *(Cat(name="c"), Dog(name="d"), Stone(), Person(name="p")),
    cast(Cat, Dog(name="cast")),
    cast(Cat, Odd()),
    cast(Dog, Cat(name="cast")),
    cast(zoo.Animal, Odd()),
]

OBJECT_FIELDS = {
    "person": "{ name age }",
    "person_or_null": "{ name strict }",
    "cat": "{ name lives shout }",
    "animal": "{ __typename name shout(times: 2) ... on Cat { lives } }",
}


@pytest.mark.parametrize("name", OBJECT_FIELDS)
async def test_objects_are_shown_alike(name: str) -> None:
    for value in OBJECTS:
        pair = answering(partial(same, value), name)
        await pair.answer(f"{{ {to_camel_case(name)} {OBJECT_FIELDS[name]} __typename }}")


MIXED = {
    "cats": "{ name lives }",
    "animals": "{ __typename name ... on Dog { good } }",
    "strict_animals": "{ name shout }",
    "things": "{ __typename ... on Animal { name shout } ... on Stone { weight } }",
    "things_later": "{ __typename ... on Cat { lives } }",
    "people_or_nulls": "{ name me { strict } }",
    "people": "{ name heirs { strict } }",
}


@pytest.mark.parametrize("name", MIXED)
async def test_objects_of_all_kinds_in_a_list_are_shown_alike(name: str) -> None:
    """One plan sees one kind after the other: what it knows of one is not held of the next."""
    values: list[Any] = []
    pair = answering(lambda: list(values), name)
    query = f"{{ {to_camel_case(name)} {MIXED[name]} }}"
    # A cat that is cast to be a dog is shown where cats are (see completion.Shown).
    objects = OBJECTS if name != "cats" else OBJECTS[:-2]
    for value in objects:
        values = [value]
        await pair.answer(query)
    for start in range(len(objects)):
        values = objects[start:] + objects[:start]
        await pair.answer(query)
    pair = answering(lambda: list(map(soon, values)), name)
    await pair.answer(query, loosely=True)


class Kinded:
    def __init__(self, kind: str) -> None:
        self.kind = kind


@pytest.mark.parametrize("waits", [False, True])
async def test_types_may_be_told_by_value(*, waits: bool) -> None:
    """Objects of one class, where a function (async or not) says which type each is of."""
    pair = answering(lambda: list(map(Kinded, ["a", "b", "none", "wrong", "bad", "a"])), "things")
    pair = Pair(kinds.build(waits=waits), pair.context)
    if not waits:  # Strawberry's unions take a coroutine for "yes".
        await pair.answer("{ either { __typename ... on A { kind } } }")
        await pair.answer("{ either { ... on B { kind } } }")
    await pair.answer("{ onlyA { kind __typename } }")
    await pair.answer("{ named { kind __typename } }")
