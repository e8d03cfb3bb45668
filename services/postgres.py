"""The PostgreSQL client: Tortoise's, with what it lacks for a server that outlives outages.

The URL goes to the driver whole, so that TLS (`sslmode`), several hosts and
`target_session_attrs` mean what libpq says they mean. Waiting for a connection is bounded,
and a transaction that cannot begin gives its connection back: Tortoise's own would lose one
from the pool each time, until none is left.

Tortoise loads this module by its name (`services.database.config`).
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionContextPooled
from tortoise.exceptions import IntegrityError, OperationalError

from services.database import statement
from services.pool import FAILURES, Pool
from services.reads import Read, apart, merged

PRIMARY = "primary"
"""The server to look for among the URL's hosts, unless it says otherwise: one that can write."""

IN_THE_URL = ("host", "port", "user", "password", "database")


class Transaction(TransactionContextPooled):
    """One transaction on one connection of the pool."""

    client: Any
    token: Any

    async def __aenter__(self) -> Any:
        """Begins it; a connection on which that fails goes back to the pool."""
        self.token = None
        try:
            return await super().__aenter__()
        except BaseException:
            if self.token is not None:
                self.client._finalized = True  # noqa: SLF001 (nothing to roll back)
                await self.__aexit__(None, None, None)
            raise


def each_host(dsn: str) -> list[str]:
    """The URL once for each of its hosts."""
    parts = urlsplit(dsn)
    login, at, hosts = parts.netloc.rpartition("@")
    return [parts._replace(netloc=f"{login}{at}{host}").geturl() for host in hosts.split(",")]


async def connect(dsn: str, **options: Any) -> Any:
    """A connection to the first host that will do. Each has its share of the time: the driver
    would give all of it to one that takes connections and says nothing."""
    urls = each_host(dsn)
    options["timeout"] /= len(urls)
    for url in urls[:-1]:
        with suppress(*FAILURES):
            return await asyncpg.connect(url, **options)
    return await asyncpg.connect(urls[-1], **options)


async def _records(
    connection: asyncpg.Connection, text: str, values: Sequence[Any]
) -> Sequence[asyncpg.Record]:
    try:
        return await connection.fetch(text, *values)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError(error) from error
    except (asyncpg.SyntaxOrAccessError, asyncpg.DataError) as error:
        raise OperationalError(error) from error


class Wrapper(TransactionWrapper):
    """The connection inside a transaction."""

    sends_several = False

    def _check_loop(self) -> bool:
        return True

    async def records(
        self,
        text: str,
        values: Sequence[Any],
        *,
        long: bool = False,  # noqa: ARG002
    ) -> Sequence[asyncpg.Record]:
        """The records of a statement. Raises what Tortoise raises for its own."""
        self.log.debug("%s: %s", text, values)
        async with self._lock:
            return await _records(self._connection, text, values)


class Client(AsyncpgDBClient):
    """Connects by the URL alone (`dsn`), when a connection is first needed.

    `timeout` is in seconds, for a new connection as for one from the pool.
    """

    sends_several = True
    """Whether reads that are asked for at the same time are sent at once."""

    async def several(self, reads: Sequence[Read]) -> list[Sequence[Any]]:
        """The records of each read, in one statement."""
        text = merged(tuple((read.sql, read.columns) for read in reads))
        values = [value for read in reads for value in read.values]
        (record,) = await self.records(statement(text, "postgres"), values)
        return apart(tuple(record), reads)

    def _check_loop(self) -> bool:
        """Whether the event loop is still the same: a process of ours has one. Tortoise asks at
        each use, and Python's answer takes a system call."""
        return True

    async def create_pool(self, **kwargs: Any) -> Any:
        """The pool; it connects nowhere yet."""
        left_out = (*IN_THE_URL, "loop", "min_size", "max_size", "dsn")
        driver = {name: value for name, value in kwargs.items() if name not in left_out}
        dsn = kwargs["dsn"]
        if "target_session_attrs" not in dsn:
            driver["target_session_attrs"] = PRIMARY
        return Pool(partial(connect, dsn, **driver), kwargs["max_size"], driver["timeout"])

    async def records(
        self,
        text: str,
        values: Sequence[Any],
        *,
        long: bool = False,  # noqa: ARG002
    ) -> Sequence[asyncpg.Record]:
        """The records of a statement. Raises what Tortoise raises for its own."""
        self.log.debug("%s: %s", text, values)
        if self._pool is None:
            await self.create_connection(with_db=True)
        pool: Any = self._pool
        connection = await pool.acquire()
        try:
            return await _records(connection, text, values)
        finally:
            await pool.release(connection)

    def _in_transaction(self) -> Transaction:
        return Transaction(Wrapper(self), self._pool_init_lock)


client_class = Client
