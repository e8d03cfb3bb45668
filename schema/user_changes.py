"""Inputs and payloads of the mutations on users."""

import strawberry

from schema.errors import UserError
from schema.scalars import IDEMPOTENCY_KEY
from schema.users import User
from services.products import ProductRole


@strawberry.input(description="A role in a product.")
class ProductPermissionInput:
    product_id: strawberry.ID
    role: ProductRole


@strawberry.input(description="Whom to invite, into which group, with which roles.")
class InviteUserInput:
    email: str
    name: str = strawberry.field(description="1 to 200 characters.")
    seat_group_id: strawberry.ID | None = strawberry.UNSET
    permissions: list[ProductPermissionInput] | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET, description=IDEMPOTENCY_KEY
    )


@strawberry.type(description="The outcome of inviteUser.")
class InviteUserPayload:
    user: User | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="The role that a user shall have in a product.")
class SetProductPermissionInput:
    user_id: strawberry.ID
    product_id: strawberry.ID
    role: ProductRole | None = strawberry.field(
        default=strawberry.UNSET, description="Null takes the permission away."
    )


@strawberry.type(description="The outcome of setProductPermission.")
class SetProductPermissionPayload:
    user: User | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="Whom to disable.")
class DisableUserInput:
    user_id: strawberry.ID


@strawberry.type(description="The outcome of disableUser.")
class DisableUserPayload:
    user: User | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="Whom to enable, and in which group.")
class EnableUserInput:
    user_id: strawberry.ID
    seat_group_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="By default the group that the user had."
    )


@strawberry.type(description="The outcome of enableUser.")
class EnableUserPayload:
    user: User | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input(description="Rights to give (true) or take (false); null leaves one as it is.")
class SetAdministratorInput:
    user_id: strawberry.ID
    administrator: bool | None = strawberry.UNSET
    billing_administrator: bool | None = strawberry.UNSET


@strawberry.type(description="The outcome of setAdministrator.")
class SetAdministratorPayload:
    user: User | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)
