"""The clock steps back: who was signed in stays so, and what a renewal did stays done."""

from typing import Any

import pytest

from models.invoices import Invoice
from tests import samples
from tests.world import World

STATE = "{ account { subscription { status seats pendingSeats } } }"
LINK = "{ account { invoices(first: 1) { edges { node { pdfUrl } } } } }"


async def monthly(world: World) -> None:
    """An account whose month ends with June."""
    world.at("2026-06-01T12:00:00")
    begun = {"started_on": "2026-06-01"}
    await world.load(samples.premium(time_zone="UTC", subscription=begun))


async def state(world: World) -> dict[str, Any]:
    found = (await world.client("ada").data(STATE))["account"]["subscription"]
    return dict(found)


@pytest.mark.parametrize("back", ["2026-07-01T11:00:00", "2026-06-30T23:59:00"])
async def test_a_token_from_before_is_good_until_it_expires(world: World, back: str) -> None:
    await world.load()
    ada = world.client("ada")
    world.at(back)
    assert (await ada.data("{ viewer { email } }"))["viewer"]["email"] == "ada@acme.example"
    world.at("2026-07-01T13:01:01")
    assert await ada.code("{ viewer { email } }") == "UNAUTHENTICATED"


async def test_a_link_from_before_opens_its_document_and_expires_when_it_said(
    world: World,
) -> None:
    await world.load()
    edges = (await world.client("ada").data(LINK))["account"]["invoices"]["edges"]
    address = edges[0]["node"]["pdfUrl"]
    world.at("2026-07-01T11:00:00")
    assert (await world.http.get(address)).status_code == 200
    world.at("2026-07-01T12:15:01")
    assert (await world.http.get(address)).status_code == 403


async def test_a_subscription_that_ended_is_not_alive_again(world: World) -> None:
    await monthly(world)
    await world.client("ada").do("cancelSubscription")
    world.at("2026-07-01T00:30:00")
    assert (await world.renew()).ended == 1
    ended = await state(world)
    world.at("2026-06-30T23:30:00")
    assert await state(world) == ended
    world.at("2026-08-01T00:30:00")
    run = await world.renew()
    assert (run.renewed, run.ended, run.invoices) == (0, 0, 0)
    assert await Invoice.all().count() == 1


async def test_a_decrease_that_took_effect_is_neither_undone_nor_taken_twice(
    world: World,
) -> None:
    await monthly(world)
    await world.client("ada").do("changeUsers", seats=7)
    world.at("2026-07-01T00:30:00")
    assert (await world.renew()).renewed == 1
    world.at("2026-06-30T23:30:00")
    assert await world.renew() == await world.renew()
    world.at("2026-07-01T00:30:00")
    assert (await world.renew()).renewed == 0
    found = await state(world)
    assert (found["seats"], found["pendingSeats"]) == (7, None)
