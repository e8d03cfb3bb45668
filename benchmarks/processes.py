"""Processes, the product's and others, as a measurement starts, watches and ends them."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.data import NOW
from services.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a key for measurements, thirty-two bytes or more"  # noqa: S105
LIMITS = {"RATE_LIMIT": "1000000000", "MUTATION_RATE_LIMIT": "1000000000"}
"""Work is measured, not refusals: whoever asks has a bucket, and one that nobody empties."""

QUIET = {"LOG_LEVEL": "warning"}
"""Nobody else in the comparison writes a line for each request (docs/performance.md)."""

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 30
STOP_SECONDS = 40


class Failure(Exception):
    """A process did not do what it was started for."""


@dataclass
class Process:
    """One process; `cpu_seconds` and `peak_kib` are known once it has ended."""

    popen: subprocess.Popen[bytes]
    output: IO[bytes]
    code: int | None = None
    cpu_seconds: float = 0.0
    peak_kib: int = 0

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self.popen.pid

    def ended(self) -> bool:
        """Whether it has ended; then its exit code and what it used are known."""
        if self.code is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.code = self.popen.returncode = os.waitstatus_to_exitcode(status)
                self.cpu_seconds = usage.ru_utime + usage.ru_stime
                self.peak_kib = usage.ru_maxrss
        return self.code is not None

    def cpu_so_far(self) -> float:
        """The processor time that it has used, in seconds."""
        return self.cpu_seconds if self.ended() else cpu_seconds([self.pid])

    def said(self) -> str:
        """The end of what it wrote."""
        self.output.seek(0)
        return self.output.read()[-2_000:].decode(errors="replace")

    async def finish(self, seconds: float, *codes: int) -> None:
        """Waits until it ends by itself. Raises Failure when it ends badly, that is with none of
        the codes (0 if none is given), or not in time."""
        end = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() > end:
                raise Failure(f"process {self.pid} did not end in {seconds:.0f} s")
            await asyncio.sleep(0.02)
        if self.code not in (codes or (0,)):
            raise Failure(f"process {self.pid} ended with {self.code}: {self.said()}")

    async def stop(self) -> None:
        """Ends it as an operator would, and by force where that does not help."""
        if self.ended():
            return
        os.kill(self.pid, signal.SIGTERM)
        try:
            # The server ends by the signal itself, once it has ended everything else.
            await self.finish(STOP_SECONDS, 0, -signal.SIGTERM)
        finally:
            if not self.ended():
                os.kill(self.pid, signal.SIGKILL)
                self.code = self.popen.wait()


def environment(url: str, **more: str) -> dict[str, str]:
    """The environment of a process on the database: nothing of the shell's settings."""
    settings = {name.upper() for name in Settings.model_fields}
    base = {name: value for name, value in os.environ.items() if name not in settings}
    ours = {
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET,
        "BILLING_NOW": NOW.isoformat(),
        **LIMITS,
        **QUIET,
    }
    return {**base, **ours, **more}


@asynccontextmanager
async def started(url: str, *arguments: str, **more: str) -> AsyncIterator[Process]:
    """A process of the product, `python` with the arguments; ended at the end of the block."""
    async with _launched([sys.executable, *arguments], environment(url, **more)) as process:
        yield process


@asynccontextmanager
async def _launched(command: Sequence[str], where: Mapping[str, str]) -> AsyncIterator[Process]:
    with tempfile.TemporaryFile() as output:
        process = Process(
            subprocess.Popen(  # noqa: S603, ASYNC220 (what we start is ours, and starts at once)
                command,
                cwd=ROOT,
                env=where,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            ),
            output,
        )
        try:
            yield process
        finally:
            await process.stop()


async def migrate(url: str) -> None:
    """Gives an empty database the product's tables."""
    async with started(url, "manage.py", "migrate") as process:
        await process.finish(120)


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    process: Process
    port: int


@asynccontextmanager
async def server(url: str) -> AsyncIterator[Server]:
    """The product's server on the database, one process, once it answers."""
    async with serving(url, [sys.executable, "server.py"]) as found:
        yield found


@asynccontextmanager
async def serving(url: str, command: Sequence[str], **more: str) -> AsyncIterator[Server]:
    """The server that the command starts, once it answers at HOST and PORT."""
    port = _free_port()
    place = {"HOST": "127.0.0.1", "PORT": str(port), "WORKERS": "1"}
    async with _launched(command, environment(url, **place, **more)) as process:
        await _answers(process, port)
        yield Server(process, port)


async def _answers(process: Process, port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and not process.ended():
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise Failure(f"the server does not answer: {process.said()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu_seconds(pids: Iterable[int]) -> float:
    """The processor time that the processes have used; those that are gone count nothing."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            # The name, in parentheses, may hold anything: the numbers stand behind it.
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
            total += sum(map(int, fields.split()[11:13]))
    return total / TICKS


def resident_kib(pid: int) -> int:
    """The memory that the process holds now; 0 for one that is gone."""
    return _status_kib(pid, "VmRSS:")


def peak_kib(pid: int) -> int:
    """The most that it has held so far."""
    return _status_kib(pid, "VmHWM:")


def _status_kib(pid: int, name: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0
