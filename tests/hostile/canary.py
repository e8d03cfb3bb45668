"""Somebody else's requests, all the while: how long each waits, told line by line.

`python -m tests.hostile.canary PORT TOKEN SERVER_PID` asks one small query after the other on a
connection of its own, and prints of each: when it began, the seconds until its answer, and the
seconds meanwhile in which the server or this process was ready to run and the machine ran others.
"""

import os
import socket
import sys
import time
from pathlib import Path

PAUSE = 0.02
BODY = b'{"query": "{ account { name } }"}'
EXPECTED = b'{"data":{"account":{"name":"Acme Inc."}}'


def waited(pid: int) -> float:
    """Seconds that a process has been ready to run without running; 0 where nobody counts them."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def read_answer(connection: socket.socket) -> bytes:
    """One answer with its body. Raises OSError when the connection ends before."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _more(connection)
    head, _, body = got.partition(b"\r\n\r\n")
    (length,) = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    while len(body) < int(length.partition(b":")[2]):
        body += _more(connection)
    return body


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise ConnectionResetError
    return part


def main(port: int, token: str, server: int) -> None:
    """Asks until nobody listens to what it prints."""
    head = f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    request = head.encode() + BODY
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while True:
            begin, before = time.monotonic(), waited(server) + waited(os.getpid())
            connection.sendall(request)
            answer = read_answer(connection)
            taken = time.monotonic() - begin
            stalled = waited(server) + waited(os.getpid()) - before
            wrong = "" if answer.startswith(EXPECTED) else repr(answer)
            print(f"{begin} {taken} {stalled} {wrong}", flush=True)  # noqa: T201
            time.sleep(PAUSE)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
