"""Access tokens: for scripts, which come as their user and go no further than their scopes.

The token is told once, when it is made; kept is a digest (`services.token_secrets`). There is
no idempotency key here: a retry could not be answered alike without the secret being kept.
A name is a user's own while the token lives, so a retry is refused instead of making two.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from models.access_tokens import AccessToken
from services import activity, pagination, renewals, rows, text, token_secrets
from services.accounts import Tenant
from services.activity import By
from services.errors import Forbidden, RefusalCode, invalid, not_found, refuse
from services.pagination import Page, PageRequest
from services.permissions import (
    Actor,
    Right,
    Target,
    TokenScope,
    or_forbidden,
    require,
)
from services.rows import Query

__all__ = [
    "AccessToken",
    "TokenScope",
    "by_ids",
    "count",
    "create_access_token",
    "issue",
    "page",
    "revoke",
    "revoke_access_token",
]

DEFAULT_DAYS, MAX_DAYS = 90, 365
"""How long a token lives."""

MAX_LIVE = 50
"""How many tokens of one user can be alive at a time."""

TOKENS = Query(AccessToken)
NEWEST_FIRST = (pagination.Key("id", pagination.identifier, descending=True),)


async def create_access_token(
    actor: Actor, name: str, wanted: Iterable[TokenScope], days: int | None, at: datetime
) -> tuple[AccessToken, str]:
    """A token of the actor's own, and its secret, which nobody can tell again.

    Raises Forbidden, Refusal (INVALID, NAME_TAKEN, TOO_MANY_ACCESS_TOKENS).
    """
    async with renewals.acting(actor, Right.ACCESS_TOKENS, at) as tenant:
        return await issue(tenant, activity.by(actor), actor.user_id, name, wanted, days, at)


async def revoke_access_token(actor: Actor, token_id: UUID, at: datetime) -> AccessToken:
    """Ends a token for good; twice changes nothing. Raises Forbidden, Refusal NOT_FOUND."""
    async with renewals.acting(actor, Right.ACCESS_TOKENS, at) as tenant:
        token = (await by_ids(actor, [token_id])).get(token_id)
        if token is None:
            raise not_found("access token", "access_token_id")
        if isinstance(token, Forbidden):
            raise token
        await revoke(tenant, activity.by(actor), token, at)
        return token


async def page(
    actor: Actor, request: PageRequest, user_id: UUID | None = None
) -> Page[AccessToken]:
    """A user's tokens, or all of the account's, newest first. Raises Forbidden, BadUserInput."""
    return await pagination.fetch(_readable(actor, user_id), request, NEWEST_FIRST)


async def count(actor: Actor, user_id: UUID | None = None) -> int:
    """How many tokens a user, or the whole account, has and had. Raises Forbidden."""
    return await _readable(actor, user_id).number()


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, AccessToken | Forbidden]:
    """The account's tokens among the ids; Forbidden stands for one that is not to be read."""
    found = await TOKENS.where("account_id = ?", actor.account_id).among("id", ids).all()
    return {token.id: _permitted(actor, token) for token in found}


async def issue(
    tenant: Tenant,
    who: By,
    user_id: UUID,
    name: str,
    wanted: Iterable[TokenScope],
    days: int | None,
    at: datetime,
) -> tuple[AccessToken, str]:
    """A token of a user of the locked account, and its secret. Raises Refusal (INVALID,
    NAME_TAKEN, TOO_MANY_ACCESS_TOKENS)."""
    name = text.clean(name, text.MAX_NAME, "name")
    days = DEFAULT_DAYS if days is None else days
    named = [scope for scope in TokenScope if scope in set(wanted)]
    if not named:
        raise invalid("Name at least one scope.", "scopes")
    if not 1 <= days <= MAX_DAYS:
        raise invalid(f"A token lives between 1 and {MAX_DAYS} days.", "expires_in_days")
    await _check_others(tenant, user_id, name, at)
    secret = token_secrets.make(tenant.account.id)
    token = AccessToken(
        account_id=tenant.account.id,
        user_id=user_id,
        name=name,
        scopes=named,
        digest=token_secrets.digest(secret),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    await rows.insert(token)
    until = f"{token.expires_at:%Y-%m-%d}"
    summary = f'Access token "{name}" ({", ".join(named)}) created, good until {until}'
    after = _told(token) | {"scopes": named, "expires_at": token.expires_at.isoformat()}
    activity.record(tenant, who, at, "access_token.created", summary, None, after)
    return token, secret


async def revoke(tenant: Tenant, who: By, token: AccessToken, at: datetime) -> None:
    """Ends a token of the locked account, unless it was revoked before."""
    if token.revoked_at is not None:
        return
    token.revoked_at = at
    await rows.update(token, "revoked_at")
    summary = f'Access token "{token.name}" revoked'
    before, after = _told(token) | {"revoked": False}, _told(token) | {"revoked": True}
    activity.record(tenant, who, at, "access_token.revoked", summary, before, after)


async def _check_others(tenant: Tenant, user_id: UUID, name: str, at: datetime) -> None:
    own = TOKENS.where("account_id = ?", tenant.account.id).where("user_id = ?", user_id)
    alive = await own.where("revoked_at IS NULL").where("expires_at > ?", at).all()
    if text.key(name) in {text.key(token.name) for token in alive}:
        message = f'There is an access token "{name}" already: revoke it first.'
        raise refuse(RefusalCode.NAME_TAKEN, message, "name")
    if len(alive) >= MAX_LIVE:
        message = f"There are {MAX_LIVE} access tokens already: revoke one first."
        raise refuse(RefusalCode.TOO_MANY_ACCESS_TOKENS, message)


def _permitted(actor: Actor, token: AccessToken) -> AccessToken | Forbidden:
    right, own = _of(token.user_id)
    return or_forbidden(actor, right, token, own)


def _readable(actor: Actor, user_id: UUID | None) -> Query[AccessToken]:
    query = TOKENS.where("account_id = ?", actor.account_id)
    if user_id is None:
        require(actor, Right.ACCESS_TOKENS)
        return query
    require(actor, *_of(user_id))
    return query.where("user_id = ?", user_id)


def _of(user_id: UUID) -> tuple[Right, Target]:
    return Right.ACCESS_TOKENS, Target(owners=frozenset({user_id}))


def _told(token: AccessToken) -> dict[str, str]:
    return {"name": token.name, "user": str(token.user_id)}
