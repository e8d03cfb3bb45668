"""Renewals: what happens by itself when a period ends. Exactly once, one period at a time.

One transaction a subscription, on the locked account. What is due is decided inside it, so
a second run, at the same time or after a crash, finds nothing left to do; the database's
"one invoice a period" stands behind that. `services.workers` finds what is due.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from tortoise.queryset import QuerySet

from models.invoices import InvoiceKind
from models.subscriptions import Subscription, SubscriptionStatus
from models.users import User, UserStatus
from services import accounts, activity, invoices, seating
from services.accounts import Tenant
from services.drafts import whole_period
from services.periods import Period, day_begins, nth_period
from services.permissions import Actor, Right, require_change
from services.seating import NOWHERE, SHARED, Move

log = logging.getLogger(__name__)

BATCH = 100
NAMED = 20
"""How many disabled users an activity entry names."""


@dataclass(slots=True)
class Summary:
    """What a run did: periods renewed, subscriptions ended, invoices issued, accounts that
    failed (each is in the log, and tried again after a pause)."""

    renewed: int = 0
    ended: int = 0
    invoices: int = 0
    failed: int = 0

    def add(self, other: "Summary") -> None:
        """Adds another run's counts."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


async def settle_to_read(account_id: UUID, at: datetime) -> None:
    """Does what is overdue in the account, so that nobody is shown a period that is over.

    Where that fails, the failure is in the log, and what is stored can still be read.
    """
    if not await due(at).filter(account_id=account_id).exists():
        return
    try:
        await renew_account(account_id, at)
    except Exception:
        log.exception("renewals.failed account=%s", account_id)


@asynccontextmanager
async def up_to_date(
    account_id: UUID, at: datetime, actor: Actor | None = None
) -> AsyncIterator[Tenant]:
    """The locked account, its subscription rolled forward to this instant.

    Rolling forward is committed on its own before: it was due anyway, and a refusal of
    what the caller goes on to do must not undo it. Raises Unauthenticated for an actor who
    is out.
    """
    async with accounts.locked(account_id, actor) as tenant:
        if not is_due(tenant.subscription, at):
            yield tenant
            return
    await renew_account(account_id, at)
    async with accounts.locked(account_id, actor) as tenant:
        yield tenant


def acting(actor: Actor, right: Right, at: datetime) -> AbstractAsyncContextManager[Tenant]:
    """The same for what a user changes by a right: the one way to change anything.

    Raises Forbidden, before anything is looked up, for whoever may change nothing by the right.
    Raises Unauthenticated for a user who was disabled meanwhile, by somebody else or by the
    renewal that was due, and for an access token that was revoked meanwhile.
    """
    require_change(actor, right)
    return up_to_date(actor.account_id, at, actor)


async def renew_account(account_id: UUID, at: datetime) -> Summary:
    """Rolls one account's subscription forward to this instant, in one transaction."""
    async with accounts.locked(account_id) as tenant:
        return await _roll_forward(tenant, at)


async def renew_unless_taken(account_id: UUID, at: datetime) -> Summary:
    """The same, or nothing where somebody else has the account in hand."""
    async with accounts.claimed(account_id) as tenant:
        return Summary() if tenant is None else await _roll_forward(tenant, at)


async def users_to_disable(subscription: Subscription, seats: int) -> list[User]:
    """The paid users outside groups who lose their seat with a total of `seats`.

    Least recently active first, never active before long inactive, ties by id.
    """
    excess = subscription.seats_ungrouped - (seats - subscription.seats_allocated)
    if excess <= 0:
        return []
    paid = User.filter(account_id=subscription.account_id, takes_seat=True, seat_group_id=None)
    never = await paid.filter(last_active_at=None).order_by("id").limit(excess)
    seldom = paid.exclude(last_active_at=None).order_by("last_active_at", "id")
    rest = excess - len(never)
    return [*never, *(await seldom.limit(rest) if rest else [])]


def due(at: datetime) -> QuerySet[Subscription]:
    """The subscriptions whose period is over and of which nothing has been done about it."""
    return Subscription.filter(status=SubscriptionStatus.ACTIVE, renews_at__lte=at)


def is_due(subscription: Subscription, at: datetime) -> bool:
    """Whether the subscription's period is over and nothing has been done about it."""
    return subscription.status is SubscriptionStatus.ACTIVE and subscription.renews_at <= at


async def _roll_forward(tenant: Tenant, at: datetime) -> Summary:
    summary = Summary()
    while is_due(tenant.subscription, at):
        await _roll(tenant, at, summary)
    return summary


async def _roll(tenant: Tenant, at: datetime, summary: Summary) -> None:
    if tenant.subscription.cancel_at_period_end:
        await _end(tenant, at)
        summary.ended += 1
        return
    summary.renewed += 1
    summary.invoices += await _renew_period(tenant, at)


async def _end(tenant: Tenant, at: datetime) -> None:
    subscription = tenant.subscription
    subscription.status = SubscriptionStatus.CANCELED
    subscription.pending_seats = None
    subscription.version += 1
    tenant.changed |= {"status", "pending_seats", "version"}
    summary = f"The subscription ended on {subscription.period_end}"
    activity.record(
        tenant,
        activity.RENEWAL,
        at,
        "subscription.ended",
        summary,
        {"status": SubscriptionStatus.ACTIVE},
        {"status": SubscriptionStatus.CANCELED},
    )


async def _renew_period(tenant: Tenant, at: datetime) -> int:
    """Begins the next period; returns how many invoices that issued."""
    subscription, zone = tenant.subscription, tenant.account.time_zone
    before = {"seats": subscription.seats, "period_start": str(subscription.period_start)}
    disabled = await _take_pending_seats(tenant)
    begin_period(subscription, subscription.period_index + 1, zone)
    subscription.version += 1
    tenant.changed |= {
        "seats",
        "pending_seats",
        "period_index",
        "period_start",
        "period_end",
        "renews_at",
        "version",
    }
    number = await _bill_period(tenant, at)
    after = {"seats": subscription.seats, "period_start": str(subscription.period_start)}
    summary = _summary(subscription, number, disabled)
    activity.record(tenant, activity.RENEWAL, at, "subscription.renewed", summary, before, after)
    return 1 if number else 0


def begin_period(subscription: Subscription, index: int, zone: str) -> None:
    """Sets the period number `index` on the row, counted from the anchor."""
    period = nth_period(subscription.started_on, subscription.interval, index)
    subscription.period_index = index
    subscription.period_start, subscription.period_end = period.start, period.end
    subscription.renews_at = day_begins(period.end, zone)


async def _take_pending_seats(tenant: Tenant) -> list[User]:
    """Makes a waiting decrease the total; returns the users who lost their seat by it."""
    subscription = tenant.subscription
    if subscription.pending_seats is None:
        return []
    losing = await users_to_disable(subscription, subscription.pending_seats)
    for start in range(0, len(losing), BATCH):
        ids = [user.id for user in losing[start : start + BATCH]]
        users = User.filter(account_id=subscription.account_id, id__in=ids)
        await users.update(status=UserStatus.DISABLED, takes_seat=False)
    await seating.book(tenant, [Move(SHARED, NOWHERE)] * len(losing))
    subscription.seats, subscription.pending_seats = subscription.pending_seats, None
    return losing


async def _bill_period(tenant: Tenant, at: datetime) -> str | None:
    """Issues the invoice for the period that has just begun, dated its first day."""
    subscription, account = tenant.subscription, tenant.account
    period = Period(subscription.period_start, subscription.period_end)
    draft = whole_period(invoices.terms_of(tenant), InvoiceKind.RENEWAL, subscription.seats, period)
    if draft is None:
        return None
    issued_at = day_begins(period.start, account.time_zone)
    invoice = invoices.issue(tenant, draft, period.start, issued_at, at)
    return invoice.number


def _summary(subscription: Subscription, number: str | None, disabled: list[User]) -> str:
    billed = f", billed by {number}" if number else ", nothing to bill"
    lost = f"; {len(disabled)} users disabled: {_names(disabled)}" if disabled else ""
    until = f"{subscription.period_start} to {subscription.period_end}"
    return f"Renewed for {until} with {subscription.seats} users{billed}{lost}"


def _names(users: list[User]) -> str:
    named = [user.email for user in users[:NAMED]]
    return ", ".join([*named, "and others"] if len(users) > NAMED else named)
