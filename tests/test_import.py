"""The import file: what it creates, what it updates, and what it leaves alone."""

import json
from copy import deepcopy
from typing import Any

import pytest
from tortoise.models import Model

from services import clock, imports
from tests import samples
from tests.world import Client, World

EXAMPLE = """{
  "plans": [
    {"code": "enterprise_plus", "name": "Enterprise+", "features": ["SEAT_GROUPS", "LICENSE_MANAGEMENT", "FREE_REVIEWERS"],
     "prices": [{"interval": "YEAR", "currency": "USD", "unit_price": "1788.00"},
                {"interval": "MONTH", "currency": "USD", "unit_price": "149.00"}]}
  ],
  "accounts": [
    {"code": "acme", "name": "Acme Inc.", "time_zone": "America/New_York", "currency": "USD",
     "tax_rate": "0.00", "invoice_prefix": "ACME", "payment_terms_days": 30,
     "billing_details": {"billing_email": "billing@acme.example", "legal_name": "Acme Incorporated",
       "address": {"line1": "1 Main Street", "postal_code": "10001", "city": "New York", "region": "NY", "country_code": "US"},
       "tax_id": null},
     "products": [{"code": "roadmap", "name": "Roadmap"}],
     "subscription": {"plan": "enterprise_plus", "interval": "YEAR", "seats": 60, "started_on": "2026-03-01", "unit_price": null},
     "license_management": {"only_billing_administrators_manage_users": false, "seat_group_required": false},
     "seat_groups": [{"name": "Marketing", "seats": 20, "administrators": ["grace@acme.example"]}],
     "users": [{"email": "ada@acme.example", "name": "Ada", "status": "ACTIVE", "administrator": true, "billing_administrator": true,
       "last_active_at": "2026-06-30T08:00:00Z", "permissions": {"roadmap": "OWNER"}, "seat_group": null},
      {"email": "grace@acme.example", "name": "Grace", "permissions": {"roadmap": "CONTRIBUTOR"}, "seat_group": "Marketing"}]}
  ]
}"""  # noqa: E501
"""The file that the operator's manual shows, to the letter."""

CREATED = {"plans_created": 1, "accounts_created": 1, "users_created": 2, "invoices": 1}

EVERYTHING = """{ account {
  name timeZone currency products { name }
  billingDetails { billingEmail legalName taxId purchaseOrderNumber
    address { line1 line2 postalCode city region countryCode } }
  licenseManagement { onlyBillingAdministratorsManageUsers seatGroupRequired }
  subscription { plan { name features } interval seats seatsUsed seatsAllocated
    unitPrice { amount currency } currentPeriod { start end } pendingSeats version }
  seatGroups { edges { node { name seats seatsUsed administrators { email } } } }
  users { edges { node { email name status isAdministrator isBillingAdministrator lastActiveAt
    takesSeat seatGroup { name } productPermissions { product { name } role } } } }
} }"""


async def dump() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    tables = [model for model in Model.__subclasses__() if model.__module__.startswith("models.")]
    return {
        model.__name__: await model.all().order_by(model._meta.pk_attr).values() for model in tables
    }


async def take(document: str | dict[str, Any]) -> dict[str, int]:
    """Imports what would stand in a file, read as a file is; returns what was counted."""
    content = document if isinstance(document, str) else json.dumps(document)
    counts = await imports.import_file(imports.parse(content.encode()), clock.now())
    return {name: count for name, count in counts.items() if count}


async def account(client: Client, query: str = EVERYTHING) -> dict[str, Any]:
    found: dict[str, Any] = (await client.data(query))["account"]
    return found


def nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]


async def user(client: Client, name: str) -> dict[str, Any]:
    """One user as the API shows it."""
    email = f"{name}@acme.example"
    found = nodes((await account(client))["users"])
    return next(node for node in found if node["email"].lower() == email)


# --- the manual's example -----------------------------------------------------------------


async def test_the_example_of_the_manual_is_imported(world: World) -> None:
    assert await take(EXAMPLE) == CREATED
    acme = await account(world.client("ada"))
    assert (acme["name"], acme["timeZone"], acme["currency"]) == (
        "Acme Inc.",
        "America/New_York",
        "USD",
    )
    assert acme["products"] == [{"name": "Roadmap"}]
    assert acme["billingDetails"] == {
        "billingEmail": "billing@acme.example",
        "legalName": "Acme Incorporated",
        "taxId": None,
        "purchaseOrderNumber": None,
        "address": {
            "line1": "1 Main Street",
            "line2": None,
            "postalCode": "10001",
            "city": "New York",
            "region": "NY",
            "countryCode": "US",
        },
    }


async def test_the_subscription_of_the_example_begins_with_the_price_of_its_plan(
    sqlite_world: World,
) -> None:
    await take(EXAMPLE)
    subscription = (await account(sqlite_world.client("ada")))["subscription"]
    assert subscription == {
        "plan": {
            "name": "Enterprise+",
            "features": ["SEAT_GROUPS", "LICENSE_MANAGEMENT", "FREE_REVIEWERS"],
        },
        "interval": "YEAR",
        "seats": 60,
        "seatsUsed": 2,
        "seatsAllocated": 20,
        "unitPrice": {"amount": "1788.00", "currency": "USD"},
        "currentPeriod": {"start": "2026-03-01", "end": "2027-03-01"},
        "pendingSeats": None,
        "version": 1,
    }


async def test_the_users_and_groups_of_the_example_are_as_it_says(sqlite_world: World) -> None:
    await take(EXAMPLE)
    acme = await account(sqlite_world.client("ada"))
    assert nodes(acme["seatGroups"]) == [
        {
            "name": "Marketing",
            "seats": 20,
            "seatsUsed": 1,
            "administrators": [{"email": "grace@acme.example"}],
        }
    ]
    assert nodes(acme["users"]) == [
        {
            "email": "ada@acme.example",
            "name": "Ada",
            "status": "ACTIVE",
            "isAdministrator": True,
            "isBillingAdministrator": True,
            "lastActiveAt": "2026-06-30T08:00:00Z",
            "takesSeat": True,
            "seatGroup": None,
            "productPermissions": [{"product": {"name": "Roadmap"}, "role": "OWNER"}],
        },
        {
            "email": "grace@acme.example",
            "name": "Grace",
            "status": "ACTIVE",
            "isAdministrator": False,
            "isBillingAdministrator": False,
            "lastActiveAt": None,
            "takesSeat": True,
            "seatGroup": {"name": "Marketing"},
            "productPermissions": [{"product": {"name": "Roadmap"}, "role": "CONTRIBUTOR"}],
        },
    ]


async def test_importing_the_same_file_again_changes_nothing(world: World) -> None:
    await take(EXAMPLE)
    before = await dump()
    world.at("2026-07-05T12:00:00")
    assert await take(EXAMPLE) == {}
    assert await dump() == before


async def test_the_same_file_in_another_order_changes_nothing(sqlite_world: World) -> None:
    document = samples.file(samples.account(), samples.account(code="beta"))
    await take(document)
    before = await dump()
    turned = deepcopy(document)
    lists = [
        turned["plans"],
        turned["accounts"],
        *(plan[key] for plan in turned["plans"] for key in ("prices", "features")),
    ]
    parts = ("products", "seat_groups", "users")
    lists += [account[part] for account in turned["accounts"] for part in parts]
    for listed in lists:
        listed.reverse()
    assert await take(turned) == {}
    assert await dump() == before


async def test_a_file_with_a_byte_order_mark_is_read(sqlite_world: World) -> None:
    assert await take(f"\ufeff{EXAMPLE}") == CREATED


async def test_an_empty_file_changes_nothing(sqlite_world: World) -> None:
    assert await take({}) == {}


# --- the first invoice --------------------------------------------------------------------

INVOICES = """{ account { invoices { edges { node { number kind issuedOn dueOn total { amount }
  lines { quantity unitPrice { amount } period { start end } } } } } } }"""


async def invoices(client: Client) -> list[dict[str, Any]]:
    return nodes((await account(client, INVOICES))["invoices"])


async def test_a_new_subscription_is_billed_for_its_first_period_on_the_day_it_began(
    world: World,
) -> None:
    await take(EXAMPLE)
    assert await invoices(world.client("ada")) == [
        {
            "number": "ACME-00001",
            "kind": "INITIAL",
            "issuedOn": "2026-03-01",
            "dueOn": "2026-03-31",
            "total": {"amount": "107280.00"},
            "lines": [
                {
                    "quantity": 60,
                    "unitPrice": {"amount": "1788.00"},
                    "period": {"start": "2026-03-01", "end": "2027-03-01"},
                }
            ],
        }
    ]


async def test_later_periods_come_with_the_next_renewal(sqlite_world: World) -> None:
    begun = {"interval": "MONTH", "started_on": "2026-05-31"}
    await sqlite_world.load(samples.account(subscription=begun))
    assert [str(row["issued_on"]) for row in (await dump())["Invoice"]] == ["2026-05-31"]
    await sqlite_world.renew()
    found = await invoices(sqlite_world.client("ada"))
    assert [invoice["issuedOn"] for invoice in found] == ["2026-06-30", "2026-05-31"]


async def test_a_price_of_its_own_is_what_the_account_pays(sqlite_world: World) -> None:
    await sqlite_world.load(samples.account(subscription={"unit_price": "1500.50"}))
    (invoice,) = await invoices(sqlite_world.client("ada"))
    assert invoice["total"] == {"amount": "90030.00"}


async def test_a_subscription_may_begin_today_in_the_zone_of_the_account(
    sqlite_world: World,
) -> None:
    sqlite_world.at("2026-07-01T22:00:00")
    begun = {"started_on": "2026-07-02"}
    await sqlite_world.load(samples.account(time_zone="Asia/Tokyo", subscription=begun))
    (invoice,) = await invoices(sqlite_world.client("ada"))
    assert invoice["issuedOn"] == "2026-07-02"


async def test_no_seats_are_not_billed(sqlite_world: World) -> None:
    bare = samples.account(seat_groups=[], users=samples.USERS[:2], subscription={"seats": 0})
    await sqlite_world.load(bare)
    assert await invoices(sqlite_world.client("ada")) == []


# --- what the file changes ----------------------------------------------------------------


async def updated(world: World, **changes: Any) -> dict[str, int]:
    """Counts of a second import of the sample account, with some of its parts replaced."""
    await world.load()
    return await take(samples.file(samples.account(**changes)))


async def test_what_users_are_called_and_may_do_follows_the_file(world: World) -> None:
    users = deepcopy(samples.USERS)
    paul = {"name": "Paul Partner", "permissions": {"docs": "OWNER"}, "seat_group": "Sales"}
    users[5] |= paul
    assert await updated(world, users=users) == {"accounts_updated": 1, "users_updated": 1}
    found = await user(world.client("ada"), "paul")
    assert (found["name"], found["seatGroup"]) == ("Paul Partner", {"name": "Sales"})
    assert found["productPermissions"] == [{"product": {"name": "Docs"}, "role": "OWNER"}]


@pytest.mark.parametrize(
    ("key", "value", "field", "shown"),
    [
        ("status", "DISABLED", "status", "DISABLED"),
        ("status", "INVITED", "status", "INVITED"),
        ("administrator", True, "isAdministrator", True),
        ("billing_administrator", True, "isBillingAdministrator", True),
        ("last_active_at", "2026-06-30T23:00:00+02:00", "lastActiveAt", "2026-06-30T21:00:00Z"),
        ("permissions", {}, "productPermissions", []),
        ("permissions", {"roadmap": "VIEWER"}, "takesSeat", False),
        ("email", "PAUL@acme.example", "email", "PAUL@acme.example"),
    ],
)
async def test_each_part_of_a_user_follows_the_file(
    sqlite_world: World, key: str, value: object, field: str, shown: object
) -> None:
    users = deepcopy(samples.USERS)
    users[5][key] = value
    counts = await updated(sqlite_world, users=users)
    assert counts == {"accounts_updated": 1, "users_updated": 1}
    assert (await user(sqlite_world.client("ada"), "paul"))[field] == shown


async def test_users_are_added_in_whatever_case_groups_are_written(sqlite_world: World) -> None:
    nina = {
        "email": "nina@acme.example",
        "name": "Nina New",
        "permissions": {"roadmap": "OWNER"},
        "seat_group": "MARKETING",
    }
    counts = await updated(sqlite_world, users=[*samples.USERS, nina])
    assert counts == {"accounts_updated": 1, "users_created": 1}
    assert (await user(sqlite_world.client("ada"), "nina"))["seatGroup"] == {"name": "Marketing"}


async def test_seats_and_administrators_of_groups_follow_the_file(world: World) -> None:
    groups = [
        {"name": "marketing", "seats": 30, "administrators": ["paul@acme.example"]},
        {"name": "Support", "seats": 1},
    ]
    assert await updated(world, seat_groups=groups) == {"accounts_updated": 1}
    found = nodes((await account(world.client("ada")))["seatGroups"])
    by_name = {group["name"]: (group["seats"], group["administrators"]) for group in found}
    assert by_name == {
        "marketing": (30, [{"email": "paul@acme.example"}]),
        "Sales": (5, []),
        "Support": (1, []),
    }


async def test_settings_and_details_of_the_account_follow_the_file(sqlite_world: World) -> None:
    details = deepcopy(samples.ACCOUNT["billing_details"])
    details["legal_name"] = "Acme Holding"
    details["tax_id"] = "US 12"
    counts = await updated(
        sqlite_world,
        name="Acme Limited",
        billing_details=details,
        license_management={"only_billing_administrators_manage_users": True},
        products=[{"code": "docs", "name": "Documents"}],
    )
    assert counts == {"accounts_updated": 1}
    acme = await account(sqlite_world.client("ada"))
    assert acme["name"] == "Acme Limited"
    assert acme["billingDetails"]["legalName"] == "Acme Holding"
    assert acme["billingDetails"]["taxId"] == "US 12"
    assert acme["licenseManagement"]["onlyBillingAdministratorsManageUsers"] is True
    assert acme["products"] == [{"name": "Documents"}, {"name": "Roadmap"}]


async def test_tax_prefix_and_terms_of_the_file_show_on_the_next_invoice(
    sqlite_world: World,
) -> None:
    await updated(sqlite_world, tax_rate="0.19", invoice_prefix="NEW", payment_terms_days=7)
    ada = sqlite_world.client("ada")
    fields = "number tax { amount } issuedOn dueOn"
    payload = await ada.do("changeUsers", f"invoice {{ {fields} }}", seats=61)
    assert payload["invoice"] == {
        "number": "NEW-00002",
        "tax": {"amount": "226.17"},
        "issuedOn": "2026-07-01",
        "dueOn": "2026-07-08",
    }


async def test_new_names_and_prices_of_a_plan_are_for_subscriptions_to_come(
    world: World,
) -> None:
    await world.load()
    document = samples.file(samples.account(), samples.account(code="late"))
    document["plans"][0]["name"] = "Enterprise Plus"
    document["plans"][0]["prices"][0]["unit_price"] = "2000.00"
    counts = await take(document)
    assert counts["plans_updated"] == 1
    terms = "{ account { subscription { plan { name } unitPrice { amount } } } }"
    old = (await account(world.client("ada"), terms))["subscription"]
    new = (await account(world.client("ada", "late"), terms))["subscription"]
    assert old == {"plan": {"name": "Enterprise Plus"}, "unitPrice": {"amount": "1788.00"}}
    assert new == {"plan": {"name": "Enterprise Plus"}, "unitPrice": {"amount": "2000.00"}}


async def test_an_update_leaves_one_entry_of_activity_by_the_operator(
    sqlite_world: World,
) -> None:
    await updated(sqlite_world, name="Acme Limited")
    query = "{ account { activity { edges { node { action actor { id } summary } } } } }"
    newest, first = nodes((await account(sqlite_world.client("ada"), query))["activity"])
    assert (newest["action"], newest["actor"]) == ("account.imported", None)
    assert "name" in newest["summary"]
    assert (first["action"], first["actor"]) == ("account.imported", None)


# --- what the file leaves out -------------------------------------------------------------


async def test_users_groups_and_products_that_the_file_leaves_out_stay(world: World) -> None:
    bare = samples.account()
    for part in ("users", "seat_groups", "products"):
        del bare[part]
    await world.load()
    before = await dump()
    assert await take({"accounts": [bare]}) == {}
    assert await dump() == before


async def test_a_plan_that_the_file_leaves_out_stays(sqlite_world: World) -> None:
    await sqlite_world.load()
    before = await dump()
    assert await take({"plans": samples.PLANS[:1]}) == {}
    assert await dump() == before


async def test_what_an_entry_of_a_user_leaves_out_stays(sqlite_world: World) -> None:
    short = [{"email": user["email"], "name": user["name"]} for user in samples.USERS]
    await sqlite_world.load()
    before = await dump()
    assert await take(samples.file(samples.account(users=short))) == {}
    assert await dump() == before


async def test_administrators_of_a_group_that_the_file_leaves_out_stay(
    sqlite_world: World,
) -> None:
    assert await updated(sqlite_world, seat_groups=[{"name": "Marketing", "seats": 20}]) == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["tax_rate"], "0.19"),
        (["payment_terms_days"], 7),
        (["billing_details", "tax_id"], "US 12"),
        (["billing_details", "purchase_order_number"], "PO-1"),
        (["billing_details", "locale"], "de-DE"),
        (["license_management"], {"only_billing_administrators_manage_users": True}),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, list) else None,
)
async def test_what_the_account_s_own_part_leaves_out_stays(
    sqlite_world: World, path: list[str], value: object
) -> None:
    full = samples.account()
    *parents, last = path
    part = full[parents[0]] if parents else full
    part[last] = value
    await sqlite_world.load(full)
    before = await dump()
    del part[last]
    assert await take(samples.file(full)) == {}
    assert await dump() == before


# --- what belongs to the customer ---------------------------------------------------------


async def test_the_customer_s_changes_of_seats_survive_another_import(world: World) -> None:
    await take(EXAMPLE)
    ada = world.client("ada")
    await ada.do("changeUsers", seats=70)
    await ada.do("changeUsers", seats=65)
    before = await dump()
    assert await take(EXAMPLE) == {}
    assert await dump() == before


async def test_a_new_total_or_price_in_the_file_does_not_touch_what_was_bought(
    sqlite_world: World,
) -> None:
    other = {"seats": 90, "unit_price": "1.00"}
    assert await updated(sqlite_world, subscription=other) == {}
    subscription = (await account(sqlite_world.client("ada")))["subscription"]
    assert subscription["seats"] == 60
    assert subscription["unitPrice"]["amount"] == "1788.00"


async def test_a_scheduled_cancellation_survives_another_import(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    before = await dump()
    assert await take(samples.file(samples.account())) == {}
    assert await dump() == before


async def test_an_import_after_the_period_s_end_bills_as_a_renewal_would(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    sqlite_world.at("2027-03-02T12:00:00")
    await take(samples.file(samples.account(name="Acme Limited")))
    found = [(one["kind"], one["issuedOn"]) for one in await invoices(sqlite_world.client("ada"))]
    assert found == [("RENEWAL", "2027-03-01"), ("INITIAL", "2026-03-01")]
