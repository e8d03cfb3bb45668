"""Proration: what seats added in the middle of a period cost until its end.

    amount = unit price x added seats x time left / time in the period

rounded once per line, half up. The denominator is the period itself (365 or 366 days,
28 to 31), never a convention, and no price per day is rounded on the way. Pure, no I/O.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from services.money import round_half_up
from services.periods import Period, day_at, day_begins


class Proration(StrEnum):
    """The unit in which the time left is counted (setting PRORATION)."""

    DAY = "day"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a period that a line pays for, as `left` of `total` days or seconds."""

    left: int
    total: int
    unit: Proration

    @property
    def is_whole(self) -> bool:
        """Whether the line pays for the whole period."""
        return self.left == self.total


def share_left(period: Period, at: datetime, zone: str, unit: Proration) -> Share:
    """What is left of the period at an instant: by day, today counts whole.

    Never more than the whole: a clock that was set back must not bill a day twice.
    """
    if unit is Proration.DAY:
        left, total = (period.end - day_at(at, zone)).days, period.days
    else:
        begins, ends = day_begins(period.start, zone), day_begins(period.end, zone)
        left, total = int((ends - at).total_seconds()), int((ends - begins).total_seconds())
    return Share(max(0, min(left, total)), total, unit)


def prorated(unit_price_minor: int, seats: int, share: Share) -> int:
    """The line's amount in minor units; exact for a whole period."""
    return round_half_up(Fraction(unit_price_minor * seats * share.left, share.total))
