"""A real server on a database, and clients that go on asking whatever happens to it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from services import auth, clock, database, imports, migrations, settings
from services.import_file import ImportFile
from tests import samples
from tests.concurrency.processes import free_port
from tests.forked import Script

NOW = "2026-07-01T12:00:00+00:00"
CODES = ("acme", "beta", "gamma", "delta")
SOON = 5.0
"""Seconds within which everything works again once the database is back."""

CHANGE = """mutation($input: ChangeUsersInput!) { changeUsers(input: $input) {
  invoice { number } userErrors { code } } }"""
READ = "{ account { name subscription { seats version } } }"


@dataclass
class Served:
    """A running server, and what it said."""

    address: str
    process: Script
    http: httpx.AsyncClient

    async def ask(self, code: str, query: str, **variables: Any) -> httpx.Response:
        """What the server answers the account's billing administrator."""
        token = auth.issue_token(code, "ada@acme.example", timedelta(hours=1), clock.now())
        return await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token}"},
        )

    async def add_seat(self, code: str, seats: int, key: str) -> httpx.Response:
        """What it answers to one total; the key is the purchase order's number as well."""
        given = {"seats": seats, "purchaseOrderNumber": key, "idempotencyKey": key}
        return await self.ask(code, CHANGE, input=given)

    async def status(self, path: str = "/readyz") -> int:
        """The status of a page."""
        return (await self.http.get(path)).status_code


@asynccontextmanager
async def serving(url: str, folder: Path, **environment: str) -> AsyncIterator[Served]:
    """A server of one process, ready to answer; ended by its process id."""
    port = free_port()
    told = os.environ | {"DATABASE_URL": url, "PORT": str(port)} | environment
    address = f"http://127.0.0.1:{port}"
    process = Script(["server.py"], told, folder / "server.log")
    try:
        async with httpx.AsyncClient(base_url=address, timeout=30) as http:
            server = Served(address, process, http)
            await until(lambda: ready(server), 30)
            yield server
    finally:
        process.terminate()
        process.wait(30)


async def ready(server: Served) -> bool:
    """Whether it says that it can serve."""
    try:
        return await server.status() == 200
    except httpx.TransportError:
        return False


async def until(holds: Callable[[], Awaitable[bool]], seconds: float) -> float:
    """Waits until the condition holds; returns how long that took. Raises TimeoutError."""
    begin = time.monotonic()
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.05)
    return time.monotonic() - begin


async def prepare(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrates the database and imports an account for each client."""
    monkeypatch.setenv("DATABASE_URL", url)
    settings.current.cache_clear()
    EXECUTOR_CACHE.clear()
    document = samples.file(*(samples.account(code=code) for code in CODES))
    async with database.connected():
        await migrations.migrate()
        await imports.import_file(ImportFile.model_validate(document), clock.now())


@dataclass
class Load:
    """One client an account, each adding seat after seat.

    As a good client does, it sends what was not answered again, with the same key, until it
    knows. `unknown` counts those answers, `wrong` tells those that no client should get.
    """

    server: Served
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    unknown: int = 0
    wrong: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Load"]:
        """Works until the end of the block, and then finishes what is under way."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as clients:
            for code in CODES:
                clients.create_task(self._client(code, stop))
            yield self
            stop.set()

    async def _client(self, code: str, stop: asyncio.Event) -> None:
        seats = 60
        while not stop.is_set():
            seats, key = seats + 1, uuid4().hex
            while not await self._acknowledged(code, seats, key):
                self.unknown += 1
                await asyncio.sleep(0.05)
            self.acknowledged.append((code, key))

    async def _acknowledged(self, code: str, seats: int, key: str) -> bool:
        try:
            response = await self.server.add_seat(code, seats, key)
        except httpx.TransportError as error:
            self.wrong.append(f"no answer: {error!r}")
            return False
        answer = response.json()
        for told in answer.get("errors", ()):
            if told["extensions"]["code"] != "SERVICE_UNAVAILABLE":
                self.wrong.append(f"{response.status_code} {told}")
        return "errors" not in answer

    async def worked(self, changes: int = 8) -> None:
        """Waits until so many more changes have been acknowledged."""
        before = len(self.acknowledged)

        async def enough() -> bool:
            return len(self.acknowledged) >= before + changes

        await until(enough, 30)


ORDERS = """
SELECT a.code, i.purchase_order_number AS key FROM invoices i JOIN accounts a ON a.id = i.account_id
WHERE i.kind = 'SEAT_INCREASE'
"""
GAPS = """
SELECT a.code FROM accounts a LEFT JOIN invoices i ON i.account_id = a.id
GROUP BY a.id, a.code, a.invoice_count
HAVING a.invoice_count <> COUNT(i.id) OR a.invoice_count <> MAX(i.sequence)
"""


async def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What the database itself says, on a connection of the test's own."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def assert_kept(url: str, load: Load) -> None:
    """That what was acknowledged is there, once, and nothing else; and numbers have no gap."""
    assert not load.wrong, load.wrong[:3]
    stored = await rows(url, ORDERS)
    assert sorted(stored) == sorted(load.acknowledged)
    assert await rows(url, GAPS) == []
