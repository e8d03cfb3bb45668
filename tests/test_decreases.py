"""Decreases that take effect: who loses the seat, and who does not."""

from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

RENEWED = "2027-03-01T12:00:00"


async def subscription(client: Client, fields: str) -> dict[str, Any]:
    data = await client.data(f"{{ account {{ subscription {{ {fields} }} }} }}")
    found: dict[str, Any] = data["account"]["subscription"]
    return found


async def newest_summary(client: Client) -> str:
    """What was last done to the account."""
    data = await client.data("{ account { activity(first: 1) { edges { node { summary } } } } }")
    return str(data["account"]["activity"]["edges"][0]["node"]["summary"])


async def statuses(client: Client) -> dict[str, str]:
    """Each user's status, by the part of the e-mail before the @."""
    data = await client.data("{ account { users { edges { node { email status } } } } }")
    nodes = [edge["node"] for edge in data["account"]["users"]["edges"]]
    return {node["email"].partition("@")[0]: node["status"] for node in nodes}


def worked(**last_active: str | None) -> list[dict[str, Any]]:
    """Paid users outside groups, one for each argument, in that order."""
    return [
        {
            "email": f"{name}@acme.example",
            "name": name.title(),
            "permissions": {"roadmap": "CONTRIBUTOR"},
            "last_active_at": at,
        }
        for name, at in last_active.items()
    ]


async def decreased(world: World, seats: int) -> Client:
    """2 seats for Marketing's grace and mia; olga and paul were never active; five more."""
    others = worked(
        zoe="2026-06-30T00:00:00Z",
        yan=None,
        xia="2024-01-01T00:00:00Z",
        val="2024-01-01T00:00:00Z",
        uma="2025-12-31T23:59:59Z",
    )
    groups = [{"name": "Marketing", "seats": 2}]
    await world.load(samples.account(users=[*samples.USERS, *others], seat_groups=groups))
    await world.client("ada").do("changeUsers", seats=seats)
    world.at(RENEWED)
    await world.renew()
    return world.client("ada")


@pytest.mark.parametrize(
    ("seats", "losing"),
    [
        (9, set()),
        (8, {"olga"}),
        (6, {"olga", "paul", "yan"}),
        (5, {"olga", "paul", "yan", "xia"}),
        (2, {"olga", "paul", "yan", "xia", "val", "uma", "zoe"}),
    ],
)
async def test_users_above_the_new_total_are_disabled_the_least_recently_active_first(
    sqlite_world: World, seats: int, losing: set[str]
) -> None:
    ada = await decreased(sqlite_world, seats)
    found = await statuses(ada)
    assert {name for name, status in found.items() if status == "DISABLED"} == losing


async def test_whoever_a_preview_named_is_disabled(world: World) -> None:
    await world.load(samples.account(users=[*samples.USERS, *worked(zoe=None, yan=None)]))
    query = """{ account { subscription { seatChangePreview(seats: 27) {
      usersToDisable { name } } } } }"""
    preview = (await world.client("ada").data(query))["account"]["subscription"]
    named = [user["name"] for user in preview["seatChangePreview"]["usersToDisable"]]
    assert named == ["Olga Owner", "Paul Plain"]
    await world.client("ada").do("changeUsers", seats=27)
    world.at(RENEWED)
    await world.renew()
    found = await statuses(world.client("ada"))
    assert [name for name, status in found.items() if status == "DISABLED"] == ["olga", "paul"]


async def test_group_members_are_safe(sqlite_world: World) -> None:
    found = await statuses(await decreased(sqlite_world, 2))
    assert (found["grace"], found["mia"]) == ("ACTIVE", "ACTIVE")


async def test_users_who_take_no_seat_are_safe(sqlite_world: World) -> None:
    found = await statuses(await decreased(sqlite_world, 2))
    assert (found["ada"], found["adam"]) == ("ACTIVE", "ACTIVE")


async def test_after_a_decrease_took_effect_the_paid_users_fit(world: World) -> None:
    ada = await decreased(world, 5)
    found = await subscription(ada, "seats seatsUsed seatsAllocated seatsAvailable")
    assert found == {"seats": 5, "seatsUsed": 5, "seatsAllocated": 2, "seatsAvailable": 0}


async def test_whoever_lost_the_seat_is_signed_out(sqlite_world: World) -> None:
    await decreased(sqlite_world, 8)
    assert await sqlite_world.client("olga").code("{ viewer { id } }") == "UNAUTHENTICATED"


async def test_the_renewal_s_entry_names_who_lost_the_seat(sqlite_world: World) -> None:
    summary = await newest_summary(await decreased(sqlite_world, 7))
    assert summary.endswith("; 2 users disabled: olga@acme.example, paul@acme.example")


async def test_the_renewal_s_entry_names_the_first_20_of_many(sqlite_world: World) -> None:
    crowd = [
        {"email": f"u{n:03}@acme.example", "name": "U", "permissions": {"docs": "OWNER"}}
        for n in range(120)
    ]
    users = [samples.USERS[0], *crowd]
    await sqlite_world.load(
        samples.account(users=users, seat_groups=[], subscription={"seats": 120})
    )
    await sqlite_world.client("ada").do("changeUsers", seats=0)
    sqlite_world.at(RENEWED)
    await sqlite_world.renew()
    ada = sqlite_world.client("ada")
    summary = await newest_summary(ada)
    assert "; 120 users disabled: u000@acme.example, " in summary
    assert summary.endswith(", u019@acme.example, and others")
    assert await subscription(ada, "seatsUsed") == {"seatsUsed": 0}


async def test_whoever_was_invited_while_the_decrease_waited_is_among_those_disabled(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=27)
    permission = {"productId": await ada.id_of("product", "Docs"), "role": "OWNER"}
    new = {"email": "new@acme.example", "name": "New", "permissions": [permission]}
    await ada.do("inviteUser", **new)
    sqlite_world.at(RENEWED)
    await sqlite_world.renew()
    found = await statuses(sqlite_world.client("ada"))
    assert sorted(found.values()).count("DISABLED") == 1
    assert found["olga"] == "DISABLED"


async def test_whoever_lost_the_seat_with_the_period_changes_nothing_any_more(
    sqlite_world: World,
) -> None:
    # On Premium ada's own role takes a seat; no worker has run since the period ended.
    await sqlite_world.load(samples.premium(subscription={"interval": "MONTH"}))
    await sqlite_world.client("ada").do("changeUsers", seats=0)
    sqlite_world.at("2026-08-01T12:00:00")
    mutation = "mutation { changeUsers(input: {seats: 5}) { subscription { seats } } }"
    assert await sqlite_world.client("ada").code(mutation) == "UNAUTHENTICATED"
