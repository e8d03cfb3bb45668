"""Subscriptions: review, change the total of seats, cancel at the period's end, resume."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from models.invoices import Invoice
from models.plans import Plan
from models.subscriptions import Subscription, SubscriptionStatus
from models.users import User
from services import (
    accounts,
    activity,
    database,
    idempotency,
    invoices,
    reads,
    renewals,
    rows,
    settings,
    text,
)
from services.accounts import Tenant
from services.drafts import Draft
from services.errors import Forbidden, Refusal, RefusalCode, refuse
from services.periods import day_at
from services.permissions import Actor, Right, or_forbidden, require, require_change
from services.reads import Read
from services.seat_changes import Holding, SeatChange, SeatChangeKind, plan_change, upcoming

__all__ = [
    "Changed",
    "Preview",
    "SeatChangeKind",
    "Subscription",
    "SubscriptionStatus",
    "by_ids",
    "cancel_subscription",
    "change_users",
    "get",
    "holding",
    "preview_change",
    "resume_subscription",
    "settle",
    "upcoming_invoice",
]


@dataclass(frozen=True, slots=True)
class Changed:
    """What changing the total did: the subscription, and the invoice of an increase."""

    subscription: Subscription
    invoice: Invoice | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, and who would lose their seat by it, first to go first."""

    change: SeatChange
    users_to_disable: list[User]


async def settle(actor: Actor, at: datetime) -> None:
    """Rolls the subscription forward to this instant, before any of the account is read."""
    require(actor, Right.READ_SELF)
    if actor.overdue:
        await renewals.settle_to_read(actor.account_id, at)


async def get(actor: Actor) -> Subscription:
    """The account's subscription. Raises Forbidden."""
    require(actor, Right.BILLING)
    (subscription,) = await _own(actor)
    return subscription


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Subscription | Forbidden]:
    """The account's subscription, where it is among the ids; Forbidden stands for it where
    the actor may not read it."""
    found = [row for row in await _own(actor) if row.id in ids]
    return {row.id: or_forbidden(actor, Right.BILLING, row) for row in found}


async def _own(actor: Actor) -> list[Subscription]:
    """The account's subscription, with its plan."""
    found = []
    columns = (*rows.names(Subscription, "s"), *rows.names(Plan, "p"))
    read = Read(_own_statement(), columns, (actor.account_id,))
    for record in await reads.records(read, database.client()):
        subscription, plan = rows.split(record, Subscription, Plan)
        rows.relate(subscription, "plan", plan)
        found.append(subscription)
    return found


@lru_cache
def _own_statement() -> str:
    shown = f"{rows.columns(Subscription, 's')}, {rows.columns(Plan, 'p')}"
    source = "subscriptions s JOIN plans p ON p.id = s.plan_id"
    return f"SELECT {shown} FROM {source} WHERE s.account_id = ?"  # noqa: S608 (our own names)


async def preview_change(actor: Actor, seats: int, at: datetime) -> Preview:
    """What `change_users` with this total would do if called now. Raises Forbidden."""
    require(actor, Right.BILLING)
    tenant = await accounts.tenant_of(actor)
    change = plan_change(holding(tenant), seats, at, settings.current().proration)
    ends = tenant.subscription.cancel_at_period_end
    falls = change.kind is SeatChangeKind.DECREASE and not change.problems and not ends
    losing = await renewals.users_to_disable(tenant.subscription, seats) if falls else []
    return Preview(change, losing)


async def upcoming_invoice(actor: Actor) -> Draft | None:
    """The invoice that the coming renewal will issue, if any. Raises Forbidden."""
    require(actor, Right.BILLING)
    tenant = await accounts.tenant_of(actor)
    return upcoming(holding(tenant))


async def change_users(
    actor: Actor,
    seats: int,
    at: datetime,
    expected_version: int | None = None,
    purchase_order_number: str | None = None,
    idempotency_key: str | None = None,
) -> Changed:
    """Sets the total of paid seats.

    More: at once, with a pro-rated invoice, which carries the purchase order number given.
    Fewer: from the next period. The current total drops a waiting decrease.
    Raises Forbidden, Refusal (INVALID, STALE, SUBSCRIPTION_CANCELED, SEATS_ALLOCATED,
    IDEMPOTENCY_KEY_REUSED).
    """
    require_change(actor, Right.BILLING)
    order = text.clean_optional(purchase_order_number, text.MAX_REFERENCE, "purchase_order_number")
    arguments = {"seats": seats, "expected_version": expected_version, "order": order}
    async with renewals.acting(actor, Right.BILLING, at) as tenant:
        attempt = await idempotency.attempt(
            tenant.account, idempotency_key, "change_users", arguments, at
        )
        if attempt.earlier is not None:
            return await _changed_before(tenant, attempt.earlier["invoice"])
        check_version(tenant.subscription, expected_version)
        change = plan_change(holding(tenant), seats, at, settings.current().proration)
        if change.problems:
            raise Refusal(*change.problems)
        invoice = await _apply(tenant, actor, change, at, order)
        await attempt.remember(invoice=str(invoice.id) if invoice else None)
        return Changed(tenant.subscription, invoice)


async def cancel_subscription(
    actor: Actor, at: datetime, expected_version: int | None, idempotency_key: str | None
) -> Subscription:
    """Ends the subscription at the end of its period. Twice changes nothing.

    Raises Forbidden, Refusal (STALE, SUBSCRIPTION_CANCELED, IDEMPOTENCY_KEY_REUSED, INVALID).
    """
    return await _set_cancellation(actor, True, at, expected_version, idempotency_key)


async def resume_subscription(
    actor: Actor, at: datetime, expected_version: int | None, idempotency_key: str | None
) -> Subscription:
    """Takes a cancellation back before it takes effect. Nothing to take back is no error.

    Raises Forbidden, Refusal (STALE, SUBSCRIPTION_CANCELED, IDEMPOTENCY_KEY_REUSED, INVALID).
    """
    return await _set_cancellation(actor, False, at, expected_version, idempotency_key)


def check_version(subscription: Subscription, expected: int | None) -> None:
    """Raises Refusal STALE when someone was faster than whoever saw `expected`."""
    if expected is not None and expected != subscription.version:
        message = "The subscription has changed since you saw it. Review it and try again."
        raise refuse(RefusalCode.STALE, message, "expected_version")


async def _apply(
    tenant: Tenant, actor: Actor, change: SeatChange, at: datetime, order: str | None
) -> Invoice | None:
    subscription = tenant.subscription
    before = {"seats": subscription.seats, "pending_seats": subscription.pending_seats}
    subscription.pending_seats = change.pending_seats
    if change.kind is SeatChangeKind.INCREASE:
        subscription.seats = change.seats
    after = {"seats": subscription.seats, "pending_seats": subscription.pending_seats}
    if after == before:
        return None
    subscription.version += 1
    tenant.changed |= {"seats", "pending_seats", "version"}
    invoice = None
    if change.invoice is not None:
        issued_at = await invoices.next_instant(tenant.account, at)
        today = day_at(issued_at, tenant.account.time_zone)
        invoice = invoices.issue(tenant, change.invoice, today, issued_at, at, order)
    summary = _summary(change, before["seats"], invoice)
    activity.record(
        tenant, activity.by(actor), at, "subscription.users_changed", summary, before, after
    )
    return invoice


def _summary(change: SeatChange, seats: int | None, invoice: Invoice | None) -> str:
    if change.kind is SeatChangeKind.INCREASE:
        billed = f", billed by {invoice.number}" if invoice else ""
        return f"Users changed from {seats} to {change.seats}{billed}"
    if change.kind is SeatChangeKind.DECREASE:
        return f"Users change from {seats} to {change.seats} on {change.effective_on}"
    return f"The waiting decrease was dropped: users stay at {seats}"


async def _changed_before(tenant: Tenant, invoice_id: str | None) -> Changed:
    own: dict[str, Any] = {"account_id": tenant.account.id}
    invoice = await Invoice.get(**own, id=UUID(invoice_id)) if invoice_id else None
    return Changed(tenant.subscription, invoice)


async def _set_cancellation(
    actor: Actor, cancel: bool, at: datetime, expected: int | None, key: str | None
) -> Subscription:
    arguments = {"cancel": cancel, "expected_version": expected}
    async with renewals.acting(actor, Right.BILLING, at) as tenant:
        attempt = await idempotency.attempt(tenant.account, key, "cancellation", arguments, at)
        subscription = tenant.subscription
        if attempt.earlier is not None:
            return subscription
        check_version(subscription, expected)
        tenant.require_live()
        if subscription.cancel_at_period_end is not cancel:
            await _write_cancellation(tenant, actor, cancel, at)
        await attempt.remember()
        return subscription


async def _write_cancellation(tenant: Tenant, actor: Actor, cancel: bool, at: datetime) -> None:
    subscription = tenant.subscription
    subscription.cancel_at_period_end = cancel
    subscription.version += 1
    tenant.changed |= {"cancel_at_period_end", "version"}
    ends: date = subscription.period_end
    action = "subscription.cancellation_scheduled" if cancel else "subscription.resumed"
    summary = f"Canceled as of {ends}" if cancel else f"Resumed: renews on {ends}"
    activity.record(
        tenant,
        activity.by(actor),
        at,
        action,
        summary,
        {"cancel_at_period_end": not cancel},
        {"cancel_at_period_end": cancel},
    )


def holding(tenant: Tenant) -> Holding:
    """What the tenant's subscription holds, for the pure rules."""
    subscription = tenant.subscription
    canceled = subscription.status is SubscriptionStatus.CANCELED
    return Holding(
        terms=invoices.terms_of(tenant),
        seats=subscription.seats,
        pending_seats=subscription.pending_seats,
        allocated=subscription.seats_allocated,
        canceled=canceled,
        ends=subscription.cancel_at_period_end,
    )
