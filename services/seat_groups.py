"""Seat groups: create, change and delete them, and read them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.plans import PlanFeature
from models.seat_groups import SeatGroup, SeatGroupAdministrator
from models.subscriptions import Subscription
from models.users import User
from services import activity, idempotency, pagination, renewals, rows, seating, text
from services.accounts import Tenant
from services.errors import Forbidden, Refusal, RefusalCode, invalid, not_found, refuse
from services.pagination import Page, PageRequest
from services.permissions import (
    Actor,
    Right,
    Scope,
    Target,
    allows,
    require,
    require_some,
    scopes,
)
from services.rows import Query
from services.seating import Move, Place

__all__ = [
    "SeatGroup",
    "administered_by",
    "administrators_of",
    "by_ids",
    "count",
    "create_seat_group",
    "delete_seat_group",
    "page",
    "update_seat_group",
]

BY_NAME = (pagination.Key("name_key", pagination.word), pagination.Key("id", pagination.identifier))


async def page(actor: Actor, request: PageRequest) -> Page[SeatGroup]:
    """The groups that the actor may read, by name. Raises Forbidden, BadUserInput."""
    return await pagination.fetch(_readable(actor), request, BY_NAME)


async def count(actor: Actor) -> int:
    """How many groups the actor may read. Raises Forbidden."""
    return await _readable(actor).number()


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, SeatGroup | Forbidden]:
    """The account's groups among the ids; Forbidden stands for one that is not to be read."""
    found = await Query(SeatGroup).where("account_id = ?", actor.account_id).among("id", ids).all()
    return {group.id: group if _may_read(actor, group.id) else Forbidden() for group in found}


async def administrators_of(actor: Actor, group_ids: Sequence[UUID]) -> dict[UUID, list[User]]:
    """Each group's administrators, by name. Raises Forbidden unless all may be read."""
    require(actor, Right.READ_SEAT_GROUPS, Target(groups=frozenset(group_ids)))
    links = SeatGroupAdministrator.filter(account_id=actor.account_id, seat_group_id__in=group_ids)
    pairs = [(link.seat_group_id, link.user_id) for link in await links]
    users = User.filter(account_id=actor.account_id, id__in={user_id for _, user_id in pairs})
    administrators: dict[UUID, list[User]] = defaultdict(list)
    for user in await users.order_by("name_key", "id"):
        for group_id in (group for group, user_id in pairs if user_id == user.id):
            administrators[group_id].append(user)
    return administrators


async def administered_by(actor: Actor, user_ids: Sequence[UUID]) -> dict[UUID, list[SeatGroup]]:
    """The groups that each user administers, by name, as far as the actor may read them."""
    links = await SeatGroupAdministrator.filter(account_id=actor.account_id, user_id__in=user_ids)
    ids = {link.seat_group_id for link in links if _may_read(actor, link.seat_group_id)}
    groups = await SeatGroup.filter(account_id=actor.account_id, id__in=ids).order_by("name_key")
    administered: dict[UUID, list[SeatGroup]] = defaultdict(list)
    for group in groups:
        for link in (link for link in links if link.seat_group_id == group.id):
            administered[link.user_id].append(group)
    return administered


async def create_seat_group(
    actor: Actor,
    name: str,
    seats: int,
    administrator_ids: Sequence[UUID],
    idempotency_key: str | None,
    at: datetime,
) -> SeatGroup:
    """A new group with its allocation.

    Raises Forbidden, Refusal (INVALID, FEATURE_NOT_IN_PLAN, SUBSCRIPTION_CANCELED,
    NAME_TAKEN, NOT_FOUND, NOT_ENOUGH_SEATS, IDEMPOTENCY_KEY_REUSED).
    """
    arguments = {"name": name, "seats": seats, "administrators": sorted(administrator_ids)}
    async with renewals.acting(actor, Right.CONFIGURE, at) as tenant:
        attempt = await idempotency.attempt(
            tenant.account, idempotency_key, "create_seat_group", arguments, at
        )
        if attempt.earlier is not None:
            return await _get(tenant, UUID(attempt.earlier["seat_group"]), "idempotency_key")
        require_groups(tenant)
        group = await _insert(tenant, text.clean(name, text.MAX_NAME, "name"), seats)
        await _set_administrators(tenant, group, administrator_ids)
        summary = f'Seat group "{group.name}" created with {seats} seats'
        activity.record(
            tenant,
            activity.by(actor),
            at,
            "seat_group.created",
            summary,
            None,
            {"seats": seats},
        )
        await attempt.remember(seat_group=str(group.id))
        return group


async def update_seat_group(
    actor: Actor,
    group_id: UUID,
    name: str | None,
    administrator_ids: Sequence[UUID] | None,
    at: datetime,
) -> SeatGroup:
    """Renames a group or replaces its administrators; None leaves either as it is.

    Raises Forbidden, Refusal (NOT_FOUND, INVALID, NAME_TAKEN, FEATURE_NOT_IN_PLAN,
    SUBSCRIPTION_CANCELED).
    """
    async with renewals.acting(actor, Right.CONFIGURE, at) as tenant:
        group = await _get(tenant, group_id, "seat_group_id")
        require_groups(tenant)
        if name is not None:
            await _rename(tenant, actor, group, text.clean(name, text.MAX_NAME, "name"), at)
        if administrator_ids is not None:
            await _replace_administrators(tenant, actor, group, administrator_ids, at)
        return group


async def delete_seat_group(
    actor: Actor, group_id: UUID, move_users_to: UUID | None, at: datetime
) -> Subscription:
    """Deletes a group; its members move to another one, or to none.

    Raises Forbidden, Refusal (NOT_FOUND, INVALID, SEAT_GROUP_FULL, NOT_ENOUGH_SEATS,
    SEAT_GROUP_REQUIRED, FEATURE_NOT_IN_PLAN, SUBSCRIPTION_CANCELED).
    """
    async with renewals.acting(actor, Right.CONFIGURE, at) as tenant:
        group = await _get(tenant, group_id, "seat_group_id")
        if move_users_to == group_id:
            raise invalid("Members cannot move to the group that is deleted.", "move_users_to")
        if move_users_to is not None:
            await _get(tenant, move_users_to, "move_users_to")
        require_groups(tenant)
        await _move_members(tenant, group, move_users_to)
        own: dict[str, Any] = {"account_id": tenant.account.id}
        await SeatGroupAdministrator.filter(**own, seat_group_id=group.id).delete()
        await SeatGroup.filter(**own, id=group.id).delete()
        summary = f'Seat group "{group.name}" with {group.seats} seats deleted'
        activity.record(
            tenant,
            activity.by(actor),
            at,
            "seat_group.deleted",
            summary,
            {"seats": group.seats},
            {"members_moved_to": move_users_to and str(move_users_to)},
        )
        return tenant.subscription


def _readable(actor: Actor) -> Query[SeatGroup]:
    require_some(actor, Right.READ_SEAT_GROUPS)
    query = Query(SeatGroup).where("account_id = ?", actor.account_id)
    if Scope.ALL in scopes(actor, Right.READ_SEAT_GROUPS):
        return query
    return query.among("id", actor.groups)


def _may_read(actor: Actor, group_id: UUID) -> bool:
    return allows(actor, Right.READ_SEAT_GROUPS, Target(groups=frozenset({group_id})))


def require_groups(tenant: Tenant) -> None:
    """Raises Refusal SUBSCRIPTION_CANCELED or FEATURE_NOT_IN_PLAN."""
    tenant.require_live()
    tenant.require_feature(PlanFeature.SEAT_GROUPS)


async def _get(tenant: Tenant, group_id: UUID, *field: str) -> SeatGroup:
    group = await SeatGroup.get_or_none(account_id=tenant.account.id, id=group_id)
    if group is None:
        raise not_found("seat group", *field)
    return group


async def _insert(tenant: Tenant, name: str, seats: int) -> SeatGroup:
    problem = seating.count_problem(seats, "seats")
    if problem:
        raise Refusal(problem)
    await _require_free_name(tenant, name, None)
    seating.check_growth(seating.of(tenant.subscription), seats, ("seats",))
    seating.allocate(tenant, seats)
    own: dict[str, Any] = {"account_id": tenant.account.id}
    return await SeatGroup.create(**own, name=name, name_key=text.key(name), seats=seats)


async def _require_free_name(tenant: Tenant, name: str, group_id: UUID | None) -> None:
    taken = SeatGroup.filter(account_id=tenant.account.id, name_key=text.key(name))
    if await taken.exclude(id=group_id).exists() if group_id else await taken.exists():
        message = f'There is a seat group "{name}" already.'
        raise refuse(RefusalCode.NAME_TAKEN, message, "name")


async def _set_administrators(
    tenant: Tenant, group: SeatGroup, administrator_ids: Sequence[UUID]
) -> list[User]:
    """Adds administrators to a group that has none. Raises Refusal NOT_FOUND."""
    own: dict[str, Any] = {"account_id": tenant.account.id}
    wanted = set(administrator_ids)
    users = await User.filter(**own, id__in=wanted).order_by("name_key", "id")
    if len(users) < len(wanted):
        raise not_found("user", "administrator_ids")
    await SeatGroupAdministrator.bulk_create(
        SeatGroupAdministrator(**own, seat_group_id=group.id, user_id=user.id) for user in users
    )
    return users


async def _rename(tenant: Tenant, actor: Actor, group: SeatGroup, name: str, at: datetime) -> None:
    if name == group.name:
        return
    await _require_free_name(tenant, name, group.id)
    before, group.name, group.name_key = group.name, name, text.key(name)
    await rows.update(group, "name", "name_key")
    summary = f'Seat group "{before}" renamed to "{name}"'
    values = {"name": before}, {"name": name}
    activity.record(tenant, activity.by(actor), at, "seat_group.renamed", summary, *values)


async def _replace_administrators(
    tenant: Tenant, actor: Actor, group: SeatGroup, ids: Sequence[UUID], at: datetime
) -> None:
    links = SeatGroupAdministrator.filter(account_id=tenant.account.id, seat_group_id=group.id)
    before = {link.user_id for link in await links}
    if before == set(ids):
        return
    await links.delete()
    users = await _set_administrators(tenant, group, ids)
    names = ", ".join(user.email for user in users) or "nobody"
    summary = f'Seat group "{group.name}" is administered by {names}'
    values = {"administrators": sorted(map(str, before))}, {"administrators": sorted(map(str, ids))}
    activity.record(
        tenant,
        activity.by(actor),
        at,
        "seat_group.administrators_changed",
        summary,
        *values,
    )


async def _move_members(tenant: Tenant, group: SeatGroup, target_id: UUID | None) -> None:
    """Moves all members, whose seats the group gives back first."""
    seating.allocate(tenant, -group.seats)
    moves = [Move(Place(True, group.id), Place(True, target_id))] * group.seats_used
    state = await seating.load(tenant.subscription, [target_id])
    seating.check_moves(state, moves, tenant.account.seat_group_required, ("move_users_to",))
    await seating.book(tenant, moves)
    members = User.filter(account_id=tenant.account.id, seat_group_id=group.id)
    await members.update(seat_group_id=target_id)
