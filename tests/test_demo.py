"""The demo: what `make run` loads shows everything that the billing page does."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services import clock, demo
from tests.world import World

REVIEW = """{
  account {
    subscription { seats seatsUsed seatsAvailable plan { name } unitPrice { currency } }
    seatGroups { edges { node { name seatsAvailable } } }
    invoices { totalCount edges { node { kind status tax { amount } subtotal { amount } } } }
  }
}"""


@pytest.fixture
async def demo_world(world: World) -> World:
    world.at("2026-11-23T09:00:00")
    assert await demo.load(clock.now())
    return world


async def review(world: World, email: str, code: str) -> dict[str, Any]:
    data = await world.client(email, code).data(REVIEW)
    account: dict[str, Any] = data["account"]
    return account


async def test_the_demo_is_loaded_once_and_into_an_empty_database_only(demo_world: World) -> None:
    assert await demo.is_loaded()
    assert not await demo.load(clock.now())


async def test_acme_has_a_full_seat_group_and_a_year_of_invoices_of_every_kind(
    demo_world: World,
) -> None:
    acme = await review(demo_world, demo.PEOPLE["billing administrator"], "acme")
    free = {
        edge["node"]["name"]: edge["node"]["seatsAvailable"] for edge in acme["seatGroups"]["edges"]
    }
    kinds = {edge["node"]["kind"] for edge in acme["invoices"]["edges"]}
    assert free["Design"] == 0
    assert kinds == {"INITIAL", "SEAT_INCREASE", "RENEWAL", "CREDIT_NOTE"}
    states = [edge["node"]["status"] for edge in acme["invoices"]["edges"]]
    assert states == ["OPEN", "PAID", "ISSUED", "PAID", "PAID", "PAID"]


async def test_bruecke_pays_19_percent_tax_in_euros_each_month(demo_world: World) -> None:
    bruecke = await review(demo_world, demo.OTHERS["bruecke"], "bruecke")
    assert bruecke["subscription"]["plan"] == {"name": "Premium"}
    assert bruecke["subscription"]["unitPrice"] == {"currency": "EUR"}
    newest = bruecke["invoices"]["edges"][0]["node"]
    assert newest == {
        "kind": "RENEWAL",
        "status": "OPEN",
        "subtotal": {"amount": "297.00"},
        "tax": {"amount": "56.43"},
    }


async def test_sakura_pays_in_yen_without_decimals(demo_world: World) -> None:
    sakura = await review(demo_world, demo.OTHERS["sakura"], "sakura")
    assert sakura["invoices"]["edges"][0]["node"]["subtotal"] == {"amount": "158400"}


async def test_each_role_of_the_demo_sees_its_part(demo_world: World) -> None:
    query = "{ viewer { isBillingAdministrator isAdministrator administeredSeatGroups { name } } }"
    seen = {
        role: (await demo_world.client(email).data(query))["viewer"]
        for role, email in demo.PEOPLE.items()
    }
    assert seen["billing administrator"]["isBillingAdministrator"]
    assert seen["administrator"]["isAdministrator"]
    assert seen["group administrator"]["administeredSeatGroups"] == [{"name": "Marketing"}]
    assert seen["plain user"]["administeredSeatGroups"] == []


async def test_history_that_lies_ahead_of_the_clock_has_not_happened(world: World) -> None:
    world.at("2025-10-01T09:00:00")
    await demo.load(datetime(2025, 10, 1, 9, tzinfo=UTC))
    acme = await review(world, demo.PEOPLE["billing administrator"], "acme")
    assert acme["subscription"]["seats"] == 60
    assert acme["invoices"]["totalCount"] == 3
