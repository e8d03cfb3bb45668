"""The documents of invoices: each form made once, kept, and the same bytes ever after."""

import asyncio
import hashlib
from uuid import UUID

from models.invoices import Form, Invoice, InvoiceDocument
from services import accounts, clock, document_store, documents, invoice_values, settings
from services.database import Change
from services.document_store import MissingError
from services.rows import Query

__all__ = ["DamagedError", "InvoiceDocument", "content", "forget", "stored"]

STANDING = ("status", "credited_minor", "settled_on", "reason")
"""What changes of an issued invoice, and its PDF says."""


class DamagedError(Exception):
    """A stored document is not what it was, or not there any more."""


async def stored(invoice: Invoice, form: Form) -> InvoiceDocument:
    """The invoice in a form: made at the first call and kept, the same bytes ever after; the PDF
    until the invoice is paid, voided or credited, which it says. Raises RenderError, StoreError."""
    while (found := await _found(invoice, form)) is None:
        await _made(invoice, form)
    return found


async def content(document: InvoiceDocument) -> bytes:
    """The bytes of a stored document. Raises StoreError, and DamagedError where they are not those
    that were kept."""
    try:
        if document.place is None:
            found = document.content or b""
        else:
            found = await document_store.get(document.place, document.size)
    except MissingError as error:
        raise DamagedError(str(error)) from None
    if hashlib.sha256(found).hexdigest() != document.sha256:
        raise DamagedError(f"the stored document {document.id} is damaged")
    return found


def forget(invoice: Invoice, *forms: Form) -> Change:
    """What has an invoice's documents in these forms made anew. Copies outside the database stay,
    and nothing leads to them."""
    sql = "DELETE FROM invoice_documents WHERE account_id = ? AND invoice_id = ? AND form IN "
    places = ", ".join("?" for _ in forms)
    return Change(f"{sql}({places})", [invoice.account_id, invoice.id, *forms])


async def _found(invoice: Invoice, form: Form) -> InvoiceDocument | None:
    own = Query(InvoiceDocument).where("account_id = ?", invoice.account_id)
    return await own.where("invoice_id = ?", invoice.id).where("form = ?", form).one()


_in_hand: dict[tuple[UUID, UUID, Form], asyncio.Task[None]] = {}
"""The documents that are being made, each once for all who wait for it."""


async def _made(invoice: Invoice, form: Form) -> None:
    key = (invoice.account_id, invoice.id, form)

    def forgotten(made: asyncio.Task[None]) -> None:
        del _in_hand[key]
        # Asked for here, as whoever waited may be gone, and the log would have a riddle.
        if not made.cancelled():
            made.exception()

    if key not in _in_hand:
        _in_hand[key] = asyncio.create_task(_make(invoice, form))
        _in_hand[key].add_done_callback(forgotten)
    # Whoever goes away does not end it: that would end the worker, for which all others wait.
    await asyncio.shield(_in_hand[key])


async def _make(invoice: Invoice, form: Form) -> None:
    standing = await Invoice.get(account_id=invoice.account_id, id=invoice.id)
    made = await documents.render(await invoice_values.as_issued(standing), form)
    await _keep(standing, form, made)


async def _keep(drawn: Invoice, form: Form, made: bytes) -> None:
    """Keeps the document, unless somebody else was quicker, or the invoice no longer stands as it
    was drawn."""
    digest = hashlib.sha256(made).hexdigest()
    outside = settings.current().documents_are_outside
    place = f"{drawn.account_id}/{drawn.id}/{form}/{digest}" if outside else None
    if place is not None:
        # Before the account is locked: a copy that no row tells of harms nobody.
        await document_store.put(place, made)
    async with accounts.locked(drawn.account_id):
        now = await Invoice.get(account_id=drawn.account_id, id=drawn.id)
        if any(getattr(now, column) != getattr(drawn, column) for column in STANDING):
            return
        await InvoiceDocument.get_or_create(
            {
                "content": None if outside else made,
                "place": place,
                "size": len(made),
                "sha256": digest,
                "rendered_at": clock.now(),
            },
            account_id=drawn.account_id,
            invoice_id=drawn.id,
            form=form,
        )
