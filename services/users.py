"""Users: read them, invite, disable and enable them.

Whatever gives a user a seat passes the guard of `services.seating`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models.seat_groups import SeatGroup, SeatGroupAdministrator
from models.users import ProductRole, User, UserStatus
from services import (
    accounts,
    activity,
    idempotency,
    pagination,
    products,
    renewals,
    rows,
    seating,
    text,
)
from services.accounts import Tenant
from services.errors import Forbidden, RefusalCode, not_found, refuse
from services.pagination import Page, PageRequest
from services.permissions import Actor, Right, Scope, Target, allows, require, require_some, scopes
from services.rows import Query
from services.seating import NOWHERE, Move

__all__ = [
    "Filter",
    "User",
    "UserStatus",
    "by_ids",
    "count",
    "disable_user",
    "enable_user",
    "invite_user",
    "page",
    "viewer",
]

LIKE_SIGNS, ESCAPE = r"([\\%_!])", "!"
"""What means something in a pattern of LIKE, and what takes the meaning away."""
ESCAPED = rf"{ESCAPE}\1"

BY_NAME = (pagination.Key("name_key", pagination.word), pagination.Key("id", pagination.identifier))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which users: all that are given must hold. `search` looks in names and e-mails."""

    search: str | None = None
    status: UserStatus | None = None
    takes_seat: bool | None = None
    seat_group_id: UUID | None = None
    ungrouped: bool | None = None


NO_FILTER = Filter()


async def viewer(actor: Actor) -> User:
    """The actor's own row."""
    require(actor, Right.READ_SELF)
    own = Query(User).where("account_id = ?", actor.account_id)
    (user,) = await own.where("id = ?", actor.user_id).all()
    return user


async def page(actor: Actor, request: PageRequest, wanted: Filter = NO_FILTER) -> Page[User]:
    """The users that the actor may read, by name. Raises Forbidden, BadUserInput."""
    return await pagination.fetch(_filtered(actor, wanted), request, BY_NAME)


async def count(actor: Actor, wanted: Filter = NO_FILTER) -> int:
    """How many users the actor may read, of those wanted. Raises Forbidden."""
    if wanted == NO_FILTER and Scope.ALL in scopes(actor, Right.READ_USERS):
        return await accounts.user_count(actor)
    return await _filtered(actor, wanted).number()


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, User | Forbidden]:
    """The account's users among the ids; Forbidden stands for one that is not to be read.

    A group's administrator reads its members and its other administrators; everyone reads
    themselves.
    """
    found = await Query(User).where("account_id = ?", actor.account_id).among("id", ids).all()
    fellows = await _fellow_administrators(actor)
    return {
        user.id: user if _may_read(actor, user) or user.id in fellows else Forbidden()
        for user in found
    }


async def invite_user(
    actor: Actor,
    email: str,
    name: str,
    seat_group_id: UUID | None,
    permissions: Sequence[tuple[UUID, ProductRole]],
    idempotency_key: str | None,
    at: datetime,
) -> User:
    """Adds a user with status INVITED, in a group or none, with roles in products.

    Raises Forbidden, Refusal (INVALID, NOT_FOUND, EMAIL_TAKEN, SUBSCRIPTION_CANCELED,
    SEAT_GROUP_FULL, NOT_ENOUGH_SEATS, SEAT_GROUP_REQUIRED, IDEMPOTENCY_KEY_REUSED).
    """
    arguments = {
        "email": email,
        "name": name,
        "seat_group": seat_group_id,
        "permissions": permissions,
    }
    async with renewals.acting(actor, Right.INVITE_USERS, at) as tenant:
        attempt = await idempotency.attempt(
            tenant.account, idempotency_key, "invite_user", arguments, at
        )
        if attempt.earlier is not None:
            return await get(tenant, UUID(attempt.earlier["user"]), "idempotency_key")
        await require_group(tenant, seat_group_id)
        roles = await products.checked_roles(tenant, permissions)
        groups = frozenset({seat_group_id})
        require(actor, Right.INVITE_USERS, Target(groups=groups, products=frozenset(roles)))
        tenant.require_live()
        user = await _new_user(tenant, email, name, seat_group_id)
        user.takes_seat = seating.takes_seat(user.status, roles.values(), tenant.plan.features)
        field = ("seat_group_id",)
        await seating.admit(tenant, actor, [Move(NOWHERE, seating.place(user))], field)
        await rows.insert(user)
        tenant.account.user_count += 1
        await products.add_permissions(user, roles)
        await _record(tenant, actor, at, "user.invited", f"{user.email} was invited")
        await attempt.remember(user=str(user.id))
        return user


async def disable_user(actor: Actor, user_id: UUID, at: datetime) -> User:
    """Disables a user, who gives the seat back and is signed out. Twice changes nothing.

    Raises Forbidden, Refusal (NOT_FOUND, LAST_BILLING_ADMINISTRATOR).
    """
    async with renewals.acting(actor, Right.MANAGE_USERS, at) as tenant:
        user = await get(tenant, user_id, "user_id")
        require(actor, Right.MANAGE_USERS, Target(groups=frozenset({user.seat_group_id})))
        if user.status is UserStatus.DISABLED:
            return user
        if user.is_billing_administrator:
            await require_other_billing_administrator(tenant, user, "user_id")
        before, place = _state(user), seating.place(user)
        user.status, user.takes_seat = UserStatus.DISABLED, False
        await rows.update(user, "status", "takes_seat")
        await seating.book(tenant, [Move(place, seating.place(user))])
        summary = f"{user.email} was disabled"
        await _record(tenant, actor, at, "user.disabled", summary, before, _state(user))
        return user


async def enable_user(
    actor: Actor, user_id: UUID, seat_group_id: UUID | None, at: datetime
) -> User:
    """Enables a disabled user, in the group given, else in the group that the user had.

    Enabling a user who is not disabled changes nothing, unless a group is given: then the
    user moves there. Raises Forbidden, Refusal (NOT_FOUND, SUBSCRIPTION_CANCELED,
    SEAT_GROUP_FULL, NOT_ENOUGH_SEATS, SEAT_GROUP_REQUIRED).
    """
    async with renewals.acting(actor, Right.MANAGE_USERS, at) as tenant:
        user = await get(tenant, user_id, "user_id")
        await require_group(tenant, seat_group_id)
        group_id = seat_group_id or user.seat_group_id
        groups = frozenset({user.seat_group_id, group_id})
        require(actor, Right.MANAGE_USERS, Target(groups=groups))
        tenant.require_live()
        before, was, told = seating.place(user), user.status, _state(user)
        if was is UserStatus.DISABLED:
            user.status = UserStatus.ACTIVE if user.joined else UserStatus.INVITED
        user.seat_group_id = group_id
        await products.refresh_seat(tenant, user)
        after = seating.place(user)
        if (before, was) == (after, user.status):
            return user
        await seating.admit(tenant, actor, [Move(before, after)], ("seat_group_id",))
        await rows.update(user, "status", "seat_group_id", "takes_seat")
        summary = f"{user.email} was enabled"
        await _record(tenant, actor, at, "user.enabled", summary, told, _state(user))
        return user


async def get(tenant: Tenant, user_id: UUID, *field: str) -> User:
    """The user in the locked account. Raises Refusal NOT_FOUND."""
    user = await User.get_or_none(account_id=tenant.account.id, id=user_id)
    if user is None:
        raise not_found("user", *field)
    return user


async def require_group(tenant: Tenant, group_id: UUID | None) -> None:
    """Raises Refusal NOT_FOUND for a group that the account does not have."""
    own: dict[str, Any] = {"account_id": tenant.account.id}
    if group_id is not None and not await SeatGroup.filter(**own, id=group_id).exists():
        raise not_found("seat group", "seat_group_id")


def _may_read(actor: Actor, user: User) -> bool:
    target = Target(groups=frozenset({user.seat_group_id}))
    return user.id == actor.user_id or allows(actor, Right.READ_USERS, target)


async def _fellow_administrators(actor: Actor) -> set[UUID]:
    if Scope.ALL in scopes(actor, Right.READ_USERS):
        return set()
    own: dict[str, Any] = {"account_id": actor.account_id}
    links = SeatGroupAdministrator.filter(**own, seat_group_id__in=actor.groups)
    return {link.user_id for link in await links}


def _filtered(actor: Actor, wanted: Filter) -> Query[User]:
    require_some(actor, Right.READ_USERS)
    query = Query(User).where("account_id = ?", actor.account_id)
    if Scope.ALL not in scopes(actor, Right.READ_USERS):
        query = query.among("seat_group_id", actor.groups)
    if wanted.search:
        query = _matching(query, text.key(wanted.search.strip()))
    if wanted.status is not None:
        query = query.where("status = ?", wanted.status)
    if wanted.takes_seat is not None:
        query = query.where("takes_seat = ?", wanted.takes_seat)
    if wanted.seat_group_id is not None:
        query = query.where("seat_group_id = ?", wanted.seat_group_id)
    if wanted.ungrouped is not None:
        query = query.where(f"seat_group_id IS {'' if wanted.ungrouped else 'NOT '}NULL")
    return query


def _matching(query: Query[User], sought: str) -> Query[User]:
    """Those with the text in their name or e-mail; nobody has one that cannot be stored."""
    if not text.is_storable(sought):
        return query.where("1 = 0")
    pattern = f"%{re.sub(LIKE_SIGNS, ESCAPED, sought)}%"
    condition = f"(name_key LIKE ? ESCAPE '{ESCAPE}' OR email_key LIKE ? ESCAPE '{ESCAPE}')"
    return query.searching(condition, pattern, pattern)


async def _new_user(tenant: Tenant, email: str, name: str, group_id: UUID | None) -> User:
    name = text.clean(name, text.MAX_NAME, "name")
    email = text.email(email, "email")
    own: dict[str, Any] = {"account_id": tenant.account.id}
    if await User.filter(**own, email_key=text.key(email)).exists():
        raise refuse(RefusalCode.EMAIL_TAKEN, f"There is a user {email} already.", "email")
    return User(
        **own,
        email=email,
        email_key=text.key(email),
        name=name,
        name_key=text.key(name),
        status=UserStatus.INVITED,
        seat_group_id=group_id,
    )


async def require_other_billing_administrator(tenant: Tenant, user: User, field: str) -> None:
    """Raises Refusal LAST_BILLING_ADMINISTRATOR where nobody else could do the billing."""
    others = User.filter(account_id=tenant.account.id, is_billing_administrator=True)
    if not await others.exclude(id=user.id).exclude(status=UserStatus.DISABLED).exists():
        message = "This is the account's last billing administrator."
        raise refuse(RefusalCode.LAST_BILLING_ADMINISTRATOR, message, field)


def _state(user: User) -> dict[str, Any]:
    return {"status": user.status, "seat_group": user.seat_group_id and str(user.seat_group_id)}


async def _record(
    tenant: Tenant,
    actor: Actor,
    at: datetime,
    action: str,
    summary: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    who = activity.by(actor)
    activity.record(tenant, who, at, action, summary, before, after)
