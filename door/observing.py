"""Around every request: its ids, the headers of its answer, its line in the log, its figures.

This stands outside everything else, so that answers to crashes pass as well. It costs about
20 us a request (docs/performance.md): each step is here because it is needed at each one.
"""

import asyncio
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from door.failures import closing_down
from door.headers import safe
from door.routes import route
from schema.errors import INTERNAL
from services import logs, metrics, observations
from services.observations import Observation

CLIENT_CLOSED = 499
"""The status, in the log alone, of a request whose caller went away before the answer."""

WEBSOCKET = "WEBSOCKET"
"""What stands for the method of an operation that came by one."""

GONE = "handler is closed"
"""In what uvloop says of a connection that the client reset, before it says so to uvicorn, which
would have left the rest of the answer out."""


class Observed:
    """The application as it is watched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin = perf_counter()
        seen = observations.begin(_traceparent(scope))
        status = CLIENT_CLOSED

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = safe(message["headers"], scope["scheme"])
                headers.append((b"x-request-id", seen.request_id.encode()))
                headers.append((b"traceparent", seen.traceparent.encode()))
                message = {**message, "headers": headers}
            try:
                await send(message)
            except RuntimeError as error:
                if GONE not in str(error):
                    raise
                status = CLIENT_CLOSED

        try:
            await self.app(scope, receive, answer)
        except asyncio.CancelledError:
            # The time to stop is over: whoever still waits is told, and may try again.
            if status != CLIENT_CLOSED:
                raise
            await closing_down(scope, receive, answer)
        except Exception:
            # What was answered as an internal error is in the log already.
            if seen.code != INTERNAL[1]:
                raise
        finally:
            tell(scope, seen, status, perf_counter() - begin)


def tell(scope: Scope, seen: Observation, status: int, seconds: float) -> None:
    """Counts what was answered, and writes its line: a request's, or that of an operation which
    came by a WebSocket."""
    if metrics.are_kept():
        metrics.request(seen, status, seconds)
    line = logs.requests()
    if line is None:
        return
    line(
        "request",
        method=scope.get("method", WEBSOCKET),
        route=route(scope["path"]),
        status=status,
        duration_ms=round(seconds * 1000, 3),
        operation=seen.operation,
        type=seen.type,
        cost=seen.cost,
        code=seen.code,
        account_id=seen.account_id,
        user_id=seen.user_id,
        request_id=seen.request_id,
        trace_id=seen.trace_id,
    )


def _traceparent(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            found: bytes = value
            return found
    return None
