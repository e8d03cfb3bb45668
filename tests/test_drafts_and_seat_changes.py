"""Drafts, seat changes and seating: what a change costs, when it takes effect, what it may do."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.invoices import InvoiceKind
from models.plans import BillingInterval, PlanFeature
from models.seat_groups import SeatGroup
from models.users import ProductRole, UserStatus
from services import taxes
from services.drafts import Draft, DraftLine, Terms, Wording, added_seats, whole_period
from services.errors import Refusal, RefusalCode
from services.periods import Period
from services.proration import Proration
from services.seat_changes import Holding, SeatChange, SeatChangeKind, plan_change, upcoming
from services.seating import (
    Move,
    Place,
    Seating,
    check_allocations,
    check_growth,
    check_moves,
    takes_seat,
)
from services.taxes import Taxation, TaxRate, TaxTreatment

MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR
DAY, SECOND = Proration.DAY, Proration.SECOND
INCREASE, DECREASE = SeatChangeKind.INCREASE, SeatChangeKind.DECREASE
UNCHANGED = SeatChangeKind.UNCHANGED

quick = settings(deadline=None, max_examples=60, derandomize=True)

NOON = datetime(2026, 7, 16, 12, tzinfo=UTC)
JULY = Period(date(2026, 7, 1), date(2026, 8, 1))
AUGUST = Period(date(2026, 8, 1), date(2026, 9, 1))


def taxed(rate_ppm: int) -> Taxation:
    rate = TaxRate(name="VAT", rate_ppm=rate_ppm)
    return Taxation(treatment=TaxTreatment.STANDARD, rates=(rate,))


VAT = taxed(190_000)
TERMS = Terms("Enterprise+", MONTH, 3100, "USD", VAT, "UTC", JULY, AUGUST)
WHOLE = Wording(plan="Enterprise+", interval=MONTH, added=False)
TEN = Holding(TERMS, seats=10, pending_seats=None, allocated=4, canceled=False, ends=False)


# --- drafts ---------------------------------------------------------------------------


def test_a_whole_period_is_billed_as_price_times_seats_and_tax() -> None:
    assert whole_period(TERMS, InvoiceKind.RENEWAL, 10, AUGUST) == Draft(
        InvoiceKind.RENEWAL,
        "USD",
        (DraftLine("Enterprise+, 10 seats, billed monthly", WHOLE, 10, 3100, AUGUST, 31_000),),
        subtotal_minor=31_000,
        taxation=VAT,
        taxes=taxes.amounts(VAT, 31_000),
        tax_minor=5_890,
        total_minor=36_890,
    )


def test_added_seats_are_billed_from_today_to_the_period_s_end() -> None:
    rest = Period(date(2026, 7, 16), date(2026, 8, 1))
    label = "Enterprise+, 2 added seats, 16 of 31 days"
    wording = replace(WHOLE, added=True, left=16, total=31, unit=DAY)
    assert added_seats(TERMS, 2, NOON, DAY) == Draft(
        InvoiceKind.SEAT_INCREASE,
        "USD",
        (DraftLine(label, wording, 2, 3100, rest, 3_200),),
        subtotal_minor=3_200,
        taxation=VAT,
        taxes=taxes.amounts(VAT, 3_200),
        tax_minor=608,
        total_minor=3_808,
    )


def label_of(draft: Draft | None) -> str:
    assert draft is not None
    return draft.lines[0].description


@pytest.mark.parametrize(
    ("interval", "seats", "label"),
    [
        (MONTH, 1, "Enterprise+, 1 seat, billed monthly"),
        (YEAR, 2, "Enterprise+, 2 seats, billed yearly"),
        (YEAR, 1_000_000, "Enterprise+, 1,000,000 seats, billed yearly"),
    ],
)
def test_a_period_s_line_says_plan_seats_and_interval(
    interval: BillingInterval, seats: int, label: str
) -> None:
    terms = replace(TERMS, interval=interval)
    assert label_of(whole_period(terms, InvoiceKind.INITIAL, seats, JULY)) == label


@pytest.mark.parametrize(
    ("added", "at", "unit", "label"),
    [
        (1, "2026-07-16T12:00Z", DAY, "Enterprise+, 1 added seat, 16 of 31 days"),
        (5, "2026-07-31T12:00Z", DAY, "Enterprise+, 5 added seats, 1 of 31 days"),
        (5, "2026-07-01T12:00Z", DAY, "Enterprise+, 5 added seats"),
        (5, "2026-07-01T00:00Z", SECOND, "Enterprise+, 5 added seats"),
        (
            5,
            "2026-07-31T12:00Z",
            SECOND,
            "Enterprise+, 5 added seats, 43,200 of 2,678,400 seconds",
        ),
    ],
)
def test_an_increase_s_line_shows_how_it_was_counted(
    added: int, at: str, unit: Proration, label: str
) -> None:
    assert label_of(added_seats(TERMS, added, datetime.fromisoformat(at), unit)) == label


@pytest.mark.parametrize(("price", "seats"), [(3100, 0), (0, 10), (0, 0)])
def test_a_period_that_costs_nothing_has_no_invoice(price: int, seats: int) -> None:
    terms = replace(TERMS, unit_price_minor=price)
    assert whole_period(terms, InvoiceKind.RENEWAL, seats, JULY) is None


def test_an_increase_that_rounds_to_nothing_has_no_invoice() -> None:
    terms = replace(TERMS, unit_price_minor=1, currency="JPY")
    last_day = datetime(2026, 7, 31, 12, tzinfo=UTC)
    assert added_seats(terms, 1, last_day, DAY) is None


@given(st.integers(0, 10**12), st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 31))
@quick
def test_a_draft_s_lines_and_tax_add_up_to_its_total(
    price: int, seats: int, rate: int, day: int
) -> None:
    terms = replace(TERMS, unit_price_minor=price, taxation=taxed(rate))
    draft = added_seats(terms, seats, datetime(2026, 7, day, 9, tzinfo=UTC), DAY)
    if draft is not None:
        assert draft.subtotal_minor == sum(line.amount_minor for line in draft.lines)
        assert draft.total_minor == draft.subtotal_minor + draft.tax_minor > 0


# --- seat changes ---------------------------------------------------------------------


def plan(holding: Holding, seats: int, at: datetime = NOON) -> SeatChange:
    return plan_change(holding, seats, at, DAY)


def quantity(draft: Draft | None) -> int | None:
    """How many seats the draft bills; None where there is no draft."""
    return draft.lines[0].quantity if draft else None


@pytest.mark.parametrize(
    ("held", "pending", "asked", "kind", "billed", "waits", "renewed"),
    [
        (10, None, 15, INCREASE, 5, None, 15),
        (10, None, 11, INCREASE, 1, None, 11),
        (10, None, 5, DECREASE, None, 5, 5),
        (10, None, 10, UNCHANGED, None, None, 10),
        (10, 5, 15, INCREASE, 5, None, 15),
        (10, 5, 8, DECREASE, None, 8, 8),
        (10, 8, 5, DECREASE, None, 5, 5),
        (10, 5, 5, DECREASE, None, 5, 5),
        (10, 5, 10, UNCHANGED, None, None, 10),
        (0, None, 3, INCREASE, 3, None, 3),
        (10, None, 1_000_000, INCREASE, 999_990, None, 1_000_000),
    ],
)
def test_a_new_total_is_billed_or_waits(
    held: int,
    pending: int | None,
    asked: int,
    kind: SeatChangeKind,
    billed: int | None,
    waits: int | None,
    renewed: int,
) -> None:
    holding = replace(TEN, seats=held, pending_seats=pending, allocated=0)
    change = plan(holding, asked)
    assert (change.kind, change.seats, change.pending_seats) == (kind, asked, waits)
    assert (quantity(change.invoice), quantity(change.upcoming)) == (billed, renewed)
    assert change.problems == ()


def test_seats_given_up_but_still_paid_for_are_not_billed_again() -> None:
    ten_then_five = replace(TEN, pending_seats=plan(TEN, 5).pending_seats)
    then_eight = replace(ten_then_five, pending_seats=plan(ten_then_five, 8).pending_seats)
    assert plan(ten_then_five, 8).invoice is None
    assert quantity(plan(then_eight, 15).invoice) == 5


@pytest.mark.parametrize(
    ("asked", "at", "zone", "effective"),
    [
        (15, "2026-07-16T12:00Z", "UTC", "2026-07-16"),
        (5, "2026-07-16T12:00Z", "UTC", "2026-08-01"),
        (10, "2026-07-16T12:00Z", "UTC", "2026-07-16"),
        (15, "2026-07-15T22:00Z", "Europe/Berlin", "2026-07-16"),
        (15, "2026-07-16T03:59Z", "America/New_York", "2026-07-15"),
        (5, "2026-07-01T03:59Z", "Pacific/Kiritimati", "2026-08-01"),
    ],
)
def test_an_increase_takes_effect_today_and_a_decrease_with_the_next_period(
    asked: int, at: str, zone: str, effective: str
) -> None:
    holding = replace(TEN, terms=replace(TERMS, zone=zone))
    assert str(plan(holding, asked, datetime.fromisoformat(at)).effective_on) == effective


@pytest.mark.parametrize(
    ("holding", "asked", "code"),
    [
        (TEN, -1, RefusalCode.INVALID),
        (TEN, 1_000_001, RefusalCode.INVALID),
        (TEN, 3, RefusalCode.SEATS_ALLOCATED),
        (TEN, 0, RefusalCode.SEATS_ALLOCATED),
        (replace(TEN, canceled=True), 15, RefusalCode.SUBSCRIPTION_CANCELED),
        (replace(TEN, canceled=True), 10, RefusalCode.SUBSCRIPTION_CANCELED),
        (replace(TEN, canceled=True), -1, RefusalCode.SUBSCRIPTION_CANCELED),
    ],
)
def test_a_total_that_cannot_be_is_refused_and_bills_nothing(
    holding: Holding, asked: int, code: RefusalCode
) -> None:
    change = plan(holding, asked)
    assert [problem.code for problem in change.problems] == [code]
    assert change.invoice is None


@pytest.mark.parametrize("asked", [4, 5])
def test_a_total_of_what_groups_hold_or_more_is_no_problem(asked: int) -> None:
    assert plan(TEN, asked).problems == ()


@pytest.mark.parametrize(("pending", "renewed"), [(None, 10), (7, 7)])
def test_a_refused_total_leaves_the_coming_renewal_as_it_was(
    pending: int | None, renewed: int
) -> None:
    assert quantity(plan(replace(TEN, pending_seats=pending), 3).upcoming) == renewed


@pytest.mark.parametrize("asked", [5, 10, 15])
def test_a_subscription_that_ends_has_no_coming_renewal(asked: int) -> None:
    assert plan(replace(TEN, ends=True), asked).upcoming is None


def test_seats_added_to_a_subscription_that_ends_are_billed_to_its_end() -> None:
    assert quantity(plan(replace(TEN, ends=True), 15).invoice) == 5


def test_a_total_of_zero_waits_and_has_no_coming_renewal() -> None:
    change = plan(replace(TEN, allocated=0), 0)
    assert (change.kind, change.pending_seats, change.upcoming) == (DECREASE, 0, None)
    assert change.problems == ()


@pytest.mark.parametrize(
    ("holding", "renewed"),
    [
        (TEN, 10),
        (replace(TEN, pending_seats=5), 5),
        (replace(TEN, pending_seats=0), None),
        (replace(TEN, seats=0), None),
        (replace(TEN, ends=True), None),
        (replace(TEN, canceled=True), None),
    ],
)
def test_the_coming_renewal_bills_what_waits_or_the_total(
    holding: Holding, renewed: int | None
) -> None:
    assert quantity(upcoming(holding)) == renewed


def test_the_coming_renewal_is_for_the_next_period() -> None:
    draft = upcoming(TEN)
    assert draft is not None
    assert (draft.kind, draft.lines[0].period) == (InvoiceKind.RENEWAL, AUGUST)


# --- seating --------------------------------------------------------------------------

RED, BLUE = (uuid5(UUID(int=0), name) for name in ("red", "blue"))
FIELD = ("input", "seats")
NOWHERE, SHARED = Place(takes_seat=False, group_id=None), Place(takes_seat=True, group_id=None)
IN_RED, IN_BLUE = Place(takes_seat=True, group_id=RED), Place(takes_seat=True, group_id=BLUE)
FREE_IN_RED = Place(takes_seat=False, group_id=RED)


def seated(
    total: int,
    pending: int | None,
    allocations: Mapping[UUID, int],
    used: Mapping[UUID | None, int],
) -> Seating:
    names = {RED: "Red", BLUE: "Blue"}
    groups = {
        key: SeatGroup(id=key, name=names[key], seats=seats, seats_used=used.get(key, 0))
        for key, seats in allocations.items()
    }
    return Seating(total, pending, sum(allocations.values()), used.get(None, 0), groups)


# 10 seats: red is full with 3 of 3, blue has 2 of 4, and the 3 others are taken.
FULL = seated(10, None, {RED: 3, BLUE: 4}, {RED: 3, BLUE: 2, None: 3})


@pytest.mark.parametrize(
    ("status", "roles", "features", "takes"),
    [
        (UserStatus.ACTIVE, [ProductRole.OWNER], [PlanFeature.FREE_REVIEWERS], True),
        (UserStatus.ACTIVE, [ProductRole.CONTRIBUTOR], ["FREE_REVIEWERS"], True),
        (UserStatus.INVITED, [ProductRole.OWNER], [PlanFeature.FREE_REVIEWERS], True),
        (UserStatus.DISABLED, [ProductRole.OWNER], [PlanFeature.FREE_REVIEWERS], False),
        (UserStatus.DISABLED, [ProductRole.OWNER], [], False),
        (UserStatus.ACTIVE, [ProductRole.REVIEWER], [PlanFeature.FREE_REVIEWERS], False),
        (UserStatus.ACTIVE, [ProductRole.VIEWER], ["FREE_REVIEWERS"], False),
        (UserStatus.ACTIVE, [ProductRole.REVIEWER], [PlanFeature.SEAT_GROUPS], True),
        (UserStatus.INVITED, [ProductRole.VIEWER], [], True),
        (UserStatus.ACTIVE, [], [], False),
        (UserStatus.ACTIVE, [], [PlanFeature.FREE_REVIEWERS], False),
        (
            UserStatus.ACTIVE,
            [ProductRole.VIEWER, ProductRole.OWNER],
            [PlanFeature.FREE_REVIEWERS],
            True,
        ),
    ],
)
def test_who_takes_a_seat_follows_from_status_roles_and_plan(
    status: UserStatus, roles: list[ProductRole], features: list[PlanFeature | str], takes: bool
) -> None:
    assert takes_seat(status, roles, features) is takes


@pytest.mark.parametrize(
    "moves",
    [
        [],
        [Move(NOWHERE, IN_BLUE)],
        [Move(NOWHERE, IN_BLUE), Move(NOWHERE, IN_BLUE)],
        [Move(SHARED, IN_BLUE), Move(NOWHERE, SHARED)],
        [Move(IN_RED, IN_BLUE), Move(IN_BLUE, IN_RED)],
        [Move(IN_RED, NOWHERE), Move(NOWHERE, IN_RED)],
        [Move(NOWHERE, FREE_IN_RED)],
        [Move(IN_RED, FREE_IN_RED)],
        [Move(IN_RED, IN_RED)],
    ],
)
def test_moves_that_fit_are_let_happen(moves: list[Move]) -> None:
    check_moves(FULL, moves, group_required=False, field=FIELD)


RED_IS_FULL, ALL_TAKEN = RefusalCode.SEAT_GROUP_FULL, RefusalCode.NOT_ENOUGH_SEATS


@pytest.mark.parametrize(
    ("moves", "code"),
    [
        ([Move(NOWHERE, IN_RED)], RED_IS_FULL),
        ([Move(IN_BLUE, IN_RED)], RED_IS_FULL),
        ([Move(FREE_IN_RED, IN_RED)], RED_IS_FULL),
        ([Move(IN_RED, NOWHERE), *[Move(NOWHERE, IN_RED)] * 2], RED_IS_FULL),
        ([Move(NOWHERE, SHARED)], ALL_TAKEN),
        ([Move(IN_BLUE, SHARED)], ALL_TAKEN),
    ],
)
def test_moves_that_do_not_fit_are_refused(moves: list[Move], code: RefusalCode) -> None:
    with pytest.raises(Refusal) as raised:
        check_moves(FULL, moves, group_required=False, field=FIELD)
    problem = raised.value.problems[0]
    assert (problem.code, problem.field) == (code, FIELD)


def test_the_refusal_of_a_full_group_names_the_group_and_its_limit() -> None:
    with pytest.raises(Refusal, match=r'"Red".* 3 '):
        check_moves(FULL, [Move(NOWHERE, IN_RED)], group_required=False, field=FIELD)


@pytest.mark.parametrize("move", [Move(NOWHERE, SHARED), Move(IN_RED, SHARED)])
def test_where_a_group_is_required_no_new_seat_is_taken_outside(move: Move) -> None:
    with pytest.raises(Refusal) as raised:
        check_moves(FULL, [move], group_required=True, field=FIELD)
    assert raised.value.problems[0].code is RefusalCode.SEAT_GROUP_REQUIRED


def test_where_a_group_is_required_a_seat_taken_before_is_kept() -> None:
    check_moves(FULL, [Move(SHARED, SHARED)], group_required=True, field=FIELD)


def test_whoever_is_over_the_limit_can_go_down() -> None:
    over = seated(2, None, {RED: 1}, {RED: 3, None: 4})
    check_moves(over, [Move(IN_RED, NOWHERE), Move(SHARED, NOWHERE)], False, FIELD)


def allocate(seating: Seating, wanted: Mapping[UUID, int]) -> list[RefusalCode]:
    """Why the allocations are refused; empty where they are not."""
    try:
        check_allocations(seating, wanted, {key: (str(key),) for key in wanted})
    except Refusal as refusal:
        return [problem.code for problem in refusal.problems]
    return []


SPARE = seated(12, None, {RED: 3, BLUE: 4}, {RED: 3, BLUE: 2, None: 3})
WAITING = replace(SPARE, pending=11)


@pytest.mark.parametrize(
    ("seating", "wanted", "refused"),
    [
        (SPARE, {RED: 5}, []),
        (SPARE, {RED: 6}, [RefusalCode.NOT_ENOUGH_SEATS]),
        (SPARE, {RED: 4, BLUE: 5}, []),
        (SPARE, {RED: 4, BLUE: 6}, [RefusalCode.NOT_ENOUGH_SEATS]),
        (SPARE, {RED: 7, BLUE: 2}, []),
        (SPARE, {BLUE: 2}, []),
        (SPARE, {BLUE: 1}, [RefusalCode.SEAT_GROUP_FULL]),
        (SPARE, {BLUE: 0, RED: 2}, [RefusalCode.SEAT_GROUP_FULL] * 2),
        (SPARE, {BLUE: -1}, [RefusalCode.INVALID]),
        (SPARE, {BLUE: 1_000_001}, [RefusalCode.INVALID]),
        (SPARE, {}, []),
        (WAITING, {RED: 4}, []),
        (WAITING, {RED: 5}, [RefusalCode.NOT_ENOUGH_SEATS]),
        (replace(SPARE, pending=8), {RED: 3, BLUE: 3}, []),
    ],
)
def test_allocations_fit_what_is_used_and_what_is_left(
    seating: Seating, wanted: dict[UUID, int], refused: list[RefusalCode]
) -> None:
    assert allocate(seating, wanted) == refused


@pytest.mark.parametrize(("pending", "free"), [(None, 2), (11, 1), (10, 0), (7, 0), (20, 2)])
def test_groups_may_grow_by_what_is_left_of_the_total_and_of_what_waits(
    pending: int | None, free: int
) -> None:
    seating = replace(SPARE, pending=pending)
    check_growth(seating, free, FIELD)
    with pytest.raises(Refusal, match=f"Only {free} more seats"):
        check_growth(seating, free + 1, FIELD)


places = st.builds(Place, st.booleans(), st.sampled_from([None, RED, BLUE]))
moved = st.lists(st.tuples(st.integers(0, 7), places), min_size=1, max_size=3)
allocated = st.dictionaries(st.sampled_from([RED, BLUE]), st.integers(-1, 8), min_size=1)


def in_order(seating: Seating) -> bool:
    groups = all(0 <= group.seats_used <= group.seats for group in seating.groups.values())
    return groups and seating.allocated + seating.ungrouped <= seating.total


def sitting(total: int, allocations: Mapping[UUID, int], users: list[Place]) -> Seating:
    used = Counter(user.group_id for user in users if user.takes_seat)
    return seated(total, None, allocations, used)


@given(st.integers(0, 8), st.lists(moved | allocated, max_size=25))
@quick
def test_exactly_what_keeps_every_seat_in_order_is_accepted(
    total: int, steps: list[list[tuple[int, Place]] | dict[UUID, int]]
) -> None:
    allocations, users = {RED: 0, BLUE: 0}, [NOWHERE] * 8
    for step in steps:
        before = sitting(total, allocations, users)
        wanted, after = dict(allocations), list(users)
        if isinstance(step, dict):
            wanted.update(step)
            accepted = not allocate(before, step)
        else:
            after = [dict(step).get(index, user) for index, user in enumerate(users)]
            moves = [Move(*both) for both in zip(users, after, strict=True)]
            accepted = not refused_moves(before, moves)
        assert accepted is in_order(sitting(total, wanted, after))
        if accepted:
            allocations, users = wanted, after


def refused_moves(seating: Seating, moves: list[Move]) -> bool:
    try:
        check_moves(seating, moves, group_required=False, field=FIELD)
    except Refusal:
        return True
    return False
