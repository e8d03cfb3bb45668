"""The auth door: bearer tokens (JWT). Times are checked by the product's clock.

Tokens are signed by SECRET_KEY (HS256) or, where JWT_JWKS_URL is set, by the vendor's
identity provider (RS256, ES256, EdDSA), whose keys `services.jwks` has. Where a key comes
from fixes its algorithm: a token cannot choose. Tokens of our own are accepted beside the
provider's: `manage.py token` makes them, and whoever has SECRET_KEY has the server.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from jwt.utils import base64url_decode, base64url_encode

from services import jwks, settings, text
from services.errors import Unauthenticated

MAX_LIFETIME = timedelta(hours=24)
"""The longest that a token may live, counted from now and from its `iat`."""

SKEW = 60
"""Seconds by which another host's clock may differ from ours."""

MAX_SIZE = 8192
"""The longest token that is read, in characters."""

FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
"""Header, claims and signature, in base64url."""

MAX_TIME = 2**53
"""Seconds since 1970 that every number type holds exactly."""

OWN_ALGORITHM = "HS256"

TYPES = frozenset({"jwt", "at+jwt"})
"""What `typ` may say: tokens of other kinds (a logout's, an event's) are no one's sign-in."""

REFUSED = frozenset({"crit", "b64", "zip", "jku", "jwk", "x5u", "x5c"})
"""Header parameters by which a token brings its own key or rules. None is ever followed; a
token that tries has no other good use."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a token speaks for: a user's e-mail in the account with the code."""

    email: str
    account_code: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What a token says whose signature is right; the times are in seconds since 1970."""

    claims: Claims
    expires: float
    not_before: float | None
    issued: float | None


def issue_token(account_code: str, email: str, lifetime: timedelta, at: datetime) -> str:
    """A bearer token of our own. Raises ValueError for a lifetime that would be refused."""
    if not timedelta(0) < lifetime <= MAX_LIFETIME:
        raise ValueError("a token lives between 1 second and 24 hours")
    issued = int(at.timestamp())
    expires = issued + int(lifetime.total_seconds())
    claims = {"sub": email, "account": account_code, "iat": issued, "exp": expires}
    configured = settings.current()
    if configured.jwt_audience:
        claims["aud"] = configured.jwt_audience
    if configured.jwt_issuer:
        claims["iss"] = configured.jwt_issuer
    return jwt.encode(claims, configured.signing_key, OWN_ALGORITHM)


async def verify_token(token: str, at: datetime) -> Claims:
    """Whom the token speaks for. Raises Unauthenticated, saying why, when it opens nothing."""
    if len(token) > MAX_SIZE:
        raise _invalid("it is too long", "size")
    if not FORM.fullmatch(token):
        raise _invalid("it cannot be read", "form")
    algorithm, kid = _header(token.partition(".")[0])
    configured = settings.current()
    if algorithm == OWN_ALGORITHM:
        key = _own_key(configured.signing_key)
    else:
        key = await _provider_key(algorithm, kid)
    said = _signed(token, key)
    _check_meant(said, configured.jwt_audience, configured.jwt_issuer)
    signed = _read(said)
    _check_times(signed, at.timestamp())
    return signed.claims


@lru_cache(maxsize=1)
def _own_key(secret: str) -> jwt.PyJWK:
    encoded = base64url_encode(secret.encode()).decode()
    return jwt.PyJWK({"kty": "oct", "k": encoded, "alg": OWN_ALGORITHM})


@lru_cache(maxsize=256)
def _header(segment: str) -> tuple[str, str | None]:
    """Algorithm and key's name from a token's first part, which nobody has vouched for yet.

    Raises Unauthenticated.
    """
    try:
        header = json.loads(base64url_decode(segment.encode("ascii")))
    except (ValueError, RecursionError):
        raise _invalid("it cannot be read", "form") from None
    if not isinstance(header, dict) or not REFUSED.isdisjoint(header):
        raise _invalid("its header is not accepted", "header")
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None):
        raise _invalid("its header is not accepted", "header")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in TYPES:
        raise _invalid("it is a token of another kind", "type")
    return algorithm, kid


async def _provider_key(algorithm: str, kid: str | None) -> jwt.PyJWK:
    url = settings.current().jwt_jwks_url
    if url is None or algorithm not in jwks.ALGORITHMS.values():
        raise _invalid("its algorithm is not accepted", "algorithm")
    if not kid:
        raise _invalid("it names no key", "key")
    return await jwks.provider(url).key(algorithm, kid)


def _signed(token: str, key: jwt.PyJWK) -> dict[str, Any]:
    """What the token says, once its signature was found right. Raises Unauthenticated.

    By PyJWT's algorithms and keys, without its `decode`, which reads the header again and
    prepares the key again: ten times the work.
    """
    signed, _, signature = token.rpartition(".")
    try:
        if not key.Algorithm.verify(signed.encode(), key.key, base64url_decode(signature)):
            raise _invalid("its signature is wrong", "signature")
        said = json.loads(base64url_decode(signed.partition(".")[2]))
    except (ValueError, RecursionError):
        raise _invalid("it cannot be read", "form") from None
    if not isinstance(said, dict):
        raise _invalid("it cannot be read", "form")
    return said


def _check_meant(said: dict[str, Any], audience: str | None, issuer: str | None) -> None:
    """Raises Unauthenticated for a token that was not made for us, or not by whom we trust."""
    meant = said.get("aud")
    several = meant if isinstance(meant, list) else [meant]
    # Where no audience is set, a token that has one is meant for somebody else.
    if (audience in several) if audience else not meant:
        if issuer is None or said.get("iss") == issuer:
            return
        raise _invalid("it comes from another issuer", "issuer")
    raise _invalid("it is meant for another audience", "audience")


def _read(said: dict[str, Any]) -> Signed:
    if any(said.get(name) is None for name in ("sub", "account", "exp")):
        raise _invalid("a claim that is required is missing", "claims")
    expires, *others = said["exp"], said.get("nbf"), said.get("iat")
    if not all(time is None or _is_time(time) for time in (expires, *others)):
        raise _invalid("its times must be numbers", "claims")
    if not _is_name(said["sub"]) or not _is_name(said["account"]):
        raise _invalid("sub and account must be strings", "claims")
    return Signed(Claims(said["sub"], said["account"]), expires, *others)


def _check_times(signed: Signed, now: float) -> None:
    if signed.expires + SKEW <= now:
        raise Unauthenticated("The token has expired.", "expired")
    if signed.not_before is not None and signed.not_before - SKEW > now:
        raise Unauthenticated("The token is not valid yet.", "not yet valid")
    # Issued later than now: a clock was set back, which signs nobody out, and lengthens nothing.
    issued = now + SKEW if signed.issued is None else min(signed.issued, now + SKEW)
    if signed.expires - issued > MAX_LIFETIME.total_seconds():
        raise _invalid("it lives longer than 24 hours", "lifetime")


def _is_time(value: object) -> bool:
    # The bound keeps out infinities, NaN, and integers that no float can hold.
    return type(value) in (int, float) and abs(value) < MAX_TIME  # type: ignore[arg-type]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and text.is_storable(value)


def _invalid(why: str, reason: str) -> Unauthenticated:
    return Unauthenticated(f"The token is not valid: {why}.", reason)
