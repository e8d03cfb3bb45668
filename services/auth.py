"""The auth door: bearer tokens (JWT) and signed links. Times are checked by the product's clock.

Tokens are signed by SECRET_KEY (HS256) or, where JWT_JWKS_URL is set, by the vendor's
identity provider (RS256, ES256, EdDSA). The key's source fixes the algorithms: a token
cannot choose. A link is signed with a key of its own, so that neither passes for the other.
"""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt

from services import settings, text
from services.errors import Unauthenticated

MAX_LIFETIME = timedelta(hours=24)
"""The longest that a token may live, counted from now and from its `iat`."""

MAX_TIME = 2**53
"""Seconds since 1970 that every number type holds exactly."""

LINK_LIFETIME = timedelta(minutes=15)
"""How long a link to a document is good."""

OWN_ALGORITHMS = ("HS256",)
PROVIDER_ALGORITHMS = ("RS256", "ES256", "EdDSA")


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a token speaks for: a user's e-mail in the account with the code."""

    email: str
    account_code: str


@dataclass(frozen=True, slots=True)
class Link:
    """The one invoice that a link opens, in one account."""

    account_id: UUID
    invoice_id: UUID


def issue_token(account_code: str, email: str, lifetime: timedelta, at: datetime) -> str:
    """A bearer token of our own. Raises ValueError for a lifetime that would be refused."""
    if not timedelta(0) < lifetime <= MAX_LIFETIME:
        raise ValueError("a token lives between 1 second and 24 hours")
    expires = int((at + lifetime).timestamp())
    claims = {"sub": email, "account": account_code, "iat": int(at.timestamp()), "exp": expires}
    configured = settings.current()
    if configured.jwt_audience:
        claims["aud"] = configured.jwt_audience
    if configured.jwt_issuer:
        claims["iss"] = configured.jwt_issuer
    return jwt.encode(claims, configured.signing_key, OWN_ALGORITHMS[0])


async def verify_token(token: str, at: datetime) -> Claims:
    """Whom the token speaks for. Raises Unauthenticated, saying why, when it opens nothing."""
    try:
        key, algorithms = await _key_for(token)
        claims = _decode(token, key, algorithms)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Unauthenticated(f"The token is not valid: {_reason(error)}.") from None
    _check_times(claims, at)
    if not _is_name(claims["sub"]) or not _is_name(claims["account"]):
        raise Unauthenticated("The token is not valid: sub and account must be strings.")
    return Claims(claims["sub"], claims["account"])


def sign_link(link: Link, at: datetime) -> str:
    """A token that opens one invoice's document for 15 minutes."""
    expires = int((at + LINK_LIFETIME).timestamp())
    claims = {"a": link.account_id.hex, "i": link.invoice_id.hex, "exp": expires}
    return jwt.encode(claims, _link_key(), OWN_ALGORITHMS[0])


def open_link(token: str, at: datetime) -> Link | None:
    """What the link opens; None when it was tampered with or has expired."""
    try:
        claims = _decode_link(token)
        if at.timestamp() >= claims["exp"]:
            return None
        return Link(UUID(hex=claims["a"]), UUID(hex=claims["i"]))
    except (jwt.PyJWTError, KeyError, ValueError, TypeError):
        return None


async def _key_for(token: str) -> tuple[Any, tuple[str, ...]]:
    jwks_url = settings.current().jwt_jwks_url
    if jwks_url and jwt.get_unverified_header(token).get("alg") in PROVIDER_ALGORITHMS:
        # The client fetches with a blocking call and caches what it got.
        signing = await asyncio.to_thread(_jwks(jwks_url).get_signing_key_from_jwt, token)
        return signing.key, (signing.algorithm_name,)
    return settings.current().signing_key, OWN_ALGORITHMS


@lru_cache(maxsize=1)
def _jwks(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, cache_jwk_set=True, lifespan=300, timeout=5)


def _decode(token: str, key: Any, algorithms: tuple[str, ...]) -> dict[str, Any]:
    configured = settings.current()
    return jwt.decode(
        token,
        key,
        algorithms=list(algorithms),
        audience=configured.jwt_audience,
        issuer=configured.jwt_issuer,
        options={
            "require": ["sub", "account", "exp"],
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
            "verify_aud": configured.jwt_audience is not None,
            "verify_iss": configured.jwt_issuer is not None,
        },
    )


def _decode_link(token: str) -> dict[str, Any]:
    options: Any = {"require": ["exp"], "verify_exp": False}
    return jwt.decode(token, _link_key(), algorithms=list(OWN_ALGORITHMS), options=options)


def _check_times(claims: dict[str, Any], at: datetime) -> None:
    now = at.timestamp()
    if not all(_is_time(claims.get(name, 0)) for name in ("exp", "nbf", "iat")):
        raise Unauthenticated("The token is not valid: its times must be numbers.")
    if claims["exp"] <= now:
        raise Unauthenticated("The token has expired.")
    if claims.get("nbf", now) > now:
        raise Unauthenticated("The token is not valid yet.")
    if claims["exp"] - min(claims.get("iat", now), now) > MAX_LIFETIME.total_seconds():
        raise Unauthenticated("The token is not valid: it lives longer than 24 hours.")


def _is_time(value: object) -> bool:
    # The bound keeps out infinities, NaN, and integers that no float can hold.
    return type(value) in (int, float) and abs(value) < MAX_TIME  # type: ignore[arg-type]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and text.is_storable(value)


def _reason(error: Exception) -> str:
    """A word for the caller that repeats nothing of the token's contents."""
    return {
        jwt.InvalidSignatureError: "its signature is wrong",
        jwt.InvalidAlgorithmError: "its algorithm is not accepted",
        jwt.MissingRequiredClaimError: "sub, account and exp are required",
        jwt.InvalidAudienceError: "it is meant for another audience",
        jwt.InvalidIssuerError: "it comes from another issuer",
    }.get(type(error), "it cannot be read")


def _link_key() -> bytes:
    return hmac.digest(settings.current().signing_key.encode(), b"document link", hashlib.sha256)
