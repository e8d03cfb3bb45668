"""Billing periods: half-open runs of calendar days, anchored at the day a subscription began.

The n-th period starts n intervals after the anchor, never one interval after the last
period, so a subscription of the 31st returns to the 31st after each shorter month. Pure, no I/O.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from models.plans import BillingInterval

MONTHS = {BillingInterval.MONTH: 1, BillingInterval.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """Calendar days from `start` to the day before `end`; `end` is the renewal day."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.start).days


def nth_period(anchor: date, interval: BillingInterval, index: int) -> Period:
    """The period number `index` (0 is the first) of a subscription that began on `anchor`.

    Raises OverflowError or ValueError past the year 9999.
    """
    months = MONTHS[interval]
    return Period(
        anchor + relativedelta(months=months * index),
        anchor + relativedelta(months=months * (index + 1)),
    )


def day_at(at: datetime, zone: str) -> date:
    """The calendar day in the zone at an instant."""
    return at.astimezone(ZoneInfo(zone)).date()


def day_begins(day: date, zone: str) -> datetime:
    """The instant (UTC) at which the day begins in the zone, also where midnight is skipped."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
