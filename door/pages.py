"""What a browser opens: the billing page and GraphiQL, static files without a build."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

WEB = Path(__file__).parent.parent / "web"


async def billing(request: Request) -> Response:
    """The billing page."""
    return FileResponse(WEB / "billing/index.html")


def graphiql() -> Response:
    """GraphiQL."""
    return FileResponse(WEB / "graphiql/index.html")


def wants_page(request: Request) -> bool:
    """Whether a browser opens the address, instead of a client that sends an operation."""
    asks = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and asks and "query" not in request.query_params


def files() -> StaticFiles:
    """Scripts, styles and fonts of the pages."""
    return StaticFiles(directory=WEB)
