"""Migrations: the schema of the database is brought to this release's, by one process at a time."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey

from services import database, settings
from services.errors import OperatorError

MIGRATION_LOCK = 5_373_001
"""The advisory lock that a migration holds on PostgreSQL."""

READY_SECONDS = 3
"""How long the database may take to say that it is ready."""


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
    except database.FAILURES as error:
        raise OperatorError(f"DATABASE_URL: the database cannot be migrated ({error})") from None


async def is_current() -> bool:
    """Whether the database answers, soon, and has exactly the schema that the code expects."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            return await _is_current()
    except database.FAILURES:
        return False


async def require_current() -> None:
    """Raises OperatorError, which tells whether the database is away or its schema another."""
    try:
        current = await _is_current()
    except database.FAILURES as error:
        reason = str(error) or type(error).__name__
        raise OperatorError(f"DATABASE_URL: the database cannot be reached ({reason})") from None
    if not current:
        message = "the database has not the schema of this release"
        raise OperatorError(f"DATABASE_URL: {message}; run `python manage.py migrate`")


async def _is_current() -> bool:
    # Tortoise takes whatever goes wrong for a database that nothing was applied to.
    await database.client().execute_query("SELECT 1")
    executor = _executor()
    return await _applied(executor) == await _known(executor)


def _executor() -> MigrationExecutor:
    return MigrationExecutor(
        database.client(), database.config(settings.current().database_url)["apps"]
    )


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
    client = database.client()
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
