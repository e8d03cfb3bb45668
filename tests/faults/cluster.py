"""A PostgreSQL server of a test's own: to be killed, frozen, filled up, copied and promoted."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest

from tests.concurrency.processes import free_port

OWNER = "postgres"
"""Whom the server runs as where the tests run as root, whom it refuses."""

SETTINGS = {
    "shared_buffers": "16MB",
    "max_connections": "40",
    "max_wal_size": "64MB",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "hot_standby": "on",
}
SECONDS = 20
"""How long a server may take to start, stop or follow."""


def programs() -> Path:
    """The folder of the newest server programs. Skips without them; in CI that is a failure."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if not found:
        _missing("no PostgreSQL server programs (Debian's package postgresql)")
    return found[-1].parent


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def _version(path: Path) -> int:
    return int(path.parts[-3])


class Cluster:
    """One server with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.programs = programs()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """Address and port, as a URL has them."""
        return f"127.0.0.1:{self.port}"

    def url_of(self, database: str) -> str:
        """Where a database of it is reached."""
        return f"postgres://{OWNER}@{self.host}/{database}"

    def sql(self, *statements: str) -> None:
        """Runs statements on the database `postgres`, each by itself."""
        told = [part for statement in statements for part in ("-c", statement)]
        self.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", self.url_of("postgres"), *told)

    def create(self) -> None:
        """Makes an empty cluster."""
        self.run("initdb", "--auth=trust", f"--username={OWNER}", "--no-sync", "-D", self.data)

    @property
    def data(self) -> str:
        """The folder of its data."""
        return str(self.folder / "data")

    def start(self, **settings: str) -> None:
        """Starts it and waits until it takes connections."""
        self.launch(**settings)
        self.wait()

    def launch(self, **settings: str) -> None:
        """Starts it without waiting."""
        options = SETTINGS | {"port": str(self.port)} | settings
        command = [str(self.programs / "postgres"), "-D", self.data]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **_as_owner())

    def wait(self) -> None:
        """Waits until it takes connections."""
        deadline = time.monotonic() + SECONDS
        while not self.answers():
            ended = self.process is None or self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it takes connections."""
        command = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def kill(self) -> None:
        """SIGKILL for the server and all that it has started: a crash, a power cut."""
        if self.process is None or self.process.poll() is not None:
            return
        server = self.process.pid
        # Stopped, it starts no other while its own are listed.
        self.process.send_signal(signal.SIGSTOP)
        _until(lambda: _state(server) == "T")
        family = self._family()
        self._signal(signal.SIGKILL)
        self.process.wait(SECONDS)
        # The next start is refused while any of them holds the shared memory.
        _until(lambda: all(_state(process) in "ZX" for process in family))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """A server that neither answers nor hangs up."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def run(self, program: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's programs to its end."""
        command = [str(self.programs / program), *arguments]
        subprocess.run(
            command, check=True, capture_output=True, timeout=60, cwd=self.folder, **_as_owner()
        )

    def standby(self, folder: Path) -> "Cluster":
        """A second server that follows this one."""
        other = Cluster(folder)
        source = ("-h", "127.0.0.1", "-p", str(self.port), "-U", OWNER)
        self.run("pg_basebackup", *source, "-D", other.data, "-R", "--checkpoint=fast")
        return other

    def promote(self) -> None:
        """Makes a standby the primary."""
        self.run("pg_ctl", "promote", "-D", self.data, "-w")

    def _signal(self, number: signal.Signals) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        for process in self._family():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def _family(self) -> list[int]:
        """The server's process and those that it has started."""
        assert self.process is not None
        server = self.process.pid
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        return [server, *map(int, children)]


def _state(process: int) -> str:
    """The letter that the kernel gives a process's state; X for one that is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, "PostgreSQL's processes do not end"
        time.sleep(0.005)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that the server's owner reaches, which pytest's own keeps to itself."""
    with TemporaryDirectory(prefix="seatwise-", ignore_cleanup_errors=True) as path:
        own(Path(path))
        yield Path(path)


@contextmanager
def cluster(**settings: str) -> Iterator[Cluster]:
    """A running server, killed afterwards."""
    with folder() as path, cluster_in(path, **settings) as server:
        yield server


@contextmanager
def cluster_in(path: Path, **settings: str) -> Iterator[Cluster]:
    """The same in a folder of the caller's."""
    server = Cluster(path)
    server.create()
    try:
        server.start(**settings)
        yield server
    finally:
        server.kill()


@contextmanager
def disk(megabytes: int) -> Iterator[Path]:
    """A disk of so many megabytes. Skips where none may be mounted; in CI that is a failure."""
    with folder() as path:
        size = ["-o", f"size={megabytes}m"]
        mounted = subprocess.run(["mount", "-t", "tmpfs", *size, "tmpfs", path], check=False)
        if mounted.returncode:
            _missing("no disk can be mounted here")
        try:
            own(path)
            yield path
        finally:
            subprocess.run(["umount", "--lazy", path], check=True)


def _as_owner() -> dict[str, Any]:
    """For subprocess: whom to run as."""
    if os.geteuid() != 0:
        return {}
    owner = pwd.getpwnam(OWNER)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def own(path: Path) -> None:
    """Gives a file or folder to the server's owner."""
    if os.geteuid() == 0:
        shutil.chown(path, OWNER, OWNER)
