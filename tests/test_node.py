"""Any object by its id, under the same rights as everywhere else."""

from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
IDS = """{
  plans { id }
  account {
    id products { id } subscription { id }
    invoices { edges { node { id } } } activity { edges { node { id } } }
  }
}"""

READERS = {
    "Account": {"ada", "adam", "olga", "grace", "paul"},
    "Plan": {"ada", "adam", "olga", "grace", "paul"},
    "Product": {"ada", "adam", "olga", "grace", "paul"},
    "Subscription": {"ada"},
    "Invoice": {"ada"},
    "ActivityEntry": {"ada"},
    "SeatGroup": {"ada", "adam", "olga", "grace"},
    "SeatGroup of others": {"ada", "adam", "olga"},
    "User in the group": {"ada", "adam", "olga", "grace"},
    "User outside": {"ada", "adam", "olga"},
    "User, oneself": {"paul", "ada", "adam", "olga"},
    "User, co-administrator": {"ada", "adam", "olga", "grace"},
}
"""Who may read an object of each kind: a billing administrator, an administrator, a product
owner, the administrator of Marketing, another user."""


def account() -> dict[str, Any]:
    """The sample account with two administrators of Marketing."""
    users = [*samples.USERS, {"email": "otto@acme.example", "name": "Otto"}]
    users += [{"email": "uma@acme.example", "name": "Uma"}]
    administrators = ["grace@acme.example", "otto@acme.example"]
    groups = [
        {"name": "Marketing", "seats": 20, "administrators": administrators},
        {"name": "Sales", "seats": 5},
    ]
    return samples.account(users=users, seat_groups=groups)


async def ids(ada: Client) -> dict[str, str]:
    """An id of each kind."""
    found = await ada.data(IDS)
    root = found["account"]
    return {
        "Account": root["id"],
        "Plan": found["plans"][0]["id"],
        "Product": root["products"][0]["id"],
        "Subscription": root["subscription"]["id"],
        "Invoice": root["invoices"]["edges"][0]["node"]["id"],
        "ActivityEntry": root["activity"]["edges"][0]["node"]["id"],
        "SeatGroup": await ada.id_of("group", "Marketing"),
        "SeatGroup of others": await ada.id_of("group", "Sales"),
        "User in the group": await ada.id_of("user", "mia@acme.example"),
        "User outside": await ada.id_of("user", "uma@acme.example"),
        "User, oneself": await ada.id_of("user", "paul@acme.example"),
        "User, co-administrator": await ada.id_of("user", "otto@acme.example"),
    }


def type_name(kind: str) -> str:
    return kind.replace(",", " ").split()[0]


@pytest.mark.parametrize("who", ["ada", "adam", "olga", "grace", "paul"])
async def test_a_role_reads_a_node_or_is_told_that_it_must_not(
    sqlite_world: World, who: str
) -> None:
    await sqlite_world.load(account())
    for kind, wanted in (await ids(sqlite_world.client("ada"))).items():
        answer = await sqlite_world.client(who).send(NODE, id=wanted)
        if who in READERS[kind]:
            assert answer == {"data": {"node": {"__typename": type_name(kind), "id": wanted}}}
        else:
            errors = [(error["extensions"]["code"], error["path"]) for error in answer["errors"]]
            assert (kind, errors) == (kind, [("FORBIDDEN", ["node"])])
            assert answer["data"] == {"node": None}


@pytest.mark.parametrize("who", ["ada", "adam", "olga", "grace", "paul"])
async def test_nodes_answers_each_item_by_itself(sqlite_world: World, who: str) -> None:
    await sqlite_world.load(account())
    wanted = await ids(sqlite_world.client("ada"))
    answer = await sqlite_world.client(who).send(NODES, ids=list(wanted.values()))
    shown = [
        {"__typename": type_name(kind), "id": wanted[kind]} if who in READERS[kind] else None
        for kind in wanted
    ]
    assert answer["data"]["nodes"] == shown
    hidden = [["nodes", index] for index, node in enumerate(shown) if node is None]
    errors = answer.get("errors", [])
    assert sorted(error["path"] for error in errors) == hidden
    assert all(error["extensions"]["code"] == "FORBIDDEN" for error in errors)


async def test_nodes_keeps_the_order_and_answers_twice_what_is_named_twice(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(account())
    ada = sqlite_world.client("ada")
    mia = await ada.id_of("user", "mia@acme.example")
    uma = await ada.id_of("user", "uma@acme.example")
    found = (await ada.data(NODES, ids=[uma, "unknown", mia, uma]))["nodes"]
    assert [node and node["id"] for node in found] == [uma, None, mia, uma]


@pytest.mark.parametrize(
    "malformed", ["", "x", "VXNlcjo=", "User:1", "é", "=", "VXNlcjox", "\x00", "a" * 5000, "null"]
)
async def test_a_malformed_id_is_nobody_s(sqlite_world: World, malformed: str) -> None:
    await sqlite_world.load()
    answer = await sqlite_world.client("ada").data(NODE, id=malformed)
    assert answer == {"node": None}


async def test_an_id_has_one_spelling(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    mia = await ada.id_of("user", "mia@acme.example")
    for other in (mia.rstrip("="), f"{mia}=", f" {mia}", mia.lower(), f"{mia}\n"):
        assert other == mia or (await ada.data(NODE, id=other)) == {"node": None}


async def test_a_deleted_group_is_no_node_any_more(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    sales = await ada.id_of("group", "Sales")
    await ada.do("deleteSeatGroup", seatGroupId=sales)
    assert await ada.data(NODE, id=sales) == {"node": None}


async def test_nodes_answers_a_hundred_ids(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    assert await ada.data(NODES, ids=["unknown"] * 100) == {"nodes": [None] * 100}


async def test_nodes_refuses_more_than_a_hundred_ids(sqlite_world: World) -> None:
    await sqlite_world.load()
    assert await sqlite_world.client("ada").code(NODES, ids=["unknown"] * 101) == "BAD_USER_INPUT"


@pytest.mark.parametrize("kind", ["Subscription", "Invoice", "ActivityEntry"])
async def test_fields_behind_a_hidden_node_are_hidden_too(sqlite_world: World, kind: str) -> None:
    await sqlite_world.load()
    wanted = (await ids_of_billing(sqlite_world))[kind]
    query = """query($id: ID!) { node(id: $id) {
        ... on Subscription { seats } ... on Invoice { number pdfUrl }
        ... on ActivityEntry { summary actor { email } }
    } }"""
    answer = await sqlite_world.client("adam").send(query, id=wanted)
    assert answer["data"] == {"node": None}


async def ids_of_billing(world: World) -> dict[str, str]:
    """The ids that only billing administrators read."""
    root = (await world.client("ada").data(IDS))["account"]
    return {
        "Subscription": root["subscription"]["id"],
        "Invoice": root["invoices"]["edges"][0]["node"]["id"],
        "ActivityEntry": root["activity"]["edges"][0]["node"]["id"],
    }


async def test_an_account_node_hides_what_the_account_field_hides(sqlite_world: World) -> None:
    await sqlite_world.load()
    root = (await sqlite_world.client("paul").data("{ account { id } }"))["account"]["id"]
    query = "query($id: ID!) { node(id: $id) { ... on Account { name subscription { seats } } } }"
    answer = await sqlite_world.client("paul").send(query, id=root)
    assert answer["data"]["node"] == {"name": "Acme Inc.", "subscription": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
