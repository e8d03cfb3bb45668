"""Clients that are slow, go away, or only stay: everybody else is answered as if they were not."""

import contextlib
import json
import select
import socket
import struct
import time
from collections.abc import Callable

import pytest

from tests.hostile.served import Served
from tests.hostile.wire import PATIENCE, exchange, is_refusal, post, request

pytestmark = pytest.mark.xdist_group("hostile")

IDLE = 300
BODY = b'{"query": "{ account { name } }"}'
LARGE = json.dumps(
    {"query": "{ __schema { types { name fields { name description } } } }"}
).encode()

SLOW: dict[str, tuple[bytes, bytes]] = {
    "no byte at all": (b"", b""),
    "a line without its end": (b"GET /graphql", b""),
    "a header without its end": (b"GET /graphql HTTP/1.1\r\nHost: a", b""),
    "a header at a time": (b"GET /graphql HTTP/1.1\r\nHost: a\r\n", b"X-A: 1\r\n"),
    "a byte of the head at a time": (b"GET /graphql HTTP/1.1\r\nHost: a\r\nX-A: ", b"a"),
    "a body that never comes": (post(BODY)[: -len(BODY)], b""),
    "a byte of the body at a time": (post(b" " * 1_000)[:-1_000], b" "),
    "half a chunk": (
        request("POST", "/graphql", "Content-Type: application/json", "Transfer-Encoding: chunked")
        + b"21\r\n{",
        b"",
    ),
}
"""What is sent first, and what every tenth of a second after it."""


def slowly(port: int, first: bytes, drop: bytes) -> bytes:
    """What the server says to a slow client until it closes. Raises TimeoutError."""
    deadline, got = time.monotonic() + PATIENCE, b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(first)
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                connection.sendall(drop)
            if select.select([connection], [], [], 0.1)[0]:
                try:
                    part = connection.recv(65536)
                except OSError:
                    return got
                if not part:
                    return got
                got += part
    raise TimeoutError


@pytest.mark.parametrize(("first", "drop"), SLOW.values(), ids=SLOW)
def test_a_client_that_sends_slowly_is_refused_in_time(
    server: Served, first: bytes, drop: bytes
) -> None:
    got = server.during(lambda: slowly(server.port, first, drop))
    assert is_refusal(got), got


def connected(server: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def reset(connection: socket.socket) -> None:
    """Closes with RST instead of saying goodbye."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def unread(server: Served) -> None:
    """Twenty that ask for a lot and read none of it; then they go."""
    asking = [connected(server) for _ in range(20)]
    for connection in asking:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.sendall(post(LARGE, token=server.token) * 20)
    time.sleep(1)
    for connection in asking:
        reset(connection)


def half_a_body(server: Served) -> None:
    for _ in range(50):
        with connected(server) as connection:
            connection.sendall(post(BODY, token=server.token)[:-10])


def half_a_head(server: Served) -> None:
    for _ in range(50):
        with connected(server) as connection:
            connection.sendall(b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Le")


def half_a_chunk(server: Served) -> None:
    head = request(
        "POST", "/graphql", "Content-Type: application/json", "Transfer-Encoding: chunked"
    )
    for _ in range(50):
        with connected(server) as connection:
            connection.sendall(head + b"ffff\r\n{")


def gone_before_the_answer(server: Served) -> None:
    for _ in range(50):
        connection = connected(server)
        connection.sendall(post(BODY, token=server.token))
        reset(connection)


def gone_while_answering(server: Served) -> None:
    for _ in range(10):
        connection = connected(server)
        connection.sendall(post(LARGE, token=server.token) * 10)
        connection.recv(100)
        reset(connection)


def gone_while_changing(server: Served) -> None:
    query = 'mutation { updateBillingDetails(input: {legalName: "Acme"}) { userErrors { code } } }'
    for _ in range(20):
        connection = connected(server)
        connection.sendall(post(json.dumps({"query": query}).encode(), token=server.token))
        reset(connection)


def connecting_only(server: Served) -> None:
    for _ in range(300):
        connected(server).close()


def a_hundred_at_once(server: Served) -> None:
    """A hundred requests on one connection before the first answer is read."""
    with connected(server) as connection:
        connection.sendall(post(BODY) * 100)
        time.sleep(0.2)


def only_line_ends(server: Served) -> None:
    with connected(server) as connection, contextlib.suppress(OSError):
        connection.sendall(b"\r\n" * 100_000)


ABORTS: list[Callable[[Served], None]] = [
    unread,
    half_a_body,
    half_a_head,
    half_a_chunk,
    gone_before_the_answer,
    gone_while_answering,
    gone_while_changing,
    connecting_only,
    a_hundred_at_once,
    only_line_ends,
]


@pytest.mark.parametrize("abort", ABORTS)
def test_a_client_that_goes_away_disturbs_nobody(
    server: Served, abort: Callable[[Served], None]
) -> None:
    def go_away() -> None:
        abort(server)
        time.sleep(0.2)  # what it has to say of this comes a little later

    server.during(go_away)


def test_300_idle_connections_keep_nobody_else_out(server: Served) -> None:
    def flood() -> bytes:
        with contextlib.ExitStack() as idle:
            for number in range(IDLE):
                connection = idle.enter_context(connected(server))
                if number % 3:
                    connection.sendall(
                        b"GET /graphql HTTP/1.1\r\nHost: a\r\n" if number % 2 else b"G"
                    )
            time.sleep(0.5)
            return exchange(server.port, post(BODY, token=server.token))

    assert b'"Acme Inc."' in server.during(flood)
