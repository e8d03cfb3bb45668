"""What has no route, and what fails outside GraphQL: every error is a JSON body with a code."""

import logging
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from door.headers import SafeHeaders
from schema.errors import INTERNAL, UNAVAILABLE
from services import database

log = logging.getLogger(__name__)


def error_response(status: int, message: str, code: str) -> Response:
    """An error in the form of GraphQL's."""
    return JSONResponse(
        {"errors": [{"message": message, "extensions": {"code": code}}]},
        status,
        {"Cache-Control": "no-store"},
    )


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
    log.error("database outage at %s: %r", request.url.path, error)
    response = error_response(503, *UNAVAILABLE)
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
