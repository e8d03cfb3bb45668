"""Hostile tokens: none that opens anything, and none that costs anything."""

import base64
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.hostile.documents import Cases
from tests.hostile.served import KEY
from tests.hostile.wire import request

NOW = 1_782_907_200
"""2026-07-01T12:00:00Z, the time of the server."""

CLAIMS: dict[str, Any] = {"sub": "ada@acme.example", "account": "acme", "exp": NOW + 3600}
WRONG = KEY[::-1]


def part(value: object) -> str:
    """A part of a token."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def unsigned(header: object, claims: object = CLAIMS, signature: str = "") -> str:
    """A token that nobody signed."""
    return f"{part(header)}.{part(claims)}.{signature}"


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str = "HS256", **header: Any) -> str:
    """A signed token."""
    return jwt.encode(claims, key, algorithm, headers=header)


def bearing(authorization: str) -> bytes:
    """A request with the header."""
    return request("GET", "/graphql?query={account{name}}", f"Authorization: {authorization}")


GOOD = signed(CLAIMS)
HEAD, BODY, SIGNATURE = GOOD.split(".")
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
JWK = {"kty": "oct", "k": part(WRONG.encode())}

FORGED = {
    "none": unsigned({"alg": "none", "typ": "JWT"}),
    "None": unsigned({"alg": "None"}),
    "NONE with a signature": unsigned({"alg": "NONE"}, signature=SIGNATURE),
    "nOnE": unsigned({"alg": "nOnE"}),
    "no algorithm": unsigned({"typ": "JWT"}, signature=SIGNATURE),
    "an algorithm that is null": unsigned({"alg": None}, signature=SIGNATURE),
    "an algorithm that is a list": unsigned({"alg": ["HS256", "none"]}, signature=SIGNATURE),
    "an algorithm that is an object": unsigned({"alg": {}}, signature=SIGNATURE),
    "an empty algorithm": unsigned({"alg": ""}),
    "HS384": signed(CLAIMS, algorithm="HS384"),
    "HS512": signed(CLAIMS, algorithm="HS512"),
    "RS256": signed(CLAIMS, RSA, "RS256"),
    "PS256": signed(CLAIMS, RSA, "PS256"),
    "ES256": signed(CLAIMS, EC, "ES256"),
    "an empty key": signed(CLAIMS, WRONG).rpartition(".")[0] + ".",
    "a wrong key": signed(CLAIMS, WRONG),
    "no signature": f"{HEAD}.{BODY}.",
    "a signature cut short": GOOD[:-4],
    "other claims": f"{HEAD}.{part(CLAIMS | {'sub': 'adam@acme.example'})}.{SIGNATURE}",
    "jku": signed(CLAIMS, WRONG, jku="http://127.0.0.1:1/keys.json"),
    "x5u": signed(CLAIMS, WRONG, x5u="http://127.0.0.1:1/cert.pem"),
    "x5c": signed(CLAIMS, WRONG, x5c=["MIIB"]),
    "jwk": signed(CLAIMS, WRONG, jwk=JWK),
    "kid: a path": signed(CLAIMS, "\0" * 64, kid="../../../../dev/null"),
    "kid: SQL": signed(CLAIMS, WRONG, kid="' UNION SELECT 'a' --"),
    "kid: a command": signed(CLAIMS, WRONG, kid="|sleep 9"),
    "kid: 7,000 letters": signed(CLAIMS, WRONG, kid="a" * 7_000),
    "kid: an object": unsigned({"alg": "HS256", "kid": {"a": 1}}, signature=SIGNATURE),
    "crit": unsigned({"alg": "HS256", "crit": ["exp"]}, signature=SIGNATURE),
    "b64": unsigned({"alg": "HS256", "b64": False, "crit": ["b64"]}, signature=SIGNATURE),
    "zip": unsigned({"alg": "HS256", "zip": "DEF"}, signature=SIGNATURE),
    "encrypted": ".".join([part({"alg": "dir", "enc": "A256GCM"}), "", "a", "b", "c"]),
    "a header that is a list": unsigned(["HS256"], signature=SIGNATURE),
    "a header that is a number": unsigned(1, signature=SIGNATURE),
    "a header that is no JSON": f"{part(b'{')}.{BODY}.{SIGNATURE}",
    "a header in UTF-16": f"{part(json.dumps({'alg': 'HS256'}).encode('utf-16'))}.{BODY}.{SIGNATURE}",
    "a header nested without end": f"{part(b'[' * 5_000)}.{BODY}.{SIGNATURE}",
    "claims nested without end": f"{HEAD}.{part(b'[' * 5_000)}.{SIGNATURE}",
    "claims that are a list": signed({"a": 1}).split(".")[0] + f".{part([1])}.{SIGNATURE}",
    "many dots": "." * 7_000,
    "dots between": ".".join(GOOD),
    "one part": "a",
    "seven parts": "a.b.c.d.e.f.g",
    "no base64": "$$$.%%%.&&&",
    "8 kB": "a" * 8_000,
    "500 kB": "a" * 500_000,
    "500 kB of a header": unsigned({"alg": "HS256", "a": "x" * 400_000}, signature=SIGNATURE),
    "expired": signed(CLAIMS | {"exp": NOW - 3600}),
    "for ever": signed(CLAIMS | {"exp": 2**40}),
    "no end": signed({key: CLAIMS[key] for key in ("sub", "account")}),
    "an end that is text": unsigned({"alg": "HS256"}, CLAIMS | {"exp": "9999999999"}, SIGNATURE),
    "an end at infinity": signed(CLAIMS | {"exp": 1e308}),
    "not yet": signed(CLAIMS | {"nbf": NOW + 3000}),
    "no user": signed(CLAIMS | {"sub": ""}),
    "a user that is SQL": signed(CLAIMS | {"sub": "' OR '1'='1"}),
    "a user that is a pattern": signed(CLAIMS | {"sub": "%"}),
    "a user with a NUL": signed(CLAIMS | {"sub": "ada@acme.example\0"}),
    "an account that is SQL": signed(CLAIMS | {"account": "acme' --"}),
    "an account that is a list": signed(CLAIMS | {"account": ["acme"]}),
    "an account that is an object": signed(CLAIMS | {"account": {"$ne": None}}),
    "an account of 5,000 letters": signed(CLAIMS | {"account": "a" * 5_000}),
}

HEADERS = {
    "Basic": "Basic YWRhOmFkYQ==",
    "Digest": 'Digest username="ada"',
    "nothing": "",
    "Bearer alone": "Bearer",
    "Bearer and blanks": "Bearer      ",
    "two tokens": f"Bearer {FORGED['none']} {FORGED['none']}",
    "a token in quotes": f'Bearer "{GOOD}"',
    "a good one behind a comma": f"Bearer a, Bearer {GOOD}",
    "another scheme for a good one": f"Token {GOOD}",
    "a letter that is no ASCII": "Bearer \u00e9\u00e9\u00e9",
}

TOKENS: Cases = {name: bearing(f"Bearer {token}") for name, token in FORGED.items()} | {
    f"header: {name}": bearing(given) for name, given in HEADERS.items()
}

KINDS = {"tokens": TOKENS}
