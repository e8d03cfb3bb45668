"""The application: settings, database and routes, put together.

`python server.py` serves with the settings of the environment (door/processes.py); `create_app` is
the ASGI application's factory.
"""

import asyncio
import gc
import importlib
import importlib.util
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from door import (
    exports,
    failures,
    graphql,
    health,
    invoices,
    limits,
    pages,
    persisted,
    processes,
    sockets,
)
from door.compression import Compressed
from door.observing import Observed
from door.origins import Origins
from execution import Engine
from schema.root import schema
from schema.sizes import size_of
from services import (
    background,
    changes,
    database,
    document_store,
    documents,
    logs,
    metrics,
    migrations,
    settings,
)
from services.document_store import StoreError
from services.errors import OperatorError
from services.rate_limits import RateLimits

log = logging.getLogger("server")

COLLECTION = (20_000, 20, 20)
"""After how many new objects Python looks for circles (docs/performance.md)."""

SAMPLING_SECONDS = 1

TRACES = "door.traces"


class Application(Starlette):
    """Starlette's, watched from outside of everything it does."""

    def build_middleware_stack(self) -> ASGIApp:
        """What a request passes, and answers to crashes as well."""
        stack, origins = super().build_middleware_stack(), settings.current().cors_origins
        return Observed(_traced(Compressed(Origins(stack, origins) if origins else stack)))


def create_app() -> Starlette:
    """The application. Its start fails with one line when a setting or the database is wrong."""
    configured = settings.current()
    app = Application(
        routes=[
            Route("/", pages.billing),
            Route("/demo/sign-ins", pages.demo_sign_ins),
            Route("/graphql", graphql.endpoint, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", sockets.endpoint),
            *invoices.routes(),
            *exports.routes(),
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Mount("/static", pages.files()),
        ],
        exception_handlers={
            404: failures.not_found,
            405: failures.not_allowed,
            ClientDisconnect: failures.gone,
            **dict.fromkeys(database.FAILURES, failures.database_failed),
            StoreError: failures.store_failed,
            Exception: failures.crashed,
        },
        lifespan=lifespan,
    )
    app.state.engine = Engine(
        schema,
        compiled=configured.compiled_execution,
        introspection=configured.introspection,
        limits=limits.of_documents(),
        size_of=size_of,
    )
    app.state.documents = persisted.registered(app.state.engine)
    app.state.rate_limits = RateLimits()
    app.state.streams = limits.of_subscriptions()
    app.state.exports = exports.places()
    return app


def _traced(app: ASGIApp) -> ASGIApp:
    """Has a span made of each request, where the settings say where to send it."""
    if not settings.current().otel_exporter_otlp_endpoint:
        return app
    # By name: the libraries are an extra, and take time and memory.
    traced: ASGIApp = importlib.import_module(TRACES).Traced(app)
    return traced


def served() -> ASGIApp:
    """The application in a process that serves it."""
    logs.configure(sys.stdout.fileno())
    return create_app()


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Connects the database for as long as the application serves."""
    _notice_the_end(app)
    async with database.connected(everywhere=True):
        await check()
        _spare_the_collector()
        log.info("server.started")
        try:
            async with background_work(), _sampling(app.state.engine):
                yield
        finally:
            await changes.close()
            await documents.close()
            await app.state.rate_limits.close()
    log.info("server.stopped")
    logs.flush()


def _notice_the_end(app: Starlette) -> None:
    """Has /readyz say so from the moment on in which the process is told to end, and lets those go
    who wait for changes."""
    before, loop = signal.getsignal(signal.SIGTERM), asyncio.get_running_loop()

    def stop(number: int, frame: FrameType | None) -> None:
        app.state.stops = True
        loop.call_soon_threadsafe(changes.end)
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, stop)


def _spare_the_collector() -> None:
    """Takes what is there for good out of Python's garbage collections, and has them run less
    often: a request makes many objects, and hardly any that refer to each other in a circle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTION)


@asynccontextmanager
async def background_work() -> AsyncIterator[None]:
    """Renews what is due and sends mails beside the requests, where the settings say so; one
    account at a time, so that requests come between. Its end waits for what is in hand."""
    if not settings.current().does_background_work:
        yield
        return
    stop = asyncio.Event()
    work = asyncio.create_task(background.work(stop, lanes=1))
    try:
        yield
    finally:
        stop.set()
        await work


@asynccontextmanager
async def _sampling(engine: Engine) -> AsyncIterator[None]:
    """Takes figures down that are not counted as they happen, each second."""

    async def sample() -> None:
        while True:
            metrics.sample(engine.counts, documents.in_hand())
            await asyncio.sleep(SAMPLING_SECONDS)

    task = asyncio.create_task(sample()) if metrics.are_kept() else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()


async def check() -> None:
    """Raises OperatorError where the application could not serve."""
    configured = settings.current()
    assert configured.signing_key
    if configured.otel_exporter_otlp_endpoint and not importlib.util.find_spec("opentelemetry"):
        raise OperatorError("OTEL_EXPORTER_OTLP_ENDPOINT: the extra otel is not installed")
    document_store.open_()
    await migrations.require_current()


async def _check_start() -> None:
    create_app()
    async with database.connected():
        await check()


def serve() -> None:
    """Serves until stopped. Raises OperatorError where it cannot start."""
    asyncio.run(_check_start())
    processes.serve("server:served")


def main() -> None:
    """The entry point."""
    try:
        serve()
    except OperatorError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
