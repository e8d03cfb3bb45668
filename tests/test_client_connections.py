"""Clients' connections, over raw sockets: what is malformed, too large, too slow or too many."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import Server, get, rest, started

pytestmark = pytest.mark.xdist_group("client connections")

POST = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
LIMIT = 20


@pytest.fixture(scope="module")
def server(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose bounds are reached soon."""
    folder = tmp_path_factory.mktemp("connections")
    path = folder / "test.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    with started(
        f"sqlite://{path}",
        folder,
        SECRET_KEY="a key for tests, thirty-two bytes or more",
        REQUEST_TIMEOUT="1",
        KEEP_ALIVE_TIMEOUT="2",
        MAX_CONNECTIONS=str(LIMIT),
    ) as server:
        yield server


def told(answer: bytes) -> tuple[int, str]:
    """The status and the code of an error, which is JSON with safe headers."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert "content-type: application/json" in lines
    assert "x-content-type-options: nosniff" in lines
    assert not [line for line in lines if line.startswith("server:")]
    code: str = json.loads(body)["errors"][0]["extensions"]["code"]
    return int(lines[0].split()[1]), code


def alive(server: Server) -> None:
    """That somebody else is answered soon."""
    begin = time.monotonic()
    assert b" 200 OK" in server.exchange(get("/healthz"))
    assert time.monotonic() - begin < 0.5


MALFORMED = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length and chunks": POST
    + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length that is none": POST + b"Content-Length: -1\r\n\r\n",
    "a chunk that is none": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a line break in a header": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
    "a blank in a name": b"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "a proxy's method": b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_request_is_answered_with_400_and_the_end(
    server: Server, request_: bytes
) -> None:
    assert told(server.exchange(request_)) == (400, "BAD_REQUEST")
    alive(server)


LARGE = {
    "one header": b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 40_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 101 + b"\r\n",
    "an address": b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "without an end": b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 40_000,
}


@pytest.mark.parametrize("request_", LARGE.values(), ids=LARGE)
def test_headers_that_are_too_large_are_refused(server: Server, request_: bytes) -> None:
    assert told(server.exchange(request_)) == (431, "BAD_REQUEST")
    alive(server)


def test_headers_of_16_kb_are_read_however_they_are_cut(server: Server) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: " + b"b" * 16_000
    assert b" 200 OK" in server.exchange(head[:20], head[20:9000], head[9000:], b"\r\n\r\n")


SLOW = {
    "a line": b"GET /graphql HT",
    "a header": b"GET /graphql HTTP/1.1\r\nHost: x\r\nA: b",
    "a body": POST + b'Content-Length: 100\r\n\r\n{"query": "',
    "chunks": POST + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"que\r\n',
}


@pytest.mark.parametrize("beginning", SLOW.values(), ids=SLOW)
def test_a_request_that_does_not_arrive_in_time_is_refused(
    server: Server, beginning: bytes
) -> None:
    begin = time.monotonic()
    assert told(server.exchange(beginning)) == (408, "REQUEST_TIMEOUT")
    assert 0.8 < time.monotonic() - begin < 3
    alive(server)


def test_a_byte_now_and_then_does_not_help(server: Server) -> None:
    begin = time.monotonic()
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nA: ")
        try:
            while time.monotonic() - begin < 5:
                connection.sendall(b"b")
                time.sleep(0.2)
        except OSError:
            pass
    assert time.monotonic() - begin < 3


def test_a_request_after_another_has_the_same_time(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /he")
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert told(answer[answer.index(b"HTTP/1.1 408") :]) == (408, "REQUEST_TIMEOUT")


def test_a_caller_that_goes_away_is_no_error(server: Server) -> None:
    for beginning in SLOW.values():
        with server.connect() as connection:
            connection.sendall(beginning)
    alive(server)
    assert not [event for event in server.events() if event["level"] != "info"]


@pytest.mark.parametrize("first", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_a_connection_without_a_request_is_closed(server: Server, first: bytes) -> None:
    begin = time.monotonic()
    answer = server.exchange(first)
    assert answer.startswith(b"HTTP/1.1 200" if first else b"")
    assert 1.5 < time.monotonic() - begin < 4


def test_idle_connections_make_room_for_new_ones(server: Server) -> None:
    connections = [server.connect() for _ in range(5 * LIMIT)]
    try:
        alive(server)
        kept = connections[-1]
        kept.sendall(get("/healthz"))
        assert b" 200 OK" in rest(kept)
    finally:
        for connection in connections:
            connection.close()


def test_where_none_is_idle_a_new_one_is_refused_until_the_slow_ones_are(server: Server) -> None:
    connections = [server.connect() for _ in range(LIMIT)]
    try:
        for connection in connections:
            connection.sendall(SLOW["a body"])
        time.sleep(0.2)
        assert told(server.exchange()) == (503, "SERVICE_UNAVAILABLE")
        for connection in connections:
            rest(connection)
        alive(server)
    finally:
        for connection in connections:
            connection.close()


def test_the_process_keeps_no_connection_that_has_ended(server: Server) -> None:
    time.sleep(1.5)
    files = Path(f"/proc/{server.process.pid}/fd").iterdir()
    assert len([path for path in files if str(path.readlink()).startswith("socket:")]) < 10
