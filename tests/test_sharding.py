"""Ready to shard by account: the catalogue of PostgreSQL, and what transactions touch."""

import logging
import re
from typing import Any

import pytest
from tortoise import Tortoise

from models.accounts import Account
from tests import samples
from tests.mutations import INPUTS, account, input_of
from tests.world import World

CATALOGUES = {"plans", "plan_prices", "account_codes", "tortoise_migrations"}
"""Reference tables: small, the same on every node. Every other table is a tenant's."""

UNIQUE = """
SELECT t.relname AS owner, i.relname AS name,
    array(SELECT attname FROM pg_attribute WHERE attrelid = i.oid ORDER BY attnum) AS columns
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace
"""
FOREIGN = """
SELECT c.conname AS name, c.conrelid::regclass::text AS owner,
    c.confrelid::regclass::text AS target,
    array(SELECT attname FROM unnest(c.conkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute ON attrelid = c.conrelid AND attnum = number ORDER BY place) AS columns,
    array(SELECT attname FROM unnest(c.confkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute ON attrelid = c.confrelid AND attnum = number ORDER BY place) AS targets
FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
"""
on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


def account_column(table: str) -> str:
    """The column by which a tenant's table would be distributed."""
    return "id" if table == "accounts" else "account_id"


async def catalogue(query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await Tortoise.get_connection("default").execute_query_dict(query)
    return [row for row in rows if row["owner"] not in CATALOGUES]


@on_postgres
async def test_every_primary_key_and_unique_index_of_a_tenant_s_table_contains_the_account(
    world: World,
) -> None:
    found = await catalogue(UNIQUE)
    assert len({row["owner"] for row in found}) == 15
    without = [row for row in found if account_column(row["owner"]) not in row["columns"]]
    assert without == []


@on_postgres
async def test_every_foreign_key_between_tenants_tables_joins_within_the_account(
    world: World,
) -> None:
    between = [row for row in await catalogue(FOREIGN) if row["target"] not in CATALOGUES]
    assert len(between) > 15
    for row in between:
        pairs = zip(row["columns"], row["targets"], strict=True)
        assert ("account_id", account_column(row["target"])) in set(pairs), row


@on_postgres
async def test_no_catalogue_refers_to_a_tenant(world: World) -> None:
    rows = await Tortoise.get_connection("default").execute_query_dict(FOREIGN)
    assert {row["target"] for row in rows if row["owner"] in CATALOGUES} <= CATALOGUES


ACCOUNTS = re.compile(r'(?:FROM|UPDATE) "?accounts\b')
TENANT_TABLE = re.compile(r'(?:FROM|JOIN|INTO|UPDATE) "?([a-z_]+)"?')


@pytest.mark.parametrize("mutation", sorted(INPUTS))
async def test_what_a_mutation_writes_and_reads_is_within_one_account(
    sqlite_world: World, caplog: pytest.LogCaptureFixture, mutation: str
) -> None:
    await sqlite_world.load(account(), samples.account(code="beta"))
    ada = sqlite_world.client("ada")
    given = await input_of(ada, mutation)
    if mutation == "resumeSubscription":
        await ada.do("cancelSubscription")
    other = str((await Account.get(code="beta")).id)
    with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
        await ada.do(mutation, **given)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("tortoise")]
    named = [line for line in said if set(TENANT_TABLE.findall(line)) - CATALOGUES]
    assert len(named) > 4
    outside = [line for line in named if "account_id" not in line and not ACCOUNTS.search(line)]
    assert outside == []
    assert [line for line in said if other in line] == []
