"""Accounts: who calls, the lock that keeps an account consistent, and its own settings."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pycountry
from tortoise.expressions import F

from models.accounts import Account
from models.plans import Plan, PlanFeature
from models.seat_groups import SeatGroupAdministrator
from models.subscriptions import Subscription, SubscriptionStatus
from models.users import ProductPermission, ProductRole, User, UserStatus
from services import activity, auth, database, text
from services.errors import Forbidden, RefusalCode, Unauthenticated, invalid, refuse
from services.permissions import Actor, Right, Role, require

__all__ = [
    "Account",
    "Tenant",
    "authenticate",
    "billing_details",
    "by_ids",
    "clean_address",
    "get",
    "locked",
    "update_billing_details",
    "update_license_management",
]


@dataclass(slots=True)
class Tenant:
    """A locked account with what every decision about it needs."""

    account: Account
    subscription: Subscription
    plan: Plan

    def require_live(self) -> None:
        """Raises Refusal SUBSCRIPTION_CANCELED once the subscription has ended."""
        if self.subscription.status is SubscriptionStatus.CANCELED:
            message = f"The subscription ended on {self.subscription.period_end}."
            raise refuse(RefusalCode.SUBSCRIPTION_CANCELED, message)

    def require_feature(self, feature: PlanFeature, *field: str) -> None:
        """Raises Refusal FEATURE_NOT_IN_PLAN."""
        if feature not in self.plan.features:
            message = f"The plan {self.plan.name} does not include this."
            raise refuse(RefusalCode.FEATURE_NOT_IN_PLAN, message, *field)


@asynccontextmanager
async def locked(account_id: UUID) -> AsyncIterator[Tenant]:
    """One transaction with the account to itself.

    Its first statement writes the account's row: on PostgreSQL that locks the row, on
    SQLite it takes the write lock, so that what is read next cannot change underneath.
    """
    async with database.transaction():
        await Account.filter(id=account_id).update(code=F("code"))
        found = Subscription.get(account_id=account_id).select_related("account", "plan")
        subscription = await found
        yield Tenant(subscription.account, subscription, subscription.plan)


async def authenticate(claims: auth.Claims) -> Actor:
    """The actor that a token's claims name, as the database has it now.

    Raises Unauthenticated for an unknown account or user, and for a disabled user.
    """
    user = await User.get_or_none(
        account__code=claims.account_code, email_key=text.key(claims.email)
    ).select_related("account")
    if user is None or user.status is UserStatus.DISABLED:
        raise Unauthenticated("The token's user cannot sign in.")
    return await _actor(user)


async def _actor(user: User) -> Actor:
    own: dict[str, Any] = {"account_id": user.account_id, "user_id": user.id}
    owned = ProductPermission.filter(**own, role=ProductRole.OWNER)
    products: Any = await owned.values_list("product_id", flat=True)
    groups: Any = await SeatGroupAdministrator.filter(**own).values_list("seat_group_id", flat=True)
    held = {
        Role.USER: True,
        Role.BILLING_ADMINISTRATOR: user.is_billing_administrator,
        Role.ADMINISTRATOR: user.is_administrator,
        Role.PRODUCT_OWNER: bool(products),
        Role.GROUP_ADMINISTRATOR: bool(groups),
    }
    return Actor(
        account_id=user.account_id,
        user_id=user.id,
        roles=frozenset(role for role, holds in held.items() if holds),
        products=frozenset(products),
        groups=frozenset(groups),
        restricted=user.account.only_billing_administrators_manage_users,
    )


async def get(actor: Actor) -> Account:
    """The actor's account."""
    require(actor, Right.READ_SELF)
    return await Account.get(id=actor.account_id)


async def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Account]:
    """The actor's account, where it is among the ids."""
    account = await get(actor)
    return {account.id: account} if account.id in ids else {}


def billing_details(actor: Actor, account: Account) -> Account:
    """The row that holds the billing details. Raises Forbidden."""
    require(actor, Right.BILLING)
    if account.id != actor.account_id:
        raise Forbidden
    return account


async def update_license_management(
    actor: Actor,
    only_billing_administrators_manage_users: bool | None,
    seat_group_required: bool | None,
    at: datetime,
) -> Account:
    """Sets what is not None. Raises Forbidden, Refusal FEATURE_NOT_IN_PLAN."""
    require(actor, Right.CONFIGURE)
    wanted = {
        "only_billing_administrators_manage_users": only_billing_administrators_manage_users,
        "seat_group_required": seat_group_required,
    }
    async with locked(actor.account_id) as tenant:
        changes = _changes(tenant.account, wanted)
        for setting, value in changes.items():
            if value:
                tenant.require_feature(PlanFeature.LICENSE_MANAGEMENT, setting)
        await _apply(tenant.account, actor, at, "license_management.updated", changes)
        return tenant.account


async def update_billing_details(actor: Actor, details: dict[str, Any], at: datetime) -> Account:
    """Sets the details given, by column; None clears an optional one and leaves others.

    Raises Forbidden, Refusal INVALID naming the field.
    """
    require(actor, Right.BILLING)
    wanted = clean_billing_details(details)
    async with locked(actor.account_id) as tenant:
        changes = _changes(tenant.account, wanted, keep_none=True)
        await _apply(tenant.account, actor, at, "billing_details.updated", changes)
        return tenant.account


def clean_billing_details(details: dict[str, Any]) -> dict[str, Any]:
    """The details as they are stored. Raises Refusal INVALID naming the field."""
    return {
        column: _DETAILS[column](value, column)
        for column, value in details.items()
        if value is not None or column in OPTIONAL_DETAILS
    }


def clean_address(address: dict[str, str | None], *path: str) -> dict[str, str | None]:
    """The address as it is stored. Raises Refusal INVALID naming the part at fault."""
    cleaned = {
        part: text.clean(address[part] or "", text.MAX_LINE, *path, part)
        if part in ("line1", "city", "country_code")
        else text.clean_optional(address[part], text.MAX_LINE, *path, part)
        for part in ("line1", "line2", "postal_code", "city", "region", "country_code")
    }
    cleaned["postal_code"] = cleaned["postal_code"] or ""
    country = str(cleaned["country_code"]).upper()
    if len(country) != 2 or pycountry.countries.get(alpha_2=country) is None:
        raise invalid("This is no country of ISO 3166.", *path, "country_code")
    return {**cleaned, "country_code": country}


OPTIONAL_DETAILS = frozenset({"tax_id", "purchase_order_number"})

_DETAILS: dict[str, Any] = {
    "billing_email": text.email,
    "legal_name": lambda value, column: text.clean(value, text.MAX_NAME, column),
    "address": clean_address,
    "tax_id": lambda value, column: text.clean_optional(value, text.MAX_REFERENCE, column),
    "purchase_order_number": lambda value, column: text.clean_optional(
        value, text.MAX_REFERENCE, column
    ),
}


def _changes(
    account: Account, wanted: dict[str, Any], *, keep_none: bool = False
) -> dict[str, Any]:
    return {
        column: value
        for column, value in wanted.items()
        if (keep_none or value is not None) and getattr(account, column) != value
    }


async def _apply(
    account: Account, actor: Actor, at: datetime, action: str, changes: dict[str, Any]
) -> None:
    if not changes:
        return
    before = {column: getattr(account, column) for column in changes}
    account.update_from_dict(changes)
    await Account.filter(id=account.id).update(**changes)
    summary = "; ".join(_sentence(column, before[column], changes[column]) for column in changes)
    await activity.record(account, activity.by(actor), at, action, summary, before, changes)


def _sentence(column: str, before: Any, after: Any) -> str:
    label = column.replace("_", " ").capitalize()
    return f"{label} changed from {_shown(before)} to {_shown(after)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values() if part)
    return str(value) if value is not None else "none"
