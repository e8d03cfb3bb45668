"""The identity provider's keys (JWKS): fetched when a token asks for one, kept, and bounded.

Whatever tokens come, the provider is asked by one request at a time, and at most once in
PAUSE seconds: an unknown `kid` has it asked again, so that a new key works at once, and a
flood of made-up ones does not become a flood of requests. While the provider is away its
keys go on working, for an hour at most.
"""

import asyncio
import logging
from collections.abc import Mapping
from functools import lru_cache
from ssl import SSLContext
from time import monotonic
from typing import Any

import httpx
import jwt
import orjson

from services.errors import Unauthenticated

log = logging.getLogger(__name__)

LIFESPAN = 300
"""Seconds for which keys are used before the provider is asked again."""

STALE = 3600
"""Seconds for which they are used where the provider does not answer."""

PAUSE = 10
"""Seconds between two requests to the provider, at least."""

TIMEOUT = 5
"""Seconds that a request to the provider may take, as a whole."""

MAX_SIZE = 256 * 1024
"""The largest answer that is read, in bytes."""

MAX_KEYS = 100
"""The most keys that an answer may hold."""

RSA_BITS = range(2048, 8193)
"""How long an RSA key may be: a shorter one is weak, a longer one slow."""

ALGORITHMS: Mapping[tuple[str, str | None], str] = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}
"""The one algorithm of each kind of key: a token cannot choose another."""

FAILURES = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError)
"""What a provider that is away, or answers nonsense, raises."""

Keys = dict[tuple[str, str], jwt.PyJWK]
"""Keys by their algorithm and `kid`."""


class Provider:
    """An identity provider and what is known of its keys."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: Keys = {}
        self.fetched_at = self.asked_at = float("-inf")
        self.failed = False
        self.asking: asyncio.Task[None] | None = None

    async def key(self, algorithm: str, kid: str) -> jwt.PyJWK:
        """The key that has the name and is of the algorithm's kind. Raises Unauthenticated."""
        known = self.keys.get((algorithm, kid))
        if known is None or monotonic() - self.fetched_at > LIFESPAN:
            # Nobody waits for a provider that is away where its key is known.
            await self._refresh(wait=known is None or not self.failed)
            known = self.keys.get((algorithm, kid))
        if known is None or monotonic() - self.fetched_at > STALE:
            raise Unauthenticated("The token is not valid: its key is not known.", "key")
        return known

    async def _refresh(self, *, wait: bool) -> None:
        if self.asking is None and monotonic() - self.asked_at >= PAUSE:
            self.asked_at = monotonic()
            self.asking = asyncio.create_task(self._ask())
        if self.asking is not None and wait:
            # Others wait for the same answer: a client that hangs up must not end it.
            await asyncio.shield(self.asking)

    async def _ask(self) -> None:
        try:
            self.keys = usable(await fetch(self.url))
            self.fetched_at, self.failed = monotonic(), False
        except FAILURES as error:
            self.failed = True
            log.warning("jwks.failed error=%.200r", error)
        finally:
            self.asking = None


@lru_cache(maxsize=1)
def provider(url: str) -> Provider:
    """The provider with the URL, and what this process knows of it."""
    return Provider(url)


async def fetch(url: str) -> bytes:
    """What is at the URL. Raises one of FAILURES; redirects are not followed."""
    trusted = await asyncio.to_thread(_trusted)
    # An encoding could make much of a small answer.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    body = bytearray()
    async with (
        asyncio.timeout(TIMEOUT),
        httpx.AsyncClient(verify=trusted, timeout=TIMEOUT) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        if response.status_code != 200 or "content-encoding" in response.headers:
            raise ValueError(f"an answer of status {response.status_code}, or encoded")
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_SIZE:
                raise ValueError(f"an answer of more than {MAX_SIZE} bytes")
    return bytes(body)


@lru_cache(maxsize=1)
def _trusted() -> SSLContext:
    """Whom to trust with TLS; to read it takes a while."""
    return httpx.create_ssl_context()


def usable(body: bytes) -> Keys:
    """Those of the published keys that a token may be signed with.

    Raises ValueError for what is no key set, or too large a one.
    """
    published = orjson.loads(body)
    listed = published.get("keys") if isinstance(published, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise ValueError(f"no set of at most {MAX_KEYS} keys")
    keys: Keys = {}
    for jwk in listed:
        key = _usable(jwk) if isinstance(jwk, dict) else None
        if key is not None:
            keys.setdefault((key.algorithm_name, jwk["kid"]), key)
    return keys


def _usable(jwk: Mapping[str, Any]) -> jwt.PyJWK | None:
    kid, kind, curve = (jwk.get(name) for name in ("kid", "kty", "crv"))
    if not isinstance(kid, str) or not isinstance(kind, str) or not isinstance(curve, str | None):
        return None
    algorithm = ALGORITHMS.get((kind, curve))
    operations = jwk.get("key_ops", ["verify"])
    for_signatures = isinstance(operations, list) and "verify" in operations
    for_signatures = for_signatures and jwk.get("use", "sig") == "sig"
    # A provider that publishes a private key has no secret to sign with any more.
    if algorithm is None or not for_signatures or "d" in jwk:
        return None
    if jwk.get("alg", algorithm) != algorithm:
        return None
    return _parsed(jwk, algorithm)


def _parsed(jwk: Mapping[str, Any], algorithm: str) -> jwt.PyJWK | None:
    try:
        key = jwt.PyJWK(dict(jwk), algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return key if algorithm != "RS256" or key.key.key_size in RSA_BITS else None
