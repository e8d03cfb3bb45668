"""A real server with somebody who uses it, and what must hold of both after each case."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import TypeVar

import httpx
import pytest

from services import auth, clock, settings
from tests.concurrency.processes import free_port
from tests.faults.served import NOW, prepare
from tests.forked import Script

PROMISE = 0.5
"""Seconds in which everybody else is answered, whatever a hostile client does."""

GROWTH = 80 * 2**20
"""Bytes by which the server's memory may have grown after all requests, documents kept among it."""

START = 60.0

KEY = "a key for hostile tests, long enough for every algorithm that signs with one"

SETTINGS = {
    "REQUEST_TIMEOUT": "2",
    "KEEP_ALIVE_TIMEOUT": "2",
    "RATE_LIMIT": "0",
    "MUTATION_RATE_LIMIT": "0",
}
"""Slow clients in short; and no rate limit, which would refuse the cases before they are tried."""

Answer = TypeVar("Answer")


class MachineStalledError(Exception):
    """Somebody waited, but for the machine: it was busy with others while the server could run."""


@dataclass
class Served:
    """The server, and what its user was told."""

    port: int
    process: Script
    token: str
    log: Path
    client: httpx.Client
    probes: list[tuple[float, float, float, str]] = field(default_factory=list)
    read: int = 0

    def memory(self) -> int:
        """Its resident bytes."""
        text = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii")
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def during(self, act: Callable[[], Answer]) -> Answer:
        """What the act returns; everybody else was answered meanwhile, and the server is well.

        A case in which the machine stood still is tried again.
        """
        self.read = self.log.stat().st_size
        for attempt in range(3):
            begin = time.monotonic()
            answer = act()
            try:
                self._everybody_was_answered(begin)
            except MachineStalledError:
                if attempt == 2:
                    raise
                continue
            break
        self.is_well()
        return answer

    def is_well(self) -> None:
        """That it runs, is ready, and met no error of its own."""
        assert self.process.poll() is None
        assert self.client.get("/readyz").status_code == 200
        told = self.log.read_bytes()
        new, self.read = told[self.read :], len(told)
        for word in (b"Traceback", b"internal error", b"Task exception", b"never retrieved"):
            assert word not in new, new[-3000:].decode(errors="replace")

    def _everybody_was_answered(self, begin: float) -> None:
        end, deadline = time.monotonic(), time.monotonic() + 20
        while not self.probes or self.probes[-1][0] < end:
            assert time.monotonic() < deadline, "somebody waits for an answer for ever"
            time.sleep(0.005)
        for at, taken, stalled, wrong in list(self.probes):
            if at + taken < begin:
                continue
            assert not wrong, wrong
            if taken > PROMISE:
                said = f"somebody waited {taken:.2f} s, {stalled:.2f} s of it for the machine"
                if taken - stalled <= PROMISE:
                    raise MachineStalledError(said)
                raise AssertionError(said)


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """A server of one process on a database with the sample account, and its user."""
    url = f"sqlite://{folder}/hostile.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_KEY", KEY)
        patch.setenv("BILLING_NOW", NOW)
        asyncio.run(prepare(url, patch))
        token = auth.issue_token("acme", "ada@acme.example", timedelta(hours=2), clock.now())
        told = os.environ | {"DATABASE_URL": url, "PORT": str(free_port())} | SETTINGS
    settings.current.cache_clear()
    log = folder / "server.log"
    process = Script(["server.py"], told, log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{told['PORT']}", timeout=10) as client:
            server = Served(int(told["PORT"]), process, token, log, client)
            _until_ready(server)
            with _used(server):
                yield server
    finally:
        process.terminate()
        process.wait(40)


def _until_ready(server: Served) -> None:
    deadline = time.monotonic() + START
    while True:
        try:
            if server.client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            assert server.process.poll() is None, server.log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.05)


@contextmanager
def _used(server: Served) -> Iterator[None]:
    told = [str(server.port), server.token, str(server.process.pid)]
    canary = subprocess.Popen(
        [sys.executable, "-m", "tests.hostile.canary", *told],
        cwd=settings.ROOT,
        stdout=subprocess.PIPE,
    )

    def listen() -> None:
        assert canary.stdout is not None
        for line in canary.stdout:
            at, taken, stalled, wrong = line.decode().rstrip("\n").split(" ", 3)
            server.probes.append((float(at), float(taken), float(stalled), wrong))

    listener = Thread(target=listen)
    listener.start()
    try:
        yield
    finally:
        canary.terminate()
        canary.wait(10)
        listener.join(10)
        assert canary.stdout is not None
        canary.stdout.close()
