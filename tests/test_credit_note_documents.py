"""Credit notes leave the house as invoices do: as a PDF, by mail."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from models.mails import Mail
from tests.mailserver import MailServer, send_through, serving
from tests.test_invoice_details import told
from tests.test_mails import send
from tests.test_operator_invoices import credit
from tests.test_taxes import CANADIAN, monthly, rated
from tests.world import World

pytestmark = pytest.mark.xdist_group("documents")


async def test_a_credit_note_has_a_pdf_with_its_number_and_amount(sqlite_world: World) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    await credit("14")
    _, note = await told(sqlite_world.client("ada"), "pdfUrl")
    response = await sqlite_world.http.get(note["pdfUrl"])
    assert response.status_code == 200
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)
    assert "ACME-CN-00001" in text
    assert "\N{MINUS SIGN}€14.00" in text


async def test_a_credit_note_is_mailed_to_the_billing_address_of_its_day(
    sqlite_world: World,
) -> None:
    await sqlite_world.load(monthly(rated(*CANADIAN)))
    async with serving(MailServer()) as server:
        send_through(server, sqlite_world.monkeypatch)
        new = "bills@acme.example"
        await sqlite_world.client("ada").do("updateBillingDetails", billingEmail=new)
        await credit("14")
        assert (await Mail.get()).recipient == new
        assert await send() == 1
        (letter,) = server.taken
    assert letter["Subject"] == "Credit note ACME-CN-00001 from Seatwise Demo Vendor Ltd."
    (attachment,) = letter.iter_attachments()
    assert attachment.get_filename() == "ACME-CN-00001.pdf"
