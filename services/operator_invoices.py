"""The operator's invoices: void, paid, credited; for the command line, which knows them by number.

Doing one of these twice changes nothing and is no error.
"""

from datetime import date, datetime
from typing import Any

from models.invoices import Form, Invoice, InvoiceKind, InvoiceLine, InvoiceStatus
from services import (
    accounts,
    activity,
    credit_notes,
    idempotency,
    invoice_documents,
    money,
    renewals,
    rows,
    taxes,
    text,
)
from services.accounts import Tenant
from services.errors import OperatorError, Refusal
from services.periods import day_at


async def show(code: str, number: str) -> dict[str, Any]:
    """An invoice or credit note with its lines, taxes and credit notes. Raises OperatorError."""
    own: dict[str, Any] = {"account_id": await accounts.id_of(code)}
    invoice = await _invoice(own, code, number)
    lines = await InvoiceLine.filter(**own, invoice_id=invoice.id).order_by("position")
    notes = await Invoice.filter(**own, credits_id=invoice.id).order_by("sequence")
    credited = await Invoice.get_or_none(**own, id=invoice.credits_id)
    return {
        **_told(invoice),
        "credits": credited and credited.number,
        "credit_notes": [note.number for note in notes],
        "lines": [_line(line, invoice.currency) for line in lines],
        "taxes": [_tax(amount, invoice.currency) for amount in taxes.charged(invoice.taxation)],
        "tax_treatment": invoice.taxation["treatment"],
    }


async def void(code: str, number: str, reason: str, at: datetime) -> dict[str, Any]:
    """Makes an open invoice void: nothing is to be paid, and it keeps its number. Raises
    OperatorError for one that was paid or credited."""
    cleaned = _reason(reason)
    account_id = await accounts.id_of(code)
    async with renewals.up_to_date(account_id, at) as tenant:
        invoice = await _invoice_only(tenant, number)
        if invoice.status is InvoiceStatus.VOID:
            return {**_told(invoice), "changed": False}
        _require(invoice, "be voided", InvoiceStatus.OPEN)
        if invoice.credited_minor:
            message = f"{number} is credited in part and cannot be voided: credit the rest of it"
            raise OperatorError(message)
        before = _state(invoice)
        invoice.reason = cleaned
        _settle(tenant, invoice, InvoiceStatus.VOID, day_at(at, tenant.account.time_zone))
        _record(tenant, at, "invoice.voided", f"{number} voided: {cleaned}", before, invoice)
        return {**_told(invoice), "changed": True}


async def pay(code: str, number: str, on: date | None, at: datetime) -> dict[str, Any]:
    """Marks an open invoice as paid, on a day from its issue to today, which is the default.
    Raises OperatorError for one that is void or credited in whole."""
    account_id = await accounts.id_of(code)
    async with renewals.up_to_date(account_id, at) as tenant:
        invoice = await _invoice_only(tenant, number)
        if invoice.status is InvoiceStatus.PAID:
            return {**_told(invoice), "changed": False}
        _require(invoice, "be paid", InvoiceStatus.OPEN)
        today = day_at(at, tenant.account.time_zone)
        day = on or max(today, invoice.issued_on)
        if not invoice.issued_on <= day <= max(today, invoice.issued_on):
            span = f"{invoice.issued_on}, its issue, to {today}, today"
            raise OperatorError(f"{number} can be paid from {span}")
        before = _state(invoice)
        _settle(tenant, invoice, InvoiceStatus.PAID, day)
        _record(tenant, at, "invoice.paid", f"{number} paid on {day}", before, invoice)
        return {**_told(invoice), "changed": True}


async def credit(
    code: str, number: str, amount: str | None, reason: str, key: str | None, at: datetime
) -> dict[str, Any]:
    """Issues a credit note for so much of an invoice's total, or for all that is left of it.

    With a key, a second call within 24 hours answers with the note of the first. Raises
    OperatorError for a void invoice, and for more than is left.
    """
    cleaned = _reason(reason)
    account_id = await accounts.id_of(code)
    arguments = {"number": number, "amount": amount, "reason": cleaned}
    async with renewals.up_to_date(account_id, at) as tenant:
        try:
            attempt = await idempotency.attempt(tenant.account, key, "credit", arguments, at)
        except Refusal as refusal:
            raise OperatorError(f"--key: {refusal}") from None
        if attempt.earlier is not None:
            earlier = await _invoice_only(tenant, str(attempt.earlier["note"]))
            return {**_told(earlier), "credits": number, "changed": False}
        invoice = await _invoice_only(tenant, number)
        note = await _credit(tenant, invoice, amount, cleaned, at)
        await attempt.remember(note=note.number)
        return {**_told(note), "credits": number, "changed": True}


async def redraw(code: str, number: str, at: datetime) -> dict[str, Any]:
    """Has all documents of an invoice or credit note made anew when they are next asked for: with
    another letterhead or font, or as the stored ones are damaged. Raises OperatorError."""
    account_id = await accounts.id_of(code)
    async with renewals.up_to_date(account_id, at) as tenant:
        invoice = await _invoice_only(tenant, number)
        tenant.changes.append(invoice_documents.forget(invoice, *Form))
        state = _state(invoice)
        _record(tenant, at, "invoice.redrawn", f"{number} to be drawn anew", state, invoice)
        return _told(invoice)


async def _credit(
    tenant: Tenant, invoice: Invoice, amount: str | None, reason: str, at: datetime
) -> Invoice:
    _require(invoice, "be credited", InvoiceStatus.OPEN, InvoiceStatus.PAID)
    minor = _amount(invoice, amount)
    before = _state(invoice)
    note = await credit_notes.issue(tenant, invoice, minor, reason, at)
    _store(tenant, invoice, "status", "settled_on", "credited_minor")
    shown = f"{money.plain(minor, invoice.currency)} {invoice.currency}"
    summary = f"{invoice.number} credited by {note.number} with {shown}: {reason}"
    _record(tenant, at, "invoice.credited", summary, before, invoice)
    return note


def _amount(invoice: Invoice, amount: str | None) -> int:
    """What is to be credited, in minor units. Raises OperatorError where it cannot be."""
    rest = invoice.total_minor - invoice.credited_minor
    try:
        minor = rest if amount is None else money.parse(amount, invoice.currency)
    except ValueError as error:
        raise OperatorError(f"--amount: {error}") from None
    if not 0 < minor <= rest:
        left = f"{money.plain(rest, invoice.currency)} {invoice.currency}"
        raise OperatorError(f"--amount: must be more than 0 and at most {left}, which is left")
    return minor


def _reason(reason: str) -> str:
    try:
        return text.clean(reason, text.MAX_REASON)
    except Refusal as refusal:
        raise OperatorError(f"--reason: {refusal}") from None


async def _invoice_only(tenant: Tenant, number: str) -> Invoice:
    return await _invoice({"account_id": tenant.account.id}, tenant.account.code, number)


async def _invoice(own: dict[str, Any], code: str, number: str) -> Invoice:
    found = None
    if text.is_storable(number):
        found = await Invoice.get_or_none(**own, number=number)
    if found is None:
        raise OperatorError(f"account {code} has no invoice {number}")
    return found


def _require(invoice: Invoice, what: str, *statuses: InvoiceStatus) -> None:
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        raise OperatorError(f"{invoice.number} is a credit note and cannot {what}")
    if invoice.status not in statuses:
        raise OperatorError(f"{invoice.number} is {invoice.status} and cannot {what}")


def _settle(tenant: Tenant, invoice: Invoice, status: InvoiceStatus, day: date) -> None:
    invoice.status, invoice.settled_on = status, day
    _store(tenant, invoice, "status", "settled_on", "reason")


def _store(tenant: Tenant, invoice: Invoice, *columns: str) -> None:
    """Stores how the invoice stands, which its PDF is to say from now on; its e-invoices say what
    was issued alone."""
    redrawn = invoice_documents.forget(invoice, Form.PDF)
    tenant.changes += [rows.updating(invoice, *columns), redrawn]


def _record(
    tenant: Tenant,
    at: datetime,
    action: str,
    summary: str,
    before: dict[str, Any],
    invoice: Invoice,
) -> None:
    activity.record(tenant, activity.OPERATOR, at, action, summary, before, _state(invoice))


def _state(invoice: Invoice) -> dict[str, Any]:
    """What the operator can change of an invoice, as the activity keeps it."""
    settled = invoice.settled_on
    return {
        "status": invoice.status,
        "credited": money.plain(invoice.credited_minor, invoice.currency),
        "settled_on": settled and settled.isoformat(),
    }


def _told(invoice: Invoice) -> dict[str, Any]:
    """The invoice as the command line prints it."""
    amounts = {
        "subtotal": invoice.subtotal_minor,
        "tax": invoice.tax_minor,
        "total": invoice.total_minor,
    }
    return {
        "number": invoice.number,
        "kind": invoice.kind,
        "issued_on": invoice.issued_on.isoformat(),
        "due_on": invoice.due_on.isoformat(),
        "currency": invoice.currency,
        **{name: money.plain(minor, invoice.currency) for name, minor in amounts.items()},
        **_state(invoice),
        "reason": invoice.reason,
    }


def _line(line: InvoiceLine, currency: str) -> dict[str, Any]:
    return {
        "description": line.description,
        "quantity": line.quantity,
        "unit_price": money.plain(line.unit_price_minor, currency),
        "amount": money.plain(line.amount_minor, currency),
    }


def _tax(amount: taxes.TaxAmount, currency: str) -> dict[str, Any]:
    return {
        "name": amount.name,
        "rate": str(taxes.fraction(amount.rate_ppm)),
        "base": money.plain(amount.base_minor, currency),
        "amount": money.plain(amount.tax_minor, currency),
    }
