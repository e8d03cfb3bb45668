"""E-invoices: every kind of document, by the rules of EN 16931, and to the minor unit."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import credit_notes, einvoice_terms, einvoices, money, parties, taxes
from services.documents import Bank, Drawing, InvoiceDocument, Issued, Reference, Seller
from services.letterheads import Letterhead
from services.taxes import Taxation, TaxRate, TaxTreatment
from tests import einvoice_rules
from tests.test_documents import BUYER, SELLER, invoice, line

# Beside other tests of documents: the rules take seconds to compile.
pytestmark = pytest.mark.xdist_group("documents")

GERMAN = Seller(
    legal_name="Northwind GmbH",
    address=replace(BUYER.address, line2="Hinterhaus"),
    tax_id="DE 136 695 976",
    email="billing@northwind.example",
    registration="HRB 12345, Amtsgericht München",
    bank=Bank(holder="Northwind GmbH", iban="DE89370400440532013000", bic="COBADEFFXXX"),
)

VAT = (("VAT", 190_000, money.PPM),)
CANADIAN = (("GST", 50_000, money.PPM), ("QST", 99_750, money.PPM))
BUNDLE = (("VAT", 190_000, 333_333), ("VAT", 70_000, 333_333), ("VAT", 0, 333_334))
TWINS = (("VAT", 190_000, 400_000), ("Levy", 190_000, 600_000))

Rates = tuple[tuple[str, int, int], ...]


def charged(rates: Rates) -> Taxation:
    made = [TaxRate(name=name, rate_ppm=rate, share_ppm=share) for name, rate, share in rates]
    return Taxation(treatment=TaxTreatment.STANDARD, rates=tuple(made))


def untaxed(treatment: TaxTreatment, reason: str | None = None) -> Taxation:
    return Taxation(treatment=treatment, exemption_reason=reason)


def billed(taxation: Taxation, *amounts: int, **changes: Any) -> InvoiceDocument:
    """An invoice of such lines, whose sums are right."""
    lines = [line(f"Line {number}", amount) for number, amount in enumerate(amounts, 1)]
    own = taxes.amounts(taxation, sum(amounts))
    tax = sum(it.tax_minor for it in own)
    sums = {"subtotal_minor": sum(amounts), "tax_minor": tax, "total_minor": sum(amounts) + tax}
    parties = {"seller": GERMAN, "currency": "EUR"}
    return invoice(*lines, taxation=taxation, taxes=own, **parties | sums | changes)


def credited(whole: InvoiceDocument, before: int, after: int) -> InvoiceDocument:
    """The credit note that brings what is credited of the invoice from `before` to `after`."""
    amounts = [one.amount_minor for one in whole.lines]
    parts = credit_notes.noted(amounts, whole.taxes, before, after)
    return replace(
        whole,
        kind="CREDIT_NOTE",
        number="ACME-CN-00001",
        status="ISSUED",
        payment_terms_days=0,
        due_on=whole.issued_on,
        lines=tuple(
            replace(one, amount_minor=-part)
            for one, part in zip(whole.lines, parts.lines, strict=True)
        ),
        taxes=tuple(
            replace(tax, base_minor=-base, tax_minor=-part)
            for tax, base, part in zip(whole.taxes, parts.bases, parts.taxes, strict=True)
        ),
        subtotal_minor=-parts.subtotal,
        tax_minor=-parts.tax,
        total_minor=-parts.subtotal - parts.tax,
        credits=Reference(number=whole.number, issued_on=whole.issued_on, reason="Billed twice"),
    )


STANDARD = billed(charged(VAT), 58_800, 7_777)

KINDS = {
    "standard": STANDARD,
    "zero rate": billed(charged((("Tax", 0, money.PPM),)), 58_800),
    "reverse charge": billed(untaxed(TaxTreatment.REVERSE_CHARGE), 58_800),
    "exempt": billed(untaxed(TaxTreatment.EXEMPT, "Article 132(1)(i)"), 58_800),
    "outside scope": billed(untaxed(TaxTreatment.OUTSIDE_SCOPE), 58_800),
    "shares": billed(charged(BUNDLE), 58_800, 1, 101),
    "one rate twice": billed(charged(TWINS), 58_801),
    "side by side": billed(charged(CANADIAN), 58_800, 27_310),
    "no decimals": billed(charged(BUNDLE), 58_800, 333, currency="JPY"),
    "not in euros": billed(charged(VAT), 58_800, currency="CHF"),
    "other tax ids": billed(
        charged(VAT), 58_800, seller=SELLER, buyer=replace(BUYER, tax_id="12-3")
    ),
    "demo": billed(charged(VAT), 58_800, seller=parties.DEMO_SELLER),
    "bare": billed(
        charged(VAT),
        58_800,
        seller=replace(GERMAN, bank=None, registration=None),
        buyer=replace(BUYER, tax_id=None),
        purchase_order_number=None,
        payment_terms_days=0,
    ),
    "markup": billed(
        charged(VAT), 58_800, buyer=replace(BUYER, legal_name="<b>A & B</b>\x07 \u202e株式会社")
    ),
    "credit": credited(STANDARD, 0, STANDARD.total_minor),
    "credit of a part": credited(STANDARD, 1_000, 4_321),
    "credit of shares": credited(billed(charged(BUNDLE), 58_800, 1, 101), 0, 7_001),
    "credit, side by side": credited(billed(charged(CANADIAN), 58_800, 27_310), 0, 1_400),
    "credit of a reverse charge": credited(
        billed(untaxed(TaxTreatment.REVERSE_CHARGE), 58_800), 0, 8_800
    ),
    "credit outside scope": credited(billed(untaxed(TaxTreatment.OUTSIDE_SCOPE), 58_800), 0, 1),
    "credit without decimals": credited(
        billed(charged(BUNDLE), 58_800, 333, currency="JPY"), 0, 1_234
    ),
}

SYNTAXES = (einvoices.factur_x, einvoices.ubl)


@pytest.mark.parametrize("write", SYNTAXES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_the_rules(kind: str, write: Callable[[Issued], Drawing]) -> None:
    assert einvoice_rules.broken(write(KINDS[kind]).content) == []


@pytest.mark.parametrize("write", SYNTAXES)
def test_a_wrong_sum_and_a_missing_tax_id_break_the_rules(
    write: Callable[[Issued], Drawing],
) -> None:
    wrong = replace(STANDARD, total_minor=STANDARD.total_minor + 1)
    assert any("BR-CO-15" in fault for fault in einvoice_rules.broken(write(wrong).content))
    nobody = replace(KINDS["reverse charge"], buyer=replace(BUYER, tax_id=None))
    assert any("BR-AE-02" in fault for fault in einvoice_rules.broken(write(nobody).content))


# --- the sums ---------------------------------------------------------------------------------

quick = settings(deadline=None, max_examples=150, derandomize=True)

rates = st.sampled_from([0, 50_000, 70_000, 99_750, 190_000]) | st.integers(0, money.PPM)


@st.composite
def taxations(draw: st.DrawFn) -> Taxation:
    """Any treatment; one rate, several side by side, or several that share the subtotal."""
    treatment = draw(st.sampled_from(TaxTreatment))
    if treatment is not TaxTreatment.STANDARD:
        return untaxed(treatment, "Article 132" if treatment is TaxTreatment.EXEMPT else None)
    shares = [money.PPM] * draw(st.integers(1, 3))
    if draw(st.booleans()):
        cuts = sorted(draw(st.sets(st.integers(1, money.PPM - 1), max_size=3)))
        shares = [end - begin for begin, end in pairwise([0, *cuts, money.PPM])]
    return charged(tuple((f"Tax {n}", draw(rates), share) for n, share in enumerate(shares)))


@st.composite
def made(draw: st.DrawFn) -> InvoiceDocument:
    """An invoice of any lines, or a credit note for any part of it."""
    size = draw(st.sampled_from([9, 10_000, 10**12]))
    amounts = draw(st.lists(st.integers(0, size), min_size=1, max_size=4).filter(any))
    whole = billed(draw(taxations()), *amounts, currency=draw(st.sampled_from(["EUR", "JPY"])))
    if draw(st.booleans()):
        return whole
    before = draw(st.integers(0, whole.total_minor - 1))
    return credited(whole, before, draw(st.integers(before + 1, whole.total_minor)))


@quick
@given(made())
def test_everything_adds_up_exactly(document: InvoiceDocument) -> None:
    said = einvoice_terms.terms(document)
    lines, shares = said["BG-25"], said["BG-23"]

    def total(parts: list[dict[str, Any]], term: str) -> Decimal:
        return sum((Decimal(part[term]) for part in parts), Decimal())

    assert total(lines, "BT-131") == Decimal(said["BT-106"]) == Decimal(said["BT-109"])
    assert total(shares, "BT-117") == Decimal(said["BT-110"])
    assert Decimal(said["BT-109"]) + Decimal(said["BT-110"]) == Decimal(said["BT-112"])
    assert abs(money.to_decimal(document.total_minor, document.currency)) == Decimal(said["BT-115"])
    told = [(share["BT-118"], share["BT-119"]) for share in shares]
    assert len(told) == len(set(told))
    for share, of in zip(shares, told, strict=True):
        own = [one for one in lines if (one["BT-151"], one["BT-152"]) == of]
        assert total(own, "BT-131") == Decimal(share["BT-116"])
    for one in lines:
        assert Decimal(one["BT-131"]) >= 0
        whole = Decimal(one["BT-146"]) * int(one["BT-129"])
        assert whole / int(one.get("BT-149", 1)) == Decimal(one["BT-131"])


@settings(quick, max_examples=8)
@given(made().filter(einvoice_terms.exists_for))
def test_whatever_has_an_e_invoice_keeps_the_rules(document: InvoiceDocument) -> None:
    for write in SYNTAXES:
        assert einvoice_rules.broken(write(document).content) == []


# --- what has none ----------------------------------------------------------------------------


def test_a_currency_has_e_invoices_where_the_rules_list_it_and_its_decimals() -> None:
    """By the lists of the rules themselves, so that a later release of them is noticed."""
    listed = einvoice_rules.currencies()
    for code, decimals in money.CURRENCIES.items():
        document = billed(charged(VAT), 58_800, currency=code)
        assert einvoice_terms.exists_for(document) == (decimals <= 2 and code in listed)


def test_three_decimals_would_break_the_rules() -> None:
    xml = einvoices.ubl(billed(charged(VAT), 58_801, currency="KWD")).content
    assert any("BR-DEC" in fault for fault in einvoice_rules.broken(xml))


@pytest.mark.parametrize("tax_id", [None, ""])
def test_a_seller_without_a_tax_id_has_no_e_invoices(tax_id: str | None) -> None:
    document = billed(charged(VAT), 58_800, seller=replace(GERMAN, tax_id=tax_id))
    assert not einvoice_terms.exists_for(document)
    assert any(
        "BR-S-02" in fault for fault in einvoice_rules.broken(einvoices.ubl(document).content)
    )


def test_yen_whose_tax_is_a_whole_one_off_have_no_e_invoice() -> None:
    whole = billed(charged(VAT), 4, 5, 4, currency="JPY")
    note = credited(whole, 4, 11)
    assert (note.subtotal_minor, note.tax_minor) == (-7, 0)  # 19 % of 7 is 1.33
    assert not einvoice_terms.exists_for(note)
    assert any("BR-CO-17" in fault for fault in einvoice_rules.broken(einvoices.ubl(note).content))
    assert einvoice_terms.exists_for(replace(note, currency="EUR"))


# --- what it says -----------------------------------------------------------------------------


def test_what_is_said_of_a_part_of_a_price() -> None:
    (whole, part) = einvoice_terms.terms(billed(charged(VAT), 58_800, 7_777))["BG-25"]
    assert (whole["BT-129"], whole["BT-146"], whole.get("BT-149")) == ("12", "49.00", None)
    assert (part["BT-129"], part["BT-146"], part["BT-149"]) == ("12", "77.77", "12")
    assert part["BT-154"] == "Unit price: €49.00"


def test_the_account_to_pay_into_stands_on_invoices_alone() -> None:
    said = einvoice_terms.terms(STANDARD)
    assert [said[f"BT-8{n}"] for n in (1, 3, 4, 5, 6)] == [
        "58",
        "ACME-00042",
        "DE89370400440532013000",
        "Northwind GmbH",
        "COBADEFFXXX",
    ]
    assert einvoice_terms.terms(KINDS["not in euros"])["BT-81"] == "30"
    assert "BT-81" not in einvoice_terms.terms(KINDS["bare"]) | einvoice_terms.terms(
        KINDS["credit"]
    )


def test_a_credit_note_names_its_invoice_and_its_reason_and_is_positive() -> None:
    said = einvoice_terms.terms(KINDS["credit of a part"])
    assert said["BT-3"] == "381"
    assert said["BG-3"] == [{"BT-25": "ACME-00042", "BT-26": date(2026, 12, 2)}]
    assert said["BG-1"] == [{"BT-22": "Reason: Billed twice"}]
    assert said["BT-112"] == "33.21"


def test_taxes_side_by_side_are_one_rate_and_a_note_that_tells_them_apart() -> None:
    said = einvoice_terms.terms(KINDS["side by side"])
    (share,) = said["BG-23"]
    assert (share["BT-118"], share["BT-119"], share["BT-117"]) == ("S", "14.975", "128.95")
    notes = ["GST 5% on €861.10: €43.06", "QST 9.975% on €861.10: €85.89"]
    assert said["BG-1"] == [{"BT-22": note} for note in notes]
    (_, *credited_taxes) = einvoice_terms.terms(KINDS["credit, side by side"])["BG-1"]
    assert [note["BT-22"] for note in credited_taxes] == [
        "GST 5% on €12.18: €0.61",
        "QST 9.975% on €12.18: €1.21",
    ]


def test_it_is_written_for_the_same_reader_as_the_page() -> None:
    said = einvoice_terms.terms(replace(KINDS["reverse charge"], locale="de"))
    assert said["BG-23"][0]["BT-120"].startswith("Steuerschuldnerschaft")
    assert said["BT-20"] == "Zahlbar innerhalb von 30 Tagen, bis 01.01.2027."


def test_where_it_stands_and_how_it_looks_is_in_no_e_invoice() -> None:
    stands: dict[str, Any] = {
        "status": "PAID",
        "credited_minor": 100,
        "settled_on": date(2026, 12, 24),
        "void_reason": "Sent in error",
        "letterhead": Letterhead(color="#145ac8"),
    }
    issued = {field.name for field in fields(Issued)}
    assert stands.keys() == {field.name for field in fields(InvoiceDocument)} - issued
    for write in SYNTAXES:
        assert write(replace(STANDARD, **stands)) == write(STANDARD)
