"""Allocating seats: how many of the account's seats each group holds."""

from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

SEATS = "{ account { subscription { seats seatsUsed seatsAvailable seatsAllocated } } }"
GROUPS = "{ account { seatGroups { edges { node { name seats } } } } }"


async def allocate(client: Client, **wanted: int) -> dict[str, Any]:
    """The payload of allocateSeats for groups by name."""
    return await client.mutate(
        "allocateSeats", "seatGroups { name seats }", **await to(client, wanted)
    )


async def to(client: Client, wanted: dict[str, int]) -> dict[str, Any]:
    """The input that gives groups by name so many seats."""
    return {
        "allocations": [
            {"seatGroupId": await client.id_of("group", name), "seats": seats}
            for name, seats in wanted.items()
        ]
    }


async def held(client: Client) -> dict[str, int]:
    """The seats of each group, by name."""
    edges = (await client.data(GROUPS))["account"]["seatGroups"]["edges"]
    return {edge["node"]["name"]: edge["node"]["seats"] for edge in edges}


def reasons(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Code and field of each reason for a refusal."""
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def path(index: int) -> list[str]:
    """The path of the seats of one allocation."""
    return ["input", "allocations", str(index), "seats"]


async def test_allocations_are_set_and_told_in_the_order_given(sqlite_world: World) -> None:
    await sqlite_world.load()
    payload = await allocate(sqlite_world.client("ada"), Sales=7, Marketing=10)
    assert payload["seatGroups"] == [
        {"name": "Sales", "seats": 7},
        {"name": "Marketing", "seats": 10},
    ]


async def test_the_answer_shows_what_is_left_for_all(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    fields = "subscription { seats seatsUsed seatsAvailable seatsAllocated }"
    payload = await ada.do("allocateSeats", fields, **await to(ada, {"Sales": 10}))
    left = {"seats": 60, "seatsUsed": 4, "seatsAvailable": 28, "seatsAllocated": 30}
    assert payload["subscription"] == left


async def test_groups_can_hold_all_seats_but_those_taken_outside_groups(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    assert (await allocate(ada, Sales=38))["userErrors"] == []
    assert (await ada.data(SEATS))["account"]["subscription"]["seatsAvailable"] == 0


async def test_groups_cannot_hold_a_seat_that_is_taken_outside_groups(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    assert reasons(await allocate(ada, Sales=39)) == [("NOT_ENOUGH_SEATS", path(0))]
    assert await held(ada) == {"Marketing": 20, "Sales": 5}


async def test_a_group_cannot_shrink_below_its_paid_members(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    payload = await allocate(ada, Marketing=1)
    assert reasons(payload) == [("SEAT_GROUP_FULL", path(0))]
    assert "Marketing" in payload["userErrors"][0]["message"]
    assert await held(ada) == {"Marketing": 20, "Sales": 5}


async def test_a_group_can_shrink_to_its_paid_members(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    assert (await allocate(ada, Marketing=2, Sales=0))["userErrors"] == []
    assert await held(ada) == {"Marketing": 2, "Sales": 0}


async def test_members_who_take_no_seat_do_not_keep_a_group_from_shrinking(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    sales = await ada.id_of("group", "Sales")
    await ada.do("inviteUser", email="free@acme.example", name="Free", seatGroupId=sales)
    assert (await allocate(ada, Sales=0))["userErrors"] == []


async def test_disabled_members_do_not_keep_a_group_from_shrinking(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("disableUser", userId=await ada.id_of("user", "mia@acme.example"))
    assert (await allocate(ada, Marketing=1))["userErrors"] == []


async def test_invited_members_keep_a_group_from_shrinking(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    permissions = [{"productId": await ada.id_of("product", "Docs"), "role": "OWNER"}]
    sales = await ada.id_of("group", "Sales")
    given = {"email": "new@acme.example", "name": "New", "seatGroupId": sales}
    await ada.do("inviteUser", **given, permissions=permissions)
    assert reasons(await allocate(ada, Sales=0)) == [("SEAT_GROUP_FULL", path(0))]


async def test_seats_move_from_group_to_group_when_none_is_left(world: World) -> None:
    await world.load(samples.account(subscription={"seats": 27}))
    ada = world.client("ada")
    assert (await allocate(ada, Sales=15, Marketing=10))["userErrors"] == []
    assert await held(ada) == {"Marketing": 10, "Sales": 15}


@pytest.mark.parametrize(
    ("second", "code"), [(55, "NOT_ENOUGH_SEATS"), (1, "SEAT_GROUP_FULL"), (-1, "INVALID")]
)
async def test_no_allocation_is_set_when_one_of_them_is_refused(
    world: World, second: int, code: str
) -> None:
    await world.load()
    ada = world.client("ada")
    payload = await allocate(ada, Sales=4, Marketing=second)
    assert [error["code"] for error in payload["userErrors"]] == [code]
    assert payload["seatGroups"] is None
    assert await held(ada) == {"Marketing": 20, "Sales": 5}


async def test_no_allocation_is_set_when_one_group_is_unknown(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given = await to(ada, {"Sales": 4})
    given["allocations"].append({"seatGroupId": "unknown", "seats": 1})
    refusal = await ada.refusal("allocateSeats", **given)
    assert refusal == ("NOT_FOUND", ["input", "allocations", "1", "seatGroupId"])
    assert await held(ada) == {"Marketing": 20, "Sales": 5}


async def test_every_bad_allocation_is_told(sqlite_world: World) -> None:
    await sqlite_world.load()
    payload = await allocate(sqlite_world.client("ada"), Sales=-1, Marketing=1)
    assert reasons(payload) == [("INVALID", path(0)), ("SEAT_GROUP_FULL", path(1))]


async def test_a_group_cannot_be_named_twice(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    (allocation,) = (await to(ada, {"Sales": 6}))["allocations"]
    refusal = await ada.refusal("allocateSeats", allocations=[allocation, allocation])
    assert refusal == ("INVALID", ["input", "allocations"])


async def test_at_least_one_group_must_be_named(sqlite_world: World) -> None:
    await sqlite_world.load()
    refusal = await sqlite_world.client("ada").refusal("allocateSeats", allocations=[])
    assert refusal == ("INVALID", ["input", "allocations"])


async def test_while_a_decrease_waits_the_pending_total_bounds_allocations(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=30)
    assert reasons(await allocate(ada, Sales=9)) == [("NOT_ENOUGH_SEATS", path(0))]
    assert (await allocate(ada, Sales=8))["userErrors"] == []


async def test_a_dropped_decrease_bounds_nothing_any_more(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=30)
    await ada.do("changeUsers", seats=60)
    assert (await allocate(ada, Sales=38))["userErrors"] == []


async def test_groups_can_shrink_while_a_decrease_will_cost_users_their_seat(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=25)
    assert (await allocate(ada, Sales=4))["userErrors"] == []


async def test_a_decrease_below_what_groups_hold_is_refused(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    assert await ada.refusal("changeUsers", seats=24) == ("SEATS_ALLOCATED", ["input", "seats"])
    assert (await ada.do("changeUsers", seats=25))["userErrors"] == []


async def test_groups_keep_their_seats_when_a_decrease_takes_effect(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("changeUsers", seats=25)
    sqlite_world.at("2027-03-02T12:00:00")
    await sqlite_world.renew()
    ada = sqlite_world.client("ada")
    assert await held(ada) == {"Marketing": 20, "Sales": 5}
    seats = {"seats": 25, "seatsUsed": 2, "seatsAvailable": 0, "seatsAllocated": 25}
    assert (await ada.data(SEATS))["account"]["subscription"] == seats


async def test_a_retry_with_the_same_key_answers_alike(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given = {**await to(ada, {"Sales": 7}), "idempotencyKey": "one"}
    first = await ada.do("allocateSeats", "seatGroups { name seats }", **given)
    again = await ada.do("allocateSeats", "seatGroups { name seats }", **given)
    assert again == first


async def test_a_late_retry_does_not_undo_what_came_after(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given = {**await to(ada, {"Sales": 7}), "idempotencyKey": "one"}
    await ada.do("allocateSeats", **given)
    await allocate(ada, Sales=9)
    await ada.do("allocateSeats", **given)
    assert await held(ada) == {"Marketing": 20, "Sales": 9}


async def test_the_same_key_with_other_allocations_is_refused(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("allocateSeats", **await to(ada, {"Sales": 7}), idempotencyKey="one")
    refusal = await ada.refusal(
        "allocateSeats", **await to(ada, {"Sales": 8}), idempotencyKey="one"
    )
    assert refusal == ("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])
    assert await held(ada) == {"Marketing": 20, "Sales": 7}


async def test_nothing_is_allocated_once_the_subscription_has_ended(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at("2027-03-02T12:00:00")
    ada = sqlite_world.client("ada")
    (error,) = (await allocate(ada, Sales=4))["userErrors"]
    assert error["code"] == "SUBSCRIPTION_CANCELED"
    assert await held(ada) == {"Marketing": 20, "Sales": 5}
