"""Periods: anchored, touching, never drifting; days of a zone, whatever its clocks do."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.plans import BillingInterval
from services.periods import Period, day_at, day_begins, nth_period

MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR

quick = settings(deadline=None, max_examples=200, derandomize=True)

anchors = st.dates(date(2000, 1, 1), date(2090, 12, 31))
intervals = st.sampled_from(BillingInterval)
indices = st.integers(0, 120)
days = st.dates(date(2000, 1, 1), date(2040, 12, 31))
zones = st.sampled_from(
    [
        "UTC",
        "America/New_York",
        "America/Havana",
        "America/Sao_Paulo",
        "America/St_Johns",
        "Europe/Berlin",
        "Africa/Cairo",
        "Asia/Beirut",
        "Asia/Gaza",
        "Asia/Kathmandu",
        "Asia/Pyongyang",
        "Asia/Tehran",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Pacific/Kiritimati",
        "Pacific/Midway",
    ]
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def starts(anchor: str, interval: BillingInterval, count: int) -> list[str]:
    return [str(nth_period(day(anchor), interval, index).start) for index in range(count)]


@pytest.mark.parametrize(
    ("anchor", "renewals"),
    [
        ("2026-01-31", "2026-02-28 2026-03-31 2026-04-30 2026-05-31 2026-06-30 2026-07-31"),
        ("2024-01-31", "2024-02-29 2024-03-31 2024-04-30 2024-05-31 2024-06-30 2024-07-31"),
        ("2026-01-30", "2026-02-28 2026-03-30 2026-04-30 2026-05-30 2026-06-30 2026-07-30"),
        ("2026-01-29", "2026-02-28 2026-03-29 2026-04-29 2026-05-29 2026-06-29 2026-07-29"),
        ("2026-11-30", "2026-12-30 2027-01-30 2027-02-28 2027-03-30 2027-04-30 2027-05-30"),
        ("2026-12-01", "2027-01-01 2027-02-01 2027-03-01 2027-04-01 2027-05-01 2027-06-01"),
        ("2026-12-31", "2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31 2027-06-30"),
        ("2026-02-28", "2026-03-28 2026-04-28 2026-05-28 2026-06-28 2026-07-28 2026-08-28"),
    ],
)
def test_a_monthly_subscription_renews_on_its_day_or_the_month_s_last(
    anchor: str, renewals: str
) -> None:
    assert starts(anchor, MONTH, 7)[1:] == renewals.split()


def test_a_yearly_subscription_of_29_february_renews_on_28_february_in_common_years() -> None:
    assert starts("2024-02-29", YEAR, 4)[1:] == ["2025-02-28", "2026-02-28", "2027-02-28"]


def test_a_yearly_subscription_of_29_february_renews_on_29_february_in_leap_years() -> None:
    assert starts("2024-02-29", YEAR, 9)[4::4] == ["2028-02-29", "2032-02-29"]


def test_a_yearly_subscription_of_29_february_skips_the_leap_day_that_2100_lacks() -> None:
    assert starts("2096-02-29", YEAR, 9)[4::4] == ["2100-02-28", "2104-02-29"]


def test_a_yearly_subscription_of_28_february_stays_there_in_leap_years() -> None:
    assert starts("2023-02-28", YEAR, 3) == ["2023-02-28", "2024-02-28", "2025-02-28"]


@pytest.mark.parametrize(
    ("anchor", "interval", "index", "length"),
    [
        ("2026-02-01", MONTH, 0, 28),
        ("2024-02-01", MONTH, 0, 29),
        ("2026-04-01", MONTH, 0, 30),
        ("2026-12-01", MONTH, 0, 31),
        ("2026-01-31", MONTH, 0, 28),
        ("2026-01-31", MONTH, 1, 31),
        ("2026-01-01", YEAR, 0, 365),
        ("2024-01-01", YEAR, 0, 366),
        ("2023-03-01", YEAR, 0, 366),
        ("2024-02-29", YEAR, 0, 365),
        ("2024-02-29", YEAR, 3, 366),
    ],
)
def test_a_period_has_the_days_of_the_calendar(
    anchor: str, interval: BillingInterval, index: int, length: int
) -> None:
    assert nth_period(day(anchor), interval, index).days == length


@given(anchors, intervals)
@quick
def test_the_first_period_starts_on_the_anchor(anchor: date, interval: BillingInterval) -> None:
    assert nth_period(anchor, interval, 0).start == anchor


@given(anchors, intervals, indices)
@quick
def test_each_period_ends_where_the_next_one_starts(
    anchor: date, interval: BillingInterval, index: int
) -> None:
    this, following = (nth_period(anchor, interval, index + step) for step in (0, 1))
    assert this.start < this.end == following.start


@given(anchors, intervals, indices)
@quick
def test_every_period_starts_on_the_anchor_s_day_or_the_last_of_a_shorter_month(
    anchor: date, interval: BillingInterval, index: int
) -> None:
    start = nth_period(anchor, interval, index).start
    assert start.day == min(anchor.day, monthrange(start.year, start.month)[1])


@given(anchors, indices)
@quick
def test_each_month_has_one_renewal_and_none_is_skipped(anchor: date, index: int) -> None:
    start = nth_period(anchor, MONTH, index).start
    assert (start.year - anchor.year) * 12 + start.month - anchor.month == index


@given(anchors, st.integers(0, 60))
@quick
def test_twelve_months_are_a_year_to_the_day(anchor: date, years: int) -> None:
    monthly = nth_period(anchor, MONTH, 12 * years).start
    assert monthly == nth_period(anchor, YEAR, years).start


def test_a_period_past_the_last_year_of_the_calendar_is_refused() -> None:
    with pytest.raises((OverflowError, ValueError)):
        nth_period(day("2026-01-31"), YEAR, 9000)


def test_a_period_counts_its_first_day_and_not_its_end() -> None:
    assert Period(day("2026-07-01"), day("2026-07-02")).days == 1


@pytest.mark.parametrize(
    ("at", "zone", "today"),
    [
        ("2026-07-01T00:00:00+00:00", "UTC", "2026-07-01"),
        ("2026-07-01T03:59:59.999999+00:00", "America/New_York", "2026-06-30"),
        ("2026-07-01T04:00:00+00:00", "America/New_York", "2026-07-01"),
        ("2026-12-01T04:59:59+00:00", "America/New_York", "2026-11-30"),
        ("2026-06-30T22:00:00+00:00", "Europe/Berlin", "2026-07-01"),
        ("2026-12-31T22:59:59+00:00", "Europe/Berlin", "2026-12-31"),
        ("2026-06-30T10:00:00+00:00", "Pacific/Kiritimati", "2026-07-01"),
        ("2026-07-01T10:59:59+00:00", "Pacific/Midway", "2026-06-30"),
        ("2026-06-30T18:15:00+00:00", "Asia/Kathmandu", "2026-07-01"),
        ("2011-12-30T09:59:59+00:00", "Pacific/Apia", "2011-12-29"),
        ("2011-12-30T10:00:00+00:00", "Pacific/Apia", "2011-12-31"),
        ("2026-07-01T01:00:00+05:00", "UTC", "2026-06-30"),
    ],
)
def test_an_instant_belongs_to_the_day_on_the_zone_s_calendar(
    at: str, zone: str, today: str
) -> None:
    assert str(day_at(datetime.fromisoformat(at), zone)) == today


@pytest.mark.parametrize(
    ("first", "zone", "begins"),
    [
        ("2026-07-01", "UTC", "2026-07-01T00:00"),
        ("2026-03-08", "America/New_York", "2026-03-08T05:00"),
        ("2026-03-09", "America/New_York", "2026-03-09T04:00"),
        ("2026-11-01", "America/New_York", "2026-11-01T04:00"),
        ("2026-11-02", "America/New_York", "2026-11-02T05:00"),
        ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00"),
        ("2026-03-30", "Europe/Berlin", "2026-03-29T22:00"),
        ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00"),
        ("2026-10-26", "Europe/Berlin", "2026-10-25T23:00"),
        ("2026-07-01", "Pacific/Kiritimati", "2026-06-30T10:00"),
        ("2026-07-01", "Pacific/Midway", "2026-07-01T11:00"),
        ("2026-07-01", "Asia/Kathmandu", "2026-06-30T18:15"),
    ],
)
def test_a_day_begins_at_midnight_of_the_zone(first: str, zone: str, begins: str) -> None:
    assert day_begins(day(first), zone) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "zone", "begins"),
    [
        ("2024-04-26", "Africa/Cairo", "2024-04-25T22:00"),
        ("2026-03-08", "America/Havana", "2026-03-08T05:00"),
        ("2026-03-29", "Asia/Beirut", "2026-03-28T22:00"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00"),
    ],
)
def test_a_day_whose_midnight_is_skipped_begins_when_the_clocks_change(
    first: str, zone: str, begins: str
) -> None:
    assert day_begins(day(first), zone) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


def test_a_day_with_two_midnights_begins_at_the_first() -> None:
    begins = day_begins(day("2026-11-01"), "America/Havana")
    assert begins == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_a_day_that_the_calendar_dropped_has_no_length() -> None:
    dropped, following = day("2011-12-30"), day("2011-12-31")
    assert day_begins(dropped, "Pacific/Apia") == day_begins(following, "Pacific/Apia")


@given(days, zones)
@quick
def test_the_instant_at_which_a_day_begins_is_on_that_day(first: date, zone: str) -> None:
    begins = day_begins(first, zone)
    assume(begins != day_begins(first + timedelta(days=1), zone))
    assert day_at(begins, zone) == first


@given(days, zones)
@quick
def test_one_microsecond_before_a_day_begins_is_an_earlier_day(first: date, zone: str) -> None:
    assert day_at(day_begins(first, zone) - timedelta(microseconds=1), zone) < first


@given(days, zones)
@quick
def test_days_begin_in_order_and_a_day_lasts_from_0_to_25_hours(first: date, zone: str) -> None:
    length = day_begins(first + timedelta(days=1), zone) - day_begins(first, zone)
    assert timedelta(0) <= length <= timedelta(hours=25)
