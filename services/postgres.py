"""The PostgreSQL client: Tortoise's, with what it lacks for a server that outlives outages.

The URL goes to the driver whole, so that TLS (`sslmode`), several hosts and
`target_session_attrs` mean what libpq says they mean. Waiting for a connection is bounded,
and a transaction that cannot begin gives its connection back: Tortoise's own would lose one
from the pool each time, until none is left.

Tortoise loads this module by its name (`services.database.config`).
"""

from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit

import asyncpg
from asyncpg.pool import PoolAcquireContext
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionContextPooled

PRIMARY = "primary"
"""The server to look for among the URL's hosts, unless it says otherwise: one that can write."""

UNFIT = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a host that is away, or not the primary, raises."""

IN_THE_URL = ("host", "port", "user", "password", "database")


class Connection(asyncpg.Connection):
    """A connection whose session nobody changes: its release needs no round trip.

    A transaction that was left open is rolled back all the same.
    """

    def get_reset_query(self) -> str:
        """Nothing to reset."""
        return ""


class Pool(asyncpg.Pool):
    """A pool for whose connections nobody waits longer than `patience` seconds."""

    patience: float

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext:
        """A connection. Raises TimeoutError, or what connecting raises."""
        return super().acquire(timeout=timeout or self.patience)


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
        with suppress(*UNFIT):
            return await asyncpg.connect(url, **options)
    return await asyncpg.connect(urls[-1], **options)


class Client(AsyncpgDBClient):
    """Connects by the URL alone (`dsn`), when a connection is first needed.

    `timeout` is in seconds, for a new connection as for one from the pool.
    """

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:
        """The pool; it connects nowhere yet."""
        driver = {name: value for name, value in kwargs.items() if name not in IN_THE_URL}
        if "target_session_attrs" not in driver["dsn"]:
            driver["target_session_attrs"] = PRIMARY
        driver["connection_class"] = Connection
        pool = Pool(
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            connect=cast(Any, connect),
            setup=None,
            init=None,
            reset=None,
            record_class=asyncpg.Record,
            **driver,
        )
        pool.patience = driver["timeout"]
        return await pool

    def _in_transaction(self) -> Transaction:
        return Transaction(TransactionWrapper(self), self._pool_init_lock)


client_class = Client
