"""Connections that PostgreSQL ends go back to the pool, and others take their place."""

from collections.abc import AsyncIterator

import pytest
from tortoise import Tortoise

from services import database, settings
from tests.faults.cluster import Cluster
from tests.faults.served import rows

pytestmark = pytest.mark.xdist_group("load")

SIZE = 2
END = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE application_name = 'seatwise'"""
OPEN = """SELECT pid FROM pg_stat_activity
WHERE application_name = 'seatwise' AND datname = current_database()"""


@pytest.fixture
async def connected(
    database_of_its_own: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """The product's connection to an empty database, with a small pool."""
    monkeypatch.setenv("DATABASE_URL", database_of_its_own)
    monkeypatch.setenv("DATABASE_POOL_SIZE", str(SIZE))
    monkeypatch.setenv("DATABASE_CONNECT_TIMEOUT", "1")
    settings.current.cache_clear()
    async with database.connected():
        yield database_of_its_own


async def transact() -> None:
    async with database.transaction():
        await Tortoise.get_connection("default").execute_query("SELECT 1")


async def test_a_transaction_that_cannot_begin_does_not_keep_its_connection(
    shared_cluster: Cluster, connected: str
) -> None:
    for _ in range(SIZE + 3):
        await transact()
        # This waits, so the pool has not heard of it when it hands the connection out.
        shared_cluster.sql(END)
        with pytest.raises(database.FAILURES):
            await transact()
    await transact()
    assert 1 <= len(await rows(connected, OPEN)) <= SIZE
