"""PostgreSQL is killed while a worker renews: it goes on by itself and bills nobody twice."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from services import clock, database, imports, settings
from services.import_file import ImportFile
from tests import samples
from tests.faults.cluster import Cluster
from tests.faults.served import GAPS, prepare, rows, until
from tests.forked import Script

pytestmark = pytest.mark.xdist_group("load")

ACCOUNTS = 30
DUE = "2026-07-01T12:00:00+00:00"
SLOWLY = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_sleep(0.1); RETURN NEW;
END $$;
CREATE TRIGGER slowly BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION slowly();
"""
"""So that the crash finds the worker at work."""

RENEWED = "SELECT account_id FROM invoices WHERE period_start = DATE '2026-07-01'"
BACK = 15.0
"""Seconds in which a worker must be done: its pause after an outage is 3."""


async def load_due(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts whose first month is over."""
    await prepare(url, monkeypatch)
    monkeypatch.setenv("BILLING_NOW", "2026-06-01T12:00:00+00:00")
    settings.current.cache_clear()
    begun = {"started_on": "2026-06-01"}
    codes = [f"account-{number}" for number in range(ACCOUNTS)]
    document = samples.file(*(samples.premium(code=code, subscription=begun) for code in codes))
    async with database.connected():
        await imports.import_file(ImportFile.model_validate(document), clock.now())
    connection = await asyncpg.connect(url)
    await connection.execute(SLOWLY)
    await connection.close()


@contextmanager
def worker(url: str, log: Path) -> Iterator[Script]:
    """A worker process, ended by its process id."""
    told = os.environ | {"DATABASE_URL": url, "BILLING_NOW": DUE}
    process = Script(["manage.py", "worker"], told, log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


async def test_a_worker_that_loses_its_database_goes_on_and_bills_each_account_once(
    shared_cluster: Cluster,
    database_of_its_own: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = database_of_its_own
    await load_due(url, monkeypatch)

    async def renewed() -> int:
        return len(await rows(url, RENEWED))

    async def some() -> bool:
        return await renewed() >= 4

    async def every() -> bool:
        return await renewed() >= ACCOUNTS

    with worker(url, tmp_path / "worker.log") as process:
        await until(some, 20)
        shared_cluster.kill()
        shared_cluster.start()
        assert await renewed() < ACCOUNTS
        await until(every, BACK)
        assert process.poll() is None
    found = await rows(url, RENEWED)
    assert len(found) == len(set(found)) == ACCOUNTS
    assert await rows(url, GAPS) == []
    told = (tmp_path / "worker.log").read_text()
    assert "renewals.run_failed" in told
    assert "Traceback" not in told
