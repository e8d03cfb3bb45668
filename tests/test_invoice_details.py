"""What the API tells of an invoice beside its lines: taxes, what is due, and its credit notes."""

import logging
from typing import Any

import pytest

from tests.test_operator_invoices import credit, pay, void
from tests.test_taxes import BUNDLE, CANADIAN, EXEMPT, monthly, rated
from tests.world import Client, World

TAXES = "taxes { name rate base { amount currency } amount { amount } } taxTreatment taxNote"
DUE = "amountDue { amount currency } credited { amount } settledOn reason"
NOTES = "credits { number status } creditNotes { number total { amount } credits { number } }"


async def told(client: Client, fields: str) -> list[dict[str, Any]]:
    """The fields of each invoice and credit note, oldest first."""
    query = f"{{ account {{ invoices {{ edges {{ node {{ number {fields} }} }} }} }} }}"
    edges = (await client.data(query))["account"]["invoices"]["edges"]
    return [edge["node"] for edge in reversed(edges)]


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


async def test_an_invoice_tells_each_of_its_taxes(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    (bill,) = await told(world.client("ada"), TAXES)
    assert bill == {
        "number": "ACME-00001",
        "taxes": [
            {"name": "GST", "rate": "0.05", "base": euros("273.10"), "amount": {"amount": "13.66"}},
            {
                "name": "QST",
                "rate": "0.09975",
                "base": euros("273.10"),
                "amount": {"amount": "27.24"},
            },
        ],
        "taxTreatment": "STANDARD",
        "taxNote": None,
    }


@pytest.mark.parametrize(
    ("tax", "note"),
    [
        (EXEMPT, EXEMPT["exemption_reason"]),
        ({"treatment": "REVERSE_CHARGE"}, "Reverse charge: the recipient accounts for the tax."),
        ({"treatment": "OUTSIDE_SCOPE"}, "Outside the scope of tax."),
    ],
    ids=lambda value: value["treatment"] if isinstance(value, dict) else "",
)
async def test_an_invoice_without_tax_says_why(
    sqlite_world: World, tax: dict[str, Any], note: str
) -> None:
    account = monthly(tax)
    account["billing_details"] |= {"tax_id": "DE136695976"}
    await sqlite_world.load(account)
    ada = sqlite_world.client("ada")
    expected = {"taxes": [], "taxTreatment": tax["treatment"], "taxNote": note}
    assert await told(ada, TAXES) == [{"number": "ACME-00001"} | expected]
    query = f"{{ account {{ subscription {{ upcomingInvoice {{ {TAXES} }} }} }} }}"
    assert (await ada.data(query))["account"]["subscription"]["upcomingInvoice"] == expected
    query = "{ account { billingDetails { taxTreatment } } }"
    details = (await ada.data(query))["account"]["billingDetails"]
    assert details == {"taxTreatment": tax["treatment"]}


@pytest.mark.parametrize("rates", [CANADIAN, BUNDLE], ids=["beside", "shares"])
async def test_each_tax_of_a_preview_is_the_invoice_s(
    world: World, rates: list[dict[str, str]]
) -> None:
    await world.load(monthly(rated(*rates)))
    world.at("2026-07-12T12:00:00")
    ada = world.client("ada")
    preview = f"seatChangePreview(seats: 13) {{ invoice {{ {TAXES} }} }}"
    answer = await ada.data(f"{{ account {{ subscription {{ {preview} }} }} }}")
    foreseen = answer["account"]["subscription"]["seatChangePreview"]["invoice"]
    billed = await ada.do("changeUsers", f"invoice {{ {TAXES} }}", seats=13)
    assert billed["invoice"] == foreseen
    assert len(foreseen["taxes"]) == 2


async def test_what_is_due_is_the_rest_of_an_open_invoice(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    ada = world.client("ada")
    (bill,) = await told(ada, DUE)
    nothing = {"credited": None, "settledOn": None, "reason": None}
    assert bill == {"number": "ACME-00001", "amountDue": euros("314.00")} | nothing
    await credit("14")
    bill, note = await told(ada, DUE)
    assert (bill["amountDue"], bill["credited"]) == (euros("300.00"), {"amount": "14.00"})
    assert note == {"number": "ACME-CN-00001", "amountDue": euros("0.00")} | nothing | {
        "reason": "Service was down"
    }


@pytest.mark.parametrize("doing", [credit, void, pay])
async def test_nothing_is_due_on_what_is_settled(sqlite_world: World, doing: Any) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    sqlite_world.at("2026-07-02T12:00:00")
    await doing()
    bill = (await told(sqlite_world.client("ada"), DUE))[0]
    assert (bill["amountDue"], bill["settledOn"]) == (euros("0.00"), "2026-07-02")
    assert bill["reason"] == ("Sent twice" if doing is void else None)


async def test_an_invoice_and_its_credit_notes_name_each_other(world: World) -> None:
    other = monthly(rated(*CANADIAN), code="beta", invoice_prefix="BETA")
    await world.load(monthly(rated(*CANADIAN)), other)
    await credit("10")
    await credit("20")
    bill, first, _ = await told(world.client("ada"), NOTES)
    assert bill["credits"] is None
    assert bill["creditNotes"] == [
        {"number": f"ACME-CN-0000{n}", "total": {"amount": total}, "credits": {"number": it}}
        for n, total, it in ((1, "-10.00", "ACME-00001"), (2, "-20.00", "ACME-00001"))
    ]
    assert first["credits"] == {"number": "ACME-00001", "status": "OPEN"}
    assert first["creditNotes"] == []


async def read(client: Client, caplog: pytest.LogCaptureFixture, fields: str) -> list[str]:
    """The statements that read what a list of invoices leaves out, for a page with the fields."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
        await told(client, fields)
    said = [record.getMessage() for record in caplog.records]
    return [sql for sql in said if "taxation" in sql or "credited_minor" in sql]


async def test_details_are_read_once_a_page_and_only_where_they_are_asked_for(
    sqlite_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await credit("10")
    ada = sqlite_world.client("ada")
    assert await read(ada, caplog, "kind status total { amount } lines { description }") == []
    assert len(await read(ada, caplog, f"{TAXES} {DUE}")) == 1
