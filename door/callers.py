"""Who calls, and where they reach us."""

from collections.abc import Iterable

from starlette.requests import HTTPConnection

from services import auth, callers, clock, observations, settings, sign_ins, token_secrets
from services.errors import Unauthenticated
from services.permissions import Actor

WEB = {"ws": "http", "wss": "https"}
"""Where links lead, by the scheme of the WebSocket that asks for them."""


async def caller(
    connection: HTTPConnection, authorization: bytes | None = None
) -> Actor | Unauthenticated:
    """Who calls, looked up anew each time; or why nobody does. A browser's WebSocket has no
    headers of its own: there `authorization` stands for the header."""
    headers = connection.scope["headers"]
    if authorization is not None:
        headers = [(b"authorization", authorization)]
    try:
        actor = await _signed_in(_bearer(headers))
    except Unauthenticated as error:
        sign_ins.refused(error)
        return error
    sign_ins.accepted(actor)
    seen = observations.current()
    seen.account_id, seen.user_id = actor.account_id, actor.user_id
    return actor


async def _signed_in(token: str) -> Actor:
    at = clock.now()
    if token.startswith(token_secrets.PREFIX):
        return await callers.by_access_token(token, at)
    return await callers.by_claims(await auth.verify_token(token, at), at)


def _bearer(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The request's one bearer token. Raises Unauthenticated."""
    given = [value for name, value in headers if name == b"authorization"]
    if len(given) > 1:
        # Somebody between the client and us may have read the other one.
        raise Unauthenticated("Send one Authorization header.", "several headers")
    scheme, _, token = given[0].partition(b" ") if given else (b"", b"", b"")
    token = token.strip()
    if scheme.lower() != b"bearer" or not token:
        reason = "no bearer token" if given else ""
        raise Unauthenticated("Send a bearer token in the Authorization header.", reason)
    return token.decode("latin-1")


def base_url(connection: HTTPConnection) -> str:
    """Where clients reach this server: PUBLIC_URL. Without it, the address that they say they
    used; in production, where nobody is to choose where links lead, the one that is served."""
    configured = settings.current()
    if configured.public_url:
        return configured.public_url.rstrip("/")
    if configured.environment == "production":
        return configured.address
    scheme = WEB.get(connection.url.scheme, connection.url.scheme)
    return f"{scheme}://{connection.headers.get('host') or connection.url.netloc}"
