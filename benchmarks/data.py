"""What a database to measure on holds: the same at each run.

A shape says what one account holds, a dataset how many accounts of which shape there are;
`rows` turns it into rows, `databases` loads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from models.plans import BillingInterval
from services.periods import Period, day_begins, nth_period

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
"""Where the product's clock stands: what is due is overdue by part of one period."""

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC")
PRICES = {"USD": 14900, "EUR": 13900, "JPY": 15000}
CURRENCIES = tuple(PRICES)
TAX_RATES = (190_000, 0)

FREE_USER = 10
"""Each so many-th user has a role that takes no seat."""

MEMBER_EVERY = 2
"""Each so many-th user is in a group."""

GROUP_SLACK, SHARED_SLACK = 10, 20
"""Seats that a group, and the account beside its groups, have to spare."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one account holds."""

    users: int = 50
    groups: int = 5
    invoices: int = 24
    lines: int = 3


NORMAL = Shape()
LEAN = Shape(users=5, groups=5, invoices=12, lines=1)
"""As much as the billing page shows, in a fifth of the rows: for databases of 100,000 accounts."""


class Seats(NamedTuple):
    """The counters of an account of some shape."""

    by_group: tuple[int, ...]
    ungrouped: int

    @property
    def used(self) -> int:
        """Paid users in all."""
        return sum(self.by_group) + self.ungrouped

    @property
    def allocated(self) -> int:
        """What the groups hold in all."""
        return sum(self.by_group) + GROUP_SLACK * len(self.by_group)

    @property
    def total(self) -> int:
        """What the account pays for."""
        return self.allocated + self.ungrouped + SHARED_SLACK

    @property
    def groups(self) -> list[tuple[int, int]]:
        """The seats of each group, and those that are taken."""
        return [(used + GROUP_SLACK, used) for used in self.by_group]


@dataclass(frozen=True, slots=True)
class Tenant:
    """One account of a dataset. `month` is the one of 2026 in which its subscription renews."""

    index: int
    shape: Shape
    month: int

    @property
    def id(self) -> str:
        """The account's key."""
        return key("accounts", self.index, 0)

    @property
    def code(self) -> str:
        """The account's code, as tokens name it."""
        return f"account-{self.index:06d}"

    @property
    def administrator(self) -> str:
        """The e-mail address of its billing administrator."""
        return email(self.code, 0)

    @property
    def interval(self) -> BillingInterval:
        """Each fourth account pays by the year."""
        return BillingInterval.MONTH if self.index % 4 else BillingInterval.YEAR

    @property
    def currency(self) -> str:
        """What the account pays in."""
        return CURRENCIES[self.index % len(CURRENCIES)]

    @property
    def price(self) -> int:
        """What a seat costs for one period."""
        return PRICES[self.currency] * (12 if self.interval is BillingInterval.YEAR else 1)

    @property
    def zone(self) -> str:
        """Where its days begin."""
        return ZONES[self.index % len(ZONES)]

    @property
    def tax_rate(self) -> int:
        """In millionths."""
        return TAX_RATES[self.index % len(TAX_RATES)]

    @property
    def period_index(self) -> int:
        """A monthly account has one invoice a period; a yearly one is in its first year."""
        return self.shape.invoices - 1 if self.interval is BillingInterval.MONTH else 0

    @property
    def period(self) -> Period:
        """The period that has been paid for."""
        return period_of(self.anchor, self.interval, self.period_index)

    @property
    def anchor(self) -> date:
        """The day on which the subscription began."""
        end = date(2026, self.month, 1 + self.index % 14)
        months = 12 if self.interval is BillingInterval.YEAR else self.shape.invoices
        return _before(end, months)


@dataclass(frozen=True)
class Dataset:
    """So many accounts of each shape, `due` of which, evenly spread, have a period that is over."""

    parts: tuple[tuple[int, Shape], ...]
    due: int = 0

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return sum(count for count, _ in self.parts)

    def tenants(self) -> Iterator[Tenant]:
        """The accounts, in order."""
        index = 0
        for count, shape in self.parts:
            for _ in range(count):
                yield Tenant(index, shape, 6 if self.is_due(index) else 7)
                index += 1

    def is_due(self, index: int) -> bool:
        """Whether the account's subscription waits to be renewed."""
        return (index + 1) * self.due // self.accounts > index * self.due // self.accounts


TABLE_TAGS = {
    name: tag
    for tag, name in enumerate(
        [
            "plans",
            "prices",
            "accounts",
            "seat_groups",
            "users",
            "administrators",
            "products",
            "permissions",
            "subscriptions",
            "invoices",
            "lines",
            "activity",
        ],
        start=1,
    )
}
EPOCH = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp() * 1000)
SCATTER = 0x9E3779B97F4A7C15 & (2**62 - 1) | 1
"""Odd, so that multiplying by it modulo 2**62 keeps different numbers different, as does
mixing the upper half into the lower."""


def key(table: str, account: int, index: int) -> str:
    """A key as models/keys.py makes them (UUID version 7), but the same at each run: its time
    follows from the account and the row's number, its random part is scattered from them."""
    milliseconds = EPOCH + index * 2_600_000 + account * 20
    number = ((TABLE_TAGS[table] << 56 | account << 28 | index) * SCATTER) & (2**62 - 1)
    number ^= number >> 31
    high, low = f"{milliseconds:012x}", f"{number | 1 << 63:016x}"
    return f"{high[:8]}-{high[8:]}-7{number & 0xFFF:03x}-{low[:4]}-{low[4:]}"


def email(code: str, user: int) -> str:
    """The address of a user of an account."""
    return f"user-{user}@{code}.example"


def group_of(shape: Shape, user: int) -> int | None:
    """The group that a user is in."""
    return user // MEMBER_EVERY % shape.groups if user % MEMBER_EVERY == 0 else None


def is_paid(user: int) -> bool:
    """Whether a user takes a seat."""
    return user % FREE_USER != FREE_USER - 1


@lru_cache
def seats_of(shape: Shape) -> Seats:
    """The counters of an account of the shape."""
    groups = [group_of(shape, user) for user in range(shape.users) if is_paid(user)]
    return Seats(tuple(groups.count(group) for group in range(shape.groups)), groups.count(None))


def instant(at: datetime) -> str:
    """An instant as both databases take it."""
    return at.isoformat(" ")


@lru_cache(maxsize=10_000)
def begins(day: date, zone: str) -> str:
    """The instant at which a day begins."""
    return instant(day_begins(day, zone))


period_of = lru_cache(maxsize=10_000)(nth_period)


@lru_cache(maxsize=10_000)
def _before(day: date, months: int) -> date:
    return day - relativedelta(months=months)
