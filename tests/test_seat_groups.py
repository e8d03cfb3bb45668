"""Seat groups: create, change, delete and read them."""

from typing import Any

import pytest

from services.errors import OperatorError
from tests import samples
from tests.world import Client, World

SEATS = "{ account { subscription { seats seatsUsed seatsAvailable seatsAllocated } } }"
GROUPS = "{ account { seatGroups { edges { node { name seats seatsUsed } } } } }"
GROUP = """
query($id: ID!) { node(id: $id) { ... on SeatGroup {
  name seats seatsUsed seatsAvailable administrators { email }
  users { totalCount edges { node { email } } }
} } }
"""


def tight(seats: int = 7, **changes: Any) -> dict[str, Any]:
    """Marketing is full (2 of 2), Sales is empty (0 of 3), and so is, with 7 seats in all,
    what is left for the two paid users outside groups."""
    groups = [
        {"name": "Marketing", "seats": 2, "administrators": ["grace@acme.example"]},
        {"name": "Sales", "seats": 3},
    ]
    return samples.account(**{"seat_groups": groups, "subscription": {"seats": seats}} | changes)


async def groups(client: Client) -> dict[str, tuple[int, int]]:
    """Seats and seats used of each group, by name."""
    edges = (await client.data(GROUPS))["account"]["seatGroups"]["edges"]
    return {
        edge["node"]["name"]: (edge["node"]["seats"], edge["node"]["seatsUsed"]) for edge in edges
    }


async def show(client: Client, name: str) -> dict[str, Any]:
    node: dict[str, Any] = (await client.data(GROUP, id=await client.id_of("group", name)))["node"]
    return node


async def free_member(client: Client, email: str, group: str) -> str:
    """Invites someone into a group who takes no seat."""
    group_id = await client.id_of("group", group)
    given = {"email": email, "name": "Fred Free", "seatGroupId": group_id}
    user_id: str = (await client.do("inviteUser", "user { id }", **given))["user"]["id"]
    return user_id


async def test_a_group_is_created_with_its_seats_and_administrators(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    paul = await ada.id_of("user", "paul@acme.example")
    fields = "seatGroup { name seats seatsUsed seatsAvailable administrators { email } }"
    payload = await ada.do(
        "createSeatGroup", fields, name="Support", seats=4, administratorIds=[paul]
    )
    assert payload["seatGroup"] == {
        "name": "Support",
        "seats": 4,
        "seatsUsed": 0,
        "seatsAvailable": 4,
        "administrators": [{"email": "paul@acme.example"}],
    }


async def test_a_new_group_s_seats_are_taken_from_those_that_all_share(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("createSeatGroup", name="Support", seats=4)
    assert (await ada.data(SEATS))["account"]["subscription"] == {
        "seats": 60,
        "seatsUsed": 4,
        "seatsAvailable": 29,
        "seatsAllocated": 29,
    }


async def test_an_account_has_as_many_groups_as_it_wants(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    for number in range(60):
        await ada.do("createSeatGroup", name=f"Group {number}", seats=number % 2)
    answer = await ada.data("{ account { seatGroups { totalCount } } }")
    assert answer["account"]["seatGroups"]["totalCount"] == 62


@pytest.mark.parametrize("name", ["Marketing", "MARKETING", "mARKETING", " marketing "])
async def test_a_name_is_taken_without_regard_to_case(sqlite_world: World, name: str) -> None:
    await sqlite_world.load()
    refusal = await sqlite_world.client("ada").refusal("createSeatGroup", name=name, seats=1)
    assert refusal == ("NAME_TAKEN", ["input", "name"])


@pytest.mark.parametrize(
    ("first", "second"),
    [("straße", "STRASSE"), ("ÉCOLE", "e\u0301cole"), ("ΣΊΣΥΦΟΣ", "Σίσυφος")],
)
async def test_a_name_is_taken_without_regard_to_case_in_any_script(
    world: World, first: str, second: str
) -> None:
    await world.load()
    ada = world.client("ada")
    await ada.do("createSeatGroup", name=first, seats=1)
    refusal = await ada.refusal("createSeatGroup", name=second, seats=1)
    assert refusal == ("NAME_TAKEN", ["input", "name"])


async def test_a_group_keeps_its_own_name_in_another_case(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    sales = await ada.id_of("group", "Sales")
    payload = await ada.do("updateSeatGroup", "seatGroup { name }", seatGroupId=sales, name="SALES")
    assert payload["seatGroup"]["name"] == "SALES"


async def test_a_group_cannot_take_another_one_s_name(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    sales = await ada.id_of("group", "Sales")
    refusal = await ada.refusal("updateSeatGroup", seatGroupId=sales, name="marketing")
    assert refusal == ("NAME_TAKEN", ["input", "name"])
    assert await groups(ada) == {"Marketing": (20, 2), "Sales": (5, 0)}


async def test_the_name_of_a_deleted_group_is_free_again(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("deleteSeatGroup", seatGroupId=await ada.id_of("group", "Sales"))
    payload = await ada.do("createSeatGroup", "seatGroup { name }", name="sales", seats=1)
    assert payload["seatGroup"]["name"] == "sales"


async def test_a_new_group_can_hold_all_seats_that_nobody_else_has(sqlite_world: World) -> None:
    await sqlite_world.load(tight(seats=10))
    ada = sqlite_world.client("ada")
    await ada.do("createSeatGroup", name="Support", seats=3)
    answer = await ada.data(SEATS)
    assert answer["account"]["subscription"]["seatsAvailable"] == 0


async def test_a_new_group_cannot_hold_a_seat_more_than_nobody_else_has(world: World) -> None:
    await world.load(tight(seats=10))
    ada = world.client("ada")
    refusal = await ada.refusal("createSeatGroup", name="Support", seats=4)
    assert refusal == ("NOT_ENOUGH_SEATS", ["input", "seats"])
    assert await groups(ada) == {"Marketing": (2, 2), "Sales": (3, 0)}


async def test_while_a_decrease_waits_a_new_group_fits_into_the_pending_total(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=30)
    refusal = await ada.refusal("createSeatGroup", name="Support", seats=4)
    assert refusal == ("NOT_ENOUGH_SEATS", ["input", "seats"])
    await ada.do("createSeatGroup", name="Support", seats=3)


async def test_a_group_of_no_seats_can_be_created_when_all_are_taken(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    await ada.do("createSeatGroup", name="Support", seats=0)
    assert (await groups(ada))["Support"] == (0, 0)


async def test_a_group_with_an_unknown_administrator_is_not_created(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    known = await ada.id_of("user", "paul@acme.example")
    refusal = await ada.refusal(
        "createSeatGroup", name="Support", seats=1, administratorIds=[known, "unknown"]
    )
    assert refusal == ("NOT_FOUND", ["input", "administratorIds"])
    assert "Support" not in await groups(ada)


async def test_updating_replaces_the_administrators(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    marketing = await ada.id_of("group", "Marketing")
    wanted = [await ada.id_of("user", f"{name}@acme.example") for name in ("paul", "mia")]
    await ada.do("updateSeatGroup", seatGroupId=marketing, administratorIds=wanted)
    administrators = (await show(ada, "Marketing"))["administrators"]
    assert administrators == [{"email": "mia@acme.example"}, {"email": "paul@acme.example"}]


async def test_updating_leaves_alone_what_is_null_or_left_out(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    before = await show(ada, "Marketing")
    marketing = await ada.id_of("group", "Marketing")
    await ada.do("updateSeatGroup", seatGroupId=marketing, name=None, administratorIds=None)
    await ada.do("updateSeatGroup", seatGroupId=marketing)
    assert await show(ada, "Marketing") == before


async def test_a_group_can_do_without_administrators(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    marketing = await ada.id_of("group", "Marketing")
    await ada.do("updateSeatGroup", seatGroupId=marketing, administratorIds=[])
    assert (await show(ada, "Marketing"))["administrators"] == []


async def test_an_administrator_named_twice_is_one_administrator(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    marketing = await ada.id_of("group", "Marketing")
    paul = await ada.id_of("user", "paul@acme.example")
    await ada.do("updateSeatGroup", seatGroupId=marketing, administratorIds=[paul, paul])
    assert (await show(ada, "Marketing"))["administrators"] == [{"email": "paul@acme.example"}]


async def test_an_update_with_one_bad_part_changes_nothing(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    before = await show(ada, "Marketing")
    marketing = await ada.id_of("group", "Marketing")
    refusal = await ada.refusal(
        "updateSeatGroup", seatGroupId=marketing, name="Renamed", administratorIds=["unknown"]
    )
    assert refusal == ("NOT_FOUND", ["input", "administratorIds"])
    assert await show(ada, "Marketing") == before


async def test_members_who_take_no_seat_do_not_count(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    await free_member(ada, "fred@acme.example", "Marketing")
    shown = await show(ada, "Marketing")
    assert (shown["seatsUsed"], shown["seatsAvailable"], shown["users"]["totalCount"]) == (2, 0, 3)


async def test_members_are_listed_by_name(sqlite_world: World) -> None:
    await sqlite_world.load()
    members = (await show(sqlite_world.client("ada"), "Marketing"))["users"]["edges"]
    assert [edge["node"]["email"] for edge in members] == ["grace@acme.example", "mia@acme.example"]


async def test_deleting_a_group_gives_its_seats_back(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    sales = await ada.id_of("group", "Sales")
    fields = "deletedSeatGroupId subscription { seatsAllocated seatsAvailable }"
    payload = await ada.do("deleteSeatGroup", fields, seatGroupId=sales)
    assert payload["deletedSeatGroupId"] == sales
    assert payload["subscription"] == {"seatsAllocated": 20, "seatsAvailable": 38}
    assert await groups(ada) == {"Marketing": (20, 2)}


async def test_members_of_a_deleted_group_move_to_another(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    marketing, sales = [await ada.id_of("group", name) for name in ("Marketing", "Sales")]
    await ada.do("deleteSeatGroup", seatGroupId=marketing, moveUsersTo=sales)
    assert await groups(ada) == {"Sales": (5, 2)}


async def test_members_of_a_deleted_group_move_to_none(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    await ada.do(
        "deleteSeatGroup", seatGroupId=await ada.id_of("group", "Marketing"), moveUsersTo=None
    )
    answer = await ada.data("{ account { users(filter: {ungrouped: true}) { totalCount } } }")
    assert answer["account"]["users"]["totalCount"] == 6


async def test_disabled_members_of_a_deleted_group_move_too(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    mia = await ada.id_of("user", "mia@acme.example")
    await ada.do("disableUser", userId=mia)
    marketing, sales = [await ada.id_of("group", name) for name in ("Marketing", "Sales")]
    await ada.do("deleteSeatGroup", seatGroupId=marketing, moveUsersTo=sales)
    payload = await ada.do("enableUser", "user { seatGroup { name } }", userId=mia)
    assert payload["user"]["seatGroup"] == {"name": "Sales"}


async def test_a_group_is_not_deleted_into_one_that_has_no_room(sqlite_world: World) -> None:
    names = [{"name": "Marketing", "seats": 2}, {"name": "Sales", "seats": 1}]
    await sqlite_world.load(tight(seat_groups=names))
    ada = sqlite_world.client("ada")
    marketing, sales = [await ada.id_of("group", name) for name in ("Marketing", "Sales")]
    payload = await ada.mutate("deleteSeatGroup", seatGroupId=marketing, moveUsersTo=sales)
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("SEAT_GROUP_FULL", ["input", "moveUsersTo"])
    assert "Sales" in error["message"]
    assert "1" in error["message"]
    assert await groups(ada) == {"Marketing": (2, 2), "Sales": (1, 0)}


async def test_members_who_take_no_seat_move_into_a_full_group(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    await free_member(ada, "fred@acme.example", "Sales")
    marketing, sales = [await ada.id_of("group", name) for name in ("Marketing", "Sales")]
    await ada.do("deleteSeatGroup", seatGroupId=sales, moveUsersTo=marketing)
    assert (await show(ada, "Marketing"))["users"]["totalCount"] == 3


async def test_paid_members_do_not_move_to_none_where_a_group_is_required(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    refusal = await ada.refusal(
        "deleteSeatGroup", seatGroupId=await ada.id_of("group", "Marketing")
    )
    assert refusal == ("SEAT_GROUP_REQUIRED", ["input", "moveUsersTo"])
    assert await groups(ada) == {"Marketing": (20, 2), "Sales": (5, 0)}


async def test_members_cannot_move_to_the_group_that_is_deleted(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    sales = await ada.id_of("group", "Sales")
    refusal = await ada.refusal("deleteSeatGroup", seatGroupId=sales, moveUsersTo=sales)
    assert refusal == ("INVALID", ["input", "moveUsersTo"])


async def test_a_deleted_group_s_administrators_lose_their_rights(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    marketing, sales = [await ada.id_of("group", name) for name in ("Marketing", "Sales")]
    await ada.do("deleteSeatGroup", seatGroupId=marketing, moveUsersTo=sales)
    code = await sqlite_world.client("grace").code("{ account { seatGroups { totalCount } } }")
    assert code == "FORBIDDEN"


async def test_a_deleted_group_is_not_found_any_more(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    sales = await ada.id_of("group", "Sales")
    await ada.do("deleteSeatGroup", seatGroupId=sales)
    refusal = await ada.refusal("deleteSeatGroup", seatGroupId=sales)
    assert refusal == ("NOT_FOUND", ["input", "seatGroupId"])


async def test_premium_has_no_seat_groups(sqlite_world: World) -> None:
    await sqlite_world.load(samples.premium())
    code, _ = await sqlite_world.client("ada").refusal("createSeatGroup", name="Sales", seats=1)
    assert code == "FEATURE_NOT_IN_PLAN"


async def test_a_retry_with_the_same_key_creates_one_group(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    given = {"name": "Support", "seats": 2, "idempotencyKey": "one"}
    first = await ada.do("createSeatGroup", "seatGroup { id name seats }", **given)
    again = await ada.do("createSeatGroup", "seatGroup { id name seats }", **given)
    assert again == first
    assert len(await groups(ada)) == 3


@pytest.mark.parametrize("change", [{"name": "Other"}, {"seats": 3}, {"administratorIds": ["me"]}])
async def test_the_same_key_for_another_group_is_refused(
    sqlite_world: World, change: dict[str, Any]
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given: dict[str, Any] = {"name": "Support", "seats": 2, "idempotencyKey": "one"}
    await ada.do("createSeatGroup", **given)
    if "administratorIds" in change:
        change = {"administratorIds": [await ada.id_of("user", "paul@acme.example")]}
    refusal = await ada.refusal("createSeatGroup", **given | change)
    assert refusal == ("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])


async def test_the_same_key_for_another_mutation_is_refused(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("createSeatGroup", name="Support", seats=2, idempotencyKey="one")
    code, _ = await ada.refusal("changeUsers", seats=61, idempotencyKey="one")
    assert code == "IDEMPOTENCY_KEY_REUSED"


async def test_a_refused_call_does_not_use_its_key_up(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.refusal("createSeatGroup", name="Sales", seats=2, idempotencyKey="one")
    await ada.do("createSeatGroup", name="Support", seats=2, idempotencyKey="one")


async def test_a_key_is_forgotten_after_24_hours(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    given = {"name": "Support", "seats": 2, "idempotencyKey": "one"}
    await ada.do("createSeatGroup", **given)
    sqlite_world.at("2026-07-02T12:00:00")
    refusal = await sqlite_world.client("ada").refusal("createSeatGroup", **given)
    assert refusal == ("NAME_TAKEN", ["input", "name"])


async def test_an_import_that_overfills_a_group_is_refused(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    ada = sqlite_world.client("ada")
    late = {"email": "late@acme.example", "name": "Late", "seat_group": "Marketing"}
    users = [{**late, "permissions": {"roadmap": "CONTRIBUTOR"}}]
    with pytest.raises(OperatorError, match="Marketing"):
        await sqlite_world.load(tight(users=users))
    assert await groups(ada) == {"Marketing": (2, 2), "Sales": (3, 0)}


async def test_an_import_of_more_paid_users_than_seats_is_refused(sqlite_world: World) -> None:
    await sqlite_world.load(tight())
    late = {"email": "late@acme.example", "name": "Late", "permissions": {"docs": "OWNER"}}
    with pytest.raises(OperatorError, match="seat"):
        await sqlite_world.load(tight(users=[late]))
