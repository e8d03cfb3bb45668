"""How the application is served: its process, or several, their limits and their end.

SIGTERM or SIGINT: no new connections, idle ones closed, /readyz 503; requests that have begun get
SHUTDOWN_TIMEOUT seconds to end; then the exit code is 0. With WORKERS, the parent listens, replaces
a process that dies, and does the same for all of them.
"""

import logging
import resource
import signal
import socket
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from door.connections import Connection
from door.requests import MAX_BODY
from services import logs, metrics, settings
from services.errors import OperatorError
from services.settings import Settings

log = logging.getLogger(__name__)

SPARE_FILES = 200
"""Open files besides clients' connections: the database's, the log, modules that are loaded."""

AFTERWARDS = 2
"""Seconds of SHUTDOWN_TIMEOUT for what comes after the last request: the account in hand, the
connections to the database."""


class Supervisor(Multiprocess):
    """Uvicorn's parent of several processes."""

    def keep_subprocess_alive(self) -> None:
        """Replaces those that have died, or no longer answer, and says so."""
        before = list(self.processes)
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=True):
            if old is not new:
                log.error("server.process_replaced pid=%s exit_code=%s", old.pid, old.exitcode)

    def terminate_all(self) -> None:
        """Ends them. Nobody listens from here on: else clients would wait for nothing."""
        for listening in self.sockets:
            listening.close()
        super().terminate_all()


def serve(app: str) -> None:
    """Serves the application that the named factory makes, until stopped. Raises OperatorError
    where it cannot."""
    configured = settings.current()
    _check_public_url(configured)
    _check_address(configured.host, configured.port)
    _allow_files(configured.max_connections + SPARE_FILES)
    telling = metrics.serve(configured.workers)
    if configured.workers == 1:
        # The signal that ended it comes again when it has: it is answered by exit code 0.
        signal.signal(signal.SIGTERM, lambda *_: None)
        uvicorn.run(app, **options(configured))
    else:
        logs.configure(1)
        config = uvicorn.Config(app, **options(configured))
        Supervisor(config, [config.bind_socket()]).run()
    if telling is not None:
        telling[0].shutdown()
        metrics.clear()


def options(configured: Settings) -> dict[str, Any]:
    """What uvicorn is told."""
    return {
        "factory": True,
        "host": configured.host,
        "port": configured.port,
        "workers": configured.workers,
        "http": Connection,
        "ws": "websockets-sansio",
        "ws_max_size": MAX_BODY,
        "ws_per_message_deflate": False,
        "lifespan": "on",
        "log_config": None,
        # The log has a line of each request, without its address: a PDF link carries a signature.
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(configured.forwarded_allow_ips),
        "forwarded_allow_ips": list(configured.forwarded_allow_ips),
        "timeout_keep_alive": configured.keep_alive_timeout,
        "timeout_graceful_shutdown": max(configured.shutdown_timeout - AFTERWARDS, 0),
    }


def _check_public_url(configured: Settings) -> None:
    """Raises OperatorError where links would lead nowhere."""
    if configured.environment != "production" or configured.public_url:
        return
    if configured.host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not served)
        message = "is required in production where HOST is every address: links lead there"
        raise OperatorError(f"PUBLIC_URL: {message}")


def _check_address(host: str, port: int) -> None:
    """Raises OperatorError where the address cannot be served: uvicorn would say more."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"HOST, PORT: {host}:{port} cannot be served ({error.strerror or error})"
            raise OperatorError(message) from None


def _allow_files(wanted: int) -> None:
    """Raises the process's own limit of open files as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
