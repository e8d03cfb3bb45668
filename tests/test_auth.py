"""Who is let in: bearer tokens of our own and of the vendor's identity provider, and links."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from services import auth, clock
from tests import samples
from tests.world import World

KEY = "a key for tests, thirty-two bytes or more"
NOW = int(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86_400
VIEWER = "{ viewer { email } }"

Claims = dict[str, Any]


def claims(**changes: Any) -> Claims:
    """What a good token says, with some of it replaced; ... leaves a claim out."""
    good = {"sub": "ada@acme.example", "account": "acme", "exp": NOW + HOUR}
    return {name: value for name, value in (good | changes).items() if value is not ...}


def signed(algorithm: str = "HS256", key: Any = KEY, kid: str | None = None, **given: Any) -> str:
    """A token with the claims given."""
    headers = {"kid": kid} if kid else None
    return jwt.encode(claims(**given), key, algorithm, headers=headers)


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


# --- tokens of our own --------------------------------------------------------------------

GOOD: dict[str, Claims] = {
    "plain": {},
    "e-mail in another case": {"sub": "ADA@Acme.Example"},
    "times with fractions": {"exp": NOW + 0.5, "iat": NOW - 0.5, "nbf": NOW - 0.5},
    "valid from now on": {"nbf": NOW},
    "24 hours": {"iat": NOW, "exp": NOW + DAY},
    "the last second of 24 hours": {"iat": NOW + 1 - DAY, "exp": NOW + 1},
    "a provider's clock that is ahead": {"iat": NOW + 5},
    "claims that we do not know": {"name": "Ada", "scope": ["all"], "jti": "1"},
    "an audience, where none is set": {"aud": "someone", "iss": "somebody"},
}


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
async def test_a_good_token_lets_its_user_in(sqlite_world: World, given: Claims) -> None:
    await sqlite_world.load()
    assert await let_in(sqlite_world, signed(**given)) == "ada@acme.example"


BAD: dict[str, Claims] = {
    "expired": {"exp": NOW - 1},
    "expired this instant": {"exp": NOW},
    "not valid yet": {"nbf": NOW + 1},
    "without exp": {"exp": ...},
    "without sub": {"sub": ...},
    "without account": {"account": ...},
    "longer than 24 hours from now": {"exp": NOW + DAY + 1},
    "longer than 24 hours from iat": {"iat": NOW - HOUR, "exp": NOW - HOUR + DAY + 1},
    "issued in the future for longer": {"iat": NOW + HOUR, "exp": NOW + HOUR + DAY},
    "exp as text": {"exp": str(NOW + HOUR)},
    "exp null": {"exp": None},
    "exp true": {"exp": True},
    "exp a list": {"exp": [NOW + HOUR]},
    "exp NaN": {"exp": float("nan")},
    "exp without end": {"exp": float("inf")},
    "exp beyond floats": {"exp": 10**400},
    "nbf NaN": {"nbf": float("nan")},
    "iat NaN": {"iat": float("nan")},
    "iat as text": {"iat": "now"},
    "iat without beginning": {"iat": float("-inf")},
    "sub a number": {"sub": 1},
    "sub a list": {"sub": ["ada@acme.example"]},
    "sub empty": {"sub": ""},
    "account a number": {"account": 1},
    "account null": {"account": None},
    "unknown user": {"sub": "who@acme.example"},
    "unknown account": {"account": "nobody"},
    "account in another case": {"account": "ACME"},
    "user of another account": {"sub": "eve@rival.example"},
    "disabled user": {"sub": "dora@acme.example"},
}


async def load(world: World) -> None:
    """The sample account with a disabled user, and a rival with a user of its own."""
    dora = {"email": "dora@acme.example", "name": "Dora", "status": "DISABLED"}
    eve = {"email": "eve@rival.example", "name": "Eve", "billing_administrator": True}
    rival = samples.account(code="rival", users=[eve], seat_groups=[])
    await world.load(samples.account(users=[*samples.USERS, dora]), rival)


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
async def test_a_bad_token_lets_nobody_in(sqlite_world: World, given: Claims) -> None:
    await load(sqlite_world)
    assert await kept_out(sqlite_world, f"Bearer {signed(**given)}")


@pytest.mark.parametrize(
    "given",
    [
        {"sub": "ada\0@acme.example"},
        {"account": "acme\0"},
        {"sub": "ada\ud800@acme.example"},
        {"account": "acme\ud800"},
    ],
    ids=["null in sub", "null in account", "half a character in sub", "and in account"],
)
async def test_names_that_no_database_can_hold_let_nobody_in(world: World, given: Claims) -> None:
    await world.load()
    assert await kept_out(world, f"Bearer {signed(**given)}")


async def test_what_a_stranger_is_told_does_not_tell_who_exists(sqlite_world: World) -> None:
    await load(sqlite_world)
    names = ("unknown user", "unknown account", "user of another account", "disabled user")
    told = {await kept_out(sqlite_world, f"Bearer {signed(**BAD[name])}") for name in names}
    assert len(told) == 1


def assembled(header: Claims, sign: Callable[[bytes], bytes], body: Claims | None = None) -> str:
    """A token made by hand: no library would sign with what an attacker has."""
    parts = [json.dumps(part).encode() for part in (header, claims() if body is None else body)]
    text = b".".join(map(base64url_encode, parts))
    return f"{text.decode()}.{base64url_encode(sign(text)).decode()}"


def unsigned(algorithm: str) -> str:
    return assembled({"alg": algorithm}, lambda text: b"")


def hmac_with(key: bytes) -> Callable[[bytes], bytes]:
    return lambda text: hmac.digest(key, text, hashlib.sha256)


def tampered() -> str:
    """A good token's signature under another user's name."""
    header, _, signature = signed().split(".")
    _, body, _ = signed(sub="olga@acme.example").split(".")
    return f"{header}.{body}.{signature}"


FORGED: dict[str, Callable[[], str]] = {
    "unsigned": lambda: unsigned("none"),
    "unsigned, in capitals": lambda: unsigned("NONE"),
    "unsigned, said to be signed": lambda: unsigned("HS256"),
    "signed with another key": lambda: signed(key="another key of thirty-two bytes or more"),
    "signed with an empty key": lambda: assembled({"alg": "HS256"}, hmac_with(b"")),
    "signed for no algorithm": lambda: assembled({}, hmac_with(KEY.encode())),
    "signed for a list of algorithms": lambda: assembled(
        {"alg": ["HS256"]}, hmac_with(KEY.encode())
    ),
    "HS384": lambda: signed("HS384", KEY + KEY),
    "HS512": lambda: signed("HS512", KEY + KEY),
    "another user's claims": tampered,
    "without its signature": lambda: signed().rpartition(".")[0] + ".",
    "with a critical extension that we do not know": lambda: jwt.encode(
        claims(), KEY, "HS256", headers={"crit": ["x-new"], "x-new": True}
    ),
    "a key of the provider's kind": lambda: signed("RS256", rsa_key()),
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
async def test_a_forged_token_lets_nobody_in(sqlite_world: World, token: Callable[[], str]) -> None:
    await sqlite_world.load()
    assert await kept_out(sqlite_world, f"Bearer {token()}")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer a.b.c",
        "Bearer ..",
        "Bearer bnVsbA.bnVsbA.bnVsbA",
        "Bearer eyJhbGciOlsxXX0.e30.AAAA",
        "Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6MX0.e30.AAAA",
        "Basic YWRhOmFkYQ==",
        f"Token {signed()}",
        signed(),
        f"Bearer {signed()} {signed()}",
        f"Bearer {signed()[:-2]}",
        f"Bearer {'x' * 20_000}",
        b"Bearer \xff\xfe\xfd",
        "Bearer ä.ö.ü",
    ],
)
async def test_a_header_that_holds_no_token_lets_nobody_in(
    sqlite_world: World, header: str | bytes | None
) -> None:
    await sqlite_world.load()
    assert await kept_out(sqlite_world, header)


async def test_the_scheme_is_read_in_any_case(sqlite_world: World) -> None:
    await sqlite_world.load()
    answer = await sent(sqlite_world, f"bEARER {signed()}")
    assert answer["data"] == {"viewer": {"email": "ada@acme.example"}}


async def test_a_disabled_user_is_out_at_the_next_request(world: World) -> None:
    await world.load()
    paul, ada = world.client("paul"), world.client("ada")
    await paul.data(VIEWER)
    await ada.do("disableUser", userId=await ada.id_of("user", "paul@acme.example"))
    assert await paul.code(VIEWER) == "UNAUTHENTICATED"


async def test_the_product_s_clock_decides_when_a_token_expires(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    sqlite_world.at("2026-07-01T12:59:59")
    await ada.data(VIEWER)
    sqlite_world.at("2026-07-01T13:00:00")
    assert await ada.code(VIEWER) == "UNAUTHENTICATED"


@pytest.mark.parametrize("seconds", [0, -1, DAY + 1])
def test_no_token_is_issued_that_would_be_refused(seconds: int) -> None:
    with pytest.raises(ValueError, match="between 1 second and 24 hours"):
        auth.issue_token("acme", "ada@acme.example", timedelta(seconds=seconds), clock.now())


# --- audience and issuer ------------------------------------------------------------------


async def test_a_token_of_our_own_names_the_audience_and_the_issuer(sqlite_world: World) -> None:
    await sqlite_world.load()
    sqlite_world.setting("JWT_AUDIENCE", "seatwise")
    sqlite_world.setting("JWT_ISSUER", "vendor")
    assert await let_in(sqlite_world, sqlite_world.client("ada").token or "")


@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ("JWT_AUDIENCE", {"aud": "someone"}),
        ("JWT_AUDIENCE", {}),
        ("JWT_AUDIENCE", {"aud": ["someone", 1]}),
        ("JWT_AUDIENCE", {"aud": {"seatwise": True}}),
        ("JWT_ISSUER", {"iss": "somebody"}),
        ("JWT_ISSUER", {}),
        ("JWT_ISSUER", {"iss": "seatwise/"}),
    ],
)
async def test_a_token_for_another_audience_or_of_another_issuer_lets_nobody_in(
    sqlite_world: World, setting: str, given: Claims
) -> None:
    await sqlite_world.load()
    sqlite_world.setting(setting, "seatwise")
    assert await kept_out(sqlite_world, f"Bearer {signed(**given)}")


async def test_an_audience_may_be_one_of_several(sqlite_world: World) -> None:
    await sqlite_world.load()
    sqlite_world.setting("JWT_AUDIENCE", "seatwise")
    assert await let_in(sqlite_world, signed(aud=["other", "seatwise"]))


# --- links are no tokens ------------------------------------------------------------------


async def test_a_link_s_signature_is_no_bearer_token(sqlite_world: World) -> None:
    await sqlite_world.load()
    link = auth.sign_link(auth.Link(uuid4(), uuid4()), clock.now())
    assert await kept_out(sqlite_world, f"Bearer {link}")


def test_a_bearer_token_opens_no_link() -> None:
    forged = signed(a=uuid4().hex, i=uuid4().hex)
    assert auth.open_link(forged, datetime(2026, 7, 1, 12, tzinfo=UTC)) is None


# --- tokens of the vendor's identity provider ---------------------------------------------


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
        self.answer = json.dumps(published()).encode()
        self.asked = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(provider.answer)

            def log_message(self, *given: object) -> None:
                """Nothing: the tests' output is theirs."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider that serves its keys as long as the test runs."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    provider = Provider()
    thread = Thread(target=provider.server.serve_forever, args=(0.01,))
    thread.start()
    yield provider
    provider.server.shutdown()
    thread.join()
    provider.server.server_close()


@pytest.fixture
async def trusting(sqlite_world: World, provider: Provider) -> World:
    """A world that accepts the provider's tokens."""
    await sqlite_world.load()
    sqlite_world.setting("JWT_JWKS_URL", provider.url)
    return sqlite_world


SIGNERS: dict[str, Callable[[], str]] = {
    "RS256": lambda: signed("RS256", rsa_key(), "rsa"),
    "ES256": lambda: signed("ES256", elliptic_key(), "elliptic"),
    "EdDSA": lambda: signed("EdDSA", edwards_key(), "edwards"),
}


@pytest.mark.parametrize("token", SIGNERS.values(), ids=SIGNERS)
async def test_a_token_of_the_provider_lets_its_user_in(
    trusting: World, token: Callable[[], str]
) -> None:
    assert await let_in(trusting, token()) == "ada@acme.example"


async def test_tokens_of_our_own_go_on_working_beside_the_provider_s(trusting: World) -> None:
    assert await let_in(trusting, signed()) == "ada@acme.example"


async def test_the_provider_s_keys_are_fetched_once(trusting: World, provider: Provider) -> None:
    for token in SIGNERS.values():
        await let_in(trusting, token())
    assert provider.asked == 1


@pytest.mark.parametrize("token", SIGNERS.values(), ids=SIGNERS)
async def test_without_the_setting_the_provider_s_tokens_let_nobody_in(
    sqlite_world: World, token: Callable[[], str]
) -> None:
    await sqlite_world.load()
    assert await kept_out(sqlite_world, f"Bearer {token()}")


def public_forms() -> list[bytes]:
    key = rsa_key().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return [pem, pem.strip(), json.dumps(published()["keys"][0]).encode()]


async def test_the_provider_s_public_key_is_no_secret_to_sign_with(trusting: World) -> None:
    for secret in public_forms():
        token = assembled({"alg": "HS256", "kid": "rsa"}, hmac_with(secret))
        assert await kept_out(trusting, f"Bearer {token}")


STRANGE: dict[str, Callable[[], str]] = {
    "an unknown kid": lambda: signed("RS256", rsa_key(), "gone"),
    "no kid": lambda: signed("RS256", rsa_key()),
    "another RSA key": lambda: signed("RS256", rsa.generate_private_key(65537, 2048), "rsa"),
    "another elliptic key": lambda: signed(
        "ES256", ec.generate_private_key(ec.SECP256R1()), "elliptic"
    ),
    "the kid of a key of another kind": lambda: signed("RS256", rsa_key(), "elliptic"),
    "the kid of yet another kind": lambda: signed("EdDSA", edwards_key(), "rsa"),
    "RS512": lambda: signed("RS512", rsa_key(), "rsa"),
    "PS256": lambda: signed("PS256", rsa_key(), "rsa"),
    "expired": lambda: signed("RS256", rsa_key(), "rsa", exp=NOW),
    "longer than 24 hours": lambda: signed("RS256", rsa_key(), "rsa", exp=NOW + DAY + 1),
    "our secret, said to be RS256": lambda: assembled(
        {"alg": "RS256", "kid": "rsa"}, hmac_with(KEY.encode())
    ),
}


@pytest.mark.parametrize("token", STRANGE.values(), ids=STRANGE)
async def test_what_the_provider_did_not_sign_so_lets_nobody_in(
    trusting: World, token: Callable[[], str]
) -> None:
    assert await kept_out(trusting, f"Bearer {token()}")


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"keys": []}', b'{"keys": [{}]}'])
async def test_a_provider_that_answers_nonsense_lets_nobody_in(
    trusting: World, provider: Provider, answer: bytes
) -> None:
    provider.answer = answer
    assert await kept_out(trusting, f"Bearer {SIGNERS['RS256']()}")


async def test_a_provider_that_is_away_lets_nobody_in_and_keeps_nobody_else_out(
    trusting: World,
) -> None:
    trusting.setting("JWT_JWKS_URL", "http://127.0.0.1:1/keys")
    assert await kept_out(trusting, f"Bearer {SIGNERS['RS256']()}")
    assert await let_in(trusting, signed())
