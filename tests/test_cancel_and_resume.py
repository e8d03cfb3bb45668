"""Cancelling at the end of the period, and taking it back."""

import asyncio
from typing import Any

import pytest

from tests import mutations
from tests.world import Client, World

LAST_DAY = "2027-02-28T12:00:00"
END = "2027-03-01T12:00:00"
TERMS = "status cancelAtPeriodEnd endsOn version"
ENDED = ("SUBSCRIPTION_CANCELED", None)

TAKE_SEATS = [
    "changeUsers",
    "cancelSubscription",
    "resumeSubscription",
    "createSeatGroup",
    "updateSeatGroup",
    "allocateSeats",
    "deleteSeatGroup",
    "inviteUser",
    "enableUser",
    "assignSeatGroup",
    "setProductPermission",
]
TAKE_NO_SEATS = [
    "disableUser",
    "setAdministrator",
    "updateLicenseManagement",
    "updateBillingDetails",
    "createAccessToken",
    "revokeAccessToken",
]


async def subscription(client: Client, fields: str = TERMS) -> dict[str, Any]:
    data = await client.data(f"{{ account {{ subscription {{ {fields} }} }} }}")
    found: dict[str, Any] = data["account"]["subscription"]
    return found


async def kinds(client: Client) -> list[str]:
    """What each invoice bills, oldest first."""
    data = await client.data("{ account { invoices { edges { node { kind } } } } }")
    return [edge["node"]["kind"] for edge in reversed(data["account"]["invoices"]["edges"])]


async def actions(client: Client) -> list[str]:
    """What was done to the account, newest first."""
    data = await client.data("{ account { activity { edges { node { action } } } } }")
    return [edge["node"]["action"] for edge in data["account"]["activity"]["edges"]]


async def ended(world: World) -> Client:
    """The billing administrator of an account whose subscription has ended."""
    await world.load(mutations.account())
    await world.client("ada").do("cancelSubscription")
    world.at(END)
    await world.renew()
    return world.client("ada")


# --- cancelling ---------------------------------------------------------------------------


async def test_a_cancellation_takes_effect_at_the_end_of_the_period(sqlite_world: World) -> None:
    await sqlite_world.load()
    payload = await sqlite_world.client("ada").do("cancelSubscription", f"subscription {{{TERMS}}}")
    assert payload["subscription"] == {
        "status": "ACTIVE",
        "cancelAtPeriodEnd": True,
        "endsOn": "2027-03-01",
        "version": 2,
    }


async def test_a_subscription_that_renews_has_no_end(sqlite_world: World) -> None:
    await sqlite_world.load()
    after = await subscription(sqlite_world.client("ada"))
    assert (after["cancelAtPeriodEnd"], after["endsOn"]) == (False, None)


async def test_cancelling_twice_changes_nothing_and_is_no_error(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    first = await ada.do("cancelSubscription", f"subscription {{ {TERMS} }}")
    assert await ada.do("cancelSubscription", f"subscription {{ {TERMS} }}") == first
    assert (await actions(ada)).count("subscription.cancellation_scheduled") == 1


async def test_two_who_cancel_at_once_cancel_once(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    await asyncio.gather(*(ada.do("cancelSubscription") for _ in range(2)))
    assert (await subscription(ada))["version"] == 2


@pytest.mark.parametrize("mutation", [*TAKE_SEATS, *TAKE_NO_SEATS])
async def test_until_the_end_everything_works(sqlite_world: World, mutation: str) -> None:
    await sqlite_world.load(mutations.account())
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at(LAST_DAY)
    ada = sqlite_world.client("ada")
    await ada.do(mutation, **await mutations.input_of(ada, mutation))


async def test_seats_added_after_the_cancellation_are_billed_to_the_end(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("cancelSubscription")
    fields = "invoice { total { amount } lines { period { start end } } }"
    payload = await ada.do("changeUsers", fields, seats=65)
    assert payload["invoice"] == {
        "total": {"amount": "5951.84"},
        "lines": [{"period": {"start": "2026-07-01", "end": "2027-03-01"}}],
    }


@pytest.mark.parametrize("seats", [65, 40])
async def test_seats_changed_after_the_cancellation_do_not_take_it_back(
    sqlite_world: World, seats: int
) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    await sqlite_world.client("ada").do("changeUsers", seats=seats)
    sqlite_world.at(END)
    await sqlite_world.renew()
    assert (await subscription(sqlite_world.client("ada")))["status"] == "CANCELED"


async def test_a_subscription_that_ends_has_no_upcoming_invoice(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("cancelSubscription")
    assert (await subscription(ada, "upcomingInvoice { lines { quantity } }")) == {
        "upcomingInvoice": None
    }


# --- taking it back -----------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2026-07-01T12:00:00", LAST_DAY])
async def test_a_cancellation_can_be_taken_back_up_to_the_last_day(
    sqlite_world: World, day: str
) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at(day)
    payload = await sqlite_world.client("ada").do("resumeSubscription", f"subscription {{{TERMS}}}")
    assert payload["subscription"] == {
        "status": "ACTIVE",
        "cancelAtPeriodEnd": False,
        "endsOn": None,
        "version": 3,
    }


async def test_a_resumed_subscription_renews(world: World) -> None:
    await world.load()
    await world.client("ada").do("cancelSubscription")
    await world.client("ada").do("resumeSubscription")
    world.at(END)
    await world.renew()
    assert await kinds(world.client("ada")) == ["INITIAL", "RENEWAL"]


async def test_a_decrease_waits_on_through_cancelling_and_resuming(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=40)
    await ada.do("cancelSubscription")
    await ada.do("resumeSubscription")
    assert await subscription(ada, "pendingSeats") == {"pendingSeats": 40}


async def test_resuming_what_was_not_cancelled_changes_nothing(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("resumeSubscription")
    assert (await subscription(ada))["version"] == 1
    assert await actions(ada) == ["account.imported"]


async def test_on_the_day_it_takes_effect_a_cancellation_cannot_be_taken_back(
    world: World,
) -> None:
    await world.load()
    await world.client("ada").do("cancelSubscription")
    world.at("2027-03-01T05:00:00")
    ada = world.client("ada")
    assert await ada.refusal("resumeSubscription") == ENDED
    assert (await actions(ada))[0] == "subscription.ended"


@pytest.mark.parametrize("mutation", ["cancelSubscription", "resumeSubscription"])
async def test_whoever_saw_another_version_neither_cancels_nor_resumes(
    sqlite_world: World, mutation: str
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=61)
    refusal = await ada.refusal(mutation, expectedVersion=1)
    assert refusal == ("STALE", ["input", "expectedVersion"])
    assert (await subscription(ada))["version"] == 2


async def test_whoever_saw_the_current_version_cancels_and_resumes(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("cancelSubscription", expectedVersion=1)
    await ada.do("resumeSubscription", expectedVersion=2)
    assert (await subscription(ada))["version"] == 3


# --- the end ------------------------------------------------------------------------------


async def test_the_subscription_ends_without_an_invoice(world: World) -> None:
    ada = await ended(world)
    assert await subscription(ada) == {
        "status": "CANCELED",
        "cancelAtPeriodEnd": True,
        "endsOn": "2027-03-01",
        "version": 3,
    }
    assert await kinds(ada) == ["INITIAL"]


async def test_it_ends_at_midnight_in_the_account_s_zone(sqlite_world: World) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at("2027-02-28T23:59:59-05:00")
    assert (await sqlite_world.renew()).ended == 0
    sqlite_world.at("2027-03-01T00:00:00-05:00")
    assert (await sqlite_world.renew()).ended == 1


async def test_there_are_no_renewals_after_the_end(sqlite_world: World) -> None:
    await ended(sqlite_world)
    sqlite_world.at("2030-03-01T12:00:00")
    run = await sqlite_world.renew()
    assert (run.renewed, run.ended, run.invoices, run.failed) == (0, 0, 0, 0)


async def test_a_run_years_late_ends_the_subscription_where_it_was_to_end(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at("2030-03-01T12:00:00")
    await sqlite_world.renew()
    ada = sqlite_world.client("ada")
    assert (await subscription(ada))["endsOn"] == "2027-03-01"
    assert await kinds(ada) == ["INITIAL"]


async def test_a_decrease_that_waited_costs_nobody_the_seat_when_the_subscription_ends(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.do("changeUsers", seats=25)
    await ada.do("cancelSubscription")
    sqlite_world.at(END)
    await sqlite_world.renew()
    after = await subscription(sqlite_world.client("ada"), "seatsUsed pendingSeats")
    assert after == {"seatsUsed": 4, "pendingSeats": None}


@pytest.mark.parametrize("mutation", TAKE_SEATS)
async def test_after_the_end_changes_are_refused(sqlite_world: World, mutation: str) -> None:
    ada = await ended(sqlite_world)
    given = await mutations.input_of(ada, mutation)
    assert await ada.refusal(mutation, **given) == ENDED
    assert (await actions(ada))[0] == "subscription.ended"


@pytest.mark.parametrize("mutation", TAKE_NO_SEATS)
async def test_after_the_end_what_takes_no_seat_still_works(
    sqlite_world: World, mutation: str
) -> None:
    ada = await ended(sqlite_world)
    await ada.do(mutation, **await mutations.input_of(ada, mutation))


def test_every_mutation_either_works_after_the_end_or_is_refused() -> None:
    assert sorted(mutations.INPUTS) == sorted(TAKE_SEATS + TAKE_NO_SEATS)


async def test_after_the_end_a_preview_says_that_the_change_would_be_refused(
    sqlite_world: World,
) -> None:
    ada = await ended(sqlite_world)
    fields = "seatChangePreview(seats: 70) { invoice { lines { quantity } } userErrors { code } }"
    preview = (await subscription(ada, fields))["seatChangePreview"]
    assert preview == {"invoice": None, "userErrors": [{"code": "SUBSCRIPTION_CANCELED"}]}


async def test_after_the_end_there_is_no_upcoming_invoice(sqlite_world: World) -> None:
    ada = await ended(sqlite_world)
    assert await subscription(ada, "upcomingInvoice { lines { quantity } }") == {
        "upcomingInvoice": None
    }


async def test_after_the_end_invoices_stay_readable(sqlite_world: World) -> None:
    ada = await ended(sqlite_world)
    query = "{ account { invoices { edges { node { id number lines { quantity } pdfUrl } } } } }"
    (edge,) = (await ada.data(query))["account"]["invoices"]["edges"]
    node = "query($id: ID!) { node(id: $id) { ... on Invoice { number } } }"
    assert (await ada.data(node, id=edge["node"]["id"]))["node"] == {"number": "ACME-00001"}
