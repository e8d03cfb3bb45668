"""Tokens of the vendor's identity provider, and how its keys are come by."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from services import jwks, settings
from services.errors import OperatorError
from tests.tokens import (
    DAY,
    HOUR,
    KEY,
    NOW,
    SKEW,
    Claims,
    Provider,
    assembled,
    edwards_key,
    elliptic_key,
    hmac_with,
    kept_out,
    let_in,
    published,
    rsa_key,
    serving,
    signed,
)
from tests.world import World


class Time:
    """The machine's clock, as far as the provider's keys go by it: it stands still."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(jwks, "monotonic", time)
    return time


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider that serves its keys as long as the test runs."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    jwks.provider.cache_clear()
    with serving() as provider:
        yield provider


@pytest.fixture
async def trusting(sqlite_world: World, provider: Provider, time: Time) -> World:
    """A world that accepts the provider's tokens."""
    await sqlite_world.load()
    sqlite_world.setting("JWT_JWKS_URL", provider.url)
    return sqlite_world


SIGNERS: dict[str, Callable[..., str]] = {
    "RS256": lambda **given: signed("RS256", rsa_key(), "rsa", **given),
    "ES256": lambda **given: signed("ES256", elliptic_key(), "elliptic", **given),
    "EdDSA": lambda **given: signed("EdDSA", edwards_key(), "edwards", **given),
}
GOOD = SIGNERS["ES256"]


def bearer(token: str) -> str:
    return f"Bearer {token}"


# --- tokens -------------------------------------------------------------------------------


@pytest.mark.parametrize("token", SIGNERS.values(), ids=SIGNERS)
async def test_a_token_of_the_provider_lets_its_user_in(
    trusting: World, token: Callable[..., str]
) -> None:
    assert await let_in(trusting, token()) == "ada@acme.example"


async def test_tokens_of_our_own_go_on_working_beside_the_provider_s(
    trusting: World, provider: Provider
) -> None:
    assert await let_in(trusting, signed()) == "ada@acme.example"
    assert provider.asked == 0


@pytest.mark.parametrize("token", SIGNERS.values(), ids=SIGNERS)
async def test_without_the_setting_the_provider_s_tokens_let_nobody_in(
    sqlite_world: World, token: Callable[..., str]
) -> None:
    await sqlite_world.load()
    assert await kept_out(sqlite_world, bearer(token()))


def public_forms() -> list[bytes]:
    key = rsa_key().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return [pem, pem.strip(), json.dumps(published()["keys"][0]).encode()]


async def test_the_provider_s_public_key_is_no_secret_to_sign_with(trusting: World) -> None:
    for secret in public_forms():
        token = assembled({"alg": "HS256", "kid": "rsa"}, hmac_with(secret))
        assert await kept_out(trusting, bearer(token))


STRANGE: dict[str, Callable[[], str]] = {
    "an unknown kid": lambda: signed("RS256", rsa_key(), "gone"),
    "no kid": lambda: signed("RS256", rsa_key()),
    "an empty kid": lambda: signed("RS256", rsa_key(), headers={"kid": ""}),
    "a kid that is a list": lambda: signed("RS256", rsa_key(), headers={"kid": ["rsa"]}),
    "a kid that is a path": lambda: signed("RS256", rsa_key(), "../../dev/null"),
    "another RSA key": lambda: signed("RS256", rsa.generate_private_key(65537, 2048), "rsa"),
    "another elliptic key": lambda: signed(
        "ES256", ec.generate_private_key(ec.SECP256R1()), "elliptic"
    ),
    "another Edwards key": lambda: signed("EdDSA", ed25519.Ed25519PrivateKey.generate(), "edwards"),
    "the kid of a key of another kind": lambda: signed("RS256", rsa_key(), "elliptic"),
    "the kid of yet another kind": lambda: signed("EdDSA", edwards_key(), "rsa"),
    "RS512": lambda: signed("RS512", rsa_key(), "rsa"),
    "PS256": lambda: signed("PS256", rsa_key(), "rsa"),
    "ES384": lambda: signed("ES384", ec.generate_private_key(ec.SECP384R1()), "elliptic"),
    "unsigned": lambda: assembled({"alg": "none", "kid": "rsa"}, lambda _: b""),
    "expired": lambda: SIGNERS["RS256"](exp=NOW - SKEW),
    "longer than 24 hours": lambda: SIGNERS["RS256"](exp=NOW + DAY + SKEW + 1),
    "for another audience": lambda: SIGNERS["RS256"](aud="somebody"),
    "a key of its own in the header": lambda: signed(
        "RS256",
        rsa_key(),
        "rsa",
        headers={"jwk": RSAAlgorithm.to_jwk(rsa_key().public_key(), as_dict=True)},
    ),
    "an address of keys in the header": lambda: signed(
        "RS256", rsa_key(), "rsa", headers={"jku": "https://evil.example/keys"}
    ),
    "a logout's token": lambda: signed("RS256", rsa_key(), "rsa", headers={"typ": "logout+jwt"}),
    "our secret, said to be RS256": lambda: assembled(
        {"alg": "RS256", "kid": "rsa"}, hmac_with(KEY.encode())
    ),
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("token", STRANGE.values(), ids=STRANGE)
async def test_what_the_provider_did_not_sign_so_lets_nobody_in(
    trusting: World, token: Callable[[], str]
) -> None:
    assert await kept_out(trusting, bearer(token()))


# --- keys ---------------------------------------------------------------------------------


def small_key() -> dict[str, Any]:
    key = rsa.generate_private_key(65537, 1024)
    return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)


def own(kid: str = "rsa") -> dict[str, Any]:
    """The published key of the name."""
    return next(key for key in published()["keys"] if key["kid"] == kid)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in own().items() if key != name}


PRIVATE = RSAAlgorithm.to_jwk(rsa_key(), as_dict=True)
SECRET = {"kty": "oct", "k": base64url_encode(KEY.encode()).decode(), "kid": "rsa", "use": "sig"}
CURVE = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)

UNUSABLE: dict[str, Any] = {
    "for encryption": own() | {"use": "enc"},
    "for no use that we know": own() | {"use": ["sig"]},
    "to sign with": own() | {"key_ops": ["sign"]},
    "with nonsense for its operations": own() | {"key_ops": 1},
    "for another algorithm": own() | {"alg": "RS512"},
    "for padding of another kind": own() | {"alg": "PS256"},
    "without a name": without("kid"),
    "whose name is a number": own() | {"kid": 1},
    "of 1024 bits": small_key() | {"kid": "rsa", "use": "sig"},
    "a private one": PRIVATE | {"kid": "rsa", "use": "sig", "key_ops": ["verify"]},
    "a secret one": SECRET,
    "without its number": without("n"),
    "whose number is a list": own() | {"n": [1]},
    "whose kind is a list": own() | {"kty": ["RSA"]},
    "of another curve": CURVE | {"kid": "rsa", "use": "sig"},
    "a list": ["rsa"],
    "null": None,
}


@pytest.mark.parametrize("key", UNUSABLE.values(), ids=UNUSABLE)
async def test_a_key_that_is_not_for_signatures_of_its_kind_lets_nobody_in(
    trusting: World, provider: Provider, key: Any
) -> None:
    provider.keys = [key, own("elliptic")]
    assert await kept_out(trusting, bearer(SIGNERS["RS256"]()))
    assert await kept_out(trusting, bearer(signed(kid="rsa", key="x" * 64)))
    assert await let_in(trusting, GOOD())


@pytest.mark.parametrize("left_out", ["use", "alg", "key_ops"])
async def test_a_key_need_not_say_what_it_is_for(
    trusting: World, provider: Provider, left_out: str
) -> None:
    whole = own() | {"alg": "RS256", "key_ops": ["verify"]}
    provider.keys = [{name: value for name, value in whole.items() if name != left_out}]
    assert await let_in(trusting, SIGNERS["RS256"]())


async def test_the_provider_s_keys_are_fetched_once(trusting: World, provider: Provider) -> None:
    for token in SIGNERS.values():
        await let_in(trusting, token())
    assert provider.asked == 1


async def test_many_who_need_the_keys_wait_for_one_request(
    trusting: World, provider: Provider
) -> None:
    provider.going.clear()
    waiting = [asyncio.create_task(let_in(trusting, GOOD(jti=str(n)))) for n in range(20)]
    await asyncio.sleep(0.1)
    # Others are served meanwhile, and one who hangs up takes nobody along.
    assert await let_in(trusting, signed())
    waiting.pop(0).cancel()
    provider.going.set()
    assert set(await asyncio.gather(*waiting)) == {"ada@acme.example"}
    assert provider.asked == 1


async def test_a_new_key_works_at_once_and_a_withdrawn_one_after_five_minutes_no_more(
    trusting: World, provider: Provider, time: Time
) -> None:
    fresh = ec.generate_private_key(ec.SECP256R1())
    jwk = ECAlgorithm.to_jwk(fresh.public_key(), as_dict=True) | {"kid": "new", "use": "sig"}
    old, new = GOOD(), signed("ES256", fresh, "new")
    assert await let_in(trusting, old)
    time.now += jwks.PAUSE
    provider.keys = [own("elliptic"), jwk]
    assert await let_in(trusting, new)
    assert provider.asked == 2
    provider.keys = [jwk]
    time.now += jwks.LIFESPAN
    assert await let_in(trusting, old)
    time.now += 1
    assert await kept_out(trusting, bearer(old))
    assert await let_in(trusting, new)
    assert provider.asked == 3


async def test_made_up_names_of_keys_do_not_become_a_flood_of_requests(
    trusting: World, provider: Provider, time: Time
) -> None:
    assert await let_in(trusting, GOOD())
    for seconds in range(3 * jwks.PAUSE):
        time.now += 1
        made_up = [signed("ES256", elliptic_key(), f"made up {seconds}.{n}") for n in range(3)]
        await asyncio.gather(*(kept_out(trusting, bearer(token)) for token in made_up))
    assert provider.asked == 1 + 3
    assert await let_in(trusting, GOOD())


AWAY: dict[str, Claims] = {
    "an error": {"status": 500},
    "a redirect": {"status": 302, "headers": {"Location": "/elsewhere"}},
    "an encoding": {"headers": {"Content-Encoding": "gzip"}},
    "more than is read": {"body": b'{"keys": [' + b" " * jwks.MAX_SIZE + b"]}"},
    "more keys than there can be": {"keys": [{}] * (jwks.MAX_KEYS + 1)},
    "nothing": {"body": b""},
    "a page": {"body": b"<html>"},
    "a list": {"body": b"[]"},
    "no keys": {"body": b"{}"},
    "keys that are none": {"body": b'{"keys": {"rsa": 1}}'},
    "nesting": {"body": b"[" * 100_000},
    "bytes": {"body": b"\xff\xfe"},
}


@pytest.mark.parametrize("given", AWAY.values(), ids=AWAY)
async def test_while_the_provider_is_away_its_keys_work_for_an_hour(
    trusting: World, provider: Provider, time: Time, given: Claims
) -> None:
    began = time.now
    assert await let_in(trusting, GOOD())
    for name, value in given.items():
        setattr(provider, name, value)
    time.now = began + jwks.LIFESPAN + 1
    assert await let_in(trusting, GOOD())
    assert provider.asked == 2
    time.now = began + jwks.STALE
    assert await let_in(trusting, GOOD())
    time.now += jwks.PAUSE
    assert await kept_out(trusting, bearer(GOOD()))
    assert await let_in(trusting, signed())


@pytest.mark.parametrize("given", AWAY.values(), ids=AWAY)
async def test_a_provider_that_answers_nonsense_lets_nobody_in(
    trusting: World, provider: Provider, time: Time, given: Claims
) -> None:
    for name, value in given.items():
        setattr(provider, name, value)
    assert await kept_out(trusting, bearer(GOOD()))
    assert await kept_out(trusting, bearer(GOOD()))
    assert provider.asked == 1
    provider.status, provider.headers, provider.body = 200, {}, None
    provider.keys = published()["keys"]
    assert await kept_out(trusting, bearer(GOOD()))
    time.now += jwks.PAUSE
    assert await let_in(trusting, GOOD())


async def test_nobody_waits_long_for_a_slow_provider_and_once_it_is_known_to_be_nobody_waits(
    trusting: World, provider: Provider, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "TIMEOUT", 0.2)
    assert await let_in(trusting, GOOD())
    provider.going.clear()
    time.now += jwks.LIFESPAN + 1
    async with asyncio.timeout(2):
        assert await let_in(trusting, GOOD())
    time.now += jwks.PAUSE
    monkeypatch.setattr(jwks, "TIMEOUT", 20)
    async with asyncio.timeout(2):
        assert await let_in(trusting, GOOD())


async def test_a_provider_that_is_not_there_keeps_nobody_else_out(
    trusting: World, caplog: pytest.LogCaptureFixture
) -> None:
    trusting.setting("JWT_JWKS_URL", "http://127.0.0.1:1/keys")
    with caplog.at_level(logging.WARNING, logger="services.jwks"):
        assert await kept_out(trusting, bearer(GOOD()))
    assert [record.getMessage()[:22] for record in caplog.records][:1] == ["jwks.failed error=Conn"]
    assert await let_in(trusting, signed())


async def test_audience_and_issuer_of_the_provider_s_tokens_are_checked(trusting: World) -> None:
    trusting.setting("JWT_AUDIENCE", "seatwise")
    trusting.setting("JWT_ISSUER", "https://id.example")
    right = {"aud": ["seatwise", "other"], "iss": "https://id.example"}
    assert await let_in(trusting, GOOD(**right))
    for wrong in ({"aud": "other"}, {"aud": ...}, {"iss": "https://id.example/"}, {"iss": ...}):
        assert await kept_out(trusting, bearer(GOOD(**(right | wrong))))


async def test_the_same_token_is_looked_at_anew_each_time(
    trusting: World, provider: Provider, time: Time
) -> None:
    token = GOOD(exp=NOW + HOUR)
    for _ in range(3):
        assert await let_in(trusting, token)
    trusting.at("2026-07-01T14:00:00")
    assert await kept_out(trusting, bearer(token)) == "The token has expired."


# --- the setting --------------------------------------------------------------------------

PRODUCTION = {
    "ENVIRONMENT": "production",
    "JWT_JWKS_URL": "https://id.example/keys",
    "JWT_ISSUER": "https://id.example",
    "JWT_AUDIENCE": "seatwise",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_JWKS_URL", "http://id.example/keys"),
        ("JWT_JWKS_URL", "file:///etc/passwd"),
        ("JWT_ISSUER", ""),
        ("JWT_AUDIENCE", ""),
    ],
)
def test_in_production_the_provider_is_certain(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for key, given in PRODUCTION.items():
        monkeypatch.setenv(key, given)
    settings.current.cache_clear()
    assert settings.current().jwt_jwks_url == PRODUCTION["JWT_JWKS_URL"]
    monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    with pytest.raises(OperatorError, match=f"^{name}: "):
        settings.current()
