"""The account, and its own settings."""

from typing import Any

from schema.accounts import (
    Account,
    AddressInput,
    UpdateBillingDetailsInput,
    UpdateBillingDetailsPayload,
    UpdateLicenseManagementInput,
    UpdateLicenseManagementPayload,
)
from schema.context import Info
from schema.scalars import given, or_none
from services import account_settings, accounts, subscriptions


async def account(info: Info) -> Account:
    await subscriptions.settle(info.context.actor, info.context.at)
    return Account(row=accounts.profile(info.context.actor))


async def update_license_management(
    info: Info, input: UpdateLicenseManagementInput
) -> UpdateLicenseManagementPayload:
    row = await account_settings.update_license_management(
        info.context.actor,
        or_none(input.only_billing_administrators_manage_users),
        or_none(input.seat_group_required),
        info.context.at,
    )
    return UpdateLicenseManagementPayload(account=Account(row=row))


async def update_billing_details(
    info: Info, input: UpdateBillingDetailsInput
) -> UpdateBillingDetailsPayload:
    details = given(
        billing_email=input.billing_email,
        legal_name=input.legal_name,
        address=_address(input.address),
        tax_id=input.tax_id,
        purchase_order_number=input.purchase_order_number,
        locale=input.locale,
    )
    row = await account_settings.update_billing_details(
        info.context.actor, details, info.context.at
    )
    return UpdateBillingDetailsPayload(account=Account(row=row))


def _address(address: AddressInput | None) -> Any:
    if not address:
        return address
    return {
        "line1": address.line1,
        "line2": or_none(address.line2),
        "postal_code": address.postal_code,
        "city": address.city,
        "region": or_none(address.region),
        "country_code": address.country_code,
    }
