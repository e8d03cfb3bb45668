"""Invoices: the history, and previews of what would be billed."""

from datetime import date

import strawberry

from execution import attribute, batched, computed
from schema.connections import Connection
from schema.context import Info
from schema.scalars import Money, Node, Period
from services import invoices, links
from services.drafts import Draft, DraftLine
from services.invoices import InvoiceKind, InvoiceStatus

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


@strawberry.type(description="An issued invoice: a snapshot that never changes.")
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

    @strawberry.field(
        description="Where the PDF copy is: a link that needs no header, signed, good for 15 "
        "minutes."
    )
    def pdf_url(self, info: Info) -> str:
        link = links.Link(self.row.account_id, self.row.id)
        token = links.sign_link(link, info.context.at)
        return f"{info.context.base_url()}/invoices/{self.row.number}.pdf?token={token}"


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
    )
