"""Who calls, and where they reach us."""

from datetime import datetime

from starlette.requests import Request

from services import accounts, auth, settings
from services.errors import Unauthenticated
from services.permissions import Actor


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
