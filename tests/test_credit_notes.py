"""Credit notes: they take back what was billed, to the minor unit, and never more."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.invoices import Invoice, InvoiceLine
from services import credit_notes, money, taxes
from services.credit_notes import Amounts
from services.taxes import TaxAmount
from tests.test_operator_invoices import credit, history, pay, refusal
from tests.test_taxes import BUNDLE, CANADIAN, divided, monthly, rated, standard
from tests.world import World

# --- the rule -----------------------------------------------------------------------------

Billed = tuple[list[int], tuple[TaxAmount, ...]]

amounts = st.integers(1, 10**12)
some_rates = st.lists(st.integers(0, money.PPM), min_size=5, max_size=5)
whole_rates = some_rates.map(lambda rates: [(rate, money.PPM) for rate in rates[:3]])
shared_rates = st.tuples(some_rates, divided()).map(lambda it: list(zip(*it, strict=False)))


@st.composite
def invoices(draw: st.DrawFn) -> Billed:
    """The lines of an invoice, and what its taxes came to."""
    lines = draw(st.lists(amounts | st.integers(0, 20), min_size=1, max_size=6).filter(any))
    parts = draw(st.just([]) | whole_rates | shared_rates)
    return lines, taxes.amounts(standard(*parts), sum(lines))


def total(billed: Billed) -> int:
    return sum(billed[0]) + sum(it.tax_minor for it in billed[1])


@st.composite
def credited_invoices(draw: st.DrawFn) -> tuple[Billed, list[Amounts]]:
    """An invoice, and the notes that credit it in whole."""
    billed = draw(invoices())
    most = total(billed)
    cuts = draw(st.lists(st.integers(1, max(most - 1, 1)), max_size=12))
    steps = sorted({0, *(cut for cut in cuts if cut < most), most})
    return billed, [credit_notes.noted(*billed, *step) for step in pairwise(steps)]


def whole(billed: Billed) -> Amounts:
    return Amounts(
        lines=tuple(billed[0]),
        bases=tuple(it.base_minor for it in billed[1]),
        taxes=tuple(it.tax_minor for it in billed[1]),
    )


def columns(notes: list[Amounts], part: str) -> list[tuple[int, ...]]:
    return list(zip(*(getattr(note, part) for note in notes), strict=True))


@given(credited_invoices())
def test_any_notes_add_up_to_the_invoice_line_by_line_and_tax_by_tax(
    case: tuple[Billed, list[Amounts]],
) -> None:
    billed, notes = case
    for part in ("lines", "bases", "taxes"):
        found = tuple(map(sum, columns(notes, part)))
        assert found == getattr(whole(billed), part)


@given(credited_invoices())
def test_no_note_takes_back_less_than_nothing_or_more_than_is_left(
    case: tuple[Billed, list[Amounts]],
) -> None:
    billed, notes = case
    for part in ("lines", "bases", "taxes"):
        for taken, most in zip(columns(notes, part), getattr(whole(billed), part), strict=True):
            assert all(amount >= 0 for amount in taken)
            assert all(so_far <= most for so_far in accumulate(taken))


@given(invoices(), st.data())
def test_a_note_takes_back_what_it_says_with_bases_that_fit_its_subtotal(
    billed: Billed, data: st.DataObject
) -> None:
    before = data.draw(st.integers(0, total(billed) - 1))
    after = data.draw(st.integers(before + 1, total(billed)))
    note = credit_notes.noted(*billed, before, after)
    assert note.subtotal + note.tax == after - before
    if taxes.are_apportioned(billed[1]):
        assert sum(note.bases) == note.subtotal
    else:
        assert set(note.bases) <= {note.subtotal}


@given(invoices(), st.data())
def test_what_is_credited_so_far_is_in_proportion(billed: Billed, data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, total(billed)))
    found = credit_notes.credited(*billed, amount)
    for part in ("lines", "bases", "taxes"):
        told, exact = getattr(found, part), getattr(whole(billed), part)
        # Each division rounds once, and what it rounds is divided on.
        slack = (len(exact) + 1) / 2
        for one, of in zip(told, exact, strict=True):
            assert math.isclose(one, amount * of / total(billed), abs_tol=slack, rel_tol=1e-9)


def test_cents_one_by_one_take_tax_along() -> None:
    billed: Billed = ([100], taxes.amounts(standard((190_000, money.PPM)), 100))
    notes = [credit_notes.noted(*billed, cent, cent + 1) for cent in range(119)]
    taxed = list(accumulate(note.tax for note in notes))
    assert [taxed[59], taxed[89], taxed[118]] == [10, 14, 19]


# --- credit notes -------------------------------------------------------------------------


async def stored(number: str) -> Invoice:
    return await Invoice.get(number=number)


async def summed(numbers: Sequence[str]) -> list[tuple[int, int]]:
    """Base and amount of each tax, added up over the invoices."""
    rows = [taxes.charged((await stored(number)).taxation) for number in numbers]
    return [
        (sum(it.base_minor for it in column), sum(it.tax_minor for it in column))
        for column in zip(*rows, strict=True)
    ]


async def test_a_whole_invoice_is_credited_by_a_note_with_a_number_of_its_own(
    world: World,
) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    assert await credit() == {
        "number": "ACME-CN-00001",
        "kind": "CREDIT_NOTE",
        "issued_on": "2026-07-01",
        "due_on": "2026-07-01",
        "currency": "EUR",
        "subtotal": "-273.10",
        "tax": "-40.90",
        "total": "-314.00",
        "status": "ISSUED",
        "credited": "0.00",
        "settled_on": None,
        "reason": "Service was down",
        "credits": "ACME-00001",
        "changed": True,
    }
    invoice, note = await history(world.client("ada"))
    assert (invoice["status"], invoice["total"]) == ("CREDITED", {"amount": "314.00"})
    assert note == {
        "number": "ACME-CN-00001",
        "kind": "CREDIT_NOTE",
        "status": "ISSUED",
        "issuedOn": "2026-07-01",
        "dueOn": "2026-07-01",
        "subtotal": {"amount": "-273.10"},
        "tax": {"amount": "-40.90"},
        "total": {"amount": "-314.00"},
        "lines": [invoice["lines"][0] | {"amount": {"amount": "-273.10"}}],
    }
    assert str((await stored("ACME-00001")).settled_on) == "2026-07-01"


@pytest.mark.parametrize("rates", [CANADIAN, BUNDLE], ids=["beside", "shares"])
async def test_several_notes_add_up_to_the_invoice_and_the_last_takes_the_rest(
    world: World, rates: list[dict[str, str]]
) -> None:
    await world.load(monthly(rated(*rates)))
    for amount in ("100.00", "0.01", "133.33", None):
        assert (await stored("ACME-00001")).status == "OPEN"
        await credit(amount)
    invoice, *notes = await Invoice.all().order_by("sequence")
    assert invoice.status == "CREDITED"
    assert invoice.credited_minor == invoice.total_minor == -sum(it.total_minor for it in notes)
    assert await summed([it.number for it in (invoice, *notes)]) == [(0, 0), (0, 0)]
    assert sum(line.amount_minor for line in await InvoiceLine.all()) == 0
    assert [note.credits_id for note in notes] == [invoice.id] * 4


async def test_both_series_of_numbers_are_without_gaps(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    await credit("10")
    world.at("2026-08-01T12:00:00")
    await credit("20", reason="Again")
    await world.renew()
    await credit("30", number="ACME-00002")
    found = [bill["number"] for bill in await history(world.client("ada"))]
    assert found == [
        "ACME-00001",
        "ACME-CN-00001",
        "ACME-00002",
        "ACME-CN-00002",
        "ACME-CN-00003",
    ]
    sequences = [invoice.sequence for invoice in await Invoice.all().order_by("sequence")]
    assert sequences == [1, 2, 3, 4, 5]


async def test_a_note_names_the_parties_and_the_language_of_its_invoice(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    ada = sqlite_world.client("ada")
    details = {"legalName": "Acme Holding", "purchaseOrderNumber": "PO-7"}
    details["billingEmail"] = "bills@acme.example"
    await ada.do("updateBillingDetails", **details)
    sqlite_world.setting("SELLER_EMAIL", "other@vendor.example")
    await credit("10")
    invoice, note = await stored("ACME-00001"), await stored("ACME-CN-00001")
    assert note.buyer == invoice.buyer | {"email": "bills@acme.example"}
    for column in ("seller", "locale", "purchase_order_number", "currency"):
        assert getattr(note, column) == getattr(invoice, column)


async def test_a_note_takes_the_prefix_of_its_day_and_counts_on(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await credit("10")
    await sqlite_world.load(monthly(rated(*CANADIAN), invoice_prefix="NEW"))
    assert (await credit("10"))["number"] == "NEW-CN-00002"


async def test_a_clock_that_was_set_back_dates_no_note_before_its_invoice(
    sqlite_world: World,
) -> None:
    sqlite_world.at("2026-07-20T12:00:00")
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await sqlite_world.client("ada").do("changeUsers", seats=12)
    sqlite_world.at("2026-07-10T12:00:00")
    assert (await credit(number="ACME-00002"))["issued_on"] == "2026-07-20"


@pytest.mark.parametrize(
    ("currency", "price", "amount", "left"),
    [("JPY", "1500", "1", "14999"), ("KWD", "1.125", "0.001", "11.249")],
)
async def test_a_note_may_be_as_small_as_the_currency_allows(
    sqlite_world: World, currency: str, price: str, amount: str, left: str
) -> None:
    account = monthly({"treatment": "OUTSIDE_SCOPE"})
    account["currency"] = currency
    account["subscription"] |= {"plan": "enterprise_plus", "unit_price": price}
    await sqlite_world.load(account)
    assert (await credit(amount))["total"] == f"-{amount}"
    assert (await credit())["total"] == f"-{left}"


async def test_notes_leave_the_next_invoice_and_previews_as_they_are(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    ada = world.client("ada")
    query = """{ account { subscription { seats version upcomingInvoice { total { amount } }
      seatChangePreview(seats: 12) { invoice { total { amount } } } } } }"""
    before = await ada.data(query)
    await credit("50")
    assert await ada.data(query) == before
    bill = (await ada.do("changeUsers", "invoice { number }", seats=12))["invoice"]
    assert bill == {"number": "ACME-00002"}


async def test_a_paid_invoice_stays_paid_until_all_of_it_is_credited(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    await pay()
    await credit("100")
    assert (await stored("ACME-00001")).status == "PAID"
    await credit()
    assert (await stored("ACME-00001")).status == "CREDITED"


async def test_the_invoices_of_a_subscription_that_has_ended_are_credited_too(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await sqlite_world.client("ada").do("cancelSubscription")
    sqlite_world.at("2026-08-02T12:00:00")
    assert (await credit())["number"] == "ACME-CN-00001"


# --- twice --------------------------------------------------------------------------------


async def test_the_same_key_credits_once(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    first = await credit("10", key="refund 7")
    again = await credit("10", key="refund 7")
    assert again == first | {"changed": False}
    assert await Invoice.all().count() == 2
    assert await refusal(credit("20", key="refund 7")) == (
        "--key: This idempotency key was used for another request."
    )
    assert (await credit("10", key="refund 8"))["number"] == "ACME-CN-00002"


async def test_the_key_of_what_was_credited_in_whole_answers_too(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    first = await credit(key="refund 7")
    assert await credit(key="refund 7") == first | {"changed": False}
