"""Proration: the time left over the time in the period, rounded once; no history loses a cent."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.invoices import InvoiceKind
from models.plans import BillingInterval
from services.drafts import Draft, Terms, whole_period
from services.periods import Period, day_begins, nth_period
from services.proration import Proration, Share, prorated, share_left
from services.seat_changes import Holding, SeatChangeKind, plan_change
from services.taxes import Taxation, TaxRate, TaxTreatment

DAY, SECOND = Proration.DAY, Proration.SECOND

quick = settings(deadline=None, max_examples=150, derandomize=True)

prices = st.integers(0, 10**12)
seats = st.integers(0, 1_000_000)
units = st.sampled_from(Proration)
zones = st.sampled_from(
    ["UTC", "America/New_York", "Europe/Berlin", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia"]
)


@dataclass(frozen=True)
class Purchase:
    """An instant within a period of some zone."""

    period: Period
    zone: str
    at: datetime


@st.composite
def purchases(draw: st.DrawFn) -> Purchase:
    anchor = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    period = nth_period(anchor, draw(st.sampled_from(BillingInterval)), draw(st.integers(0, 24)))
    zone = draw(zones)
    begins, ends = day_begins(period.start, zone), day_begins(period.end, zone)
    length = int((ends - begins).total_seconds())
    return Purchase(period, zone, begins + timedelta(seconds=draw(st.integers(0, length - 1))))


def period(days: str) -> Period:
    start, end = days.split("/")
    return Period(date.fromisoformat(start), date.fromisoformat(end))


def share(days: str, at: str, zone: str, unit: Proration) -> tuple[int, int]:
    found = share_left(period(days), datetime.fromisoformat(at).astimezone(UTC), zone, unit)
    return found.left, found.total


@pytest.mark.parametrize(
    ("days", "at", "zone", "left", "total"),
    [
        ("2026-03-01/2027-03-01", "2026-07-01T12:00Z", "UTC", 243, 365),
        ("2024-01-01/2025-01-01", "2024-02-29T12:00Z", "UTC", 307, 366),
        ("2023-03-01/2024-03-01", "2024-02-29T12:00Z", "UTC", 1, 366),
        ("2024-02-29/2025-02-28", "2025-02-27T12:00Z", "UTC", 1, 365),
        ("2024-02-01/2024-03-01", "2024-02-15T00:00Z", "UTC", 15, 29),
        ("2026-02-01/2026-03-01", "2026-02-15T00:00Z", "UTC", 14, 28),
        ("2026-01-31/2026-02-28", "2026-02-27T23:59:59Z", "UTC", 1, 28),
        ("2026-02-28/2026-03-31", "2026-03-01T00:00Z", "UTC", 30, 31),
        ("2026-12-15/2027-01-15", "2027-01-01T00:00Z", "UTC", 14, 31),
        ("2026-07-01/2026-08-01", "2026-07-01T23:59:59.999999Z", "UTC", 31, 31),
        ("2026-03-01/2026-04-01", "2026-03-09T03:59:59Z", "America/New_York", 24, 31),
        ("2026-03-01/2026-04-01", "2026-03-09T04:00Z", "America/New_York", 23, 31),
        ("2026-10-01/2026-11-01", "2026-10-25T22:59:59Z", "Europe/Berlin", 7, 31),
        ("2026-07-01/2026-08-01", "2026-06-30T10:00Z", "Pacific/Kiritimati", 31, 31),
        ("2026-07-01/2026-08-01", "2026-08-01T10:59Z", "Pacific/Midway", 1, 31),
    ],
)
def test_by_day_the_days_left_are_counted_with_today_on_the_zone_s_calendar(
    days: str, at: str, zone: str, left: int, total: int
) -> None:
    assert share(days, at, zone, DAY) == (left, total)


@pytest.mark.parametrize(
    ("days", "at", "zone", "left", "total"),
    [
        ("2026-07-01/2026-08-01", "2026-07-01T00:00Z", "UTC", 31 * 86400, 31 * 86400),
        ("2026-07-01/2026-08-01", "2026-07-16T12:00Z", "UTC", 15 * 86400 + 43200, 31 * 86400),
        ("2026-07-01/2026-08-01", "2026-07-31T23:59:59Z", "UTC", 1, 31 * 86400),
        ("2024-02-01/2024-03-01", "2024-02-29T00:00Z", "UTC", 86400, 29 * 86400),
        ("2024-01-01/2025-01-01", "2024-12-31T00:00Z", "UTC", 86400, 366 * 86400),
        # The clocks go forward on 8 March and 29 March: the month is an hour short.
        ("2026-03-01/2026-04-01", "2026-03-08T07:00Z", "America/New_York", 2062800, 2674800),
        ("2026-03-01/2026-04-01", "2026-03-30T22:00Z", "Europe/Berlin", 86400, 2674800),
        # They go back on 25 October: the month is an hour longer.
        ("2026-10-01/2026-11-01", "2026-10-30T23:00Z", "Europe/Berlin", 86400, 2682000),
        # Apia never had 30 December 2011.
        ("2011-12-01/2012-01-01", "2011-12-30T10:00Z", "Pacific/Apia", 86400, 30 * 86400),
    ],
)
def test_by_second_the_time_left_is_what_really_passes(
    days: str, at: str, zone: str, left: int, total: int
) -> None:
    assert share(days, at, zone, SECOND) == (left, total)


@pytest.mark.parametrize(
    ("price", "added", "left", "total", "amount"),
    [
        (178800, 5, 243, 365, 595184),  # 595183.56 cents
        (36600, 1, 307, 366, 30700),
        (2900, 1, 15, 29, 1500),
        (1000, 1, 15, 31, 484),  # 483.87 yen
        (1000, 3, 1, 31, 97),  # 96.77 yen; three lines of one seat would be 96
        (12345, 3, 10, 30, 12345),  # 12.345 dinars
        (12345, 7, 11, 31, 30663),  # 30663.39 fils; a rounded price per day would give 30646
        (1, 1, 14, 28, 1),  # half a cent is one
        (1, 1, 13, 28, 0),
        (3, 1, 14, 28, 2),  # 1.5
        (0, 5, 10, 30, 0),
        (999, 0, 10, 30, 0),
    ],
)
def test_a_line_is_price_times_seats_times_the_share_rounded_once(
    price: int, added: int, left: int, total: int, amount: int
) -> None:
    assert prorated(price, added, Share(left, total, DAY)) == amount


@given(purchases(), st.integers(0, 86399))
@quick
def test_by_day_the_first_day_costs_the_full_price_at_any_hour(
    purchase: Purchase, second: int
) -> None:
    begins = day_begins(purchase.period.start, purchase.zone)
    ends = day_begins(purchase.period.start + timedelta(days=1), purchase.zone)
    at = min(begins + timedelta(seconds=second), ends - timedelta(microseconds=1))
    assert share_left(purchase.period, at, purchase.zone, DAY).is_whole


@given(purchases(), units)
@quick
def test_the_first_instant_of_a_period_costs_the_full_price(
    purchase: Purchase, unit: Proration
) -> None:
    begins = day_begins(purchase.period.start, purchase.zone)
    assert share_left(purchase.period, begins, purchase.zone, unit).is_whole


@given(prices, seats, st.integers(1, 366 * 86400), units)
@quick
def test_the_whole_period_s_price_is_exact(
    price: int, count: int, total: int, unit: Proration
) -> None:
    assert prorated(price, count, Share(total, total, unit)) == price * count


@given(purchases(), prices, seats, units)
@quick
def test_an_increase_costs_no_less_than_nothing_and_no_more_than_the_full_price(
    purchase: Purchase, price: int, count: int, unit: Proration
) -> None:
    left = share_left(purchase.period, purchase.at, purchase.zone, unit)
    assert 0 <= prorated(price, count, left) <= price * count


@given(purchases(), prices, seats, seats, units)
@quick
def test_more_seats_never_cost_less(
    purchase: Purchase, price: int, count: int, more: int, unit: Proration
) -> None:
    left = share_left(purchase.period, purchase.at, purchase.zone, unit)
    assert prorated(price, count, left) <= prorated(price, count + more, left)


@given(purchases(), prices, seats, units, st.floats(0, 1))
@quick
def test_waiting_never_makes_an_increase_dearer(
    purchase: Purchase, price: int, count: int, unit: Proration, wait: float
) -> None:
    ends = day_begins(purchase.period.end, purchase.zone) - timedelta(microseconds=1)
    later = purchase.at + (ends - purchase.at) * wait
    now, then = (
        prorated(price, count, share_left(purchase.period, at, purchase.zone, unit))
        for at in (purchase.at, later)
    )
    assert then <= now


@given(purchases(), prices, seats, seats, units)
@quick
def test_seats_bought_in_two_lines_cost_the_same_within_one_minor_unit(
    purchase: Purchase, price: int, some: int, others: int, unit: Proration
) -> None:
    left = share_left(purchase.period, purchase.at, purchase.zone, unit)
    apart = prorated(price, some, left) + prorated(price, others, left)
    assert abs(apart - prorated(price, some + others, left)) <= 1


@given(purchases(), units)
@quick
def test_something_is_always_left_until_the_period_ends(
    purchase: Purchase, unit: Proration
) -> None:
    left = share_left(purchase.period, purchase.at, purchase.zone, unit)
    assert 0 < left.left <= left.total


@pytest.mark.parametrize("unit", Proration)
def test_before_the_period_nothing_beyond_the_whole_is_left(unit: Proration) -> None:
    left, total = share("2026-07-01/2026-08-01", "2026-06-29T12:00Z", "UTC", unit)
    assert left == total


@pytest.mark.parametrize("unit", Proration)
def test_after_the_period_nothing_is_left(unit: Proration) -> None:
    left, _ = share("2026-07-01/2026-08-01", "2026-08-03T12:00Z", "UTC", unit)
    assert left == 0


def midnight_shares(purchase: Purchase, zone: str) -> list[Share]:
    """The shares by day and by second when the purchase's day begins in the zone."""
    last = purchase.period.end - timedelta(days=1)
    today = min(max(purchase.at.date(), purchase.period.start), last)
    begins = day_begins(today, zone)
    return [share_left(purchase.period, begins, zone, unit) for unit in (DAY, SECOND)]


@given(purchases())
@quick
def test_days_and_seconds_agree_at_midnight_where_clocks_never_change(purchase: Purchase) -> None:
    by_day, by_second = midnight_shares(purchase, "Asia/Kathmandu")
    assert by_day.left * by_second.total == by_second.left * by_day.total


@given(purchases(), st.sampled_from(["America/New_York", "Europe/Berlin", "Africa/Cairo"]))
@quick
def test_days_and_seconds_agree_at_midnight_to_the_hour_of_summer_time(
    purchase: Purchase, zone: str
) -> None:
    by_day, by_second = midnight_shares(purchase, zone)
    apart = Fraction(by_day.left, by_day.total) - Fraction(by_second.left, by_second.total)
    assert abs(apart) <= Fraction(3600, by_second.total)


@pytest.mark.parametrize("microsecond", [0, 1, 999_999])
def test_by_second_a_second_that_has_begun_is_not_billed(microsecond: int) -> None:
    at = datetime.combine(date(2026, 7, 31), time(23, 59, 58, microsecond), UTC)
    left = share_left(period("2026-07-01/2026-08-01"), at, "UTC", SECOND).left
    assert left == (2 if microsecond == 0 else 1)


# --- nothing is lost or made ----------------------------------------------------------

Wishes = list[list[tuple[float, int]]]
"""For each period, totals asked for and when, as parts of the period."""

anchors = st.dates(date(2020, 1, 1), date(2032, 12, 31))
wishes: st.SearchStrategy[Wishes] = st.lists(
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 60)), max_size=5), min_size=1, max_size=4
)


@dataclass
class Life:
    """A subscription lived through: what it was billed, and what its seats cost exactly."""

    anchor: date
    terms: Terms
    unit: Proration
    seats: int
    pending: int | None = None
    billed: int = 0
    increases: int = 0
    exact: Fraction = field(default_factory=Fraction)

    def live(self, history: Wishes) -> None:
        for index, asked in enumerate(history):
            this, following = (
                nth_period(self.anchor, self.terms.interval, index + step) for step in (0, 1)
            )
            self.terms = replace(self.terms, period=this, next_period=following)
            self.seats, self.pending = (self.seats if self.pending is None else self.pending), None
            self.bill(whole_period(self.terms, InvoiceKind.RENEWAL, self.seats, this))
            begins, ends = (day_begins(day, self.terms.zone) for day in (this.start, this.end))
            used = sum(self.use(begins, ends, sorted(asked)))
            total = this.days if self.unit is DAY else (ends - begins).total_seconds()
            self.exact += Fraction(self.terms.unit_price_minor * used, int(total))

    def use(
        self, begins: datetime, ends: datetime, asked: list[tuple[float, int]]
    ) -> Iterator[int]:
        """Seats times days (or seconds) of a period, each stretch between two changes."""
        seconds = int((ends - begins).total_seconds())
        since = 0
        for part, seats in asked:
            now = int(part * seconds)
            at = begins + timedelta(seconds=now)
            if self.unit is DAY:
                now = (at.astimezone(UTC).date() - self.terms.period.start).days
            yield self.seats * (now - since)
            since = now
            self.change(seats, at)
        yield self.seats * ((self.terms.period.days if self.unit is DAY else seconds) - since)

    def change(self, seats: int, at: datetime) -> None:
        holding = Holding(self.terms, self.seats, self.pending, 0, canceled=False, ends=False)
        change = plan_change(holding, seats, at, self.unit)
        self.bill(change.invoice)
        self.pending = change.pending_seats
        if change.kind is SeatChangeKind.INCREASE:
            self.seats, self.increases = seats, self.increases + 1

    def bill(self, draft: Draft | None) -> None:
        self.billed += draft.subtotal_minor if draft else 0


def terms_of(interval: BillingInterval, price: int, zone: str) -> Terms:
    first = Period(date(2026, 7, 1), date(2026, 8, 1))
    taxation = Taxation(
        treatment=TaxTreatment.STANDARD, rates=(TaxRate(name="VAT", rate_ppm=190_000),)
    )
    return Terms("Enterprise+", interval, price, "USD", taxation, zone, first, first)


@given(anchors, st.sampled_from(BillingInterval), prices, st.integers(0, 60), wishes)
@quick
def test_any_history_bills_each_day_of_each_seat_within_half_a_minor_unit_a_line(
    anchor: date, interval: BillingInterval, price: int, seats: int, history: Wishes
) -> None:
    terms = terms_of(interval, price, "UTC")
    life = Life(anchor, terms, DAY, seats)
    life.live(history)
    assert abs(life.billed - life.exact) <= Fraction(life.increases, 2)


@given(anchors, st.sampled_from(BillingInterval), prices, st.integers(0, 60), wishes)
@quick
def test_any_history_bills_each_second_of_each_seat_within_half_a_minor_unit_a_line(
    anchor: date, interval: BillingInterval, price: int, seats: int, history: Wishes
) -> None:
    terms = terms_of(interval, price, "America/New_York")
    life = Life(anchor, terms, SECOND, seats)
    life.live(history)
    assert abs(life.billed - life.exact) <= Fraction(life.increases, 2)
