"""Sample: an invoice of as many lines as are wanted, which is drawn and never issued."""

from datetime import date, timedelta

from benchmarks.data import NOW
from models.plans import BillingInterval
from services import parties, taxes
from services.documents import DocumentLine, InvoiceDocument
from services.drafts import Wording
from services.proration import Proration
from services.taxes import Taxation, TaxRate, TaxTreatment

PRICE = 178_800
DAYS = 365


def invoice(lines: int) -> InvoiceDocument:
    """An invoice of so many increases, each pro-rated from another day on."""
    billed = tuple(map(_line, range(lines)))
    subtotal = sum(line.amount_minor for line in billed)
    rate = TaxRate(name="VAT", rate_ppm=190_000)
    taxation = Taxation(treatment=TaxTreatment.STANDARD, rates=(rate,))
    amounts = taxes.amounts(taxation, subtotal)
    tax = sum(amount.tax_minor for amount in amounts)
    day = NOW.date()
    return InvoiceDocument(
        kind="SEAT_INCREASE",
        number="ACME-00001",
        status="OPEN",
        issued_on=day,
        due_on=day + timedelta(days=30),
        issued_at=NOW,
        payment_terms_days=30,
        currency="USD",
        locale="en_US",
        seller=parties.DEMO_SELLER,
        buyer=parties.DEMO_SELLER,
        purchase_order_number="PO-2026-118",
        lines=billed,
        subtotal_minor=subtotal,
        taxation=taxation,
        taxes=tuple(amounts),
        tax_minor=tax,
        total_minor=subtotal + tax,
    )


def _line(index: int) -> DocumentLine:
    begin, end = date(2026, 1, 1) + timedelta(days=index % DAYS), date(2027, 1, 1)
    left, quantity = (end - begin).days, 1 + index % 7
    wording = Wording(
        plan="Enterprise+",
        interval=BillingInterval.YEAR,
        added=True,
        left=left,
        total=DAYS,
        unit=Proration.DAY,
    )
    return DocumentLine(
        description="Enterprise+, added seats",
        wording=wording,
        quantity=quantity,
        unit_price_minor=PRICE,
        period_start=begin,
        period_end=end,
        amount_minor=PRICE * quantity * left // DAYS,
    )
