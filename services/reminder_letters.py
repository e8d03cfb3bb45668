"""Reminder letters: what an account is told of a renewal that is coming. Pure, no I/O."""

from dataclasses import dataclass

from models.plans import BillingInterval
from services.documents import Seller
from services.drafts import Draft, Terms
from services.letters import Letter, reader_of
from services.phrases import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A renewal that is coming: the seats now, and the invoice that it will issue."""

    account: str
    locale: str
    terms: Terms
    seats: int
    invoice: Draft


def letter(renewal: Renewal, seller: Seller) -> Letter:
    """The letter in the account's language."""
    reader = reader_of(renewal.locale)
    say, day = reader.say, reader.day(renewal.terms.period.end, "long")
    heading = say("Your subscription renews on {day}").format(day=day)
    renews = say("The subscription of {account} to {plan} renews on {day}.")
    until = say(
        "The invoice follows on that day, and nothing has to be done for it. Until then, seats can "
        "be changed or the subscription canceled on the billing page."
    )
    plan = renewal.terms.plan_name
    return Letter(
        sender=seller.legal_name,
        language=reader.language,
        subject=heading,
        heading=heading,
        paragraphs=(renews.format(account=renewal.account, plan=plan, day=day), until),
        facts=(*_seats(renewal, reader, day), *_amounts(renewal, reader)),
        closing=(say("Questions? Write to {email}.").format(email=seller.email),),
    )


Facts = list[tuple[str, str]]


def _seats(renewal: Renewal, reader: Reader, day: str) -> Facts:
    """How many there are, and how many there will be where a decrease waits."""
    say, (line,) = reader.say, renewal.invoice.lines
    facts = [(say("Seats"), reader.count(renewal.seats))]
    if line.quantity != renewal.seats:
        facts.append((say("Seats from {day} on").format(day=day), reader.count(line.quantity)))
    return facts


def _amounts(renewal: Renewal, reader: Reader) -> Facts:
    say, invoice, terms = reader.say, renewal.invoice, renewal.terms
    monthly = terms.interval is BillingInterval.MONTH
    price = say("Price per seat and month") if monthly else say("Price per seat and year")
    period = terms.next_period
    days = reader.days(period.start, period.end, "long")
    amounts = [(price, terms.unit_price_minor)]
    if invoice.tax_minor:
        amounts.append((say("Subtotal"), invoice.subtotal_minor))
        amounts.append((say("Tax"), invoice.tax_minor))
    amounts.append((say("Amount to come"), invoice.total_minor))
    shown = [(name, reader.amount(minor, invoice.currency)) for name, minor in amounts]
    return [(say("Next period"), days), *shown]
