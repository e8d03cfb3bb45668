"""Invoices: issued with a number in the transaction that bills, read ever after, never changed."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from models.accounts import Account
from models.invoices import (
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceStatus,
)
from services import (
    accounts,
    mails,
    pagination,
    parties,
    rows,
    taxes,
)
from services.accounts import Tenant
from services.drafts import Draft, Terms
from services.errors import Forbidden
from services.links import Link
from services.pagination import Page, PageRequest
from services.periods import Period, nth_period
from services.permissions import Actor, Right, or_forbidden, require
from services.rows import Query

__all__ = [
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceStatus",
    "by_ids",
    "count",
    "issue",
    "lines_of",
    "linked",
    "next_instant",
    "page",
    "store",
    "terms_of",
]

LISTED = Query(Invoice).without(
    "subscription_id",
    "period_start",
    "issued_at",
    "payment_terms_days",
    "credits_id",
    "taxation",
    "credited_minor",
    "settled_on",
    "locale",
    "seller",
    "buyer",
    "reason",
)
"""Invoices without what only their documents show."""

Lines = dict[UUID, list[InvoiceLine]]
"""The lines of invoices, by the invoice's id, in order."""

LINES = Query(InvoiceLine).without("id", "account_id", "position", "wording")

NEWEST_FIRST = (pagination.Key("sequence", pagination.number, descending=True),)


async def page(actor: Actor, request: PageRequest) -> Page[Invoice]:
    """The account's invoices, newest first. Raises Forbidden, BadUserInput."""
    require(actor, Right.BILLING)
    query = LISTED.where("account_id = ?", actor.account_id)
    return await pagination.fetch(query, request, NEWEST_FIRST)


async def page_with_lines(actor: Actor, request: PageRequest) -> tuple[Page[Invoice], Lines]:
    """The same with the lines of its invoices, which are read at the same time: in one statement on
    PostgreSQL, one after the other on SQLite, where an invoice that came in between may push the
    last one's lines out. What has none here is still to be read."""
    require(actor, Right.BILLING)
    query = LISTED.where("account_id = ?", actor.account_id)
    shown = pagination.listed(query, request, NEWEST_FIRST)
    lines = LINES.where("account_id = ?", actor.account_id).belonging("invoice_id", shown)
    return await asyncio.gather(page(actor, request), _grouped(lines))


async def count(actor: Actor) -> int:
    """How many invoices the account has: their numbers have no gap."""
    return (await accounts.get(actor)).invoice_count


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Invoice | Forbidden]:
    """The account's invoices among the ids; Forbidden stands for one that is not to be read."""
    found = await LISTED.where("account_id = ?", actor.account_id).among("id", ids).all()
    return {row.id: or_forbidden(actor, Right.BILLING, row) for row in found}


async def lines_of(actor: Actor, invoice_ids: Sequence[UUID]) -> Lines:
    """The lines of each invoice, in order. Raises Forbidden."""
    require(actor, Right.BILLING)
    return await _lines(actor.account_id, invoice_ids)


def issue(
    tenant: Tenant,
    draft: Draft,
    issued_on: date,
    issued_at: datetime,
    at: datetime,
    purchase_order_number: str | None = None,
) -> Invoice:
    """Gives the draft the account's next number and the parties as they are now, and stores it,
    with the mail that tells of it. `at` is now, whatever instant it is dated.

    The account is locked, so the number is unique and without gaps: whoever holds the lock
    stores the count at its end, and a transaction that is rolled back takes none. The
    purchase order number is the account's unless given.
    """
    account = tenant.account
    account.invoice_count += 1
    invoice = Invoice(
        account_id=account.id,
        subscription_id=tenant.subscription.id,
        sequence=account.invoice_count,
        number=f"{account.invoice_prefix}-{_invoices_alone(account):05d}",
        kind=draft.kind,
        status=InvoiceStatus.OPEN,
        period_start=draft.lines[0].period.start,
        issued_on=issued_on,
        issued_at=issued_at,
        due_on=issued_on + timedelta(days=account.payment_terms_days),
        payment_terms_days=account.payment_terms_days,
        currency=draft.currency,
        subtotal_minor=draft.subtotal_minor,
        taxation=taxes.snapshot(draft.taxation, draft.taxes),
        tax_minor=draft.tax_minor,
        total_minor=draft.total_minor,
        locale=account.locale,
        seller=asdict(parties.seller()),
        buyer=asdict(parties.buyer(account)),
        purchase_order_number=purchase_order_number or account.purchase_order_number,
    )
    store(tenant, invoice, _line_rows(invoice, draft), at)
    return invoice


def store(tenant: Tenant, invoice: Invoice, lines: Sequence[InvoiceLine], at: datetime) -> None:
    """Stores an invoice or a credit note that has its number, with the mail that tells of it, when
    the account is let go."""
    tenant.changes.append(rows.inserting(invoice))
    tenant.changes.append(rows.inserting(*lines))
    tenant.changes.extend(mails.announcing(invoice, at))


def _invoices_alone(account: Account) -> int:
    """How many there are in the history apart from credit notes, which have their own numbers."""
    return account.invoice_count - account.credit_note_count


async def next_instant(account: Account, at: datetime) -> datetime:
    """When the locked account's next invoice is issued: now; where a clock was set back, when the
    last one was, so that dates follow the numbers."""
    numbered = Query(Invoice).where("account_id = ?", account.id)
    last = await numbered.where("sequence = ?", account.invoice_count).one()
    return at if last is None else max(at, last.issued_at)


def terms_of(tenant: Tenant) -> Terms:
    """What the tenant's subscription costs, and its current and next period."""
    account, subscription = tenant.account, tenant.subscription
    anchor, interval = subscription.started_on, subscription.interval
    return Terms(
        plan_name=tenant.plan.name,
        interval=interval,
        unit_price_minor=subscription.unit_price_minor,
        currency=account.currency,
        taxation=taxes.restored(account.tax),
        zone=account.time_zone,
        period=Period(subscription.period_start, subscription.period_end),
        next_period=nth_period(anchor, interval, subscription.period_index + 1),
    )


async def linked(link: Link) -> Invoice | None:
    """The invoice that a signed link opens: the signature is the permission."""
    own = Query(Invoice).where("account_id = ?", link.account_id)
    return await own.where("id = ?", link.invoice_id).one()


async def _lines(account_id: UUID, invoice_ids: Sequence[UUID]) -> Lines:
    wanted = LINES.where("account_id = ?", account_id)
    return await _grouped(wanted.among("invoice_id", invoice_ids))


async def _grouped(query: Query[InvoiceLine]) -> Lines:
    lines: Lines = defaultdict(list)
    for row in await query.sorted("invoice_id, position").all():
        lines[row.invoice_id].append(row)
    return lines


def _line_rows(invoice: Invoice, draft: Draft) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            account_id=invoice.account_id,
            invoice_id=invoice.id,
            position=position,
            description=line.description,
            wording=asdict(line.wording),
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            period_start=line.period.start,
            period_end=line.period.end,
            amount_minor=line.amount_minor,
        )
        for position, line in enumerate(draft.lines, start=1)
    ]
