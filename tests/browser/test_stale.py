"""A page that somebody else has overtaken: who changed what, and how to go on."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Tenant
from tests.browser.looks import assert_good_to_use
from tests.browser.steps import dialog, opened, told

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]

ALAN = '{ account { users(filter: {search: "alan@"}) { edges { node { id } } } } }'
PROMOTE = """mutation($id: ID!) {
  setAdministrator(input: {userId: $id, billingAdministrator: true}) { userErrors { code } }
}"""
CHANGE = "mutation { changeUsers(input: {seats: 70}) { userErrors { code } } }"


async def alan_changes_users(tenant: Tenant) -> None:
    """What a second billing administrator does meanwhile."""
    await tenant.send(CHANGE, role="administrator")


async def with_alan(tenant: Tenant) -> Tenant:
    """Makes Alan Turing the account's second billing administrator."""
    found = await tenant.send(ALAN)
    (edge,) = found["account"]["users"]["edges"]
    await tenant.send(PROMOTE, {"id": edge["node"]["id"]})
    return tenant


async def test_a_stale_dialog_says_who_changed_what_and_reloads(page: Page, copy: Tenant) -> None:
    await opened(page, await with_alan(copy))
    change = await dialog(page, "Change users")
    await page.get_by_label("Total of paid users").fill("72")
    await expect(change).to_contain_text("7 seats more from today")
    await alan_changes_users(copy)
    await page.get_by_role("button", name="Add and bill now").click()
    refusal = change.get_by_role("alert")
    await expect(refusal).to_contain_text("Nothing was changed")
    await expect(refusal).to_contain_text(
        re.compile(r"Alan Turing, Nov 23, 2026.*: Users changed from 65 to 70, billed by")
    )
    await assert_good_to_use(page)
    await page.get_by_role("button", name="Reload and look again").click()
    await expect(refusal).to_have_count(0)
    await expect(page.get_by_label("Total of paid users")).to_be_focused()
    await expect(page.get_by_label("Total of paid users")).to_have_value("72")
    await expect(change).to_contain_text("2 seats more from today")
    await page.get_by_role("button", name="Add and bill now").click()
    await expect(page.get_by_text("of 72 seats in use")).to_be_visible()


async def test_a_page_that_follows_says_who_changed_what(page: Page, copy: Tenant) -> None:
    async with page.expect_response(is_a_stream):
        await opened(page, await with_alan(copy))
    await alan_changes_users(copy)
    await told(page, "Alan Turing: Users changed from 65 to 70, billed by ACME-00006.")
    await expect(page.get_by_text("of 70 seats in use")).to_be_visible()


async def test_a_dialog_is_left_as_it_was_opened(wide_page: Page, copy: Tenant) -> None:
    async with wide_page.expect_response(is_a_stream):
        await opened(wide_page, await with_alan(copy))
    await dialog(wide_page, "Change users")
    await wide_page.get_by_label("Total of paid users").fill("72")
    await alan_changes_users(copy)
    await wide_page.wait_for_timeout(700)
    await expect(wide_page.get_by_text("of 65 seats in use")).to_be_visible()
    await expect(wide_page.get_by_label("Total of paid users")).to_have_value("72")
    await wide_page.keyboard.press("Escape")
    await expect(wide_page.get_by_text("of 70 seats in use")).to_be_visible()


def is_a_stream(response: object) -> bool:
    """Whether the server goes on answering, with each change."""
    headers: dict[str, str] = getattr(response, "headers", {})
    return headers.get("content-type", "").startswith("text/event-stream")
