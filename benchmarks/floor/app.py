"""The floor's application: a measured document in, its handler's answer out."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks import documents
from benchmarks.floor import allocations, postgres, sqlite
from benchmarks.floor.answers import Data
from benchmarks.floor.callers import Caller, caller
from benchmarks.floor.plain import Plain
from benchmarks.floor.postgres import Postgres
from benchmarks.floor.sqlite import Sqlite
from services import clock, settings
from services.errors import Refusal, SeatwiseError

Database = Postgres | Sqlite
Handler = Callable[[Caller, Mapping[str, Any]], Awaitable[Data]]


def create_limit() -> Starlette:
    """The application on DATABASE_URL, each query in one statement."""
    return create_app(limit=True)


def create_app(*, limit: bool = False) -> Starlette:
    """The application on DATABASE_URL."""
    handlers: dict[str, Handler] = {}

    async def graphql(request: Request) -> Response:
        return Response(
            orjson.dumps(await _answer(handlers, request)), media_type="application/json"
        )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with _connected(settings.current().database_url, limit=limit) as database:
            handlers.update(handlers_of(database))
            yield

    return Starlette(routes=[Route("/graphql", graphql, methods=["POST"])], lifespan=lifespan)


def handlers_of(database: Database) -> dict[str, Handler]:
    """What answers which document."""
    return {
        documents.SMALLEST: database.smallest,
        documents.BILLING_PAGE: database.billing_page,
        documents.INVOICE_HISTORY: database.invoice_history,
        documents.ALLOCATE: database.allocate,
    }


def _connected(url: str, *, limit: bool) -> AbstractAsyncContextManager[Database]:
    if url.startswith("sqlite:"):
        return sqlite.connected(url)
    return postgres.connected(url, Postgres if limit else Plain)


async def _answer(handlers: Mapping[str, Handler], request: Request) -> Data:
    try:
        who = await caller(request.headers.get("authorization", ""), clock.now())
        body = orjson.loads(await request.body())
        return {"data": await handlers[body["query"]](who, body["variables"])}
    except Refusal as error:
        return {"data": allocations.refusal(error)}
    except SeatwiseError as error:
        return {"data": None, "errors": [{"message": str(error)}]}
