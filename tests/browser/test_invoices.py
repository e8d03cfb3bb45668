"""The invoice history."""

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.accounts import CREDITED
from tests.browser.conftest import Served, Tenant
from tests.browser.looks import assert_good_to_use
from tests.browser.steps import dialog, opened

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


async def test_invoices_have_number_date_amount_and_status(page: Page, acme: Tenant) -> None:
    await opened(page, acme)
    row = page.get_by_role("row").filter(has_text="ACME-00005")
    for shown in ("May 11, 2026", "$14,401.97", "Open, due Jun 10, 2026"):
        await expect(row).to_contain_text(shown)


async def test_older_invoices_are_shown_when_asked_for(page: Page, bruecke: Tenant) -> None:
    await page.goto(f"{bruecke.address}/#token={bruecke.token('hanna@bruecke.example')}")
    invoices = page.get_by_role("region", name="Invoices")
    await expect(invoices.get_by_role("rowheader", name="BRW-00017")).to_be_visible()
    await expect(invoices.get_by_role("rowheader", name="BRW-00001")).to_have_count(0)
    older = invoices.get_by_role("button", name="Show older")
    while await older.count():
        before = await invoices.get_by_role("rowheader").count()
        await older.click()
        await expect(invoices.get_by_role("rowheader").nth(before)).to_be_visible()
        await expect(invoices).to_have_attribute("aria-busy", "false")
    await expect(invoices.get_by_role("rowheader")).to_have_count(17)


async def test_credit_notes_and_what_is_left_to_pay_are_shown(page: Page, served: Served) -> None:
    await opened(page, Tenant(served, CREDITED))
    if await (older := page.get_by_role("button", name="Show older")).count():
        await older.click()
    note = page.get_by_role("row").filter(has_text="ACME-CN-00001")
    await expect(note).to_contain_text("for ACME-00005")
    await expect(note).to_contain_text("-$100.00")
    await expect(note).to_contain_text("Credit note")
    for number, shown in (("00005", "to pay"), ("00004", "Credited"), ("00003", "Void")):
        rows = page.get_by_role("row").filter(has_text=f"ACME-{number}")
        invoice = rows.filter(has_not_text="Credit note")
        await expect(invoice).to_contain_text(shown)
    await assert_good_to_use(page)


async def test_invoices_of_some_days_are_downloaded(page: Page, acme: Tenant) -> None:
    await opened(page, acme)
    export = await dialog(page, "Download")
    await expect(export.get_by_role("status")).to_have_text("6 documents.")
    await export.get_by_label("From").fill("2026-03-01")
    await export.get_by_label("To").fill("2026-04-30")
    await expect(export.get_by_role("status")).to_have_text("1 document.")
    await assert_good_to_use(page)
    async with page.expect_download() as begun:
        await export.get_by_role("link", name="Table (CSV)").click()
    file = await (await begun.value).path()
    assert b"ACME-00004" in file.read_bytes()
    await export.get_by_label("To").fill("2026-02-01")
    await expect(export.get_by_role("status")).to_contain_text("must not be after")
    await expect(export.get_by_role("button", name="PDFs (ZIP)")).to_be_disabled()


FORMS = {
    "PDF": b"%PDF-",
    "Factur-X": b"CrossIndustryInvoice",
    "UBL": b"oasis:names:specification:ubl",
}


async def test_an_invoice_opens_in_each_form(wide_page: Page, acme: Tenant) -> None:
    await opened(wide_page, acme)
    async with httpx.AsyncClient(timeout=30) as http:
        for form, told in FORMS.items():
            link = wide_page.get_by_role("link", name=f"{form} of ACME-00005", exact=True)
            response = await http.get(await link.get_attribute("href") or "")
            assert response.status_code == 200
            assert told in response.content
