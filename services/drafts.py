"""Invoice drafts: what an invoice will say, before it is issued or instead. Pure, no I/O.

Preview and act are the same call: both take their lines and totals from here.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from models.invoices import InvoiceKind
from models.plans import BillingInterval
from services import taxes
from services.periods import Period, day_at
from services.proration import Proration, Share, prorated, share_left
from services.taxes import TaxAmount, Taxation


@dataclass(frozen=True, slots=True)
class Terms:
    """What a subscription costs and when: the frozen value that drafts are made from."""

    plan_name: str
    interval: BillingInterval
    unit_price_minor: int
    currency: str
    taxation: Taxation
    zone: str
    period: Period
    next_period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a line's description says, for documents in any language: seats of a plan, for a
    whole interval, or added for `left` of the `total` days (or seconds) of a period."""

    plan: str
    interval: BillingInterval
    added: bool
    left: int | None = None
    total: int | None = None
    unit: Proration | None = None


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line; its amount and price are in minor units, before tax."""

    description: str
    wording: Wording
    quantity: int
    unit_price_minor: int
    period: Period
    amount_minor: int

    @property
    def period_start(self) -> date:
        """The first day, as a stored line has it."""
        return self.period.start

    @property
    def period_end(self) -> date:
        """The first day after it, as a stored line has it."""
        return self.period.end


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice that has no number yet. Amounts are in minor units."""

    kind: InvoiceKind
    currency: str
    lines: tuple[DraftLine, ...]
    subtotal_minor: int
    taxation: Taxation
    taxes: tuple[TaxAmount, ...]
    tax_minor: int
    total_minor: int


def whole_period(terms: Terms, kind: InvoiceKind, seats: int, period: Period) -> Draft | None:
    """The invoice for all seats over a whole period; None where there is nothing to bill."""
    label = f"{terms.plan_name}, {_count(seats)}, {_ADVERB[terms.interval]}"
    wording = Wording(plan=terms.plan_name, interval=terms.interval, added=False)
    amount = terms.unit_price_minor * seats
    line = DraftLine(label, wording, seats, terms.unit_price_minor, period, amount)
    return _draft(terms, kind, line)


def added_seats(terms: Terms, added: int, at: datetime, unit: Proration) -> Draft | None:
    """The invoice for seats added now, co-termed with the current period; None for nothing."""
    share = share_left(terms.period, at, terms.zone, unit)
    label = f"{terms.plan_name}, {_count(added, 'added ')}{_explained(share)}"
    rest = Period(max(day_at(at, terms.zone), terms.period.start), terms.period.end)
    amount = prorated(terms.unit_price_minor, added, share)
    line = DraftLine(label, _wording(terms, share), added, terms.unit_price_minor, rest, amount)
    return _draft(terms, InvoiceKind.SEAT_INCREASE, line)


def _draft(terms: Terms, kind: InvoiceKind, line: DraftLine) -> Draft | None:
    subtotal = line.amount_minor
    charged = taxes.amounts(terms.taxation, subtotal)
    tax = sum(amount.tax_minor for amount in charged)
    if subtotal + tax == 0:
        return None
    return Draft(
        kind,
        terms.currency,
        (line,),
        subtotal,
        terms.taxation,
        charged,
        tax,
        subtotal + tax,
    )


_ADVERB = {BillingInterval.MONTH: "billed monthly", BillingInterval.YEAR: "billed yearly"}


def _count(seats: int, kind: str = "") -> str:
    return f"{seats:,} {kind}{'seat' if seats == 1 else 'seats'}"


def _wording(terms: Terms, share: Share) -> Wording:
    wording = Wording(plan=terms.plan_name, interval=terms.interval, added=True)
    if share.is_whole:
        return wording
    return replace(wording, left=share.left, total=share.total, unit=share.unit)


def _explained(share: Share) -> str:
    """How the proration was counted, for whoever checks it by hand."""
    if share.is_whole:
        return ""
    return f", {share.left:,} of {share.total:,} {share.unit}s"
