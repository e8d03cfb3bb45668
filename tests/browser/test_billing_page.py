"""The billing page: what a billing administrator does there, and what others see."""

import httpx
import pytest
from playwright.async_api import Page, expect

from services import demo
from tests.browser.conftest import Served

pytestmark = pytest.mark.xdist_group("browser")


async def opened(page: Page, served: Served, role: str = "billing administrator") -> None:
    await page.goto(f"{served.address}/#token={served.tokens[demo.PEOPLE[role]]}")
    await expect(page.get_by_role("heading", name="Acme Inc.")).to_be_visible()


async def test_the_page_shows_plan_seats_groups_users_and_invoices(
    page: Page, served: Served
) -> None:
    await opened(page, served)
    await expect(page.get_by_role("heading", name="Enterprise+")).to_be_visible()
    await expect(page.get_by_text("of 65 seats in use")).to_be_visible()
    for shown in ("Marketing", "Grace Hopper", "ACME-00005"):
        await expect(page.get_by_text(shown, exact=True).first).to_be_visible()


async def test_changing_users_shows_the_cost_first_and_then_bills_it(
    page: Page, served_anew: Served
) -> None:
    await opened(page, served_anew)
    await page.get_by_role("button", name="Change users").click()
    await page.get_by_label("Total of paid users").fill("72")
    # 7 seats x 1788.00 x 98 of 365 days
    await expect(page.get_by_role("dialog")).to_contain_text("$3,360.46")
    await page.get_by_role("button", name="Add and bill now").click()
    await expect(page.get_by_text("of 72 seats in use")).to_be_visible()
    await expect(page.get_by_role("rowheader", name="ACME-00006")).to_be_visible()


async def test_a_total_below_the_groups_is_refused_at_the_field(page: Page, served: Served) -> None:
    await opened(page, served)
    await page.get_by_role("button", name="Change users").click()
    await page.get_by_label("Total of paid users").fill("10")
    await expect(page.get_by_role("dialog")).to_contain_text("Seat groups hold 29 seats")


async def test_a_cancellation_is_confirmed_and_can_be_taken_back(
    page: Page, served_anew: Served
) -> None:
    await opened(page, served_anew)
    await page.get_by_role("button", name="Cancel subscription").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel subscription").click()
    await page.get_by_role("button", name="Resume").click()
    await page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("button", name="Cancel subscription")).to_be_visible()


async def test_inviting_into_a_full_group_is_refused_with_the_group_s_name(
    page: Page, served: Served
) -> None:
    await opened(page, served)
    await page.get_by_role("button", name="Invite user").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Ray Kaiser")
    await dialog.get_by_label("E-mail").fill("kaiser@acme.example")
    await dialog.get_by_label("Group").select_option(label="Design")
    await dialog.get_by_label("Role in Roadmap").select_option("CONTRIBUTOR")
    await dialog.get_by_role("button", name="Invite").click()
    await expect(dialog).to_contain_text('Seat group "Design" is full')


async def test_credit_notes_and_what_is_left_to_pay_are_shown(
    page: Page, served_anew: Served
) -> None:
    because = ("--account", "acme", "--reason", "Service was down")
    served_anew.operate("invoice", "credit", *because, "--amount", "100", "ACME-00005")
    served_anew.operate("invoice", "credit", *because, "ACME-00004")
    served_anew.operate("invoice", "void", *because, "ACME-00003")
    await opened(page, served_anew)
    note = page.get_by_role("row").filter(has_text="ACME-CN-00001")
    await expect(note).to_contain_text("for ACME-00005")
    await expect(note).to_contain_text("-$100.00")
    await expect(note).to_contain_text("Credit note")
    for number, shown in (("00005", "to pay"), ("00004", "Credited"), ("00003", "Void")):
        rows = page.get_by_role("row").filter(has_text=f"ACME-{number}")
        invoice = rows.filter(has_not_text="Credit note")
        await expect(invoice).to_contain_text(shown)


async def test_an_invoice_opens_as_pdf(page: Page, served: Served) -> None:
    await opened(page, served)
    link = await page.get_by_role("link", name="PDF").first.get_attribute("href")
    assert link is not None
    async with httpx.AsyncClient(timeout=30) as http:
        response = await http.get(link)
    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")


async def test_a_plain_user_is_told_what_only_billing_administrators_see(
    page: Page, served: Served
) -> None:
    await opened(page, served, "plain user")
    told = "Only billing administrators of this account see its plan, seats and prices."
    await expect(page.get_by_text(told)).to_be_visible()
    await expect(page.get_by_role("button", name="Change users")).to_have_count(0)
