"""Nothing of the rival's is told: no text, no key, by no field, filter, cursor or retry."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

import pytest
from graphql import get_named_type

from tests.isolation import shape
from tests.isolation.inputs import INPUTS, resolved
from tests.isolation.twins import (
    CALLERS,
    MARK,
    MARKS,
    Secrets,
    client,
    ids_of,
    objects,
    rivals,
    rows,
    secrets,
    survey,
)
from tests.world import Client, World

ACME = [caller for caller in CALLERS if "rival" not in caller]


async def test_the_rival_itself_is_told_every_mark_and_most_of_its_keys(twins: World) -> None:
    known = await secrets()
    told = known.in_answer(await survey(rivals(twins)))
    assert set(MARKS) <= set(told)
    assert len(told) > 20


@pytest.mark.parametrize("caller", ACME)
async def test_no_field_tells_anything_of_the_rival_s(twins: World, caller: str) -> None:
    known = await secrets()
    answers = await survey(client(twins, caller))
    assert known.in_answer(answers) == []
    for kind, foreign in (await ids_of(rivals(twins), f"{MARK} ")).items():
        name = kind.removeprefix("@").partition(" ")[0]
        query = f"query($id: ID!) {{ node(id: $id) {shape.of_type(name)} }}"
        answer = await client(twins, caller).send(query, id=foreign)
        assert kind == "@Plan" or known.in_answer(answer) == []


SEARCHES = [MARK, MARK.upper(), "%", "_", f"%{MARK}%", "' OR 1=1 --", "\\", "!", "a"]


@pytest.mark.parametrize("caller", ACME)
async def test_no_search_finds_anything_of_the_rival_s(twins: World, caller: str) -> None:
    known = await secrets()
    query = """query($filter: UserFilter) { account {
        users(filter: $filter) { totalCount edges { node { name email } } } } }"""
    for search in SEARCHES:
        answer = await client(twins, caller).send(query, filter={"search": search})
        assert known.in_answer(answer) == [], search
        if MARK in search.casefold() and caller == "billing administrator":
            assert answer["data"]["account"]["users"]["totalCount"] == 0


def cursor_queries(owner: str, name: str) -> list[str]:
    """A query for each argument of a connection that takes a cursor."""
    arguments = shape.object_type(owner).fields[name].args
    kind = shape.leads_to(shape.object_type(owner).fields[name])
    assert kind is not None
    ways = {"after": "first", "before": "last"}
    return [
        f"query($cursor: String) {shape.nested((*shape.ways()[owner], call), shown)}"
        for argument, size in ways.items()
        if argument in arguments
        for call in [f"{name}({size}: 100, {argument}: $cursor)"]
        for shown in [shape.selection(kind, 3)]
    ]


async def cursors_of(someone: Client, owner: str, name: str) -> list[str]:
    """Every cursor of a connection, by the ways that lead there from the account and the caller."""
    roots = [ways for ways in (shape.ways(), shape.ways("viewer")) if owner in ways]
    answers = [
        await someone.data(shape.nested((*ways[owner], name), "{ edges { cursor } }"))
        for ways in roots
    ]
    return [value["cursor"] for value in objects(answers) if "cursor" in value]


def elsewhere(cursor: str) -> str:
    """The cursor of a row that nobody has, at the same place: of the id's neighbour."""
    values = json.loads(urlsafe_b64decode(cursor))
    if isinstance(values[-1], str):
        values[-1] = str(UUID(int=UUID(values[-1]).int ^ 1))
    return urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize("caller", ["billing administrator", "group administrator", "other user"])
@pytest.mark.parametrize("connection", shape.connections(), ids=".".join)
async def test_a_cursor_of_the_rival_s_is_a_place_among_one_s_own_rows(
    twins: World, connection: tuple[str, str], caller: str
) -> None:
    known = await secrets()
    cursors = await cursors_of(rivals(twins), *connection)
    assert cursors
    for query in cursor_queries(*connection):
        for cursor in cursors:
            answer = await client(twins, caller).send(query, cursor=cursor)
            assert known.in_answer(answer) == []
            assert answer == await client(twins, caller).send(query, cursor=elsewhere(cursor))


def keyed() -> list[str]:
    """Every mutation that takes an idempotency key."""
    fields = shape.object_type("Mutation").fields
    return [
        name
        for name, field in fields.items()
        if "idempotencyKey" in getattr(get_named_type(field.args["input"].type), "fields", {})
    ]


async def once(someone: Client, name: str, own: dict[str, str], key: str) -> dict[str, Any]:
    """A mutation's whole payload, with a key."""
    payload = shape.leads_to(shape.object_type("Mutation").fields[name])
    assert payload is not None
    given = resolved(INPUTS[name], own) | {"idempotencyKey": key}
    kind = f"{name[0].upper()}{name[1:]}Input!"
    query = f"mutation($i: {kind}) {{ {name}(input: $i) {shape.selection(payload, 3)} }}"
    return await someone.send(query, i=given)


@pytest.mark.parametrize("name", keyed())
async def test_a_key_that_the_rival_has_used_is_new_to_everyone_else(
    twins: World, name: str
) -> None:
    ada, other = twins.client("ada"), rivals(twins)
    own, foreign = await ids_of(ada), await ids_of(other, f"{MARK} ")
    first = await once(other, name, foreign, "the same key")
    assert first["data"][name]["userErrors"] == []
    theirs, known = await rows(MARK), await secrets()
    mine = await once(ada, name, own, "the same key")
    assert mine["data"][name]["userErrors"] == []
    assert known.in_answer(mine) == []
    assert await rows(MARK) == theirs
    assert await once(other, name, foreign, "the same key") == first


async def test_a_key_of_the_rival_s_history_is_no_secret_to_try(twins: World) -> None:
    payload = await twins.client("ada").do("changeUsers", seats=72, idempotencyKey=f"{MARK} key")
    assert Secrets(set()).in_answer(payload) == []
