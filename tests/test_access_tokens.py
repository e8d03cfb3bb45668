"""Access tokens from the outside: made, used, listed, revoked, and no further than their scopes."""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

import pytest
from graphql import GraphQLObjectType, build_schema

from models.access_tokens import AccessToken
from models.subscriptions import Subscription
from models.users import User, UserStatus
from schema.root import schema
from services import accounts, clock, database, renewals
from services.errors import NO_ENTRY, Forbidden
from services.permissions import CHANGES, Actor, Right, Role, TokenScope
from tests import mutations, samples
from tests.isolation.twins import rows
from tests.world import Client, World

VIEWER = "{ viewer { email } }"
REVOKE = """mutation($input: RevokeAccessTokenInput!) {
  revokeAccessToken(input: $input) { userErrors { code } }
}"""
FIELDS = "id name scopes createdAt lastUsedAt expiresAt revokedAt user { email }"
OWN = f"{{ viewer {{ accessTokens {{ totalCount edges {{ node {{ {FIELDS} }} }} }} }} }}"
ALL = f"{{ account {{ accessTokens {{ totalCount edges {{ node {{ {FIELDS} }} }} }} }} }}"


class Made(NamedTuple):
    """A token: its id, and a client that comes by it."""

    id: str
    secret: str
    client: Client


async def made(world: World, who: str = "ada", *scopes: str, **given: Any) -> Made:
    """A new access token of a user's."""
    given = {"name": "Deploy", "scopes": list(scopes) or ["READ"]} | given
    client = world.client(who)
    payload = await client.do("createAccessToken", "secret accessToken { id }", **given)
    return Made(payload["accessToken"]["id"], payload["secret"], world.stranger(payload["secret"]))


async def listed(client: Client, query: str = OWN) -> list[dict[str, Any]]:
    found = next(iter((await client.data(query)).values()))["accessTokens"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


# --- the life of a token ------------------------------------------------------------------


async def test_a_token_comes_as_its_user_until_it_is_revoked(world: World) -> None:
    await world.load()
    token = await made(world, "paul")
    assert await token.client.data(VIEWER) == {"viewer": {"email": "paul@acme.example"}}
    await world.client("paul").do("revokeAccessToken", accessTokenId=token.id)
    assert await token.client.code(VIEWER) == "UNAUTHENTICATED"
    (error,) = (await token.client.send(VIEWER))["errors"]
    assert error["message"] == "The access token is revoked."


async def test_a_token_is_listed_with_all_but_its_secret(world: World) -> None:
    await world.load()
    token = await made(world, "ada", "USERS", "READ", "USERS", expiresInDays=30)
    world.at("2026-07-02T12:00:00")
    await token.client.data(VIEWER)
    (shown,) = await listed(world.client("ada"))
    assert shown == {
        "id": token.id,
        "name": "Deploy",
        "scopes": ["READ", "USERS"],
        "createdAt": "2026-07-01T12:00:00Z",
        "lastUsedAt": "2026-07-02T12:00:00Z",
        "expiresAt": "2026-07-31T12:00:00Z",
        "revokedAt": None,
        "user": {"email": "ada@acme.example"},
    }
    world.at("2026-07-03T12:00:00")
    payload = await world.client("ada").do(
        "revokeAccessToken", "accessToken { revokedAt }", accessTokenId=token.id
    )
    assert payload["accessToken"] == {"revokedAt": "2026-07-03T12:00:00Z"}
    world.at("2026-07-04T12:00:00")
    await world.client("ada").do("revokeAccessToken", accessTokenId=token.id)
    (shown,) = await listed(world.client("ada"))
    assert shown["revokedAt"] == "2026-07-03T12:00:00Z"


async def test_a_token_expires(world: World) -> None:
    await world.load()
    token = await made(world, "ada", expiresInDays=1)
    world.at("2026-07-02T11:59:59")
    await token.client.data(VIEWER)
    world.at("2026-07-02T12:00:00")
    (error,) = (await token.client.send(VIEWER))["errors"]
    assert error["message"] == "The access token is expired."
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_token_lives_for_90_days_unless_told_otherwise(sqlite_world: World) -> None:
    await sqlite_world.load()
    await made(sqlite_world)
    ((shown,), year) = (await listed(sqlite_world.client("ada")), 365)
    assert shown["expiresAt"] == "2026-09-29T12:00:00Z"
    await made(sqlite_world, name="Year", expiresInDays=year)
    assert (await listed(sqlite_world.client("ada")))[0]["expiresAt"] == "2027-07-01T12:00:00Z"


async def test_a_disabled_user_s_token_is_out_at_the_next_request(world: World) -> None:
    await world.load()
    token, ada = await made(world, "paul"), world.client("ada")
    paul = await ada.id_of("user", "paul@acme.example")
    await token.client.data(VIEWER)
    await ada.do("disableUser", userId=paul)
    assert await token.client.code(VIEWER) == "UNAUTHENTICATED"
    await ada.do("enableUser", userId=paul)
    await token.client.data(VIEWER)


async def test_a_token_never_has_more_rights_than_its_user_has_now(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    adam = await ada.id_of("user", "adam@acme.example")
    await ada.do("setAdministrator", userId=adam, billingAdministrator=True)
    token = await made(world, "adam", "BILLING", "USERS")
    await token.client.do("changeUsers", seats=61)
    await ada.do("setAdministrator", userId=adam, billingAdministrator=False)
    query = "mutation { changeUsers(input: { seats: 62 }) { userErrors { code } } }"
    assert await token.client.code(query) == "FORBIDDEN"
    assert await token.client.code("{ account { subscription { seats } } }") == "FORBIDDEN"


async def test_a_change_by_a_token_is_its_user_s(sqlite_world: World) -> None:
    await sqlite_world.load()
    token = await made(sqlite_world, "ada", "BILLING")
    await token.client.do("changeUsers", seats=61)
    query = "{ account { activity { edges { node { action actor { email } } } } } }"
    edges = (await token.client.data(query))["account"]["activity"]["edges"]
    assert edges[0]["node"] == {
        "action": "subscription.users_changed",
        "actor": {"email": "ada@acme.example"},
    }


# --- the secret ---------------------------------------------------------------------------


async def test_a_secret_can_be_found_by_its_form_and_is_kept_nowhere(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.load()
    with caplog.at_level(logging.DEBUG):
        token = await made(world)
        await token.client.data(VIEWER)
        await token.client.code("{ account { nonsense } }")
        await world.client("ada").do("revokeAccessToken", accessTokenId=token.id)
        await token.client.code(VIEWER)
    assert re.fullmatch("seatwise_pat_[0-9a-f]{104}", token.secret)
    body, checksum = token.secret[:-8], token.secret[-8:]
    assert int(checksum, 16) == crc32(body.encode())
    random = body[-64:]
    assert random not in str(await rows("acme"))
    assert random not in caplog.text
    row = await AccessToken.get()
    assert row.digest == sha256(token.secret.encode()).hexdigest()


async def test_no_two_secrets_are_alike(sqlite_world: World) -> None:
    await sqlite_world.load()
    secrets = {(await made(sqlite_world, name=str(n))).secret[45:109] for n in range(20)}
    assert len(secrets) == 20


def resealed(body: str) -> str:
    """A token of the right form."""
    return f"{body}{crc32(body.encode()):08x}"


BROKEN: dict[str, Callable[[str], str]] = {
    "cut short": lambda secret: secret[:-1],
    "longer": lambda secret: f"{secret}0",
    "in capitals": str.upper,
    "with capital digits": lambda secret: secret[:13] + secret[13:].upper(),
    "with a wrong checksum": lambda secret: f"{secret[:-8]}{int(secret[-8:], 16) ^ 1:08x}",
    "mistyped": lambda secret: secret[:60] + ("0" if secret[60] != "0" else "1") + secret[61:],
    "another secret": lambda secret: resealed(secret[:60] + "0" * 49),
    "of an account that is not there": lambda secret: resealed(
        secret[:13] + "0" * 32 + secret[45:-8]
    ),
    "with digits of another script": lambda secret: secret[:60] + "\u0661" + secret[61:],
    "the prefix alone": lambda _: "seatwise_pat_",
    "the digest": lambda secret: sha256(secret.encode()).hexdigest(),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_what_is_nearly_a_token_lets_nobody_in(
    sqlite_world: World, broken: Callable[[str], str]
) -> None:
    await sqlite_world.load()
    secret = (await made(sqlite_world)).secret
    headers = {b"Authorization": f"Bearer {broken(secret)}".encode()}
    answer = await sqlite_world.http.post("/graphql", json={"query": VIEWER}, headers=headers)
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_mistyped_token_costs_no_statement(
    sqlite_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await sqlite_world.load()
    token = await made(sqlite_world)
    with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
        caplog.clear()
        await sqlite_world.stranger(BROKEN["mistyped"](token.secret)).code(VIEWER)
        assert "SELECT" not in caplog.text
        await sqlite_world.stranger(BROKEN["another secret"](token.secret)).code(VIEWER)
        assert caplog.text.count("WHERE t.account_id = ?") == 1


async def test_a_token_is_of_no_use_in_another_account(world: World) -> None:
    await world.load(samples.account(), samples.account(code="rival"))
    own = await made(world)
    other = await world.client("ada", "rival").do(
        "createAccessToken", "secret accessToken { id }", name="Deploy", scopes=["READ"]
    )
    moved = resealed(own.secret[:13] + other["secret"][13:45] + own.secret[45:-8])
    assert await world.stranger(moved).code(VIEWER) == "UNAUTHENTICATED"


# --- what is refused ----------------------------------------------------------------------

INVALID: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an empty name": ({"name": " "}, ["input", "name"]),
    "a name of two lines": ({"name": "a\nb"}, ["input", "name"]),
    "a long name": ({"name": "x" * 201}, ["input", "name"]),
    "no scope": ({"scopes": []}, ["input", "scopes"]),
    "no day": ({"expiresInDays": 0}, ["input", "expiresInDays"]),
    "a past day": ({"expiresInDays": -1}, ["input", "expiresInDays"]),
    "more than a year": ({"expiresInDays": 366}, ["input", "expiresInDays"]),
}


@pytest.mark.parametrize(("given", "field"), INVALID.values(), ids=INVALID)
async def test_what_no_token_can_be_is_refused(
    sqlite_world: World, given: dict[str, Any], field: list[str]
) -> None:
    await sqlite_world.load()
    whole = {"name": "Deploy", "scopes": ["READ"]} | given
    refusal = await sqlite_world.client("ada").refusal("createAccessToken", **whole)
    assert refusal == ("INVALID", field)
    assert await listed(sqlite_world.client("ada")) == []


async def test_a_name_is_one_living_token_s_so_that_a_retry_makes_no_second(world: World) -> None:
    await world.load()
    token, ada = await made(world), world.client("ada")
    again = {"name": "DEPLOY", "scopes": ["READ"]}
    assert await ada.refusal("createAccessToken", **again) == ("NAME_TAKEN", ["input", "name"])
    await made(world, "paul")
    await ada.do("revokeAccessToken", accessTokenId=token.id)
    await made(world, expiresInDays=1)
    world.at("2026-07-02T12:00:00")
    await made(world)


async def test_a_user_has_50_living_tokens_at_most(sqlite_world: World) -> None:
    await sqlite_world.load()
    tokens = [await made(sqlite_world, name=str(number)) for number in range(50)]
    ada = sqlite_world.client("ada")
    one_more = {"name": "One more", "scopes": ["READ"]}
    assert await ada.refusal("createAccessToken", **one_more) == ("TOO_MANY_ACCESS_TOKENS", None)
    await made(sqlite_world, "paul")
    await ada.do("revokeAccessToken", accessTokenId=tokens[7].id)
    await ada.do("createAccessToken", **one_more)


# --- who sees and revokes whose -----------------------------------------------------------

THEIRS = "query($id: ID!) { node(id: $id) { ... on User { accessTokens { totalCount } } } }"


async def test_billing_administrators_list_and_revoke_everybody_s(world: World) -> None:
    await world.load()
    token, ada = await made(world, "paul"), world.client("ada")
    await made(world, "ada")
    found = await listed(ada, ALL)
    assert [one["user"]["email"] for one in found] == ["ada@acme.example", "paul@acme.example"]
    paul = await ada.id_of("user", "paul@acme.example")
    assert (await ada.data(THEIRS, id=paul))["node"]["accessTokens"] == {"totalCount": 1}
    await ada.do("revokeAccessToken", accessTokenId=token.id)
    assert await token.client.code(VIEWER) == "UNAUTHENTICATED"


@pytest.mark.parametrize("who", ["adam", "olga", "grace", "paul"])
async def test_nobody_else_sees_or_revokes_another_s(sqlite_world: World, who: str) -> None:
    await sqlite_world.load()
    token, client = await made(sqlite_world, "ada"), sqlite_world.client(who)
    assert await client.code(ALL) == "FORBIDDEN"
    node, given = "query($id: ID!) { node(id: $id) { id } }", {"accessTokenId": token.id}
    assert await client.code(node, id=token.id) == "FORBIDDEN"
    assert await client.code(REVOKE, input=given) == "FORBIDDEN"
    ada = await sqlite_world.client("ada").data("{ viewer { id } }")
    answer = await client.send(THEIRS, id=ada["viewer"]["id"])
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    assert await listed(client) == []
    await token.client.data(VIEWER)


# --- scopes -------------------------------------------------------------------------------

NEEDS: dict[str, TokenScope | None] = {
    "changeUsers": TokenScope.BILLING,
    "cancelSubscription": TokenScope.BILLING,
    "resumeSubscription": TokenScope.BILLING,
    "createSeatGroup": TokenScope.BILLING,
    "updateSeatGroup": TokenScope.BILLING,
    "allocateSeats": TokenScope.BILLING,
    "deleteSeatGroup": TokenScope.BILLING,
    "updateLicenseManagement": TokenScope.BILLING,
    "updateBillingDetails": TokenScope.BILLING,
    "inviteUser": TokenScope.USERS,
    "assignSeatGroup": TokenScope.USERS,
    "setProductPermission": TokenScope.USERS,
    "disableUser": TokenScope.USERS,
    "enableUser": TokenScope.USERS,
    "setAdministrator": None,
    "createAccessToken": None,
    "revokeAccessToken": None,
}
"""The scope that a token needs for a mutation; None: no token does it."""


def test_the_table_names_every_mutation_of_the_schema() -> None:
    root = build_schema(schema.as_str()).get_type("Mutation")
    assert isinstance(root, GraphQLObjectType)
    assert set(root.fields) == set(NEEDS) == set(mutations.INPUTS)


SCOPES = [["READ"], ["BILLING"], ["USERS"], ["READ", "BILLING", "USERS"]]


@pytest.mark.parametrize("scopes", SCOPES, ids=" ".join)
@pytest.mark.parametrize("mutation", NEEDS)
async def test_a_token_does_what_its_scopes_say_and_nothing_else(
    sqlite_world: World, mutation: str, scopes: list[str]
) -> None:
    await sqlite_world.load(mutations.account())
    ada = sqlite_world.client("ada")
    given = await mutations.input_of(ada, mutation)
    if mutation == "resumeSubscription":
        await ada.do("cancelSubscription")
    token = await made(sqlite_world, "ada", *scopes)
    await token.client.data(VIEWER)
    before = await rows("acme")
    if NEEDS[mutation] in scopes:
        await token.client.do(mutation, **given)
        assert await rows("acme") != before
        return
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    (error,) = (await token.client.send(query, input=given))["errors"]
    assert error["message"] == "The access token's scopes do not allow this."
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert await rows("acme") == before


def test_a_right_without_a_scope_is_no_token_s() -> None:
    bearer = Actor(
        account_id=UUID(int=1),
        user_id=UUID(int=2),
        roles=frozenset(Role),
        token_id=UUID(int=3),
        token_scopes=frozenset(TokenScope),
    )
    allowed = set()
    for right in Right:
        with suppress(Forbidden):
            renewals.acting(bearer, right, clock.now())
            allowed.add(right)
    assert allowed == set(CHANGES)


EVERYTHING = """{
  viewer { email accessTokens { totalCount } }
  account {
    subscription { seats seatChangePreview(seats: 70) { invoice { total { amount } } } }
    billingDetails { legalName }
    invoices { edges { node { number pdfUrl } } }
    activity { edges { node { summary } } }
    seatGroups { edges { node { name administrators { email } } } }
    users { edges { node { email seatGroup { name } } } }
    accessTokens { totalCount }
  }
}"""


@pytest.mark.parametrize("who", ["ada", "adam", "olga", "grace", "paul"])
@pytest.mark.parametrize("scope", TokenScope)
async def test_any_token_reads_what_its_user_reads(
    sqlite_world: World, who: str, scope: str
) -> None:
    await sqlite_world.load()
    token = await made(sqlite_world, who, scope)
    assert await token.client.send(EVERYTHING) == await sqlite_world.client(who).send(EVERYTHING)


# --- the last use -------------------------------------------------------------------------


async def used_at(world: World) -> str | None:
    (shown,) = await listed(world.client("ada"))
    last: str | None = shown["lastUsedAt"]
    return last


async def test_a_use_is_noted_once_an_hour(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.load()
    token = await made(world)
    assert await used_at(world) is None
    for instant, noted in [
        ("2026-07-01T12:00:00", "2026-07-01T12:00:00Z"),
        ("2026-07-01T12:59:59", "2026-07-01T12:00:00Z"),
        ("2026-07-01T13:00:00", "2026-07-01T13:00:00Z"),
    ]:
        world.at(instant)
        await token.client.data(VIEWER)
        assert await used_at(world) == noted
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
        await token.client.data("{ plans { name } }")
    assert not [one for one in caplog.records if "UPDATE" in one.getMessage()]
    callers = [one for one in caplog.records if "access_tokens t" in one.getMessage()]
    assert len(callers) == 1


async def test_a_use_that_cannot_be_noted_fails_no_request(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await sqlite_world.load()
    token = await made(sqlite_world)
    await database.client().execute_script(
        "CREATE TRIGGER no BEFORE UPDATE ON access_tokens BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    assert await token.client.data(VIEWER) == {"viewer": {"email": "ada@acme.example"}}
    assert "access_token.use_not_noted" in caplog.text
    assert await used_at(sqlite_world) is None


# --- at the same time ---------------------------------------------------------------------

on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


async def test_of_two_tokens_of_one_name_made_at_once_one_is_refused(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    both = [ada.mutate("createAccessToken", name="Deploy", scopes=["READ"]) for _ in range(2)]
    codes = [[error["code"] for error in one["userErrors"]] for one in await asyncio.gather(*both)]
    assert sorted(codes) == [[], ["NAME_TAKEN"]]


SEATS = "mutation { changeUsers(input: { seats: 61 }) { subscription { seats } } }"


@on_postgres
@pytest.mark.parametrize("meanwhile", ["the token was revoked", "the user was disabled"])
async def test_what_a_request_was_let_in_for_is_not_done_once_its_caller_is_out(
    world: World, meanwhile: str
) -> None:
    """It was let in before, and comes to the account's lock after."""
    await world.load()
    token, outside = await made(world, "ada", "BILLING"), copy_context()
    own: dict[str, Any] = {"account_id": (await AccessToken.get()).account_id}
    async with accounts.locked(own["account_id"]):
        begun = asyncio.create_task(token.client.send(SEATS), context=outside)
        while not await AccessToken.filter(**own, last_used_at=clock.now()):
            await asyncio.sleep(0.01)
        if meanwhile == "the token was revoked":
            await AccessToken.filter(**own).update(revoked_at=clock.now())
        else:
            await User.filter(**own, email="ada@acme.example").update(status=UserStatus.DISABLED)
    answer = await begun
    assert [error["message"] for error in answer.get("errors", [])] == [NO_ENTRY], answer
    assert (await Subscription.get(**own)).seats == 60


@on_postgres
async def test_a_token_in_use_can_be_revoked_and_none_of_its_requests_is_half_done(
    world: World,
) -> None:
    await world.load()
    token, ada = await made(world, "ada", "BILLING"), world.client("ada")
    query = 'mutation { createSeatGroup(input: { name: "%s", seats: 0 }) { seatGroup { id } } }'
    sent = [asyncio.create_task(token.client.send(query % number)) for number in range(20)]
    await asyncio.sleep(0.03)
    await ada.do("revokeAccessToken", accessTokenId=token.id)
    answers = await asyncio.gather(*sent)
    made_groups = [one for one in answers if (one["data"] or {}).get("createSeatGroup")]
    refused = [one["errors"][0]["extensions"]["code"] for one in answers if "errors" in one]
    assert set(refused) <= {"UNAUTHENTICATED"}
    assert len(made_groups) + len(refused) == 20
    groups = "{ account { seatGroups { totalCount } } }"
    assert (await ada.data(groups))["account"]["seatGroups"]["totalCount"] == 2 + len(made_groups)
    assert await token.client.code(VIEWER) == "UNAUTHENTICATED"
