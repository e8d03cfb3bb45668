"""The database door: connections, transactions and migrations, on SQLite and PostgreSQL.

On SQLite a process has one connection. A transaction that is going to write begins by
writing (see `services.accounts.locked`), so that it takes the write lock at once and waits
for it, up to the busy timeout, instead of failing half way.
"""

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from tortoise.context import TortoiseContext, get_current_context
from tortoise.exceptions import BaseORMException
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey
from tortoise.models import Model
from tortoise.transactions import in_transaction

from services import settings
from services.errors import OperatorError

APP = "models"
CONNECTION = "default"
MODULES = ("accounts", "activity", "invoices", "plans", "seat_groups", "subscriptions", "users")
BUSY_SECONDS = 10
"""How long a writer waits for another one on SQLite."""

SQLITE_PRAGMAS = (
    f"journal_mode=WAL&foreign_keys=ON&busy_timeout={BUSY_SECONDS * 1000}&synchronous=FULL"
)
"""FULL: what was acknowledged survives a power cut."""

MIGRATION_LOCK = 5_373_001
"""The advisory lock that a migration holds on PostgreSQL."""

FAILURES = (BaseORMException, OSError, sqlite3.Error)
"""What a database that is away, locked, read-only or full raises."""

NOT_CURRENT = (
    "DATABASE_URL: the database cannot be reached or has not the schema of this release; "
    "run `python manage.py migrate`"
)

transaction = in_transaction
"""The transaction of the code inside: committed at its end, rolled back by a raise."""


def config(url: str) -> dict[str, Any]:
    """Tortoise's configuration for a database URL."""
    if url.startswith("sqlite:"):
        url = f"{url}{'&' if '?' in url else '?'}{SQLITE_PRAGMAS}"
    modules = [f"{APP}.{module}" for module in MODULES]
    app = {"models": modules, "migrations": f"{APP}.migrations", "default_connection": CONNECTION}
    return {"connections": {CONNECTION: url}, "apps": {APP: app}}


@asynccontextmanager
async def connected(*, everywhere: bool = False) -> AsyncIterator[TortoiseContext]:
    """The database of DATABASE_URL, for everything inside.

    `everywhere` opens it to tasks that were not started inside: a server's requests.
    """
    url = settings.current().database_url
    _check_file(url)
    async with TortoiseContext() as context:
        await context.init(config=config(url), _enable_global_fallback=everywhere)
        yield context


async def migrate() -> list[str]:
    """Brings the database to the newest schema and names the migrations that it ran.

    Safe to run twice and at once. Raises OperatorError when the database is newer than the
    code, or cannot be written.
    """
    try:
        async with _migration_lock():
            executor = _executor()
            before = await _applied(executor)
            await _refuse_newer(executor, before)
            await executor.migrate()
            return sorted(await _applied(executor) - before)
    except FAILURES as error:
        raise OperatorError(f"DATABASE_URL: the database cannot be migrated ({error})") from None


async def is_current() -> bool:
    """Whether the database answers and has exactly the schema that the code expects."""
    try:
        executor = _executor()
        return await _applied(executor) == await _known(executor)
    except FAILURES:
        return False


@asynccontextmanager
async def writing() -> AsyncIterator[None]:
    """A transaction that writes after it has read: it takes SQLite's write lock at once."""
    async with in_transaction() as connection:
        if connection.capabilities.dialect == "sqlite":
            # A write of no row: what is read from here on cannot change underneath.
            await connection.execute_query("UPDATE accounts SET code = code WHERE FALSE")
        yield


async def store(row: Model, *columns: str) -> None:
    """Writes the named columns of a tenant's row, found by its account and id."""
    values = {column: getattr(row, column) for column in columns}
    keys = {key: getattr(row, key) for key in ("account_id", "id")}
    await type(row).filter(**keys).update(**values)


def _client() -> Any:
    context = get_current_context()
    assert context is not None
    return context.connections.get(CONNECTION)


def _executor() -> MigrationExecutor:
    return MigrationExecutor(_client(), config(settings.current().database_url)["apps"])


async def _applied(executor: MigrationExecutor) -> set[str]:
    return {key.name for key in await executor.recorder.applied_migrations()}


async def _known(executor: MigrationExecutor) -> set[str]:
    await executor.loader.build_graph()
    return {key.name for key in executor.loader.graph.nodes if isinstance(key, MigrationKey)}


async def _refuse_newer(executor: MigrationExecutor, applied: set[str]) -> None:
    unknown = sorted(applied - await _known(executor))
    if unknown:
        newer = f"the database is newer than this code (it has {', '.join(unknown)})"
        raise OperatorError(f"DATABASE_URL: {newer}")


@asynccontextmanager
async def _migration_lock() -> AsyncIterator[None]:
    client = _client()
    if client.capabilities.dialect == "postgres":
        async with client.acquire_connection() as connection:
            await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
            try:
                yield
            finally:
                await connection.execute("SELECT pg_advisory_unlock($1)", MIGRATION_LOCK)
        return
    with await asyncio.to_thread(_locked_file, Path(f"{client.filename}.migrating")):
        yield


def _locked_file(path: Path) -> TextIO:
    """A file of its own beside the database, locked until it is closed."""
    file = path.open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def _check_file(url: str) -> None:
    """Makes an SQLite database's folder. Raises OperatorError where the file is none of ours:
    the driver's thread would outlive the failure and keep the process from ending."""
    if not url.startswith("sqlite:"):
        return
    parts = urlsplit(url)
    path = Path(f"{parts.netloc}{parts.path}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
                connection.execute("PRAGMA schema_version")
    except (OSError, sqlite3.Error) as error:
        raise OperatorError(f"DATABASE_URL: {path} cannot be opened ({error})") from None
