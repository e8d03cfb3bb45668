"""Who is let in: bearer tokens of our own, and that links are none."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from jwt.utils import base64url_encode

from services import auth, clock, links
from services.forms import Form
from tests import samples
from tests.tokens import (
    DAY,
    HOUR,
    KEY,
    NOW,
    SKEW,
    VIEWER,
    Claims,
    assembled,
    hmac_with,
    kept_out,
    let_in,
    rsa_key,
    sent,
    signed,
)
from tests.world import World

# --- tokens of our own --------------------------------------------------------------------

GOOD: dict[str, Claims] = {
    "plain": {},
    "e-mail in another case": {"sub": "ADA@Acme.Example"},
    "times with fractions": {"exp": NOW + 0.5, "iat": NOW - 0.5, "nbf": NOW - 0.5},
    "valid from now on": {"nbf": NOW},
    "expired within the skew of clocks": {"exp": NOW - SKEW + 1},
    "not valid yet, within the skew": {"nbf": NOW + SKEW},
    "issued by a clock that is ahead": {"iat": NOW + SKEW},
    "24 hours": {"iat": NOW, "exp": NOW + DAY},
    "24 hours, issued by a clock that is a second ahead": {"iat": NOW + 1, "exp": NOW + 1 + DAY},
    "24 hours, by one that is a minute ahead": {"iat": NOW + SKEW, "exp": NOW + SKEW + DAY},
    "issued before a clock was set back": {"iat": NOW + HOUR, "exp": NOW + 2 * HOUR},
    "24 hours, without saying since when": {"exp": NOW + SKEW + DAY},
    "the last second of 24 hours": {"iat": NOW + 1 - DAY, "exp": NOW + 1},
    "times of zero": {"nbf": 0},
    "claims that we do not know": {"name": "Ada", "scope": ["all"], "jti": "1"},
    "an issuer, where none is set": {"iss": "somebody"},
}


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
async def test_a_good_token_lets_its_user_in(sqlite_world: World, given: Claims) -> None:
    await sqlite_world.load()
    assert await let_in(sqlite_world, signed(**given)) == "ada@acme.example"


BAD: dict[str, Claims] = {
    "expired": {"exp": NOW - HOUR},
    "expired beyond the skew of clocks": {"exp": NOW - SKEW},
    "not valid yet": {"nbf": NOW + SKEW + 1},
    "without exp": {"exp": ...},
    "without sub": {"sub": ...},
    "without account": {"account": ...},
    "longer than 24 hours from now": {"exp": NOW + DAY + SKEW + 1},
    "longer than 24 hours from iat": {"iat": NOW - HOUR, "exp": NOW - HOUR + DAY + 1},
    "longer than 24 hours, issued just now": {"iat": NOW, "exp": NOW + DAY + 1},
    "an audience, where none is set": {"aud": "someone"},
    "audiences, where none is set": {"aud": ["someone", "seatwise"]},
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


def unsigned(algorithm: str) -> str:
    return assembled({"alg": algorithm}, lambda _: b"")


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
    **{
        f"a header with {name}": partial(signed, headers={name: value})
        for name, value in {
            "jku": "https://evil.example/keys",
            "x5u": "https://evil.example/chain",
            "x5c": ["MIIB"],
            "jwk": {"kty": "oct", "k": "AAAA"},
            "crit": ["exp"],
            "zip": "DEF",
            "b64": False,
            "kid": 1,
        }.items()
    },
    **{
        f"typ {kind!r}": partial(signed, headers={"typ": kind})
        for kind in ("logout+jwt", "dpop+jwt", "JOSE", "JWT ", "", ["JWT"], 1)
    },
    "another user's claims": tampered,
    "without its signature": lambda: signed().rpartition(".")[0] + ".",
    "with a critical extension that we do not know": lambda: signed(
        headers={"crit": ["x-new"], "x-new": True}
    ),
    "a key of the provider's kind": lambda: signed("RS256", rsa_key()),
    "a list for a header": lambda: assembled(["HS256"], hmac_with(KEY.encode())),
    "a header that nests deep": lambda: f"{base64url_encode(b'[' * 4000).decode()}.e30.AAAA",
    "longer than any token": lambda: signed(name="x" * 8192),
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


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+JWT", None])
async def test_a_token_may_say_that_it_is_a_token(sqlite_world: World, typ: str | None) -> None:
    await sqlite_world.load()
    assert await let_in(sqlite_world, signed(headers={"typ": typ}))


async def test_a_token_may_be_as_long_as_a_provider_s(sqlite_world: World) -> None:
    await sqlite_world.load()
    token = signed(name="x" * 5900)
    assert 8000 < len(token) <= 8192
    assert await let_in(sqlite_world, token)


async def test_two_authorization_headers_let_nobody_in(sqlite_world: World) -> None:
    await sqlite_world.load()
    good = ("Authorization", f"Bearer {signed()}")
    for other in (good, ("authorization", "Basic YWRhOmFkYQ=="), ("AUTHORIZATION", "")):
        for headers in ([good, other], [other, good]):
            answer = await sqlite_world.http.post(
                "/graphql", json={"query": VIEWER}, headers=headers
            )
            assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


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
    sqlite_world.at("2026-07-01T13:00:59")
    await ada.data(VIEWER)
    sqlite_world.at("2026-07-01T13:01:00")
    assert await ada.code(VIEWER) == "UNAUTHENTICATED"
    sqlite_world.at("2026-07-01T13:00:59")
    await ada.data(VIEWER)


async def test_a_token_for_24_hours_is_good_on_a_host_whose_clock_is_behind(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    token = auth.issue_token("acme", "ada@acme.example", timedelta(hours=24), clock.now())
    for instant in ("2026-07-01T11:59:59", "2026-07-01T11:59:00"):
        sqlite_world.at(instant)
        assert await let_in(sqlite_world, token)
    sqlite_world.at("2026-07-01T11:58:59")
    told = await kept_out(sqlite_world, f"Bearer {token}")
    assert told == "The token is not valid: it lives longer than 24 hours."


async def test_a_token_that_was_good_once_is_not_good_under_another_key(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    token = signed()
    assert await let_in(sqlite_world, token)
    sqlite_world.setting("SECRET_KEY", "another key for tests, of thirty-two bytes or more")
    assert await kept_out(sqlite_world, f"Bearer {token}")


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
    link = links.sign_link(links.Link(uuid4(), uuid4(), Form.PDF), clock.now())
    assert await kept_out(sqlite_world, f"Bearer {link}")


def test_a_bearer_token_opens_no_link() -> None:
    forged = signed(a=uuid4().hex, i=uuid4().hex)
    assert links.open_link(forged, datetime(2026, 7, 1, 12, tzinfo=UTC)) is None
