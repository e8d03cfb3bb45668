"""Whether the process answers, and whether it can serve."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services import migrations


async def healthz(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """The database is reachable, its schema current, and the server is not about to stop."""
    ready = not getattr(request.app.state, "stops", False) and await migrations.is_current()
    return JSONResponse({"status": "ok" if ready else "unavailable"}, 200 if ready else 503)
