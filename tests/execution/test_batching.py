"""Fields that are resolved for a whole level, and data loaders: one call each."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.dataloader import DataLoader

from execution import Engine, batched
from tests.execution.pairs import TIMES, Pair, run
from tests.execution.zoo import Cat, Context, Dog, answering

BAD = ValueError("bad")


def pack(*names: str | None) -> list[Any]:
    made = [Cat(name=name, friends=[Dog(name=f"{name}'s")]) for name in names]
    return [*made, Dog(name="Rex", friends=made[:1])]


async def calls(engine: Engine, query: str, animals: list[Any]) -> list[Any]:
    """The batches that a query was answered with."""
    context = Context(animals=lambda: animals)
    result = await run(engine, query, context=context)
    assert result.errors is None
    return context.calls


async def test_a_level_of_objects_is_one_batch() -> None:
    query = "{ animals { ... on Cat { buddies { name } } } }"
    pair = answering(lambda: pack("a", "b", "c"), "animals")
    await pair.data(query)
    for count in (1, 3, 50):
        cats = [Cat(name=str(number)) for number in range(count)]
        for engine in (pair.compiled, pair.standard):
            assert await calls(engine, query, cats) == [[cat.name for cat in cats]]


async def test_no_batch_is_asked_for_nothing() -> None:
    pair = answering(list, "animals")
    await pair.data("{ animals { ... on Cat { buddies { name } } } }")
    assert await calls(pair.compiled, "{ animals { ... on Cat { buddies { name } } } }", []) == []


BUDDIES = """{ animals { name ... on Cat { buddies { name shout } }
    ... on Dog { buddies { shout } } } }"""


@pytest.mark.parametrize(
    "friends",
    [
        [[], None, [Dog(name=None)], [Cat(name="x"), Dog(name="y")]],
        [BAD, [], BAD],
        [GraphQLError("own"), [BAD], [None]],
        [None, None],
        ["text", 1],
    ],
)
@pytest.mark.parametrize("kind", [Cat, Dog])
async def test_what_a_batch_answers_is_told_alike(kind: Any, friends: list[Any]) -> None:
    pair = answering(lambda: [kind(name="n", friends=each) for each in friends], "animals")
    await pair.answer(BUDDIES, loosely=True)
    for number in range(len(friends)):
        one = answering(partial(lambda n: [kind(name="n", friends=friends[n])], number), "animals")
        await one.answer(BUDDIES)


async def raising_load(sources: list[Any], info: Any) -> list[Any]:
    raise BAD


async def short_load(sources: list[Any], info: Any) -> list[Any]:
    return [1] * (len(sources) - 1)


async def long_load(sources: list[Any], info: Any) -> Any:
    return (number for number in range(len(sources) + 1))


async def no_load(sources: list[Any], info: Any) -> Any:
    return None


async def told_load(sources: list[Any], info: Any) -> Sequence[Any]:
    return tuple(f"{source.number} {info.field_name} {info.python_name}" for source in sources)


@pytest.mark.parametrize("load", [raising_load, short_load, long_load, no_load, told_load])
async def test_a_batch_that_fails_is_an_error_of_each_object(load: Any) -> None:
    @strawberry.type
    class Item:
        number: int
        shown: str | None = batched(load, description="")

    @strawberry.type
    class Query:
        @strawberry.field
        def items(self) -> list[Item]:
            return [Item(number=number) for number in range(3)]

    pair = Pair(strawberry.Schema(Query), Context)
    result = await pair.answer("{ items { number shown } }")
    assert len(result.errors or ()) == (0 if load is told_load else 3)


@pytest.mark.parametrize("ready", [[], [0, 1, 2], [1], [0, 2]])
@pytest.mark.parametrize("load", [told_load, raising_load])
async def test_a_batch_is_asked_for_what_is_not_ready(load: Any, ready: list[int]) -> None:
    asked: list[list[int]] = []

    async def loading(sources: list[Any], info: Any) -> Any:
        asked.append([source.number for source in sources])
        return await load(sources, info)

    @strawberry.type
    class Thing:
        number: int
        shown: str | None = batched(
            loading, "", lambda thing: "ready" if thing.number in ready else None
        )

    @strawberry.type
    class Query:
        @strawberry.field
        def things(self) -> list[Thing]:
            return [Thing(number=number) for number in range(3)]

    result = await Pair(strawberry.Schema(Query), Context).answer("{ things { number shown } }")
    assert result.data is not None
    told = [thing["shown"] == "ready" for thing in result.data["things"]]
    assert told == [number in ready for number in range(3)]
    missing = [number for number in range(3) if number not in ready]
    assert asked == ([missing] * (TIMES + 1) if missing else [])


@strawberry.type
class Item:
    number: int

    @strawberry.field
    async def tenfold(self, info: strawberry.Info[Any, None]) -> int | None:
        found: int = await info.context["loader"].load(self.number)
        return found

    @strawberry.field
    def parts(self) -> "list[Item]":
        return [Item(number=self.number + step) for step in range(2)]


@strawberry.type
class Items:
    @strawberry.field
    def items(self, count: int) -> list[Item]:
        return [Item(number=number) for number in range(count)]


async def test_an_object_that_cannot_say_if_it_is_ready_has_an_error_of_its_own() -> None:
    def ready(thing: Any) -> Any:
        return 1 // (thing.number - 1) or None

    @strawberry.type
    class Thing:
        number: int
        shown: str | None = batched(told_load, "", ready)

    @strawberry.type
    class Query:
        @strawberry.field
        def things(self) -> list[Thing]:
            return [Thing(number=number) for number in (1, 3)]

    result = await Pair(strawberry.Schema(Query), Context).answer("{ things { number shown } }")
    assert [error.path for error in result.errors or ()] == [["things", 0, "shown"]]
    assert result.data is not None
    assert result.data["things"][1] == {"number": 3, "shown": "3 shown shown"}


async def test_data_loaders_are_asked_once_for_a_level() -> None:
    batches: list[list[int]] = []

    async def load(keys: list[int]) -> list[Any]:
        batches.append(keys)
        return [ValueError("none") if key == 3 else key * 10 for key in keys]

    pair = Pair(strawberry.Schema(Items), lambda: {"loader": DataLoader(load)})
    assert await pair.data("{ items(count: 3) { tenfold } }")
    assert batches == [[0, 1, 2]] * (TIMES + 1)
    result = await pair.answer("{ items(count: 5) { number tenfold parts { tenfold } } }")
    assert len(result.errors or ()) == 3
