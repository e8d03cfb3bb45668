"""Two accounts, loaded once; and the walks ask for more than a client would: limits of amount are
tested elsewhere."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services import settings
from tests.conftest import TABLES, settle
from tests.isolation.twins import load
from tests.world import World, assert_counted, opened

UNLIMITED = {"RATE_LIMIT": "0", "MUTATION_RATE_LIMIT": "0", "QUERY_MAX_COST": "1000000"}
"""No limit of rate, and none of cost that a walk could reach."""

Rows = dict[str, bytes]
"""The rows of each table, as COPY writes them."""


@pytest.fixture(autouse=True)
def unlimited(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk is bounded by nothing."""
    for name, value in UNLIMITED.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()


@pytest.fixture(scope="session")
def loaded_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with both accounts, to be copied."""
    path = tmp_path_factory.mktemp("twins") / "test.db"
    shutil.copy(migrated_sqlite, path)
    _load(f"sqlite://{path}")
    return path


@pytest.fixture(scope="session")
def loaded_rows(migrated_postgres_url: str) -> Rows:
    """What PostgreSQL holds once both accounts are loaded."""
    _elsewhere(lambda: _emptied(migrated_postgres_url, {}))
    _load(migrated_postgres_url)
    rows: Rows = _elsewhere(lambda: _rows(migrated_postgres_url))
    return rows


@pytest.fixture
async def sqlite_twins(
    loaded_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Both accounts on SQLite, each with a history in which every field has something to show."""
    copy = shutil.copy(loaded_sqlite, tmp_path / "test.db")
    async with opened(f"sqlite://{copy}", monkeypatch) as world:
        yield world
        await assert_counted()


@pytest.fixture
async def postgres_twins(
    loaded_rows: Rows, migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """The same on PostgreSQL."""
    await _emptied(migrated_postgres_url, loaded_rows)
    async with opened(migrated_postgres_url, monkeypatch) as world:
        yield world
        await assert_counted()


@pytest.fixture(params=["sqlite", "postgres"])
def twins(request: pytest.FixtureRequest) -> World:
    """The same on each in turn."""
    world: World = request.getfixturevalue(f"{request.param}_twins")
    return world


def _load(url: str) -> None:
    async def loading(patch: pytest.MonkeyPatch) -> None:
        async with opened(url, patch) as world:
            await load(world)

    with pytest.MonkeyPatch.context() as patch:
        settle(patch)
        for name, value in UNLIMITED.items():
            patch.setenv(name, value)
        _elsewhere(lambda: loading(patch))
    settings.current.cache_clear()


def _elsewhere(work: Callable[[], Coroutine[None, None, Any]]) -> Any:
    """What it returns on an event loop of its own: the test's loop must not notice."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


async def _emptied(url: str, rows: Rows) -> None:
    """Leaves these rows in the database, and no others."""
    connection = await asyncpg.connect(url, timeout=5)
    try:
        await connection.execute("; ".join(f"DELETE FROM {table}" for table in TABLES))
        for table, content in rows.items():
            await connection.copy_to_table(table, source=BytesIO(content))
    finally:
        await connection.close()


async def _rows(url: str) -> Rows:
    """The rows of a database, those that are referred to first."""
    connection = await asyncpg.connect(url, timeout=5)
    found = {}
    try:
        for table in reversed(TABLES):
            content = BytesIO()
            await connection.copy_from_table(table, output=content)
            found[table] = content.getvalue()
    finally:
        await connection.close()
    return found
