"""Assigning users to seat groups: who sits where, all or none."""

from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

PLACES = "{ account { users(first: 100) { edges { node { email seatGroup { name } } } } } }"


def tight(**changes: Any) -> dict[str, Any]:
    """Marketing is full (2 of 2), Sales is empty (0 of 3), and olga and paul fill what is left."""
    groups = [{"name": "Marketing", "seats": 2}, {"name": "Sales", "seats": 3}]
    return samples.account(**{"seat_groups": groups, "subscription": {"seats": 7}} | changes)


async def ids(client: Client, *names: str) -> list[str]:
    """The ids of users @acme.example."""
    return [await client.id_of("user", f"{name}@acme.example") for name in names]


async def assign(client: Client, names: list[str], group: str | None) -> dict[str, Any]:
    """The payload of assignSeatGroup, for users and group by name."""
    group_id = await client.id_of("group", group) if group else None
    fields = "users { email seatGroup { name } }"
    wanted = {"userIds": await ids(client, *names), "seatGroupId": group_id}
    return await client.mutate("assignSeatGroup", fields, **wanted)


async def members(client: Client, group: str) -> list[str]:
    """Who is in a group, by the part of the e-mail before the @."""
    edges = (await client.data(PLACES))["account"]["users"]["edges"]
    grouped = [edge["node"] for edge in edges if edge["node"]["seatGroup"] == {"name": group}]
    return [node["email"].partition("@")[0] for node in grouped]


def reasons(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Code and field of each reason for a refusal."""
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


FULL = [("SEAT_GROUP_FULL", ["input", "seatGroupId"])]
NOT_ENOUGH = [("NOT_ENOUGH_SEATS", ["input", "seatGroupId"])]
REQUIRED = [("SEAT_GROUP_REQUIRED", ["input", "seatGroupId"])]


async def test_users_are_put_into_a_group(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    payload = await assign(ada, ["paul", "olga"], "Sales")
    sales = {"name": "Sales"}
    assert payload["users"] == [
        {"email": "paul@acme.example", "seatGroup": sales},
        {"email": "olga@acme.example", "seatGroup": sales},
    ]
    assert await members(ada, "Sales") == ["olga", "paul"]


async def test_a_user_who_comes_into_a_group_leaves_the_other(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await assign(ada, ["mia"], "Sales")
    assert await members(ada, "Marketing") == ["grace"]
    assert await members(ada, "Sales") == ["mia"]


async def test_a_user_is_put_into_no_group(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    payload = await assign(ada, ["mia"], None)
    assert payload["users"] == [{"email": "mia@acme.example", "seatGroup": None}]


async def test_a_group_left_out_is_no_group(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("assignSeatGroup", userIds=await ids(ada, "mia"))
    assert await members(ada, "Marketing") == ["grace"]


async def test_a_paid_user_does_not_come_into_a_full_group(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    payload = await assign(ada, ["paul"], "Marketing")
    assert reasons(payload) == FULL
    assert payload["users"] is None
    assert await members(ada, "Marketing") == ["grace", "mia"]


async def test_the_refusal_names_the_group_and_its_limit(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    payload = await assign(sqlite_world.client("ada"), ["paul"], "Marketing")
    (error,) = payload["userErrors"]
    assert error["message"] == 'Seat group "Marketing" is full: its limit of 2 is reached.'


async def test_nobody_moves_when_one_of_them_does_not_fit(world: World) -> None:
    groups = [{"name": "Marketing", "seats": 2}, {"name": "Sales", "seats": 1}]
    await world.load(tight(seat_groups=groups))
    ada = world.client("ada")
    assert reasons(await assign(ada, ["mia", "paul"], "Sales")) == FULL
    assert await members(ada, "Sales") == []
    assert await members(ada, "Marketing") == ["grace", "mia"]


async def test_nobody_moves_when_one_of_them_is_unknown(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    wanted = [*await ids(ada, "paul"), "unknown"]
    sales = await ada.id_of("group", "Sales")
    refusal = await ada.refusal("assignSeatGroup", userIds=wanted, seatGroupId=sales)
    assert refusal == ("NOT_FOUND", ["input", "userIds"])
    assert await members(ada, "Sales") == []


async def test_paid_users_do_not_leave_their_group_when_the_rest_is_taken(world: World) -> None:
    await world.load(tight())
    ada = world.client("ada")
    assert reasons(await assign(ada, ["mia"], None)) == NOT_ENOUGH
    assert await members(ada, "Marketing") == ["grace", "mia"]


async def test_a_paid_user_leaves_a_group_for_the_last_free_seat(sqlite_world: World) -> None:
    await sqlite_world.load(tight(subscription={"seats": 8}))
    ada = sqlite_world.client("ada")
    assert reasons(await assign(ada, ["mia", "grace"], None)) == NOT_ENOUGH
    assert reasons(await assign(ada, ["mia"], None)) == []


async def test_whoever_takes_no_seat_comes_into_a_full_group(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    assert reasons(await assign(ada, ["ada", "adam"], "Marketing")) == []
    assert await members(ada, "Marketing") == ["ada", "adam", "grace", "mia"]


async def test_a_member_who_takes_no_seat_leaves_a_group_when_the_rest_is_taken(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    await assign(ada, ["adam"], "Marketing")
    assert reasons(await assign(ada, ["adam"], None)) == []


async def test_a_disabled_user_comes_into_a_full_group(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    await ada.do("disableUser", userId=(await ids(ada, "paul"))[0])
    assert reasons(await assign(ada, ["paul"], "Marketing")) == []


async def test_the_place_of_whoever_left_is_free_for_another(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    await assign(ada, ["mia"], "Sales")
    assert reasons(await assign(ada, ["paul"], "Marketing")) == []


async def test_whoever_is_in_the_full_group_already_stays_without_an_error(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    assert reasons(await assign(ada, ["mia", "grace"], "Marketing")) == []
    assert reasons(await assign(ada, ["mia", "paul"], "Marketing")) == FULL


async def test_a_user_named_twice_takes_one_seat(sqlite_world: World) -> None:
    groups = [{"name": "Marketing", "seats": 2}, {"name": "Sales", "seats": 1}]
    await sqlite_world.load(tight(seat_groups=groups))
    ada = sqlite_world.client("ada")
    payload = await assign(ada, ["paul", "paul"], "Sales")
    assert reasons(payload) == []
    assert len(payload["users"]) == 1


@pytest.mark.parametrize("names", [[], ["paul"] * 1001])
async def test_between_one_and_a_thousand_users_are_moved(
    sqlite_world: World, names: list[str]
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    wanted = [(await ids(ada, "paul"))[0]] * len(names)
    refusal = await ada.refusal("assignSeatGroup", userIds=wanted)
    assert refusal == ("INVALID", ["input", "userIds"])


async def test_where_a_group_is_required_no_paid_user_leaves_theirs(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    assert reasons(await assign(ada, ["mia"], None)) == REQUIRED
    assert await members(ada, "Marketing") == ["grace", "mia"]


async def test_where_a_group_is_required_a_free_user_needs_none(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await assign(ada, ["adam"], "Sales")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    assert reasons(await assign(ada, ["adam"], None)) == []


async def test_nobody_moves_once_the_subscription_has_ended(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at("2027-03-02T12:00:00")
    ada = sqlite_world.client("ada")
    (error,) = (await assign(ada, ["paul"], "Sales"))["userErrors"]
    assert error["code"] == "SUBSCRIPTION_CANCELED"


async def test_a_group_s_administrator_moves_members_between_its_groups(
    sqlite_world: World,
) -> None:
    grace = ["grace@acme.example"]
    groups = [
        {"name": "Marketing", "seats": 2, "administrators": grace},
        {"name": "Sales", "seats": 3, "administrators": grace},
    ]
    await sqlite_world.load(tight(seat_groups=groups))
    assert reasons(await assign(sqlite_world.client("grace"), ["mia"], "Sales")) == []
    assert await members(sqlite_world.client("ada"), "Sales") == ["mia"]


async def test_a_group_s_administrator_is_held_to_the_limits_too(sqlite_world: World) -> None:
    grace = ["grace@acme.example"]
    groups = [
        {"name": "Marketing", "seats": 2, "administrators": grace},
        {"name": "Sales", "seats": 0, "administrators": grace},
    ]
    await sqlite_world.load(tight(seat_groups=groups))
    assert reasons(await assign(sqlite_world.client("grace"), ["mia"], "Sales")) == FULL
