"""What an allocation decides, and what it writes: the product's own rules, without its rows."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast
from uuid import UUID

from benchmarks.floor.callers import Row
from models.plans import PlanFeature
from models.seat_groups import SeatGroup
from services import seating
from services.errors import Problem, Refusal, RefusalCode, Unauthenticated, not_found, refuse

PREFIX = "SeatGroup:"


@dataclass(slots=True)
class Group:
    """A group as its row says; `id` is what the API calls it."""

    id: str
    name: str
    seats: int
    seats_used: int


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written; nothing where `groups` is empty."""

    seats_allocated: int
    groups: Sequence[tuple[UUID, int]]
    summary: str
    before: str
    after: str


def parsed(variables: Mapping[str, Any]) -> dict[UUID, int]:
    """The wanted seats by group. Raises Refusal NOT_FOUND."""
    wanted: dict[UUID, int] = {}
    for allocation in variables["input"]["allocations"]:
        name, _, key = urlsafe_b64decode(allocation["seatGroupId"]).decode().partition(":")
        if f"{name}:" != PREFIX or key in wanted:
            raise not_found("seat group", "allocations")
        wanted[UUID(hex=key)] = int(allocation["seats"])
    return wanted


def decided(rows: Sequence[Row], wanted: Mapping[UUID, int]) -> tuple[list[Group], Change]:
    """The groups as they will be and what to write, from the rows read under the lock: the
    user, the subscription and the plan beside each wanted group.

    Raises Unauthenticated, Refusal.
    """
    if not rows or rows[0]["user_status"] == "DISABLED":
        raise Unauthenticated("The token's user cannot sign in.")
    first = rows[0]
    if first["status"] == "CANCELED":
        raise refuse(RefusalCode.SUBSCRIPTION_CANCELED, "The subscription has ended.")
    if PlanFeature.SEAT_GROUPS not in json.loads(first["features"]):
        raise refuse(RefusalCode.FEATURE_NOT_IN_PLAN, "The plan does not include this.")
    groups = _groups(rows)
    if len(groups) < len(wanted):
        raise not_found("seat group", "allocations")
    _check(first, groups, wanted)
    return _changed(first, groups, wanted)


def _groups(rows: Iterable[Row]) -> dict[UUID, Group]:
    groups = {}
    for row in rows:
        key = row["group_id"]
        if key is not None:
            key = key if isinstance(key, UUID) else UUID(key)
            name = urlsafe_b64encode(f"{PREFIX}{key.hex}".encode()).decode()
            groups[key] = Group(name, row["name"], row["group_seats"], row["group_seats_used"])
    return groups


def _check(row: Row, groups: Mapping[UUID, Group], wanted: Mapping[UUID, int]) -> None:
    state = seating.Seating(
        row["seats"],
        row["pending_seats"],
        row["seats_allocated"],
        row["seats_ungrouped"],
        cast(Mapping[UUID, SeatGroup], groups),
    )
    paths = {key: ("allocations", str(index), "seats") for index, key in enumerate(wanted)}
    seating.check_allocations(state, wanted, paths)


def _changed(
    row: Row, groups: Mapping[UUID, Group], wanted: Mapping[UUID, int]
) -> tuple[list[Group], Change]:
    before, after, parts, growth = {}, {}, [], 0
    for key, seats in wanted.items():
        group = groups[key]
        if group.seats != seats:
            before[group.name], after[group.name] = group.seats, seats
            parts.append(f'"{group.name}" from {group.seats} to {seats}')
            growth += seats - group.seats
            group.seats = seats
    summary = f"Seats allocated: {', '.join(parts)}"
    changed = [(key, seats) for key, seats in wanted.items() if groups[key].name in after]
    allocated = row["seats_allocated"] + growth
    change = Change(allocated, changed, summary, json.dumps(before), json.dumps(after))
    return [groups[key] for key in wanted], change


def payload(groups: Iterable[Group]) -> dict[str, Any]:
    """M1."""
    nodes = [{"id": row.id, "seats": row.seats, "seatsUsed": row.seats_used} for row in groups]
    return {"allocateSeats": {"seatGroups": nodes, "userErrors": []}}


def refusal(error: Refusal) -> dict[str, Any]:
    """M1, refused."""
    errors = [_user_error(problem) for problem in error.problems]
    return {"allocateSeats": {"seatGroups": None, "userErrors": errors}}


def _user_error(problem: Problem) -> dict[str, Any]:
    return asdict(problem) | {"field": ["input", *problem.field] if problem.field else None}
