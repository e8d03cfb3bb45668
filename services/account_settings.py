"""Account settings: license management and billing details."""

from datetime import datetime
from typing import Any

from models.accounts import Account
from models.plans import PlanFeature
from services import activity, renewals, taxes, text, vat_ids
from services.accounts import Tenant
from services.errors import invalid
from services.permissions import Actor, Right, require_change


async def update_license_management(
    actor: Actor,
    only_billing_administrators_manage_users: bool | None,
    seat_group_required: bool | None,
    at: datetime,
) -> Account:
    """Sets what is not None. Raises Forbidden, Refusal FEATURE_NOT_IN_PLAN."""
    wanted = {
        "only_billing_administrators_manage_users": only_billing_administrators_manage_users,
        "seat_group_required": seat_group_required,
    }
    async with renewals.acting(actor, Right.CONFIGURE, at) as tenant:
        changes = _changes(tenant.account, wanted)
        for setting, value in changes.items():
            if value:
                tenant.require_feature(PlanFeature.LICENSE_MANAGEMENT, setting)
        await _apply(tenant, actor, at, "license_management.updated", changes)
        return tenant.account


async def update_billing_details(actor: Actor, details: dict[str, Any], at: datetime) -> Account:
    """Sets the details given, by column; None clears an optional one and leaves others.

    Raises Forbidden, Refusal INVALID naming the field.
    """
    require_change(actor, Right.BILLING)
    wanted = clean_billing_details(details)
    async with renewals.acting(actor, Right.BILLING, at) as tenant:
        changes = _changes(tenant.account, wanted, keep_none=True)
        _require_vat_id(tenant.account, changes)
        await _apply(tenant, actor, at, "billing_details.updated", changes)
        return tenant.account


def _require_vat_id(account: Account, changes: dict[str, Any]) -> None:
    """Raises Refusal INVALID for a new tax id by which the account cannot be taxed as it is."""
    if "tax_id" in changes:
        fault = vat_ids.fault(taxes.restored(account.tax), changes["tax_id"])
        if fault is not None:
            raise invalid(f"This {fault}.", "tax_id")


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
    country = str(cleaned["country_code"])
    country = country.upper() if country.isascii() else country
    if not text.is_country(country):
        raise invalid("This is no country of ISO 3166.", *path, "country_code")
    return {**cleaned, "country_code": country}


OPTIONAL_DETAILS = frozenset({"tax_id", "purchase_order_number"})

_DETAILS: dict[str, Any] = {
    "billing_email": text.email,
    "legal_name": lambda value, column: text.clean(value, text.MAX_NAME, column),
    "address": clean_address,
    "locale": text.locale,
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
    tenant: Tenant, actor: Actor, at: datetime, action: str, changes: dict[str, Any]
) -> None:
    if not changes:
        return
    account = tenant.account
    before = {column: getattr(account, column) for column in changes}
    account.update_from_dict(changes)
    await Account.filter(id=account.id).update(**changes)
    summary = "; ".join(_sentence(column, before[column], changes[column]) for column in changes)
    activity.record(tenant, activity.by(actor), at, action, summary, before, changes)


def _sentence(column: str, before: Any, after: Any) -> str:
    label = column.replace("_", " ").capitalize()
    return f"{label} changed from {_shown(before)} to {_shown(after)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values() if part)
    return str(value) if value is not None else "none"
