"""What a browser opens: the billing page and GraphiQL, static files without a build."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from door import headers
from services import clock, demo, settings

WEB = Path(__file__).parent.parent / "web"


async def billing(request: Request) -> Response:
    """The billing page, which the vendor's own pages may have in a frame."""
    policy = headers.policy_framed_by(settings.current().embed_origins)
    return FileResponse(WEB / "billing/index.html", headers={"Content-Security-Policy": policy})


async def demo_sign_ins(request: Request) -> Response:
    """Whom to be in the demo, each with a token; nobody unless DEMO_SIGN_IN says so."""
    offered = settings.current().demo_sign_in and await demo.is_loaded()
    people = await demo.people(clock.now()) if offered else []
    return JSONResponse([asdict(person) for person in people])


def graphiql() -> Response:
    """GraphiQL."""
    return FileResponse(WEB / "graphiql/index.html")


def wants_page(request: Request) -> bool:
    """Whether a browser opens the address, instead of a client that sends an operation."""
    asks = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and asks and "query" not in request.query_params


class Files(StaticFiles):
    """Scripts, styles and fonts of the pages, of which browsers keep what has not changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """A file, or that the browser's is still the same."""
        response = super().file_response(*args, **kwargs)
        # They may be kept, but not used without asking: pages and scripts fit together.
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept-Encoding"
        return response


def files() -> StaticFiles:
    """The folder of the pages."""
    return Files(directory=WEB)
