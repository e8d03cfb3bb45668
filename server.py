"""The door: settings, database, routes, and the token that becomes an actor.

`python server.py` serves with the settings of the environment; `create_app` is the ASGI
application's factory.
"""

import asyncio
import gc
import logging
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from execution import Engine
from schema import http
from schema.context import Context
from schema.errors import INTERNAL, UNAVAILABLE
from schema.root import schema
from services import (
    accounts,
    auth,
    clock,
    database,
    documents,
    invoices,
    migrations,
    reads,
    settings,
    workers,
)
from services.errors import OperatorError, Unauthenticated
from services.permissions import Actor

log = logging.getLogger(__name__)

WEB = Path(__file__).parent / "web"

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


COLLECTION = (20_000, 20, 20)
"""After how many new objects Python looks for circles (docs/performance.md)."""


class SafeHeaders:
    """Adds to every answer the headers that keep browsers from doing more than they should."""

    HEADERS = (
        (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.HEADERS]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def create_app() -> Starlette:
    """The application. Its start fails with one line when a setting or the database is wrong."""
    app = Starlette(
        routes=[
            Route("/", _page("billing/index.html")),
            Route("/graphql", graphql, methods=["GET", "POST"]),
            Route("/invoices/{number}.pdf", invoice_pdf),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Mount("/static", StaticFiles(directory=WEB)),
        ],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={
            404: not_found,
            405: not_allowed,
            **dict.fromkeys(database.FAILURES, database_failed),
            Exception: crashed,
        },
        lifespan=lifespan,
    )
    app.state.engine = Engine(schema, compiled=settings.current().compiled_execution)
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


async def graphql(request: Request) -> Response:
    """The API; for a browser that opens the address, GraphiQL."""
    if _wants_page(request):
        return FileResponse(WEB / "graphiql/index.html")
    at = clock.now()
    context = Context(await caller(request, at), at, base_url(request))
    with reads.together():
        return await http.answer(request.app.state.engine, request, context)


async def caller(request: Request, at: datetime) -> Actor | Unauthenticated:
    """Who calls, looked up anew at each request; or why nobody does."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return Unauthenticated("Send a bearer token in the Authorization header.")
    try:
        return await accounts.authenticate(await auth.verify_token(token.strip(), at), at)
    except Unauthenticated as error:
        return error


def base_url(request: Request) -> str:
    """Where clients reach this server: PUBLIC_URL, or the address that they used."""
    public = settings.current().public_url.rstrip("/")
    host = request.headers.get("host")
    return public or f"{request.url.scheme}://{host or request.url.netloc}"


async def invoice_pdf(request: Request) -> Response:
    """One invoice's PDF, for whoever holds a link that was signed within 15 minutes."""
    link = auth.open_link(request.query_params.get("token", ""), clock.now())
    invoice = await invoices.linked(link) if link else None
    if invoice is None or invoice.number != request.path_params["number"]:
        return _error(403, "The link has expired or is not valid: ask for a new one.", "FORBIDDEN")
    headers = {
        "Content-Disposition": f'inline; filename="{invoice.number}.pdf"',
        "Cache-Control": "private, max-age=900",
    }
    return Response(await invoices.pdf(invoice), 200, headers, "application/pdf")


async def healthz(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """The database is reachable and its schema current."""
    ready = await migrations.is_current()
    return JSONResponse({"status": "ok" if ready else "unavailable"}, 200 if ready else 503)


async def not_found(request: Request, error: Exception) -> Response:
    """Whatever has no route."""
    return _error(404, "There is nothing here.", "NOT_FOUND")


async def not_allowed(request: Request, error: Exception) -> Response:
    """A route that has no such method."""
    response = _error(405, "There is no such method here.", "METHOD_NOT_ALLOWED")
    response.headers.update(getattr(error, "headers", None) or {})
    return response


async def database_failed(request: Request, error: Exception) -> Response:
    """A database that is away or too busy, met outside GraphQL; other failures are internal."""
    if not database.is_outage(error):
        raise error
    log.error("database outage at %s: %r", request.url.path, error)
    response = _error(503, *UNAVAILABLE)
    response.headers["Retry-After"] = "1"
    return response


async def crashed(request: Request, error: Exception) -> Response:
    """An internal error outside GraphQL: told by an id that finds it in the log."""
    error_id = uuid4().hex
    log.error("internal error %s at %s", error_id, request.url.path, exc_info=error)
    message, code = INTERNAL
    body = {"message": message, "extensions": {"code": code, "errorId": error_id}}
    response = JSONResponse({"errors": [body]}, 500)
    # This handler stands outside the middleware.
    response.raw_headers.extend(SafeHeaders.HEADERS)
    return response


def _error(status: int, message: str, code: str) -> Response:
    return JSONResponse(
        {"errors": [{"message": message, "extensions": {"code": code}}]},
        status,
        {"Cache-Control": "no-store"},
    )


def _wants_page(request: Request) -> bool:
    asks = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and asks and "query" not in request.query_params


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        return FileResponse(WEB / name)

    return page


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
