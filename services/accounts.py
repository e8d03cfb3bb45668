"""Accounts: who calls, the lock that keeps an account consistent, and its own settings."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models.accounts import Account, AccountCode
from models.plans import Plan, PlanFeature
from models.subscriptions import Subscription, SubscriptionStatus
from models.users import UserStatus
from services import auth, database, text
from services.errors import Forbidden, RefusalCode, Unauthenticated, refuse
from services.permissions import Actor, Right, Role, require

__all__ = [
    "Account",
    "Tenant",
    "authenticate",
    "billing_details",
    "by_ids",
    "claimed",
    "create",
    "get",
    "locked",
    "store_counts",
    "tenant_of",
]


NO_ENTRY = "The token's user cannot sign in."


@dataclass(slots=True)
class Tenant:
    """A locked account with what every decision about it needs."""

    account: Account
    subscription: Subscription
    plan: Plan

    def require_live(self) -> None:
        """Raises Refusal SUBSCRIPTION_CANCELED once the subscription has ended."""
        if self.subscription.status is SubscriptionStatus.CANCELED:
            message = f"The subscription ended on {self.subscription.period_end}."
            raise refuse(RefusalCode.SUBSCRIPTION_CANCELED, message)

    def require_feature(self, feature: PlanFeature, *field: str) -> None:
        """Raises Refusal FEATURE_NOT_IN_PLAN."""
        if feature not in self.plan.features:
            message = f"The plan {self.plan.name} does not include this."
            raise refuse(RefusalCode.FEATURE_NOT_IN_PLAN, message, *field)


@asynccontextmanager
async def locked(account_id: UUID) -> AsyncIterator[Tenant]:
    """One transaction with the account to itself, until it ends.

    On PostgreSQL the account's row is locked, on SQLite the file's writers, so that what is
    read next cannot change underneath. What is read with the row in one statement could be
    older than the lock: the rest is read after it.
    """
    async with database.writing():
        account = await Account.select_for_update().get(id=account_id)
        async with _counting(account) as tenant:
            yield tenant


@asynccontextmanager
async def claimed(account_id: UUID) -> AsyncIterator[Tenant | None]:
    """The same; None, without waiting, where somebody else has the account locked.

    On SQLite nobody can tell: there it waits.
    """
    async with database.writing():
        free = Account.select_for_update(skip_locked=True)
        account = await free.get_or_none(id=account_id)
        if account is None:
            yield None
            return
        async with _counting(account) as tenant:
            yield tenant


async def create(**columns: Any) -> Account:
    """A new account, inside the caller's transaction. Raises IntegrityError for a code that is
    taken."""
    account = await Account.create(**columns)
    await AccountCode.create(code=account.code, account_id=account.id)
    return account


@asynccontextmanager
async def _counting(account: Account) -> AsyncIterator[Tenant]:
    """The locked account; what its counters have come to is stored at the end, at once."""
    before = _counts(account)
    yield await tenant_of(account)
    if _counts(account) != before:
        await store_counts(account)


def _counts(account: Account) -> dict[str, int]:
    """The counters, which number invoices and activity and count users."""
    counted = ("invoice_count", "activity_count", "user_count")
    return {column: getattr(account, column) for column in counted}


async def store_counts(account: Account) -> None:
    """Stores the counters of an account that is new; of a locked one, that is done at its end."""
    await Account.filter(id=account.id).update(**_counts(account))


async def tenant_of(account: Account) -> Tenant:
    """The account with its subscription and plan."""
    subscription = await Subscription.get(account_id=account.id).select_related("plan")
    return Tenant(account, subscription, subscription.plan)


CALLER = """
SELECT u.account_id, u.id, u.status, u.is_billing_administrator, u.is_administrator,
    a.only_billing_administrators_manage_users AS restricted,
    EXISTS (
        SELECT 1 FROM subscriptions s
        WHERE s.account_id = a.id AND s.status = 'ACTIVE' AND s.renews_at <= $1
    ) AS overdue,
    (
        SELECT {json_agg}(p.product_id) FROM product_permissions p
        WHERE p.account_id = a.id AND p.user_id = u.id AND p.role = 'OWNER'
    ) AS products,
    (
        SELECT {json_agg}(g.seat_group_id) FROM seat_group_administrators g
        WHERE g.account_id = a.id AND g.user_id = u.id
    ) AS seat_groups
FROM accounts a JOIN users u ON u.account_id = a.id
WHERE a.code = $2 AND u.email_key = $3
"""


async def authenticate(claims: auth.Claims, at: datetime) -> Actor:
    """The actor that a token's claims name, as the database has it now, in one statement.

    Raises Unauthenticated for an unknown account or user, and for a disabled user.
    """
    rows = await database.fetch(CALLER, at, claims.account_code, text.key(claims.email))
    if not rows or rows[0]["status"] == UserStatus.DISABLED:
        raise Unauthenticated(NO_ENTRY)
    return _actor(rows[0])


def _actor(row: dict[str, Any]) -> Actor:
    products, groups = _ids(row["products"]), _ids(row["seat_groups"])
    held = {
        Role.USER: True,
        Role.BILLING_ADMINISTRATOR: row["is_billing_administrator"],
        Role.ADMINISTRATOR: row["is_administrator"],
        Role.PRODUCT_OWNER: products,
        Role.GROUP_ADMINISTRATOR: groups,
    }
    return Actor(
        account_id=_id(row["account_id"]),
        user_id=_id(row["id"]),
        roles=frozenset(role for role, holds in held.items() if holds),
        products=products,
        groups=groups,
        restricted=bool(row["restricted"]),
        overdue=bool(row["overdue"]),
    )


def _id(value: UUID | str) -> UUID:
    return UUID(str(value))


def _ids(listed: str | None) -> frozenset[UUID]:
    return frozenset(map(UUID, json.loads(listed or "[]")))


async def get(actor: Actor) -> Account:
    """The actor's account."""
    require(actor, Right.READ_SELF)
    return await Account.get(id=actor.account_id)


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Account]:
    """The actor's account, where it is among the ids."""
    account = await get(actor)
    return {account.id: account} if account.id in ids else {}


def billing_details(actor: Actor, account: Account) -> Account:
    """The row that holds the billing details. Raises Forbidden."""
    require(actor, Right.BILLING)
    if account.id != actor.account_id:
        raise Forbidden
    return account
