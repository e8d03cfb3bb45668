"""What an operation may cost, and that everything that people use is within it."""

from typing import Any

import pytest
from graphql import get_introspection_query

from benchmarks import documents
from door import limits
from execution import Engine
from schema.root import schema
from schema.sizes import size_of
from services import settings
from tests.execution.test_found_documents import FOUND
from tests.test_http import STRICT, acme, code, post
from tests.world import World

__all__ = ["acme"]

INTROSPECTION = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)
MEASURED = [
    documents.BILLING_PAGE,
    documents.INVOICE_HISTORY,
    documents.SMALLEST,
    documents.ALLOCATE,
    documents.CHANGE_USERS,
]
USED = [text for text, file in FOUND.items() if file != "documents.py"]
"""All that stand in the repository, but for those that are sent to be refused (tests/hostile)."""


def engine() -> Engine:
    """An engine with the limits of the settings."""
    return Engine(schema, limits=limits.of_documents(), size_of=size_of)


@pytest.mark.parametrize("text", [*USED, *MEASURED, INTROSPECTION])
def test_whatever_stands_somewhere_is_within_the_limits(text: str) -> None:
    tested = engine()
    document = tested.document(text)
    assert all("at most" not in error.message for error in document.errors)
    if not document.errors:
        for node in document.operations.values():
            assert tested.cost(document, node, {}) <= settings.current().query_max_cost


COSTS: list[tuple[str, dict[str, Any], int]] = [
    ("{ account { name } }", {}, 1),
    (documents.SMALLEST, {}, 1),
    (documents.BILLING_PAGE, {}, 29),
    (documents.INVOICE_HISTORY, {}, 4_201),
    ("{ account { users { edges { node { id } } } } }", {}, 51),
    ("{ account { users(first: 3) { edges { node { seatGroup { id } } } } } }", {}, 7),
    ("{ account { invoices(last: 7) { pageInfo { hasNextPage } } } }", {}, 8),
    ("query P($n: Int) { account { users(first: $n) { totalCount } } }", {"n": 9}, 10),
    ("query P($n: Int) { account { users(first: $n) { totalCount } } }", {"n": 9.0}, 10),
    ("query P($n: Int = 5) { account { users(first: $n) { totalCount } } }", {}, 6),
    ("query P($n: Int) { account { users(first: $n) { totalCount } } }", {}, 51),
    ('{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 3),
    ("query N($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 9}, 9),
    ("query N($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": "a"}, 1),
    ("{ account { products { name } } }", {}, 11),
    ("{ __typename }", {}, 0),
    ('{ __type(name: "User") { fields { name } } }', {}, 1_000),
]


@pytest.mark.parametrize(("query", "variables", "cost"), COSTS)
async def test_an_answer_tells_its_cost(
    acme: World, query: str, variables: dict[str, Any], cost: int
) -> None:
    response = await post(acme, {"query": query, "variables": variables})
    assert response.json()["extensions"] == {"cost": {"requested": cost, "limit": 10_000}}


async def test_an_answer_with_errors_beside_data_tells_its_cost_too(acme: World) -> None:
    headers = {"authorization": f"Bearer {acme.client('paul').token}"}
    query = {"query": "{ account { name subscription { seats } } }"}
    answer = (await acme.http.post("/graphql", json=query, headers=headers)).json()
    assert answer["errors"]
    assert answer["extensions"]["cost"]["requested"] == 2


USERS = """query U($n: Int) { account { seatGroups(first: $n) { edges { node {
  users(first: 100) { edges { node { id } } } } } } } }"""


async def test_what_costs_more_than_is_allowed_is_refused_and_told_how_much(acme: World) -> None:
    good = await post(acme, {"query": USERS, "variables": {"n": 98}})
    assert good.json()["extensions"]["cost"]["requested"] == 9_899
    for accept, status in (("application/json", 200), (STRICT, 400)):
        bad = await post(acme, {"query": USERS, "variables": {"n": 100}}, accept=accept)
        assert (bad.status_code, code(bad)) == (status, "QUERY_TOO_COMPLEX")
        (error,) = bad.json()["errors"]
        expected = "The operation asks for up to 10101 objects; at most 10000 are allowed."
        assert error["message"] == expected


@pytest.mark.parametrize("n", [101, 2**31 - 1, -1, 1e300])
async def test_a_page_that_there_is_not_is_refused_for_what_it_is(acme: World, n: float) -> None:
    query = "query P($n: Int) { account { users(first: $n) { totalCount } } }"
    response = await post(acme, {"query": query, "variables": {"n": n}})
    codes = {error["extensions"]["code"] for error in response.json()["errors"]}
    assert codes == {"BAD_USER_INPUT"}


def test_going_round_in_circles_is_costly_before_it_is_deep() -> None:
    text = "id"
    for _ in range(2):
        text = f"users(first: 100) {{ edges {{ node {{ seatGroup {{ {text} }} }} }} }}"
    tested = engine()
    query = f"{{ account {{ seatGroups(first: 100) {{ edges {{ node {{ {text} }} }} }} }} }}"
    document = tested.document(query)
    assert document.errors == []
    (node,) = document.operations.values()
    assert tested.cost(document, node, None) > 1_000_000


async def test_lists_without_pages_count_when_they_go_round_in_circles(acme: World) -> None:
    text = "id"
    for _ in range(3):
        text = f"administrators {{ administeredSeatGroups {{ {text} }} }}"
    query = f"{{ account {{ seatGroups {{ edges {{ node {{ {text} }} }} }} }} }}"
    assert code(await post(acme, {"query": query})) == "QUERY_TOO_COMPLEX"


def test_the_settings_decide_how_large_a_document_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUERY_MAX_DEPTH", "5")
    settings.current.cache_clear()
    deep = "{ account { invoices { edges { node { lines { quantity } } } } } }"
    (error,) = engine().document(deep).errors
    assert error.message == "The document has 6 levels of fields; at most 5 are allowed."


def test_every_field_with_a_page_is_counted_as_one() -> None:
    kinds = [kind for kind in schema._schema.type_map.values() if hasattr(kind, "fields")]
    paged = [
        size_of(kind, field)
        for kind in kinds
        for field in kind.fields.values()
        if "first" in getattr(field, "args", {})
    ]
    assert len(paged) == 7
    assert all(size.of({"first": 3}) == 3 for size in paged)
    assert all(size.of({}) == 50 for size in paged)
