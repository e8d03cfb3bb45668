"""What each of the demo's people sees, and what they are told of the rest."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Tenant
from tests.browser.looks import assert_good_to_use, assert_nothing_jumped
from tests.browser.steps import opened

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]

GROUPS = "All groups of the account."


async def sections(page: Page) -> list[str]:
    """The headings of what is shown."""
    return await page.get_by_role("heading", level=2).all_inner_texts()


async def test_a_billing_administrator_sees_everything_at_a_glance(
    page: Page, acme: Tenant
) -> None:
    await opened(page, acme)
    assert await sections(page) == [
        "Enterprise+",
        "Seat groups",
        "Users",
        "Invoices",
        "License management",
    ]
    plan = page.get_by_role("region", name="Enterprise+")
    for shown in ("Billed yearly", "20 of 65 seats in use", "Mar 1, 2026 – Feb 28, 2027"):
        await expect(plan).to_contain_text(shown)
    bar = "In use: 20, Allocated to groups, not in use: 14, Free: 31"
    await expect(page.get_by_role("img", name=bar)).to_be_visible()
    await expect(plan.get_by_role("definition").filter(has_text="Mar 1, 2027")).to_be_visible()
    await assert_good_to_use(page)
    await assert_nothing_jumped(page)


async def test_an_administrator_manages_users_and_sees_no_prices(page: Page, acme: Tenant) -> None:
    await opened(page, acme, "administrator")
    assert await sections(page) == ["Your access", "Seat groups", "Users", "License management"]
    await expect(page.get_by_text("are for billing administrators")).to_be_visible()
    await expect(page.get_by_text(GROUPS)).to_be_visible()
    await expect(page.get_by_role("button", name="Move Emmy Noether")).to_be_visible()
    await expect(page.get_by_role("button", name="Create group")).to_have_count(0)
    await expect(page.get_by_text("$")).to_have_count(0)


async def test_a_product_owner_gives_roles_in_the_own_product_alone(
    page: Page, acme: Tenant
) -> None:
    await opened(page, acme, "product owner")
    await expect(page.get_by_text(GROUPS)).to_be_visible()
    await expect(page.get_by_role("button", name="Disable")).to_have_count(0)
    await page.get_by_role("button", name="Roles Emmy Noether").click()
    await expect(page.get_by_label("Role in Docs")).to_be_visible()
    await expect(page.get_by_label("Role in Roadmap")).to_have_count(0)
    await expect(page.get_by_role("dialog").get_by_role("checkbox")).to_have_count(0)
    await assert_good_to_use(page)


async def test_a_group_administrator_sees_the_own_group(page: Page, acme: Tenant) -> None:
    await opened(page, acme, "group administrator")
    await expect(page.get_by_text("Administrator of Marketing")).to_be_visible()
    await expect(page.get_by_text("You see the groups that you administer")).to_be_visible()
    await expect(page.get_by_role("rowheader", name="Marketing")).to_be_visible()
    await expect(page.get_by_role("rowheader", name="Engineering")).to_have_count(0)
    await expect(page.get_by_text("4 users")).to_be_visible()
    await assert_good_to_use(page)


async def test_a_plain_user_is_told_whose_the_rest_is(page: Page, acme: Tenant) -> None:
    await opened(page, acme, "plain user")
    assert await sections(page) == ["Your access", "License management"]
    access = page.get_by_role("region", name="Your access")
    await expect(access).to_contain_text("Roadmap contributor")
    await expect(access).to_contain_text("Seat groups and users are for administrators")
    await expect(access).to_contain_text("Ask a billing administrator of Acme Inc.")
    for box in await page.get_by_role("checkbox").all():
        await expect(box).to_be_disabled()
    await assert_good_to_use(page)


async def test_what_a_plan_does_not_have_says_which_one_does(page: Page, bruecke: Tenant) -> None:
    await page.goto(f"{bruecke.address}/#token={bruecke.token('hanna@bruecke.example')}")
    groups = page.get_by_role("region", name="Seat groups")
    await expect(groups).to_contain_text("Enterprise+")
    await expect(groups.get_by_role("button")).to_have_count(0)
    settings = page.get_by_role("region", name="License management")
    await expect(settings).to_contain_text("These settings come with Enterprise+.")
    await expect(settings.get_by_role("checkbox").first).to_be_disabled()
    await assert_good_to_use(page)
