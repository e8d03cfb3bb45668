"""The examples, run as their readers would."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from examples.mobile import change_users
from tests.concurrency.processes import free_port
from tests.faults.served import NOW, Served, prepare, serving

ACCOUNT = """{ account { subscription { seats version }
    invoices { totalCount } activity { totalCount } } }"""

PASSED, DROPPED_BEFORE, DROPPED_AFTER = "passed", "dropped before", "dropped after"


class Line:
    """A line to a server, whose connections break by a plan: before the request has arrived, or
    once it was answered, before the answer has arrived. After the plan it holds."""

    def __init__(self, port: int, plan: list[str]) -> None:
        self.port = port
        self.plan = plan
        self.seen: list[str] = []

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fate = self.plan.pop(0) if self.plan else PASSED
        self.seen.append(fate)
        with suppress(OSError):
            request = await reader.read(65536)
            if fate != DROPPED_BEFORE:
                answer = await self._asked(request)
                if fate == PASSED:
                    writer.write(answer)
                    await writer.drain()
        writer.close()

    async def _asked(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request.replace(b"Connection: keep-alive", b"Connection: close"))
        answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def broken(port: int, plan: list[str]) -> AsyncIterator[tuple[str, Line]]:
    """The address of a line that breaks, and the line."""
    line, own = Line(port, plan), free_port()
    async with await asyncio.start_server(line.carry, "127.0.0.1", own):
        yield f"http://127.0.0.1:{own}", line


async def state(server: Served) -> dict[str, int]:
    account = (await server.ask("acme", ACCOUNT)).json()["data"]["account"]
    return {
        **account["subscription"],
        "invoices": account["invoices"]["totalCount"],
        "activity": account["activity"]["totalCount"],
    }


async def bearer(server: Served) -> str:
    """What the account's billing administrator sends."""
    return (await server.ask("acme", "{ viewer { id } }")).request.headers["Authorization"]


@pytest.mark.parametrize("seed", range(3))
async def test_a_change_over_a_line_that_breaks_is_made_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("BILLING_NOW", NOW)
    await prepare(database_url, monkeypatch)
    chance = random.Random(seed)
    plan = [chance.choice((DROPPED_BEFORE, DROPPED_AFTER)) for _ in range(4)] + [DROPPED_AFTER]
    async with serving(database_url, tmp_path, BILLING_NOW=NOW) as server:
        before = await state(server)
        headers = {"Authorization": await bearer(server)}
        async with (
            broken(server.http.base_url.port or 0, plan) as (address, line),
            httpx.AsyncClient(base_url=address, headers=headers, timeout=15) as http,
        ):
            payload = await change_users(http, before["seats"] + 7, first_pause=0.01)
        assert line.seen.count(PASSED) == 1
        assert len(line.seen) == 6
        assert payload["userErrors"] == []
        after = await state(server)
    assert payload["subscription"]["seats"] == after["seats"] == before["seats"] + 7
    for once in ("version", "invoices", "activity"):
        assert after[once] == before[once] + 1
