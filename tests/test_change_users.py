"""Changing users: setting the total of seats."""

import asyncio
from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

SUBSCRIPTION = "seats pendingSeats version status"
INVOICE = """number kind status issuedOn dueOn purchaseOrderNumber total { amount currency }
  lines { description quantity unitPrice { amount } period { start end } amount { amount } }"""


async def subscription(client: Client, fields: str = SUBSCRIPTION) -> dict[str, Any]:
    data = await client.data(f"{{ account {{ subscription {{ {fields} }} }} }}")
    found: dict[str, Any] = data["account"]["subscription"]
    return found


async def numbers(client: Client) -> list[str]:
    data = await client.data("{ account { invoices { edges { node { number } } } } }")
    return [edge["node"]["number"] for edge in data["account"]["invoices"]["edges"]]


async def billed(client: Client, seats: int, **given: Any) -> dict[str, Any]:
    """The invoice of an increase to so many seats."""
    payload = await client.do("changeUsers", f"invoice {{ {INVOICE} }}", seats=seats, **given)
    invoice: dict[str, Any] = payload["invoice"]
    return invoice


def july(zone: str = "UTC", **changes: Any) -> dict[str, Any]:
    """A monthly account of 10 seats whose period is July 2026."""
    terms = {"plan": "premium", "started_on": "2026-07-01"} | changes.pop("subscription", {})
    return samples.premium(time_zone=zone, subscription=terms, **changes)


# --- more seats ---------------------------------------------------------------------------


async def test_change_users_bills_more_seats_at_once_to_the_period_s_end(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    payload = await ada.do(
        "changeUsers",
        "subscription { seats version } invoice { number total { amount } lines { description } }",
        seats=65,
        expectedVersion=1,
    )
    assert payload["subscription"] == {"seats": 65, "version": 2}
    # 5 seats x 1788.00 x 243 of 365 days
    assert payload["invoice"] == {
        "number": "ACME-00002",
        "total": {"amount": "5951.84"},
        "lines": [{"description": "Enterprise+, 5 added seats, 243 of 365 days"}],
    }


async def test_the_invoice_says_for_how_many_seats_which_days_and_at_what_price(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    invoice = await billed(sqlite_world.client("ada"), 65)
    assert invoice["lines"] == [
        {
            "description": "Enterprise+, 5 added seats, 243 of 365 days",
            "quantity": 5,
            "unitPrice": {"amount": "1788.00"},
            "period": {"start": "2026-07-01", "end": "2027-03-01"},
            "amount": {"amount": "5951.84"},
        }
    ]


async def test_the_invoice_is_issued_today_and_due_after_the_payment_terms(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(samples.account(payment_terms_days=14))
    invoice = await billed(sqlite_world.client("ada"), 65)
    assert (invoice["kind"], invoice["status"]) == ("SEAT_INCREASE", "OPEN")
    assert (invoice["issuedOn"], invoice["dueOn"]) == ("2026-07-01", "2026-07-15")


async def test_an_increase_on_the_first_day_of_the_period_costs_the_full_price(
    sqlite_world: World,
) -> None:
    sqlite_world.at("2026-03-01T23:00:00-05:00")
    await sqlite_world.load()
    invoice = await billed(sqlite_world.client("ada"), 61)
    assert invoice["total"]["amount"] == "1788.00"
    assert invoice["lines"][0]["description"] == "Enterprise+, 1 added seat"


async def test_an_increase_on_the_last_day_of_the_period_costs_one_day(sqlite_world: World) -> None:
    sqlite_world.at("2027-02-28T23:59:59-05:00")
    await sqlite_world.load()
    invoice = await billed(sqlite_world.client("ada"), 61)
    assert invoice["total"]["amount"] == "4.90"


async def test_a_period_with_a_leap_day_has_366_days(sqlite_world: World) -> None:
    sqlite_world.at("2027-07-01T12:00:00")
    await sqlite_world.load(samples.account(subscription={"started_on": "2027-03-01"}))
    invoice = await billed(sqlite_world.client("ada"), 61)
    assert invoice["lines"][0]["description"] == "Enterprise+, 1 added seat, 244 of 366 days"
    assert invoice["total"]["amount"] == "1192.00"


async def test_by_second_an_increase_is_billed_from_this_second(sqlite_world: World) -> None:
    sqlite_world.setting("PRORATION", "second")
    sqlite_world.at("2026-07-16T12:00:00")
    await sqlite_world.load(july())
    invoice = await billed(sqlite_world.client("ada"), 11)
    label = "Premium, 1 added seat, 1,339,200 of 2,678,400 seconds"
    assert invoice["lines"][0]["description"] == label
    assert invoice["total"]["amount"] == "14.50"


@pytest.mark.parametrize(
    ("currency", "total"), [("KWD", "96.073"), ("JPY", "31935"), ("USD", "317.23")]
)
async def test_an_increase_is_rounded_to_the_currency_s_own_minor_unit(
    sqlite_world: World, currency: str, total: str
) -> None:
    sqlite_world.at("2026-07-10T12:00:00")
    await sqlite_world.load(july(currency=currency, subscription={"plan": "enterprise_plus"}))
    # 3 seats, 22 of 31 days
    invoice = await billed(sqlite_world.client("ada"), 13)
    assert invoice["total"] == {"amount": total, "currency": currency}


@pytest.mark.parametrize(
    ("zone", "instant", "today", "total"),
    [
        ("Asia/Tokyo", "2026-07-09T14:59:59", "2026-07-09", "21.52"),
        ("Asia/Tokyo", "2026-07-09T15:00:00", "2026-07-10", "20.58"),
        ("Pacific/Kiritimati", "2026-07-09T10:00:00", "2026-07-10", "20.58"),
        ("America/New_York", "2026-07-10T03:59:59", "2026-07-09", "21.52"),
    ],
)
async def test_today_is_the_day_in_the_account_s_zone(
    sqlite_world: World, zone: str, instant: str, today: str, total: str
) -> None:
    sqlite_world.at(instant)
    await sqlite_world.load(july(zone))
    invoice = await billed(sqlite_world.client("ada"), 11)
    assert (invoice["issuedOn"], invoice["total"]["amount"]) == (today, total)
    assert invoice["lines"][0]["period"] == {"start": today, "end": "2026-08-01"}


async def test_seats_that_round_to_nothing_are_added_without_an_invoice(
    sqlite_world: World,
) -> None:
    sqlite_world.at("2026-07-31T12:00:00")
    terms = {"plan": "enterprise_plus", "unit_price": "1"}
    await sqlite_world.load(july(currency="JPY", subscription=terms))
    ada = sqlite_world.client("ada")
    payload = await ada.do("changeUsers", "subscription { seats } invoice { number }", seats=11)
    assert payload == {"subscription": {"seats": 11}, "invoice": None, "userErrors": []}
    assert await numbers(ada) == ["ACME-00001"]


async def test_seats_that_cost_nothing_are_added_without_an_invoice(sqlite_world: World) -> None:
    await sqlite_world.load(samples.account(subscription={"unit_price": "0.00"}))
    ada = sqlite_world.client("ada")
    payload = await ada.do("changeUsers", "subscription { seats } invoice { number }", seats=65)
    assert payload == {"subscription": {"seats": 65}, "invoice": None, "userErrors": []}
    assert await numbers(ada) == []


async def test_an_increase_drops_a_waiting_decrease(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=40)
    await billed(ada, 61)
    after = await subscription(ada)
    assert (after["seats"], after["pendingSeats"]) == (61, None)


async def test_seats_given_up_but_still_paid_for_are_not_billed_again(sqlite_world: World) -> None:
    await sqlite_world.load(july())
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=5)
    payload = await ada.do("changeUsers", "subscription { pendingSeats } invoice { id }", seats=8)
    assert payload == {"subscription": {"pendingSeats": 8}, "invoice": None, "userErrors": []}
    invoice = await billed(ada, 15)
    assert invoice["lines"][0]["quantity"] == 5


async def test_the_same_total_asked_for_by_three_at_once_is_billed_once(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    payloads = await asyncio.gather(
        *(ada.do("changeUsers", "invoice { number }", seats=65) for _ in range(3))
    )
    found = [payload["invoice"] for payload in payloads if payload["invoice"]]
    assert found == [{"number": "ACME-00002"}]
    assert await numbers(ada) == ["ACME-00002", "ACME-00001"]


# --- the purchase order -------------------------------------------------------------------


def ordered(number: str) -> dict[str, Any]:
    """The sample account with a purchase order number of its own."""
    details = samples.ACCOUNT["billing_details"] | {"purchase_order_number": number}
    return samples.account(billing_details=details)


async def test_the_purchase_order_number_goes_on_the_invoice(sqlite_world: World) -> None:
    await sqlite_world.load(ordered("PO-1"))
    invoice = await billed(sqlite_world.client("ada"), 65, purchaseOrderNumber=" PO-2 ")
    assert invoice["purchaseOrderNumber"] == "PO-2"


@pytest.mark.parametrize("given", [{}, {"purchaseOrderNumber": None}, {"purchaseOrderNumber": ""}])
async def test_without_a_purchase_order_number_the_account_s_goes_on_the_invoice(
    sqlite_world: World, given: dict[str, Any]
) -> None:
    await sqlite_world.load(ordered("PO-1"))
    invoice = await billed(sqlite_world.client("ada"), 65, **given)
    assert invoice["purchaseOrderNumber"] == "PO-1"


async def test_a_purchase_order_number_goes_on_that_one_invoice_only(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await billed(ada, 65, purchaseOrderNumber="PO-2")
    assert (await billed(ada, 66))["purchaseOrderNumber"] is None


async def test_a_purchase_order_number_that_is_too_long_is_refused(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    refusal = await ada.refusal("changeUsers", seats=65, purchaseOrderNumber="P" * 65)
    assert refusal == ("INVALID", ["input", "purchaseOrderNumber"])
    assert (await subscription(ada))["seats"] == 60


# --- fewer seats --------------------------------------------------------------------------


async def test_a_decrease_changes_nothing_until_the_period_ends(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    fields = "seats seatsUsed seatsAvailable seatsAllocated currentPeriod { end } status"
    before = await subscription(ada, fields)
    payload = await ada.do("changeUsers", "invoice { id }", seats=25)
    assert payload["invoice"] is None
    assert await subscription(ada, fields) == before
    assert (await subscription(ada))["pendingSeats"] == 25
    assert await numbers(ada) == ["ACME-00001"]


async def test_until_a_decrease_takes_effect_nobody_loses_a_seat(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=25)
    sqlite_world.at("2027-02-28T12:00:00")
    await sqlite_world.renew()
    await sqlite_world.client("paul").data("{ viewer { id } }")


async def test_a_later_decrease_replaces_the_one_that_waits(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=40)
    await ada.do("changeUsers", seats=50)
    assert (await subscription(ada))["pendingSeats"] == 50


async def test_the_current_total_drops_a_waiting_decrease(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=40)
    payload = await ada.do("changeUsers", "invoice { id }", seats=60)
    assert payload["invoice"] is None
    after = await subscription(ada)
    assert (after["seats"], after["pendingSeats"], after["version"]) == (60, None, 3)


@pytest.mark.parametrize("again", [60, 40])
async def test_asking_again_for_what_is_so_already_changes_nothing(
    sqlite_world: World, again: int
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=again)
    before = await subscription(ada)
    await ada.do("changeUsers", seats=again)
    assert await subscription(ada) == before


async def test_when_the_period_ends_the_total_becomes_the_pending_one(world: World) -> None:
    await world.load()
    await world.client("ada").do("changeUsers", seats=40)
    world.at("2027-03-01T12:00:00")
    await world.renew()
    after = await subscription(world.client("ada"))
    assert (after["seats"], after["pendingSeats"]) == (40, None)


async def test_zero_waits_like_any_other_decrease_and_does_not_cancel(sqlite_world: World) -> None:
    await sqlite_world.load(july())
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=0)
    after = await subscription(ada, f"{SUBSCRIPTION} cancelAtPeriodEnd endsOn")
    assert after == {
        "seats": 10,
        "pendingSeats": 0,
        "version": 2,
        "status": "ACTIVE",
        "cancelAtPeriodEnd": False,
        "endsOn": None,
    }


async def test_a_total_below_what_groups_hold_is_refused(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    refusal = await ada.refusal("changeUsers", seats=24)
    assert refusal == ("SEATS_ALLOCATED", ["input", "seats"])
    assert (await subscription(ada))["pendingSeats"] is None


async def test_a_total_of_exactly_what_groups_hold_is_accepted(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=25)
    assert (await subscription(ada))["pendingSeats"] == 25


# --- stale pages --------------------------------------------------------------------------


@pytest.mark.parametrize("seen", [0, 1, 3])
async def test_another_version_than_the_current_one_is_stale_and_changes_nothing(
    sqlite_world: World, seen: int
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=55)
    before = await subscription(ada)
    refusal = await ada.refusal("changeUsers", seats=65, expectedVersion=seen)
    assert refusal == ("STALE", ["input", "expectedVersion"])
    assert await subscription(ada) == before
    assert await numbers(ada) == ["ACME-00001"]


async def test_of_two_administrators_who_saw_the_same_total_one_is_stale(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    payloads = await asyncio.gather(
        ada.mutate("changeUsers", seats=70, expectedVersion=1),
        ada.mutate("changeUsers", seats=80, expectedVersion=1),
    )
    codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
    assert codes == ["STALE"]
    after = await subscription(ada)
    assert after["version"] == 2
    assert after["seats"] in (70, 80)


async def test_a_refusal_leaves_the_other_fields_null(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    payload = await ada.mutate(
        "changeUsers", "subscription { id } invoice { id }", seats=65, expectedVersion=9
    )
    assert (payload["subscription"], payload["invoice"]) == (None, None)


# --- totals that cannot be ----------------------------------------------------------------


async def test_a_million_seats_can_be_bought(world: World) -> None:
    await world.load()
    invoice = await billed(world.client("ada"), 1_000_000)
    assert invoice["total"]["amount"] == "1190295701.26"


@pytest.mark.parametrize("seats", [-1, 1_000_001, 2**31 - 1, -(2**31)])
async def test_a_total_out_of_bounds_is_refused(sqlite_world: World, seats: int) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    assert await ada.refusal("changeUsers", seats=seats) == ("INVALID", ["input", "seats"])


@pytest.mark.parametrize("seats", [2**31, -(2**31) - 1, 10**30, 65.5, "65", True, None, [65]])
async def test_what_is_no_integer_of_graphql_is_bad_user_input(
    sqlite_world: World, seats: object
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    mutation = "mutation($input: ChangeUsersInput!) { changeUsers(input: $input) { __typename } }"
    assert await ada.code(mutation, input={"seats": seats}) == "BAD_USER_INPUT"
    assert (await subscription(ada))["version"] == 1
