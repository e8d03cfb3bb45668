"""The forms of values in the import file, and of its parts. Pure, no I/O."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from services import money, text
from services.errors import Refusal
from services.seating import MAX_SEATS

OLDEST = date(2000, 1, 1)
"""No subscription can have begun earlier: each missed period would be billed."""


def checked(check: Callable[[str], str]) -> AfterValidator:
    """A validator that says a refusal in pydantic's way."""

    def validate(value: str) -> str:
        try:
            return check(value)
        except Refusal as refusal:
            raise ValueError(str(refusal)) from None

    return AfterValidator(validate)


def _one_of(known: Callable[[str], bool], message: str) -> AfterValidator:
    def validate(value: str) -> str:
        if not known(value):
            raise ValueError(message)
        return value

    return AfterValidator(validate)


def _rate(value: str) -> str:
    try:
        rate = Decimal(value)
    except InvalidOperation:
        rate = Decimal("NaN")
    if not (rate.is_finite() and 0 <= rate <= 1 and rate * money.PPM % 1 == 0):
        raise ValueError('must be a fraction from "0" to "1" with 6 decimals: "0.19" is 19 %')
    return value


def _prefix(value: str) -> str:
    if value.upper().endswith("-CN"):
        raise ValueError("must not end in -CN: that is how credit notes are numbered")
    return value


def _started(value: object) -> date:
    try:
        day = date.fromisoformat(str(value)) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError('must be a day such as "2026-03-01"')
    if day < OLDEST:
        raise ValueError(f"must not be before {OLDEST}")
    return day


Name = Annotated[str, checked(lambda value: text.clean(value, text.MAX_NAME))]
Line = Annotated[str, checked(lambda value: text.clean(value, text.MAX_LINE))]
PostalCode = Annotated[str, checked(lambda value: text.clean_optional(value, text.MAX_LINE) or "")]
Reference = Annotated[str, checked(lambda value: text.clean(value, text.MAX_REFERENCE))]
Email = Annotated[str, checked(text.email)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Prefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,19}$"), AfterValidator(_prefix)]
Zone = Annotated[str, _one_of(lambda name: name in available_timezones(), "no IANA time zone")]
Currency = Annotated[str, _one_of(money.is_currency, "no currency of ISO 4217")]
Locale = Annotated[str, checked(text.locale)]
Country = Annotated[str, _one_of(text.is_country, "no country of ISO 3166")]
Rate = Annotated[str, AfterValidator(_rate)]
Day = Annotated[date, BeforeValidator(_started)]
Seats = Annotated[int, Field(ge=0, le=MAX_SEATS, strict=True)]


class Part(BaseModel):
    """A part of the file: unknown keys are refused, as typing errors would be lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)
