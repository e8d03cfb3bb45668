"""The pool of connections to PostgreSQL: bounded, fair, and whole whatever happens to a user."""

import asyncio
from contextlib import suppress
from typing import Any, cast

import asyncpg
import pytest

from services.pool import IDLE_SECONDS, Pool


class Connection:
    """What the pool needs to know of a connection."""

    def __init__(self) -> None:
        self.closed = False
        self.in_transaction = False
        self.said: list[str] = []

    def is_closed(self) -> bool:
        return self.closed

    def is_in_transaction(self) -> bool:
        return self.in_transaction

    async def execute(self, statement: str) -> None:
        self.said.append(statement)
        self.in_transaction = False

    async def close(self) -> None:
        self.closed = True

    def terminate(self) -> None:
        self.closed = True


class Server:
    """Counts the connections that were made; `away` makes none."""

    def __init__(self) -> None:
        self.made: list[Connection] = []
        self.away = False

    async def connect(self) -> asyncpg.Connection:
        await asyncio.sleep(0)
        if self.away:
            raise OSError("away")
        self.made.append(Connection())
        return cast(asyncpg.Connection, self.made[-1])


@pytest.fixture
def server() -> Server:
    return Server()


def pool_of(server: Server, size: int = 2, patience: float = 0.2) -> Pool:
    return Pool(server.connect, size, patience)


async def test_the_connection_used_last_is_used_next(server: Server) -> None:
    pool = pool_of(server)
    first, second = await pool.acquire(), await pool.acquire()
    await pool.release(first)
    await pool.release(second)
    assert await pool.acquire() is second
    assert len(server.made) == 2


async def test_nobody_waits_longer_than_the_patience(server: Server) -> None:
    pool = pool_of(server, size=1, patience=0.02)
    held = await pool.acquire()
    with pytest.raises(TimeoutError):
        await pool.acquire()
    await pool.release(held)
    assert await pool.acquire() is held


async def test_who_waits_is_served_in_turn(server: Server) -> None:
    pool = pool_of(server, size=1)
    held, order = await pool.acquire(), []

    async def wait(name: str) -> None:
        connection = await pool.acquire()
        order.append(name)
        await pool.release(connection)

    waiting = [asyncio.create_task(wait(name)) for name in "abc"]
    await asyncio.sleep(0.01)
    await pool.release(held)
    await asyncio.gather(*waiting)
    assert order == ["a", "b", "c"]
    assert len(server.made) == 1


async def test_a_connection_handed_to_somebody_who_gave_up_goes_to_the_next(
    server: Server,
) -> None:
    pool = pool_of(server, size=1)
    held = await pool.acquire()
    gone, next_one = asyncio.create_task(pool.acquire()), asyncio.create_task(pool.acquire())
    await asyncio.sleep(0.01)
    await pool.release(held)
    gone.cancel()
    assert await next_one is held
    with suppress(asyncio.CancelledError):
        await gone
    assert pool.free == 0


async def test_a_closed_connection_makes_room_for_a_new_one(server: Server) -> None:
    pool = pool_of(server, size=1)
    held = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0.01)
    server.made[0].closed = True
    await pool.release(held)
    assert await waiting is cast(Any, server.made[1])


async def test_one_that_was_closed_while_it_lay_idle_is_not_handed_out(server: Server) -> None:
    pool = pool_of(server, size=1)
    await pool.release(await pool.acquire())
    server.made[0].closed = True
    assert await pool.acquire() is cast(Any, server.made[1])


async def test_a_transaction_left_open_is_rolled_back(server: Server) -> None:
    pool = pool_of(server)
    held = await pool.acquire()
    server.made[0].in_transaction = True
    await pool.release(held)
    assert server.made[0].said == ["ROLLBACK"]
    assert await pool.acquire() is held


async def test_a_server_that_is_away_costs_no_place(server: Server) -> None:
    pool = pool_of(server, size=1)
    server.away = True
    for _ in range(3):
        with pytest.raises(OSError, match="away"):
            await pool.acquire()
    server.away = False
    assert await pool.acquire()


async def test_long_unused_connections_are_closed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pool_of(server)
    first, second = await pool.acquire(), await pool.acquire()
    now = 1_000.0
    monkeypatch.setattr("services.pool.time.monotonic", lambda: now)
    await pool.release(first)
    now += IDLE_SECONDS + 1
    await pool.release(second)
    assert [connection.closed for connection in server.made] == [True, False]
    assert pool.free == 2


async def test_closing_waits_for_the_last_connection(server: Server) -> None:
    pool = pool_of(server)
    held, idle = await pool.acquire(), await pool.acquire()
    await pool.release(idle)
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    await pool.release(held)
    await closing
    assert all(connection.closed for connection in server.made)
    with pytest.raises(asyncpg.InterfaceError):
        await pool.acquire()


async def test_many_users_never_hold_more_than_the_size(server: Server) -> None:
    pool, held, most = pool_of(server, size=3, patience=5), 0, 0

    async def use(number: int) -> None:
        nonlocal held, most
        connection = await pool.acquire()
        held, most = held + 1, max(most, held + 1)
        await asyncio.sleep(0.001 * (number % 3))
        if number % 7 == 0:
            cast(Any, connection).closed = True
        held -= 1
        await pool.release(connection)

    tasks = [asyncio.create_task(use(number)) for number in range(60)]
    for number, task in enumerate(tasks):
        if number % 11 == 5:
            asyncio.get_running_loop().call_later(0.002, task.cancel)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most <= 3
    assert sum(not connection.closed for connection in server.made) <= 3
