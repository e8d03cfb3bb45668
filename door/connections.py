"""Clients' connections: uvicorn's, with bounds that the open Internet calls for.

Uvicorn waits for ever for a first byte, for the rest of a request and for a reader of its answer,
takes headers of any size, and counts idle connections as load. Here each of these has a bound, and
idle connections make room for new ones. A request that arrives in one piece costs no timer. What
is refused is told in JSON, as everywhere.

`Connection` builds on the callbacks of uvicorn's protocol, which are not its public face;
tests/test_client_connections.py says what must hold when uvicorn changes.
"""

import asyncio
from asyncio import TimerHandle
from http import HTTPStatus
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from door.headers import API
from services import logs, metrics, settings

MAX_HEAD = 32 * 1024
"""Bytes of a request's line and headers; a token has a few hundred."""

MAX_HEADERS = 100

READER_SECONDS = 30.0
"""How long a client may leave an answer unread."""

LINGERING_SECONDS = 1.0
"""How long what a refused client still sends is thrown away, so that it sees why."""

Refusal = tuple[int, str, str]

MALFORMED: Refusal = (400, "This is no HTTP request.", "BAD_REQUEST")
NO_HOST: Refusal = (400, "A request has one Host header.", "BAD_REQUEST")
TOO_LARGE: Refusal = (431, "The headers are too large.", "BAD_REQUEST")
TOO_SLOW: Refusal = (408, "The request did not arrive in time.", "REQUEST_TIMEOUT")
TOO_MANY: Refusal = (503, "There are too many connections.", "SERVICE_UNAVAILABLE")


class Refused(Exception):
    """Ends the parser's work on a request."""


class Connection(HttpToolsProtocol):
    """One client's connection."""

    transport: Any
    head = False
    """Whether the headers of a request are arriving."""
    arriving = False
    """Whether a request is arriving."""
    received = 0
    """Bytes since its beginning, while its headers arrive."""
    since = 0.0
    """Since when it is idle, where it is."""
    refusal: Refusal = MALFORMED
    refused = False
    deadline: TimerHandle | None = None
    reader: TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is asked and nothing has to be answered."""
        answered = self.cycle is None or self.cycle.response_complete
        return self.refused or (answered and not self.arriving)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.since = self.loop.time()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        if len(self.connections) > settings.current().max_connections and not self._make_room():
            self._refuse(TOO_MANY)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._cancel_deadline()
        if self.reader is not None:
            self.reader.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A piece of a request, or of several."""
        if self.refused or self.transport.is_closing():
            return
        self.received += len(data)
        super().data_received(data)
        if self.arriving and not self.refused:
            if self.head and self.received > MAX_HEAD:
                self._refuse(TOO_LARGE)
            elif self.deadline is None:
                self._await_the_rest()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.head = self.arriving = True

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self.head = False
        size, self.received = self.received, 0
        if len(self.headers) > MAX_HEADERS or (size > MAX_HEAD and self._head_size() > MAX_HEAD):
            self._stop(TOO_LARGE)
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts != 1 and (hosts or self.parser.get_http_version() == "1.1"):
            self._stop(NO_HOST)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """It is there as a whole."""
        super().on_message_complete()
        self.arriving = False
        self._cancel_deadline()

    def on_response_complete(self) -> None:
        """It is answered."""
        self.since = self.loop.time()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hands the client over to the protocol of WebSockets, which has bounds of its own."""
        self._cancel_deadline()
        self._unset_keepalive_if_required()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's words)
        """Refuses what the parser did not understand, or was stopped at."""
        self._refuse(self.refusal)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is answered."""
        super().pause_writing()
        self.reader = self.loop.call_later(READER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read on."""
        super().resume_writing()
        if self.reader is not None:
            self.reader.cancel()

    def timeout_keep_alive_handler(self) -> None:
        """Ends a connection on which nothing was asked for long."""
        super().timeout_keep_alive_handler()
        # What was answered may still wait for its reader.
        self.reader = self.loop.call_later(READER_SECONDS, self.transport.abort)

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _stop(self, refusal: Refusal) -> None:
        self.refusal = refusal
        raise Refused

    def _await_the_rest(self) -> None:
        self.deadline = self.loop.call_later(settings.current().request_timeout, self._too_slow)

    def _cancel_deadline(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def _too_slow(self) -> None:
        if self.flow.read_paused:
            # It is the server that does not read on.
            self._await_the_rest()
        else:
            self._refuse(TOO_SLOW)

    def _refuse(self, refusal: Refusal) -> None:
        """Says why, unless an answer is on its way already, and ends the connection."""
        self._cancel_deadline()
        status, message, code = refusal
        metrics.connection_refused(code)
        line = logs.requests()
        if line is not None:
            line("connection.refused", status=status, code=code)
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_answer(status, message, code))
        # Closed at once, what the client is still sending would reset the connection, and it
        # would not see why.
        self.refused = True
        self.transport.write_eof()
        self.flow.resume_reading()
        self.reader = self.loop.call_later(LINGERING_SECONDS, self.transport.abort)

    def _make_room(self) -> bool:
        """Closes a tenth of the idle connections, those longest so; tells whether there was one."""
        others = (other for other in self.connections if other is not self)
        idle = [other for other in others if isinstance(other, Connection) and other.idle]
        idle.sort(key=lambda other: other.since)
        for other in idle[: len(idle) // 10 + 1]:
            other.transport.close()
        return bool(idle)


def _answer(status: int, message: str, code: str) -> bytes:
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *API,
    ]
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", body])
