"""The load generator: keep-alive connections, each of which asks again once it is answered.

It speaks as little HTTP/1.1 as that takes, on bytes, so that it costs a fraction of what the
server does; every answer is checked as bytes, and one in a hundred is read as JSON.
"""

import asyncio
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

SAMPLE = 100
"""One in so many answers is read whole."""

SLACK_SECONDS = 30
"""How long after its round the last answer may come."""

HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"\r\n0\r\n\r\n"


class WrongAnswer(Exception):
    """A server answered something else than what was asked for."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it goes over the wire, and what to make of its answer.

    `check` raises AssertionError for an answer's data that are not what was asked for; `done` is
    called when the answer is there.
    """

    request: bytes
    check: Callable[[dict[str, Any]], None]
    done: Callable[[], None]


class Workload(Protocol):
    """Whatever makes requests."""

    def next(self) -> Exchange:
        """The next request; called once for each connection before the first is answered."""


@dataclass
class Round:
    """What one round measured; latencies in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def percentile(values: list[float], percent: int) -> float:
    """The value that so many per cent of the values do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def graphql_request(token: str, query: str, variables: dict[str, Any]) -> bytes:
    """A GraphQL request over HTTP."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    head = (
        "POST /graphql HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\n"
        "Accept: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run(port: int, workload: Workload, connections: int, seconds: float) -> Round:
    """One round: so many connections ask as fast as they are answered. Raises WrongAnswer."""
    found = Round()
    loop = asyncio.get_running_loop()
    clients = [_Client(workload, found) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    begin = time.perf_counter()
    try:
        for client in clients:
            client.begin(begin + seconds)
        async with asyncio.timeout(seconds + SLACK_SECONDS):
            await asyncio.gather(*(client.finished for client in clients))
        found.seconds = time.perf_counter() - begin
    finally:
        for client in clients:
            client.close()
    return found


async def ask(port: int, exchange: Exchange) -> Any:
    """The data of one answer, checked. Raises WrongAnswer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(exchange.request)
        head = await reader.readuntil(HEAD_END)
        head, body = head.removesuffix(HEAD_END), b""
        while not is_whole(head, body):
            body += await reader.read(65_536)
    finally:
        writer.close()
    verify(head, body, exchange, whole=True)
    exchange.done()
    return json.loads(_unchunked(head, body))["data"]


class _Client(asyncio.Protocol):
    """One connection."""

    transport: asyncio.Transport
    exchange: Exchange
    sent: float
    end: float

    def __init__(self, workload: Workload, found: Round) -> None:
        self.workload = workload
        self.found = found
        self.buffer = bytearray()
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The transports of uvloop are of no class of asyncio's.
        self.transport = cast(asyncio.Transport, transport)

    def begin(self, end: float) -> None:
        """Asks until `end`."""
        self.end = end
        self._send()

    def close(self) -> None:
        """Ends the connection."""
        self.finished.cancel()
        self.transport.close()

    def _send(self) -> None:
        self.exchange = self.workload.next()
        self.sent = time.perf_counter()
        self.transport.write(self.exchange.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, body = bytes(self.buffer).partition(HEAD_END)
        if not separator or not is_whole(head, body):
            return
        now = time.perf_counter()
        self.found.latencies.append(now - self.sent)
        self.buffer.clear()
        try:
            verify(head, body, self.exchange, whole=self.found.requests % SAMPLE == 1)
        except WrongAnswer as error:
            self._fail(error)
            return
        self.exchange.done()
        if now < self.end:
            self._send()
        elif not self.finished.done():
            self.finished.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(WrongAnswer(f"the connection was closed ({exc})"))

    def _fail(self, error: Exception) -> None:
        if not self.finished.done():
            self.finished.set_exception(error)


def is_whole(head: bytes, body: bytes) -> bool:
    """Whether all of an answer has come: its length is told, or it ends with the last chunk."""
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    if found:
        return len(body) >= int(rest.partition(b"\r\n")[0])
    return body.endswith(LAST_CHUNK)


def verify(head: bytes, body: bytes, exchange: Exchange, *, whole: bool) -> None:
    """Raises WrongAnswer unless the answer has status 200 and no error; checks all of it where
    it is to be read as a whole."""
    refused = b'"userErrors":' in body and b'"userErrors":[]' not in body.replace(b" ", b"")
    if not head.startswith(b"HTTP/1.1 200") or b'"errors":' in body or refused:
        raise WrongAnswer((head + HEAD_END + body)[:2_000].decode(errors="replace"))
    if not whole:
        return
    try:
        exchange.check(json.loads(_unchunked(head, body))["data"])
    except (AssertionError, LookupError, TypeError, ValueError) as error:
        raise WrongAnswer(f"{error!r} in {body[:2_000].decode(errors='replace')}") from error


def _unchunked(head: bytes, body: bytes) -> bytes:
    if b"transfer-encoding: chunked" not in head.lower():
        return body
    content = b""
    while True:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if not length:
            return content
        content, body = content + rest[:length], rest[length + 2 :]
