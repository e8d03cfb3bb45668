"""Taxes: what each of an account's taxes comes to, on invoices and in previews."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.invoices import Invoice
from services import money, taxes
from services.taxes import Taxation, TaxRate, TaxTreatment
from tests import samples
from tests.world import Client, World

subtotals = st.integers(-(10**15), 10**15)
rates = st.integers(0, money.PPM)


@st.composite
def divided(draw: st.DrawFn) -> list[int]:
    """Two to five shares that add up to one."""
    cuts = draw(st.lists(st.integers(1, money.PPM - 1), min_size=1, max_size=4, unique=True))
    ends = [0, *sorted(cuts), money.PPM]
    return [end - begin for begin, end in pairwise(ends)]


def standard(*parts: tuple[int, int]) -> Taxation:
    """Taxation by rates and shares."""
    taxed = [
        TaxRate(name=f"Tax {index}", rate_ppm=rate, share_ppm=share)
        for index, (rate, share) in enumerate(parts)
    ]
    return Taxation(treatment=TaxTreatment.STANDARD, rates=tuple(taxed))


# --- the rule -----------------------------------------------------------------------------


@given(subtotals, st.lists(rates, min_size=1, max_size=5))
def test_taxes_without_shares_are_each_on_the_whole_subtotal(
    subtotal: int, charged: list[int]
) -> None:
    found = taxes.amounts(standard(*((rate, money.PPM) for rate in charged)), subtotal)
    assert [amount.base_minor for amount in found] == [subtotal] * len(charged)
    assert [amount.tax_minor for amount in found] == [money.tax(subtotal, it) for it in charged]


@given(subtotals, divided(), st.lists(rates, min_size=5, max_size=5))
def test_bases_of_shares_add_up_to_the_subtotal_and_each_is_about_its_share(
    subtotal: int, shares: list[int], charged: list[int]
) -> None:
    found = taxes.amounts(standard(*zip(charged, shares, strict=False)), subtotal)
    assert sum(amount.base_minor for amount in found) == subtotal
    for amount, share in zip(found, shares, strict=True):
        assert abs(amount.base_minor - Fraction(subtotal * share, money.PPM)) <= 1
        assert amount.base_minor * subtotal >= 0
        assert amount.tax_minor == money.tax(amount.base_minor, amount.rate_ppm)


@given(subtotals, divided(), st.lists(rates, min_size=5, max_size=5))
def test_what_is_taken_back_is_taxed_as_it_was_billed(
    subtotal: int, shares: list[int], charged: list[int]
) -> None:
    taxation = standard(*zip(charged, shares, strict=False))
    billed, back = taxes.amounts(taxation, subtotal), taxes.amounts(taxation, -subtotal)
    assert [(-it.base_minor, -it.tax_minor) for it in back] == [
        (it.base_minor, it.tax_minor) for it in billed
    ]


def test_no_base_of_a_few_cents_is_below_zero() -> None:
    # A fifth of 3 rounds to 1: the last of five would be left with -1.
    found = taxes.amounts(standard(*[(190_000, 200_000)] * 5), 3)
    assert [amount.base_minor for amount in found] == [1, 0, 1, 0, 1]


@given(st.lists(st.tuples(rates, rates), max_size=5), st.sampled_from(TaxTreatment))
def test_taxation_is_read_as_it_was_stored(
    parts: list[tuple[int, int]], treatment: TaxTreatment
) -> None:
    taxation = Taxation(treatment=treatment, rates=standard(*parts).rates, exemption_reason="x")
    assert taxes.restored(taxes.stored(taxation)) == taxation


# --- on invoices --------------------------------------------------------------------------

CANADIAN = [{"name": "GST", "rate": "0.05"}, {"name": "QST", "rate": "0.09975"}]
BUNDLE = [
    {"name": "VAT", "rate": "0.19", "share": "0.7"},
    {"name": "VAT", "rate": "0.07", "share": "0.3"},
]
EXEMPT = {"treatment": "EXEMPT", "exemption_reason": "Article 132(1)(i), Directive 2006/112/EC"}


def monthly(tax: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A monthly account in EUR with ten seats, taxed so."""
    account = samples.premium(currency="EUR", tax=tax, **changes)
    del account["tax_rate"]
    account["subscription"] |= {"started_on": "2026-07-01", "unit_price": "27.31"}
    return account


def rated(*parts: dict[str, str]) -> dict[str, Any]:
    return {"treatment": "STANDARD", "rates": list(parts)}


async def totals(client: Client) -> list[tuple[str, str, str]]:
    """Subtotal, tax and total of each invoice, oldest first."""
    fields = "subtotal { amount } tax { amount } total { amount }"
    query = f"{{ account {{ invoices {{ edges {{ node {{ {fields} }} }} }} }} }}"
    edges = (await client.data(query))["account"]["invoices"]["edges"]
    return [tuple(part["amount"] for part in edge["node"].values()) for edge in reversed(edges)]


async def charged(number: str) -> list[tuple[str, int, int]]:
    """Name, base and amount of each tax of an invoice, in minor units."""
    invoice = await Invoice.get(number=number)
    return [(it.name, it.base_minor, it.tax_minor) for it in taxes.charged(invoice.taxation)]


async def test_several_taxes_are_charged_one_beside_the_other(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    assert await totals(world.client("ada")) == [("273.10", "40.90", "314.00")]
    assert await charged("ACME-00001") == [("GST", 27310, 1366), ("QST", 27310, 2724)]


async def test_taxes_of_shares_are_charged_each_on_its_own(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*BUNDLE)))
    assert await charged("ACME-00001") == [("VAT", 19117, 3632), ("VAT", 8193, 574)]
    assert await totals(sqlite_world.client("ada")) == [("273.10", "42.06", "315.16")]


@pytest.mark.parametrize("rates", [CANADIAN, BUNDLE], ids=["beside", "shares"])
async def test_preview_and_invoice_agree_to_the_cent_with_several_taxes(
    world: World, rates: list[dict[str, str]]
) -> None:
    await world.load(monthly(rated(*rates)))
    world.at("2026-07-12T12:00:00")
    ada, fields = world.client("ada"), "subtotal { amount } tax { amount } total { amount }"
    preview = f"{{ account {{ subscription {{ seatChangePreview(seats: 13) {{ invoice {{ {fields} }} }} }} }} }}"  # noqa: E501
    foreseen = (await ada.data(preview))["account"]["subscription"]["seatChangePreview"]["invoice"]
    billed = await ada.do("changeUsers", f"invoice {{ {fields} }}", seats=13)
    assert billed["invoice"] == foreseen
    assert foreseen["tax"]["amount"] != "0.00"


@pytest.mark.parametrize(
    "tax",
    [EXEMPT, {"treatment": "REVERSE_CHARGE"}, {"treatment": "OUTSIDE_SCOPE"}],
    ids=lambda tax: str(tax["treatment"]),
)
async def test_other_treatments_charge_nothing_and_are_kept_on_the_invoice(
    sqlite_world: World, tax: dict[str, Any]
) -> None:
    account = monthly(tax)
    account["billing_details"] |= {"tax_id": "DE136695976"}
    await sqlite_world.load(account)
    assert await totals(sqlite_world.client("ada")) == [("273.10", "0.00", "273.10")]
    invoice = await Invoice.get(number="ACME-00001")
    assert invoice.taxation == {"rates": [], "exemption_reason": None} | tax


async def test_a_changed_taxation_is_on_later_invoices_only(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await sqlite_world.load(monthly(rated({"name": "GST", "rate": "0.05"})))
    sqlite_world.at("2026-08-01T12:00:00")
    await sqlite_world.renew()
    assert await charged("ACME-00001") == [("GST", 27310, 1366), ("QST", 27310, 2724)]
    assert await charged("ACME-00002") == [("GST", 27310, 1366)]
