"""The mutations of seat groups."""

from schema import ids
from schema.context import Info
from schema.scalars import or_none
from schema.seat_groups import (
    AllocateSeatsInput,
    AllocateSeatsPayload,
    AssignSeatGroupInput,
    AssignSeatGroupPayload,
    CreateSeatGroupInput,
    CreateSeatGroupPayload,
    DeleteSeatGroupInput,
    DeleteSeatGroupPayload,
    UpdateSeatGroupInput,
    UpdateSeatGroupPayload,
)
from schema.subscriptions import Subscription
from schema.users import SeatGroup, User
from services import allocations, memberships, seat_groups


async def create_seat_group(info: Info, input: CreateSeatGroupInput) -> CreateSeatGroupPayload:
    group = await seat_groups.create_seat_group(
        info.context.actor,
        input.name,
        input.seats,
        ids.decode_all("User", or_none(input.administrator_ids) or []),
        or_none(input.idempotency_key),
        info.context.at,
    )
    return CreateSeatGroupPayload(seat_group=SeatGroup(row=group))


async def update_seat_group(info: Info, input: UpdateSeatGroupInput) -> UpdateSeatGroupPayload:
    administrators = or_none(input.administrator_ids)
    group = await seat_groups.update_seat_group(
        info.context.actor,
        ids.decode("SeatGroup", input.seat_group_id),
        or_none(input.name),
        None if administrators is None else ids.decode_all("User", administrators),
        info.context.at,
    )
    return UpdateSeatGroupPayload(seat_group=SeatGroup(row=group))


async def allocate_seats(info: Info, input: AllocateSeatsInput) -> AllocateSeatsPayload:
    wanted = [
        (ids.decode("SeatGroup", allocation.seat_group_id), allocation.seats)
        for allocation in input.allocations
    ]
    subscription, groups = await allocations.allocate_seats(
        info.context.actor, wanted, or_none(input.idempotency_key), info.context.at
    )
    return AllocateSeatsPayload(
        subscription=Subscription(row=subscription),
        seat_groups=[SeatGroup(row=group) for group in groups],
    )


async def delete_seat_group(info: Info, input: DeleteSeatGroupInput) -> DeleteSeatGroupPayload:
    subscription = await seat_groups.delete_seat_group(
        info.context.actor,
        ids.decode("SeatGroup", input.seat_group_id),
        ids.decode_optional("SeatGroup", or_none(input.move_users_to)),
        info.context.at,
    )
    return DeleteSeatGroupPayload(
        deleted_seat_group_id=input.seat_group_id, subscription=Subscription(row=subscription)
    )


async def assign_seat_group(info: Info, input: AssignSeatGroupInput) -> AssignSeatGroupPayload:
    moved = await memberships.assign_seat_group(
        info.context.actor,
        ids.decode_all("User", input.user_ids),
        ids.decode_optional("SeatGroup", or_none(input.seat_group_id)),
        info.context.at,
    )
    return AssignSeatGroupPayload(users=[User(row=user) for user in moved])
