"""Taxes: how an account's invoices are taxed, and what that comes to. Pure, no I/O.

Each rate is rounded once, half up, on its base within the invoice's subtotal. Several rates are
either charged one beside the other on the whole subtotal (GST and QST), or each on its share of
it (a bundle of parts that are taxed differently).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from models.accounts import TaxTreatment
from services import money
from services.money import PPM

__all__ = [
    "UNNAMED",
    "TaxAmount",
    "TaxRate",
    "TaxTreatment",
    "Taxation",
    "amounts",
    "are_apportioned",
    "charged",
    "fraction",
    "note",
    "restored",
    "snapshot",
    "stored",
]


UNNAMED = "Tax"
"""The name of the one rate of an account whose vendor gave it none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate:
    """A tax by its name ("VAT", "GST"), in millionths: 190000 is 19 %. `share_ppm` is the part of
    the subtotal that it is charged on, in millionths too."""

    name: str
    rate_ppm: int
    share_ppm: int = PPM


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxation:
    """How invoices are taxed. Rates are there where the treatment is STANDARD, and nowhere else;
    an exemption has its reason."""

    treatment: TaxTreatment
    rates: tuple[TaxRate, ...] = ()
    exemption_reason: str | None = None

    @property
    def is_apportioned(self) -> bool:
        """Whether each rate has its own share of the subtotal, so that the bases add up to it."""
        return are_apportioned(self.rates)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxAmount:
    """What one tax comes to: `tax_minor` on `base_minor`, in the currency's minor unit."""

    name: str
    rate_ppm: int
    share_ppm: int
    base_minor: int
    tax_minor: int


def are_apportioned(rates: Iterable[TaxRate | TaxAmount]) -> bool:
    """Whether the rates share the subtotal between them."""
    return sum(rate.share_ppm for rate in rates) == PPM


def amounts(taxation: Taxation, subtotal_minor: int) -> tuple[TaxAmount, ...]:
    """What each tax comes to on a subtotal. Bases of shares add up to the subtotal, and none is
    further from its share than one minor unit."""
    shares = [rate.share_ppm for rate in taxation.rates]
    bases = [subtotal_minor] * len(shares)
    if taxation.is_apportioned:
        bases = money.shared(subtotal_minor, shares)
    return tuple(
        TaxAmount(
            name=rate.name,
            rate_ppm=rate.rate_ppm,
            share_ppm=rate.share_ppm,
            base_minor=base,
            tax_minor=money.tax(base, rate.rate_ppm),
        )
        for rate, base in zip(taxation.rates, bases, strict=True)
    )


def fraction(ppm: int) -> Decimal:
    """A rate or share as a fraction, without zeros at its end: 190000 is 0.19."""
    return Decimal(ppm) / PPM


NOTES = {
    TaxTreatment.REVERSE_CHARGE: "Reverse charge: the recipient accounts for the tax.",
    TaxTreatment.OUTSIDE_SCOPE: "Outside the scope of tax.",
}


def note(taxation: Taxation) -> str | None:
    """Why no tax is charged, in English or as the vendor put it; None where tax is charged."""
    return taxation.exemption_reason or NOTES.get(taxation.treatment)


def restored(stored: Mapping[str, Any]) -> Taxation:
    """The taxation that an account or an invoice holds."""
    rates = [
        TaxRate(name=rate["name"], rate_ppm=rate["rate_ppm"], share_ppm=rate["share_ppm"])
        for rate in stored["rates"]
    ]
    return Taxation(
        treatment=TaxTreatment(stored["treatment"]),
        rates=tuple(rates),
        exemption_reason=stored["exemption_reason"],
    )


def stored(taxation: Taxation) -> dict[str, Any]:
    """The taxation as an account holds it."""
    # As JSON gives it back, so that the two can be compared.
    return {**asdict(taxation), "rates": [asdict(rate) for rate in taxation.rates]}


def snapshot(taxation: Taxation, charged: tuple[TaxAmount, ...]) -> dict[str, Any]:
    """The same as an invoice holds it: with what each tax came to."""
    return {**stored(taxation), "rates": [asdict(amount) for amount in charged]}


def charged(snapshot: Mapping[str, Any]) -> tuple[TaxAmount, ...]:
    """What each tax came to on the invoice that holds this snapshot."""
    return tuple(TaxAmount(**rate) for rate in snapshot["rates"])
