"""The mutations of users."""

from schema import ids
from schema.context import Info
from schema.scalars import or_none
from schema.user_changes import (
    DisableUserInput,
    DisableUserPayload,
    EnableUserInput,
    EnableUserPayload,
    InviteUserInput,
    InviteUserPayload,
    SetAdministratorInput,
    SetAdministratorPayload,
    SetProductPermissionInput,
    SetProductPermissionPayload,
)
from schema.users import User
from services import administrators, products, users


async def viewer(info: Info) -> User:
    return User(row=await users.viewer(info.context.actor))


async def invite_user(info: Info, input: InviteUserInput) -> InviteUserPayload:
    permissions = [
        (ids.decode("Product", permission.product_id), permission.role)
        for permission in or_none(input.permissions) or []
    ]
    user = await users.invite_user(
        info.context.actor,
        input.email,
        input.name,
        ids.decode_optional("SeatGroup", or_none(input.seat_group_id)),
        permissions,
        or_none(input.idempotency_key),
        info.context.at,
    )
    return InviteUserPayload(user=User(row=user))


async def set_product_permission(
    info: Info, input: SetProductPermissionInput
) -> SetProductPermissionPayload:
    user = await products.set_product_permission(
        info.context.actor,
        ids.decode("User", input.user_id),
        ids.decode("Product", input.product_id),
        or_none(input.role),
        info.context.at,
    )
    return SetProductPermissionPayload(user=User(row=user))


async def disable_user(info: Info, input: DisableUserInput) -> DisableUserPayload:
    user_id = ids.decode("User", input.user_id)
    user = await users.disable_user(info.context.actor, user_id, info.context.at)
    return DisableUserPayload(user=User(row=user))


async def enable_user(info: Info, input: EnableUserInput) -> EnableUserPayload:
    user = await users.enable_user(
        info.context.actor,
        ids.decode("User", input.user_id),
        ids.decode_optional("SeatGroup", or_none(input.seat_group_id)),
        info.context.at,
    )
    return EnableUserPayload(user=User(row=user))


async def set_administrator(info: Info, input: SetAdministratorInput) -> SetAdministratorPayload:
    user = await administrators.set_administrator(
        info.context.actor,
        ids.decode("User", input.user_id),
        or_none(input.administrator),
        or_none(input.billing_administrator),
        info.context.at,
    )
    return SetAdministratorPayload(user=User(row=user))
