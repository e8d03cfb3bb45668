"""Accounts are worlds apart: another account's object answers as one that does not exist.

Two accounts with the same names and e-mails. Every argument that is an ID, found in the
schema, is tried with ids of the other account, of another type, and with what is no id.
"""

import copy
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema, get_named_type
from graphql import GraphQLList as ListType
from graphql import get_nullable_type as nullable
from tortoise.models import Model

from models.accounts import Account
from schema import ids
from schema.root import schema
from tests import samples
from tests.world import Client, World

Path = tuple[str | int, ...]

INPUTS: dict[str, dict[str, Any]] = {
    "changeUsers": {"seats": 61},
    "cancelSubscription": {},
    "resumeSubscription": {},
    "createSeatGroup": {"name": "New", "seats": 1, "administratorIds": ["@User"]},
    "updateSeatGroup": {"seatGroupId": "@SeatGroup", "administratorIds": ["@User"]},
    "allocateSeats": {"allocations": [{"seatGroupId": "@SeatGroup", "seats": 6}]},
    "deleteSeatGroup": {"seatGroupId": "@SeatGroup", "moveUsersTo": "@SeatGroup too"},
    "inviteUser": {
        "email": "new@acme.example",
        "name": "New",
        "seatGroupId": "@SeatGroup",
        "permissions": [{"productId": "@Product", "role": "OWNER"}],
    },
    "assignSeatGroup": {"userIds": ["@User"], "seatGroupId": "@SeatGroup"},
    "setProductPermission": {"userId": "@User", "productId": "@Product", "role": "OWNER"},
    "disableUser": {"userId": "@User"},
    "enableUser": {"userId": "@User", "seatGroupId": "@SeatGroup"},
    "setAdministrator": {"userId": "@User", "administrator": True},
    "updateLicenseManagement": {"seatGroupRequired": True},
    "updateBillingDetails": {"legalName": "New"},
    "createAccessToken": {"name": "New", "scopes": ["READ"]},
    "revokeAccessToken": {"accessTokenId": "@AccessToken"},
}
"""An input for each mutation that is accepted and gives every argument that is an ID."""

EVERYTHING = """{
  viewer { id }
  account {
    id subscription { id } products { id }
    invoices { edges { node { id } } }
    activity { edges { node { id actor { id } } } }
    seatGroups { edges { node { id administrators { id } users { edges { node { id } } } } } }
    accessTokens { edges { node { id user { id } } } }
    users { edges { node {
      accessTokens { edges { node { id } } }
      id seatGroup { id } administeredSeatGroups { id } productPermissions { product { id } }
    } } }
  }
}"""
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


def id_paths(input_type: GraphQLInputObjectType, path: Path = ()) -> Iterator[Path]:
    """The paths of all IDs in an input, first items for lists."""
    for name, field in input_type.fields.items():
        listed = isinstance(nullable(field.type), ListType)
        here = (*path, name, 0) if listed else (*path, name)
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from id_paths(inner, here)
        elif inner.name == "ID":
            yield here


def arguments() -> list[tuple[str, Path]]:
    """Each mutation with each of its arguments that is an ID, as the schema has them."""
    mutations = build_schema(schema.as_str()).get_type("Mutation")
    assert isinstance(mutations, GraphQLObjectType)
    found = []
    for name, field in mutations.fields.items():
        input_type = get_named_type(field.args["input"].type)
        assert isinstance(input_type, GraphQLInputObjectType)
        found += [(name, path) for path in id_paths(input_type)]
    return found


ARGUMENTS = arguments()


def at(value: Any, path: Path) -> Any:
    """What stands at a path."""
    for step in path:
        value = value[step]
    return value


def replaced(value: Any, path: Path, by: Any) -> Any:
    """The input with another value at a path."""
    changed = copy.deepcopy(value)
    at(changed, path[:-1])[path[-1]] = by
    return changed


def resolved(value: Any, own: dict[str, str]) -> Any:
    """The input with ids for "@Type"."""
    if isinstance(value, dict):
        return {key: resolved(part, own) for key, part in value.items()}
    if isinstance(value, list):
        return [resolved(part, own) for part in value]
    return own.get(value, value) if isinstance(value, str) else value


async def load(world: World) -> tuple[dict[str, str], dict[str, str]]:
    """Two accounts that look the same; an id of each type of both."""
    await world.load(samples.account(), samples.account(code="rival"))
    for account in ("acme", "rival"):
        await world.client("ada", account).do("createAccessToken", name="Old", scopes=["READ"])
    return await own_ids(world.client("ada")), await own_ids(world.client("ada", "rival"))


async def own_ids(client: Client) -> dict[str, str]:
    root = (await client.data(EVERYTHING))["account"]
    return {
        "@Account": root["id"],
        "@Subscription": root["subscription"]["id"],
        "@Invoice": root["invoices"]["edges"][0]["node"]["id"],
        "@ActivityEntry": root["activity"]["edges"][0]["node"]["id"],
        "@AccessToken": root["accessTokens"]["edges"][0]["node"]["id"],
        "@Product": root["products"][0]["id"],
        "@SeatGroup": await client.id_of("group", "Sales"),
        "@SeatGroup too": await client.id_of("group", "Marketing"),
        "@User": await client.id_of("user", "paul@acme.example"),
    }


async def dump(account: str) -> dict[str, Any]:
    """Every row that an account has."""
    (row,) = await Account.filter(code=account).values()
    own: dict[str, Any] = {"account_id": row["id"]}
    tables = [model for model in Model.__subclasses__() if model.__module__.startswith("models.")]
    found = {
        model.__name__: await model.filter(**own).order_by(model._meta.pk_attr).values()
        for model in tables
        if "account_id" in model._meta.fields_map
    }
    return {"Account": row, **found}


async def answer_to(client: Client, mutation: str, given: dict[str, Any]) -> dict[str, Any]:
    """The whole answer: every error in full, and whether anything else was told."""
    name = f"{mutation[0].upper()}{mutation[1:]}"
    fields = "__typename userErrors { code message field }"
    query = f"mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ {fields} }} }}"
    return await client.send(query, input=given)


def unknown(kind: str) -> str:
    """An id that could be, of no object."""
    return ids.encode(kind.removeprefix("@").split()[0], uuid4())


def not_own(kind: str, own: dict[str, str], foreign: dict[str, str]) -> dict[str, str]:
    """What is no id of one's own object of the kind."""
    another = next(key for key in own if not key.startswith(kind.split(maxsplit=1)[0]))
    return {
        "of the other account": foreign[kind],
        "of another type": own[another],
        "malformed": "nonsense",
        "empty": "",
    }


def label(argument: tuple[str, Path]) -> str:
    return ".".join(map(str, (argument[0], *argument[1])))


def test_every_mutation_of_the_schema_and_each_of_its_ids_is_tried() -> None:
    mutations = build_schema(schema.as_str()).get_type("Mutation")
    assert isinstance(mutations, GraphQLObjectType)
    assert set(mutations.fields) == set(INPUTS)
    assert all(at(INPUTS[mutation], path).startswith("@") for mutation, path in ARGUMENTS)
    assert len(ARGUMENTS) == str(INPUTS).count("'@")


@pytest.mark.parametrize("argument", ARGUMENTS, ids=label)
async def test_an_id_that_is_not_one_s_own_answers_as_an_unknown_one(
    sqlite_world: World, argument: tuple[str, Path]
) -> None:
    own, foreign = await load(sqlite_world)
    mutation, path = argument
    kind = at(INPUTS[mutation], path)
    given = resolved(INPUTS[mutation], own)
    before = await dump("acme"), await dump("rival")
    wrong: dict[tuple[str, str], Any] = {}
    for who in ("ada", "adam", "olga", "grace", "paul"):
        client = sqlite_world.client(who)
        expected = await answer_to(client, mutation, replaced(given, path, unknown(kind)))
        if who == "ada":
            codes = [error["code"] for error in expected["data"][mutation]["userErrors"]]
            assert codes == ["NOT_FOUND"]
        for what, tried in not_own(kind, own, foreign).items():
            answer = await answer_to(client, mutation, replaced(given, path, tried))
            wrong |= {} if answer == expected else {(who, what): answer}
    assert wrong == {}
    assert (await dump("acme"), await dump("rival")) == before


@pytest.mark.parametrize("mutation", INPUTS)
async def test_a_mutation_with_one_s_own_ids_changes_nothing_in_another_account(
    sqlite_world: World, mutation: str
) -> None:
    own, _ = await load(sqlite_world)
    mine, theirs = await dump("acme"), await dump("rival")
    await sqlite_world.client("ada").do(mutation, **resolved(INPUTS[mutation], own))
    assert await dump("rival") == theirs
    assert (await dump("acme") != mine) is (mutation != "resumeSubscription")


KINDS = [
    "AccessToken",
    "Account",
    "Subscription",
    "Invoice",
    "ActivityEntry",
    "Product",
    "SeatGroup",
    "User",
]


@pytest.mark.parametrize("who", ["ada", "adam", "olga", "grace", "paul"])
async def test_a_node_of_another_account_answers_as_an_unknown_one(
    sqlite_world: World, who: str
) -> None:
    _, foreign = await load(sqlite_world)
    client = sqlite_world.client(who)
    for kind in KINDS:
        theirs, nobody_s = foreign[f"@{kind}"], unknown(kind)
        answer = await client.send(NODE, id=theirs)
        assert answer["data"] == {"node": None}
        assert answer == await client.send(NODE, id=nobody_s)
        many = await client.send(NODES, ids=[theirs])
        assert many["data"] == {"nodes": [None]}
        assert many == await client.send(NODES, ids=[nobody_s])


async def test_an_id_with_the_name_of_another_type_is_nobody_s(sqlite_world: World) -> None:
    own, _ = await load(sqlite_world)
    _, key = ids.split(own["@User"])
    for kind in ("SeatGroup", "Product", "Node", "Query", "user", ""):
        answer = await sqlite_world.client("ada").data(NODE, id=ids.encode(kind, key))
        assert answer == {"node": None}


@pytest.mark.parametrize(
    "what", ["of the other account", "of another type", "unknown", "malformed", "empty"]
)
async def test_a_filter_for_a_group_that_is_not_one_s_own_finds_nobody(
    sqlite_world: World, what: str
) -> None:
    own, foreign = await load(sqlite_world)
    tried = (not_own("@SeatGroup too", own, foreign) | {"unknown": unknown("@SeatGroup")})[what]
    query = "query($id: ID!) { account { users(filter: { seatGroupId: $id }) { totalCount } } }"
    found = await sqlite_world.client("ada").data(query, id=tried)
    assert found["account"]["users"]["totalCount"] == 0


def all_ids(value: Any) -> set[str]:
    """Every id in an answer."""
    if isinstance(value, list):
        return set().union(*map(all_ids, value))
    if isinstance(value, dict):
        return set().union(*map(all_ids, value.values())) | {
            value[key] for key in value if key == "id"
        }
    return set()


async def test_a_token_shows_nothing_of_another_account(world: World) -> None:
    await load(world)
    await world.client("ada").do("createSeatGroup", name="Mine", seats=1)
    mine = all_ids(await world.client("ada").data(EVERYTHING))
    theirs = all_ids(await world.client("ada", "rival").data(EVERYTHING))
    assert len(mine) > 12
    assert mine & theirs == set()


async def test_a_user_of_another_account_only_cannot_sign_in(sqlite_world: World) -> None:
    stranger = {"email": "only@rival.example", "name": "Only There", "billing_administrator": True}
    rival = samples.account(code="rival", users=[*samples.USERS, stranger])
    await sqlite_world.load(samples.account(), rival)
    client = sqlite_world.client("only@rival.example", "acme")
    assert await client.code("{ viewer { id } }") == "UNAUTHENTICATED"


async def test_disabling_a_user_leaves_the_one_of_the_same_e_mail_elsewhere(
    sqlite_world: World,
) -> None:
    own, _ = await load(sqlite_world)
    await sqlite_world.client("ada").do("disableUser", userId=own["@User"])
    answer = await sqlite_world.client("paul", "rival").data("{ viewer { status } }")
    assert answer["viewer"] == {"status": "ACTIVE"}


async def test_names_and_e_mails_are_free_in_each_account(sqlite_world: World) -> None:
    await load(sqlite_world)
    for account in ("acme", "rival"):
        ada = sqlite_world.client("ada", account)
        await ada.do("createSeatGroup", name="Support", seats=1)
        await ada.do("inviteUser", email="new@acme.example", name="New")


async def test_idempotency_keys_belong_to_the_account(sqlite_world: World) -> None:
    await load(sqlite_world)
    given = {"seats": 1, "idempotencyKey": "one"}
    await sqlite_world.client("ada").do("createSeatGroup", name="Support", **given)
    theirs = sqlite_world.client("ada", "rival")
    payload = await theirs.do("createSeatGroup", "seatGroup { name }", name="Other", **given)
    assert payload["seatGroup"] == {"name": "Other"}
