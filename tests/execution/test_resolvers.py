"""How resolvers are called, what they raise, and mutations, which run in turn."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from tests.execution import zoo
from tests.execution.pairs import Pair, run
from tests.execution.zoo import Context, Person, answering

BAD = ValueError("bad")


def raising(error: Exception) -> Callable[[], Any]:
    def make() -> Any:
        raise error

    return make


class Picky(Exception):
    """One that is told by an attribute, as graphql-core does it."""

    message = "told by an attribute"
    extensions = {"code": "PICKY"}  # noqa: RUF012


class Silent(Exception):
    pass


ERRORS = [
    BAD,
    Silent(),
    Picky("argument"),
    KeyError("key"),
    StopIteration("stop"),
    RecursionError("deep"),
    GraphQLError("own", extensions={"code": "OWN"}),
    GraphQLError("placed", path=["x", 1]),
    GraphQLError("wrapping", original_error=Silent("inside")),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_what_resolvers_raise_is_told_alike(error: Exception) -> None:
    names = ["number", "number_or_null", "guarded", "guarded_later", "doubled", "people"]
    names += ["number_or_null_later", "doubled_later", "person_later", "numbers_later"]
    pair = answering(raising(error), *names)
    for name in names:
        field = to_camel_case(name)
        fields = " { name }" if name.startswith("pe") else ""
        await pair.answer(f"{{ {field}{fields} __typename }}")
        await pair.answer(f"{{ me {{ me {{ a: {field}{fields} b: {field}{fields} }} }} }}")
    returned = answering(lambda: [error, 1, error], "numbers_or_nulls", "numbers")
    await returned.answer("{ numbersOrNulls }")
    await returned.answer("{ numbers }")


async def test_permissions_and_extensions_are_asked() -> None:
    query = "{ guarded guardedLater doubled doubledLater }"
    given = {"guarded": 1, "guarded_later": 2, "doubled": "a", "doubled_later": "b"}
    for allowed in (True, False):
        pair = Pair(zoo.SCHEMA, partial(Context, **given, allowed=allowed))
        result = await pair.answer(query, loosely=True)
        assert bool(result.errors) is not allowed
        await pair.answer("{ guarded doubled doubledLater }")


async def test_a_field_without_a_resolver_is_an_attribute() -> None:
    pair = Pair(zoo.SCHEMA, Context)
    assert await pair.data("{ me { plain } }") == {"me": {"plain": None}}
    assert await pair.errors("{ plain }") == ["plain: 'NoneType' object has no attribute 'plain'"]


async def test_an_error_below_nulls_what_it_must_and_no_more() -> None:
    people = [Person(name="Ann", age=1), Person(name="Bob"), Person(name="Eve", age=2)]
    contexts: dict[str, Any] = {
        "people": people,
        "people_or_nulls": people,
        "crowd": [people[:1], people, None, [None, people[1]], []],
        "person": people[1],
        "person_or_null": people[1],
    }
    pair = Pair(zoo.SCHEMA, lambda: Context(**contexts))
    below = "{ name me { meOrNobody { children { name age strict } } } }"
    for field in ("people", "peopleOrNulls", "crowd", "person", "personOrNull"):
        for inner in ("{ strict }", below, "{ heirs { strict me { strict } } name }"):
            await pair.answer(f"{{ before: __typename {field} {inner} after: __typename }}")
            await pair.answer(f"{{ me {{ {field} {inner} }} }}")
        later = "{ strictLater heirs { strictLater } children { heirs { strictLater strict } } }"
        await pair.answer(f"{{ {field} {later} other: {field} {later} }}", loosely=True)


async def test_errors_before_the_one_that_nulls_are_told() -> None:
    pair = answering(lambda: [1, BAD, 2**40, None], "number_or_null", "strict_numbers_or_null")
    query = "{ me { a: numberOrNull strictNumbersOrNull b: numberOrNull } }"
    assert len(await pair.errors(query)) == 3
    query = "{ me { a: numberOrNull number: numbers b: numberOrNull } }"
    pair = answering(lambda: [None], "number_or_null", "numbers")
    assert len(await pair.errors(query)) == 2


async def test_cancelling_is_no_error_of_a_field() -> None:
    async def cancelled() -> Any:
        raise asyncio.CancelledError

    for items in ([cancelled], [cancelled, cancelled]):
        pair = answering(partial(lambda them: [item() for item in them], items), "numbers_or_nulls")
        for engine in (pair.standard, pair.compiled):
            with pytest.raises(asyncio.CancelledError):
                await run(engine, "{ numbersOrNulls }", context=pair.context())


# --- mutations ------------------------------------------------------------------------------

MUTATIONS = {
    "in order": "mutation { a: add(number: 1) b: addLater(number: 2) { name } seen c: seen }",
    "a soft failure": "mutation { add(number: 1) failSoftly b: add(number: 2) seen }",
    "a failure keeps the rest from running": "mutation { add(number: 1) fail b: add(number: 2) }",
    "a failure below": """mutation { add(number: 1) addLater(number: 0) { name strict }
        b: add(number: 2) }""",
    "a failure far below": """mutation { addLater(number: 0) { meOrNobody { strict } heirs {
        strictLater } } seen }""",
    "merged": """mutation { ...F addLater(number: 1) { age } seen }
        fragment F on Mutation { addLater(number: 1) { name } }""",
    "skipped": "mutation { a: add(number: 1) @skip(if: true) b: add(number: 2) seen }",
    "nothing": "mutation { a: add(number: 1) @skip(if: true) }",
    "a wrong argument": "mutation M($n: Int = 1) { echo(number: $n) seen }",
}


@pytest.mark.parametrize("query", MUTATIONS.values(), ids=MUTATIONS)
async def test_mutations_run_one_after_the_other(query: str) -> None:
    contexts: list[Context] = []

    def context() -> Context:
        contexts.append(Context())
        return contexts[-1]

    await Pair(zoo.SCHEMA, context).answer(query)
    assert all(each.calls == contexts[0].calls for each in contexts)
    if "keeps" in query:
        assert contexts[0].calls == [1, "fail"]


async def test_an_operation_that_the_schema_does_not_have() -> None:
    @strawberry.type
    class Query:
        x: int = 1

    pair = Pair(strawberry.Schema(Query))
    await pair.answer("mutation { x }")


class Shouting(StrawberryField):
    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:
        return f"{super().get_result(source, info, args, kwargs)}!"


@strawberry.type
class Loud:
    loud: str = Shouting(python_name=None, default="x")  # type: ignore[assignment]

    @strawberry.field
    def me(self) -> "Loud":
        return Loud()


async def test_a_field_of_a_class_of_its_own_is_called_as_it_says() -> None:
    assert await Pair(strawberry.Schema(Loud)).data("{ me { loud } }") == {"me": {"loud": "x!"}}
