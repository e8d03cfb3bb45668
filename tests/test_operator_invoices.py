"""The operator's invoices: void, paid, credited, and what of it is refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models.invoices import Invoice
from services import clock, operator_invoices
from services.errors import OperatorError
from tests.test_activity import stored as entries
from tests.test_taxes import CANADIAN, monthly, rated
from tests.world import Client, World

HISTORY = """{ account { invoices { totalCount edges { node { number kind status issuedOn dueOn
  subtotal { amount } tax { amount } total { amount }
  lines { description quantity unitPrice { amount } amount { amount } } } } } } }"""


async def history(client: Client) -> list[dict[str, Any]]:
    """The account's invoices and credit notes, oldest first."""
    edges = (await client.data(HISTORY))["account"]["invoices"]["edges"]
    return [edge["node"] for edge in reversed(edges)]


async def credit(
    amount: str | None = None,
    number: str = "ACME-00001",
    reason: str = "Service was down",
    key: str | None = None,
) -> dict[str, Any]:
    """What `manage.py invoice credit` does."""
    return await operator_invoices.credit("acme", number, amount, reason, key, clock.now())


async def void(number: str = "ACME-00001", reason: str = "Sent twice") -> dict[str, Any]:
    return await operator_invoices.void("acme", number, reason, clock.now())


async def pay(number: str = "ACME-00001", on: Any = None) -> dict[str, Any]:
    return await operator_invoices.pay("acme", number, on, clock.now())


async def refusal(doing: Any) -> str:
    with pytest.raises(OperatorError) as caught:
        await doing
    return str(caught.value)


# --- void and paid ------------------------------------------------------------------------


async def test_a_void_invoice_keeps_its_number_and_its_amounts(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    ada = world.client("ada")
    (before,) = await history(ada)
    told = await void()
    assert (told["status"], told["settled_on"], told["reason"]) == (
        "VOID",
        "2026-07-01",
        "Sent twice",
    )
    assert await history(ada) == [before | {"status": "VOID"}]
    bill = (await ada.do("changeUsers", "invoice { number }", seats=12))["invoice"]
    assert bill == {"number": "ACME-00002"}


async def test_an_invoice_was_paid_on_the_day_that_is_given(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    sqlite_world.at("2026-07-10T12:00:00")
    told = await pay(on=clock.now().date().replace(day=8))
    assert (told["status"], told["settled_on"]) == ("PAID", "2026-07-08")


@pytest.mark.parametrize("day", [11, 30])
async def test_no_invoice_was_paid_before_its_issue_or_in_the_future(
    sqlite_world: World, day: int
) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    today = clock.now().date()
    on = today.replace(day=day) if day == 11 else today.replace(month=6, day=day)
    line = "ACME-00001 can be paid from 2026-07-01, its issue, to 2026-07-01, today"
    assert await refusal(pay(on=on)) == line


async def test_voiding_and_paying_twice_changes_nothing(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    assert (await pay())["changed"] is True
    world.at("2026-07-02T12:00:00")
    told = await pay()
    assert (told["changed"], told["settled_on"]) == (False, "2026-07-01")
    await world.client("ada").do("changeUsers", seats=12)
    assert (await void("ACME-00002"))["changed"] is True
    told = await void("ACME-00002", "Another reason")
    assert (told["changed"], told["reason"]) == (False, "Sent twice")
    assert len(await entries()) == 4


# --- what is refused ----------------------------------------------------------------------


async def unchanged(doing: Any) -> str:
    """The refusal of what changes nothing."""
    before = await Invoice.all().order_by("sequence").values(), len(await entries())
    line = await refusal(doing)
    assert (await Invoice.all().order_by("sequence").values(), len(await entries())) == before
    return line


LEFT = "--amount: must be more than 0 and at most 314.00 EUR, which is left"


@pytest.mark.parametrize(
    ("amount", "line"),
    [
        ("314.01", LEFT),
        ("0", LEFT),
        ("0.00", LEFT),
        ("-1", LEFT),
        ("9" * 400, LEFT),
        ("1.001", "--amount: finer than EUR's 2 decimals"),
        ("1,50", '--amount: not a decimal number such as "149.00"'),
        ("", '--amount: not a decimal number such as "149.00"'),
        ("NaN", '--amount: not a decimal number such as "149.00"'),
        ("1e2", '--amount: not a decimal number such as "149.00"'),
    ],
)
async def test_an_amount_that_cannot_be_credited_is_refused(
    sqlite_world: World, amount: str, line: str
) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    assert await unchanged(credit(amount)) == line


async def test_no_more_than_is_left_is_credited(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    await credit("300")
    line = "--amount: must be more than 0 and at most 14.00 EUR, which is left"
    assert await unchanged(credit("14.01")) == line


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301, "two\nlines"])
async def test_a_reason_is_needed_on_one_line(sqlite_world: World, reason: str) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    assert (await unchanged(credit(reason=reason))).startswith("--reason: ")
    assert (await unchanged(void(reason=reason))).startswith("--reason: ")


async def test_what_does_not_exist_is_refused(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    for number in ("ACME-00009", "acme-00001", "", "\0", "\ud800"):
        for doing in (credit("1", number), void(number), pay(number)):
            assert await unchanged(doing) == f"account acme has no invoice {number}"
    nowhere = operator_invoices.show("nowhere", "ACME-00001")
    assert await refusal(nowhere) == "there is no account nowhere"


async def test_an_invoice_of_another_account_is_none_of_this_one(world: World) -> None:
    theirs = monthly(rated(*CANADIAN), code="beta", invoice_prefix="BETA")
    await world.load(monthly(rated(*CANADIAN)), theirs)
    for doing in (credit("1", "BETA-00001"), void("BETA-00001"), pay("BETA-00001")):
        assert await unchanged(doing) == "account acme has no invoice BETA-00001"


Doing = Callable[[], Awaitable[Any]]

STATES: dict[str, tuple[Doing, dict[str, str]]] = {
    "paid": (pay, {"void": "ACME-00001 is PAID and cannot be voided"}),
    "void": (
        void,
        {
            "pay": "ACME-00001 is VOID and cannot be paid",
            "credit": "ACME-00001 is VOID and cannot be credited",
        },
    ),
    "credited": (
        credit,
        {
            "pay": "ACME-00001 is CREDITED and cannot be paid",
            "void": "ACME-00001 is CREDITED and cannot be voided",
            "credit": "ACME-00001 is CREDITED and cannot be credited",
        },
    ),
    "credited in part": (
        lambda: credit("1"),
        {"void": "ACME-00001 is credited in part and cannot be voided: credit the rest of it"},
    ),
}
DOING: dict[str, Doing] = {"pay": pay, "void": void, "credit": credit}


@pytest.mark.parametrize(("before", "lines"), STATES.values(), ids=STATES)
async def test_what_no_longer_can_be_done_is_refused(
    sqlite_world: World, before: Doing, lines: dict[str, str]
) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await before()
    for what, line in lines.items():
        assert await unchanged(DOING[what]()) == line


async def test_a_credit_note_is_neither_credited_nor_voided_nor_paid(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    number = (await credit("10"))["number"]
    for doing, what in ((credit("1", number), "credited"), (void(number), "voided")):
        assert await unchanged(doing) == f"{number} is a credit note and cannot be {what}"
    assert await unchanged(pay(number)) == f"{number} is a credit note and cannot be paid"


# --- activity -----------------------------------------------------------------------------


async def test_each_leaves_an_entry_of_the_operator_with_before_and_after(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    await pay()
    await credit("14")
    entry = (await entries())[0]
    assert (entry.actor_kind, entry.action) == ("OPERATOR", "invoice.credited")
    assert entry.summary == (
        "ACME-00001 credited by ACME-CN-00001 with 14.00 EUR: Service was down"
    )
    paid = {"status": "PAID", "settled_on": "2026-07-01"}
    assert entry.before == paid | {"credited": "0.00"}
    assert entry.after == paid | {"credited": "14.00"}
    assert (await entries())[1].action == "invoice.paid"


async def test_a_void_leaves_an_entry_with_its_reason(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await void()
    entry = (await entries())[0]
    assert (entry.action, entry.summary) == ("invoice.voided", "ACME-00001 voided: Sent twice")
