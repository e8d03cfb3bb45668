"""What an invoice says to its reader: pure sentences, by how it stands and in which language."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.plans import BillingInterval
from services.document_words import Words
from services.documents import DocumentLine, Party, Reference
from services.drafts import Wording
from services.proration import Proration, Share, prorated
from services.taxes import Taxation, TaxTreatment
from tests.test_documents import BUYER, invoice, line

ADDED = Wording(
    plan="Enterprise+",
    interval=BillingInterval.YEAR,
    added=True,
    left=243,
    total=365,
    unit=Proration.DAY,
)


def added(wording: Wording = ADDED) -> DocumentLine:
    return replace(
        line("as it was", 595_184), wording=wording, quantity=5, unit_price_minor=178_800
    )


def plain(text: str | None) -> str | None:
    return text and text.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("locale", "item", "working"),
    [
        ("en", "5 seats added", "243 of 365 days: 5 × $1,788.00 × 243/365"),
        ("de", "5 zusätzliche Plätze", "243 von 365 Tagen: 5 × 1.788,00 $ × 243/365"),
        ("fr", "5 licences ajoutées", "243 sur 365 jours: 5 × 1 788,00 $US × 243/365"),
        ("es", "5 licencias añadidas", "243 de 365 días: 5 × 1.788,00 US$ × 243/365"),
        ("ja", "5ライセンス追加", "365日のうち243日分: 5 × $1,788.00 × 243/365"),
    ],
)
def test_a_proration_is_explained_so_that_it_can_be_checked(
    locale: str, item: str, working: str
) -> None:
    words = Words(invoice(added(), locale=locale))
    assert words.item(added()) == f"Enterprise+, {item}"
    assert plain(words.working(added())) == working


@given(
    quantity=st.integers(1, 10**6),
    price=st.integers(0, 10**9),
    left=st.integers(1, 365),
    total=st.integers(28, 366),
)
def test_what_is_explained_is_what_was_billed(
    quantity: int, price: int, left: int, total: int
) -> None:
    wording = replace(ADDED, left=left, total=total)
    amount = prorated(price, quantity, Share(left, total, Proration.DAY))
    billed = replace(added(wording), quantity=quantity, unit_price_minor=price, amount_minor=amount)
    told = Words(invoice(billed, currency="JPY")).working(billed)
    assert told is not None
    factors = told.rpartition(": ")[2].replace(",", "").replace("¥", "").split("\xa0×\xa0")
    (seats, each), (numerator, denominator) = map(int, factors[:2]), factors[2].split("/")
    exact = seats * each * int(numerator) * 2 // int(denominator)
    assert (exact + 1) // 2 == amount


@pytest.mark.parametrize(
    ("wording", "item"),
    [
        (None, "as it was"),
        (
            replace(ADDED, added=False, left=None, total=None, unit=None),
            "Enterprise+, 5 seats, billed yearly",
        ),
        (
            replace(ADDED, added=False, interval=BillingInterval.MONTH, left=None, total=None),
            "Enterprise+, 5 seats, billed monthly",
        ),
        (replace(ADDED, left=None, total=None, unit=None), "Enterprise+, 5 seats added"),
    ],
)
def test_a_line_for_a_whole_period_has_nothing_to_explain(
    wording: Wording | None, item: str
) -> None:
    whole = replace(added(), wording=wording)
    words = Words(invoice(whole))
    assert words.item(whole) == item
    assert words.working(whole) is None


def test_seconds_are_called_seconds() -> None:
    by_second = replace(ADDED, left=1_000, total=31_536_000, unit=Proration.SECOND)
    told = Words(invoice()).working(added(by_second))
    assert told is not None
    assert told.startswith("1,000 of 31,536,000 seconds: ")


CREDIT: dict[str, Any] = {
    "kind": "CREDIT_NOTE",
    "status": "ISSUED",
    "credits": Reference(number="ACME-00001", issued_on=date(2026, 7, 1), reason="Billed twice"),
    "total_minor": -124_950,
    "locale": "de",
}


def test_a_credit_note_explains_no_amount_that_it_takes_back_in_part() -> None:
    words = Words(invoice(added(), **CREDIT))
    assert words.working(added()) == "243 von 365 Tagen"
    assert words.title == "Rechnungskorrektur"
    assert words.reference == "ACME-00001 vom 01.07.2026"
    assert plain(words.headline) == "1.249,50 $ USD gutgeschrieben"


@pytest.mark.parametrize(
    ("changes", "headline", "mark"),
    [
        ({}, "1.249,50 €, zahlbar bis 01.01.2027", None),
        ({"payment_terms_days": 0}, "1.249,50 €, zahlbar sofort", None),
        ({"credited_minor": 24_950}, "1.000,00 €, zahlbar bis 01.01.2027", None),
        ({"status": "PAID"}, "1.249,50 € bezahlt", "BEZAHLT"),
        (
            {"status": "PAID", "settled_on": date(2026, 12, 20)},
            "1.249,50 € bezahlt am 20.12.2026",
            "BEZAHLT",
        ),
        ({"status": "VOID"}, "Diese Rechnung ist storniert. Es ist nichts zu zahlen.", "STORNIERT"),
        (
            {"status": "CREDITED"},
            "Diese Rechnung ist vollständig korrigiert. Es ist nichts zu zahlen.",
            "KORRIGIERT",
        ),
        ({"total_minor": 0}, "Es ist nichts zu zahlen.", None),
    ],
)
def test_the_headline_tells_what_is_to_be_paid(
    changes: dict[str, Any], headline: str, mark: str | None
) -> None:
    words = Words(invoice(currency="EUR", locale="de", **changes))
    assert plain(words.headline) == headline
    assert words.mark == mark


@pytest.mark.parametrize(
    ("tax_id", "country", "label"),
    [
        ("DE129273398", "DE", "VAT ID"),
        ("12/345/67890", "DE", "Tax ID"),
        ("EL094259216", "GR", "VAT ID"),
        ("GB999999973", "GB", "VAT number"),
        ("CHE-107.787.577 MWST", "CH", "VAT number"),
        ("84-1234567", "US", "Tax ID"),
        ("83 914 571 673", "AU", "ABN"),
        ("T1234567890123", "JP", "Registration number"),
        ("12-3456", "KW", "Tax ID"),
    ],
)
def test_a_tax_id_has_the_name_that_it_has_in_its_country(
    tax_id: str, country: str, label: str
) -> None:
    party: Party = replace(
        BUYER, tax_id=tax_id, address=replace(BUYER.address, country_code=country)
    )
    assert Words(invoice()).tax_id(party) == f"{label} {tax_id}"


@pytest.mark.parametrize(
    ("locale", "note"),
    [
        ("de", "Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge)."),
        ("fr", "Autoliquidation : la taxe est due par le preneur."),
    ],
)
def test_a_reverse_charge_is_told_in_the_words_of_the_law(locale: str, note: str) -> None:
    taxation = Taxation(treatment=TaxTreatment.REVERSE_CHARGE)
    assert Words(invoice(locale=locale, taxation=taxation)).tax_note == note
