"""Credit notes: they take back what an invoice billed, in whole or in part, and never more.

How much of each line and tax has been taken back follows from the invoice's total and from how
much of it has been credited so far. A note is the difference between two such states, so the
last of several takes what rounding left, and all of them add up to the invoice exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.accounts import Account
from models.invoices import Invoice, InvoiceKind, InvoiceLine, InvoiceStatus
from services import invoices, money, taxes
from services.accounts import Tenant
from services.periods import day_at
from services.taxes import TaxAmount


@dataclass(frozen=True, slots=True)
class Amounts:
    """Parts of an invoice, in minor units: of each line, of each tax's base, of each tax."""

    lines: tuple[int, ...]
    bases: tuple[int, ...]
    taxes: tuple[int, ...]

    @property
    def subtotal(self) -> int:
        """The sum of the lines."""
        return sum(self.lines)

    @property
    def tax(self) -> int:
        """The sum of the taxes."""
        return sum(self.taxes)


def credited(lines: Sequence[int], charged: Sequence[TaxAmount], amount: int) -> Amounts:
    """What has been taken back of an invoice's parts once `amount` of its total is credited.

    The parts add up to the amount, none is more than the invoice's, and none shrinks while the
    amount grows. First tax is told from subtotal, then each is divided among its own parts.
    """
    subtotal, tax = sum(lines), sum(it.tax_minor for it in charged)
    of_subtotal, of_tax = money.divided(amount, [subtotal, tax])
    bases = [it.base_minor for it in charged]
    of_bases = [of_subtotal] * len(bases)
    if taxes.are_apportioned(charged):
        of_bases = money.divided(of_subtotal, bases)
    return Amounts(
        lines=tuple(money.divided(of_subtotal, lines)),
        bases=tuple(of_bases),
        taxes=tuple(money.divided(of_tax, [it.tax_minor for it in charged])),
    )


def noted(lines: Sequence[int], charged: Sequence[TaxAmount], before: int, after: int) -> Amounts:
    """What a note takes back that brings what is credited of an invoice from `before` to
    `after`."""
    earlier, later = (credited(lines, charged, amount) for amount in (before, after))
    return Amounts(
        lines=_differences(earlier.lines, later.lines),
        bases=_differences(earlier.bases, later.bases),
        taxes=_differences(earlier.taxes, later.taxes),
    )


async def issue(
    tenant: Tenant, invoice: Invoice, amount_minor: int, reason: str, at: datetime
) -> Invoice:
    """The credit note that takes so much of the invoice's total back: more than 0, and no more
    than is left of it.

    The account is locked. The note has the next number of its own series, and the parties, taxes
    and language of the invoice, but goes to the billing e-mail of today. The invoice is marked as
    credited where nothing is left of it, which the caller stores.
    """
    lines = await InvoiceLine.filter(account_id=invoice.account_id, invoice_id=invoice.id).order_by(
        "position"
    )
    after = invoice.credited_minor + amount_minor
    billed = [line.amount_minor for line in lines]
    charged = taxes.charged(invoice.taxation)
    parts = noted(billed, charged, invoice.credited_minor, after)
    issued_at = await invoices.next_instant(tenant.account, at)
    note = _note(tenant.account, invoice, parts, issued_at)
    note.reason = reason
    invoices.store(tenant, note, _lines(note, lines, parts), at)
    invoice.credited_minor = after
    if after == invoice.total_minor:
        invoice.status, invoice.settled_on = InvoiceStatus.CREDITED, note.issued_on
    return note


def _note(account: Account, invoice: Invoice, parts: Amounts, issued_at: datetime) -> Invoice:
    account.invoice_count += 1
    account.credit_note_count += 1
    issued_on = day_at(issued_at, account.time_zone)
    return Invoice(
        account_id=account.id,
        subscription_id=invoice.subscription_id,
        sequence=account.invoice_count,
        number=f"{account.invoice_prefix}-CN-{account.credit_note_count:05d}",
        kind=InvoiceKind.CREDIT_NOTE,
        status=InvoiceStatus.ISSUED,
        credits_id=invoice.id,
        period_start=invoice.period_start,
        issued_on=issued_on,
        issued_at=issued_at,
        due_on=issued_on,
        payment_terms_days=0,
        currency=invoice.currency,
        subtotal_minor=-parts.subtotal,
        taxation=_taxation(invoice, parts),
        tax_minor=-parts.tax,
        total_minor=-parts.subtotal - parts.tax,
        locale=invoice.locale,
        seller=invoice.seller,
        buyer={**invoice.buyer, "email": account.billing_email},
        purchase_order_number=invoice.purchase_order_number,
    )


def _taxation(invoice: Invoice, parts: Amounts) -> dict[str, object]:
    rates = [
        {**rate, "base_minor": -base, "tax_minor": -tax}
        for rate, base, tax in zip(invoice.taxation["rates"], parts.bases, parts.taxes, strict=True)
    ]
    return {**invoice.taxation, "rates": rates}


def _lines(note: Invoice, billed: Sequence[InvoiceLine], parts: Amounts) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            account_id=note.account_id,
            invoice_id=note.id,
            position=line.position,
            description=line.description,
            wording=line.wording,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            period_start=line.period_start,
            period_end=line.period_end,
            amount_minor=-amount,
        )
        for line, amount in zip(billed, parts.lines, strict=True)
    ]


def _differences(before: Sequence[int], after: Sequence[int]) -> tuple[int, ...]:
    return tuple(later - earlier for earlier, later in zip(before, after, strict=True))
