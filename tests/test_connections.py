"""Connections: pages of 50, 100 at most, which stay in place while rows are added."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

ALL = ["invoices", "activity", "users", "seatGroups"]
NODES = {"invoices": "number", "activity": "summary", "users": "name", "seatGroups": "name"}
TOTAL = 103
"""Rows of each connection of `many`: a full page and a little more."""


def many() -> dict[str, Any]:
    """A monthly Enterprise+ account with `TOTAL` users and groups."""
    users = [{"email": f"u{n}@acme.example", "name": f"User {n:03}"} for n in range(TOTAL - 1)]
    groups = [{"name": f"Group {n:03}", "seats": 0} for n in range(TOTAL)]
    terms = {"interval": "MONTH", "started_on": "2018-01-01", "seats": 9}
    return samples.account(users=[samples.USERS[0], *users], seat_groups=groups, subscription=terms)


async def lived(world: World) -> Client:
    """The administrator of an account with `TOTAL` rows of everything."""
    await world.load(many())
    await world.renew()
    return world.client("ada")


async def page(client: Client, connection: str, arguments: str = "") -> dict[str, Any]:
    given = f"({arguments})" if arguments else ""
    query = f"""{{ account {{ {connection}{given} {{ totalCount
      edges {{ cursor node {{ {NODES[connection]} }} }}
      pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"""
    found: dict[str, Any] = (await client.data(query))["account"][connection]
    return found


def rows(found: dict[str, Any]) -> list[str]:
    """What the page shows, row by row."""
    return [value for edge in found["edges"] for value in edge["node"].values()]


async def walked(client: Client, connection: str, size: int) -> list[str]:
    """All rows of the connection, page after page."""
    found = await page(client, connection, f"first: {size}")
    shown = rows(found)
    while found["pageInfo"]["hasNextPage"]:
        after = found["pageInfo"]["endCursor"]
        found = await page(client, connection, f'first: {size}, after: "{after}"')
        shown += rows(found)
    return shown


async def code(client: Client, connection: str, arguments: str) -> str:
    """The code of the error that the arguments meet."""
    query = f"{{ account {{ {connection}({arguments}) {{ totalCount }} }} }}"
    return await client.code(query)


def cursor(text: str) -> str:
    """A cursor of one's own making."""
    return urlsafe_b64encode(text.encode()).decode()


async def grown(world: World) -> Client:
    """The administrator of the sample account with seven invoices and entries."""
    await world.load()
    ada = world.client("ada")
    for seats in range(61, 67):
        await ada.do("changeUsers", seats=seats)
    return ada


# --- sizes --------------------------------------------------------------------------------


async def test_a_page_has_50_rows_by_default_and_100_at_most(sqlite_world: World) -> None:
    ada = await lived(sqlite_world)
    for connection in ALL:
        first = await page(ada, connection)
        assert (connection, len(first["edges"])) == (connection, 50)
        assert first["totalCount"] == TOTAL
        largest = await page(ada, connection, "first: 100")
        assert (connection, len(largest["edges"])) == (connection, 100)
        assert largest["pageInfo"]["hasNextPage"]


async def test_pages_show_every_row_once(world: World) -> None:
    ada = await lived(world)
    for connection in ALL:
        shown = await walked(ada, connection, 40)
        assert (connection, len(shown)) == (connection, TOTAL)
        assert shown[:100] == rows(await page(ada, connection, "first: 100"))
        assert len(set(shown)) == TOTAL


async def test_a_backwards_page_of_invoices_has_100_rows_at_most(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await page(ada, "invoices", "last: 100")
    assert await code(ada, "invoices", "last: 101") == "BAD_USER_INPUT"


@pytest.mark.parametrize("connection", ALL)
@pytest.mark.parametrize("arguments", ["first: 101", "first: -1", "first: 2147483647"])
async def test_a_size_that_cannot_be_is_bad_user_input(
    sqlite_world: World, connection: str, arguments: str
) -> None:
    await sqlite_world.load()
    assert await code(sqlite_world.client("ada"), connection, arguments) == "BAD_USER_INPUT"


@pytest.mark.parametrize("arguments", ["first: 1, last: 1", "last: -1", "last: 101"])
async def test_what_no_client_asks_of_invoices_is_bad_user_input(
    sqlite_world: World, arguments: str
) -> None:
    await sqlite_world.load()
    assert await code(sqlite_world.client("ada"), "invoices", arguments) == "BAD_USER_INPUT"


async def test_the_rest_of_the_answer_stays_when_one_page_is_refused(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    query = "{ account { name invoices(first: 101) { totalCount } } }"
    answer = await sqlite_world.client("ada").send(query)
    assert answer["data"] == {"account": {"name": "Acme Inc.", "invoices": None}}


@pytest.mark.parametrize("connection", ALL)
async def test_a_page_of_no_rows_has_no_cursors(sqlite_world: World, connection: str) -> None:
    await sqlite_world.load()
    found = await page(sqlite_world.client("ada"), connection, "first: 0")
    assert found["edges"] == []
    info = found["pageInfo"]
    assert (info["startCursor"], info["endCursor"]) == (None, None)


@pytest.mark.parametrize("connection", ALL)
async def test_null_arguments_are_those_left_out(sqlite_world: World, connection: str) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    nulls = await page(ada, connection, "first: null, after: null")
    assert nulls == await page(ada, connection)


# --- cursors ------------------------------------------------------------------------------

GARBAGE = [
    "",
    "garbage",
    "é",
    cursor("null"),
    cursor("[]"),
    cursor("{}"),
    cursor("[null, null]"),
    cursor("[[1], [2]]"),
    cursor('["a", "not a key"]'),
    cursor('["a", 5]'),
    cursor("[1, 2, 3]"),
    cursor("[1e999]"),
    cursor("[99999999999999999999]"),
    cursor("[" * 50_000),
]


AFTER = "query($after: String) {{ account {{ {} }} }}".format(
    " ".join(f"{connection}(after: $after) {{ totalCount }}" for connection in ALL)
)


async def codes(client: Client, after: str) -> list[str]:
    """The codes of the errors that the cursor meets in all connections."""
    answer = await client.send(AFTER, after=after)
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


@pytest.mark.parametrize("after", GARBAGE, ids=range(len(GARBAGE)))
async def test_a_cursor_that_cannot_be_is_bad_user_input(sqlite_world: World, after: str) -> None:
    await sqlite_world.load()
    assert await codes(sqlite_world.client("ada"), after) == ["BAD_USER_INPUT"] * len(ALL)


@pytest.mark.parametrize(
    "after",
    [
        cursor(f"[{2**31}]"),
        cursor('["\\u0000", "00000000-0000-0000-0000-000000000000"]'),
        cursor('["\\ud800", "00000000-0000-0000-0000-000000000000"]'),
    ],
    ids=["number", "nul", "surrogate"],
)
async def test_a_cursor_that_no_database_holds_is_bad_user_input_at_worst(
    world: World, after: str
) -> None:
    await world.load()
    assert set(await codes(world.client("ada"), after)) == {"BAD_USER_INPUT"}


async def test_a_cursor_of_another_connection_is_bad_user_input(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    after = (await page(ada, "users"))["pageInfo"]["endCursor"]
    assert await code(ada, "invoices", f'after: "{after}"') == "BAD_USER_INPUT"


# --- pages --------------------------------------------------------------------------------


async def test_invoices_are_newest_first(sqlite_world: World) -> None:
    found = rows(await page(await grown(sqlite_world), "invoices"))
    assert found == [f"ACME-0000{number}" for number in range(7, 0, -1)]


async def test_activity_is_newest_first(sqlite_world: World) -> None:
    found = rows(await page(await grown(sqlite_world), "activity"))
    assert found[0].startswith("Users changed from 65 to 66")
    assert found[-1].startswith("Account created")


async def test_users_and_groups_are_sorted_by_name_without_regard_to_case(world: World) -> None:
    names = ["bob", "Alice", "Émile", "alfred", "Bob"]
    users = [{"email": f"u{n}@acme.example", "name": name} for n, name in enumerate(names)]
    groups = [{"name": name, "seats": 0} for name in ["west", "East", "north"]]
    await world.load(samples.account(users=[samples.USERS[0], *users], seat_groups=groups))
    ada = world.client("ada")
    assert rows(await page(ada, "seatGroups")) == ["East", "north", "west"]
    found = rows(await page(ada, "users"))
    assert found[:2] == ["Ada Billing", "alfred"]
    assert [name.casefold() for name in found[2:5]] == ["alice", "bob", "bob"]


async def test_users_of_one_name_are_each_shown_once(world: World) -> None:
    users = [{"email": f"u{n}@acme.example", "name": "Same Name"} for n in range(7)]
    await world.load(samples.account(users=[samples.USERS[0], *users], seat_groups=[]))
    query = """query($after: String) { account { users(first: 2, after: $after) {
      edges { node { email } } pageInfo { endCursor hasNextPage } } } }"""
    ada, after, seen = world.client("ada"), None, []
    while True:
        found = (await ada.data(query, after=after))["account"]["users"]
        seen += [edge["node"]["email"] for edge in found["edges"]]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == 8


async def test_the_page_info_tells_what_lies_before_and_after(sqlite_world: World) -> None:
    ada = await grown(sqlite_world)
    first = await page(ada, "invoices", "first: 3")
    assert first["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": first["edges"][0]["cursor"],
        "endCursor": first["edges"][2]["cursor"],
    }
    after = first["pageInfo"]["endCursor"]
    rest = await page(ada, "invoices", f'first: 4, after: "{after}"')
    info = rest["pageInfo"]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (False, True)


async def test_a_cursor_stands_for_its_own_row(sqlite_world: World) -> None:
    ada = await grown(sqlite_world)
    third = (await page(ada, "invoices"))["edges"][2]["cursor"]
    found = await page(ada, "invoices", f'first: 2, after: "{third}"')
    assert rows(found) == ["ACME-00004", "ACME-00003"]


async def test_after_the_last_row_comes_an_empty_page(sqlite_world: World) -> None:
    ada = await grown(sqlite_world)
    after = (await page(ada, "invoices"))["pageInfo"]["endCursor"]
    found = await page(ada, "invoices", f'after: "{after}"')
    assert (found["edges"], found["pageInfo"]["hasNextPage"]) == ([], False)


@pytest.mark.parametrize("connection", ["invoices", "activity"])
async def test_rows_added_between_pages_shift_nothing(world: World, connection: str) -> None:
    ada = await grown(world)
    all_rows = rows(await page(ada, connection))
    first = await page(ada, connection, "first: 3")
    await ada.do("changeUsers", seats=80)
    after = first["pageInfo"]["endCursor"]
    second = await page(ada, connection, f'first: 4, after: "{after}"')
    assert rows(first) + rows(second) == all_rows
    assert second["totalCount"] == 8


async def test_users_added_between_pages_shift_nothing(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    all_rows = rows(await page(ada, "users"))
    first = await page(ada, "users", "first: 3")
    await ada.do("inviteUser", email="aa@acme.example", name="Aaron")
    after = first["pageInfo"]["endCursor"]
    second = await page(ada, "users", f'first: 10, after: "{after}"')
    assert rows(first) + rows(second) == all_rows


async def test_groups_added_between_pages_shift_nothing(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    first = await page(ada, "seatGroups", "first: 1")
    await ada.do("createSeatGroup", name="Aardvarks", seats=0)
    after = first["pageInfo"]["endCursor"]
    second = await page(ada, "seatGroups", f'first: 10, after: "{after}"')
    assert rows(first) + rows(second) == ["Marketing", "Sales"]


# --- backwards ----------------------------------------------------------------------------


async def test_the_last_invoices_are_the_oldest_in_the_same_order(world: World) -> None:
    found = await page(await grown(world), "invoices", "last: 3")
    assert rows(found) == ["ACME-00003", "ACME-00002", "ACME-00001"]
    info = found["pageInfo"]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (False, True)


async def test_paging_backwards_shows_every_invoice_once(sqlite_world: World) -> None:
    ada = await grown(sqlite_world)
    found = await page(ada, "invoices", "last: 3")
    shown = rows(found)
    while found["pageInfo"]["hasPreviousPage"]:
        before = found["pageInfo"]["startCursor"]
        found = await page(ada, "invoices", f'last: 3, before: "{before}"')
        shown = rows(found) + shown
    assert shown == [f"ACME-0000{number}" for number in range(7, 0, -1)]


async def test_a_page_before_another_has_a_next_one(sqlite_world: World) -> None:
    ada = await grown(sqlite_world)
    before = (await page(ada, "invoices"))["edges"][4]["cursor"]
    found = await page(ada, "invoices", f'last: 2, before: "{before}"')
    assert rows(found) == ["ACME-00005", "ACME-00004"]
    info = found["pageInfo"]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, True)


async def test_after_and_before_bound_a_page_on_both_sides(sqlite_world: World) -> None:
    ada = await grown(sqlite_world)
    cursors = [edge["cursor"] for edge in (await page(ada, "invoices"))["edges"]]
    bounds = f'after: "{cursors[0]}", before: "{cursors[4]}"'
    expected = ["ACME-00006", "ACME-00005", "ACME-00004"]
    assert rows(await page(ada, "invoices", bounds)) == expected
    assert rows(await page(ada, "invoices", f"last: 2, {bounds}")) == expected[1:]


# --- how many -----------------------------------------------------------------------------


async def test_the_total_is_of_the_whole_connection(sqlite_world: World) -> None:
    ada = await grown(sqlite_world)
    for connection, total in {"invoices": 7, "activity": 7, "users": 6, "seatGroups": 2}.items():
        found = await page(ada, connection, "first: 1")
        assert (connection, found["totalCount"]) == (connection, total)


async def test_an_account_without_invoices_has_an_empty_connection(sqlite_world: World) -> None:
    terms = {"unit_price": "0.00"}
    await sqlite_world.load(samples.account(subscription=terms))
    found = await page(sqlite_world.client("ada"), "invoices")
    assert (found["totalCount"], found["edges"]) == (0, [])
    assert found["pageInfo"]["hasNextPage"] is False


async def test_members_of_a_group_are_paged_too(sqlite_world: World) -> None:
    await sqlite_world.load()
    query = """{ account { seatGroups(first: 1) { edges { node { users(first: 1) {
      totalCount edges { node { name } } pageInfo { hasNextPage } } } } } } }"""
    edges = (await sqlite_world.client("ada").data(query))["account"]["seatGroups"]["edges"]
    assert edges[0]["node"]["users"] == {
        "totalCount": 2,
        "edges": [{"node": {"name": "Grace Group"}}],
        "pageInfo": {"hasNextPage": True},
    }
