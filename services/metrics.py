"""What is counted, in Prometheus's form. Nothing is, unless METRICS_PORT is set.

Where several processes serve, each writes its counts into files of one folder, and the parent
tells the sum. Labels are ours: routes, codes, outcomes, and a bounded number of operations' names.
"""

import os
import shutil
import tempfile
from collections import Counter as Counts
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from services import changes, database, settings
from services.errors import OperatorError
from services.observations import Observation

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the library looks, when it is loaded, for the folder that processes share."""

MAX_OPERATIONS = 100
"""Distinct names of operations; those that come later are counted as "other"."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

disable_created_metrics()  # type: ignore[no-untyped-call]

REQUESTS = Counter(
    "seatwise_requests",
    "Requests, by the operation and the outcome.",
    ("operation", "outcome"),
)
DURATIONS = Histogram(
    "seatwise_request_duration_seconds", "How long answers took.", ("type",), buckets=SECONDS
)
REFUSALS = Counter("seatwise_refusals", "Mutations that were refused, by code.", ("code",))
CONNECTIONS_REFUSED = Counter(
    "seatwise_connections_refused", "Connections ended for what they sent, or did not.", ("code",)
)
EXECUTIONS = Counter("seatwise_executions", "Operations by how they were run.", ("how",))
RENEWALS = Counter("seatwise_renewals", "Renewals by outcome.", ("outcome",))
MAILS = Counter("seatwise_mails", "Mails by what became of an attempt.", ("outcome",))
DOCUMENTS = Histogram(
    "seatwise_document_seconds",
    "How long documents took to be drawn, by outcome.",
    ("outcome",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
STORE = Histogram(
    "seatwise_document_store_seconds",
    "How long the store outside the database took over a document, by outcome.",
    ("operation", "outcome"),
    buckets=SECONDS,
)
WAITING = Gauge(
    "seatwise_documents_waiting",
    "Documents that are being drawn, or wait for it.",
    multiprocess_mode="livesum",
)
POOL = Gauge(
    "seatwise_database_connections",
    "Connections to PostgreSQL in use, requests that wait for one, and the limit.",
    ("state",),
    multiprocess_mode="livesum",
)
SUBSCRIPTIONS = Gauge(
    "seatwise_subscriptions",
    "GraphQL subscriptions that are open.",
    multiprocess_mode="livesum",
)


def are_kept() -> bool:
    """Whether anybody reads them."""
    return bool(settings.current().metrics_port)


def request(seen: Observation, status: int, seconds: float) -> None:
    """Counts a request that was answered."""
    outcome = seen.code or ("OK" if status < 400 else str(status))
    _requests(_operation(seen), outcome).inc()
    _durations(seen.type or "none").observe(seconds)


def refused(codes: Iterable[str]) -> None:
    """Counts a mutation that was refused, for each reason."""
    if are_kept():
        for code in codes:
            REFUSALS.labels(code).inc()


def renewed(summary: "dict[str, int]") -> None:
    """Counts what became of an account whose renewal was due."""
    if are_kept():
        for outcome, count in summary.items():
            if count:
                RENEWALS.labels(outcome).inc(count)


def drawn(outcome: str, seconds: float) -> None:
    """Counts a document."""
    if are_kept():
        DOCUMENTS.labels(outcome).observe(seconds)


def kept_outside(operation: str, outcome: str, seconds: float) -> None:
    """Counts what the store of documents was asked for."""
    if are_kept():
        STORE.labels(operation, outcome).observe(seconds)


def mailed(status: str, count: int = 1) -> None:
    """Counts what became of an attempt to send a mail."""
    if are_kept() and count:
        MAILS.labels(status.lower()).inc(count)


def connection_refused(code: str) -> None:
    """Counts a connection that was ended."""
    if are_kept():
        CONNECTIONS_REFUSED.labels(code).inc()


def sample(executions: Counts[str], documents: int) -> None:
    """Takes down what is not counted as it happens: the pool, how operations were run, and how
    many documents are in hand."""
    SUBSCRIPTIONS.set(changes.listeners())
    WAITING.set(documents)
    told = database.connections()
    for state, count in told.items():
        POOL.labels(state).set(count)
    for how, count in executions.items():
        child = EXECUTIONS.labels(how.replace(" ", "_"))
        child.inc(count - _told[how])
        _told[how] = count


_told: Counts[str] = Counts()


@lru_cache(maxsize=10_000)
def _requests(operation: str, outcome: str) -> Counter:
    return REQUESTS.labels(operation, outcome)


@lru_cache(maxsize=10)
def _durations(kind: str) -> Histogram:
    return DURATIONS.labels(kind)


_names: set[str] = set()


def _operation(seen: Observation) -> str:
    """The name to count under. A new one is taken only from somebody who is known, and whose
    operation ran: else anybody could fill the list."""
    name = seen.operation
    if name is None:
        return "none"
    if name in _names:
        return name
    if seen.user_id is None or seen.code is not None or len(_names) >= MAX_OPERATIONS:
        return "other"
    _names.add(name)
    return name


class _Processes(Collector):
    """The sum of what several processes have written down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sum = MultiProcessCollector(None, str(folder))  # type: ignore[no-untyped-call]

    def collect(self) -> Iterable[Metric]:
        for path in self.folder.glob("gauge_live*.db"):
            pid = int(path.stem.rpartition("_")[2])
            if not _is_alive(pid):
                mark_process_dead(pid, str(self.folder))  # type: ignore[no-untyped-call]
        found: Iterable[Metric] = self._sum.collect()  # type: ignore[no-untyped-call]
        return found


def _is_alive(pid: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True


def clear() -> None:
    """Takes away what processes that have ended wrote down."""
    folder = os.environ.get(FOLDER)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def serve(processes: int = 1) -> tuple[WSGIServer, Thread] | None:
    """Tells the metrics of this process, or of the processes that it will start, where the
    settings say so. Raises OperatorError where it cannot."""
    if not are_kept():
        return None
    configured = settings.current()
    registry = REGISTRY
    if processes > 1:
        folder = Path(tempfile.mkdtemp(prefix="seatwise-metrics-"))
        os.environ[FOLDER] = str(folder)
        registry = CollectorRegistry()
        registry.register(_Processes(folder))
    try:
        return start_http_server(configured.metrics_port, configured.metrics_host, registry)
    except OSError as error:
        where = f"{configured.metrics_host}:{configured.metrics_port}"
        message = f"METRICS_PORT: {where} cannot be served ({error.strerror or error})"
        raise OperatorError(message) from None
