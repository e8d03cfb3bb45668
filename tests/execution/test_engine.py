"""Documents and plans: what is kept, what is counted, and what is too deep."""

import asyncio
import inspect
import sys
from typing import Any

import pytest
from graphql.execution.executor import SELECTIONS_NESTED_TOO_DEEPLY

from execution import Engine, compiler, engine
from tests.execution import zoo
from tests.execution.pairs import Pair, run
from tests.execution.zoo import Context, Person

QUERY = "query Q($all: Boolean! = true) { person { name children @include(if: $all) { name } } }"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is compiled from now on: "plan", and the types of selections."""
    done: list[str] = []
    plan, selection = compiler.Compiler.plan, compiler.Compiler.subselection

    def counting_plan(self: Any) -> Any:
        done.append("plan")
        return plan(self)

    def counting_selection(self: Any, field: Any, type_: Any) -> Any:
        done.append(type_.name)
        return selection(self, field, type_)

    monkeypatch.setattr(compiler.Compiler, "plan", counting_plan)
    monkeypatch.setattr(compiler.Compiler, "subselection", counting_selection)
    return done


def context() -> Context:
    return Context(person=Person(name="Ann"), people=[Person(name="Ann"), Person(name="Bob")])


async def test_a_plan_is_compiled_once(compiled: list[str]) -> None:
    tested = Engine(zoo.SCHEMA)
    await run(tested, QUERY, context=context())
    assert compiled == ["plan", "Person", "Person"]
    for _ in range(3):
        await run(tested, QUERY, context=context())
    assert len(compiled) == 3
    await run(tested, QUERY, {"all": False}, context=context())
    assert compiled[3:] == ["plan", "Person"]
    await run(tested, QUERY, {"all": False}, context=context())
    await run(tested, QUERY, {"all": True}, context=context())
    assert len(compiled) == 5
    assert tested.counts == {"compiled": 7}


async def test_what_is_not_met_is_not_compiled(compiled: list[str]) -> None:
    tested = Engine(zoo.SCHEMA)
    query = "{ people { name children(count: 0) { me { name } } } }"
    await run(tested, query, context=context())
    assert compiled == ["plan", "Person"]


async def test_a_text_is_parsed_and_validated_once() -> None:
    tested = Engine(zoo.SCHEMA)
    assert tested.document(QUERY) is tested.document(QUERY)
    assert tested.document("{ wrong }") is tested.document("{ wrong }")
    assert tested.document("{") is tested.document("{")


async def test_a_document_has_no_more_plans_than_it_may() -> None:
    tested = Engine(zoo.SCHEMA)
    names = [f"v{number}" for number in range(5)]
    query = f"query ({' '.join(f'${name}: Boolean!' for name in names)}) {{ __typename "
    query += " ".join(f"{name}: __typename @skip(if: ${name})" for name in names) + "}"
    for chosen in range(32):
        given = {name: bool(chosen & 1 << bit) for bit, name in enumerate(names)}
        result = await run(tested, query, given)
        assert set(result.data or ()) == {"__typename", *(n for n in names if not given[n])}
        assert len(tested.document(query).plans) <= engine.MAX_PLANS


async def test_the_documents_take_no_more_memory_than_they_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "CACHE_BYTES", 50_000)
    tested = Engine(zoo.SCHEMA)
    kept = tested._documents
    assert kept.maxsize == 50_000
    for number in range(100):
        await run(tested, f"{{ a{number}: __typename person {{ name age }} }}", context=context())
        assert kept.currsize <= 50_000
    assert 3 < len(kept) < 12
    assert kept.currsize == sum(document.size for document in kept.values())
    latest = tested.document("{ a99: __typename person { name age } }")
    assert len(latest.plans) == 1
    large = "{ " + " ".join(f"a{number}: __typename" for number in range(100)) + " }"
    result = await run(tested, large)
    assert len(result.data or ()) == 100
    assert large not in kept


async def test_it_is_counted_how_operations_are_run() -> None:
    standard = Engine(zoo.SCHEMA, compiled=False)
    await run(standard, "{ __typename }")
    assert standard.counts == {"switched off": 1}
    tested = Engine(zoo.SCHEMA)
    await run(tested, "{ __typename }")
    await run(tested, "mutation { seen }", context=Context())
    await run(tested, "query ($n: Int!) { echo(number: $n) }")
    await run(tested, "{ nothing }")
    assert tested.counts == {"compiled": 2}


async def test_one_plan_serves_many_at_the_same_time() -> None:
    pair = Pair(zoo.SCHEMA, context)
    query = "query ($n: Int) { people { later(delay: $n) children { later(delay: $n) } } }"

    async def check(number: int) -> None:
        await pair.answer(query, n=number)

    async with asyncio.TaskGroup() as tasks:
        for number in range(20):
            tasks.create_task(check(number))


def nested(depth: int, inner: str = "name") -> str:
    return "{ person " + "{ me " * depth + "{ " + inner + " }" + " }" * depth + " }"


async def test_nesting_is_followed_as_deep_as_the_standard_executor_goes() -> None:
    pair = Pair(zoo.SCHEMA, context)
    for depth in (10, 40):
        assert await pair.data(nested(depth))
        assert await pair.errors(nested(depth, "strict"))
    deepest = await run(pair.compiled, nested(130), context=context())
    assert deepest.errors is None


async def test_what_is_nested_too_deeply_is_an_error() -> None:
    tested, query = Engine(zoo.SCHEMA), nested(130)
    document = tested.document(query)
    assert not document.errors
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 150)
    try:
        result = await run(tested, query, context=context())
    finally:
        sys.setrecursionlimit(limit)
    assert result.data is None
    assert [error.message for error in result.errors or ()] == [SELECTIONS_NESTED_TOO_DEEPLY]
    assert (await run(tested, query, context=context())).errors is None


@pytest.mark.parametrize("text", ["{" * 5_000, "{ a " * 5_000 + "}" * 5_000, "[" * 9_999])
async def test_what_is_too_deep_to_be_read_is_an_error(text: str) -> None:
    assert Engine(zoo.SCHEMA).document(text).errors
