"""Invoices: the history, and previews of what would be billed."""

from datetime import date

import strawberry

from execution import batched
from schema.connections import Connection
from schema.context import Info
from schema.scalars import Money, Node, Period
from services import invoices, links
from services.drafts import Draft, DraftLine
from services.invoices import InvoiceKind, InvoiceStatus

strawberry.enum(
    InvoiceKind,
    description="What the invoice bills: a first period, added seats, or a renewed period.",
)
strawberry.enum(InvoiceStatus, description="Where the invoice stands with its payment.")


@strawberry.type(description="One line of an invoice.")
class InvoiceLine:
    row: strawberry.Private[invoices.InvoiceLine | DraftLine]
    currency: strawberry.Private[str]

    @strawberry.field
    def description(self) -> str:
        return self.row.description

    @strawberry.field(description="Paid seats.")
    def quantity(self) -> int:
        return self.row.quantity

    @strawberry.field(description="What one seat costs for a whole billing period, before tax.")
    def unit_price(self) -> Money:
        return Money(minor=self.row.unit_price_minor, currency=self.currency)

    @strawberry.field(description="The days that the line pays for.")
    def period(self) -> Period:
        return Period(start=self.row.period_start, end=self.row.period_end)

    @strawberry.field(description="Before tax; pro-rated where the line says so.")
    def amount(self) -> Money:
        return Money(minor=self.row.amount_minor, currency=self.currency)


@strawberry.type(description="What an invoice would say if it were issued now.")
class InvoicePreview:
    lines: list[InvoiceLine]
    subtotal: Money
    tax: Money
    total: Money


async def _lines(shown: list["Invoice"], info: Info) -> list[list[InvoiceLine]]:
    ids = [invoice.row.id for invoice in shown]
    found = await invoices.lines_of(info.context.actor, ids)
    return [
        [
            InvoiceLine(row=row, currency=invoice.row.currency)
            for row in found.get(invoice.row.id, ())
        ]
        for invoice in shown
    ]


@strawberry.type(description="An issued invoice: a snapshot that never changes.")
class Invoice(Node):
    row: strawberry.Private[invoices.Invoice]

    @strawberry.field(description="Unique and without gaps within the account.")
    def number(self) -> str:
        return self.row.number

    @strawberry.field(description="What the invoice bills.")
    def kind(self) -> InvoiceKind:
        return self.row.kind

    @strawberry.field(description="Where the invoice stands with its payment.")
    def status(self) -> InvoiceStatus:
        return self.row.status

    @strawberry.field(description="The day of issue, in the account's time zone.")
    def issued_on(self) -> date:
        return self.row.issued_on

    @strawberry.field(description="The day by which it is to be paid.")
    def due_on(self) -> date:
        return self.row.due_on

    @strawberry.field(description="The purchase order number that the invoice carries.")
    def purchase_order_number(self) -> str | None:
        return self.row.purchase_order_number

    lines: list[InvoiceLine] = batched(_lines, description="What is billed, line by line.")

    @strawberry.field(description="The sum of the lines.")
    def subtotal(self) -> Money:
        return Money(minor=self.row.subtotal_minor, currency=self.row.currency)

    @strawberry.field(description="Tax on the subtotal, rounded once.")
    def tax(self) -> Money:
        return Money(minor=self.row.tax_minor, currency=self.row.currency)

    @strawberry.field(description="Subtotal and tax.")
    def total(self) -> Money:
        return Money(minor=self.row.total_minor, currency=self.row.currency)

    @strawberry.field(
        description="Where the PDF copy is: a link that needs no header, signed, good for 15 "
        "minutes."
    )
    def pdf_url(self, info: Info) -> str:
        link = links.Link(self.row.account_id, self.row.id)
        token = links.sign_link(link, info.context.at)
        return f"{info.context.base_url}/invoices/{self.row.number}.pdf?token={token}"


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
