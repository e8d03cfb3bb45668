"""The tables: as the models say, and refusing what the rules forbid whatever the code does."""

import re
import sqlite3
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tortoise import Tortoise
from tortoise.exceptions import IntegrityError
from tortoise.fields.base import Field
from tortoise.models import Model

from models.accounts import Account, AccountCode
from models.invoices import Form, Invoice, InvoiceDocument
from services import clock, database, migrations, settings
from services.errors import OperatorError
from tests import samples
from tests.test_import import dump
from tests.world import MIGRATIONS, World, opened

TABLES: list[type[Model]] = [
    model for model in Model.__subclasses__() if model.__module__.startswith("models.")
]
EMPTY = pytest.mark.parametrize("empty", ["sqlite_url", "postgres_url"])


async def execute(sql: str) -> list[dict[str, Any]]:
    """Runs a statement on the product's connection; returns its rows."""
    rows: list[dict[str, Any]] = await Tortoise.get_connection("default").execute_query_dict(sql)
    return rows


def dialect() -> str:
    return Tortoise.get_connection("default").capabilities.dialect


# --- models and tables --------------------------------------------------------------------

COLUMNS = {
    "sqlite": "SELECT name, type, \"notnull\" AS needed FROM pragma_table_info('{table}')",
    "postgres": """
        SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
            a.attnotnull AS needed
        FROM pg_attribute a
        WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped""",
}
TYPES = {
    "sqlite": {},
    "postgres": {
        "BOOLEAN": "BOOL",
        "CHARACTER VARYING": "VARCHAR",
        "INTEGER": "INT",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    },
}
"""What a database calls a type that the models call otherwise."""


async def stored(table: str) -> dict[str, tuple[str, bool]]:
    """Type of each column, and whether it is needed, as the database has it."""
    columns = {}
    for row in await execute(COLUMNS[dialect()].format(table=table)):
        name, size = re.fullmatch(r"([A-Za-z ]+?)(\(\d+\))?", row["type"]).groups()  # type: ignore[union-attr]
        kind = TYPES[dialect()].get(name.upper(), name.upper()) + (size or "")
        columns[row["name"]] = (kind, bool(row["needed"]))
    return columns


def modelled(model: type[Model]) -> dict[str, tuple[str, bool]]:
    """The same as the model has it."""
    columns = {}
    for name, column in model._meta.fields_db_projection.items():
        field: Field[Any] = model._meta.fields_map[name]
        kind = field.get_for_dialect(dialect(), "SQL_TYPE")
        columns[column] = (str(kind).upper(), not field.null)
    return columns


async def test_each_table_has_the_columns_of_its_model_and_no_other(world: World) -> None:
    for model in TABLES:
        assert await stored(model._meta.db_table) == modelled(model)


async def test_each_table_of_the_database_has_a_model(world: World) -> None:
    queries = {
        "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    }
    found = {row["name"] for row in await execute(queries[dialect()])}
    assert found == {model._meta.db_table for model in TABLES} | {"tortoise_migrations"}


# --- constraints --------------------------------------------------------------------------


def copied(table: str, **values: str) -> str:
    """SQL that inserts a row of the table once more, with some columns set to expressions."""
    (model,) = (model for model in TABLES if model._meta.db_table == table)
    columns = list(model._meta.fields_db_projection.values())
    given = {"id": f"'{uuid4()}'"} | values
    chosen = ", ".join(given.get(column, column) for column in columns)
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {table} ORDER BY id LIMIT 1"


async def refused(sql: str) -> None:
    """That the database itself refuses a statement, and nothing has changed."""
    before = await dump()
    with pytest.raises(IntegrityError):
        await execute(sql)
    assert await dump() == before


IMPOSSIBLE = [
    "UPDATE subscriptions SET seats = -1",
    "UPDATE subscriptions SET seats = 1000001",
    "UPDATE subscriptions SET pending_seats = -1",
    "UPDATE subscriptions SET pending_seats = seats",
    "UPDATE subscriptions SET unit_price_minor = -1",
    "UPDATE subscriptions SET status = 'PAUSED'",
    "UPDATE subscriptions SET interval = 'WEEK'",
    "UPDATE subscriptions SET period_end = period_start",
    "UPDATE subscriptions SET period_index = -1",
    "UPDATE seat_groups SET seats = -1",
    "UPDATE seat_groups SET name_key = 'same'",
    "UPDATE users SET email_key = 'same'",
    "UPDATE users SET status = 'GONE'",
    "UPDATE users SET email = NULL",
    "UPDATE product_permissions SET role = 'EDITOR'",
    "UPDATE accounts SET credit_note_count = -1",
    "UPDATE accounts SET credit_note_count = invoice_count + 1",
    "UPDATE accounts SET invoice_count = -1",
    "UPDATE plan_prices SET unit_price_minor = -1",
    "UPDATE invoices SET subtotal_minor = 0, total_minor = 0, tax_minor = 0",
    "UPDATE invoices SET total_minor = total_minor + 1",
    "UPDATE invoices SET tax_minor = -1, total_minor = subtotal_minor - 1",
    "UPDATE invoices SET kind = 'REFUND'",
    "UPDATE invoices SET kind = 'CREDIT_NOTE'",
    "UPDATE invoices SET status = 'ISSUED'",
    "UPDATE invoices SET credited_minor = total_minor + 1",
    "UPDATE invoices SET credited_minor = -1",
    "UPDATE invoices SET credits_id = id",
    "UPDATE invoices SET sequence = 0",
    "UPDATE invoice_lines SET quantity = 0",
    "UPDATE invoice_lines SET period_end = period_start",
    "DELETE FROM accounts",
    "DELETE FROM subscriptions",
    "DELETE FROM invoices",
    "DELETE FROM seat_groups",
    "DELETE FROM plans",
]


async def test_values_that_cannot_be_are_refused_by_the_database(world: World) -> None:
    await world.load()
    for sql in IMPOSSIBLE:
        await refused(sql)


TWINS = {
    "plans": {"code": "code || 'x'"},
    "seat_groups": {"name_key": "name_key || 'x'", "seats": "0", "seats_used": "0"},
    "users": {"email_key": "email_key || 'x'"},
    "products": {"code": "code || 'x'"},
}


@pytest.mark.parametrize("table", TWINS)
async def test_a_row_s_name_is_not_given_twice(world: World, table: str) -> None:
    await world.load()
    await refused(copied(table))
    await execute(copied(table, **TWINS[table]))
    await execute("UPDATE accounts SET user_count = (SELECT COUNT(*) FROM users)")


async def test_a_code_is_given_to_one_account(world: World) -> None:
    await world.load()
    again = "INSERT INTO account_codes (code, account_id) SELECT code, '{}' FROM account_codes"
    await refused(again.format(uuid4()))


async def test_an_account_has_one_subscription(world: World) -> None:
    await world.load()
    await refused(copied("subscriptions"))


INCREASE = {"sequence": "sequence + 1", "number": "'ACME-00002'", "kind": "'SEAT_INCREASE'"}


async def test_an_invoice_number_is_not_given_twice(world: World) -> None:
    await world.load()
    await refused(copied("invoices", **INCREASE | {"number": "number"}))
    await refused(copied("invoices", **INCREASE | {"sequence": "sequence"}))
    await execute(copied("invoices", **INCREASE))
    await execute("UPDATE accounts SET invoice_count = 2")


async def test_a_period_is_not_billed_twice(world: World) -> None:
    await world.load()
    await refused(copied("invoices", **INCREASE | {"kind": "'INITIAL'"}))
    await refused(copied("invoices", **INCREASE | {"kind": "'RENEWAL'"}))
    renewal = {"kind": "'RENEWAL'", "period_start": "due_on"}
    await execute(copied("invoices", **INCREASE | renewal))
    third = {"sequence": "sequence + 2", "number": "'ACME-00003'"}
    await refused(copied("invoices", **INCREASE | renewal | third))
    await execute("UPDATE accounts SET invoice_count = 2")


async def test_a_user_has_one_role_in_a_product_and_administers_a_group_once(
    world: World,
) -> None:
    await world.load()
    await refused(copied("product_permissions"))
    await refused(copied("seat_group_administrators"))


REFERENCES = [
    ("users", "seat_group_id", "seat_groups"),
    ("seat_group_administrators", "seat_group_id", "seat_groups"),
    ("seat_group_administrators", "user_id", "users"),
    ("product_permissions", "user_id", "users"),
    ("product_permissions", "product_id", "products"),
    ("invoices", "subscription_id", "subscriptions"),
    ("invoices", "credits_id", "invoices"),
    ("invoice_lines", "invoice_id", "invoices"),
    ("activity", "actor_id", "users"),
    ("access_tokens", "user_id", "users"),
]


async def test_no_row_refers_to_another_account_s(world: World) -> None:
    await world.load(samples.account(), samples.account(code="rival"))
    await world.client("ada").do("createAccessToken", name="Old", scopes=["READ"])
    own, theirs = await Account.all().order_by("code").values_list("id", flat=True)
    for table, column, referred in REFERENCES:
        change = f"UPDATE {table} SET {column} = (SELECT id FROM {referred} WHERE "
        rest = f"account_id = '{theirs}' ORDER BY id LIMIT 1) WHERE account_id = '{own}'"
        await refused(change + rest)


REMINDER = {
    "kind": "'REMINDER'",
    "invoice_id": "NULL",
    "subscription_id": "(SELECT id FROM subscriptions WHERE account_id = mails.account_id)",
    "period_end": "'2027-03-01'",
}
WRONG_MAILS = [
    "UPDATE mails SET kind = 'REMINDER'",
    "UPDATE mails SET invoice_id = NULL",
    "UPDATE mails SET status = 'LOST'",
    "UPDATE mails SET status = 'SENT'",
    "UPDATE mails SET attempts = -1",
    "UPDATE mails SET invoice_id = (SELECT id FROM invoices WHERE account_id <> mails.account_id)",
]


async def test_an_invoice_and_a_renewal_have_one_mail_each_within_the_account(world: World) -> None:
    await world.load(samples.account(code="rival"))
    world.setting("SMTP_HOST", "127.0.0.1")
    world.setting("MAIL_FROM", "billing@vendor.example")
    world.at("2026-03-01T12:00:00")
    await world.load()
    for sql in WRONG_MAILS:
        await refused(sql)
    await refused(copied("mails"))
    await execute(copied("mails", **REMINDER))
    await refused(copied("mails", **REMINDER))
    theirs = "(SELECT id FROM subscriptions WHERE account_id <> mails.account_id)"
    await refused(f"UPDATE mails SET subscription_id = {theirs} WHERE kind = 'REMINDER'")
    await refused("UPDATE mails SET period_end = NULL WHERE kind = 'REMINDER'")
    await refused("UPDATE mails SET kind = 'INVOICE' WHERE kind = 'REMINDER'")


WRONG_DOCUMENTS = [
    "UPDATE invoice_documents SET content = NULL",
    "UPDATE invoice_documents SET place = 'elsewhere'",
    "UPDATE invoice_documents SET size = 0",
    "UPDATE invoice_documents SET form = NULL",
    "UPDATE invoice_documents SET account_id = (SELECT id FROM accounts WHERE code = 'rival')",
]


async def test_an_invoice_has_one_document_of_a_form_in_one_place(world: World) -> None:
    await world.load(samples.account(), samples.account(code="rival"))
    invoice = await Invoice.filter(account__code="acme").get()
    await InvoiceDocument.create(
        account_id=invoice.account_id,
        invoice_id=invoice.id,
        form=Form.PDF,
        content=b"%PDF-",
        size=5,
        sha256="0" * 64,
        rendered_at=clock.now(),
    )
    for sql in WRONG_DOCUMENTS:
        await refused(sql)
    await refused(copied("invoice_documents"))
    await execute(copied("invoice_documents", form="'XML'", content="NULL", place="'a/b'"))


async def test_every_reference_of_the_models_is_tried(sqlite_world: World) -> None:
    tried = {(table, column) for table, column, _ in REFERENCES}
    found = {
        (model._meta.db_table, row["from"])
        for model in TABLES
        for row in await execute(f"SELECT * FROM pragma_foreign_key_list('{model._meta.db_table}')")
    }
    others = {"account_id", "plan_id"}
    documents = {("invoice_documents", "invoice_id")}
    mails = {("mails", "invoice_id"), ("mails", "subscription_id")}
    assert {pair for pair in found if pair[1] not in others} == tried | documents | mails


async def test_every_tenant_s_table_refers_to_its_account(sqlite_world: World) -> None:
    for model in set(TABLES) - {AccountCode}:
        table = model._meta.db_table
        columns = set(await stored(table))
        keys = await execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk ORDER BY pk")
        expected = ["account_id", "id"] if "account_id" in columns else ["id"]
        assert sorted(row["name"] for row in keys) == expected


# --- SQLite's own settings ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 10_000), ("synchronous", 2)],
)
async def test_sqlite_is_set_up_to_lose_nothing_and_to_wait(
    sqlite_world: World, pragma: str, value: object
) -> None:
    (row,) = await execute(f"PRAGMA {pragma}")
    assert list(row.values()) == [value]


async def test_settings_in_the_url_of_a_database_stay_beside_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite://{tmp_path}/own.db?cache_size=-4321"
    async with opened(url, monkeypatch):
        found = [await execute(f"PRAGMA {name}") for name in ("cache_size", "journal_mode")]
    assert found == [[{"cache_size": -4321}], [{"journal_mode": "wal"}]]


# --- migrations ---------------------------------------------------------------------------


@EMPTY
async def test_a_database_is_current_once_it_is_migrated(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", request.getfixturevalue(empty))
    settings.current.cache_clear()
    async with database.connected():
        assert not await migrations.is_current()
        assert await migrations.migrate() == MIGRATIONS
        assert await migrations.is_current()
        assert await migrations.migrate() == []


@EMPTY
async def test_a_database_that_is_newer_than_the_code_is_left_alone(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    async with opened(request.getfixturevalue(empty), monkeypatch) as world:
        await world.load()
        before = await dump()
        await execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at)"
            " VALUES ('models', '9999_later', '2030-01-01 00:00:00')"
        )
        assert not await migrations.is_current()
        assert (await world.http.get("/readyz")).status_code == 503
        with pytest.raises(OperatorError, match=r"DATABASE_URL: .*newer.*9999_later"):
            await migrations.migrate()
        assert await dump() == before


async def test_a_migration_that_was_interrupted_is_finished_by_the_next(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after half of the tables: what is there stays, and the rest is made."""
    path = sqlite_url.removeprefix("sqlite://")
    async with opened(sqlite_url, monkeypatch) as world:
        await world.load()
    connection = sqlite3.connect(path)
    connection.executescript("DELETE FROM tortoise_migrations; DROP TABLE invoice_documents;")
    connection.close()
    async with opened(sqlite_url, monkeypatch) as world:
        assert await migrations.is_current()
        assert await execute("SELECT count(*) AS rows FROM invoice_documents") == [{"rows": 0}]
        await world.client("ada").data("{ viewer { id } }")
