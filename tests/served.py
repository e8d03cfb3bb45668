"""A server of the product in a process of its own, as an operator starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services import settings
from tests.concurrency.processes import free_port
from tests.forked import Script

PATIENCE = 30.0


@dataclass
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes] | Script
    log: Path

    def connect(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def exchange(self, *parts: bytes) -> bytes:
        """What it says on a connection of its own until it closes it."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            return rest(connection)

    def events(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        time.sleep(0.2)  # It writes twenty times a second.
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def stop(self, patience: float = PATIENCE) -> int:
        """Tells it to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience)


def rest(connection: socket.socket) -> bytes:
    """Everything that comes until the other side closes."""
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def get(path: str) -> bytes:
    """A request that is answered and then ends its connection."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


@contextmanager
def started(url: str, folder: Path, *, anew: bool = False, **environment: str) -> Iterator[Server]:
    """A server on a migrated database, ready to answer; it is gone afterwards. In an interpreter
    of its own where `anew` says so."""
    port = free_port()
    told = os.environ | {"DATABASE_URL": url, "PORT": str(port), "LOG_FORMAT": "json"} | environment
    log = folder / "log"
    process = _begun(told, log) if anew else Script(["server.py"], told, log)
    server = Server(port, process, log)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _begun(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "server.py"]
    with log.open("wb") as out:
        return subprocess.Popen(command, cwd=settings.ROOT, env=environment, stdout=out, stderr=out)


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if b" 200 " in server.exchange(get("/readyz")):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server does not start: {server.log.read_text()}")
