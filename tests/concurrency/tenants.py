"""The accounts that are fought over: tight on seats, long overdue; and the clock of each epoch."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from dateutil.relativedelta import relativedelta

from tests import samples

FIRST = datetime(2026, 7, 15, 0, 0, 1, tzinfo=UTC)
"""One second into the renewal day of `edge`: a server whose clock lags is still in the day
before."""

BEGINNING = datetime(2026, 4, 2, 12, tzinfo=UTC)
"""When the accounts are imported: by the first epoch, months are overdue."""

GROUPS = ("North", "South", "East")


def clock(epoch: int) -> datetime:
    """When an epoch is: they are a month apart."""
    return FIRST + relativedelta(months=epoch)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account to be imported. Clients want totals between the bounds for the next month."""

    code: str
    started_on: date
    seats: int
    bounds: tuple[int, int]
    zone: str = "UTC"
    currency: str = "USD"
    ends: bool = False
    """Whether clients may let the subscription end."""

    def document(self) -> dict[str, Any]:
        """The account as the import file has it."""
        groups = [{"name": name, "seats": 2, "administrators": []} for name in GROUPS]
        return samples.account(
            code=self.code,
            name=self.code.title(),
            time_zone=self.zone,
            currency=self.currency,
            invoice_prefix=self.code.upper(),
            subscription={
                "interval": "MONTH",
                "seats": self.seats,
                "started_on": str(self.started_on),
            },
            seat_groups=groups,
            users=people(self.code),
        )


def people(code: str) -> list[dict[str, Any]]:
    """A billing administrator without a seat, and six members: one in each group, three in none."""
    ada = {"email": f"ada@{code}.example", "name": "Ada", "billing_administrator": True}
    members = [
        {
            "email": f"member{number}@{code}.example",
            "name": f"Member {number}",
            "permissions": {"roadmap": "CONTRIBUTOR"},
            "seat_group": GROUPS[number] if number < len(GROUPS) else None,
        }
        for number in range(6)
    ]
    return [ada, *members]


BUSY = (
    Tenant("edge", date(2026, 1, 15), 10, (6, 13)),
    Tenant("monthend", date(2026, 1, 31), 12, (8, 16)),
    Tenant("tokyo", date(2026, 2, 10), 10, (7, 14), zone="Asia/Tokyo", currency="JPY"),
    Tenant("york", date(2026, 3, 15), 14, (9, 18), zone="America/New_York"),
    Tenant("roomy", date(2026, 2, 28), 20, (12, 24), zone="Europe/Berlin"),
    Tenant("leaver", date(2026, 4, 1), 10, (7, 14), ends=True),
)
"""Those that clients work in."""

QUIET = tuple(
    Tenant(f"quiet{number}", date(2026, 1, 1 + number), 9, (0, 0)) for number in range(16)
)
"""Nobody works in them: renewals alone, so that a worker is killed in the middle of a long run."""

TENANTS = BUSY + QUIET


def document() -> dict[str, Any]:
    """The import file."""
    return samples.file(*(tenant.document() for tenant in TENANTS))
