"""Invoice details: what lists of invoices leave out, read for those that are asked about."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from models.invoices import Invoice
from services import einvoice_taxes, einvoice_terms, invoices, taxes
from services.errors import Forbidden
from services.permissions import Actor, Right, or_forbidden, require
from services.rows import Query

DETAILS = Query(Invoice).without(
    "account_id",
    "subscription_id",
    "sequence",
    "number",
    "kind",
    "status",
    "period_start",
    "issued_on",
    "issued_at",
    "due_on",
    "payment_terms_days",
    "currency",
    "subtotal_minor",
    "tax_minor",
    "total_minor",
    "locale",
    "buyer",
    "purchase_order_number",
)

NOTES = Query(Invoice).without(*invoices.LISTED.left_out - {"credits_id"})


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Invoice | Forbidden]:
    """What it credits, its taxes and seller and how it was settled, for the account's invoices
    among the ids; Forbidden stands for one that is not to be read."""
    found = await DETAILS.where("account_id = ?", actor.account_id).among("id", ids).all()
    return {row.id: or_forbidden(actor, Right.BILLING, row) for row in found}


def has_e_invoice(invoice: Invoice, details: Invoice) -> bool:
    """Whether there can be an e-invoice of an invoice, of which these are the details."""
    stored = details.taxation
    shares = einvoice_taxes.groups(
        taxes.restored(stored), taxes.charged(stored), invoice.subtotal_minor, invoice.tax_minor
    )
    return einvoice_terms.can_be_made(invoice.currency, details.seller["tax_id"], shares)


async def credit_notes_of(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, list[Invoice]]:
    """The credit notes of each invoice, oldest first. Raises Forbidden."""
    require(actor, Right.BILLING)
    own = NOTES.where("account_id = ?", actor.account_id)
    notes: dict[UUID, list[Invoice]] = defaultdict(list)
    for note in await own.among("credits_id", ids).sorted("sequence").all():
        assert note.credits_id is not None
        notes[note.credits_id].append(note)
    return notes
