"""`manage.py invoice`, run as an operator runs it: alone, several at once, and killed midway."""

import asyncio
import json
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import closing
from typing import Any

import asyncpg
import pytest

from models.activity import ActivityEntry
from models.invoices import Invoice
from services.settings import ROOT
from tests.forked import Ended
from tests.test_manage import done, refused, run
from tests.test_taxes import CANADIAN, monthly, rated
from tests.world import World, assert_counted

ACME = ("--account", "acme", "ACME-00001")


async def invoice(*arguments: str) -> dict[str, Any]:
    """What `manage.py invoice` prints, as JSON."""
    told: dict[str, Any] = json.loads(await done("invoice", *arguments))
    return told


async def numbers() -> list[str]:
    """The numbers of the account's history, which has no gap."""
    rows = await Invoice.all().order_by("sequence")
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    return [row.number for row in rows]


async def test_an_invoice_is_shown_paid_and_credited(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    paid = await invoice("pay", *ACME, "--on", "2026-07-01")
    assert (paid["status"], paid["settled_on"], paid["changed"]) == ("PAID", "2026-07-01", True)
    terms = ("--amount", "14.00", "--reason", "Service was down", "--key", "7")
    first = await invoice("credit", *ACME, *terms)
    assert await invoice("credit", *ACME, *terms) == first | {"changed": False}
    shown = await invoice("show", *ACME)
    assert shown == {
        "number": "ACME-00001",
        "kind": "INITIAL",
        "issued_on": "2026-07-01",
        "due_on": "2026-07-31",
        "currency": "EUR",
        "subtotal": "273.10",
        "tax": "40.90",
        "total": "314.00",
        "status": "PAID",
        "credited": "14.00",
        "settled_on": "2026-07-01",
        "reason": None,
        "credits": None,
        "credit_notes": ["ACME-CN-00001"],
        "lines": [
            {
                "description": "Premium, 10 seats, billed monthly",
                "quantity": 10,
                "unit_price": "27.31",
                "amount": "273.10",
            }
        ],
        "taxes": [
            {"name": "GST", "rate": "0.05", "base": "273.10", "amount": "13.66"},
            {"name": "QST", "rate": "0.09975", "base": "273.10", "amount": "27.24"},
        ],
        "tax_treatment": "STANDARD",
    }
    note = await invoice("show", "--account", "acme", "ACME-CN-00001")
    assert (note["credits"], note["total"]) == ("ACME-00001", "-14.00")


async def test_an_invoice_is_voided_once(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    told = await invoice("void", *ACME, "--reason", "Sent twice")
    assert (told["status"], told["changed"]) == ("VOID", True)
    assert await invoice("void", *ACME, "--reason", "Again") == told | {"changed": False}


REFUSED = {
    "there is no account nowhere": ("show", "--account", "nowhere", "ACME-00001"),
    "account acme has no invoice ACME-00009": ("pay", "--account", "acme", "ACME-00009"),
    "--amount: must be more than 0 and at most 314.00 EUR, which is left": (
        *("credit", *ACME, "--reason", "x", "--amount", "1000"),
    ),
    "--reason: This must not be empty.": ("void", *ACME, "--reason", " "),
}


@pytest.mark.parametrize(("line", "arguments"), REFUSED.items())
async def test_a_refusal_is_one_line_and_exit_code_1(
    sqlite_world: World, line: str, arguments: tuple[str, ...]
) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    assert await refused("invoice", *arguments) == [line]


async def test_credits_at_once_never_exceed_the_invoice_and_are_numbered_in_turn(
    world: World,
) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    credit = ("invoice", "credit", *ACME, "--amount", "150", "--reason", "x")
    ended: list[Ended] = await asyncio.gather(*(run("manage.py", *credit) for _ in range(3)))
    assert sorted(process.code or 0 for process in ended) == [0, 0, 1]
    assert await numbers() == ["ACME-00001", "ACME-CN-00001", "ACME-CN-00002"]
    await assert_counted()


async def test_a_key_that_is_used_twice_at_once_credits_once(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    terms = ("--amount", "150", "--reason", "x", "--key", "7")
    told = await asyncio.gather(*(invoice("credit", *ACME, *terms) for _ in range(2)))
    assert {note["number"] for note in told} == {"ACME-CN-00001"}
    assert sorted(note["changed"] for note in told) == [False, True]


async def test_a_renewal_and_credits_at_once_leave_no_gap(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    world.at("2026-08-01T12:00:00")
    credit = ("invoice", "credit", *ACME, "--amount", "1", "--reason", "x")
    await asyncio.gather(done("renew"), done(*credit), done(*credit))
    found = await numbers()
    assert sorted(found) == ["ACME-00001", "ACME-00002", "ACME-CN-00001", "ACME-CN-00002"]
    await assert_counted()


# --- killed midway ------------------------------------------------------------------------

CREDIT = (sys.executable, "manage.py", "invoice", "credit", *ACME, "--reason", "x")


async def is_untouched() -> None:
    """That nothing was credited, and that it can be."""
    assert await numbers() == ["ACME-00001"]
    assert (await Invoice.get(number="ACME-00001")).status == "OPEN"
    assert await ActivityEntry.all().count() == 1
    assert (await invoice("credit", *ACME, "--reason", "x"))["number"] == "ACME-CN-00001"
    await assert_counted()


WAITING = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1"


async def waits(observer: asyncpg.Connection, database: str) -> None:
    """Returns when some transaction on the database waits for another."""
    async with asyncio.timeout(20):
        while not await observer.fetchval(WAITING, database):
            await asyncio.sleep(0.05)


async def kill(process: Process) -> None:
    process.kill()
    await process.communicate()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_credit_that_is_killed_midway_leaves_nothing_half_done(
    world: World, database_url: str
) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    observer, holder = [await asyncpg.connect(database_url) for _ in range(2)]
    try:
        async with holder.transaction():
            # The note has been stored when the invoice's row is written, which must wait here.
            await holder.execute("SELECT id FROM invoices FOR NO KEY UPDATE")
            process = await asyncio.create_subprocess_exec(
                *CREDIT, cwd=ROOT, stdout=PIPE, stderr=PIPE
            )
            await waits(observer, database_url.rpartition("/")[2])
            await kill(process)
    finally:
        await observer.close()
        await holder.close()
    await is_untouched()


ENDLESS = """
CREATE VIEW numbers AS
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
CREATE TRIGGER endless AFTER INSERT ON invoice_lines
    BEGIN SELECT COUNT(*) FROM numbers; END;
"""
RELEASED = "DROP TRIGGER endless; DROP VIEW numbers;"


async def is_written(path: str) -> None:
    """Returns when some process holds the file's write lock."""
    async with asyncio.timeout(20):
        while True:
            with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
                try:
                    other.executescript("BEGIN IMMEDIATE; ROLLBACK")
                except sqlite3.OperationalError:
                    return
            await asyncio.sleep(0.05)


async def test_on_sqlite_too_nothing_is_half_done(
    sqlite_world: World, migrated_sqlite_url: str
) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    path = migrated_sqlite_url.removeprefix("sqlite://")
    with closing(sqlite3.connect(path)) as other:
        other.executescript(ENDLESS)
    # The note has been stored when its lines are, which never ends here.
    process = await asyncio.create_subprocess_exec(*CREDIT, cwd=ROOT, stdout=PIPE, stderr=PIPE)
    await is_written(path)
    await asyncio.sleep(0.5)
    assert process.returncode is None
    await kill(process)
    with closing(sqlite3.connect(path)) as other:
        other.executescript(RELEASED)
    await is_untouched()
