"""The import file's structure: what may stand where. Pure, no I/O.

Whatever can be told from the file alone is checked here; what depends on the rest of the
file or on the database, in `services.imports`.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, StrictBool

from models.plans import BillingInterval, PlanFeature
from models.users import ProductRole, UserStatus
from services import money
from services.import_forms import (
    Code,
    Country,
    Currency,
    Day,
    Email,
    Line,
    Locale,
    Name,
    Part,
    PostalCode,
    Prefix,
    Rate,
    Reference,
    Seats,
    Zone,
)
from services.import_tax import TaxPart


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
    locale: Locale = money.DEFAULT_LOCALE


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
    administrators: tuple[Email, ...] = ()


class UserPart(Part):
    """A user, found by e-mail; permissions by product code, the group by name."""

    email: Email
    name: Name
    status: UserStatus = UserStatus.ACTIVE
    administrator: StrictBool = False
    billing_administrator: StrictBool = False
    last_active_at: AwareDatetime | None = None
    permissions: dict[str, ProductRole] = Field(default_factory=dict)
    seat_group: Name | None = None


class AccountPart(Part):
    """An account, found by its code."""

    code: Code
    name: Name
    time_zone: Zone
    currency: Currency
    tax: TaxPart | None = None
    tax_rate: Rate = "0"
    invoice_prefix: Prefix
    payment_terms_days: Annotated[int, Field(ge=0, le=365, strict=True)] = 30
    billing_details: BillingDetailsPart
    products: tuple[ProductPart, ...] = ()
    subscription: SubscriptionPart
    license_management: LicenseManagementPart | None = None
    seat_groups: tuple[SeatGroupPart, ...] = ()
    users: tuple[UserPart, ...] = ()


class ImportFile(Part):
    """The whole file."""

    plans: tuple[PlanPart, ...] = ()
    accounts: tuple[AccountPart, ...] = ()


def place(location: tuple[Any, ...]) -> str:
    """A place in the file as people write it: accounts[0].users[3].email."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".") or "the file"


def utc(instant: datetime | None) -> datetime | None:
    """The instant in UTC."""
    return instant.astimezone(UTC) if instant else None
