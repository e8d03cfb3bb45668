"""The SQLite client: Tortoise's, with statements of our own.

Those run on the event loop itself: SQLite answers them in some ten microseconds, and the way to
the driver's thread and back takes many times as long (docs/performance.md). What may take longer
goes to the thread: a read that looks through many rows, the wait for the write lock, a commit.

Tortoise loads this module by its name (`services.database.config`).
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import aiosqlite
from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.exceptions import IntegrityError, OperationalError


class Records:
    """Statements of ours on a connection of SQLite."""

    sends_several = False
    """Reads are not sent anywhere: there is nothing to be gained by sending them at once."""

    def _check_loop(self) -> bool:
        """Whether the event loop is still the same: a process of ours has one."""
        return True

    async def records(
        self: Any, statement: str, values: Sequence[Any], *, long: bool = False
    ) -> Sequence[Any]:
        """The records of a statement. Raises what Tortoise raises for its own."""
        self.log.debug("%s: %s", statement, values)
        given = [plain(value) for value in values]
        async with self.acquire_connection() as connection:
            try:
                if long:
                    found: Sequence[Any] = await connection.execute_fetchall(statement, given)
                    return found
                return driver(connection).execute(statement, given).fetchall()
            except sqlite3.OperationalError as error:
                raise OperationalError(error) from error
            except sqlite3.IntegrityError as error:
                raise IntegrityError(error) from error


def driver(connection: aiosqlite.Connection) -> sqlite3.Connection:
    """The connection below, for whoever holds the lock on it."""
    return connection._conn  # noqa: SLF001 (it has no other name)


class Wrapper(Records, SqliteTransactionWrapper):
    """The connection inside a transaction."""

    async def begin(self) -> None:
        """Begins the transaction; nothing is locked yet."""
        driver(self._connection).execute("BEGIN")


class Client(Records, SqliteClient):
    """The process's one connection, used by the driver's thread and by the event loop in turn."""

    async def create_connection(self, with_db: bool) -> None:  # noqa: ARG002 (Tortoise asks so)
        """Opens the file."""
        if self._connection is not None:
            return
        connection = await aiosqlite.connect(
            self.filename, isolation_level=None, check_same_thread=False
        )
        driver(connection).row_factory = sqlite3.Row
        for pragma, value in self.pragmas.items():
            await connection.execute_fetchall(f"PRAGMA {pragma}={value}")
        self._connection = connection
        await self._post_connect()

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(Wrapper(self), self._lock)


def plain(value: Any) -> Any:
    """A value as SQLite has it."""
    convert = PLAIN.get(type(value))
    return value if convert is None else convert(value)


def _instant(value: datetime) -> str:
    return value.isoformat(" ")


def _list(values: list[Any]) -> str:
    return json.dumps([plain(value) for value in values])


PLAIN: dict[type, Callable[[Any], Any]] = {
    UUID: str,
    datetime: _instant,
    date: date.isoformat,
    list: _list,
}

client_class = Client
