"""The import file's form: what may stand where. Pure, no I/O.

Whatever can be told from the file alone is checked here; what depends on the rest of the
file or on the database, in `services.imports`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
)

from models.plans import BillingInterval, PlanFeature
from models.users import ProductRole, UserStatus
from services import money, text
from services.errors import Refusal
from services.seating import MAX_SEATS
from services.taxes import Taxation, TaxRate, TaxTreatment

OLDEST = date(2000, 1, 1)
"""No subscription can have begun earlier: each missed period would be billed."""


def _checked(check: Callable[[str], str]) -> AfterValidator:
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


Name = Annotated[str, _checked(lambda value: text.clean(value, text.MAX_NAME))]
Line = Annotated[str, _checked(lambda value: text.clean(value, text.MAX_LINE))]
PostalCode = Annotated[str, _checked(lambda value: text.clean_optional(value, text.MAX_LINE) or "")]
Reference = Annotated[str, _checked(lambda value: text.clean(value, text.MAX_REFERENCE))]
Email = Annotated[str, _checked(text.email)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Prefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,19}$")]
Zone = Annotated[str, _one_of(lambda name: name in available_timezones(), "no IANA time zone")]
Currency = Annotated[str, _one_of(money.is_currency, "no currency of ISO 4217")]
Country = Annotated[str, _one_of(text.is_country, "no country of ISO 3166")]
Rate = Annotated[str, AfterValidator(_rate)]
Day = Annotated[date, BeforeValidator(_started)]
Seats = Annotated[int, Field(ge=0, le=MAX_SEATS, strict=True)]


class Part(BaseModel):
    """A part of the file: unknown keys are refused, as typing errors would be lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(Part):
    """What a seat costs; `unit_price` is a decimal string in the currency's major unit."""

    interval: BillingInterval
    currency: Currency
    unit_price: str


class PlanPart(Part):
    """A plan, found by its code."""

    code: Code
    name: Name
    features: list[PlanFeature]
    prices: list[Price]


class AddressPart(Part):
    """A postal address."""

    line1: Line
    line2: Line | None = None
    postal_code: PostalCode = ""
    city: Line
    region: Line | None = None
    country_code: Country


class BillingDetailsPart(Part):
    """What invoices say about the buyer."""

    billing_email: Email
    legal_name: Name
    address: AddressPart
    tax_id: Reference | None = None
    purchase_order_number: Reference | None = None


class ProductPart(Part):
    """A product, found by its code."""

    code: Code
    name: Name


class SubscriptionPart(Part):
    """The subscription to begin; `unit_price` None takes the plan's price."""

    plan: Code
    interval: BillingInterval
    seats: Seats
    started_on: Day
    unit_price: str | None = None


class LicenseManagementPart(Part):
    """The two settings."""

    only_billing_administrators_manage_users: StrictBool = False
    seat_group_required: StrictBool = False


class SeatGroupPart(Part):
    """A seat group, found by its name; administrators by e-mail."""

    name: Name
    seats: Seats
    administrators: list[Email] = []


class UserPart(Part):
    """A user, found by e-mail; permissions by product code, the group by name."""

    email: Email
    name: Name
    status: UserStatus = UserStatus.ACTIVE
    administrator: StrictBool = False
    billing_administrator: StrictBool = False
    last_active_at: AwareDatetime | None = None
    permissions: dict[str, ProductRole] = {}
    seat_group: Name | None = None


class AccountPart(Part):
    """An account, found by its code."""

    code: Code
    name: Name
    time_zone: Zone
    currency: Currency
    tax_rate: Rate = "0"
    invoice_prefix: Prefix
    payment_terms_days: Annotated[int, Field(ge=0, le=365, strict=True)] = 30
    billing_details: BillingDetailsPart
    products: list[ProductPart] = []
    subscription: SubscriptionPart
    license_management: LicenseManagementPart | None = None
    seat_groups: list[SeatGroupPart] = []
    users: list[UserPart] = []


class ImportFile(Part):
    """The whole file."""

    plans: list[PlanPart] = []
    accounts: list[AccountPart] = []


def single_rate(rate: str) -> Taxation:
    """Taxation by one rate, a fraction: "0.19" is 19 %."""
    ppm = int(Decimal(rate) * money.PPM)
    only = TaxRate(name="Tax", rate_ppm=ppm)
    return Taxation(treatment=TaxTreatment.STANDARD, rates=(only,))


def place(location: tuple[Any, ...]) -> str:
    """A place in the file as people write it: accounts[0].users[3].email."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".") or "the file"


def utc(instant: datetime | None) -> datetime | None:
    """The instant in UTC."""
    return instant.astimezone(UTC) if instant else None
