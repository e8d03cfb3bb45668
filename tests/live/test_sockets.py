"""The protocol on WebSockets: what is no message of it, and what is too much."""

import asyncio
from typing import Any

import httpx
import pytest
import websockets

from tests.live.clients import connected, token_of
from tests.live.conftest import Live

ADA = "ada@acme.example"


async def test_another_protocol_is_not_spoken(shared: Live) -> None:
    async with connected(shared.address, protocol="graphql-ws") as socket:
        assert await socket.closed() == 4406


async def test_nobody_is_let_in_without_a_token(shared: Live) -> None:
    for payload in ({}, {"Authorization": 1}, {"Authorization": "Bearer none"}, {"x": "y"}):
        async with connected(shared.address) as socket:
            await socket.send(type="connection_init", payload=payload)
            assert await socket.closed() == 4403
    async with connected(shared.address) as socket:
        await socket.subscribe("1")
        assert await socket.closed() == 4401


async def test_the_header_of_the_payload_may_be_written_in_any_case(shared: Live) -> None:
    async with connected(shared.address) as socket:
        bearer = f"bearer {token_of(ADA)}"
        await socket.send(type="connection_init", payload={"AUTHORIZATION": bearer})
        assert await socket.next() == {"type": "connection_ack"}


async def test_who_says_nothing_is_asked_to_go(shared: Live) -> None:
    async with connected(shared.address) as socket:
        assert await socket.closed() == 4408


async def test_who_comes_twice_is_asked_to_go(shared: Live) -> None:
    async with connected(shared.address, token_of(ADA)) as socket:
        await socket.send(type="connection_init")
        assert await socket.closed() == 4429


async def test_an_id_is_used_once_at_a_time(shared: Live) -> None:
    async with connected(shared.address, token_of(ADA)) as socket:
        await socket.subscribe("1")
        await socket.subscribe("1")
        assert await socket.closed() == 4409


WRONG: list[str | bytes] = [
    "",
    "{",
    "[]",
    "1",
    "null",
    "{}",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    '{"type": 1}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ viewer { id } }"}}',
    '{"type": "subscribe", "id": "1", "payload": []}',
    '{"type": "subscribe", "id": "1", "payload": {}}',
    '{"type": "complete", "id": ["1"]}',
    '{"type": "nothing"}',
    '{"type": "ping", "type": "ping"}',
    "[" * 10_000,
    b"binary",
]


@pytest.mark.parametrize("message", WRONG, ids=range(len(WRONG)))
async def test_what_is_no_message_ends_the_connection(shared: Live, message: Any) -> None:
    async with connected(shared.address, token_of(ADA)) as socket:
        await socket.connection.send(message)
        assert await socket.closed() == 4400
    async with connected(shared.address, token_of(ADA)):
        pass


async def test_a_message_has_a_size(shared: Live) -> None:
    async with connected(shared.address, token_of(ADA)) as socket:
        await socket.connection.send("x" * (256 * 1024 + 1))
        assert await socket.closed() == 1009


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": ""}, "BAD_REQUEST"),
        ({"query": 1}, "BAD_REQUEST"),
        ({"query": "{ viewer { id } }", "variables": []}, "BAD_REQUEST"),
        ({"query": "{ viewer { id } }", "operationName": "Other"}, "BAD_USER_INPUT"),
        ({"query": "query A { viewer { id } } query B { viewer { id } }"}, "BAD_USER_INPUT"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ nothing"}, "GRAPHQL_PARSE_FAILED"),
        (
            {"query": "subscription { accountChanged { version } a: accountChanged { version } }"},
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
)
async def test_what_cannot_be_run_is_told_and_the_connection_stays(
    shared: Live, payload: dict[str, Any], code: str
) -> None:
    async with connected(shared.address, token_of(ADA)) as socket:
        await socket.send(type="subscribe", id="1", payload=payload)
        told = await socket.next()
        assert (told["type"], told["id"]) == ("error", "1")
        assert told["payload"][0]["extensions"]["code"] == code
        await socket.subscribe("1", "{ viewer { email } }")
        assert (await socket.next())["payload"]["data"] == {"viewer": {"email": ADA}}


async def test_a_mutation_can_be_sent(shared: Live) -> None:
    async with connected(shared.address, token_of(ADA)) as socket:
        await socket.subscribe(
            "1", "mutation { changeUsers(input: {seats: 61}) { userErrors { code } } }"
        )
        told = await socket.next()
        assert told["payload"]["data"] == {"changeUsers": {"userErrors": []}}
        assert await socket.next() == {"type": "complete", "id": "1"}


async def test_what_is_completed_is_told_no_more(shared: Live) -> None:
    async with connected(shared.address, token_of(ADA)) as socket:
        await socket.listen("1")
        await socket.send(type="complete", id="1")
        await socket.send(type="complete", id="unknown")
        await shared.do(ADA, "changeUsers", seats=61)
        await socket.send(type="ping")
        assert await socket.next() == {"type": "pong"}


async def test_clients_that_vanish_leave_nothing(shared: Live) -> None:
    for _ in range(20):
        async with connected(shared.address, token_of(ADA)) as socket:
            await socket.listen("1")
            socket.connection.transport.abort()
    # Each caller has three places.
    async with connected(shared.address, token_of(ADA)) as socket:
        await asyncio.sleep(0.5)
        await socket.listen("1")
        await shared.do(ADA, "updateBillingDetails", purchaseOrderNumber="PO-7")
        told = await socket.next()
        assert told["type"] == "next", told
        assert "errors" not in told["payload"]


async def test_other_addresses_have_no_sockets(shared: Live) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(f"ws://127.0.0.1:{shared.server.port}/", proxy=None):
            pass
    assert refused.value.response.status_code == 403
    async with httpx.AsyncClient(base_url=shared.address) as http:
        assert (await http.get("/healthz")).status_code == 200
