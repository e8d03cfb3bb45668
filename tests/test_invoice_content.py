"""What the PDF of an invoice says of its taxes, and of where it stands."""

import asyncio
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from models.invoices import InvoiceDocument
from services import clock, documents, operator_invoices
from services.errors import OperatorError
from services.forms import Form
from tests.test_invoice_details import told
from tests.test_operator_invoices import credit, pay, void
from tests.test_taxes import CANADIAN, monthly, rated
from tests.world import World

pytestmark = pytest.mark.xdist_group("documents")

NUMBER = "ACME-00001"


async def pdf_of(world: World, number: str = NUMBER) -> bytes:
    """The PDF behind the invoice's link."""
    shown = await told(world.client("ada"), "number pdfUrl")
    (url,) = [one["pdfUrl"] for one in shown if one["number"] == number]
    response = await world.http.get(url)
    assert response.status_code == 200
    return response.content


async def text_of(world: World, number: str = NUMBER) -> str:
    pages = PdfReader(BytesIO(await pdf_of(world, number))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


async def test_each_tax_is_told_with_its_base(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    text = await text_of(sqlite_world)
    assert "GST 5% on €273.10 €13.66" in text
    assert "QST 9.975% on €273.10 €27.24" in text


@pytest.mark.parametrize(
    ("tax", "note"),
    [
        ({"treatment": "REVERSE_CHARGE"}, "Reverse charge"),
        (
            {"treatment": "EXEMPT", "exemption_reason": "Article 132(1)(i)"},
            "Exempt from tax: Article 132(1)(i)",
        ),
        ({"treatment": "OUTSIDE_SCOPE"}, "scope"),
    ],
)
async def test_why_there_is_no_tax_is_told(
    sqlite_world: World, tax: dict[str, Any], note: str
) -> None:
    account = monthly(tax)
    account["billing_details"]["tax_id"] = "DE136695976"
    await sqlite_world.load(account)
    assert note in await text_of(sqlite_world)


async def test_an_invoice_is_written_as_its_account_s_locale_was_when_it_was_issued(
    sqlite_world: World,
) -> None:
    account = monthly(rated(*CANADIAN))
    account["billing_details"]["locale"] = "de-DE"
    await sqlite_world.load(account)
    await sqlite_world.client("ada").do("updateBillingDetails", locale="ja")
    text = await text_of(sqlite_world)
    assert "Rechnungsdatum 01.07.2026" in text
    assert "GST 5 % auf 273,10 €" in text


SELLER = {
    "SELLER_LEGAL_NAME": "Northwind GmbH",
    "SELLER_ADDRESS_LINE1": "Leopoldstraße 21",
    "SELLER_CITY": "München",
    "SELLER_COUNTRY_CODE": "DE",
    "SELLER_EMAIL": "billing@northwind.example",
    "SELLER_REGISTRATION": "HRB 12345, Amtsgericht München",
    "SELLER_BANK_IBAN": "DE89370400440532013000",
    "SELLER_BANK_BIC": "COBADEFFXXX",
    "SELLER_BANK_NAME": "Commerzbank",
}


async def test_the_account_to_pay_into_is_told_while_something_is_due(
    sqlite_world: World,
) -> None:
    for name, value in SELLER.items():
        sqlite_world.setting(name, value)
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    account = "Northwind GmbH, IBAN DE89 3704 0044 0532 0130 00, BIC COBADEFFXXX, Commerzbank"
    text = await text_of(sqlite_world)
    assert account in text
    assert "HRB 12345, Amtsgericht München" in text
    # What was issued stays as it was; a credit note names its parties too.
    sqlite_world.setting("SELLER_BANK_NAME", "Another Bank")
    await pay()
    assert "IBAN" not in await text_of(sqlite_world)
    await credit("14")
    assert "HRB 12345" in await text_of(sqlite_world, "ACME-CN-00001")


async def test_the_pdf_says_where_the_invoice_stands(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    first = await pdf_of(world)
    assert await pdf_of(world) == first
    open_ = await text_of(world)
    assert "due by" in open_
    await credit("14")
    part = await text_of(world)
    assert "Credited" in part
    assert "Amount due" in part
    await credit()
    assert "This invoice is credited. No payment is due." in await text_of(world)


async def test_a_paid_invoice_asks_for_nothing(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    assert "Please quote" in await text_of(world)
    await pay()
    paid = await text_of(world)
    assert "PAID" in paid
    assert "paid on Jul 1, 2026" in paid
    assert "Please quote" not in paid


async def test_a_void_invoice_says_so_and_why(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    assert "VOID" not in await text_of(world)
    await void()
    text = await text_of(world)
    assert "This invoice is void. No payment is due." in text
    assert "Reason: Sent twice" in text


async def test_a_credit_note_names_its_invoice_and_why(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await credit("14")
    text = await text_of(sqlite_world, "ACME-CN-00001")
    assert "Credit note number ACME-CN-00001" in text
    assert f"Credit for invoice {NUMBER} of" in text
    assert "Reason: Service was down" in text
    assert "€14.00 credited" in text
    assert "Date due" not in text


async def test_first_downloads_at_once_keep_one_copy(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    copies = await asyncio.gather(*(pdf_of(world) for _ in range(6)))
    assert len(set(copies)) == 1
    assert await InvoiceDocument.all().count() == 1


async def test_what_was_drawn_before_a_change_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    render = documents.render
    drawn = 0

    async def slowly(document: documents.InvoiceDocument, form: Form) -> bytes:
        nonlocal drawn
        drawn += 1
        content = await render(document, form)
        if drawn == 1:
            await void()
        return content

    monkeypatch.setattr(documents, "render", slowly)
    assert "This invoice is void." in await text_of(world)
    assert drawn == 2


async def test_a_damaged_copy_is_not_served(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await pdf_of(sqlite_world)
    await InvoiceDocument.all().update(content=b"%PDF-1.4 something else")
    (shown,) = await told(sqlite_world.client("ada"), "pdfUrl")
    response = await sqlite_world.http.get(shown["pdfUrl"])
    assert response.status_code == 500
    assert b"something else" not in response.content


async def test_documents_that_are_damaged_can_be_made_anew(world: World) -> None:
    await world.load(monthly(rated(*CANADIAN)))
    whole = await pdf_of(world)
    await InvoiceDocument.all().update(content=b"%PDF-1.4 something else")
    shown = await operator_invoices.redraw("acme", NUMBER, clock.now())
    assert (shown["number"], shown["status"]) == (NUMBER, "OPEN")
    assert await pdf_of(world) == whole
    with pytest.raises(OperatorError, match="no invoice ACME-00009"):
        await operator_invoices.redraw("acme", "ACME-00009", clock.now())
