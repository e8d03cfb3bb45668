"""A database that is read-only, locked or full: a clear error, nothing half done, no gap after."""

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.exceptions import OperationalError

from services import database, migrations
from services.errors import OperatorError
from tests import samples
from tests.test_import import dump, take
from tests.test_manage import run
from tests.world import MIGRATIONS, Client, World

CHANGE = """mutation($seats: Int!) { changeUsers(input: {seats: $seats}) {
  invoice { number } userErrors { code } } }"""
NUMBERS = "{ account { invoices(first: 100) { edges { node { number } } } } }"


@pytest.fixture
async def ada(sqlite_world: World) -> Client:
    """The billing administrator of the sample account."""
    await sqlite_world.load()
    return sqlite_world.client("ada")


async def pragma(statement: str) -> Any:
    """Sets or reads something of the product's own connection."""
    rows = await Tortoise.get_connection("default").execute_query_dict(f"PRAGMA {statement}")
    return next(iter(rows[0].values())) if rows else None


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else keeps the database to himself."""
    other = sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def numbers(client: Client) -> list[str]:
    """The numbers of all invoices, oldest first."""
    data = await client.data(NUMBERS)
    return sorted(edge["node"]["number"] for edge in data["account"]["invoices"]["edges"])


async def added(client: Client, seats: int) -> str:
    """The number of the invoice of an increase."""
    data = await client.data(CHANGE, seats=seats)
    number: str = data["changeUsers"]["invoice"]["number"]
    return number


async def failed(client: Client, seats: int, log: pytest.LogCaptureFixture) -> None:
    """That an increase ends in a clear error whose id is in the log, and changes nothing."""
    before = await dump()
    answer = await client.send(CHANGE, seats=seats)
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["message"].startswith("The database is away or too busy: try again")
    assert error["extensions"].keys() == {"code", "errorId"}
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    records = [record for record in log.records if record.levelno == logging.ERROR]
    assert error["extensions"]["errorId"] in records[-1].getMessage()
    assert await dump() == before


# --- locked -------------------------------------------------------------------------------


async def test_a_locked_database_ends_in_a_clear_error_and_works_again_afterwards(
    ada: Client, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await pragma("busy_timeout = 50")
    with locked(sqlite_url):
        await failed(ada, 61, caplog)
    assert await added(ada, 61) == "ACME-00002"


async def test_reading_goes_on_while_somebody_else_writes(ada: Client, sqlite_url: str) -> None:
    with locked(sqlite_url):
        assert await numbers(ada) == ["ACME-00001"]


async def test_an_import_into_a_locked_database_changes_nothing(
    sqlite_world: World, sqlite_url: str
) -> None:
    await pragma("busy_timeout = 50")
    with locked(sqlite_url), pytest.raises(OperationalError, match="locked"):
        await take(samples.file(samples.account()))
    assert not any((await dump()).values())
    assert (await take(samples.file(samples.account())))["invoices"] == 1


async def test_a_renewal_of_a_locked_database_is_made_by_the_next_run(
    sqlite_world: World, sqlite_url: str
) -> None:
    await sqlite_world.load()
    sqlite_world.at("2027-03-02T12:00:00")
    await pragma("busy_timeout = 50")
    with locked(sqlite_url), pytest.raises(OperationalError, match="locked"):
        await sqlite_world.renew()
    summary = await sqlite_world.renew()
    assert (summary.renewed, summary.invoices, summary.failed) == (1, 1, 0)


# --- read-only ----------------------------------------------------------------------------


async def test_a_read_only_database_ends_in_a_clear_error_and_can_be_read(
    ada: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await pragma("query_only = ON")
    await failed(ada, 61, caplog)
    assert await numbers(ada) == ["ACME-00001"]
    await pragma("query_only = OFF")
    assert await added(ada, 61) == "ACME-00002"


async def test_a_read_only_file_stops_a_migration_in_one_line(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite://")
    sqlite3.connect(path).close()
    ended = await run("manage.py", "migrate", DATABASE_URL=f"{sqlite_url}?query_only=ON")
    (line,) = ended.err.splitlines()
    assert (ended.code, ended.out) == (1, "")
    assert line.startswith("DATABASE_URL: ")


# --- full ---------------------------------------------------------------------------------


async def test_a_full_disk_ends_in_a_clear_error_and_takes_no_number(
    ada: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await pragma(f"max_page_count = {await pragma('page_count')}")
    seats, issued = 60, ["ACME-00001"]
    while True:
        seats += 1
        answer = await ada.send(CHANGE, seats=seats)
        if "errors" in answer:
            break
        issued.append(answer["data"]["changeUsers"]["invoice"]["number"])
        assert seats < 1_000, "the disk was never full"
    await failed(ada, seats, caplog)
    assert await numbers(ada) == issued
    await pragma("max_page_count = 1000000")
    assert await added(ada, seats) == f"ACME-{len(issued) + 1:05d}"


async def test_an_import_onto_a_full_disk_changes_nothing(sqlite_world: World) -> None:
    await pragma(f"max_page_count = {await pragma('page_count')}")
    many = [{"email": f"u{number}@acme.example", "name": "U" * 200} for number in range(200)]
    document = samples.file(samples.account(users=[*samples.USERS, *many]))
    with pytest.raises(OperationalError, match="full"):
        await take(document)
    assert not any((await dump()).values())
    await pragma("max_page_count = 1000000")
    assert (await take(document))["users_created"] == 206


async def test_a_full_disk_stops_a_migration_in_one_line_and_the_next_one_ends_it(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_url.replace("test.db", "small.db")
    ended = await run("manage.py", "migrate", DATABASE_URL=f"{url}?max_page_count=9")
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (1, "", 1)
    assert "DATABASE_URL: " in ended.err
    ended = await run("manage.py", "migrate", DATABASE_URL=url)
    assert (ended.code, json.loads(ended.out)) == (0, {"applied": MIGRATIONS})


# --- gone ---------------------------------------------------------------------------------


async def test_a_database_without_its_list_of_migrations_is_not_current(
    sqlite_world: World,
) -> None:
    await Tortoise.get_connection("default").execute_query("DROP TABLE tortoise_migrations")
    assert not await migrations.is_current()
    await pragma("query_only = ON")
    with pytest.raises(OperatorError, match=r"^DATABASE_URL: "):
        await migrations.migrate()


# --- what counts as an outage -------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (ConnectionRefusedError(111, "Connection refused"), True),
        (OSError("Multiple exceptions: [Errno 111], [Errno 111]"), True),
        (TimeoutError(), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.AdminShutdownError(), True),
        (asyncpg.CannotConnectNowError(), True),
        (asyncpg.TooManyConnectionsError(), True),
        (asyncpg.DiskFullError(), True),
        (asyncpg.QueryCanceledError(), True),
        (asyncpg.ReadOnlySQLTransactionError(), True),
        (asyncpg.LockNotAvailableError(), True),
        (asyncpg.DeadlockDetectedError(), True),
        (asyncpg.UndefinedTableError(), False),
        (asyncpg.UniqueViolationError(), False),
        (asyncpg.InvalidPasswordError(), False),
        (FileNotFoundError(2, "a font"), False),
        (PermissionError(13, "a folder"), False),
        (OperationalError("no such table"), False),
        (OperationalError(sqlite3.OperationalError("no such table")), False),
        (KeyError("bug"), False),
    ],
)
def test_what_another_try_may_mend_is_an_outage_and_a_bug_is_none(
    error: Exception, outage: bool
) -> None:
    assert database.is_outage(error) is outage
