"""Which pages of other origins a browser lets call the API."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from door.failures import error_response

PREFLIGHT_SECONDS = 7200
"""How long a browser remembers what a page elsewhere may do; no browser does so for longer."""


class Origins(CORSMiddleware):
    """Lets the pages of some origins call the API, with tokens, which they must have; there are no
    cookies to go along."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "traceparent"],
            expose_headers=["Retry-After", "X-Request-Id", "traceparent"],
            max_age=PREFLIGHT_SECONDS,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """What a browser asks before it sends; a refusal is JSON, as everywhere."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        refusal = error_response(400, "Not from this origin, or not so.", "BAD_REQUEST")
        refusal.headers["Vary"] = response.headers["Vary"]
        return refusal
