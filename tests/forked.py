"""Our scripts in processes of their own, without the second in which an interpreter imports them.

The fork server has imported the product and does nothing else. Each process forks from it, gets an
environment and outputs of its own, and runs its script as `python SCRIPT` does. What the start or
the end of an interpreter decides is tested on new ones: test_settings, test_serving, test_manage.
"""

import atexit
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

IMPORTED = ["server", "manage", "uvloop", "httptools", "aiosqlite", "asyncpg", __name__]
"""Also what is otherwise imported when it is first needed."""

SECONDS = 60
"""How long a script may take to its end."""

_context = multiprocessing.get_context("forkserver")


class Script:
    """A script that was started; it speaks as subprocess.Popen does. Its process begins a session,
    so that its group is whatever it starts."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        out: Path,
        err: Path | None = None,
    ) -> None:
        """Starts `server.py`, `manage.py ...` or `-m MODULE ...`, with this environment and no
        other; the outputs are appended to files."""
        _context.set_forkserver_preload(IMPORTED)
        given = (list(command), dict(environment), str(out), str(err or out))
        for path in {out, err or out}:
            path.touch()
        self._process = _context.Process(target=_run, args=given)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, -N where signal N ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            if self.poll() is None:
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Tells it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it, with whatever it has started."""
        if self.poll() is not None:
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            # It has not begun its session.
            self.send_signal(signal.SIGKILL)


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    code: int | None
    out: str
    err: str


def run(command: Sequence[str], environment: Mapping[str, str]) -> Ended:
    """Runs a script to its end. Raises subprocess.TimeoutExpired, when it was killed."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        script = Script(command, environment, out, err)
        try:
            code = script.wait(SECONDS)
        finally:
            script.kill()
        return Ended(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


def _run(command: list[str], environment: dict[str, str], out: str, err: str) -> None:
    """What the new process does."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    for path, number in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(file, number)
        os.close(file)
    try:
        if command[0] == "-m":
            sys.argv = command[1:]
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = command
            runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        # multiprocessing ends its processes without them.
        atexit._run_exitfuncs()
