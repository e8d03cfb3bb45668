"""The subscription: changing the number of users, cancelling, resuming."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Tenant
from tests.browser.looks import assert_good_to_use
from tests.browser.steps import dialog, opened, told

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


async def test_changing_users_shows_the_cost_first_and_then_bills_it(
    page: Page, copy: Tenant
) -> None:
    await opened(page, copy)
    change = await dialog(page, "Change users")
    await page.get_by_label("Total of paid users").fill("72")
    # 7 seats x 1788.00 x 98 of 365 days
    for shown in ("7 seats, $1,788.00 a seat a year", "Tax", "$3,360.46", "Nov 23, 2026"):
        await expect(change).to_contain_text(shown)
    await assert_good_to_use(page)
    await page.get_by_role("button", name="Add and bill now").click()
    await told(page, "You now have 72 seats. Invoice ACME-00006 was issued.")
    await expect(page.get_by_text("of 72 seats in use")).to_be_visible()
    await expect(page.get_by_role("rowheader", name="ACME-00006")).to_be_visible()


async def test_fewer_users_wait_and_that_can_be_dropped_by_keyboard(
    page: Page, copy: Tenant
) -> None:
    await opened(page, copy)
    await page.get_by_role("button", name="Change users").press("Enter")
    await expect(page.get_by_label("Total of paid users")).to_be_focused()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("40")
    await expect(page.get_by_role("dialog")).to_contain_text("40 seats from Mar 1, 2027.")
    await page.keyboard.press("Enter")
    await told(page, "From Mar 1, 2027 you will have 40 seats.")
    await expect(page.get_by_role("button", name="Change users")).to_be_focused()
    await expect(page.get_by_text("goes down to 40 seats")).to_be_visible()
    change = await dialog(page, "Change that")
    await page.get_by_label("Total of paid users").fill("65")
    await expect(change).to_contain_text("the decrease to 40 is dropped")
    await page.get_by_role("button", name="Apply").click()
    await told(page, "You have 65 seats.")


async def test_who_would_lose_a_seat_is_named(page: Page, copy: Tenant) -> None:
    await opened(page, copy)
    change = await dialog(page, "Change users")
    await page.get_by_label("Total of paid users").fill("31")
    await expect(change).to_contain_text("3 users would be disabled")
    await expect(change.get_by_role("listitem")).to_have_count(3)
    await assert_good_to_use(page)


REFUSED = {
    "10": "Seat groups hold 29 seats",
    "2000000": "Seats must be between 0 and 1,000,000.",
    "1.5": "Enter a whole number, 0 or more.",
}


async def test_what_is_refused_is_told_at_the_field(page: Page, acme: Tenant) -> None:
    await opened(page, acme)
    change = await dialog(page, "Change users")
    field = page.get_by_label("Total of paid users")
    for total, message in REFUSED.items():
        await field.fill(total)
        description = re.compile(rf"^Now 65 seats\. {re.escape(message)}")
        await expect(field).to_have_accessible_description(description)
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(change.locator("[type=submit]")).to_be_disabled()
    await assert_good_to_use(page)


async def test_a_cancellation_is_confirmed_and_can_be_taken_back(page: Page, copy: Tenant) -> None:
    await opened(page, copy)
    cancel = await dialog(page, "Cancel subscription")
    await expect(cancel).to_contain_text("It ends on Mar 1, 2027")
    await assert_good_to_use(page)
    await cancel.get_by_role("button", name="Cancel subscription").click()
    await told(page, "The subscription will end on Mar 1, 2027.")
    await expect(page.get_by_text("Until then everything works.")).to_be_visible()
    resume = await dialog(page, "Resume")
    await assert_good_to_use(page)
    await resume.get_by_role("button", name="Resume").click()
    await told(page, "The subscription goes on.")
    await expect(page.get_by_role("button", name="Cancel subscription")).to_be_visible()
