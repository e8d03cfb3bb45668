"""Change feeds: how a process learns that an account was changed by another one.

On PostgreSQL whoever changes an account says so by NOTIFY, in the transaction that makes the
change (`accounts.COUNT_ALOUD`), and one connection of each process that has listeners LISTENs. On
SQLite the file counts what other connections commit, and the count is looked at each second. What
a process changes itself needs no feed: `changes.wake`.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from services import database, postgres, settings
from services.pool import FAILURES

PAUSE_SECONDS = 1.0
"""Between two looks at a file, and before a database that was away is tried again."""

CHECK_SECONDS = 30.0
"""How often a silent connection is asked whether it is still there."""


@dataclass(slots=True)
class Feed:
    """Whom to tell: that one account may have changed, or, where news may have been missed, that
    any may have."""

    wake: Callable[[UUID], None]
    wake_all: Callable[[], None]
    listens: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while news come."""

    async def ready(self) -> None:
        """Waits until they do. Raises TimeoutError where the database is away."""
        async with asyncio.timeout(settings.current().database_connect_timeout):
            await self.listens.wait()


async def follow(feed: Feed) -> None:
    """Tells of changes until cancelled, through outages of the database."""
    source = _notifications if database.dialect() == "postgres" else _commits
    while True:
        with suppress(*database.FAILURES, *FAILURES, TimeoutError):
            await source(feed)
        feed.listens.clear()
        await asyncio.sleep(PAUSE_SECONDS)


async def _notifications(feed: Feed) -> None:
    """Listens on a connection of its own, until it is lost."""
    configured = settings.current()
    patience = configured.database_connect_timeout

    def heard(_: Any, __: int, ___: str, account_id: Any) -> None:
        with suppress(ValueError):
            feed.wake(UUID(account_id))

    connection: asyncpg.Connection = await postgres.connect(
        configured.database_url, timeout=patience, target_session_attrs=postgres.PRIMARY
    )
    gone = asyncio.Event()
    try:
        connection.add_termination_listener(lambda _: gone.set())
        await connection.add_listener(database.CHANNEL, heard)
        feed.listens.set()
        feed.wake_all()
        while not gone.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), CHECK_SECONDS)
            await connection.execute("SELECT 1", timeout=patience)
    finally:
        connection.terminate()


async def _commits(feed: Feed) -> None:
    """Looks at how often other connections have changed the file."""
    before = await _data_version()
    feed.listens.set()
    feed.wake_all()
    while True:
        await asyncio.sleep(PAUSE_SECONDS)
        now = await _data_version()
        if now != before:
            before = now
            feed.wake_all()


async def _data_version() -> int:
    ((version,),) = await database.fetch("PRAGMA data_version")
    return int(version)
