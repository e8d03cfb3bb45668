"""Taxes: what each comes to on an invoice."""

from collections.abc import Iterable
from decimal import Decimal

import strawberry

from schema.scalars import Money
from services import taxes
from services.taxes import TaxAmount, TaxTreatment

strawberry.enum(
    TaxTreatment,
    description="How invoices are taxed: by rates (STANDARD); by the buyer, who accounts for the "
    "tax (REVERSE_CHARGE); not, for a reason (EXEMPT); or not at all (OUTSIDE_SCOPE).",
)


@strawberry.type(description="One tax of an invoice.")
class TaxLine:
    name: str = strawberry.field(description='What the tax is called: "VAT".')
    rate: Decimal = strawberry.field(description='A fraction, as a string: "0.19" is 19 %.')
    base: Money = strawberry.field(
        description="What it is charged on: the whole subtotal, or the tax's share of it."
    )
    amount: Money = strawberry.field(description="The tax, rounded once.")


def tax_lines(charged: Iterable[TaxAmount], currency: str) -> list[TaxLine]:
    """The taxes as the API shows them."""
    return [
        TaxLine(
            name=tax.name,
            rate=taxes.fraction(tax.rate_ppm),
            base=Money(minor=tax.base_minor, currency=currency),
            amount=Money(minor=tax.tax_minor, currency=currency),
        )
        for tax in charged
    ]
