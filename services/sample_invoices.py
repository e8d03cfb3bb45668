"""Sample invoices: what the seller's settings and the letterhead make of an invoice to nobody."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from models.invoices import InvoiceKind
from models.plans import BillingInterval
from services import documents, drafts, parties, settings, text
from services.documents import Address, DocumentLine, InvoiceDocument, Party, Reference, RenderError
from services.drafts import Terms
from services.errors import OperatorError, Refusal
from services.forms import Form
from services.periods import day_at, nth_period
from services.proration import Proration
from services.taxes import TaxAmount, Taxation, TaxRate, TaxTreatment

NUMBER = "SAMPLE-00001"
CREDIT_NOTE_NUMBER = "SAMPLE-CN-00001"

BUYER = Party(
    legal_name="Sample Customer Limited",
    address=Address(
        line1="12 Sample Street",
        line2="Second Floor",
        postal_code="D02 XY00",
        city="Dublin",
        region=None,
        country_code="IE",
    ),
    tax_id="IE6388047V",
    email="accounts@customer.example",
)

CURRENCY = "EUR"
ZONE = "UTC"
SEATS = 5
UNIT_PRICE_MINOR = 178_800
TERMS_DAYS = 30
AGE = timedelta(days=122)
"""How long the period has run in which the seats are added."""

TAXATION = Taxation(treatment=TaxTreatment.STANDARD, rates=(TaxRate(name="VAT", rate_ppm=230_000),))


def write(file: Path, locale: str, at: datetime, *, credit_note: bool) -> None:
    """Writes the PDF of a sample as a reader of the locale would get it, dated now. Raises
    OperatorError where the locale is unknown, or the PDF can be neither drawn nor written."""
    try:
        sample = invoice(text.locale(locale), at)
    except Refusal:
        raise OperatorError(f"--locale: {locale} is no known locale such as de-DE") from None
    try:
        file.write_bytes(asyncio.run(_drawn(_credited(sample) if credit_note else sample)))
    except RenderError as error:
        raise OperatorError(f"the sample cannot be drawn: {error}") from None
    except OSError as error:
        raise OperatorError(f"{file}: {error.strerror}") from None


def invoice(locale: str, at: datetime) -> InvoiceDocument:
    """An invoice for seats added in the middle of a year."""
    today = day_at(at, ZONE)
    draft = drafts.added_seats(_terms(at), SEATS, at, Proration.DAY)
    assert draft is not None
    return InvoiceDocument(
        kind=draft.kind,
        number=NUMBER,
        status="OPEN",
        issued_on=today,
        due_on=today + timedelta(days=TERMS_DAYS),
        issued_at=at,
        payment_terms_days=TERMS_DAYS,
        currency=draft.currency,
        locale=locale,
        seller=parties.seller(),
        buyer=BUYER,
        purchase_order_number="PO-7781",
        lines=tuple(
            DocumentLine(
                description=line.description,
                wording=line.wording,
                quantity=line.quantity,
                unit_price_minor=line.unit_price_minor,
                period_start=line.period_start,
                period_end=line.period_end,
                amount_minor=line.amount_minor,
            )
            for line in draft.lines
        ),
        subtotal_minor=draft.subtotal_minor,
        taxation=draft.taxation,
        taxes=draft.taxes,
        tax_minor=draft.tax_minor,
        total_minor=draft.total_minor,
        letterhead=settings.current().letterhead,
    )


def _terms(at: datetime) -> Terms:
    started_on = day_at(at - AGE, ZONE)
    return Terms(
        plan_name="Enterprise+",
        interval=BillingInterval.YEAR,
        unit_price_minor=UNIT_PRICE_MINOR,
        currency=CURRENCY,
        taxation=TAXATION,
        zone=ZONE,
        period=nth_period(started_on, BillingInterval.YEAR, 0),
        next_period=nth_period(started_on, BillingInterval.YEAR, 1),
    )


def _credited(invoice: InvoiceDocument) -> InvoiceDocument:
    """The credit note that takes the whole invoice back."""
    return replace(
        invoice,
        kind=InvoiceKind.CREDIT_NOTE,
        number=CREDIT_NOTE_NUMBER,
        status="ISSUED",
        due_on=invoice.issued_on,
        payment_terms_days=0,
        lines=tuple(replace(line, amount_minor=-line.amount_minor) for line in invoice.lines),
        subtotal_minor=-invoice.subtotal_minor,
        taxes=tuple(map(_negated, invoice.taxes)),
        tax_minor=-invoice.tax_minor,
        total_minor=-invoice.total_minor,
        credits=Reference(number=NUMBER, issued_on=invoice.issued_on, reason="Ordered by mistake"),
    )


def _negated(tax: TaxAmount) -> TaxAmount:
    return replace(tax, base_minor=-tax.base_minor, tax_minor=-tax.tax_minor)


async def _drawn(sample: InvoiceDocument) -> bytes:
    try:
        return await documents.render(sample, Form.PDF)
    finally:
        await documents.close()
