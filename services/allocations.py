"""Allocations: how an account's seats are split among its seat groups."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from models.seat_groups import SeatGroup
from models.subscriptions import Subscription
from services import activity, idempotency, renewals, rows, seating
from services.accounts import Tenant
from services.errors import invalid, not_found
from services.permissions import Actor, Right
from services.seat_groups import require_groups


async def allocate_seats(
    actor: Actor,
    allocations: Sequence[tuple[UUID, int]],
    idempotency_key: str | None,
    at: datetime,
) -> tuple[Subscription, list[SeatGroup]]:
    """Sets the allocations of groups, all or none; returns the groups in the order given.

    Raises Forbidden, Refusal (NOT_FOUND, INVALID, SEAT_GROUP_FULL, NOT_ENOUGH_SEATS,
    FEATURE_NOT_IN_PLAN, SUBSCRIPTION_CANCELED, IDEMPOTENCY_KEY_REUSED).
    """
    async with renewals.acting(actor, Right.CONFIGURE, at) as tenant:
        arguments = {"allocations": allocations}
        attempt = await idempotency.attempt(
            tenant.account, idempotency_key, "allocate_seats", arguments, at
        )
        groups = {group_id for group_id, _ in allocations}
        state = await seating.load(tenant.subscription, groups)
        wanted = _wanted(state.groups, allocations)
        if attempt.earlier is None:
            require_groups(tenant)
            seating.check_allocations(state, wanted, _paths(allocations))
            await _write_allocations(tenant, actor, state.groups, wanted, at)
            await attempt.remember()
        return tenant.subscription, [state.groups[group_id] for group_id in wanted]


def _wanted(
    groups: Mapping[UUID, SeatGroup], allocations: Sequence[tuple[UUID, int]]
) -> dict[UUID, int]:
    if not allocations:
        raise invalid("Name at least one seat group.", "allocations")
    for index, (group_id, _) in enumerate(allocations):
        if group_id not in groups:
            raise not_found("seat group", "allocations", str(index), "seat_group_id")
    wanted = dict(allocations)
    if len(wanted) < len(allocations):
        raise invalid("Name each seat group once.", "allocations")
    return wanted


def _paths(allocations: Sequence[tuple[UUID, int]]) -> dict[UUID, tuple[str, ...]]:
    return {
        group_id: ("allocations", str(index), "seats")
        for index, (group_id, _) in enumerate(allocations)
    }


async def _write_allocations(
    tenant: Tenant,
    actor: Actor,
    groups: Mapping[UUID, SeatGroup],
    wanted: Mapping[UUID, int],
    at: datetime,
) -> None:
    changed = [
        groups[group_id] for group_id, seats in wanted.items() if groups[group_id].seats != seats
    ]
    before = {group.name: group.seats for group in changed}
    growth = sum(wanted[group.id] - group.seats for group in changed)
    seating.allocate(tenant, growth)
    for group in changed:
        group.seats = wanted[group.id]
        tenant.changes.append(rows.updating(group, "seats"))
    if changed:
        after = {group.name: group.seats for group in changed}
        parts = [f'"{name}" from {before[name]} to {after[name]}' for name in before]
        summary = f"Seats allocated: {', '.join(parts)}"
        activity.record(
            tenant, activity.by(actor), at, "seat_group.allocated", summary, before, after
        )
