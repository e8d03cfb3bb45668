"""Document words: the sentences of an invoice in its reader's language. Pure, no I/O.

The template lays out; what is said where depends on how the invoice stands, and is said here.
"""

from dataclasses import dataclass

from models.plans import BillingInterval
from services import taxes, vat_ids
from services.documents import DocumentLine, InvoiceDocument, Issued, Party
from services.drafts import Wording
from services.phrases import Reader
from services.proration import Proration
from services.taxes import TaxAmount, TaxTreatment

DOMAIN = "documents"

TIMES = "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}"
"""Between factors, which stay on one line."""

NATIONAL_TAX_IDS = {
    "AU": "ABN",
    "BR": "CNPJ",
    "CA": "GST/HST",
    "IN": "GSTIN",
    "MX": "RFC",
    "NZ": "GST",
    "SG": "GST Reg. No.",
}
"""What tax ids are called where no other word would be understood, in any language."""

VAT_NUMBERS = frozenset({"AE", "CH", "GB", "IS", "LI", "NO", "SA", "TR", "UA", "ZA"})
"""Countries outside the EU with a value added tax by that name."""


@dataclass(frozen=True, slots=True)
class IssuedWords:
    """What a document says of what was issued, to its reader."""

    document: Issued

    @property
    def reader(self) -> Reader:
        """Whom the document is for."""
        return Reader(DOMAIN, self.document.locale)

    def amount(self, amount_minor: int) -> str:
        """An amount in the document's currency."""
        return self.reader.amount(amount_minor, self.document.currency)

    def total(self, amount_minor: int) -> str:
        """The same with the currency's code, as a sign would not tell which dollar."""
        return self.reader.amount_with_code(amount_minor, self.document.currency)

    @property
    def title(self) -> str:
        """What it is."""
        say = self.reader.say
        return say("Credit note") if self.document.is_credit_note else say("Invoice")

    @property
    def number_label(self) -> str:
        """What its number is called."""
        say = self.reader.say
        return say("Credit note number") if self.document.is_credit_note else say("Invoice number")

    @property
    def reference(self) -> str | None:
        """The invoice that a credit note is for."""
        credited = self.document.credits
        if credited is None:
            return None
        day = self.reader.day(credited.issued_on)
        return self.reader.say("{number} of {day}").format(number=credited.number, day=day)

    def because(self, reason: str) -> str:
        """That this was the reason."""
        return self.reader.say("Reason: {reason}").format(reason=reason)

    def item(self, line: DocumentLine) -> str:
        """What a line bills, in the reader's words where they are known."""
        wording = line.wording
        if wording is None:
            return line.description
        return f"{wording.plan}, {self._seats(wording, line.quantity)}"

    def working(self, line: DocumentLine) -> str | None:
        """How a pro-rated amount was counted, for whoever checks it by hand; a credit note takes
        back parts that were counted otherwise."""
        wording = line.wording
        if wording is None or wording.left is None or wording.total is None:
            return None
        share = self._share(wording.left, wording.total, wording.unit)
        if self.document.is_credit_note:
            return share
        count, price = self.reader.count, self.amount(line.unit_price_minor)
        parts = (count(line.quantity), price, f"{count(wording.left)}/{count(wording.total)}")
        return f"{share}: {TIMES.join(parts)}"

    def tax(self, tax: TaxAmount) -> str:
        """A tax with its rate and what it is charged on."""
        say, base = self.reader.say, self.amount(tax.base_minor)
        name = say("Tax") if tax.name == taxes.UNNAMED else tax.name
        rate = self.reader.percent(tax.rate_ppm)
        return say("{tax} {rate} on {base}").format(tax=name, rate=rate, base=base)

    @property
    def taxes(self) -> list[TaxAmount]:
        """The taxes that are told: not the rate of 0 of whoever charges no tax."""
        return [it for it in self.document.taxes if it.rate_ppm or it.name != taxes.UNNAMED]

    @property
    def tax_note(self) -> str | None:
        """Why no tax is charged; None where it is."""
        say, taxation = self.reader.say, self.document.taxation
        exempt = say("Exempt from tax: {reason}").format(reason=taxation.exemption_reason)
        notes = {
            TaxTreatment.EXEMPT: exempt,
            TaxTreatment.REVERSE_CHARGE: say("Reverse charge: the recipient accounts for the tax."),
            TaxTreatment.OUTSIDE_SCOPE: say("Outside the scope of tax."),
        }
        return notes.get(taxation.treatment)

    @property
    def terms(self) -> str:
        """When payment is due."""
        days = self.document.payment_terms_days
        if not days:
            return self.reader.say("Payment is due on receipt.")
        due = self.reader.say_count(
            "Payment is due within {count} day, by {day}.",
            "Payment is due within {count} days, by {day}.",
            days,
        )
        return due.format(day=self.reader.day(self.document.due_on))

    def tax_id(self, party: Party) -> str:
        """A party's tax id under the name that it has in its country."""
        say, country = self.reader.say, party.address.country_code
        label = NATIONAL_TAX_IDS.get(country) or say("Tax ID")
        if country == "JP":
            label = say("Registration number")
        elif vat_ids.is_european(party.tax_id or ""):
            label = say("VAT ID")
        elif country in VAT_NUMBERS:
            label = say("VAT number")
        return f"{label} {party.tax_id}"

    def _seats(self, wording: Wording, quantity: int) -> str:
        say_count = self.reader.say_count
        if wording.added:
            return say_count("{count} seat added", "{count} seats added", quantity)
        if wording.interval is BillingInterval.MONTH:
            return say_count(
                "{count} seat, billed monthly", "{count} seats, billed monthly", quantity
            )
        return say_count("{count} seat, billed yearly", "{count} seats, billed yearly", quantity)

    def _share(self, left: int, total: int, unit: Proration | None) -> str:
        say_count = self.reader.say_count
        if unit is Proration.SECOND:
            said = say_count("{left} of {count} second", "{left} of {count} seconds", total)
        else:
            said = say_count("{left} of {count} day", "{left} of {count} days", total)
        return said.format(left=self.reader.count(left))


@dataclass(frozen=True, slots=True)
class Words(IssuedWords):
    """All that a document says: where it stands, too."""

    document: InvoiceDocument

    @property
    def mark(self) -> str | None:
        """The mark of an invoice that is no longer open."""
        say = self.reader.say
        marks = {"PAID": say("PAID"), "VOID": say("VOID"), "CREDITED": say("CREDITED")}
        return marks.get(self.document.status)

    @property
    def headline(self) -> str:
        """The one sentence about money: what is to be paid by when, or why nothing is."""
        say = self.reader.say
        settled = {
            "VOID": lambda: say("This invoice is void. No payment is due."),
            "CREDITED": lambda: say("This invoice is credited. No payment is due."),
            "PAID": self._paid,
        }
        if self.document.status in settled:
            return settled[self.document.status]()
        if self.document.is_credit_note:
            return say("{amount} credited").format(amount=self.total(-self.document.total_minor))
        return self._due() if self.document.due_minor > 0 else say("No payment is due.")

    @property
    def reason(self) -> str | None:
        """Why it was credited or voided."""
        return self.because(self.document.reason) if self.document.reason else None

    def _due(self) -> str:
        say, amount = self.reader.say, self.total(self.document.due_minor)
        if not self.document.payment_terms_days:
            return say("{amount} due on receipt").format(amount=amount)
        day = self.reader.day(self.document.due_on)
        return say("{amount} due by {day}").format(amount=amount, day=day)

    def _paid(self) -> str:
        say, amount = self.reader.say, self.total(self.document.total_minor)
        if self.document.settled_on is None:
            return say("{amount} paid").format(amount=amount)
        day = self.reader.day(self.document.settled_on)
        return say("{amount} paid on {day}").format(amount=amount, day=day)
