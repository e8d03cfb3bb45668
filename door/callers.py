"""Who calls, and where they reach us."""

from datetime import datetime

from starlette.requests import Request

from services import accounts, auth, observations, settings
from services.errors import Unauthenticated
from services.permissions import Actor


async def caller(request: Request, at: datetime) -> Actor | Unauthenticated:
    """Who calls, looked up anew at each request; or why nobody does."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return Unauthenticated("Send a bearer token in the Authorization header.")
    try:
        actor = await accounts.authenticate(await auth.verify_token(token.strip(), at), at)
    except Unauthenticated as error:
        return error
    seen = observations.current()
    seen.account_id, seen.user_id = actor.account_id, actor.user_id
    return actor


def base_url(request: Request) -> str:
    """Where clients reach this server: PUBLIC_URL. Without it, the address that they say they
    used; in production, where nobody is to choose where links lead, the one that is served."""
    configured = settings.current()
    if configured.public_url:
        return configured.public_url.rstrip("/")
    if configured.environment == "production":
        return configured.address
    return f"{request.url.scheme}://{request.headers.get('host') or request.url.netloc}"
