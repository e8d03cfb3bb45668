"""Arguments and variables: what resolvers get is the same under both executors."""

from typing import Any

import pytest
from graphql import parse

from tests.execution import zoo
from tests.execution.pairs import Pair


@pytest.fixture
def pair() -> Pair:
    return Pair(zoo.SCHEMA, zoo.Context)


LITERALS = [
    "",
    "(number: 1)",
    "(number: null)",
    '(text: "x")',
    '(text: """\n  block\n    text\n""")',
    "(color: RED)",
    "(color: null)",
    "(numbers: [1, 2])",
    "(numbers: 1)",
    "(numbers: [])",
    "(numbers: null)",
    "(grid: [[1, null], []])",
    "(grid: [1, 2])",
    "(grid: 1)",
    "(point: {x: 1})",
    '(point: {x: 1, y: 2, label: null, color: GREEN, tags: "one"})',
    "(point: {x: 1, inner: {x: 2, inner: {x: 3, tags: []}}})",
    "(points: {x: 1})",
    "(points: [{x: 1}, null, {x: 2}])",
    "(either: {left: 1})",
    '(either: {right: "r"})',
    '(reversed: "abc")',
    '(reversed: "")',
    '(day: "2026-02-28")',
    "(old: 5)",
    "(isSet: true)",
    "(maybe: null)",
    '(maybe: "some")',
    '(isSet: true, number: 3, text: "all", numbers: [4])',
    # Errors
    "(number: 2147483648)",
    "(number: 1.5)",
    '(number: "1")',
    "(text: null)",
    "(color: BLUE)",
    '(color: "RED")',
    "(numbers: [null])",
    "(grid: [null])",
    "(point: {})",
    "(point: {x: null})",
    "(point: {x: 1, z: 2})",
    "(point: {x: 1, color: null})",
    "(either: {})",
    '(either: {left: 1, right: "r"})',
    "(either: {left: null})",
    '(day: "2026-02-30")',
    "(day: 5)",
    "(flag: true)",
    "(nothing: 1)",
    "(number: 1, number: 2)",
]


@pytest.mark.parametrize("given", LITERALS)
async def test_literals_reach_the_resolver_alike(pair: Pair, given: str) -> None:
    result = await pair.answer(f"{{ echo{given} again: echo{given} }}")
    assert result.data or result.errors


@pytest.mark.parametrize(
    "given", ["", "(number: 1)", "(number: null)", "(number: 1, point: {x: 2})", "(point: null)"]
)
async def test_required_arguments(pair: Pair, given: str) -> None:
    await pair.answer(f"{{ required{given} }}")


NOT_GIVEN = object()

VARIABLES: list[tuple[str, str, list[Any]]] = [
    ("Int", "number", [NOT_GIVEN, None, 1, 0, -(2**31), 2**31, 1.0, 1.5, "1", True, [1], {}]),
    ("Int = 5", "number", [NOT_GIVEN, None, 1, "x"]),
    ("Int = null", "number", [NOT_GIVEN, None, 1]),
    ("Int!", "number", [NOT_GIVEN, None, 1, "x"]),
    ("Int! = 5", "number", [NOT_GIVEN, None, 1]),
    ("String!", "text", [NOT_GIVEN, "x", 1, True, "\ud800", "\x00"]),
    ('String = "v"', "text", [NOT_GIVEN, None, "x"]),
    ("Color", "color", [NOT_GIVEN, None, "RED", "red", "BLUE", 1, ["RED"]]),
    ("Color = RED", "color", [NOT_GIVEN, None, "GREEN"]),
    ("[Int!]", "numbers", [NOT_GIVEN, None, [], [1], 1, [None], ["x"], [[1]], (1, 2)]),
    ("[Int!] = 3", "numbers", [NOT_GIVEN, None, 2]),
    ("[[Int]!]", "grid", [NOT_GIVEN, None, 1, [1], [[1]], [[None]], [None], [[[1]]]]),
    (
        "Point",
        "point",
        [
            NOT_GIVEN,
            None,
            {"x": 1},
            {"x": 1, "y": None},
            {"x": 1, "label": None},
            {"x": 1, "label": "l", "tags": "t", "color": "GREEN"},
            {"x": 1, "inner": {"x": 2, "inner": None}},
            {"x": 1, "inner": {}},
            {"x": "1"},
            {"x": 1, "z": 1},
            {},
            [],
            1,
        ],
    ),
    ('Point = {x: 4, tags: ["d"]}', "point", [NOT_GIVEN, None, {"x": 1}]),
    ("[Point]", "points", [NOT_GIVEN, None, {"x": 1}, [{"x": 1}, None], [1], [{"x": 1}, {}]]),
    (
        "Either",
        "either",
        [None, {"left": 1}, {"right": "r"}, {}, {"left": None}, {"left": 1, "right": "r"}],
    ),
    ("Reversed", "reversed", [None, "abc", 1, ["a"]]),
    ("Date", "day", [None, "2026-02-28", "2026-02-30", 7]),
    ("Boolean! = true", "isSet", [NOT_GIVEN, False, None]),
    ("Boolean = true", "isSet", [NOT_GIVEN, False, None]),
    ("String", "maybe", [NOT_GIVEN, None, "x"]),
    ("Int", "old", [NOT_GIVEN, None, 1]),
]


@pytest.mark.parametrize(("type_", "argument", "values"), VARIABLES)
async def test_variables_reach_the_resolver_alike(
    pair: Pair, type_: str, argument: str, values: list[Any]
) -> None:
    query = f"query ($v: {type_}) {{ echo({argument}: $v) told me {{ echo({argument}: $v) }} }}"
    for value in values:
        await pair.answer(query, **({} if value is NOT_GIVEN else {"v": value}))
    assert set(pair.compiled.counts) == {"compiled"}


INSIDE: list[tuple[str, list[dict[str, Any]]]] = [
    (
        "query ($x: Int!, $y: Int) { echo(point: {x: $x, y: $y}) }",
        [{"x": 1}, {"x": 1, "y": 2}, {"x": 1, "y": None}],
    ),
    (
        "query ($l: String) { echo(point: {x: 1, label: $l}) }",
        [{}, {"l": None}, {"l": "x"}],
    ),
    (
        "query ($n: Int) { echo(grid: [[1, $n], [$n]]) }",
        [{}, {"n": None}, {"n": 1}],
    ),
    (
        "query ($n: Int!) { echo(numbers: [1, $n]) b: echo(numbers: $n) }",
        [{"n": 1}],
    ),
    (
        "query ($p: Point, $i: Point) { echo(points: [$p, {x: 2, inner: $i}]) }",
        [{}, {"p": {"x": 1}}, {"i": {"x": 3}, "p": None}],
    ),
    (
        "query ($n: Int) { echo(either: {left: $n}) }",
        [{}, {"n": None}, {"n": 1}],
    ),
    (
        "query ($n: Int!) { echo(either: {left: $n}) }",
        [{"n": 1}],
    ),
    (
        "query ($n: Int = 3) { required(number: $n) }",
        [{}, {"n": None}, {"n": 1}],
    ),
    (
        'query ($t: String = "d") { echo(text: $t) me { echo(text: $t) } }',
        [{}, {"t": None}, {"t": "x"}],
    ),
]


@pytest.mark.parametrize(("query", "variables"), INSIDE)
async def test_variables_inside_lists_and_objects(
    pair: Pair, query: str, variables: list[dict[str, Any]]
) -> None:
    for given in variables:
        await pair.answer(query, **given)


async def test_a_null_for_a_non_null_argument_is_an_error_of_each_object() -> None:
    people = [zoo.Person(name="a"), zoo.Person(name="b")]
    pair = Pair(zoo.SCHEMA, lambda: zoo.Context(people=people))
    query = "query ($n: Int = 1) { people { name children(count: $n) { name } } }"
    assert (await pair.data(query))["people"][1]["children"] == [{"name": "b0"}]
    errors = await pair.errors(query, n=None)
    assert len(errors) == 1
    assert errors[0].startswith("people.0.children: Argument 'count' has invalid value")


async def test_each_object_has_arguments_of_its_own() -> None:
    """One that a resolver changes is not what the next object gets."""
    pair = Pair(zoo.SCHEMA, lambda: zoo.Context(people=[zoo.Person(name=n) for n in "ab"]))
    data = await pair.data("query ($t: [String!]!) { people { remember(tags: $t) } }", t=["x"])
    assert data == {"people": [{"remember": ["x", "a"]}, {"remember": ["x", "b"]}]}
    data = await pair.data("{ people { note(point: {x: 1}) } }")
    assert data == {"people": [{"note": ["a", "a"]}, {"note": ["a", "b"]}]}


async def test_variables_that_are_not_declared_are_no_matter(pair: Pair) -> None:
    assert (await pair.data("query ($n: Int) { echo(number: $n) }", n=1, other=2))["echo"]


@pytest.mark.parametrize(
    "query",
    [
        "query ($n: Nothing) { echo(number: $n) }",
        "query ($n: Int, $n: Int) { echo(number: $n) }",
        "query { echo(number: $n) }",
        "query ($n: Int) { __typename }",
        "query ($n: String) { echo(number: $n) }",
        "query ($n: Int) { required(number: $n) }",
        "query ($n: Person) { echo(number: $n) }",
        "query ($n: Int! = null) { echo(number: $n) }",
    ],
)
async def test_what_is_wrong_about_variables_is_told_alike(pair: Pair, query: str) -> None:
    parse(query)
    assert (await pair.answer(query, n=1)).errors


async def test_many_wrong_variables_are_told_alike(pair: Pair) -> None:
    query = "query ($p: [Point]) { echo(points: $p) }"
    result = await pair.answer(query, p=[{"x": "wrong"}] * 60)
    assert len(result.errors or ()) == 51
