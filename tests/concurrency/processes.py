"""Processes of the product: started on ports of their own, killed with SIGKILL, started again."""

import asyncio
import os
import socket
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from tests import forked
from tests.forked import Script

SECRET_KEY = "a key of the harness, thirty-two bytes or more"
PATIENCE = 60.0
"""Seconds in which a process must be ready, however busy the machine is."""

SKEWS = {"server a": timedelta(seconds=-2)}
"""Hosts' clocks never agree quite: the first server lags behind, across midnight."""


def environment(url: str, now: datetime, port: int = 8000) -> dict[str, str]:
    """Everything that a process of the product is told, and nothing of the shell's."""
    path = os.environ.get("PATH", "")
    own = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "BILLING_NOW": now.isoformat()}
    # A refusal for asking too much would look like an answer that was lost.
    own |= {"RATE_LIMIT": "0", "MUTATION_RATE_LIMIT": "0"}
    return own | {"PATH": path, "HOST": "127.0.0.1", "PORT": str(port), "WORKERS": "1"}


def manage(url: str, now: datetime, *arguments: str) -> str:
    """What a command of the operator prints. Raises RuntimeError where it is refused."""
    done = forked.run(["manage.py", *arguments], environment(url, now))
    if done.code:
        raise RuntimeError(f"manage.py {arguments[0]}: {done.err}")
    return done.out


def launch(plant: str | None, what: str) -> list[str]:
    """The command that runs the server or a worker, with the bug of that name where given."""
    if plant is not None:
        return ["-m", "tests.concurrency.planted", plant, what]
    plain = {"server": ["server.py"], "worker": ["manage.py", "worker"]}
    return plain[what]


class Process:
    """One process of the product. Its port changes at each start, lest someone took it."""

    def __init__(self, name: str, command: Sequence[str], url: str, log: Path) -> None:
        self.name = name
        self.command = command
        self.url = url
        self.log = log
        self.port = 0
        self.ready = False
        self._running: Script | None = None

    @property
    def serves(self) -> bool:
        """Whether it is a server."""
        return self.name.startswith("server")

    @property
    def is_up(self) -> bool:
        """Whether it was started and has not ended by itself."""
        return self._running is not None and self._running.poll() is None

    async def start(self, now: datetime) -> None:
        """Starts it with the clock at that instant; a server is ready when this returns."""
        self.port = free_port()
        told = environment(self.url, now + SKEWS.get(self.name, timedelta(0)), self.port)
        self._running = Script(self.command, told, self.log)
        if self.serves:
            await self._until_ready()
        self.ready = True

    def kill(self) -> None:
        """SIGKILL: no goodbye, whatever it is in the middle of."""
        self.ready = False
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        async with httpx.AsyncClient(verify=False, timeout=5) as http:
            while not await self._answers(http):
                if not self.is_up or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} does not start:\n{self.told()}")
                await asyncio.sleep(0.05)

    async def _answers(self, http: httpx.AsyncClient) -> bool:
        try:
            response = await http.get(f"http://127.0.0.1:{self.port}/readyz")
        except httpx.HTTPError:
            return False
        return response.status_code == 200

    def told(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]


class Fleet:
    """The processes of one installation: two servers and a worker on one database."""

    def __init__(self, url: str, folder: Path, plant: str | None) -> None:
        names = ("server a", "server b", "worker")
        self.processes = [
            Process(name, launch(plant, name.split()[0]), url, folder / f"{name[-1]}.log")
            for name in names
        ]
        self.kills = 0

    @property
    def servers(self) -> list[Process]:
        """The servers that answer."""
        return [process for process in self.processes if process.serves and process.ready]

    async def start(self, now: datetime) -> None:
        """Starts whatever is down."""
        down = [process for process in self.processes if not process.is_up]
        await asyncio.gather(*(process.start(now) for process in down))

    async def restart(self, process: Process, now: datetime) -> None:
        """Kills one, and starts it again."""
        self.kill(process)
        await process.start(now)

    def kill(self, *processes: Process) -> None:
        """Kills those given, all where none is."""
        for process in processes or self.processes:
            self.kills += process.is_up
            process.kill()

    def died(self) -> list[Process]:
        """Those that ended without having been killed."""
        return [process for process in self.processes if process.ready and not process.is_up]


def free_port() -> int:
    """A port of this host that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
