"""Invoices: numbers without gaps, snapshots that never change, money to the minor unit."""

import asyncio
from fractions import Fraction
from typing import Any

import pytest

from models.invoices import Invoice
from services import clock, imports
from services.import_file import ImportFile
from tests import samples
from tests.world import Client, World

BILL = """id number kind status issuedOn dueOn purchaseOrderNumber
  lines { description quantity unitPrice { amount } period { start end } amount { amount } }
  subtotal { amount currency } tax { amount currency } total { amount currency }"""
ROWS = f"{{ account {{ invoices(first: 100) {{ edges {{ node {{ {BILL} }} }} }} }} }}"


async def invoices(client: Client) -> list[dict[str, Any]]:
    """The account's invoices, oldest first."""
    edges = (await client.data(ROWS))["account"]["invoices"]["edges"]
    return [edge["node"] for edge in reversed(edges)]


async def numbers(client: Client) -> list[str]:
    return [invoice["number"] for invoice in await invoices(client)]


async def stored(number: str) -> Invoice:
    """The invoice's row, with what the API does not tell: seller and buyer."""
    return await Invoice.get(number=number)


def euro(**terms: Any) -> dict[str, Any]:
    """A monthly account in EUR with 19 % tax, since 1 July 2026."""
    return samples.premium(
        currency="EUR",
        tax_rate="0.19",
        time_zone="Europe/Berlin",
        subscription={"started_on": "2026-07-01"} | terms,
    )


# --- the first one ------------------------------------------------------------------------


async def test_a_new_subscription_s_first_period_is_billed_in_full(world: World) -> None:
    await world.load(euro())
    (invoice,) = await invoices(world.client("ada"))
    del invoice["id"]
    assert invoice == {
        "number": "ACME-00001",
        "kind": "INITIAL",
        "status": "OPEN",
        "issuedOn": "2026-07-01",
        "dueOn": "2026-07-31",
        "purchaseOrderNumber": None,
        "lines": [
            {
                "description": "Premium, 10 seats, billed monthly",
                "quantity": 10,
                "unitPrice": {"amount": "27.00"},
                "period": {"start": "2026-07-01", "end": "2026-08-01"},
                "amount": {"amount": "270.00"},
            }
        ],
        "subtotal": {"amount": "270.00", "currency": "EUR"},
        "tax": {"amount": "51.30", "currency": "EUR"},
        "total": {"amount": "321.30", "currency": "EUR"},
    }


async def test_a_subscription_of_no_seats_begins_without_an_invoice(sqlite_world: World) -> None:
    users = samples.USERS[:2]
    await sqlite_world.load(samples.account(subscription={"seats": 0}, users=users, seat_groups=[]))
    assert await invoices(sqlite_world.client("ada")) == []


async def test_the_first_number_is_taken_by_the_first_invoice_that_bills_something(
    sqlite_world: World,
) -> None:
    users = samples.USERS[:2]
    await sqlite_world.load(samples.account(subscription={"seats": 0}, users=users, seat_groups=[]))
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=5)
    assert await numbers(ada) == ["ACME-00001"]


# --- numbers ------------------------------------------------------------------------------


async def test_numbers_count_up_in_order_of_issue(sqlite_world: World) -> None:
    await sqlite_world.load()
    for seats in (61, 62):
        await sqlite_world.client("ada").do("changeUsers", seats=seats)
    sqlite_world.at("2028-03-01T12:00:00")
    await sqlite_world.renew()
    found = [(bill["number"], bill["kind"]) for bill in await invoices(sqlite_world.client("ada"))]
    assert found == [
        ("ACME-00001", "INITIAL"),
        ("ACME-00002", "SEAT_INCREASE"),
        ("ACME-00003", "SEAT_INCREASE"),
        ("ACME-00004", "RENEWAL"),
        ("ACME-00005", "RENEWAL"),
    ]


@pytest.mark.parametrize(
    "refused",
    [
        {"seats": 70, "expectedVersion": 7},
        {"seats": 1_000_001},
        {"seats": 24},
        {"seats": 70, "purchaseOrderNumber": "P" * 65},
        {"seats": 70, "idempotencyKey": "taken"},
    ],
)
async def test_a_refused_change_takes_no_number(
    sqlite_world: World, refused: dict[str, Any]
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=60, idempotencyKey="taken")
    assert (await ada.mutate("changeUsers", **refused))["userErrors"]
    await ada.do("changeUsers", seats=61)
    assert await numbers(ada) == ["ACME-00001", "ACME-00002"]


async def test_an_increase_that_crashes_after_its_number_was_taken_takes_none(
    world: World,
) -> None:
    await world.load()
    ada = world.client("ada")
    # The next invoice finds its number in use, and the database refuses it.
    await Invoice.filter(number="ACME-00001").update(number="ACME-00002")
    mutation = "mutation { changeUsers(input: {seats: 65}) { userErrors { code } } }"
    assert await ada.code(mutation) == "INTERNAL_SERVER_ERROR"
    await Invoice.filter(number="ACME-00002").update(number="ACME-00001")
    payload = await ada.do("changeUsers", "subscription { version }", seats=61)
    assert payload["subscription"] == {"version": 2}
    assert await numbers(ada) == ["ACME-00001", "ACME-00002"]


async def test_increases_at_once_take_numbers_without_gaps(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    await asyncio.gather(*(ada.do("changeUsers", seats=seats) for seats in range(61, 67)))
    found = await numbers(ada)
    assert found == [f"ACME-{number:05}" for number in range(1, len(found) + 1)]
    added = sum(bill["lines"][0]["quantity"] for bill in (await invoices(ada))[1:])
    seats = (await ada.data("{ account { subscription { seats } } }"))["account"]["subscription"]
    assert seats == {"seats": 60 + added}


async def test_each_account_has_numbers_of_its_own(sqlite_world: World) -> None:
    await sqlite_world.load(samples.account(), samples.account(code="beta", invoice_prefix="B-2"))
    await sqlite_world.client("ada").do("changeUsers", seats=61)
    await sqlite_world.client("ada", "beta").do("changeUsers", seats=61)
    assert await numbers(sqlite_world.client("ada")) == ["ACME-00001", "ACME-00002"]
    assert await numbers(sqlite_world.client("ada", "beta")) == ["B-2-00001", "B-2-00002"]


# --- snapshots ----------------------------------------------------------------------------


async def test_an_issued_invoice_keeps_the_buyer_of_its_day(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    before = (await stored("ACME-00001")).buyer
    address = {"line1": "2 New Road", "postalCode": "E1 6AN", "city": "London", "countryCode": "GB"}
    await ada.do(
        "updateBillingDetails",
        legalName="Acme Holding",
        billingEmail="new@acme.example",
        taxId="GB123",
        address=address,
    )
    assert (await stored("ACME-00001")).buyer == before
    assert before["legal_name"] == "Acme Incorporated"


async def test_a_later_invoice_has_the_buyer_of_its_own_day(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    address = {"line1": "2 New Road", "postalCode": "E1 6AN", "city": "London", "countryCode": "GB"}
    await ada.do("updateBillingDetails", legalName="Acme Holding", taxId="GB123", address=address)
    await ada.do("changeUsers", seats=61)
    assert (await stored("ACME-00002")).buyer == {
        "legal_name": "Acme Holding",
        "address": {
            "line1": "2 New Road",
            "line2": None,
            "postal_code": "E1 6AN",
            "city": "London",
            "region": None,
            "country_code": "GB",
        },
        "tax_id": "GB123",
        "email": "billing@acme.example",
    }


async def test_an_issued_invoice_keeps_the_seller_of_its_day(sqlite_world: World) -> None:
    seller = {"ADDRESS_LINE1": "1 High Street", "CITY": "London", "COUNTRY_CODE": "GB"}
    for part, value in {**seller, "EMAIL": "a@vendor.example", "LEGAL_NAME": "Old Vendor"}.items():
        sqlite_world.setting(f"SELLER_{part}", value)
    await sqlite_world.load()
    sqlite_world.setting("SELLER_LEGAL_NAME", "New Vendor")
    await sqlite_world.client("ada").do("changeUsers", seats=61)
    sellers = [(await stored(number)).seller for number in ("ACME-00001", "ACME-00002")]
    assert [seller["legal_name"] for seller in sellers] == ["Old Vendor", "New Vendor"]


async def test_an_issued_invoice_keeps_its_purchase_order_number(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("updateBillingDetails", purchaseOrderNumber="PO-1")
    await ada.do("changeUsers", seats=61)
    await ada.do("updateBillingDetails", purchaseOrderNumber="PO-2")
    found = [invoice["purchaseOrderNumber"] for invoice in await invoices(ada)]
    assert found == [None, "PO-1"]


async def test_an_issued_invoice_stays_as_it_was_when_the_vendor_changes_the_account(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    before = await invoices(sqlite_world.client("ada"))
    await sqlite_world.load(
        samples.account(name="Other", tax_rate="0.25", payment_terms_days=5, time_zone="Asia/Tokyo")
    )
    assert await invoices(sqlite_world.client("ada")) == before


async def test_a_changed_tax_rate_is_on_later_invoices(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.load(samples.account(tax_rate="0.25"))
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=65)
    assert [bill["tax"]["amount"] for bill in await invoices(ada)] == ["0.00", "1487.96"]


async def test_a_renewal_that_was_due_before_has_the_tax_rate_of_its_day(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    sqlite_world.at("2027-03-05T12:00:00")
    await sqlite_world.load(samples.account(tax_rate="0.25"))
    bill = (await invoices(sqlite_world.client("ada")))[-1]
    assert (bill["issuedOn"], bill["tax"]["amount"]) == ("2027-03-01", "0.00")


async def test_a_renewal_that_was_due_before_has_the_buyer_of_its_day(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    sqlite_world.at("2027-03-05T12:00:00")
    await sqlite_world.client("ada").do("updateBillingDetails", legalName="Acme Holding")
    await sqlite_world.renew()
    assert (await stored("ACME-00002")).buyer["legal_name"] == "Acme Incorporated"


async def test_a_renamed_plan_is_named_on_later_invoices_only(sqlite_world: World) -> None:
    await sqlite_world.load()
    renamed = samples.file()
    renamed["plans"][0]["name"] = "Gold"
    await imports.import_file(ImportFile.model_validate(renamed), clock.now())
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=61)
    found = [bill["lines"][0]["description"] for bill in await invoices(ada)]
    assert found == [
        "Enterprise+, 60 seats, billed yearly",
        "Gold, 1 added seat, 243 of 365 days",
    ]


# --- money --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "tax", "total"),
    [("13.50", "2.57", "16.07"), ("13.49", "2.56", "16.05"), ("0.02", "0.00", "0.02")],
)
async def test_tax_is_rounded_half_up_to_the_cent(
    sqlite_world: World, price: str, tax: str, total: str
) -> None:
    await sqlite_world.load(
        samples.account(
            tax_rate="0.19",
            users=samples.USERS[:2],
            seat_groups=[],
            subscription={"seats": 1, "unit_price": price},
        )
    )
    (bill,) = await invoices(sqlite_world.client("ada"))
    assert (bill["tax"]["amount"], bill["total"]["amount"]) == (tax, total)


async def test_tax_is_on_the_sum_of_the_seats_not_on_each_seat(sqlite_world: World) -> None:
    # 19 % of 0.02 rounds to nothing, a hundred times; 19 % of 2.00 does not.
    await sqlite_world.load(euro(seats=100, unit_price="0.02"))
    (bill,) = await invoices(sqlite_world.client("ada"))
    assert bill["tax"]["amount"] == "0.38"


@pytest.mark.parametrize(
    ("currency", "price", "subtotal", "tax"),
    [
        ("JPY", "15000", "150000", "12000"),
        ("JPY", "1", "10", "1"),
        ("KWD", "45.125", "451.250", "36.100"),
        ("USD", "149.00", "1490.00", "119.20"),
    ],
)
async def test_amounts_have_the_decimals_of_their_currency(
    world: World, currency: str, price: str, subtotal: str, tax: str
) -> None:
    terms = {"plan": "enterprise_plus", "unit_price": price}
    await world.load(samples.premium(currency=currency, tax_rate="0.08", subscription=terms))
    bill = (await invoices(world.client("ada")))[0]
    assert bill["subtotal"] == {"amount": subtotal, "currency": currency}
    assert bill["tax"]["amount"] == tax


async def test_the_seats_of_any_history_cost_what_they_cost_by_the_day(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(euro(unit_price="27.31"))
    history = {"2026-07-05": 13, "2026-07-20": 4, "2026-07-21": 14, "2026-07-31": 29}
    for day, seats in history.items():
        sqlite_world.at(f"{day}T12:00:00")
        await sqlite_world.client("ada").do("changeUsers", seats=seats)
    # The decrease to 4 waited, and the increase to 14 dropped it.
    held = [10] * 4 + [13] * 16 + [14] * 10 + [29]
    exact = Fraction(sum(held) * 2731, 31)
    bills = await invoices(sqlite_world.client("ada"))
    billed = sum(Fraction(bill["subtotal"]["amount"]) * 100 for bill in bills)
    assert abs(billed - exact) <= Fraction(len(bills), 2)


async def test_the_last_second_of_a_period_is_billed_as_its_last_day(sqlite_world: World) -> None:
    sqlite_world.at("2026-07-31T21:59:59")
    await sqlite_world.load(euro())
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=11)
    line = (await invoices(ada))[-1]["lines"][0]
    assert line["period"] == {"start": "2026-07-31", "end": "2026-08-01"}


async def test_an_invoice_is_found_by_its_id(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    (bill,) = await invoices(ada)
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Invoice {{ {BILL} }} }} }}"
    assert (await ada.data(query, id=bill["id"]))["node"] == bill
