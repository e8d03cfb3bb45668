"""An invoice's PDF: what it says, how it looks on many pages, and what it survives."""

import asyncio
import importlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from services import documents, money, rendering, settings, taxes, typesetting
from services.documents import Address, DocumentLine, InvoiceDocument, Party, RenderError, Seller
from services.forms import FORMS
from services.phrases import Reader
from services.taxes import Taxation, TaxRate, TaxTreatment

# Beside other files' tests, so that they need one worker and draw each document once.
pytestmark = pytest.mark.xdist_group("documents")

SELLER = Seller(
    legal_name="Northwind Software, Inc.",
    address=Address(
        line1="548 Market Street",
        line2="Suite 300",
        postal_code="94104",
        city="San Francisco",
        region="CA",
        country_code="US",
    ),
    tax_id="US 84-1234567",
    email="billing@northwind.example",
)
BUYER = Party(
    legal_name="Bayerische Möbelwerke GmbH",
    address=Address(
        line1="Leopoldstraße 21",
        line2=None,
        postal_code="80802",
        city="München",
        region=None,
        country_code="DE",
    ),
    tax_id="DE129273398",
    email="rechnung@moebelwerke.example",
)

READER = Reader("documents", "en_US")

NAMES = (
    "Ακρόπολις Λογισμικό ΑΕ",
    "ООО «Яндекс Облако»",
    "Công ty Nguyễn Thị Ánh",
    "上海软件有限公司",
    "株式会社山田ソフトウェア",
    "한국전자통신 주식회사",
    "Société Générale № 5 − ½",
)


def line(description: str = "Enterprise+ seats", amount_minor: int = 58_800) -> DocumentLine:
    return DocumentLine(
        description=description,
        wording=None,
        quantity=12,
        unit_price_minor=4_900,
        period_start=date(2026, 7, 1),
        period_end=date(2027, 3, 1),
        amount_minor=amount_minor,
    )


def taxed(rate_ppm: int) -> Taxation:
    rate = TaxRate(name="VAT", rate_ppm=rate_ppm)
    return Taxation(treatment=TaxTreatment.STANDARD, rates=(rate,))


def invoice(*lines: DocumentLine, **changes: Any) -> InvoiceDocument:
    whole = InvoiceDocument(
        kind="RENEWAL",
        number="ACME-00042",
        status="OPEN",
        issued_on=date(2026, 12, 2),
        due_on=date(2027, 1, 1),
        issued_at=datetime(2026, 12, 2, 9, 30, tzinfo=UTC),
        payment_terms_days=30,
        currency="USD",
        locale="en_US",
        seller=SELLER,
        buyer=BUYER,
        purchase_order_number="PO-7781",
        lines=lines or (line(),),
        subtotal_minor=105_000,
        taxation=taxed(190_000),
        taxes=taxes.amounts(taxed(190_000), 105_000),
        tax_minor=19_950,
        total_minor=124_950,
    )
    return replace(whole, **changes)


def named(name: str) -> InvoiceDocument:
    return invoice(buyer=replace(BUYER, legal_name=name))


@cache
def drawn(document: InvoiceDocument) -> documents.Drawing:
    return rendering.draw(document)


def pages(document: InvoiceDocument) -> list[str]:
    reader = PdfReader(BytesIO(drawn(document).content))
    return [page.extract_text().replace("\xa0", " ") for page in reader.pages]


def text(document: InvoiceDocument) -> str:
    return " ".join(" ".join(pages(document)).split())


@pytest.fixture(scope="module", autouse=True)
def worker() -> Iterator[None]:
    """One worker for all these tests, of which each has an event loop of its own."""
    yield
    asyncio.run(documents.close())


# What it says.


@pytest.mark.parametrize(
    "fact",
    [
        "ACME-00042",
        "Dec 2, 2026",
        "Jan 1, 2027",
        "PO-7781",
        "Northwind Software, Inc.",
        "548 Market Street Suite 300 San Francisco, CA 94104 United States",
        "Tax ID US 84-1234567",
        "billing@northwind.example",
        "Bayerische Möbelwerke GmbH",
        "Leopoldstraße 21 80802 München Germany",
        "VAT ID DE129273398",
        "$1,249.50 USD due by Jan 1, 2027",
        "Enterprise+ seats Jul 1, 2026 – Feb 28, 2027 12 $49.00 $588.00",
        "Subtotal $1,050.00",
        "VAT 19% on $1,050.00 $199.50",
        "Total $1,249.50 USD",
        "Payment is due within 30 days, by Jan 1, 2027.",
        "Northwind Software, Inc. · ACME-00042",
        "Page 1 of 1",
    ],
)
def test_an_invoice_says(fact: str) -> None:
    assert fact in text(invoice())


@pytest.mark.parametrize(
    ("changes", "present", "absent"),
    [
        ({"status": "OPEN"}, "due by", "PAID"),
        ({"status": "PAID"}, "PAID", "due by"),
        ({"status": "VOID"}, "This invoice is void. No payment is due.", "Payment terms"),
        ({"payment_terms_days": 0}, "Payment is due on receipt.", "within"),
        ({"payment_terms_days": 1}, "within 1 day, by", "days"),
        ({"purchase_order_number": None}, "Date due", "Purchase order"),
        ({"seller": replace(SELLER, tax_id=None)}, "VAT ID DE", "Tax ID US"),
        ({"total_minor": 0}, "No payment is due.", "due by"),
    ],
)
def test_an_invoice_says_what_its_state_asks_for(
    changes: dict[str, Any], present: str, absent: str
) -> None:
    said = text(invoice(**changes))
    assert present in said
    assert absent not in said


@pytest.mark.parametrize(
    ("rate", "written"),
    [(190_000, "19%"), (88_750, "8.875%"), (1, "0.0001%"), (0, "0%"), (1_000_000, "100%")],
)
def test_the_tax_rate_is_exact_without_needless_zeros(rate: int, written: str) -> None:
    assert READER.percent(rate) == written


@pytest.mark.parametrize(
    ("currency", "amount", "total"),
    [
        ("USD", "$588.00", "$1,249.50 USD"),
        ("EUR", "€588.00", "€1,249.50"),
        ("JPY", "¥58,800", "¥124,950 JPY"),
        ("KWD", "KWD 58.800", "KWD 124.950"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(
    currency: str, amount: str, total: str
) -> None:
    said = text(invoice(currency=currency))
    assert f" {amount} " in said
    assert f"Total {total}" in said


def test_a_credit_shows_a_minus_sign() -> None:
    assert "\u2212$13.95" in text(invoice(line(), line("Credit", -1_395)))


def test_every_currency_can_be_drawn() -> None:
    for code in money.CURRENCIES:
        written = READER.amount_with_code(-124_950, code)
        assert typesetting.boxed(typesetting.normal(written))[1] == ()


# Scripts.


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back_as_it_was_written(name: str) -> None:
    document = invoice(*map(line, NAMES))
    assert name in text(document)
    assert drawn(document).missing == ()


def test_hebrew_stands_in_visual_order_within_left_to_right_text() -> None:
    said = text(invoice(line("Seats for אור (12 users)")))
    assert "Seats for" in said
    assert "אור" in said or "רוא" in said


def test_arabic_letters_are_joined() -> None:
    document = invoice(line("Seats for مكتب"))
    assert drawn(document).missing == ()
    assert "\ufee3" in text(document)  # meem in its initial form


def test_accents_written_apart_are_joined_to_their_letters() -> None:
    assert "Mu\u0308nchen" not in text(named("Mu\u0308nchen"))
    assert drawn(named("Mu\u0308nchen")).content == drawn(named("M\u00fcnchen")).content


@pytest.mark.parametrize("space", ["\u3000", "\t", "\n", "\r\n", "\u2028", "\x85", " \u2003"])
def test_every_space_and_every_end_of_line_is_a_space(space: str) -> None:
    assert typesetting.normal(f"Acme{space}Works") == "Acme Works"


@pytest.mark.parametrize("space", ["\xa0", "\u202f", "\u2007"])
def test_a_space_that_must_not_break_stays_one(space: str) -> None:
    assert typesetting.normal(f"1{space}000") == "1\xa0000"
    assert typesetting.boxed("\xa0") == ("\xa0", ())


def test_marks_of_direction_and_controls_are_not_drawn() -> None:
    hidden = named("\u200eAc\x00me\x07 \u200b\u202eWor\u00adks\u200f\ufeff\ud800")
    assert drawn(hidden).missing == ()
    assert "Works" in text(hidden)
    assert "\u25a1" not in text(hidden)


def test_the_weights_of_a_face_cover_the_same_characters() -> None:
    for face in typesetting.FACES:
        covered = [frozenset(typesetting.read_font(file).charToGlyph) for _, file in face.files]
        assert all(characters == covered[0] for characters in covered)


# Pages.


@pytest.mark.parametrize(("lines", "count"), [(1, 1), (60, 3), (300, 12)])
def test_every_page_carries_its_number_and_the_heads(lines: int, count: int) -> None:
    document = invoice(*[line(f"Line {index}") for index in range(lines)])
    said = pages(document)
    assert len(said) == count
    for number, page in enumerate(said, 1):
        assert f"Page {number} of {count}" in page
        assert page.count("Unit price") == 1
    for index in range(lines):
        assert sum(f"Line {index}\n" in page for page in said) == 1


def test_the_totals_stay_together_with_a_line_above_them() -> None:
    for lines in range(9, 15):
        last = pages(invoice(*[line(f"Line {index}") for index in range(lines)]))[-1]
        assert f"Line {lines - 1}" in last
        assert all(word in last for word in ("Subtotal", "VAT 19%", "Total", "Payment terms"))


@pytest.mark.parametrize("lines", [1, 2, 20, 21])
def test_no_page_ends_with_the_heads_of_lines_that_are_on_the_next(lines: int) -> None:
    long = replace(BUYER, legal_name="Gesellschaft " * 24)
    document = invoice(*[line(f"Line {index}") for index in range(lines)], buyer=long)
    for page in pages(replace(document, seller=replace(SELLER, legal_name="Verein " * 46))):
        assert ("Line " in page) == ("Unit price" in page)


# Hostile and odd values.


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>bold</b> & <script>alert(1)</script>",
        "</td></tr></table><h1>Paid</h1>",
        "{{ 7 * 7 }} {% raw %}",
        '<img src="file:///etc/passwd"/>',
        "&lt;already&gt; \u0338escaped",
        "\"quoted\" 'single' `back`",
    ],
)
def test_markup_in_a_value_is_plain_text(hostile: str) -> None:
    document = invoice(
        line(hostile),
        number=hostile,
        purchase_order_number=hostile,
        seller=replace(SELLER, legal_name=hostile, tax_id=hostile, email=hostile),
    )
    said = text(document).replace(" ", "")
    assert said.count(typesetting.normal(hostile).replace(" ", "")) >= 4
    assert "49" not in said.replace("$49.00", "").replace("$1,249.50", "")


def test_a_name_of_300_characters_wraps_and_is_whole() -> None:
    document = invoice(line("W" * 300), buyer=replace(BUYER, legal_name="x" * 300))
    said = text(document).replace(" ", "")
    assert "W" * 300 in said
    assert "x" * 300 in said


async def test_a_character_that_no_font_has_becomes_a_box_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "services.documents"):
        content = await documents.render(named("Rocket \U0001f680 Inc."))
    assert "Rocket \u25a1 Inc." in PdfReader(BytesIO(content)).pages[0].extract_text()
    assert "invoice.glyph_missing" in caplog.text
    assert "U+1F680" in caplog.text


def test_what_the_library_only_warns_of_fails_the_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        typesetting, "font_rules", lambda text, language: "@import url(elsewhere.css);"
    )
    with pytest.raises(RenderError):
        rendering.draw(invoice())


# The worker.


async def test_the_same_document_is_the_same_bytes_in_any_process() -> None:
    document = named("株式会社山田 مكتب")
    first = await documents.render(document)
    again = await documents.render(document)
    await documents.close()
    elsewhere = await documents.render(document)
    assert first == again == elsewhere == drawn(document).content


def test_the_dates_in_the_file_are_those_of_issue() -> None:
    details = PdfReader(BytesIO(drawn(invoice()).content)).metadata
    assert details is not None
    assert details.creation_date == datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
    assert details.title == "Invoice ACME-00042"
    assert "SOURCE_DATE_EPOCH" not in os.environ


async def test_work_that_takes_too_long_or_crashes_fails_and_the_next_drawing_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(documents, "TIME_LIMIT_SECONDS", 0.2)
        with pytest.raises(RenderError, match=r"0\.2 s"):
            await documents._in_worker(time.sleep, 60)
    with pytest.raises(RenderError, match="ProcessExpired"):
        await documents._in_worker(os._exit, 1)
    with pytest.raises(RenderError, match="MemoryError"):
        await documents._in_worker(bytearray, 2 * documents.MEMORY_LIMIT_BYTES)
    assert (await documents.render(invoice())).startswith(b"%PDF-")


def test_the_worker_serves_one_event_loop_after_another() -> None:
    first = asyncio.run(documents.render(invoice()))
    assert asyncio.run(documents.render(invoice())) == first


async def test_closing_cancels_whoever_waits() -> None:
    waiting = asyncio.create_task(documents._in_worker(time.sleep, 60))
    await asyncio.sleep(0.1)
    await documents.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_as_many_workers_draw_at_once_as_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await documents.close()
    monkeypatch.setenv("DOCUMENT_WORKERS", "2")
    settings.current.cache_clear()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Each of the two waits for the other.
    both = (documents._in_worker(pipe.read_text), documents._in_worker(pipe.write_text, "met"))
    read, written = await asyncio.gather(*both)
    assert (read, written) == ("met", 3)
    await documents.close()


async def test_closing_without_a_worker_does_nothing() -> None:
    await documents.close()
    await documents.close()


def test_the_server_does_not_pay_for_the_pdf_library() -> None:
    program = "import sys, services.documents; print('xhtml2pdf' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout.strip() == b"False"
    for kind in FORMS.values():
        module, _, name = kind.maker.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
