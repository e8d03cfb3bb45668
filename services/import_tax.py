"""The import file's `tax`: how an account's invoices are taxed. Pure, no I/O."""

from collections import Counter
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from services import money, text
from services.import_forms import Part, Rate, checked
from services.taxes import UNNAMED, Taxation, TaxRate, TaxTreatment

MAX_RATES = 5
"""How many taxes an invoice can carry."""


def _not_zero(share: str) -> str:
    if Decimal(share) == 0:
        raise ValueError("must be more than 0")
    return share


TaxName = Annotated[str, checked(lambda value: text.clean(value, text.MAX_TAX_NAME))]
Reason = Annotated[str, checked(lambda value: text.clean(value, text.MAX_REASON))]
Share = Annotated[Rate, AfterValidator(_not_zero)]


class TaxRatePart(Part):
    """One tax: a fraction of the subtotal, or of its share of it."""

    name: TaxName
    rate: Rate
    share: Share | None = None


class TaxPart(Part):
    """A treatment with what belongs to it, and nothing that belongs to another."""

    treatment: TaxTreatment
    rates: Annotated[
        tuple[TaxRatePart, ...], Field(max_length=MAX_RATES, validate_default=True)
    ] = ()
    exemption_reason: Annotated[Reason | None, Field(validate_default=True)] = None

    @field_validator("rates")
    @classmethod
    def _rates_of_the_treatment(
        cls, rates: tuple[TaxRatePart, ...], info: ValidationInfo
    ) -> tuple[TaxRatePart, ...]:
        if "treatment" in info.data:
            standard = info.data["treatment"] is TaxTreatment.STANDARD
            if standard and not rates:
                raise ValueError("must hold the rates of the treatment STANDARD")
            if rates and not standard:
                raise ValueError("must be left out: only the treatment STANDARD has rates")
        _refuse_twins(rates)
        _refuse_odd_shares(rates)
        return rates

    @field_validator("exemption_reason")
    @classmethod
    def _reason_of_the_treatment(cls, reason: str | None, info: ValidationInfo) -> str | None:
        if "treatment" in info.data:
            exempt = info.data["treatment"] is TaxTreatment.EXEMPT
            if exempt and reason is None:
                raise ValueError("must say why, as the treatment is EXEMPT")
            if reason is not None and not exempt:
                raise ValueError("must be left out: only the treatment EXEMPT has a reason")
        return reason


def taxation(part: TaxPart) -> Taxation:
    """The taxation that the part describes."""
    rates = [
        TaxRate(name=rate.name, rate_ppm=_ppm(rate.rate), share_ppm=_ppm(rate.share or "1"))
        for rate in part.rates
    ]
    return Taxation(
        treatment=part.treatment, rates=tuple(rates), exemption_reason=part.exemption_reason
    )


def single_rate(rate: str) -> Taxation:
    """Taxation by one rate, a fraction: "0.19" is 19 %."""
    only = TaxRate(name=UNNAMED, rate_ppm=_ppm(rate))
    return Taxation(treatment=TaxTreatment.STANDARD, rates=(only,))


def _refuse_twins(rates: tuple[TaxRatePart, ...]) -> None:
    told = Counter((text.key(rate.name), _ppm(rate.rate)) for rate in rates)
    if any(times > 1 for times in told.values()):
        raise ValueError("must not hold the same tax twice")


def _refuse_odd_shares(rates: tuple[TaxRatePart, ...]) -> None:
    shares = [_ppm(rate.share) for rate in rates if rate.share is not None]
    if shares and (len(shares) < len(rates) or sum(shares) != money.PPM):
        raise ValueError("must have no shares, or one each that add up to 1")


def _ppm(fraction: str) -> int:
    return int(Decimal(fraction) * money.PPM)
