"""Bytes to a server and back, and what of an answer is a clear refusal."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

PATIENCE = 5.0
"""Seconds in which whatever is sent must have been refused, or the connection closed."""


def post(body: bytes, *headers: str, path: str = "/graphql", token: str = "") -> bytes:
    """A POST of JSON as it goes over the wire, with more headers."""
    given = [f"Authorization: Bearer {token}"] if token else []
    given += ["Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return request("POST", path, *given) + body


def request(method: str, path: str, *headers: str) -> bytes:
    """A request's head."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass")


def exchange(port: int, sent: bytes, patience: float = PATIENCE) -> bytes:
    """Everything that the server says to the bytes until it closes, or has answered once.

    Raises TimeoutError where it neither answers nor closes in time.
    """
    deadline = time.monotonic() + patience
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        # It may refuse before it has read everything: what it says counts.
        with contextlib.suppress(OSError):
            connection.sendall(sent)
        return _everything(connection, deadline)


def _everything(connection: socket.socket, deadline: float) -> bytes:
    got = b""
    try:
        while not _complete(got):
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            part = connection.recv(65536)
            if not part:
                return got
            got += part
        # What is more than one answer comes at once.
        connection.settimeout(0.05)
        return got + connection.recv(65536)
    except TimeoutError:
        if not _complete(got):
            raise
        return got
    except OSError:
        return got


def _complete(got: bytes) -> bool:
    head, end, body = got.partition(b"\r\n\r\n")
    if not end or head.startswith(b"HTTP/1.1 1"):
        return False
    sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return not sizes or len(body) >= int(sizes[0].partition(b":")[2])


def statuses(got: bytes) -> list[int]:
    """The status of each answer in what the server said."""
    return [int(answer[:3]) for answer in got.split(b"HTTP/1.1 ")[1:]]


def is_refusal(got: bytes) -> bool:
    """Whether it is a 4xx, GraphQL's refusal of all that was asked, or nothing but the end."""
    found = statuses(got)
    if not found:
        return got == b""
    final = [status for status in found if status >= 200]
    if all(400 <= status < 500 for status in final):
        return bool(final)
    return final == [200] and _refuses(got.rpartition(b"\r\n\r\n")[2])


def _refuses(body: bytes) -> bool:
    try:
        told: dict[str, Any] = json.loads(body)
    except ValueError:
        return False
    codes = [error["extensions"]["code"] for error in told.get("errors", ())]
    refused = bool(codes) and "INTERNAL_SERVER_ERROR" not in codes
    return refused and not any(_values(told.get("data")))


def _values(told: Any) -> Iterator[bool]:
    """Whether each value in an answer is one, and not null."""
    if isinstance(told, dict | list):
        for part in told.values() if isinstance(told, dict) else told:
            yield from _values(part)
    else:
        yield told is not None
