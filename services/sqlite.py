"""The SQLite client: Tortoise's, with statements of our own.

Tortoise loads this module by its name (`services.database.config`).
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.exceptions import IntegrityError, OperationalError


class Records:
    """Statements of ours on a connection of SQLite."""

    merges_reads = False

    def _check_loop(self) -> bool:
        """Whether the event loop is still the same: a process of ours has one."""
        return True

    async def records(self: Any, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        """The records of a statement. Raises what Tortoise raises for its own."""
        self.log.debug("%s: %s", statement, values)
        async with self.acquire_connection() as connection:
            try:
                found: Sequence[Any] = await connection.execute_fetchall(
                    statement, [plain(value) for value in values]
                )
            except sqlite3.OperationalError as error:
                raise OperationalError(error) from error
            except sqlite3.IntegrityError as error:
                raise IntegrityError(error) from error
        return found


class Wrapper(Records, SqliteTransactionWrapper):
    """The connection inside a transaction."""


class Client(Records, SqliteClient):
    """The process's one connection."""

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
