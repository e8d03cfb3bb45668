"""Clients that subscribe, by server-sent events and by WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import websockets
from websockets.asyncio.client import ClientConnection

from services import auth, clock

SUBSCRIPTION = "subscription Live { accountChanged { version parts } }"
PROTOCOL = "graphql-transport-ws"
PATIENCE = 15.0


def token_of(email: str, account: str = "acme", lifetime: timedelta = timedelta(hours=1)) -> str:
    return auth.issue_token(account, email, lifetime, clock.now())


class Events:
    """A stream of server-sent events."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.lines = response.aiter_lines()

    async def next(self) -> dict[str, Any] | None:
        """The next result; None where the stream says that there are no more."""
        async with asyncio.timeout(PATIENCE):
            event = ""
            async for line in self.lines:
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data":
                    result: dict[str, Any] = json.loads(value)
                    return result
                elif line == "data:":
                    assert event == "complete"
                    return None
        raise AssertionError("the stream broke off")

    async def change(self) -> dict[str, Any]:
        """The next change."""
        result = await self.next()
        assert result is not None
        assert "errors" not in result, result
        change: dict[str, Any] = result["data"]["accountChanged"]
        return change


@asynccontextmanager
async def events(
    address: str, token: str, query: str = SUBSCRIPTION, accept: str = "text/event-stream"
) -> AsyncIterator[Events]:
    """A stream."""
    headers = {"Authorization": f"Bearer {token}", "Accept": accept}
    async with (
        httpx.AsyncClient(base_url=address, timeout=PATIENCE) as http,
        http.stream("POST", "/graphql", json={"query": query}, headers=headers) as response,
    ):
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)


@asynccontextmanager
async def listening(address: str, token: str) -> AsyncIterator[Events]:
    """A stream that has told its first version: from then on nothing is missed."""
    async with events(address, token) as stream:
        assert (await stream.change())["parts"] == []
        yield stream


class Socket:
    """A WebSocket on which operations are sent."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await self.connection.recv())
            return message

    async def subscribe(self, id: str, query: str = SUBSCRIPTION) -> None:
        await self.send(type="subscribe", id=id, payload={"query": query})

    async def listen(self, id: str) -> None:
        """Subscribes, and awaits the first version."""
        await self.subscribe(id)
        told = await self.next()
        assert (told["type"], told["id"]) == ("next", id)
        assert told["payload"]["data"]["accountChanged"]["parts"] == []

    async def closed(self) -> int | None:
        """The code with which the server closes."""
        async with asyncio.timeout(PATIENCE):
            await self.connection.wait_closed()
            return self.connection.close_code


@asynccontextmanager
async def connected(
    address: str, token: str | None = None, protocol: str = PROTOCOL
) -> AsyncIterator[Socket]:
    """A connection; with a token, one that is acknowledged."""
    url = f"{address.replace('http', 'ws')}/graphql"
    protocols: list[Any] = [protocol]
    async with websockets.connect(url, subprotocols=protocols, proxy=None) as connection:
        socket = Socket(connection)
        if token is not None:
            await socket.send(type="connection_init", payload={"Authorization": f"Bearer {token}"})
            assert await socket.next() == {"type": "connection_ack"}
        yield socket
