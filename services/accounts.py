"""Accounts: the lock that keeps an account consistent, and what can be read of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from models.accounts import Account, AccountCode
from models.plans import Plan, PlanFeature
from models.subscriptions import Subscription, SubscriptionStatus
from models.users import UserStatus
from services import changes, database, rows, settings
from services.database import Change
from services.errors import NO_ENTRY, OperatorError, RefusalCode, Unauthenticated, refuse
from services.permissions import Actor, Right, require
from services.profiles import Profile
from services.rows import Query
from services.text import is_storable

__all__ = [
    "Account",
    "Profile",
    "Tenant",
    "by_ids",
    "claimed",
    "create",
    "get",
    "id_of",
    "locked",
    "profile",
    "store",
    "tenant_of",
    "unlocked",
    "user_count",
]


@dataclass(slots=True)
class Tenant:
    """A locked account with what every decision about it needs."""

    account: Account
    subscription: Subscription
    plan: Plan
    changed: set[str] = field(default_factory=set)
    """The subscription's columns that are stored when the account is let go."""
    changes: list[Change] = field(default_factory=list)
    """Other changes that are made then, each of a row of its own."""

    def require_live(self) -> None:
        """Raises Refusal SUBSCRIPTION_CANCELED once the subscription has ended."""
        if self.subscription.status is SubscriptionStatus.CANCELED:
            message = f"The subscription ended on {self.subscription.period_end}."
            raise refuse(RefusalCode.SUBSCRIPTION_CANCELED, message)

    def require_feature(self, feature: PlanFeature, *where: str) -> None:
        """Raises Refusal FEATURE_NOT_IN_PLAN."""
        if feature not in self.plan.features:
            message = f"The plan {self.plan.name} does not include this."
            raise refuse(RefusalCode.FEATURE_NOT_IN_PLAN, message, *where)


@asynccontextmanager
async def locked(account_id: UUID, actor: Actor | None = None) -> AsyncIterator[Tenant]:
    """One transaction with the account to itself, until it ends.

    On PostgreSQL the rows are locked, the account's first, and read as they are then; on
    SQLite the file's writers are. What is read next cannot change underneath. Raises
    Unauthenticated for an actor who has been disabled, or whose access token was revoked.
    """
    async with database.writing():
        tenant = await (_only("lock", account_id) if actor is None else _for(actor))
        async with _letting_go(tenant):
            yield tenant
    changes.wake(account_id)


@asynccontextmanager
async def claimed(account_id: UUID) -> AsyncIterator[Tenant | None]:
    """The same; None, without waiting, where somebody else has the account locked.

    On SQLite nobody can tell: there it waits.
    """
    async with database.writing():
        records = await database.fetch(_statement("claim"), account_id)
        if not records:
            yield None
            return
        tenant = _tenant(records[0])
        async with _letting_go(tenant):
            yield tenant
    changes.wake(account_id)


async def tenant_of(actor: Actor) -> Tenant:
    """The actor's account with its subscription and plan, as they are now."""
    require(actor, Right.READ_SELF)
    return await unlocked(actor.account_id)


async def unlocked(account_id: UUID) -> Tenant:
    """An account with its subscription and plan, as they are now: to be read alone."""
    return await _only("no_lock", account_id)


JOIN_USER = " JOIN users u ON u.account_id = a.id AND u.id = ?"
JOIN_THEIRS = " JOIN access_tokens t ON t.account_id = a.id AND t.id = ?"
WHO = {
    "lock_with_user": (", u.status AS user_status, NULL AS revoked_at", JOIN_USER),
    "lock_with_token": (", u.status AS user_status, t.revoked_at", JOIN_USER + JOIN_THEIRS),
}
"""What a lock reads besides, of whoever acts."""


@lru_cache
def _statement(lock: str) -> str:
    """The account with its subscription and plan, and whether the actor may still act."""
    status, who = WHO.get(lock, ("", ""))
    shown = f"{rows.columns(Account, 'a')}, {rows.columns(Subscription, 's')}"
    source = (
        "accounts a JOIN subscriptions s ON s.account_id = a.id JOIN plans p ON p.id = s.plan_id"
    )
    shown = f"{shown}, {rows.columns(Plan, 'p')}{status}"
    return f"SELECT {shown} FROM {source}{who} WHERE a.id = ? {{{lock}}}"  # noqa: S608


async def _only(lock: str, account_id: UUID) -> Tenant:
    (record,) = await database.fetch(_statement(lock), account_id)
    return _tenant(record)


async def _for(actor: Actor) -> Tenant:
    lock = "lock_with_user" if actor.token_id is None else "lock_with_token"
    who = [key for key in (actor.user_id, actor.token_id) if key is not None]
    (record,) = await database.fetch(_statement(lock), *who, actor.account_id)
    if record["user_status"] == UserStatus.DISABLED or record["revoked_at"] is not None:
        raise Unauthenticated(NO_ENTRY)
    return _tenant(record)


def _tenant(record: Sequence[Any]) -> Tenant:
    account, subscription, plan = rows.split(record, Account, Subscription, Plan)
    rows.relate(subscription, "plan", plan)
    return Tenant(account, subscription, plan)


async def id_of(code: str) -> UUID:
    """The key of the account that has the code. Raises OperatorError."""
    found = await AccountCode.get_or_none(code=code) if is_storable(code) else None
    if found is None:
        raise OperatorError(f"there is no account {code}")
    return found.account_id


async def create(**columns: Any) -> Account:
    """A new account, inside the caller's transaction. Raises IntegrityError for a code that is
    taken."""
    account = await Account.create(**columns)
    await AccountCode.create(code=account.code, account_id=account.id)
    return account


@asynccontextmanager
async def _letting_go(tenant: Tenant) -> AsyncIterator[None]:
    """What the locked account has come to is stored at the end, at once."""
    before = _counts(tenant.account)
    yield
    if tenant.changes or tenant.changed or _counts(tenant.account) != before:
        await store(tenant)


COUNTERS = ("invoice_count", "credit_note_count", "activity_count", "user_count")
"""The counters, which number invoices, credit notes and activity, and count users."""

COUNT = f"UPDATE accounts SET {', '.join(f'{column} = ?' for column in COUNTERS)} WHERE id = ?"  # noqa: S608

COUNT_ALOUD = f"{COUNT} {{notify}}"
"""The same, by which other processes hear that the account has changed, once it is committed."""


def _counts(account: Account) -> list[int]:
    return [getattr(account, column) for column in COUNTERS]


async def store(tenant: Tenant) -> None:
    """Makes the changes of an account that is new; of a locked one, that is done at its end."""
    account = tenant.account
    made = [*tenant.changes]
    if tenant.changed:
        made.append(rows.updating(tenant.subscription, *sorted(tenant.changed)))
    # Where nobody may listen, PostgreSQL need not tell: that takes turns (docs/performance.md).
    count = COUNT_ALOUD if settings.current().max_subscriptions else COUNT
    await database.make([*made, Change(count, [*_counts(account), account.id])])


def profile(actor: Actor) -> Profile:
    """The actor's account as it was when the actor was looked up."""
    require(actor, Right.READ_SELF)
    assert actor.account is not None
    return actor.account


async def get(actor: Actor) -> Account:
    """The actor's account with all that is stored of it. Raises Forbidden."""
    require(actor, Right.BILLING)
    (account,) = await Query(Account).where("id = ?", actor.account_id).all()
    return account


async def user_count(actor: Actor) -> int:
    """How many users the account has. Raises Forbidden unless the actor may read all."""
    require(actor, Right.READ_USERS)
    ((count,),) = await database.fetch(
        "SELECT user_count FROM accounts WHERE id = ?", actor.account_id
    )
    return int(count)


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Profile]:
    """The actor's account, where it is among the ids."""
    account = profile(actor)
    return {account.id: account} if account.id in ids else {}
