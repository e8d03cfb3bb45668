"""Callers: the user whom a token names, with what the user is in the account at this moment."""

import json
import logging
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from models.users import UserStatus
from services import auth, database, text, token_secrets
from services.errors import NO_ENTRY, Unauthenticated
from services.permissions import Actor, Role, TokenScope
from services.profiles import Profile

log = logging.getLogger(__name__)

SHOWN = """
SELECT u.id AS user_id, u.status, u.is_billing_administrator, u.is_administrator,
    a.id, a.name, a.time_zone, a.currency, a.seat_group_required,
    a.only_billing_administrators_manage_users,
    EXISTS (
        SELECT 1 FROM subscriptions s
        WHERE s.account_id = a.id AND s.status = 'ACTIVE' AND s.renews_at <= ?
    ) AS overdue,
    (
        SELECT {json_agg}(p.product_id) FROM product_permissions p
        WHERE p.account_id = a.id AND p.user_id = u.id AND p.role = 'OWNER'
    ) AS products,
    (
        SELECT {json_agg}(g.seat_group_id) FROM seat_group_administrators g
        WHERE g.account_id = a.id AND g.user_id = u.id
    ) AS seat_groups
"""
"""What is to be known of a caller, at an instant."""

BY_NAME = f"""{SHOWN}
FROM accounts a JOIN users u ON u.account_id = a.id
WHERE a.code = ? AND u.email_key = ?
"""


async def by_claims(claims: auth.Claims, at: datetime) -> Actor:
    """The actor that a token's claims name, as the database has it now, in one statement.

    Raises Unauthenticated for an unknown account or user, and for a disabled user.
    """
    key = text.key(claims.email)
    records = await database.fetch(BY_NAME, at, claims.account_code, key)
    if not records:
        raise Unauthenticated(NO_ENTRY, "unknown user", claims.account_code)
    return actor_of(records[0])


BY_ACCESS_TOKEN = f"""{SHOWN},
    t.id AS token_id, t.scopes, t.revoked_at IS NOT NULL AS revoked, t.expires_at <= ? AS expired,
    (t.last_used_at IS NULL OR t.last_used_at <= ?) AS idle
FROM access_tokens t JOIN accounts a ON a.id = t.account_id
    JOIN users u ON u.account_id = t.account_id AND u.id = t.user_id
WHERE t.account_id = ? AND t.digest = ?
"""

USED = """
UPDATE access_tokens SET last_used_at = ?
WHERE account_id = ? AND id = ? AND (last_used_at IS NULL OR last_used_at <= ?)
"""

NOTED = timedelta(hours=1)
"""How long after a use another one is not noted."""


async def by_access_token(token: str, at: datetime) -> Actor:
    """The actor that an access token stands for, as the database has it now, in one statement.

    Raises Unauthenticated for a token that is none, was revoked or has expired, and for a
    disabled user.
    """
    found = token_secrets.read(token)
    if found is None:
        raise Unauthenticated("The access token is not valid.", "access token's form")
    given = at, at, at - NOTED, found.account_id, found.digest
    records = await database.fetch(BY_ACCESS_TOKEN, *given)
    if not records:
        raise Unauthenticated("The access token is not valid.", "unknown access token")
    record = records[0]
    for state in ("revoked", "expired"):
        if record[state]:
            whose = record["id"], record["user_id"]
            raise Unauthenticated(f"The access token is {state}.", f"{state} access token", *whose)
    granted = _scopes(record["scopes"])
    actor = actor_of(record, token_id=_id(record["token_id"]), token_scopes=granted)
    if record["idle"]:
        await _note(actor, at)
    return actor


async def _note(actor: Actor, at: datetime) -> None:
    """Notes that the actor's token was used; a request does not fail for that."""
    try:
        # Not on the event loop: on SQLite another process may be writing.
        token = actor.account_id, actor.token_id, at - NOTED
        await database.fetch(USED, at, *token, long=True)
    except database.FAILURES as error:
        log.warning("access_token.use_not_noted token=%s error=%.200r", actor.token_id, error)


def actor_of(record: Any, **token: Any) -> Actor:
    """The actor that a record with the columns shown tells of.

    Raises Unauthenticated for a disabled user.
    """
    if record["status"] == UserStatus.DISABLED:
        raise Unauthenticated(NO_ENTRY, "disabled user", record["id"], record["user_id"])
    products, groups = _ids(record["products"]), _ids(record["seat_groups"])
    held = {
        Role.USER: True,
        Role.BILLING_ADMINISTRATOR: record["is_billing_administrator"],
        Role.ADMINISTRATOR: record["is_administrator"],
        Role.PRODUCT_OWNER: products,
        Role.GROUP_ADMINISTRATOR: groups,
    }
    account = _profile(record)
    return Actor(
        account_id=account.id,
        user_id=_id(record["user_id"]),
        roles=frozenset(role for role, holds in held.items() if holds),
        products=products,
        groups=groups,
        restricted=account.only_billing_administrators_manage_users,
        overdue=bool(record["overdue"]),
        account=account,
        **token,
    )


def _profile(record: Any) -> Profile:
    return Profile(
        id=_id(record["id"]),
        name=record["name"],
        time_zone=record["time_zone"],
        currency=record["currency"],
        only_billing_administrators_manage_users=bool(
            record["only_billing_administrators_manage_users"]
        ),
        seat_group_required=bool(record["seat_group_required"]),
    )


@lru_cache(maxsize=64)
def _scopes(listed: str) -> frozenset[TokenScope]:
    return frozenset(map(TokenScope, json.loads(listed)))


def _id(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _ids(listed: str | None) -> frozenset[UUID]:
    return frozenset(map(UUID, orjson.loads(listed))) if listed else frozenset()
