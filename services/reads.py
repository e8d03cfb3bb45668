"""Reads that go to the database together.

Several resolvers read their parts of a page at the same time, each with a statement of its
own. Within `together` these are sent at once, so that the page costs one round trip instead of
several (docs/performance.md). A read alone, inside a transaction, or on SQLite, is sent as it is.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from services import database

MOST = 16
"""The most reads that are sent at once."""


class Read(NamedTuple):
    """A SELECT, written as `database.statement` says, and the names of its columns."""

    sql: str
    columns: tuple[str, ...]
    values: Sequence[Any]
    long: bool = False
    """Whether it may look through many rows."""


@dataclass(slots=True)
class Asked:
    """A read that somebody waits for."""

    read: Read
    answer: "asyncio.Future[Sequence[Any]]"


class Batch:
    """The reads of one request that have not been sent yet."""

    def __init__(self) -> None:
        self.waiting: list[Asked] = []
        self.sending: set[asyncio.Task[None]] = set()

    def ask(self, read: Read) -> "asyncio.Future[Sequence[Any]]":
        """The records of a read, which is sent with the others that are asked for now."""
        if not self.waiting:
            self.loop.call_soon(self._send)
        self.waiting.append(Asked(read, self.loop.create_future()))
        return self.waiting[-1].answer

    @cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop, asked for by the first read: many requests have none."""
        return asyncio.get_running_loop()

    def _send(self) -> None:
        asked, self.waiting = self.waiting, []
        for start in range(0, len(asked), MOST):
            sending = self.loop.create_task(_answer(asked[start : start + MOST]))
            # Somebody must hold the task, or it may vanish.
            self.sending.add(sending)
            sending.add_done_callback(self.sending.discard)


BATCH: ContextVar[Batch | None] = ContextVar("BATCH", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Inside, reads that are asked for at the same time go to the database together."""
    token = BATCH.set(Batch())
    try:
        yield
    finally:
        BATCH.reset(token)


async def records(read: Read, client: Any) -> Sequence[Any]:
    """The records of a read by a client (`database.client`), each a sequence of its columns'
    values."""
    batch = BATCH.get()
    if batch is None or not client.sends_several:
        return await database.fetch(read.sql, *read.values, long=read.long)
    return await batch.ask(read)


async def _answer(asked: Sequence[Asked]) -> None:
    try:
        found = await _fetched([one.read for one in asked])
    except BaseException as error:
        for one in asked:
            if not one.answer.done():
                one.answer.set_exception(error)
        if not isinstance(error, Exception):
            raise
        return
    for one, rows in zip(asked, found, strict=True):
        if not one.answer.done():
            one.answer.set_result(rows)


async def _fetched(reads: Sequence[Read]) -> list[Sequence[Any]]:
    if len(reads) == 1:
        return [await database.fetch(reads[0].sql, *reads[0].values)]
    found: list[Sequence[Any]] = await database.client().several(reads)
    return found


@lru_cache(maxsize=1_000)
def merged(parts: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """One statement for several: each column of each comes as an array, in one record."""
    sources = []
    for number, (sql, columns) in enumerate(parts):
        arrays = ", ".join(
            f"array_agg(q.{column}) AS a{number}_{place}" for place, column in enumerate(columns)
        )
        sources.append(f"(SELECT {arrays} FROM ({sql}) q) q{number}")  # noqa: S608 (our own text)
    return f"SELECT * FROM {', '.join(sources)}"  # noqa: S608 (our own text)


def apart(record: Sequence[Any], reads: Sequence[Read]) -> list[Sequence[Any]]:
    """The records of each read, from the one record of their `merged` statement."""
    found: list[Sequence[Any]] = []
    start = 0
    for read in reads:
        columns = record[start : start + len(read.columns)]
        start += len(read.columns)
        found.append([] if columns[0] is None else list(zip(*columns, strict=True)))
    return found
