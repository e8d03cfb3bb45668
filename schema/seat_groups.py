"""Inputs and payloads of the mutations on seat groups."""

import strawberry

from schema.errors import UserError
from schema.scalars import IDEMPOTENCY_KEY
from schema.subscriptions import Subscription
from schema.users import SeatGroup, User


@strawberry.input(description="A new group.")
class CreateSeatGroupInput:
    name: str = strawberry.field(
        description="1 to 200 characters, unique in the account without regard to case."
    )
    seats: int = strawberry.field(description="Paid seats to allocate to it.")
    administrator_ids: list[strawberry.ID] | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description=IDEMPOTENCY_KEY
    )


@strawberry.type(description="The outcome of createSeatGroup.")
class CreateSeatGroupPayload:
    seat_group: SeatGroup | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="What to change of a group; null leaves a part as it is.")
class UpdateSeatGroupInput:
    seat_group_id: strawberry.ID
    name: str | None = strawberry.UNSET
    administrator_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="All administrators from now on."
    )


@strawberry.type(description="The outcome of updateSeatGroup.")
class UpdateSeatGroupPayload:
    seat_group: SeatGroup | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="The allocation that a group shall have.")
class SeatAllocationInput:
    seat_group_id: strawberry.ID
    seats: int = strawberry.field(description="A total, never a difference.")


@strawberry.input(description="The wanted allocations, all or none.")
class AllocateSeatsInput:
    allocations: list[SeatAllocationInput]
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description=IDEMPOTENCY_KEY
    )


@strawberry.type(description="The outcome of allocateSeats.")
class AllocateSeatsPayload:
    subscription: Subscription | None = None
    seat_groups: list[SeatGroup] | None = strawberry.field(
        default=None, description="The groups named, in the order given."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="Which group to delete, and where its members go.")
class DeleteSeatGroupInput:
    seat_group_id: strawberry.ID
    move_users_to: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Another group; null for none."
    )


@strawberry.type(description="The outcome of deleteSeatGroup.")
class DeleteSeatGroupPayload:
    deleted_seat_group_id: strawberry.ID | None = None
    subscription: Subscription | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="Whom to put into which group.")
class AssignSeatGroupInput:
    user_ids: list[strawberry.ID] = strawberry.field(description="1 to 1,000 users.")
    seat_group_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Null for no group."
    )


@strawberry.type(description="The outcome of assignSeatGroup.")
class AssignSeatGroupPayload:
    users: list[User] | None = strawberry.field(
        default=None, description="The users named, in the order given."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list)
