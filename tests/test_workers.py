"""Workers: what is due is shared among them, and what fails is kept and tried again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from tortoise import Tortoise

from models.invoices import Invoice
from models.subscriptions import RenewalFailure, Subscription
from server import background_work
from services import clock, renewals, workers
from services.accounts import Tenant
from services.renewals import Summary
from tests import samples
from tests.world import World

DUE = "2027-03-10T12:00:00"
CODES = ("acme", "beta", "gamma")
NO_ZONE = "UPDATE accounts SET time_zone = 'X/Y' WHERE code = 'acme'"
MENDED = "UPDATE accounts SET time_zone = 'America/New_York' WHERE code = 'acme'"


async def execute(sql: str) -> None:
    await Tortoise.get_connection("default").execute_query(sql)


async def load(world: World) -> None:
    """Three accounts with a period that is over."""
    await world.load(*(samples.account(code=code) for code in CODES))
    world.at(DUE)


async def billed() -> dict[str, int]:
    """How many invoices each account has."""
    rows = await Invoice.all().select_related("account")
    return {code: sum(row.account.code == code for row in rows) for code in CODES}


async def worked(until: Any, lanes: int = workers.LANES) -> Summary:
    """What a worker does until the condition holds, and is then told to stop."""
    stop = asyncio.Event()
    work = asyncio.create_task(workers.work(stop, lanes))
    async with asyncio.timeout(10):
        while not await until():
            await asyncio.sleep(0.02)
    stop.set()
    return await work


# --- a failing account --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (100, 60), (1_000_000, 60)],
)
def test_the_pause_after_a_failure_doubles_up_to_an_hour(attempts: int, minutes: int) -> None:
    assert workers.pause_after(attempts) == timedelta(minutes=minutes)


async def test_a_failing_account_is_listed_with_its_reason_until_it_is_renewed(
    world: World,
) -> None:
    await load(world)
    await execute(NO_ZONE)
    assert (await world.renew()).failed == 1
    (failure,) = await workers.failures()
    assert str(failure.pop("error")).startswith("ZoneInfoNotFoundError: ")
    assert failure == {
        "account": "acme",
        "due_since": "2027-03-01T05:00:00+00:00",
        "attempts": 1,
        "failed_at": "2027-03-10T12:00:00+00:00",
        "retry_at": "2027-03-10T12:01:00+00:00",
    }
    await execute(MENDED)
    assert asdict(await world.renew())["renewed"] == 1
    assert await workers.failures() == []


async def test_a_worker_waits_longer_after_each_failure_of_the_same_period(world: World) -> None:
    await load(world)
    await execute(NO_ZONE)
    pauses = []
    for minutes in (0, 1, 3, 7):
        world.at((datetime.fromisoformat(DUE) + timedelta(minutes=minutes)).isoformat())
        await workers._finish(workers.Run(clock.now()))
        await workers._finish(workers.Run(clock.now()))
        row = await RenewalFailure.get()
        pauses.append((row.attempts, int((row.retry_at - row.failed_at).total_seconds() / 60)))
    assert pauses == [(1, 1), (2, 2), (3, 4), (4, 8)]
    assert await billed() == {"acme": 1, "beta": 2, "gamma": 2}


async def test_a_worker_renews_what_had_failed_once_its_pause_is_over(world: World) -> None:
    await load(world)
    await execute(NO_ZONE)
    await workers._finish(workers.Run(clock.now()))
    await execute(MENDED)
    await workers._finish(workers.Run(clock.now()))
    assert (await billed())["acme"] == 1
    world.at("2027-03-10T12:01:00")
    await workers._finish(workers.Run(clock.now()))
    assert (await billed())["acme"] == 2


async def test_renew_tries_what_failed_at_once(world: World) -> None:
    await load(world)
    await execute(NO_ZONE)
    assert [(await world.renew()).failed for _ in range(3)] == [1, 1, 1]
    assert (await RenewalFailure.get()).attempts == 3


async def test_failures_of_another_period_are_not_counted_nor_listed(world: World) -> None:
    await load(world)
    await execute(NO_ZONE)
    await world.renew()
    await execute(MENDED)
    await world.renew()
    world.at("2028-03-10T12:00:00")
    assert await workers.failures() == []
    await execute(NO_ZONE)
    await world.renew()
    assert (await RenewalFailure.get()).attempts == 1


async def test_a_mutation_renews_an_account_that_waits_after_a_failure(world: World) -> None:
    await load(world)
    await execute(NO_ZONE)
    await world.renew()
    await execute(MENDED)
    await world.client("ada").do("changeUsers", seats=61)
    assert (await billed())["acme"] == 3
    assert await workers.failures() == []


# --- several at once ----------------------------------------------------------------------


@asynccontextmanager
async def held(url: str, code: str) -> AsyncIterator[None]:
    """Somebody else has the account locked."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.fetch("SELECT id FROM accounts WHERE code = $1 FOR UPDATE", code)
            yield
    finally:
        await connection.close()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_an_account_in_other_hands_is_left_to_them_and_does_not_hold_up_the_others(
    world: World, database_url: str
) -> None:
    await load(world)
    async with held(database_url, "acme"):
        run = workers.Run(clock.now())
        renewing = asyncio.create_task(workers._finish(run))
        async with asyncio.timeout(5):
            while await billed() != {"acme": 1, "beta": 2, "gamma": 2}:
                await asyncio.sleep(0.02)
        assert not renewing.done()
    await renewing
    assert await billed() == {"acme": 2, "beta": 2, "gamma": 2}
    assert (run.total.renewed, run.total.failed) == (3, 0)


async def test_workers_at_once_bill_each_account_once(world: World) -> None:
    await load(world)

    async def done() -> bool:
        return await billed() == {"acme": 2, "beta": 2, "gamma": 2}

    summaries = await asyncio.gather(*(worked(done) for _ in range(4)))
    assert sum(summary.renewed for summary in summaries) == 3
    assert sum(summary.failed for summary in summaries) == 0
    assert await done()


async def test_a_limit_holds_with_several_accounts_in_hand_at_once(world: World) -> None:
    await load(world)
    assert (await world.renew(limit=2)).renewed == 2
    assert sum((await billed()).values()) == 5


# --- the worker itself --------------------------------------------------------------------


async def test_a_worker_that_is_told_to_stop_finishes_the_account_in_hand(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(sqlite_world)
    stop, roll = asyncio.Event(), renewals._roll

    async def stopping(tenant: Tenant, at: datetime, summary: Summary) -> None:
        stop.set()
        await roll(tenant, at, summary)

    monkeypatch.setattr(renewals, "_roll", stopping)
    summary = await workers.work(stop, lanes=1)
    assert asdict(summary) == {"renewed": 1, "ended": 0, "invoices": 1, "failed": 0}
    assert sorted((await billed()).values()) == [1, 1, 2]


async def test_a_worker_goes_on_after_a_run_that_failed_as_a_whole(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await load(world)
    monkeypatch.setattr(workers, "AFTER_FAILURE", timedelta(milliseconds=20))
    await execute("ALTER TABLE renewal_failures RENAME TO gone")

    async def failed() -> bool:
        return "renewals.run_failed" in caplog.text

    async def done() -> bool:
        if await failed():
            await execute("ALTER TABLE gone RENAME TO renewal_failures")
            caplog.clear()
        return 1 not in (await billed()).values()

    assert (await worked(done)).renewed == 3


async def test_a_server_of_one_process_renews_by_itself(world: World) -> None:
    await load(world)
    async with background_work(), asyncio.timeout(10):
        while 1 in (await billed()).values():
            await asyncio.sleep(0.02)
    assert {str(row.period_start) for row in await Subscription.all()} == {"2027-03-01"}


@pytest.mark.parametrize(("name", "value"), [("WORKERS", "2"), ("BACKGROUND_WORK", "false")])
async def test_a_server_that_leaves_it_to_the_workers_does_not(
    sqlite_world: World, name: str, value: str
) -> None:
    await load(sqlite_world)
    sqlite_world.setting(name, value)
    async with background_work():
        await asyncio.sleep(0.1)
    assert set((await billed()).values()) == {1}
