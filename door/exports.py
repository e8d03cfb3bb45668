"""Exports of invoices by signed links: the signature is the permission."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from door.failures import error_response
from door.limits import Places
from door.refusals import Unacceptable
from services import clock, invoice_exports, links, observations
from services.invoice_exports import TooManyError
from services.links import Export

ZIP, CSV = "application/zip", "text/csv; charset=utf-8"

MAX_EXPORTS = 2
"""How many of an account a process sends at once."""

RETRY_AFTER = "10"
"""Seconds, for whoever wants more: an export takes one, or minutes where most is to be drawn."""


def routes() -> list[Route]:
    """The two kinds of exports."""
    return [Route("/exports/invoices.zip", archive), Route("/exports/invoices.csv", history)]


def places() -> Places:
    """Room for exports: they may take minutes of the processes that draw."""
    return Places("exports of the account", lambda: MAX_EXPORTS)


async def archive(request: Request) -> Response:
    """The PDFs of the invoices that a link opens, as one ZIP."""
    export = _opened(request)
    if export is None:
        return _refused()
    try:
        chosen = await invoice_exports.chosen(export)
    except TooManyError:
        limit = invoice_exports.MAX_DOCUMENTS
        message = f"There are more than {limit} invoices: choose fewer days."
        return error_response(413, message, "TOO_MANY_INVOICES")
    return _Sent(request, export, "zip", ZIP, invoice_exports.zipped(chosen))


async def history(request: Request) -> Response:
    """The history of the invoices that a link opens, as CSV."""
    export = _opened(request)
    if export is None:
        return _refused()
    return _Sent(request, export, "csv", CSV, invoice_exports.csv(export))


class _Sent(StreamingResponse):
    """An export that is sent while it is made, where there is room for it."""

    def __init__(
        self,
        request: Request,
        export: Export,
        ending: str,
        media_type: str,
        pieces: AsyncGenerator[bytes],
    ) -> None:
        days = "".join(f"-{day}" for day in (export.first, export.last) if day is not None)
        headers = {
            "Content-Disposition": f'attachment; filename="invoices{days}.{ending}"',
            "Cache-Control": "private, no-store",
        }
        super().__init__(pieces, 200, headers, media_type)
        self.places: Places = request.app.state.exports
        self.account = export.account_id.hex
        self.pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it; to HEAD, no more than that it is there."""
        try:
            with self.places.place(self.account):
                async with aclosing(self.pieces):
                    # What fails at once has a status of its own; later only the end is missing.
                    first = b"" if scope["method"] == "HEAD" else await anext(self.pieces)
                    self.body_iterator = _led_by(first, self.pieces)
                    await super().__call__(scope, receive, send)
        except Unacceptable as refused:
            response = error_response(refused.status, str(refused), refused.code)
            response.headers["Retry-After"] = RETRY_AFTER
            await response(scope, receive, send)


async def _led_by(first: bytes, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The first piece, and after one that is not empty the others."""
    if first:
        yield first
        async for piece in pieces:
            yield piece


def _opened(request: Request) -> Export | None:
    export = links.open_export(request.query_params.get("token", ""), clock.now())
    if export is not None:
        seen = observations.current()
        seen.account_id, seen.type = export.account_id, "export"
    return export


def _refused() -> Response:
    message = "The link has expired or is not valid: ask for a new one."
    return error_response(403, message, "FORBIDDEN")
