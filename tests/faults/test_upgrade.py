"""A database of the previous release, with data in it, becomes this release's and loses nothing."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tortoise import Tortoise
from tortoise.migrations.executor import MigrationTarget

from models.invoices import Form, InvoiceDocument
from services import database, migrations, settings
from tests.test_manage import done
from tests.world import MIGRATIONS, World, assert_counted, opened

RELEASE = Path(__file__).parent.parent / "releases/0001.json"
"""The demo as the release before counters stored it, table by table, in the order of its keys."""

FIRST = MigrationTarget("models", "0001_initial")
BILLS = ("invoices", "invoice_lines")
EMPTY = pytest.mark.parametrize("empty", ["sqlite_url", "postgres_url"])


@pytest.fixture
async def old(
    empty: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[dict[str, Any]]]:
    """The rows of a database of the previous release, which DATABASE_URL names."""
    monkeypatch.setenv("DATABASE_URL", request.getfixturevalue(empty))
    settings.current.cache_clear()
    tables: dict[str, list[dict[str, Any]]] = json.loads(RELEASE.read_text(encoding="utf-8"))
    async with database.connected(patient=True):
        await migrations._executor().migrate([FIRST])
        for table, rows in tables.items():
            await _fill(table, rows)
    return tables


async def _fill(table: str, rows: list[dict[str, Any]]) -> None:
    connection: Any = Tortoise.get_connection("default")
    if connection.capabilities.dialect == "postgres":
        populated = f"INSERT INTO {table} SELECT * FROM json_populate_recordset(null::{table}, $1)"
        await connection.execute_query(populated, [json.dumps(rows)])
        return
    names, marks = ", ".join(rows[0]), ", ".join("?" * len(rows[0]))
    values = [[_stored(value) for value in row.values()] for row in rows]
    await connection.execute_many(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def _stored(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


async def bills() -> list[list[dict[str, Any]]]:
    """Every column of every invoice and line."""
    connection = Tortoise.get_connection("default")
    return [
        await connection.execute_query_dict(f"SELECT * FROM {table} ORDER BY account_id, id")
        for table in BILLS
    ]


def _kept(row: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What a row has of the columns that both releases have."""
    return {name: value for name, value in row.items() if name in other}


def _rate(invoice: dict[str, Any]) -> dict[str, Any]:
    """The one tax that an invoice of that release had."""
    base = {"base_minor": invoice["subtotal_minor"], "tax_minor": invoice["tax_minor"]}
    return {"name": "Tax", "rate_ppm": invoice["tax_rate_ppm"], "share_ppm": 1_000_000, **base}


def _taxed(invoice: dict[str, Any]) -> Any:
    return json.loads(invoice["taxation"])


async def applied() -> list[str]:
    names: list[str] = json.loads(await done("migrate"))["applied"]
    return names


@EMPTY
async def test_its_seats_are_counted_and_its_invoices_stay_as_they_are(
    old: dict[str, list[dict[str, Any]]], empty: str
) -> None:
    async with database.connected(patient=True):
        before = await bills()
        assert await migrations.migrate() == MIGRATIONS[1:]
        await assert_counted()
        after = await bills()
    for then, now in zip(before, after, strict=True):
        assert [_kept(row, now[0]) for row in then] == [_kept(row, then[0]) for row in now]
    for invoice, taxed in zip(before[0], map(_taxed, after[0]), strict=True):
        assert (taxed["treatment"], taxed["rates"]) == ("STANDARD", [_rate(invoice)])
    assert [len(rows) for rows in before] == [len(old[table]) for table in BILLS]


BEFORE_FORMS = MigrationTarget("models", "0007_mails")
DOCUMENT = {"content": b"%PDF-1.4 as it was", "sha256": "0" * 64}


@EMPTY
async def test_its_documents_stay_as_they_are(
    old: dict[str, list[dict[str, Any]]], empty: str
) -> None:
    async with database.connected(patient=True):
        await migrations._executor().migrate([BEFORE_FORMS])
        connection: Any = Tortoise.get_connection("default")
        invoice = old["invoices"][0]
        at = datetime(2026, 11, 23, 12, tzinfo=UTC)
        values = [str(uuid4()), invoice["account_id"], invoice["id"], *DOCUMENT.values(), at]
        marks = {"postgres": "$1, $2, $3, $4, $5, $6"}.get(
            connection.capabilities.dialect, "?, ?, ?, ?, ?, ?"
        )
        columns = "id, account_id, invoice_id, content, sha256, rendered_at"
        await connection.execute_query(
            f"INSERT INTO invoice_documents ({columns}) VALUES ({marks})", values
        )
        assert await migrations.migrate() == MIGRATIONS[MIGRATIONS.index("0007_mails") + 1 :]
        document = await InvoiceDocument.get()
        assert [str(document.id), str(document.account_id), str(document.invoice_id)] == values[:3]
        assert (document.content, document.sha256) == tuple(DOCUMENT.values())
        assert (document.form, document.size, document.place) == (Form.PDF, 18, None)
        assert document.rendered_at == at


@EMPTY
async def test_it_is_served_and_changed_like_any_other(
    old: dict[str, list[dict[str, Any]]], empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = settings.current().database_url
    async with opened(url, monkeypatch) as world:
        world.at("2026-11-23T12:00:00")
        await use(world)
        await assert_counted()


async def use(world: World) -> None:
    ada = world.client("ada@acme.example")
    query = "{ account { subscription { seats } invoices { totalCount } } }"
    before = (await ada.data(query))["account"]
    seats = before["subscription"]["seats"] + 1
    await ada.do("changeUsers", seats=seats)
    await ada.do("inviteUser", email="new@acme.example", name="New")
    after = (await ada.data(query))["account"]
    assert after["subscription"]["seats"] == seats
    assert after["invoices"]["totalCount"] == before["invoices"]["totalCount"] + 1


@EMPTY
async def test_two_hosts_that_migrate_it_at_once_do_it_once(
    old: dict[str, list[dict[str, Any]]], empty: str
) -> None:
    assert sorted(await asyncio.gather(applied(), applied())) == [[], MIGRATIONS[1:]]


@EMPTY
async def test_a_migration_that_was_not_recorded_runs_once_more(
    old: dict[str, list[dict[str, Any]]], empty: str
) -> None:
    async with database.connected(patient=True):
        await migrations.migrate()
        connection = Tortoise.get_connection("default")
        # As after a crash between the migration's transaction and the record of it.
        await connection.execute_query(
            "DELETE FROM tortoise_migrations WHERE name <> '0001_initial'"
        )
        assert await migrations.migrate() == MIGRATIONS[1:]
        await assert_counted()
