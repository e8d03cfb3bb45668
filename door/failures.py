"""What has no route, and what fails outside GraphQL: every error is a JSON body with a code."""

import logging
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from schema.errors import INTERNAL, UNAVAILABLE
from services import database, observations

log = logging.getLogger(__name__)


def error_response(status: int, message: str, code: str) -> Response:
    """An error in the form of GraphQL's."""
    observations.current().failed(code)
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status)


async def not_found(request: Request, error: Exception) -> Response:
    """Whatever has no route."""
    return error_response(404, "There is nothing here.", "NOT_FOUND")


async def not_allowed(request: Request, error: Exception) -> Response:
    """A route that has no such method."""
    response = error_response(405, "There is no such method here.", "METHOD_NOT_ALLOWED")
    response.headers.update(getattr(error, "headers", None) or {})
    return response


async def database_failed(request: Request, error: Exception) -> Response:
    """A database that is away or too busy, met outside GraphQL; other failures are internal."""
    if not database.is_outage(error):
        raise error
    log.error("database outage: %r", error)
    response = error_response(503, *UNAVAILABLE)
    response.headers["Retry-After"] = "1"
    return response


async def store_failed(request: Request, error: Exception) -> Response:
    """A store of documents that is away or refuses; everything else goes on."""
    log.error("document store outage: %s", error)
    message = "The document cannot be had for the moment: try again."
    response = error_response(503, message, UNAVAILABLE[1])
    response.headers["Retry-After"] = "1"
    return response


async def crashed(request: Request, error: Exception) -> Response:
    """An internal error outside GraphQL: told by an id that finds it in the log."""
    error_id = uuid4().hex
    log.error("internal error %s", error_id, exc_info=error)
    message, code = INTERNAL
    observations.current().failed(code)
    body = {"message": message, "extensions": {"code": code, "errorId": error_id}}
    return JSONResponse({"errors": [body]}, 500)


async def gone(request: Request, error: Exception) -> Response:
    """A caller that went away before its request was read: nobody sees this answer."""
    return error_response(400, "The request did not arrive whole.", "CLIENT_CLOSED_REQUEST")


async def closing_down(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request that could not end before the server had to."""
    response = error_response(503, "The server stops: try again.", "SERVICE_UNAVAILABLE")
    response.headers.update({"Retry-After": "1", "Connection": "close"})
    await response(scope, receive, send)
