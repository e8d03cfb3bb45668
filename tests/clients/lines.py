"""A line to a server on which something happens just when users are changed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from tests.concurrency.processes import free_port

CHANGE = b"changeUsers("

PASSED, DROPPED_BEFORE, DROPPED_AFTER = "passed", "dropped before", "dropped after"


async def nothing() -> None:
    """What happens before a change arrives, if nothing does."""


class Line:
    """Whose connections break, by a plan, with a change on them: before it has arrived, or once it
    was answered, before the answer has arrived. After the plan it holds. Something else can be
    done before a change arrives."""

    def __init__(
        self, port: int, plan: list[str], meanwhile: Callable[[], Awaitable[None]]
    ) -> None:
        self.port = port
        self.plan = plan
        self.meanwhile = meanwhile
        self.seen: list[str] = []

    async def carry(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        server, forth = await asyncio.open_connection("127.0.0.1", self.port)
        connection = Connection(self)
        ways = [
            asyncio.create_task(connection.ask(client, forth)),
            asyncio.create_task(connection.answer(server, back)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        forth.close()
        back.close()


class Connection:
    """One that somebody has made over the line."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.fate = PASSED

    async def ask(self, client: asyncio.StreamReader, forth: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await client.read(65536):
                if CHANGE in part:
                    self.fate = self.line.plan.pop(0) if self.line.plan else PASSED
                    self.line.seen.append(self.fate)
                    await self.line.meanwhile()
                if self.fate == DROPPED_BEFORE:
                    return
                forth.write(part)
                await forth.drain()

    async def answer(self, server: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await server.read(65536):
                if self.fate == DROPPED_AFTER:
                    return
                back.write(part)
                await back.drain()


@asynccontextmanager
async def broken(
    port: int, plan: list[str], meanwhile: Callable[[], Awaitable[None]] = nothing
) -> AsyncIterator[tuple[str, Line]]:
    """The address of a line that breaks, and the line."""
    line, own = Line(port, list(plan), meanwhile), free_port()
    async with await asyncio.start_server(line.carry, "127.0.0.1", own):
        yield f"http://127.0.0.1:{own}", line
