"""Product permissions: a role makes a user a paid one, or a free one again."""

from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

ROLES = ["OWNER", "CONTRIBUTOR", "REVIEWER", "VIEWER"]
FREE = "free@acme.example"
FULL = [("SEAT_GROUP_FULL", ["input", "role"])]
NOT_ENOUGH = [("NOT_ENOUGH_SEATS", ["input", "role"])]
REQUIRED = [("SEAT_GROUP_REQUIRED", ["input", "role"])]


def tight(group: str | None = None, **changes: Any) -> dict[str, Any]:
    """Marketing is full, all other seats are taken, and someone who takes no seat is in
    the group or in none."""
    groups = [{"name": "Marketing", "seats": 2}, {"name": "Sales", "seats": 3}]
    free = {"email": FREE, "name": "Fred Free", "seat_group": group}
    users = [*samples.USERS, free]
    plan = {"seats": 7}
    return samples.account(
        **{"seat_groups": groups, "users": users, "subscription": plan} | changes
    )


async def give(
    client: Client, email: str, role: str | None, product: str = "Roadmap"
) -> dict[str, Any]:
    """The payload of setProductPermission for a user by e-mail and a product by name."""
    user_id = await client.id_of("user", email)
    product_id = await client.id_of("product", product)
    fields = "user { takesSeat productPermissions { product { name } role } }"
    wanted = {"userId": user_id, "productId": product_id, "role": role}
    return await client.mutate("setProductPermission", fields, **wanted)


async def roles(client: Client, email: str) -> list[str]:
    """The roles that a user has."""
    query = """query($id: ID!) { node(id: $id) { ... on User { productPermissions { role } } } }"""
    node = (await client.data(query, id=await client.id_of("user", email)))["node"]
    return [permission["role"] for permission in node["productPermissions"]]


def reasons(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Code and field of each reason for a refusal."""
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


@pytest.mark.parametrize("role", ROLES)
async def test_on_enterprise_plus_owners_and_contributors_take_a_seat(
    sqlite_world: World, role: str
) -> None:
    await sqlite_world.load()
    payload = await give(sqlite_world.client("ada"), "adam@acme.example", role)
    assert payload["user"]["takesSeat"] is (role in ("OWNER", "CONTRIBUTOR"))


@pytest.mark.parametrize("role", ROLES)
async def test_on_premium_every_role_takes_a_seat(sqlite_world: World, role: str) -> None:
    await sqlite_world.load(samples.premium())
    payload = await give(sqlite_world.client("ada"), "adam@acme.example", role)
    assert payload["user"]["takesSeat"] is True


@pytest.mark.parametrize("role", ["REVIEWER", "VIEWER"])
async def test_on_premium_a_free_role_is_refused_when_all_seats_are_taken(
    sqlite_world: World, role: str
) -> None:
    await sqlite_world.load(samples.premium(subscription={"seats": 5}))
    assert reasons(await give(sqlite_world.client("ada"), "adam@acme.example", role)) == NOT_ENOUGH


async def test_the_answer_shows_the_role(sqlite_world: World) -> None:
    await sqlite_world.load()
    payload = await give(sqlite_world.client("ada"), "adam@acme.example", "REVIEWER", "Docs")
    permission = {"product": {"name": "Docs"}, "role": "REVIEWER"}
    assert payload["user"]["productPermissions"] == [permission]


async def test_a_role_replaces_the_earlier_one_in_the_product(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    await give(ada, "paul@acme.example", "VIEWER")
    assert await roles(ada, "paul@acme.example") == ["VIEWER"]


async def test_a_null_role_takes_the_permission_away(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    payload = await give(ada, "paul@acme.example", None)
    assert payload["user"] == {"takesSeat": False, "productPermissions": []}


async def test_taking_away_what_is_not_there_changes_nothing(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    payload = await give(ada, "paul@acme.example", None, "Docs")
    assert payload["user"]["takesSeat"] is True
    assert reasons(payload) == []


async def test_a_member_becomes_paid_only_while_the_group_has_room(world: World) -> None:
    await world.load(tight("Marketing"))
    ada = world.client("ada")
    payload = await give(ada, FREE, "CONTRIBUTOR")
    assert reasons(payload) == FULL
    assert payload["user"] is None
    assert await roles(ada, FREE) == []


async def test_the_refusal_names_the_group_and_its_limit(sqlite_world: World) -> None:
    await sqlite_world.load(tight("Marketing"))
    (error,) = (await give(sqlite_world.client("ada"), FREE, "OWNER"))["userErrors"]
    assert error["message"] == 'Seat group "Marketing" is full: its limit of 2 is reached.'


async def test_a_free_role_is_given_in_a_full_group(sqlite_world: World) -> None:
    await sqlite_world.load(tight("Marketing"))
    assert reasons(await give(sqlite_world.client("ada"), FREE, "REVIEWER")) == []


async def test_a_member_becomes_paid_in_a_group_with_room_though_the_rest_is_taken(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(tight("Sales"))
    payload = await give(sqlite_world.client("ada"), FREE, "CONTRIBUTOR")
    assert payload["user"]["takesSeat"] is True


async def test_a_user_without_a_group_becomes_paid_only_while_seats_are_left(
    world: World,
) -> None:
    await world.load(tight())
    ada = world.client("ada")
    assert reasons(await give(ada, FREE, "CONTRIBUTOR")) == NOT_ENOUGH
    assert await roles(ada, FREE) == []


async def test_a_refused_role_leaves_the_earlier_one(sqlite_world: World) -> None:
    await sqlite_world.load(tight("Marketing"))
    ada = sqlite_world.client("ada")
    await give(ada, FREE, "REVIEWER")
    assert reasons(await give(ada, FREE, "OWNER")) == FULL
    assert await roles(ada, FREE) == ["REVIEWER"]


async def test_a_seat_given_back_is_free_for_another(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    await give(ada, "paul@acme.example", "REVIEWER")
    assert reasons(await give(ada, FREE, "CONTRIBUTOR")) == []


async def test_paid_users_change_roles_when_all_seats_are_taken(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    assert reasons(await give(ada, "paul@acme.example", "OWNER")) == []
    assert reasons(await give(ada, "paul@acme.example", "OWNER", "Docs")) == []


async def test_roles_in_two_products_take_one_seat(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await give(ada, "paul@acme.example", "OWNER", "Docs")
    answer = await ada.data("{ account { subscription { seatsUsed } } }")
    assert answer["account"]["subscription"]["seatsUsed"] == 4


async def test_a_paid_role_in_one_product_is_enough_to_keep_the_seat(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await give(ada, "paul@acme.example", "VIEWER", "Docs")
    payload = await give(ada, "paul@acme.example", "CONTRIBUTOR")
    assert payload["user"]["takesSeat"] is True


async def test_a_disabled_user_gets_a_role_and_takes_no_seat(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    await ada.do("disableUser", userId=await ada.id_of("user", FREE))
    payload = await give(ada, FREE, "OWNER")
    assert payload["user"]["takesSeat"] is False


async def test_a_role_given_while_disabled_counts_when_the_user_is_enabled(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    user_id = await ada.id_of("user", FREE)
    await ada.do("disableUser", userId=user_id)
    await give(ada, FREE, "OWNER")
    code, _ = await ada.refusal("enableUser", userId=user_id)
    assert code == "NOT_ENOUGH_SEATS"


async def test_where_a_group_is_required_no_one_becomes_paid_without_one(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    assert reasons(await give(ada, "adam@acme.example", "CONTRIBUTOR")) == REQUIRED
    assert reasons(await give(ada, "adam@acme.example", "REVIEWER")) == []


async def test_where_a_group_is_required_paid_users_without_one_still_change_roles(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    assert reasons(await give(ada, "paul@acme.example", "OWNER")) == []


async def test_no_role_is_given_once_the_subscription_has_ended(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at("2027-03-02T12:00:00")
    (error,) = (await give(sqlite_world.client("ada"), "adam@acme.example", "VIEWER"))["userErrors"]
    assert error["code"] == "SUBSCRIPTION_CANCELED"


async def test_a_new_owner_administers_the_product_at_once(sqlite_world: World) -> None:
    await sqlite_world.load()
    await give(sqlite_world.client("ada"), "paul@acme.example", "OWNER")
    assert reasons(await give(sqlite_world.client("paul"), "adam@acme.example", "VIEWER")) == []
