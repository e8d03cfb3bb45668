"""Parties: who sells and who buys, as an invoice will say it from its issue on."""

from typing import Any

from models.accounts import Account
from services import settings
from services.documents import Address, Bank, Party, Seller
from services.settings import Settings

DEMO_SELLER = Seller(
    legal_name="Seatwise Demo Vendor Ltd.",
    address=Address(
        line1="1 Example Street",
        line2=None,
        postal_code="EC1A 1AA",
        city="London",
        region=None,
        country_code="GB",
    ),
    tax_id="GB999999973",
    email="billing@vendor.example",
)
"""Who sells where SELLER_LEGAL_NAME is not set."""


def seller() -> Seller:
    """The vendor, as the settings have it now."""
    vendor = settings.current()
    if not vendor.seller_legal_name:
        return DEMO_SELLER
    address = Address(
        line1=vendor.seller_address_line1,
        line2=vendor.seller_address_line2,
        postal_code=vendor.seller_postal_code,
        city=vendor.seller_city,
        region=vendor.seller_region,
        country_code=vendor.seller_country_code,
    )
    return Seller(
        legal_name=vendor.seller_legal_name,
        address=address,
        tax_id=vendor.seller_tax_id,
        email=vendor.seller_email,
        registration=vendor.seller_registration,
        bank=_bank(vendor),
        payment_note=vendor.seller_payment_note,
    )


def _bank(vendor: Settings) -> Bank | None:
    """The account to pay into; None where the settings name none."""
    if not vendor.seller_bank_iban:
        return None
    return Bank(
        holder=vendor.seller_bank_holder or vendor.seller_legal_name,
        iban=vendor.seller_bank_iban,
        bic=vendor.seller_bank_bic or None,
        name=vendor.seller_bank_name or None,
    )


def buyer(account: Account) -> Party:
    """The account, as its billing details are now."""
    return Party(
        legal_name=account.legal_name,
        address=Address(**account.address),
        tax_id=account.tax_id,
        email=account.billing_email,
    )


def restored_seller(snapshot: dict[str, Any]) -> Seller:
    """The seller that an invoice's snapshot holds."""
    bank = snapshot.get("bank")
    address = Address(**snapshot["address"])
    return Seller(**{**snapshot, "address": address, "bank": Bank(**bank) if bank else None})


def restored_buyer(snapshot: dict[str, Any]) -> Party:
    """The buyer that an invoice's snapshot holds."""
    return Party(**{**snapshot, "address": Address(**snapshot["address"])})
