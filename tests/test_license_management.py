"""License management: who may manage users, and where new paid users may go."""

from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

SETTINGS = "licenseManagement { onlyBillingAdministratorsManageUsers seatGroupRequired }"
BOTH_OFF = {"onlyBillingAdministratorsManageUsers": False, "seatGroupRequired": False}


async def settings(client: Client) -> dict[str, bool]:
    answer = await client.data(f"{{ account {{ {SETTINGS} }} }}")
    found: dict[str, bool] = answer["account"]["licenseManagement"]
    return found


async def test_both_settings_are_off_at_first(sqlite_world: World) -> None:
    await sqlite_world.load()
    assert await settings(sqlite_world.client("ada")) == BOTH_OFF


@pytest.mark.parametrize("setting", list(BOTH_OFF))
async def test_a_setting_is_turned_on_and_the_other_stays(world: World, setting: str) -> None:
    await world.load()
    ada = world.client("ada")
    payload = await ada.do(
        "updateLicenseManagement", f"account {{ {SETTINGS} }}", **{setting: True}
    )
    assert payload["account"]["licenseManagement"] == BOTH_OFF | {setting: True}
    assert await settings(ada) == BOTH_OFF | {setting: True}


async def test_null_leaves_a_setting_as_it_is(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    await ada.do("updateLicenseManagement", seatGroupRequired=None)
    await ada.do("updateLicenseManagement")
    assert (await settings(ada))["seatGroupRequired"] is True


@pytest.mark.parametrize("setting", list(BOTH_OFF))
async def test_premium_cannot_turn_a_setting_on(sqlite_world: World, setting: str) -> None:
    await sqlite_world.load(samples.premium())
    ada = sqlite_world.client("ada")
    refusal = await ada.refusal("updateLicenseManagement", **{setting: True})
    assert refusal == ("FEATURE_NOT_IN_PLAN", ["input", setting])
    assert await settings(ada) == BOTH_OFF


async def test_premium_can_turn_the_settings_off(sqlite_world: World) -> None:
    await sqlite_world.load(samples.premium())
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", **BOTH_OFF)


async def test_one_setting_that_is_refused_leaves_the_other(sqlite_world: World) -> None:
    await sqlite_world.load(samples.premium())
    ada = sqlite_world.client("ada")
    wanted = {"onlyBillingAdministratorsManageUsers": False, "seatGroupRequired": True}
    code, _ = await ada.refusal("updateLicenseManagement", **wanted)
    assert code == "FEATURE_NOT_IN_PLAN"
    assert await settings(ada) == BOTH_OFF


async def test_everyone_reads_the_settings(sqlite_world: World) -> None:
    await sqlite_world.load()
    assert await settings(sqlite_world.client("paul")) == BOTH_OFF


async def test_the_restriction_acts_at_once_and_ends_at_once(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada, adam = sqlite_world.client("ada"), sqlite_world.client("adam")
    query = "mutation($input: DisableUserInput!) { disableUser(input: $input) { user { id } } }"
    paul = {"userId": await ada.id_of("user", "paul@acme.example")}
    await ada.do("updateLicenseManagement", onlyBillingAdministratorsManageUsers=True)
    assert await adam.code(query, input=paul) == "FORBIDDEN"
    await ada.do("updateLicenseManagement", onlyBillingAdministratorsManageUsers=False)
    await adam.do("disableUser", **paul)


async def test_requiring_groups_leaves_paid_users_without_one_their_seats(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    answer = await ada.data("{ account { subscription { seatsUsed } } }")
    assert answer["account"]["subscription"]["seatsUsed"] == 4


async def test_where_a_group_is_required_a_billing_administrator_uses_any(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    paul = await ada.id_of("user", "paul@acme.example")
    sales = await ada.id_of("group", "Sales")
    await ada.do("assignSeatGroup", userIds=[paul], seatGroupId=sales)


async def test_where_a_group_is_required_an_administrator_uses_only_those_they_administer(
    sqlite_world: World,
) -> None:
    groups = [
        {"name": "Marketing", "seats": 20, "administrators": ["adam@acme.example"]},
        {"name": "Sales", "seats": 5},
    ]
    await sqlite_world.load(samples.account(seat_groups=groups))
    ada, adam = sqlite_world.client("ada"), sqlite_world.client("adam")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    wanted: dict[str, Any] = {"userIds": [await ada.id_of("user", "paul@acme.example")]}
    query = """mutation($input: AssignSeatGroupInput!) {
        assignSeatGroup(input: $input) { users { id } }
    }"""
    sales, marketing = [await ada.id_of("group", name) for name in ("Sales", "Marketing")]
    assert await adam.code(query, input=wanted | {"seatGroupId": sales}) == "FORBIDDEN"
    await adam.do("assignSeatGroup", **wanted, seatGroupId=marketing)


async def test_each_change_leaves_one_entry_in_the_activity(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    for _ in range(2):
        await ada.do("updateLicenseManagement", seatGroupRequired=True)
    answer = await ada.data("{ account { activity { edges { node { action } } } } }")
    actions = [edge["node"]["action"] for edge in answer["account"]["activity"]["edges"]]
    assert actions.count("license_management.updated") == 1


async def test_an_overdue_subscription_is_rolled_forward_first(sqlite_world: World) -> None:
    await sqlite_world.load()
    sqlite_world.at("2027-03-02T12:00:00")
    ada = sqlite_world.client("ada")
    await ada.do("updateLicenseManagement", seatGroupRequired=True)
    answer = await ada.data("{ account { activity { edges { node { action } } } } }")
    actions = [edge["node"]["action"] for edge in answer["account"]["activity"]["edges"]]
    assert actions[:2] == ["license_management.updated", "subscription.renewed"]
