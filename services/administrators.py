"""Administrators: who has rights over the whole account."""

from datetime import datetime
from uuid import UUID

from models.users import User
from services import activity, renewals, rows, users
from services.permissions import Actor, Right


async def set_administrator(
    actor: Actor,
    user_id: UUID,
    administrator: bool | None,
    billing_administrator: bool | None,
    at: datetime,
) -> User:
    """Gives or takes account-wide rights; None leaves one as it is.

    Raises Forbidden, Refusal (NOT_FOUND, LAST_BILLING_ADMINISTRATOR).
    """
    async with renewals.acting(actor, Right.SET_ADMINISTRATORS, at) as tenant:
        user = await users.get(tenant, user_id, "user_id")
        before = _rights(user)
        if administrator is not None:
            user.is_administrator = administrator
        if billing_administrator is not None:
            user.is_billing_administrator = billing_administrator
        after = _rights(user)
        if before == after:
            return user
        if before["billing administrator"] and not after["billing administrator"]:
            await users.require_other_billing_administrator(tenant, user, "billing_administrator")
        await rows.update(user, "is_administrator", "is_billing_administrator")
        held = ", ".join(right for right, holds in after.items() if holds) or "no account rights"
        summary = f"{user.email} now has: {held}"
        activity.record(
            tenant, activity.by(actor), at, "user.rights_changed", summary, before, after
        )
        return user


def _rights(user: User) -> dict[str, bool]:
    return {
        "administrator": user.is_administrator,
        "billing administrator": user.is_billing_administrator,
    }
