"""The application: settings, database and routes, and how it is served.

`python server.py` serves with the settings of the environment; `create_app` is the ASGI
application's factory.
"""

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from door import failures, graphql, health, invoices, limits, pages
from door.headers import SafeHeaders
from execution import Engine
from schema.root import schema
from schema.sizes import size_of
from services import database, documents, migrations, settings, workers
from services.errors import OperatorError
from services.rate_limits import RateLimits

COLLECTION = (20_000, 20, 20)
"""After how many new objects Python looks for circles (docs/performance.md)."""


def create_app() -> Starlette:
    """The application. Its start fails with one line when a setting or the database is wrong."""
    app = Starlette(
        routes=[
            Route("/", pages.billing),
            Route("/graphql", graphql.endpoint, methods=["GET", "POST"]),
            Route("/invoices/{number}.pdf", invoices.pdf),
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Mount("/static", pages.files()),
        ],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={
            404: failures.not_found,
            405: failures.not_allowed,
            **dict.fromkeys(database.FAILURES, failures.database_failed),
            Exception: failures.crashed,
        },
        lifespan=lifespan,
    )
    app.state.engine = Engine(
        schema,
        compiled=settings.current().compiled_execution,
        limits=limits.of_documents(),
        size_of=size_of,
    )
    app.state.rate_limits = RateLimits()
    return app


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Connects the database for as long as the application serves."""
    async with database.connected(everywhere=True):
        await check()
        _spare_the_collector()
        try:
            async with background_work():
                yield
        finally:
            await documents.close()
            await app.state.rate_limits.close()


def _spare_the_collector() -> None:
    """Takes what is there for good out of Python's garbage collections, and has them run less
    often: a request makes many objects, and hardly any that refer to each other in a circle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTION)


@asynccontextmanager
async def background_work() -> AsyncIterator[None]:
    """Renews what is due beside the requests, where the settings say so; one account at a
    time, so that requests come between. Its end waits for the account in hand."""
    if not settings.current().does_background_work:
        yield
        return
    stop = asyncio.Event()
    work = asyncio.create_task(workers.work(stop, lanes=1))
    try:
        yield
    finally:
        stop.set()
        await work


async def check() -> None:
    """Raises OperatorError where the application could not serve."""
    assert settings.current().signing_key
    await migrations.require_current()


def serve() -> None:
    """Serves until stopped. Raises OperatorError where it cannot start."""
    configured = settings.current()
    asyncio.run(_check_start())
    _check_address(configured.host, configured.port)
    where: dict[str, Any] = {"host": configured.host, "port": configured.port}
    # No log of requests: the address of a PDF link carries its signature.
    quiet: dict[str, Any] = {"server_header": False, "access_log": False, "log_level": "warning"}
    uvicorn.run("server:create_app", factory=True, workers=configured.workers, **where, **quiet)


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


async def _check_start() -> None:
    async with database.connected():
        await check()


def main() -> None:
    """The entry point."""
    try:
        serve()
    except OperatorError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
