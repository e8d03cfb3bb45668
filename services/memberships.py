"""Memberships: which seat group a user is in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.seat_groups import SeatGroup
from models.users import User
from services import activity, renewals, seating, users
from services.accounts import Tenant
from services.errors import invalid, not_found
from services.permissions import Actor, Right, Target, require
from services.seating import Move, Place

MAX_USERS = 1_000
"""The most users that one call can move."""


async def assign_seat_group(
    actor: Actor, user_ids: Sequence[UUID], seat_group_id: UUID | None, at: datetime
) -> list[User]:
    """Puts users into a group, or into none, all or none; returns them in the order given.

    Raises Forbidden, Refusal (INVALID, NOT_FOUND, SUBSCRIPTION_CANCELED, SEAT_GROUP_FULL,
    NOT_ENOUGH_SEATS, SEAT_GROUP_REQUIRED).
    """
    async with renewals.acting(actor, Right.MANAGE_USERS, at) as tenant:
        moving = await _load(tenant, user_ids)
        await users.require_group(tenant, seat_group_id)
        groups = frozenset({user.seat_group_id for user in moving} | {seat_group_id})
        require(actor, Right.MANAGE_USERS, Target(groups=groups))
        tenant.require_live()
        moves = [
            Move(seating.place(user), Place(user.takes_seat, seat_group_id)) for user in moving
        ]
        await seating.admit(tenant, actor, moves, ("seat_group_id",))
        await _write(tenant, actor, moving, seat_group_id, at)
        return moving


async def _load(tenant: Tenant, user_ids: Sequence[UUID]) -> list[User]:
    if not 0 < len(user_ids) <= MAX_USERS:
        raise invalid(f"Name between 1 and {MAX_USERS:,} users.", "user_ids")
    wanted = list(dict.fromkeys(user_ids))
    found = await User.filter(account_id=tenant.account.id, id__in=wanted)
    by_id = {user.id: user for user in found}
    if len(by_id) < len(wanted):
        raise not_found("user", "user_ids")
    return [by_id[user_id] for user_id in wanted]


async def _write(
    tenant: Tenant, actor: Actor, moving: Sequence[User], group_id: UUID | None, at: datetime
) -> None:
    moved = [user for user in moving if user.seat_group_id != group_id]
    if not moved:
        return
    own: dict[str, Any] = {"account_id": tenant.account.id}
    before = {user.email: str(user.seat_group_id) for user in moved}
    await User.filter(**own, id__in=[user.id for user in moved]).update(seat_group_id=group_id)
    for user in moved:
        user.seat_group_id = group_id
    group = await SeatGroup.get_or_none(**own, id=group_id) if group_id else None
    where = f'to seat group "{group.name}"' if group else "out of their seat groups"
    summary = f"{len(moved)} users moved {where}: {', '.join(before)}"
    after = {"seat_group": str(group_id)}
    activity.record(tenant, activity.by(actor), at, "user.moved", summary, before, after)
