"""The documents of invoices: each form made once, kept, and the same bytes ever after."""

import hashlib
from typing import Any

from models.invoices import Form, Invoice, InvoiceDocument
from services import accounts, clock, documents, invoice_values
from services.database import Change

__all__ = ["DamagedError", "InvoiceDocument", "content", "forget", "stored"]

STANDING = ("status", "credited_minor", "settled_on", "reason")
"""What changes of an issued invoice, and its documents say."""


class DamagedError(Exception):
    """A stored document is not what it was."""


async def stored(invoice: Invoice, form: Form) -> InvoiceDocument:
    """The invoice in a form: made at the first call and kept, the same bytes until it is paid,
    voided or credited, which its documents say. Raises RenderError."""
    own: dict[str, Any] = {"account_id": invoice.account_id, "invoice_id": invoice.id}
    found = await InvoiceDocument.get_or_none(**own, form=form)
    while found is None:
        standing = await Invoice.get(account_id=invoice.account_id, id=invoice.id)
        made = await documents.render(await invoice_values.as_issued(standing), form)
        found = await _kept(standing, form, made)
    return found


async def content(document: InvoiceDocument) -> bytes:
    """The bytes of a stored document. Raises DamagedError where they are not those that were
    kept."""
    found = document.content or b""
    if hashlib.sha256(found).hexdigest() != document.sha256:
        raise DamagedError(f"the stored document {document.id} is damaged")
    return found


def forget(invoice: Invoice) -> Change:
    """What has an invoice's documents made anew: it stands otherwise from now on."""
    sql = "DELETE FROM invoice_documents WHERE account_id = ? AND invoice_id = ?"
    return Change(sql, [invoice.account_id, invoice.id])


async def _kept(drawn: Invoice, form: Form, made: bytes) -> InvoiceDocument | None:
    """The stored document, which is somebody else's where that was quicker; None where the invoice
    no longer stands as it was drawn."""
    own: dict[str, Any] = {"account_id": drawn.account_id, "invoice_id": drawn.id, "form": form}
    async with accounts.locked(drawn.account_id):
        now = await Invoice.get(account_id=drawn.account_id, id=drawn.id)
        if any(getattr(now, column) != getattr(drawn, column) for column in STANDING):
            return None
        new = {
            "content": made,
            "size": len(made),
            "sha256": hashlib.sha256(made).hexdigest(),
            "rendered_at": clock.now(),
        }
        return (await InvoiceDocument.get_or_create(new, **own))[0]
