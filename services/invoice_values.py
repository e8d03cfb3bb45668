"""Invoice values: the frozen document of an invoice, read from its rows."""

from typing import Any

from models.invoices import Invoice, InvoiceLine
from services import parties, settings, taxes
from services.documents import DocumentLine, InvoiceDocument, Reference
from services.drafts import Wording

__all__ = ["as_issued"]


async def as_issued(invoice: Invoice) -> InvoiceDocument:
    """The document of a whole invoice: its snapshot, its lines and where it stands now."""
    own: dict[str, Any] = {"account_id": invoice.account_id, "invoice_id": invoice.id}
    lines = await InvoiceLine.filter(**own).order_by("position")
    return InvoiceDocument(
        kind=invoice.kind,
        number=invoice.number,
        status=invoice.status,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        issued_at=invoice.issued_at,
        payment_terms_days=invoice.payment_terms_days,
        currency=invoice.currency,
        locale=invoice.locale,
        seller=parties.restored_seller(invoice.seller),
        buyer=parties.restored_buyer(invoice.buyer),
        purchase_order_number=invoice.purchase_order_number,
        lines=tuple(map(_document_line, lines)),
        subtotal_minor=invoice.subtotal_minor,
        taxation=taxes.restored(invoice.taxation),
        taxes=taxes.charged(invoice.taxation),
        tax_minor=invoice.tax_minor,
        total_minor=invoice.total_minor,
        credited_minor=invoice.credited_minor,
        settled_on=invoice.settled_on,
        credits=await _credited(invoice),
        void_reason=invoice.reason,
        letterhead=settings.current().letterhead,
    )


async def _credited(invoice: Invoice) -> Reference | None:
    if invoice.credits_id is None:
        return None
    own: dict[str, Any] = {"account_id": invoice.account_id, "id": invoice.credits_id}
    credited = await Invoice.get(**own)
    reason = invoice.reason or ""
    return Reference(number=credited.number, issued_on=credited.issued_on, reason=reason)


def _document_line(line: InvoiceLine) -> DocumentLine:
    return DocumentLine(
        description=line.description,
        wording=Wording(**line.wording) if line.wording else None,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        period_start=line.period_start,
        period_end=line.period_end,
        amount_minor=line.amount_minor,
    )
