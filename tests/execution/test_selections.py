"""Selections: fragments, aliases, directives, introspection, and the errors of documents."""

from typing import Any

import pytest
from graphql import GraphQLError, get_introspection_query, parse, specified_rules
from strawberry.schema.schema import validate_document

from tests.execution import zoo
from tests.execution.pairs import Pair


def pets() -> list[Any]:
    tom = zoo.Cat(name="Tom", lives=7)
    rex = zoo.Dog(name="Rex", owner=zoo.Person(name="Ann", age=30), friends=[tom])
    return [tom, rex, zoo.Stone(), zoo.Dog(name=None, owner=zoo.Person(name="Bob"))]


@pytest.fixture
def pair() -> Pair:
    return Pair(
        zoo.SCHEMA,
        lambda: zoo.Context(
            person=zoo.Person(name="Ann", age=30),
            people=[zoo.Person(name="Ann", age=30), zoo.Person(name="Bob")],
            animals=[pet for pet in pets() if not isinstance(pet, zoo.Stone)],
            things=pets(),
            number=1,
            number_later=2,
        ),
    )


DOCUMENTS = {
    "order": "{ people { age name } number person { age name } }",
    "typename everywhere": """{ __typename t: __typename person { __typename children {
        __typename } } things { __typename } animals { __typename } }""",
    "aliases": "{ a: person { n: name name m: name } b: person { age } number c: number }",
    "an alias that is another field's name": "{ name: number number: numberLater }",
    "the same field twice": "{ number number person { name } person { age name } }",
    "merged from fragments": """
        { person { children { name } } ...A ... on Query { person { children { age } } } }
        fragment A on Query { person { ...B children { strictLater name } } number }
        fragment B on Person { name children { me { name } } age }""",
    "merged below lists": """{ people { ...P } people { children { age } name } }
        fragment P on Person { children { me { name } } }""",
    "a fragment twice": """{ a: person { ...P ...P } b: person { ...P } }
        fragment P on Person { name age }""",
    "inline without a type": """{ ... { number } ... @include(if: true) {
        person { ... { name } } } }""",
    "a union": """{ things { ... on Cat { name lives } ... on Dog { name good owner { name } }
        ... on Stone { weight } } }""",
    "a union by its interface": "{ things { __typename ... on Animal { name } } }",
    "an interface": """{ animals { name ... on Dog { owner { name age } } ... on Cat { lives }
        ... on Animal { n: name } } }""",
    "the same key in two types": """{ things { ... on Cat { x: lives } ... on Dog { x: good }
        ... on Stone { x: weight } } }""",
    "different parts of the same field in two types": """{ animals {
        ... on Dog { owner { name } } ...O ... on Cat { lives } } }
        fragment O on Animal { ... on Dog { owner { age name } } name }""",
    "errors of one type among others": """{ things { __typename ... on Animal { shout }
        ... on Dog { owner { strict } } } }""",
    "errors below two aliases": """{ people { a: strict b: strict } p: people { x: strictLater
        y: age } }""",
    "errors below aliases of a list": """{ a: people { heirs { strict } }
        b: people { heirs { age } } }""",
    "a type that is never met": "{ animals { ... on Cat { lives } } }",
    "nothing asked of any": "{ things { ... on Stone { weight } } }",
    "deep fragments": """{ ...A } fragment A on Query { ...B } fragment B on Query { ...C }
        fragment C on Query { person { ...D } } fragment D on Person { me { ...E } }
        fragment E on Person { me { name ...F } } fragment F on Person { age }""",
    "info": """query Q($n: Int) { told(number: $n) person { t: told children { told ...T }
        me { ...T } } x: told } fragment T on Person { told z: told }""",
}


@pytest.mark.parametrize("query", DOCUMENTS.values(), ids=DOCUMENTS)
async def test_selections_are_answered_alike(pair: Pair, query: str) -> None:
    loosely = "strictLater" in query
    result = await pair.answer(query, loosely=loosely)
    assert result.data or result.errors


DIRECTIVES = {
    "literals": """{ number @skip(if: true) a: number @skip(if: false) b: number @include(if: true)
        c: number @include(if: false) d: number @skip(if: false) @include(if: false)
        person @skip(if: true) { name } }""",
    "nothing left": "{ number @skip(if: true) }",
    "nothing left below": "{ person { name @skip(if: true) } people { name @include(if: false) } }",
    "nothing left of one type": "{ animals { ... on Cat @skip(if: true) { lives } } }",
    "one of two nodes": "{ person { name } person @skip(if: true) { age } ...N @skip(if: true) }"
    " fragment N on Query { number }",
}


@pytest.mark.parametrize("query", DIRECTIVES.values(), ids=DIRECTIVES)
async def test_directives_are_followed_alike(pair: Pair, query: str) -> None:
    await pair.data(query)


CONDITIONS = """query ($a: Boolean!, $b: Boolean = true, $c: Boolean! = false) {
    number @skip(if: $a) x: number @include(if: $b) y: number @include(if: $c) @skip(if: $a)
    people { name @include(if: $a) age @skip(if: $a) ... @include(if: $c) { me { name } } }
    animals { ... on Cat @include(if: $b) { lives } ...D @skip(if: $c) name }
} fragment D on Dog { good owner @include(if: $a) { name } }"""


async def test_each_set_of_conditions_has_its_own_plan(pair: Pair) -> None:
    for given in [
        {"a": True},
        {"a": False},
        {"a": True, "b": False},
        {"a": False, "b": False, "c": True},
        {"a": True, "c": True},
        {"a": True, "b": True, "c": False},
        {"a": False},
        {"a": True},
    ]:
        await pair.data(CONDITIONS, **given)
    assert len(pair.compiled.document(CONDITIONS).plans) == 5


async def test_a_condition_that_is_null_is_an_error(pair: Pair) -> None:
    """At the operation's own fields it is the request's, below it is the field's."""
    query = "query ($b: Boolean = true) { number @include(if: $b) }"
    assert await pair.data(query) == {"number": 1}
    assert len(await pair.errors(query, b=None)) == 1
    assert await pair.data(query, b=False) == {}
    query = "query ($b: Boolean = true) { people { name @skip(if: $b) } number }"
    assert len(await pair.errors(query, b=None)) == 1
    assert (await pair.data(query))["people"] == [{}, {}]
    query = "query ($b: Boolean = true) { animals { ... on Dog { good @skip(if: $b) } name } }"
    assert len(await pair.errors(query, b=None)) == 2
    query = "query ($b: Boolean = true) { person { heirs { name @skip(if: $b) } } number }"
    assert len(await pair.errors(query, b=None)) == 2


async def test_a_condition_of_one_operation_is_a_list_in_another(pair: Pair) -> None:
    query = """query A($v: Boolean!) { number @skip(if: $v) }
        query B($v: [Int!], $w: Boolean! = true) { echo(numbers: $v) number @skip(if: $w) }"""
    for value in ([1], [2], None):
        await pair.answer(query, operation="B", v=value)
    await pair.answer(query, operation="B", v=[1], w=False)
    await pair.answer(query, operation="A", v=True)
    assert len(pair.compiled.document(query).plans) == 3


async def test_introspection_is_answered_alike(pair: Pair) -> None:
    data = await pair.data(get_introspection_query(input_value_deprecation=True))
    assert len(data["__schema"]["types"]) > 20
    names = """query ($n: String!) { __type(name: $n) { name kind fields(includeDeprecated: true) {
        name type { ...T } args { name defaultValue type { ...T } } } possibleTypes { name }
        enumValues { name } inputFields { name defaultValue } } }
        fragment T on __Type { kind name ofType { kind name ofType { kind name } } }"""
    for name in ("Query", "Animal", "Thing", "Color", "Point", "Reversed", "Nothing"):
        await pair.data(names, n=name)


SEVERAL = """query A { number ...F } query B($n: Int!) { echo(number: $n) }
    mutation C { add(number: 1) } fragment F on Query { person { name } }"""


async def test_of_several_operations_the_named_one_is_run(pair: Pair) -> None:
    assert (await pair.answer(SEVERAL, operation="A")).data == {
        "number": 1,
        "person": {"name": "Ann"},
    }
    assert (await pair.answer(SEVERAL, operation="B", n=1)).data
    assert (await pair.answer(SEVERAL, operation="B")).errors
    assert (await pair.answer(SEVERAL, operation="C")).data == {"add": 1}
    assert (await pair.answer(SEVERAL, operation="A")).data


WRONG = [
    "",
    "{",
    "{ }",
    "{ number",
    "query { number } }",
    "{ nothing }",
    "{ person }",
    "{ number { x } }",
    "{ person { nothing } }",
    "{ number: person { name } number }",
    "{ person { ...Nothing } }",
    "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "{ number } fragment Unused on Query { number }",
    "{ number @nothing }",
    "{ number @skip }",
    "{ number @skip(if: 1) }",
    "{ person { ... on Cat { name } } }",
    "subscription { number }",
    "{ number } { number }",
    "query A { number } query A { number }",
    "type A { b: Int }",
    "fragment A on Query { number }",
    '{ number(x: "\ud800") }',
]


@pytest.mark.parametrize("query", WRONG)
async def test_what_is_wrong_about_a_document_is_told(pair: Pair, query: str) -> None:
    try:
        expected = validate_document(zoo.SCHEMA._schema, parse(query), tuple(specified_rules))
    except GraphQLError as error:
        expected = [error]
    found = pair.compiled.document(query).errors
    assert [error.formatted for error in found] == [error.formatted for error in expected]
    if not found and pair.compiled.document(query).operations:
        await pair.answer(query)
