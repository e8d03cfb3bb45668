"""Fixtures: a database of each kind, the application on it, and a client that speaks GraphQL.

`world` is what most tests want: an empty, migrated database (once on SQLite, once on
PostgreSQL), a clock that a test sets, and clients for whoever calls.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from services import settings
from tests.world import World, opened

DEFAULT_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings of the test's own: nothing of the shell's reaches it."""
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SECRET_KEY", "a key for tests, thirty-two bytes or more")
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a database file that is not there yet."""
    return f"sqlite://{tmp_path}/test.db"


@pytest.fixture
async def postgres_url() -> AsyncIterator[str]:
    """The URL of an empty PostgreSQL database, dropped afterwards.

    Without a server the test is skipped, and says so; in CI that is a failure.
    """
    server = os.environ.get("TEST_POSTGRES_URL", DEFAULT_POSTGRES)
    try:
        connection = await asyncpg.connect(server, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        message = f"no PostgreSQL server answers at TEST_POSTGRES_URL ({error})"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    name = f"seatwise_test_{uuid4().hex}"
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rpartition('/')[0]}/{name}"
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """An empty product on a migrated database of each kind."""
    async with opened(database_url, monkeypatch) as world:
        yield world


@pytest.fixture
async def sqlite_world(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The same on SQLite alone, for what does not depend on the database."""
    async with opened(sqlite_url, monkeypatch) as world:
        yield world
