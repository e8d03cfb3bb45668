"""Billing details: what later invoices say about the buyer."""

from typing import Any

import pytest

from tests import samples
from tests.world import Client, World

DETAILS = """billingEmail legalName taxId purchaseOrderNumber locale
  address { line1 line2 postalCode city region countryCode }"""
ADDRESS = {
    "line1": "2 New Road",
    "line2": "Floor 3",
    "postalCode": "E1 6AN",
    "city": "London",
    "region": "Greater London",
    "countryCode": "GB",
}
BEFORE: dict[str, Any] = {
    "billingEmail": "billing@acme.example",
    "legalName": "Acme Incorporated",
    "taxId": None,
    "purchaseOrderNumber": None,
    "locale": "en-US",
    "address": {
        "line1": "1 Main Street",
        "line2": None,
        "postalCode": "10001",
        "city": "New York",
        "region": "NY",
        "countryCode": "US",
    },
}


async def details(client: Client) -> dict[str, Any]:
    data = await client.data(f"{{ account {{ billingDetails {{ {DETAILS} }} }} }}")
    found: dict[str, Any] = data["account"]["billingDetails"]
    return found


async def update(client: Client, **given: Any) -> dict[str, Any]:
    """The details after the update, as its payload tells them."""
    fields = f"account {{ billingDetails {{ {DETAILS} }} }}"
    payload = await client.do("updateBillingDetails", fields, **given)
    found: dict[str, Any] = payload["account"]["billingDetails"]
    return found


async def test_details_are_told_as_they_were_imported(sqlite_world: World) -> None:
    await sqlite_world.load()
    assert await details(sqlite_world.client("ada")) == BEFORE


async def test_all_details_can_be_changed_at_once(world: World) -> None:
    await world.load()
    ada = world.client("ada")
    wanted = {
        "billingEmail": "invoices@acme.example",
        "legalName": "Acme Holding",
        "taxId": "GB123456789",
        "purchaseOrderNumber": "PO-7",
        "locale": "de-DE",
        "address": ADDRESS,
    }
    assert await update(ada, **wanted) == wanted
    assert await details(ada) == wanted


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("billingEmail", "invoices@acme.example"),
        ("legalName", "アクメ株式会社"),
        ("taxId", "US12-3456789"),
        ("purchaseOrderNumber", "PO-7"),
        ("locale", "pt-BR"),
        ("address", ADDRESS),
    ],
)
async def test_what_is_left_out_stays(sqlite_world: World, field: str, value: Any) -> None:
    await sqlite_world.load()
    assert await update(sqlite_world.client("ada"), **{field: value}) == BEFORE | {field: value}


@pytest.mark.parametrize("field", ["taxId", "purchaseOrderNumber"])
@pytest.mark.parametrize("nothing", [None, "", "  "])
async def test_what_is_optional_can_be_cleared(
    sqlite_world: World, field: str, nothing: str | None
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await update(ada, **{field: "X-1"})
    assert await update(ada, **{field: nothing}) == BEFORE


@pytest.mark.parametrize("field", ["billingEmail", "legalName", "address", "locale"])
async def test_null_leaves_what_is_required_as_it_is(sqlite_world: World, field: str) -> None:
    await sqlite_world.load()
    assert await update(sqlite_world.client("ada"), **{field: None}) == BEFORE


async def test_an_update_of_nothing_changes_nothing(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    assert await update(ada) == BEFORE
    count = "{ account { activity { totalCount } } }"
    assert (await ada.data(count))["account"]["activity"]["totalCount"] == 1


async def test_an_address_is_replaced_as_a_whole(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await update(ada, address=ADDRESS)
    short = {"line1": "3 Old Road", "postalCode": "", "city": "Dublin", "countryCode": "IE"}
    found = await update(ada, address=short)
    assert found["address"] == short | {"line2": None, "region": None}


async def test_details_are_kept_without_white_space_around_them(sqlite_world: World) -> None:
    await sqlite_world.load()
    address = {key: f"  {value} " for key, value in ADDRESS.items()} | {"countryCode": "gb"}
    found = await update(sqlite_world.client("ada"), legalName=" Acme Holding ", address=address)
    assert (found["legalName"], found["address"]) == ("Acme Holding", ADDRESS)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"billingEmail": "nobody"}, ["billingEmail"]),
        ({"billingEmail": ""}, ["billingEmail"]),
        ({"legalName": ""}, ["legalName"]),
        ({"legalName": "   "}, ["legalName"]),
        ({"legalName": "A" * 201}, ["legalName"]),
        ({"legalName": "Acme\nHolding"}, ["legalName"]),
        ({"legalName": "Acme\x00"}, ["legalName"]),
        ({"taxId": "X" * 65}, ["taxId"]),
        ({"purchaseOrderNumber": "X" * 65}, ["purchaseOrderNumber"]),
        ({"address": ADDRESS | {"line1": ""}}, ["address", "line1"]),
        ({"address": ADDRESS | {"line2": "x" * 201}}, ["address", "line2"]),
        ({"address": ADDRESS | {"city": " "}}, ["address", "city"]),
        ({"address": ADDRESS | {"postalCode": "1" * 201}}, ["address", "postalCode"]),
        ({"address": ADDRESS | {"countryCode": "XX"}}, ["address", "countryCode"]),
        ({"address": ADDRESS | {"countryCode": "GBR"}}, ["address", "countryCode"]),
        ({"address": ADDRESS | {"countryCode": ""}}, ["address", "countryCode"]),
    ],
)
async def test_a_detail_that_cannot_be_is_refused_and_named(
    sqlite_world: World, given: dict[str, Any], path: list[str]
) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    assert await ada.refusal("updateBillingDetails", **given) == ("INVALID", ["input", *path])


async def test_one_bad_detail_keeps_the_others_from_being_changed(sqlite_world: World) -> None:
    await sqlite_world.load()
    ada = sqlite_world.client("ada")
    await ada.refusal("updateBillingDetails", legalName="Acme Holding", billingEmail="nobody")
    assert await details(ada) == BEFORE


async def test_changed_details_are_on_later_invoices_and_not_on_earlier_ones(
    world: World,
) -> None:
    await world.load()
    ada = world.client("ada")
    await update(ada, purchaseOrderNumber="PO-7")
    await ada.do("changeUsers", seats=61)
    query = "{ account { invoices { edges { node { number purchaseOrderNumber } } } } }"
    edges = (await ada.data(query))["account"]["invoices"]["edges"]
    assert [edge["node"] for edge in edges] == [
        {"number": "ACME-00002", "purchaseOrderNumber": "PO-7"},
        {"number": "ACME-00001", "purchaseOrderNumber": None},
    ]


async def test_a_renewal_carries_the_account_s_purchase_order_number(
    sqlite_world: World,
) -> None:
    await sqlite_world.load()
    await update(sqlite_world.client("ada"), purchaseOrderNumber="PO-7")
    sqlite_world.at("2027-03-01T12:00:00")
    await sqlite_world.renew()
    query = "{ account { invoices(first: 1) { edges { node { purchaseOrderNumber } } } } }"
    (edge,) = (await sqlite_world.client("ada").data(query))["account"]["invoices"]["edges"]
    assert edge["node"] == {"purchaseOrderNumber": "PO-7"}


async def test_details_of_one_account_are_no_other_account_s(sqlite_world: World) -> None:
    await sqlite_world.load(samples.account(), samples.account(code="beta"))
    await update(sqlite_world.client("ada", "beta"), legalName="Beta Limited")
    assert await details(sqlite_world.client("ada")) == BEFORE
