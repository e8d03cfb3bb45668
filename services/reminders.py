"""Reminders: what a renewal will bring is told some days before, once a period.

What is coming is what `renews_at` says. It is looked through in pages, from one account to the
next, and each account is locked while its reminder is queued, as a renewal locks it.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models.mails import Mail, MailKind
from services import accounts, clock, database, parties, reminder_letters, rows, settings
from services.accounts import Tenant
from services.letters import Letter
from services.reminder_letters import Renewal
from services.seat_changes import upcoming
from services.subscriptions import holding

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)
"""How long a worker waits before it looks again."""

PAGE = 500
"""How many accounts are looked up at once."""

FIRST = UUID(int=0)

COMING = """
SELECT s.renews_at, s.account_id FROM subscriptions s
WHERE s.status = 'ACTIVE' AND (s.renews_at, s.account_id) > (?, ?) AND s.renews_at <= ?
    AND NOT s.cancel_at_period_end AND COALESCE(s.pending_seats, s.seats) > 0
    AND s.unit_price_minor > 0 AND NOT EXISTS (
        SELECT 1 FROM mails m WHERE m.account_id = s.account_id
            AND m.subscription_id = s.id AND m.period_end = s.period_end
    )
ORDER BY s.renews_at, s.account_id LIMIT ?
"""
"""Who has a renewal in a span of time that bills something, and was not told of it."""


async def work(stop: asyncio.Event) -> int:
    """Queues reminders again and again until `stop` is set; how many it queued. None where no mail
    is sent, or REMINDER_DAYS is 0."""
    count = 0
    while settings.current().mail_is_sent and not stop.is_set():
        try:
            count += await queue_due(clock.now(), stop)
        except Exception as error:
            # Nothing ends a worker but its stop; what went wrong may be over by the next run.
            shown = None if database.is_outage(error) else error
            log.error("reminders.run_failed: %r", error, exc_info=shown)  # noqa: TRY400
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY.total_seconds())
    return count


async def queue_due(at: datetime, stop: asyncio.Event | None = None) -> int:
    """Queues the reminders of renewals within REMINDER_DAYS; how many."""
    count, after = 0, (at, FIRST)
    until = at + timedelta(days=settings.current().reminder_days)
    while found := await _coming(after, until):
        for _, account_id in found:
            if stop is not None and stop.is_set():
                return count
            count += await _queue_or_log(account_id, at)
        after = found[-1]
    return count


async def written(mail: Mail) -> Letter | None:
    """The letter of a queued reminder, as things are now; None where nothing is to come."""
    tenant = await accounts.unlocked(mail.account_id)
    if tenant.subscription.period_end != mail.period_end:
        return None
    renewal = _renewal(tenant)
    return None if renewal is None else reminder_letters.letter(renewal, parties.seller())


async def _coming(after: tuple[datetime, UUID], until: datetime) -> list[tuple[datetime, UUID]]:
    records = await database.fetch(COMING, *after, until, PAGE, long=True)
    return [(_instant(renews_at), _key(account_id)) for renews_at, account_id in records]


def _instant(value: Any) -> datetime:
    # SQLite gives text.
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _key(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


async def _queue_or_log(account_id: UUID, at: datetime) -> bool:
    try:
        return await _queue(account_id, at)
    except Exception as error:
        # Whatever is wrong with one account must not keep the others from being told.
        if database.is_away(error):
            raise
        log.exception("reminders.failed account=%s", account_id)
        return False


async def _queue(account_id: UUID, at: datetime) -> bool:
    """Whether the account is told; not where somebody else has it in hand: there is a next run."""
    async with accounts.claimed(account_id) as tenant:
        if tenant is None or not await _is_to_be_told(tenant, at):
            return False
        subscription = tenant.subscription
        mail = Mail(
            account_id=account_id,
            kind=MailKind.REMINDER,
            subscription_id=subscription.id,
            period_end=subscription.period_end,
            recipient=tenant.account.billing_email,
            due_at=at,
            created_at=at,
        )
        tenant.changes.append(rows.inserting(mail))
        return True


async def _is_to_be_told(tenant: Tenant, at: datetime) -> bool:
    subscription = tenant.subscription
    own: dict[str, Any] = {"account_id": tenant.account.id, "subscription_id": subscription.id}
    if subscription.renews_at <= at or _renewal(tenant) is None:
        return False
    return not await Mail.exists(**own, period_end=subscription.period_end)


def _renewal(tenant: Tenant) -> Renewal | None:
    """What is to come: the preview's own reckoning."""
    held = holding(tenant)
    invoice = upcoming(held)
    if invoice is None:
        return None
    return Renewal(
        account=tenant.account.name,
        locale=tenant.account.locale,
        terms=held.terms,
        seats=held.seats,
        invoice=invoice,
    )
