"""Plans that run without waiting until they meet what has to be waited for.

Which is when an item of a list, as yet always there, is a coroutine: nothing that was found is
lost, and what was called for the straight code is called once more at most.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import strawberry
from graphql.pyutils import Undefined
from strawberry.scalars import JSON

from tests.execution.pairs import TIMES, Pair

CALLS: Counter[str] = Counter()


async def soon(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


async def stream(values: list[Any]) -> AsyncIterator[Any]:
    for value in values:
        yield value


def generate(values: list[Any]) -> Iterator[Any]:
    yield from values


@strawberry.type
class Node:
    number: int
    make: strawberry.Private[Callable[[int], Any]]

    def called(self, name: str) -> None:
        CALLS[f"{name} {self.number}"] += 1

    @strawberry.field
    def double(self) -> int:
        self.called("double")
        return self.number * 2

    @strawberry.field
    def items(self) -> list[int | None]:
        self.called("items")
        return self.make(self.number)  # type: ignore[no-any-return]

    @strawberry.field
    def grid(self) -> list[list[int | None] | None]:
        self.called("grid")
        return [generate([1, 2]), self.make(self.number)]

    @strawberry.field
    def things(self) -> list[JSON | None]:
        self.called("things")
        return self.make(self.number)  # type: ignore[no-any-return]

    @strawberry.field
    def thing(self) -> JSON | None:
        self.called("thing")
        return Undefined if self.make is coroutines else 1  # type: ignore[return-value]

    @strawberry.field
    def generated(self) -> list[int]:
        self.called("generated")
        return generate([self.number])  # type: ignore[return-value]

    @strawberry.field
    def nodes(self, count: int = 2) -> "list[Node]":
        self.called("nodes")
        return [Node(number=self.number * 10 + step, make=self.make) for step in range(count)]

    @strawberry.field
    def node(self) -> "Node | None":
        self.called("node")
        return Node(number=self.number * 10 + 5, make=self.make)

    @strawberry.field
    async def later(self) -> "list[Node]":
        self.called("later")
        return [Node(number=self.number * 10 + step, make=self.make) for step in range(2)]

    @strawberry.field
    def strict(self) -> int:
        self.called("strict")
        if self.number % 2:
            raise ValueError(f"{self.number} is odd")
        return self.number

    @strawberry.field
    def stopped(self) -> int | None:
        if self.number % 2:
            raise StopIteration
        return self.number


def start(info: strawberry.Info[Any, None]) -> Any:
    CALLS["start 0"] += 1
    return Node(number=1, make=info.context)


@strawberry.type
class Query:
    start: Node = strawberry.field(resolver=start)


@strawberry.type
class Mutation:
    start: Node = strawberry.mutation(resolver=start)


SCHEMA = strawberry.Schema(Query, Mutation)

QUERIES = [
    "{ start { double generated items double2: double } }",
    "{ start { nodes { double generated items x: generated } y: double } }",
    "{ start { generated node { generated nodes { generated items nodes { double } } double } } }",
    "{ start { later { generated nodes { generated items } } nodes { items double } } }",
    "{ start { a: nodes { items double } b: nodes { generated items } later { items } } }",
    "{ start { nodes { generated grid double } grid } }",
    "{ start { nodes { node { strict generated items } double } } }",
    "{ start { nodes { node { generated items strict } } generated } }",
    "{ start { nodes { stopped items double } } }",
    "{ start { nodes { double things } things } }",
    "{ start { nodes { thing node { thing double } } nodes { double } } }",
    "mutation { a: start { double nodes { items } } b: start { items generated } }",
]


def kinds(number: int) -> Any:
    """A list of another kind for each object."""
    values = [number, None, 2**40]
    made: list[Callable[[list[Any]], Any]] = [list, tuple, generate, iter, set, dict.fromkeys]
    return made[number % 6](values)


def coroutines(number: int) -> Any:
    """Coroutines for some objects."""
    if number % 2:
        return [soon(1), soon(None), 3, soon(ValueError("bad"))]
    return [1, 2]


def streams(number: int) -> Any:
    return stream([number, 2]) if number % 10 == 1 else [number]


@pytest.mark.parametrize("query", QUERIES)
async def test_what_has_to_be_waited_for_may_come_at_any_time(query: str) -> None:
    pair = Pair(SCHEMA)
    for make in (list_of, list_of, coroutines, list_of, streams, coroutines, kinds, list_of):
        pair.context = lambda make=make: make  # type: ignore[misc]
        await pair.answer(query, loosely=True)


def list_of(number: int) -> Any:
    return [number, None]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("make", [coroutines, streams])
async def test_what_takes_an_info_or_waits_is_called_once(
    query: str, make: Callable[[int], Any]
) -> None:
    """A function of its object alone may be called once more."""
    pair = Pair(SCHEMA, lambda: list_of)
    await pair.answer(query, loosely=True)
    pair.context = lambda: make
    CALLS.clear()
    await pair.answer(query, loosely=True)
    for name, count in CALLS.items():
        if name.startswith(("start", "later")):
            assert count == (TIMES + 1) * max(1, query.count("start {")), name
