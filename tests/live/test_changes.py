"""Listening inside a process: until when, and what is left behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

import pytest

from services import accounts, activity, callers, changes, clock
from services.auth import Claims
from services.changes import AccountPart
from services.errors import Unauthenticated
from services.permissions import Actor, Right, Role
from tests.world import World

ADA = Claims("ada@acme.example", "acme")


@pytest.fixture
async def ada(world: World) -> AsyncIterator[Actor]:
    await world.load()
    yield await callers.by_claims(ADA, clock.now())
    await changes.close()


async def change(actor: Actor, action: str) -> None:
    async with accounts.locked(actor.account_id) as tenant:
        activity.record(tenant, activity.OPERATOR, clock.now(), action, "something")


async def test_a_listener_is_looked_up_anew_though_nothing_changes(
    ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "RECHECK_SECONDS", 0.02)
    asked = 0

    async def again() -> Actor:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Unauthenticated("The token has expired.")
        return ada

    told = [one.parts async for one in changes.of(ada, again)]
    assert told == [frozenset()]
    assert asked == 3
    assert changes.listeners() == 0


async def test_what_happens_after_the_first_is_told(ada: Actor) -> None:
    async def again() -> Actor:
        return ada

    async with aclosing(changes.of(ada, again)) as made:
        first = await anext(made)
        await change(ada, "user.invited")
        await change(ada, "invoice.paid")
        parts: set[AccountPart] = set()
        while AccountPart.INVOICES not in parts:
            told = await anext(made)
            parts |= told.parts
        assert told.version == first.version + 2
        assert parts == {*changes.SEATS, AccountPart.INVOICES}
    assert changes.listeners() == 0


async def test_an_action_of_a_new_kind_may_have_changed_anything(ada: Actor) -> None:
    async def again() -> Actor:
        return ada

    async with aclosing(changes.of(ada, again)) as made:
        await anext(made)
        await change(ada, "weather.changed")
        assert (await anext(made)).parts == changes.EVERYTHING


async def test_the_end_lets_all_go(ada: Actor) -> None:
    async def again() -> Actor:
        return ada

    async def listen() -> int:
        return len([one async for one in changes.of(ada, again)])

    waiting = [asyncio.create_task(listen()) for _ in range(5)]
    while changes.listeners() < 5:
        await asyncio.sleep(0.01)
    changes.end()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*waiting) == [1] * 5
    assert changes.listeners() == 0


@pytest.mark.parametrize("part", AccountPart)
@pytest.mark.parametrize("role", Role)
def test_a_part_is_told_to_whoever_may_read_it(part: AccountPart, role: Role) -> None:
    everybody = {AccountPart.LICENSE_MANAGEMENT}
    users = {AccountPart.SEAT_GROUPS, AccountPart.USERS}
    told = {
        Role.BILLING_ADMINISTRATOR: set(AccountPart),
        Role.ADMINISTRATOR: everybody | users,
        Role.PRODUCT_OWNER: everybody | users,
        Role.GROUP_ADMINISTRATOR: everybody | users,
        Role.USER: everybody,
    }
    nobody = UUID(int=0)
    actor = Actor(nobody, nobody, frozenset({role, Role.USER}))
    assert (part in changes.visible(actor, {part})) == (part in told[role])


def test_every_part_has_a_right() -> None:
    assert set(changes.RIGHTS) == set(AccountPart)
    assert set(changes.RIGHTS.values()) <= set(Right)
