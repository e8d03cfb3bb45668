"""Seating: where an account's seats are, and the one guard below every path that takes one.

    total = allocated to groups + shared by users without a group
    used in a group <= its allocation; used without a group <= what groups have not been given

Whatever makes a user a paid one, or moves one, is a list of moves that passes `check_moves`;
whatever changes allocations passes `check_allocations`. What is taken is counted on the rows
that bound it, by `book`, in the transaction that holds the account; the database's CHECKs
refuse an oversold seat whatever the code does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from tortoise.functions import Count

from models.plans import PlanFeature
from models.seat_groups import SeatGroup
from models.subscriptions import Subscription
from models.users import ProductRole, User, UserStatus
from services import database, rows
from services.accounts import Tenant
from services.errors import Forbidden, Problem, Refusal, RefusalCode, refuse
from services.permissions import Actor, Role
from services.rows import Query

MAX_SEATS = 1_000_000
"""The most seats that an account or a group can have."""

PAID_ROLES = frozenset({ProductRole.OWNER, ProductRole.CONTRIBUTOR})


class Place(NamedTuple):
    """Whether a user takes a seat, and the group the user is in."""

    takes_seat: bool
    group_id: UUID | None


class Move(NamedTuple):
    """What a change does to one user's seat."""

    before: Place
    after: Place

    @property
    def enters_group(self) -> bool:
        """Whether the user comes into a group, or begins to take a seat of its group."""
        comes = self.after != self.before and self.after.group_id is not None
        return comes and (self.after.takes_seat or self.after.group_id != self.before.group_id)


NOWHERE = Place(takes_seat=False, group_id=None)
SHARED = Place(takes_seat=True, group_id=None)


@dataclass(frozen=True, slots=True)
class Seating:
    """An account's seats: the total, the pending one, what groups hold in all, the paid users
    without a group, and those groups that a decision is about."""

    total: int
    pending: int | None
    allocated: int
    ungrouped: int
    groups: Mapping[UUID, SeatGroup]

    @property
    def available(self) -> int:
        """Seats that a user without a group can still take."""
        return self.total - self.allocated - self.ungrouped

    def room(self, group_id: UUID | None) -> int:
        """Seats still free in a group, or for users without one."""
        if group_id is None:
            return self.available
        group = self.groups[group_id]
        return group.seats - group.seats_used


def of(subscription: Subscription, groups: Iterable[SeatGroup] = ()) -> Seating:
    """The seating that the rows tell."""
    return Seating(
        subscription.seats,
        subscription.pending_seats,
        subscription.seats_allocated,
        subscription.seats_ungrouped,
        {group.id: group for group in groups},
    )


async def load(subscription: Subscription, group_ids: Iterable[UUID | None]) -> Seating:
    """The account's seating with these groups, as far as the account has them."""
    wanted = set(group_ids) - {None}
    groups = Query(SeatGroup).where("account_id = ?", subscription.account_id)
    return of(subscription, await groups.among("id", wanted).all() if wanted else ())


def place(user: User) -> Place:
    """Where the user sits, as the row says."""
    return Place(user.takes_seat, user.seat_group_id)


def takes_seat(
    status: UserStatus, roles: Iterable[ProductRole], features: Iterable[PlanFeature | str]
) -> bool:
    """Whether a user takes a paid seat: not disabled, and in a role that the plan counts."""
    if status is UserStatus.DISABLED:
        return False
    free_reviewers = PlanFeature.FREE_REVIEWERS in features
    return any(role in PAID_ROLES or not free_reviewers for role in roles)


async def admit(
    tenant: Tenant, actor: Actor, moves: Sequence[Move], field: tuple[str, ...]
) -> None:
    """Lets the moves of users happen in the locked account and books them, or raises.

    Forbidden where `seatGroupRequired` keeps the actor out of a group that is not its own;
    Refusal SEAT_GROUP_FULL, NOT_ENOUGH_SEATS or SEAT_GROUP_REQUIRED naming `field`.
    """
    required = tenant.account.seat_group_required
    if required and Role.BILLING_ADMINISTRATOR not in actor.roles:
        entered = {move.after.group_id for move in moves if move.enters_group}
        if not entered <= actor.groups:
            raise Forbidden("You may use only seat groups that you administer.")
    if any(move.after.takes_seat for move in moves):
        state = await load(tenant.subscription, (move.after.group_id for move in moves))
        check_moves(state, moves, required, field)
    await book(tenant, moves)


COUNT_IN_GROUP = """
UPDATE seat_groups SET seats_used = seats_used + ? WHERE account_id = ? AND id = ?
"""


async def book(tenant: Tenant, moves: Iterable[Move]) -> None:
    """Counts the moves on the rows of the groups and of the subscription."""
    subscription = tenant.subscription
    growth = {group_id: change for group_id, change in _growth(moves).items() if change}
    for group_id, change in growth.items():
        if group_id is not None:
            await database.fetch(COUNT_IN_GROUP, change, subscription.account_id, group_id)
    if growth:
        subscription.seats_ungrouped += growth.get(None, 0)
        subscription.seats_used += sum(growth.values())
        tenant.changed |= {"seats_ungrouped", "seats_used"}


def allocate(tenant: Tenant, growth: int) -> None:
    """Counts the seats that groups have been given, or have given back, in all."""
    tenant.subscription.seats_allocated += growth
    tenant.changed.add("seats_allocated")


async def recount(subscription: Subscription) -> Seating:
    """Counts everything anew from users and groups, for writes that went round `book`.

    Nothing is stored: `restore` does it once the caller has seen that no rule is broken.
    """
    own: dict[str, Any] = {"account_id": subscription.account_id}
    paid = User.filter(**own, takes_seat=True).annotate(paid=Count("id"))
    rows: Any = await paid.group_by("seat_group_id").values_list("seat_group_id", "paid")
    used = dict(rows)
    groups = await SeatGroup.filter(**own)
    for group in groups:
        group.seats_used = used.get(group.id, 0)
    subscription.seats_allocated = sum(group.seats for group in groups)
    subscription.seats_ungrouped = used.get(None, 0)
    subscription.seats_used = sum(used.values())
    return of(subscription, groups)


async def restore(subscription: Subscription, state: Seating) -> None:
    """Stores what `recount` found."""
    for group in state.groups.values():
        await rows.update(group, "seats_used")
    await rows.update(subscription, "seats_allocated", "seats_ungrouped", "seats_used")


def check_moves(
    seating: Seating, moves: Iterable[Move], group_required: bool, field: tuple[str, ...]
) -> None:
    """Raises Refusal SEAT_GROUP_FULL, NOT_ENOUGH_SEATS or SEAT_GROUP_REQUIRED.

    Only what grows is checked, so that whoever is over a limit can always go down.
    """
    moves = list(moves)
    if group_required and any(map(_takes_ungrouped_seat, moves)):
        message = "Every paid user must be in a seat group."
        raise refuse(RefusalCode.SEAT_GROUP_REQUIRED, message, *field)
    for group_id, growth in _growth(moves).items():
        if growth > 0 and growth > seating.room(group_id):
            raise _full(seating, group_id, field)


def check_allocations(
    seating: Seating, wanted: Mapping[UUID, int], paths: Mapping[UUID, tuple[str, ...]]
) -> None:
    """Checks the wanted allocations of existing groups. Raises Refusal with all problems:
    INVALID, SEAT_GROUP_FULL (below a group's paid members), NOT_ENOUGH_SEATS."""
    problems = [
        problem
        for group_id, seats in wanted.items()
        if (problem := _allocation_problem(seating, group_id, seats, paths[group_id]))
    ]
    if problems:
        raise Refusal(*problems)
    growth = sum(seats - seating.groups[group_id].seats for group_id, seats in wanted.items())
    check_growth(seating, growth, next(iter(paths.values()), ()))


def check_growth(seating: Seating, growth: int, field: tuple[str, ...]) -> None:
    """Whether groups may hold `growth` seats more. Raises Refusal NOT_ENOUGH_SEATS.

    While a decrease waits, the pending total is the bound: no allocation may outlive it,
    nor cost more users their seat than the preview of the decrease named.
    """
    bound = seating.total if seating.pending is None else min(seating.total, seating.pending)
    free = bound - seating.allocated - seating.ungrouped
    if growth > 0 and growth > free:
        until = "" if seating.pending is None else f" (the total will be {seating.pending})"
        message = f"Only {max(free, 0)} more seats can be allocated{until}."
        raise refuse(RefusalCode.NOT_ENOUGH_SEATS, message, *field)


def count_problem(seats: int, *field: str) -> Problem | None:
    """What is wrong with a number of seats, if anything."""
    if 0 <= seats <= MAX_SEATS:
        return None
    return Problem(RefusalCode.INVALID, f"Seats must be between 0 and {MAX_SEATS:,}.", field)


def _allocation_problem(
    seating: Seating, group_id: UUID, seats: int, field: tuple[str, ...]
) -> Problem | None:
    group = seating.groups[group_id]
    if seats >= group.seats_used or seats < 0:
        return count_problem(seats, *field)
    message = (
        f'Seat group "{group.name}" has {group.seats_used} paid users and cannot have fewer seats.'
    )
    return Problem(RefusalCode.SEAT_GROUP_FULL, message, field)


def _takes_ungrouped_seat(move: Move) -> bool:
    return move.after == SHARED != move.before


def _growth(moves: Iterable[Move]) -> Counter[UUID | None]:
    growth: Counter[UUID | None] = Counter()
    for before, after in moves:
        growth[before.group_id] -= before.takes_seat
        growth[after.group_id] += after.takes_seat
    return growth


def _full(seating: Seating, group_id: UUID | None, field: tuple[str, ...]) -> Refusal:
    if group_id is None:
        shared = seating.total - seating.allocated
        message = f"All {shared} seats outside seat groups are taken."
        return refuse(RefusalCode.NOT_ENOUGH_SEATS, message, *field)
    group = seating.groups[group_id]
    message = f'Seat group "{group.name}" is full: its limit of {group.seats} is reached.'
    return refuse(RefusalCode.SEAT_GROUP_FULL, message, *field)
