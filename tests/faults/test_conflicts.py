"""Transactions that get in each other's way: retried so often, and then told clearly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from tortoise import Tortoise

from models.invoices import Invoice
from services import database
from tests.world import Client, World, opened

CHANGE = "mutation { changeUsers(input: {seats: 61}) { invoice { number } userErrors { code } } }"

pytestmark = pytest.mark.xdist_group("load")
on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

CONFLICT = """
CREATE SEQUENCE conflicts;
CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    -- A sequence is not rolled back: it counts the attempts.
    IF nextval('conflicts') <= {times} THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '{code}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER conflict BEFORE INSERT ON invoice_lines FOR EACH ROW EXECUTE FUNCTION conflict();
"""
PEACE = """
DROP TRIGGER conflict ON invoice_lines;
DROP FUNCTION conflict;
DROP SEQUENCE conflicts;
"""


async def script(sql: str) -> None:
    await Tortoise.get_connection("default").execute_script(sql)


async def attempts() -> int:
    rows = await Tortoise.get_connection("default").execute_query_dict(
        "SELECT last_value FROM conflicts"
    )
    return int(rows[0]["last_value"])


async def is_refused_for_now(client: Client) -> None:
    answer = await client.send(CHANGE)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert answer["data"] is None


@on_postgres
@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_a_mutation_that_loses_a_conflict_is_begun_anew_and_done_once(
    world: World, code: str
) -> None:
    await world.load()
    await script(CONFLICT.format(times=database.ATTEMPTS - 1, code=code))
    try:
        payload = await world.client("ada").do("changeUsers", "invoice { number }", seats=61)
        assert await attempts() == database.ATTEMPTS
    finally:
        await script(PEACE)
    assert payload["invoice"]["number"] == "ACME-00002"
    assert await Invoice.all().count() == 2


@on_postgres
async def test_a_mutation_that_loses_every_conflict_is_told_so_and_changes_nothing(
    world: World,
) -> None:
    await world.load()
    ada = world.client("ada")
    await script(CONFLICT.format(times=1_000, code="40001"))
    try:
        await is_refused_for_now(ada)
        assert await attempts() == database.ATTEMPTS
    finally:
        await script(PEACE)
    assert await Invoice.all().count() == 1
    await ada.do("changeUsers", seats=61)


@on_postgres
async def test_a_renewal_that_loses_a_conflict_is_begun_anew(world: World) -> None:
    await world.load()
    world.at("2027-03-10T12:00:00")
    await script(CONFLICT.format(times=1, code="40P01"))
    try:
        run = await world.renew()
    finally:
        await script(PEACE)
    assert (run.renewed, run.failed) == (1, 0)


@asynccontextmanager
async def held(url: str) -> AsyncIterator[None]:
    """Somebody else has every account locked."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.fetch("SELECT id FROM accounts FOR UPDATE")
            yield
    finally:
        await connection.close()


@on_postgres
async def test_a_mutation_waits_for_another_one_of_the_account_so_long_and_no_longer(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_LOCK_TIMEOUT", "0.5")
    async with opened(database_url, monkeypatch) as world:
        await world.load()
        ada = world.client("ada")
        async with held(database_url):
            await is_refused_for_now(ada)
            await ada.data("{ account { subscription { seats } } }")
            waiting = asyncio.create_task(ada.do("changeUsers", seats=61))
            await asyncio.sleep(0.2)
        assert (await waiting)["userErrors"] == []


@on_postgres
async def test_a_statement_may_take_so_long_and_no_longer(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_STATEMENT_TIMEOUT", "0.5")
    slow = CONFLICT.replace("IF nextval", "PERFORM pg_sleep(30); IF nextval")
    async with opened(database_url, monkeypatch) as world:
        await world.load()
        ada = world.client("ada")
        await script(slow.format(times=0, code="40001"))
        try:
            await is_refused_for_now(ada)
        finally:
            await script(PEACE)
        await ada.do("changeUsers", seats=61)
