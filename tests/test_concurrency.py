"""Several at once: no mix of mutations oversells a seat, in one process or in two."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import samples
from tests.world import Client, World, opened

ROOT = Path(__file__).parent.parent
SEATS = """{ account {
  subscription { seats pendingSeats seatsUsed seatsAvailable seatsAllocated version }
  seatGroups(first: 100) { edges { node { name seats seatsUsed } } }
} }"""


def tight(seats: int, marketing: int = 2, **changes: Any) -> dict[str, Any]:
    """Four paid users: two in Marketing, two in no group. Sales has 3 seats and no member."""
    groups = [{"name": "Marketing", "seats": marketing}, {"name": "Sales", "seats": 3}]
    return samples.account(**{"seat_groups": groups, "subscription": {"seats": seats}} | changes)


async def invitation(
    client: Client, number: int | str, group: str | None = None, role: str = "CONTRIBUTOR"
) -> dict[str, Any]:
    """The input that invites someone with a role into a group by name."""
    product = await client.id_of("product", "Roadmap")
    return {
        "email": f"new{number}@acme.example",
        "name": "New",
        "seatGroupId": await client.id_of("group", group) if group else None,
        "permissions": [{"productId": product, "role": role}],
    }


async def outcomes(*payloads: Any) -> Counter[str]:
    """How often each code came of what is done at once; "done" where nothing was refused."""
    answers = await asyncio.gather(*payloads)
    codes = [[error["code"] for error in answer["userErrors"]] for answer in answers]
    return Counter(found[0] if found else "done" for found in codes)


async def assert_nothing_is_oversold(client: Client) -> None:
    account = (await client.data(SEATS))["account"]
    groups = [edge["node"] for edge in account["seatGroups"]["edges"]]
    subscription = account["subscription"]
    assert all(group["seatsUsed"] <= group["seats"] for group in groups)
    assert subscription["seatsAllocated"] == sum(group["seats"] for group in groups)
    assert subscription["seatsAvailable"] >= 0
    pending = subscription["pendingSeats"]
    assert pending is None or subscription["seatsAllocated"] <= pending


async def test_the_last_seat_is_taken_once(world: World) -> None:
    await world.load(tight(seats=8))
    ada, adam = world.client("ada"), world.client("adam")
    wanted = [await invitation(ada, number) for number in range(6)]
    found = await outcomes(
        *(who.mutate("inviteUser", **given) for given in wanted for who in (ada, adam))
    )
    assert found["done"] == 1
    assert found["NOT_ENOUGH_SEATS"] >= 5
    await assert_nothing_is_oversold(ada)


async def test_the_last_seat_of_a_group_is_taken_once_by_whatever_path(world: World) -> None:
    free = {"email": "free@acme.example", "name": "Free", "seat_group": "Marketing"}
    paid = {"permissions": {"roadmap": "OWNER"}, "seat_group": "Marketing", "status": "DISABLED"}
    off = {"email": "off@acme.example", "name": "Off", **paid}
    await world.load(tight(seats=9, marketing=3, users=[*samples.USERS, free, off]))
    ada, adam = world.client("ada"), world.client("adam")
    marketing, product = await ada.id_of("group", "Marketing"), await ada.id_of("product", "Docs")
    users = {
        name: await ada.id_of("user", f"{name}@acme.example") for name in ("free", "off", "paul")
    }
    new = await invitation(ada, 1, "Marketing")
    role = {"userId": users["free"], "productId": product, "role": "OWNER"}
    found = await outcomes(
        ada.mutate("inviteUser", **new),
        adam.mutate("setProductPermission", **role),
        ada.mutate("enableUser", userId=users["off"]),
        adam.mutate("assignSeatGroup", userIds=[users["paul"]], seatGroupId=marketing),
    )
    assert found == {"done": 1, "SEAT_GROUP_FULL": 3}
    await assert_nothing_is_oversold(ada)


async def test_the_last_seats_are_allocated_once(world: World) -> None:
    await world.load(tight(seats=12))
    ada = world.client("ada")
    sales, marketing = [await ada.id_of("group", name) for name in ("Sales", "Marketing")]
    found = await outcomes(
        ada.mutate("allocateSeats", allocations=[{"seatGroupId": sales, "seats": 7}]),
        ada.mutate("allocateSeats", allocations=[{"seatGroupId": marketing, "seats": 6}]),
        *(ada.mutate("createSeatGroup", name=f"New {n}", seats=4) for n in range(3)),
    )
    assert found == {"done": 1, "NOT_ENOUGH_SEATS": 4}
    await assert_nothing_is_oversold(ada)


async def test_a_seat_goes_to_a_group_or_to_a_user_and_not_to_both(world: World) -> None:
    await world.load(tight(seats=8))
    ada, adam = world.client("ada"), world.client("adam")
    sales, new = await ada.id_of("group", "Sales"), await invitation(ada, 1)
    found = await outcomes(
        ada.mutate("allocateSeats", allocations=[{"seatGroupId": sales, "seats": 4}]),
        adam.mutate("inviteUser", **new),
    )
    assert found == {"done": 1, "NOT_ENOUGH_SEATS": 1}
    await assert_nothing_is_oversold(ada)


async def test_a_group_shrinks_or_is_filled_and_not_both(world: World) -> None:
    await world.load(tight(seats=9, marketing=3))
    ada, adam = world.client("ada"), world.client("adam")
    marketing, new = await ada.id_of("group", "Marketing"), await invitation(ada, 1, "Marketing")
    found = await outcomes(
        ada.mutate("allocateSeats", allocations=[{"seatGroupId": marketing, "seats": 2}]),
        adam.mutate("inviteUser", **new),
    )
    assert found == {"done": 1, "SEAT_GROUP_FULL": 1}
    await assert_nothing_is_oversold(ada)


async def test_a_decrease_and_an_allocation_that_exclude_each_other(world: World) -> None:
    await world.load(tight(seats=20))
    ada = world.client("ada")
    sales = await ada.id_of("group", "Sales")
    found = await outcomes(
        ada.mutate("changeUsers", seats=8),
        ada.mutate("allocateSeats", allocations=[{"seatGroupId": sales, "seats": 10}]),
    )
    assert found["done"] == 1
    await assert_nothing_is_oversold(ada)


async def test_a_name_is_given_once(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    names = ["Support", "SUPPORT", "support", "sUPPORT"]
    found = await outcomes(*(ada.mutate("createSeatGroup", name=name, seats=1) for name in names))
    assert found == {"done": 1, "NAME_TAKEN": 3}


async def test_an_e_mail_is_invited_once(world: World) -> None:
    await world.load()
    ada, adam = world.client("ada"), world.client("adam")
    given = {"email": "new@acme.example", "name": "New"}
    found = await outcomes(*(who.mutate("inviteUser", **given) for who in (ada, adam) * 2))
    assert found == {"done": 1, "EMAIL_TAKEN": 3}


async def test_one_key_sent_several_times_at_once_does_the_work_once(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    given = {"name": "Support", "seats": 1, "idempotencyKey": "one"}
    payloads = (ada.do("createSeatGroup", "seatGroup { id }", **given) for _ in range(4))
    answers = await asyncio.gather(*payloads)
    assert len({answer["seatGroup"]["id"] for answer in answers}) == 1
    groups = (await ada.data(SEATS))["account"]["seatGroups"]["edges"]
    assert len(groups) == 3


async def test_of_two_who_saw_the_same_version_one_is_told_that_it_is_stale(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    found = await outcomes(
        ada.mutate("changeUsers", seats=61, expectedVersion=1),
        ada.mutate("changeUsers", seats=62, expectedVersion=1),
        ada.mutate("cancelSubscription", expectedVersion=1),
    )
    assert found == {"done": 1, "STALE": 2}


async def test_two_billing_administrators_cannot_both_remove_the_other(world: World) -> None:
    await world.load()
    ada, olga = world.client("ada"), world.client("olga")
    ids = {name: await ada.id_of("user", f"{name}@acme.example") for name in ("ada", "olga")}
    await ada.do("setAdministrator", userId=ids["olga"], billingAdministrator=True)
    await asyncio.gather(
        ada.send(REMOVE, input={"userId": ids["olga"], "billingAdministrator": False}),
        olga.send(REMOVE, input={"userId": ids["ada"], "billingAdministrator": False}),
    )
    query = "{ account { users { edges { node { isBillingAdministrator } } } } }"
    edges = (await world.client("adam").data(query))["account"]["users"]["edges"]
    assert sum(edge["node"]["isBillingAdministrator"] for edge in edges) == 1


REMOVE = """mutation($input: SetAdministratorInput!) {
  setAdministrator(input: $input) { userErrors { code } }
}"""


async def test_a_user_who_comes_into_a_group_while_it_is_deleted_is_not_lost(world: World) -> None:
    await world.load()
    ada, adam = world.client("ada"), world.client("adam")
    sales, paul = await ada.id_of("group", "Sales"), await ada.id_of("user", "paul@acme.example")
    found = await outcomes(
        ada.mutate("deleteSeatGroup", seatGroupId=sales),
        adam.mutate("assignSeatGroup", userIds=[paul], seatGroupId=sales),
    )
    assert found["done"] >= 1
    assert found["done"] + found["NOT_FOUND"] == 2
    answer = await world.client("paul").data("{ viewer { seatGroup { name } } }")
    assert answer["viewer"]["seatGroup"] is None
    await assert_nothing_is_oversold(ada)


async def test_everyone_does_everything_at_once(world: World) -> None:
    await world.load(tight(seats=14, marketing=4))
    ada, adam = world.client("ada"), world.client("adam")
    sales, marketing = [await ada.id_of("group", name) for name in ("Sales", "Marketing")]
    people = [await ada.id_of("user", f"{n}@acme.example") for n in ("olga", "paul", "mia")]
    invitations = [await invitation(ada, n, group) for n, group in enumerate([None, "Sales"] * 3)]
    found = await outcomes(
        *(adam.mutate("inviteUser", **given) for given in invitations),
        *(ada.mutate("assignSeatGroup", userIds=[who], seatGroupId=sales) for who in people),
        *(adam.mutate("disableUser", userId=who) for who in people),
        *(adam.mutate("enableUser", userId=who, seatGroupId=marketing) for who in people),
        ada.mutate("allocateSeats", allocations=[{"seatGroupId": sales, "seats": 6}]),
        ada.mutate("createSeatGroup", name="New", seats=3),
        ada.mutate("changeUsers", seats=12),
        ada.mutate("changeUsers", seats=15),
        ada.mutate("deleteSeatGroup", seatGroupId=marketing, moveUsersTo=sales),
    )
    assert found["done"] >= 3
    await assert_nothing_is_oversold(ada)


# --- two processes -------------------------------------------------------------------------------


async def compete(url: str, name: str, count: int) -> None:
    """What a process of its own does: invites `count` users one after the other, once told to
    begin, and prints how often each code came of it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        async with opened(url, monkeypatch) as world:
            ada = world.client("ada")
            wanted = [await invitation(ada, f"{name}{number}") for number in range(count)]
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            sys.stdin.readline()
            found: Counter[str] = Counter()
            for given in wanted:
                found += await outcomes(ada.mutate("inviteUser", **given))
            sys.stdout.write(json.dumps(found))


async def start(url: str, name: str) -> Process:
    """A process that competes, and waits to be told to begin."""
    code = "import asyncio; from tests import test_concurrency as tests; "
    code += f"asyncio.run(tests.compete({url!r}, {name!r}, 12))"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, env={**os.environ}, stdin=PIPE, stdout=PIPE
    )


async def test_two_processes_take_exactly_the_seats_that_are_free(
    world: World, database_url: str
) -> None:
    await world.load(tight(seats=17))
    processes = [await start(database_url, name) for name in ("a", "b")]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    told = await asyncio.gather(*(process.communicate(b"begin\n") for process in processes))
    found: Counter[str] = Counter()
    for output, _ in told:
        found += Counter(json.loads(output))
    assert found == {"done": 10, "NOT_ENOUGH_SEATS": 14}
    await assert_nothing_is_oversold(world.client("ada"))
