"""The clock steps back: nothing is billed twice, undone, or dated out of order."""

from typing import Any

import pytest

from models.invoices import Invoice
from models.subscriptions import Subscription
from tests import samples
from tests.world import World

BILLS = """{ account { subscription { seats currentPeriod { start end } }
  invoices(first: 100) { edges { node { number issuedOn subtotal { amount } } } } } }"""


async def account(world: World) -> dict[str, Any]:
    data: dict[str, Any] = (await world.client("ada").data(BILLS))["account"]
    return data


async def renewed_just_after_midnight(world: World) -> None:
    """A month that begins, with its invoice; then the clock is set back into the month before."""
    world.at("2026-06-01T12:00:00")
    monthly = {"plan": "enterprise_plus", "interval": "MONTH", "started_on": "2026-06-01"}
    await world.load(samples.account(time_zone="UTC", subscription=monthly))
    world.at("2026-07-01T00:30:00")
    assert (await world.renew()).invoices == 1
    world.at("2026-06-30T23:30:00")


async def test_a_renewal_is_neither_undone_nor_done_again(world: World) -> None:
    await renewed_just_after_midnight(world)
    assert (await world.renew()).renewed == 0
    world.at("2026-07-01T00:30:00")
    assert (await world.renew()).renewed == 0
    found = await account(world)
    assert found["subscription"]["currentPeriod"] == {"start": "2026-07-01", "end": "2026-08-01"}
    assert await Invoice.all().count() == 2


async def test_seats_added_then_cost_the_new_period_and_no_more(world: World) -> None:
    await renewed_just_after_midnight(world)
    payload = await world.client("ada").do(
        "changeUsers", "invoice { subtotal { amount } lines { period { start end } } }", seats=61
    )
    (line,) = payload["invoice"]["lines"]
    assert line["period"] == {"start": "2026-07-01", "end": "2026-08-01"}
    price = (await Subscription.get()).unit_price_minor
    assert payload["invoice"]["subtotal"]["amount"] == f"{price / 100:.2f}"


async def test_an_invoice_is_not_dated_before_the_one_with_the_number_before(
    world: World,
) -> None:
    await renewed_just_after_midnight(world)
    await world.client("ada").do("changeUsers", seats=61)
    edges = (await account(world))["invoices"]["edges"]
    nodes = [edge["node"] for edge in reversed(edges)]
    assert [node["number"] for node in nodes] == ["ACME-00001", "ACME-00002", "ACME-00003"]
    days = [node["issuedOn"] for node in nodes]
    assert days == sorted(days)


@pytest.mark.parametrize("back", ["2026-07-01T11:00:00", "2026-06-01T12:00:00"])
async def test_a_key_is_known_and_does_the_work_once(world: World, back: str) -> None:
    await world.load()
    world.at("2026-07-01T12:00:00")
    await world.client("ada").do("changeUsers", seats=61, idempotencyKey="a")
    world.at(back)
    await world.client("ada").do("changeUsers", seats=61, idempotencyKey="a")
    assert await Invoice.all().count() == 2
