"""A backup that is taken while the product works is whole: what is restored is served."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from tortoise import Tortoise

from tests.faults.cluster import Cluster
from tests.faults.served import GAPS, Load, prepare, serving
from tests.world import MISCOUNTED, assert_counted, opened

pytestmark = pytest.mark.xdist_group("load")

TORN = """
SELECT i.number FROM invoices i LEFT JOIN invoice_lines l
    ON l.account_id = i.account_id AND l.invoice_id = i.id
GROUP BY i.account_id, i.id, i.number, i.subtotal_minor
HAVING COALESCE(SUM(l.amount_minor), 0) <> i.subtotal_minor
UNION ALL
SELECT a.code FROM accounts a LEFT JOIN activity e ON e.account_id = a.id
GROUP BY a.id, a.code, a.activity_count HAVING COUNT(e.id) <> a.activity_count
UNION ALL
SELECT a.code FROM accounts a JOIN subscriptions s ON s.account_id = a.id
    JOIN invoice_lines l ON l.account_id = a.id
GROUP BY a.id, a.code, s.seats HAVING SUM(l.quantity) <> s.seats
"""
"""What a copy in the middle of a change would have: an invoice without its lines, an entry that
is not counted, a seat that was not billed."""


async def assert_whole(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the invariants hold on the restored copy, and that it goes on from there."""
    async with opened(url, monkeypatch) as world:
        connection = Tortoise.get_connection("default")
        for query in (GAPS, TORN, MISCOUNTED):
            assert await connection.execute_query_dict(query) == []
        ada = world.client("ada")
        seats = (await ada.data("{ account { subscription { seats } } }"))["account"]
        total = seats["subscription"]["seats"] + 1
        payload = await ada.do("changeUsers", "invoice { number }", seats=total)
        assert payload["invoice"]["number"] == f"ACME-{total - 59:05d}"
        await assert_counted()


async def test_a_dump_of_postgresql_under_load_is_whole(
    shared_cluster: Cluster,
    database_of_its_own: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await prepare(database_of_its_own, monkeypatch)
    dump, copy = shared_cluster.folder / f"{uuid4().hex}.dump", f"restored_{uuid4().hex}"
    async with serving(database_of_its_own, tmp_path) as server:
        load = Load(server)
        async with load.running():
            await load.worked()
            backup = ("--format=custom", f"--file={dump}", database_of_its_own)
            await asyncio.to_thread(shared_cluster.run, "pg_dump", *backup)
            await load.worked()
    restored = shared_cluster.url_of(copy)
    shared_cluster.sql(f"CREATE DATABASE {copy}")
    options = ("--exit-on-error", "--no-owner", f"--dbname={restored}")
    shared_cluster.run("pg_restore", *options, str(dump))
    await assert_whole(restored, monkeypatch)
    shared_cluster.sql(f"DROP DATABASE {copy} WITH (FORCE)")


async def test_a_copy_of_sqlite_under_load_is_whole(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepare(sqlite_url, monkeypatch)
    copy = tmp_path / "backup.db"
    async with serving(sqlite_url, tmp_path) as server:
        load = Load(server)
        async with load.running():
            await load.worked()
            await asyncio.to_thread(copy_file, sqlite_url.removeprefix("sqlite://"), copy)
            await load.worked()
    await assert_whole(f"sqlite://{copy}", monkeypatch)


def copy_file(path: str, copy: Path) -> None:
    """What the manual says."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
