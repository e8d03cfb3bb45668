"""Tokens to sign in with, good and bad, and an identity provider on this machine."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from tests.world import World

KEY = "a key for tests, thirty-two bytes or more"
NOW = int(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86_400
SKEW = 60
"""Seconds by which another host's clock may differ."""
VIEWER = "{ viewer { email } }"

Claims = dict[str, Any]


def claims(**changes: Any) -> Claims:
    """What a good token says, with some of it replaced; ... leaves a claim out."""
    good = {"sub": "ada@acme.example", "account": "acme", "exp": NOW + HOUR}
    return {name: value for name, value in (good | changes).items() if value is not ...}


def signed(
    algorithm: str = "HS256",
    key: Any = KEY,
    kid: str | None = None,
    headers: Claims | None = None,
    **given: Any,
) -> str:
    """A token with the claims given, and with headers besides its algorithm."""
    named = {"kid": kid} if kid else {}
    return encoded({"typ": "JWT", **named, **(headers or {})}, algorithm, key, claims(**given))


def encoded(headers: Claims, algorithm: str, key: Any, body: Claims) -> str:
    """A token put together by hand: a library would refuse to make many of them."""
    method = jwt.get_algorithm_by_name(algorithm)
    header = {"alg": algorithm} | {name: v for name, v in headers.items() if v is not None}
    return assembled(header, lambda text: method.sign(text, method.prepare_key(key)), body)


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def elliptic_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def edwards_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


async def sent(world: World, authorization: str | bytes | None) -> dict[str, Any]:
    """The answer to a query with the header."""
    value = authorization.encode() if isinstance(authorization, str) else authorization
    headers = {} if value is None else {b"Authorization": value}
    response = await world.http.post("/graphql", json={"query": VIEWER}, headers=headers)
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


async def let_in(world: World, token: str) -> str:
    """The e-mail of the user that the token lets in."""
    answer = await sent(world, f"Bearer {token}")
    assert "errors" not in answer, answer
    email: str = answer["data"]["viewer"]["email"]
    return email


async def kept_out(world: World, authorization: str | bytes | None) -> str:
    """The reason why the header lets nobody in."""
    answer = await sent(world, authorization)
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}, error
    message: str = error["message"]
    return message


def assembled(header: Any, sign: Callable[[bytes], bytes], body: Claims | None = None) -> str:
    """A token made by hand: no library would sign with what an attacker has."""
    parts = [json.dumps(part).encode() for part in (header, claims() if body is None else body)]
    text = b".".join(map(base64url_encode, parts))
    return f"{text.decode()}.{base64url_encode(sign(text)).decode()}"


def hmac_with(key: bytes) -> Callable[[bytes], bytes]:
    return lambda text: hmac.digest(key, text, hashlib.sha256)


def published() -> dict[str, Any]:
    """The provider's public keys, as it publishes them."""
    keys: dict[str, Any] = {
        "rsa": RSAAlgorithm.to_jwk(rsa_key().public_key(), as_dict=True),
        "elliptic": ECAlgorithm.to_jwk(elliptic_key().public_key(), as_dict=True),
        "edwards": OKPAlgorithm.to_jwk(edwards_key().public_key(), as_dict=True),
    }
    return {"keys": [{**key, "kid": kid, "use": "sig"} for kid, key in keys.items()]}


class Provider:
    """An identity provider on this machine: what it answers, and how often it was asked."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = published()["keys"]
        self.body: bytes | None = None
        self.status = 200
        self.headers: dict[str, str] = {}
        self.going = Event()
        self.going.set()
        self.asked = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                provider.going.wait(20)
                asked = self.path == "/keys"
                with suppress(OSError):  # whoever asked need not wait
                    self.send_response(provider.status if asked else 200)
                    for name, value in provider.headers.items() if asked else ():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(provider.answer)

            def log_message(self, *given: object) -> None:
                """Nothing: the tests' output is theirs."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"

    @property
    def answer(self) -> bytes:
        """The body of an answer."""
        return json.dumps({"keys": self.keys}).encode() if self.body is None else self.body


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider that serves its keys."""
    provider = Provider()
    thread = Thread(target=provider.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield provider
    finally:
        provider.going.set()
        provider.server.shutdown()
        thread.join()
        provider.server.server_close()
