"""Fixtures: a database of each kind, the application on it, and a client that speaks GraphQL.

`world` is what most tests want: an empty, migrated database (once on SQLite, once on
PostgreSQL), a clock that a test sets, and clients for whoever calls.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from services import database, migrations, settings
from tests.world import World, assert_counted, opened

TABLES = (
    "access_tokens",
    "activity",
    "idempotency_records",
    "invoice_documents",
    "invoice_lines",
    "mails",
    "invoices",
    "subscriptions",
    "product_permissions",
    "products",
    "seat_group_administrators",
    "users",
    "seat_groups",
    "renewal_failures",
    "account_codes",
    "accounts",
    "plan_prices",
    "plans",
)
"""Every table, those that refer to others before them."""

DEFAULT_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings of the test's own: nothing of the shell's reaches it."""
    settle(monkeypatch)
    yield
    settings.current.cache_clear()


def settle(patch: pytest.MonkeyPatch) -> None:
    """Leaves the settings that every test begins with."""
    for name in settings.Settings.model_fields:
        patch.delenv(name.upper(), raising=False)
    patch.setenv("SECRET_KEY", "a key for tests, thirty-two bytes or more")
    if os.environ.get("TEST_EXECUTOR") == "standard":
        patch.setenv("COMPILED_EXECUTION", "false")
    settings.current.cache_clear()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a database file that is not there yet."""
    return f"sqlite://{tmp_path}/test.db"


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of a PostgreSQL server that answers.

    Without one the test is skipped, and says so; in CI that is a failure.
    """
    server = os.environ.get("TEST_POSTGRES_URL", DEFAULT_POSTGRES)
    try:
        _run(server, "SELECT 1")
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        message = f"no PostgreSQL server answers at TEST_POSTGRES_URL ({error})"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return server


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped afterwards."""
    with _database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database that the tests of one process share in turn."""
    with _database(postgres_server) as url:
        _migrate(url)
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "test.db"
    _migrate(f"sqlite://{path}")
    return path


@pytest.fixture
def migrated_sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of a migrated database file of the test's own."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'test.db')}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database of each kind in turn, without an account in it."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("migrated_sqlite_url")
        return url
    url = request.getfixturevalue("migrated_postgres_url")
    _run(url, "; ".join(f"DELETE FROM {table}" for table in TABLES))
    return url


@pytest.fixture
async def world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """An empty product on a migrated database of each kind."""
    async with opened(database_url, monkeypatch) as world:
        yield world
        await assert_counted()


@pytest.fixture
async def sqlite_world(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """The same on SQLite alone, for what does not depend on the database."""
    async with opened(migrated_sqlite_url, monkeypatch) as world:
        yield world
        await assert_counted()


def _run(url: str, statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    _in_thread(run())


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"seatwise_test_{uuid4().hex}"
    _run(server, f"CREATE DATABASE {name}")
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    async def migrate() -> None:
        async with database.connected():
            await migrations.migrate()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        settings.current.cache_clear()
        _in_thread(migrate())
    settings.current.cache_clear()


def _in_thread(work: Coroutine[None, None, None]) -> None:
    """Runs it on an event loop of its own: the test's loop must not notice."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
