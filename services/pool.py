"""A pool of connections to PostgreSQL, for one event loop.

asyncpg's own pool costs more than the statements that it is there for: a task, two timers and
a proxy at each use (docs/performance.md). This one hands out the connections themselves, the
one used last first, so that few stay warm. A connection is given back as it is: sessions are
never changed (services/postgres.py), and a transaction that was left open is rolled back.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

IDLE_SECONDS = 300
"""A connection that nobody needed for so long is closed when another one is given back."""

FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a connection raises that is not fit to be used again."""


class Pool:
    """At most `size` connections; nobody waits longer than `patience` seconds for one."""

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int, patience: float
    ) -> None:
        self.size = size
        self.patience = patience
        self._connect = connect
        self._idle: deque[tuple[float, asyncpg.Connection]] = deque()
        self._waiting: deque[asyncio.Future[asyncpg.Connection | None]] = deque()
        self._open = 0
        self._closing = False
        self._all_gone = asyncio.Event()

    @property
    def free(self) -> int:
        """How many connections can be had without waiting for somebody."""
        return self.size - self._open + len(self._idle)

    @property
    def in_use(self) -> int:
        """How many connections somebody has."""
        return self._open - len(self._idle)

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return sum(not waiter.done() for waiter in self._waiting)

    async def acquire(self) -> asyncpg.Connection:
        """A connection. Raises TimeoutError, InterfaceError for a pool that is closed, or what
        connecting raises."""
        connection = self._next_idle()
        if connection is not None:
            return connection
        async with asyncio.timeout(self.patience):
            while self._open >= self.size:
                connection = await self._wait()
                if connection is not None:
                    return connection
            return await self._new()

    async def release(self, connection: asyncpg.Connection) -> None:
        """Gives a connection back. Raises nothing: one that is not fit is closed."""
        if not connection.is_closed() and connection.is_in_transaction():
            await self._roll_back(connection)
        if connection.is_closed() or self._closing:
            self._drop(connection)
            return
        waiter = self._next_waiting()
        if waiter is not None:
            waiter.set_result(connection)
            return
        now = time.monotonic()
        self._idle.append((now, connection))
        if now - self._idle[0][0] > IDLE_SECONDS:
            self._drop(self._idle.popleft()[1])

    async def expire_connections(self) -> None:
        """Closes the connections that nobody uses."""
        while self._idle:
            self._drop(self._idle.popleft()[1])

    async def close(self) -> None:
        """Closes the connections, each once it is given back, and waits for the last."""
        self._closing = True
        while self._idle:
            _, connection = self._idle.popleft()
            with suppress(*FAILURES):
                await connection.close()
            self._drop(connection)
        if self._open:
            await self._all_gone.wait()

    def terminate(self) -> None:
        """Closes the connections that nobody uses, at once; others when they are given back."""
        self._closing = True
        while self._idle:
            self._drop(self._idle.popleft()[1])

    def _next_idle(self) -> asyncpg.Connection | None:
        if self._closing:
            raise asyncpg.InterfaceError("the pool is closed")
        while self._idle:
            _, connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._drop(connection)
        return None

    async def _new(self) -> asyncpg.Connection:
        self._open += 1
        try:
            return await self._connect()
        except BaseException:
            self._forget()
            raise

    async def _wait(self) -> asyncpg.Connection | None:
        """The next connection that is given back; None where there is room for a new one."""
        waiter: asyncio.Future[asyncpg.Connection | None]
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except BaseException:
            # Whoever gives up while a connection is handed over passes it on.
            if waiter.done() and not waiter.cancelled():
                handed = waiter.result()
                await self.release(handed) if handed else self._tell_room()
            raise

    def _next_waiting(self) -> asyncio.Future[asyncpg.Connection | None] | None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                return waiter
        return None

    async def _roll_back(self, connection: asyncpg.Connection) -> None:
        try:
            async with asyncio.timeout(self.patience):
                await connection.execute("ROLLBACK")
        except (*FAILURES, TimeoutError):
            connection.terminate()

    def _drop(self, connection: asyncpg.Connection) -> None:
        if not connection.is_closed():
            connection.terminate()
        self._forget()

    def _forget(self) -> None:
        """One connection less."""
        self._open -= 1
        if not self._open:
            self._all_gone.set()
        self._tell_room()

    def _tell_room(self) -> None:
        waiter = self._next_waiting()
        if waiter is not None:
            waiter.set_result(None)
