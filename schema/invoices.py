"""Invoices: the history, and previews of what would be billed."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import strawberry

from execution import Load, attribute, batched, computed
from schema.connections import Connection
from schema.context import Info
from schema.scalars import Money, Node, Period
from schema.taxes import TaxLine, tax_lines
from services import invoice_details, invoice_exports, invoices, links, taxes
from services.drafts import Draft, DraftLine
from services.forms import FORMS, Form
from services.invoice_exports import MAX_DOCUMENTS
from services.invoices import InvoiceKind, InvoiceStatus
from services.taxes import TaxTreatment

strawberry.enum(
    InvoiceKind,
    description="What the invoice bills: a first period (INITIAL), added seats (SEAT_INCREASE), or "
    "a renewed period (RENEWAL). A CREDIT_NOTE takes back what an invoice billed: its amounts are "
    "negative.",
)
strawberry.enum(
    InvoiceStatus,
    description="Where the invoice stands with its payment: OPEN, PAID, VOID (nothing is to be "
    "paid), or CREDITED (credit notes have taken all of it back). A credit note is ISSUED: "
    "nothing is to be paid on it.",
)


@strawberry.type(description="One line of an invoice.")
class InvoiceLine:
    row: strawberry.Private[invoices.InvoiceLine | DraftLine]
    currency: strawberry.Private[str]

    description: str = attribute("row.description")
    quantity: int = attribute("row.quantity", description="Paid seats.")
    unit_price: Money = computed(
        Money,
        minor="row.unit_price_minor",
        currency="currency",
        description="What one seat costs for a whole billing period, before tax.",
    )
    period: Period = computed(
        Period,
        start="row.period_start",
        end="row.period_end",
        description="The days that the line pays for.",
    )
    amount: Money = computed(
        Money,
        minor="row.amount_minor",
        currency="currency",
        description="Before tax; pro-rated where the line says so.",
    )


@strawberry.type(description="What an invoice would say if it were issued now.")
class InvoicePreview:
    lines: list[InvoiceLine]
    subtotal: Money
    tax: Money
    total: Money
    taxes: list[TaxLine] = strawberry.field(description="Each tax; they add up to `tax`.")
    tax_treatment: TaxTreatment = strawberry.field(description="How the invoice would be taxed.")
    tax_note: str | None = strawberry.field(description="Why no tax would be charged.")


async def _lines(shown: list["Invoice"], info: Info) -> list[list[InvoiceLine]]:
    ids = [invoice.row.id for invoice in shown]
    found = await invoices.lines_of(info.context.actor, ids)
    return [_shown(found.get(invoice.row.id, []), invoice) for invoice in shown]


def _read_with_page(invoice: "Invoice") -> list[InvoiceLine] | None:
    rows = invoice.line_rows
    return None if rows is None else _shown(rows, invoice)


def _shown(rows: list[invoices.InvoiceLine], invoice: "Invoice") -> list[InvoiceLine]:
    currency = invoice.row.currency
    return [InvoiceLine(row=row, currency=currency) for row in rows]


def _url(row: invoices.Invoice, form: Form, info: Info) -> str:
    """Where the invoice is in a form."""
    token = links.sign_link(links.Link(row.account_id, row.id, form), info.context.at)
    name = f"{row.number}{FORMS[form].suffix}"
    return f"{info.context.base_url()}/invoices/{name}?token={token}"


def _e_invoice_url(form: Form) -> Load:
    """Where the invoice is as an e-invoice; None where there can be none."""

    async def load(shown: list["Invoice"], info: Info) -> list[str | None]:
        ids = [invoice.row.id for invoice in shown]
        found = await info.context.load.invoice_details.load_many(ids)
        return [
            _url(invoice.row, form, info)
            if invoice_details.has_e_invoice(invoice.row, details)
            else None
            for invoice, details in zip(shown, found, strict=True)
        ]

    return load


def _detail(make: Callable[["Invoice", invoices.Invoice], Any]) -> Load:
    """What is made of an invoice and its details, which one read brings for all that is asked."""

    async def load(shown: list["Invoice"], info: Info) -> list[Any]:
        ids = [invoice.row.id for invoice in shown]
        found = await info.context.load.invoice_details.load_many(ids)
        return [make(*pair) for pair in zip(shown, found, strict=True)]

    return load


def _due(invoice: "Invoice", details: invoices.Invoice) -> Money:
    open_ = invoice.row.status is InvoiceStatus.OPEN
    due = invoice.row.total_minor - details.credited_minor if open_ else 0
    return Money(minor=due, currency=invoice.row.currency)


def _credited(invoice: "Invoice", details: invoices.Invoice) -> Money | None:
    credited = details.credited_minor
    return Money(minor=credited, currency=invoice.row.currency) if credited else None


def _taxes(invoice: "Invoice", details: invoices.Invoice) -> list[TaxLine]:
    return tax_lines(taxes.charged(details.taxation), invoice.row.currency)


async def _credits(shown: list["Invoice"], info: Info) -> list["Invoice | None"]:
    load = info.context.load
    details = await load.invoice_details.load_many([invoice.row.id for invoice in shown])
    rows = await load.invoices.load_many([it.credits_id for it in details if it.credits_id])
    credited = {row.id: Invoice(row=row) for row in rows}
    return [credited.get(it.credits_id) for it in details]


async def _credit_notes(shown: list["Invoice"], info: Info) -> list[list["Invoice"]]:
    ids = [invoice.row.id for invoice in shown]
    notes = await invoice_details.credit_notes_of(info.context.actor, ids)
    return [[Invoice(row=row) for row in notes.get(key, [])] for key in ids]


@strawberry.type(
    description="An issued invoice or credit note: a snapshot. Only where it stands changes: "
    "status, amountDue, credited, creditNotes, settledOn, and the reason of a void one."
)
class Invoice(Node):
    row: strawberry.Private[invoices.Invoice]
    line_rows: strawberry.Private[list[invoices.InvoiceLine] | None] = None
    """The lines, where they were read with the invoice."""

    number: str = attribute("row.number", description="Unique and without gaps within the account.")
    kind: InvoiceKind = attribute("row.kind", description="What the invoice bills.")
    status: InvoiceStatus = attribute(
        "row.status", description="Where the invoice stands with its payment."
    )
    issued_on: date = attribute(
        "row.issued_on", description="The day of issue, in the account's time zone."
    )
    due_on: date = attribute("row.due_on", description="The day by which it is to be paid.")
    purchase_order_number: str | None = attribute(
        "row.purchase_order_number",
        description="The purchase order number that the invoice carries.",
    )
    lines: list[InvoiceLine] = batched(
        _lines, description="What is billed, line by line.", ready=_read_with_page
    )
    subtotal: Money = computed(
        Money,
        minor="row.subtotal_minor",
        currency="row.currency",
        description="The sum of the lines.",
    )
    tax: Money = computed(
        Money,
        minor="row.tax_minor",
        currency="row.currency",
        description="Tax on the subtotal, rounded once.",
    )
    total: Money = computed(
        Money, minor="row.total_minor", currency="row.currency", description="Subtotal and tax."
    )
    taxes: list[TaxLine] = batched(_detail(_taxes), description="Each tax; they add up to `tax`.")
    tax_treatment: TaxTreatment = batched(
        _detail(lambda _, details: taxes.restored(details.taxation).treatment),
        description="How the invoice is taxed.",
    )
    tax_note: str | None = batched(
        _detail(lambda _, details: taxes.note(taxes.restored(details.taxation))),
        description="Why no tax is charged: the reverse charge, or the reason of an exemption.",
    )
    amount_due: Money = batched(
        _detail(_due),
        description="What is still to be paid: an open invoice's total, less what is credited.",
    )
    credited: Money | None = batched(
        _detail(_credited), description="What credit notes have taken back of the total so far."
    )
    settled_on: date | None = batched(
        _detail(lambda _, details: details.settled_on),
        description="The day on which it was paid, voided or credited in whole.",
    )
    reason: str | None = batched(
        _detail(lambda _, details: details.reason),
        description="Why the credit note was issued, or the invoice voided.",
    )
    credits: "Invoice | None" = batched(
        _credits, description="The invoice of which a credit note takes something back."
    )
    credit_notes: list["Invoice"] = batched(
        _credit_notes, description="The credit notes of an invoice, oldest first."
    )

    factur_x_url: str | None = batched(
        _e_invoice_url(Form.FACTUR_X),
        description="Where the e-invoice is as Factur-X (ZUGFeRD), EN 16931, which the PDF carries "
        "too: a link as `pdfUrl` is. Null where the standard has no room for the invoice "
        "(docs/e-invoices.md).",
    )
    ubl_url: str | None = batched(
        _e_invoice_url(Form.UBL),
        description="Where the same e-invoice is as UBL 2.1: a link as `pdfUrl` is. Null where "
        "`facturXUrl` is.",
    )

    @strawberry.field(
        description="Where the PDF copy is: a link that needs no header, signed, good for 15 "
        "minutes."
    )
    def pdf_url(self, info: Info) -> str:
        return _url(self.row, Form.PDF, info)


@strawberry.type(
    description="Invoices and credit notes to take away: links that need no header, signed."
)
class InvoiceExport:
    invoice_count: int = strawberry.field(
        description="How many invoices and credit notes there are in these days."
    )
    zip_url: str | None = strawberry.field(
        description=f"Their PDFs as one ZIP; null where there are more than {MAX_DOCUMENTS:,}: "
        "choose fewer days."
    )
    csv_url: str = strawberry.field(
        description="A table of them: CSV in UTF-8, with a row of headings."
    )
    expires_at: datetime = strawberry.field(description="Until when the links are good.")


async def export(first: date | None, last: date | None, info: Info) -> InvoiceExport:
    """Links to the invoices from a day to a day. Raises Forbidden, BadUserInput."""
    actor, at = info.context.actor, info.context.at
    count = await invoice_exports.count(actor, first, last)
    token = links.sign_export(links.Export(actor.account_id, first, last), at)
    address = f"{info.context.base_url()}/exports/invoices"
    return InvoiceExport(
        invoice_count=count,
        zip_url=f"{address}.zip?token={token}" if count <= MAX_DOCUMENTS else None,
        csv_url=f"{address}.csv?token={token}",
        expires_at=(at + links.LIFETIME).replace(microsecond=0),
    )


InvoiceConnection = Connection[Invoice]


def preview(draft: Draft | None) -> InvoicePreview | None:
    """The draft as the API shows it."""
    if draft is None:
        return None
    lines = [InvoiceLine(row=line, currency=draft.currency) for line in draft.lines]
    return InvoicePreview(
        lines=lines,
        subtotal=Money(minor=draft.subtotal_minor, currency=draft.currency),
        tax=Money(minor=draft.tax_minor, currency=draft.currency),
        total=Money(minor=draft.total_minor, currency=draft.currency),
        taxes=tax_lines(draft.taxes, draft.currency),
        tax_treatment=draft.taxation.treatment,
        tax_note=taxes.note(draft.taxation),
    )
