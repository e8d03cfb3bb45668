"""The database from outside: several statements in one transaction, so that they agree."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from typing import Any, Protocol

import asyncpg

Rows = list[dict[str, Any]]
Snapshot = dict[str, Rows]

JSON = frozenset({"before", "after", "features"})


class Reader(Protocol):
    """Reads a database, whichever it is."""

    async def read(self, statements: Mapping[str, str]) -> Snapshot:
        """The rows of each statement, all as of one moment."""


class SqliteReader:
    """Reads the file. A transaction that only reads sees one moment of the WAL throughout."""

    def __init__(self, path: str) -> None:
        self.path = path

    async def read(self, statements: Mapping[str, str]) -> Snapshot:
        """The rows of each statement, all as of one moment."""
        return await asyncio.to_thread(self._read, statements)

    def _read(self, statements: Mapping[str, str]) -> Snapshot:
        address = f"file:{self.path}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
            connection.isolation_level = None
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")
            return {
                name: [_plain(dict(row)) for row in connection.execute(statement)]
                for name, statement in statements.items()
            }


class PostgresReader:
    """Reads with REPEATABLE READ: every statement sees what the first one saw."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def read(self, statements: Mapping[str, str]) -> Snapshot:
        """The rows of each statement, all as of one moment."""
        async with self.connection.transaction(isolation="repeatable_read", readonly=True):
            return {
                name: [_plain(dict(row)) for row in await self.connection.fetch(statement)]
                for name, statement in statements.items()
            }


def reader(url: str) -> AbstractAsyncContextManager[Reader]:
    """What reads the database of the URL."""
    return _sqlite(url) if url.startswith("sqlite:") else _postgres(url)


@asynccontextmanager
async def _sqlite(url: str) -> AsyncIterator[Reader]:
    yield SqliteReader(url.removeprefix("sqlite://"))


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[Reader]:
    connection = await asyncpg.connect(url)
    try:
        yield PostgresReader(connection)
    finally:
        await connection.close()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """The row as both databases have it: keys and days as text, JSON as values."""
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if name in JSON:
        return json.loads(value) if isinstance(value, str) else value
    if name in CONDITIONS:
        return bool(value)
    return value if isinstance(value, int | None) else str(value)


CONDITIONS = frozenset({"cancel_at_period_end", "takes_seat"})
