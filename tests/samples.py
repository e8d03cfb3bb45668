"""Import files to test with: one account with every role, built anew for each test."""

import copy
from typing import Any

PLANS = [
    {
        "code": "enterprise_plus",
        "name": "Enterprise+",
        "features": ["SEAT_GROUPS", "LICENSE_MANAGEMENT", "FREE_REVIEWERS"],
        "prices": [
            {"interval": "YEAR", "currency": "USD", "unit_price": "1788.00"},
            {"interval": "MONTH", "currency": "USD", "unit_price": "149.00"},
            {"interval": "MONTH", "currency": "JPY", "unit_price": "15000"},
            {"interval": "MONTH", "currency": "KWD", "unit_price": "45.125"},
        ],
    },
    {
        "code": "premium",
        "name": "Premium",
        "features": [],
        "prices": [
            {"interval": "MONTH", "currency": "USD", "unit_price": "29.00"},
            {"interval": "MONTH", "currency": "EUR", "unit_price": "27.00"},
        ],
    },
]

USERS: list[dict[str, Any]] = [
    {
        "email": "ada@acme.example",
        "name": "Ada Billing",
        "billing_administrator": True,
        "last_active_at": "2026-06-30T08:00:00Z",
        "permissions": {"roadmap": "VIEWER"},
    },
    {"email": "adam@acme.example", "name": "Adam Administrator", "administrator": True},
    {"email": "olga@acme.example", "name": "Olga Owner", "permissions": {"roadmap": "OWNER"}},
    {
        "email": "grace@acme.example",
        "name": "Grace Group",
        "permissions": {"roadmap": "CONTRIBUTOR"},
        "seat_group": "Marketing",
    },
    {
        "email": "mia@acme.example",
        "name": "Mia Member",
        "permissions": {"roadmap": "CONTRIBUTOR"},
        "seat_group": "Marketing",
    },
    {
        "email": "paul@acme.example",
        "name": "Paul Plain",
        "permissions": {"roadmap": "CONTRIBUTOR"},
    },
]
"""Who is who: a billing administrator, an administrator, a product owner, a group
administrator, a member of the group, a plain user. Three sit outside groups and are paid:
olga and paul; two in Marketing: grace and mia. ada's role is free, adam has none."""

ACCOUNT: dict[str, Any] = {
    "code": "acme",
    "name": "Acme Inc.",
    "time_zone": "America/New_York",
    "currency": "USD",
    "tax_rate": "0.00",
    "invoice_prefix": "ACME",
    "payment_terms_days": 30,
    "billing_details": {
        "billing_email": "billing@acme.example",
        "legal_name": "Acme Incorporated",
        "address": {
            "line1": "1 Main Street",
            "postal_code": "10001",
            "city": "New York",
            "region": "NY",
            "country_code": "US",
        },
    },
    "products": [
        {"code": "roadmap", "name": "Roadmap"},
        {"code": "docs", "name": "Docs"},
    ],
    "subscription": {
        "plan": "enterprise_plus",
        "interval": "YEAR",
        "seats": 60,
        "started_on": "2026-03-01",
    },
    "seat_groups": [
        {"name": "Marketing", "seats": 20, "administrators": ["grace@acme.example"]},
        {"name": "Sales", "seats": 5, "administrators": []},
    ],
    "users": USERS,
}
"""Enterprise+, yearly in USD, 60 seats since 2026-03-01: 20 for Marketing, 5 for Sales."""


def account(**changes: Any) -> dict[str, Any]:
    """The sample account with some of its parts replaced; `subscription` is merged."""
    sample = copy.deepcopy(ACCOUNT)
    sample["subscription"] |= changes.pop("subscription", {})
    return sample | changes


def premium(**changes: Any) -> dict[str, Any]:
    """A monthly Premium account: no seat groups, no free roles."""
    users = [{**user, "seat_group": None} for user in copy.deepcopy(USERS)]
    plan = {"plan": "premium", "interval": "MONTH", "seats": 10}
    plan |= changes.pop("subscription", {})
    return account(**{"seat_groups": [], "users": users, "subscription": plan} | changes)


def file(*accounts: dict[str, Any]) -> dict[str, Any]:
    """An import file with the sample plans and the accounts."""
    return {"plans": copy.deepcopy(PLANS), "accounts": list(accounts)}
