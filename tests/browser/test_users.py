"""Users: found, invited, moved, disabled and enabled, with their roles; who may manage them."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Tenant
from tests.browser.looks import assert_good_to_use
from tests.browser.steps import dialog, opened, told

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


def users(page: Page) -> Locator:
    """The users' part of the page."""
    return page.get_by_role("region", name="Users")


def row(page: Page, name: str) -> Locator:
    """The line of a user."""
    return users(page).get_by_role("row").filter(has_text=name)


async def find(page: Page, text: str) -> None:
    """Searches."""
    await users(page).get_by_label("Search").fill(text)


async def test_users_are_found_by_name_status_seat_and_group(page: Page, acme: Tenant) -> None:
    await opened(page, acme)
    shown = users(page).get_by_role("rowheader")
    await find(page, "EAMES")
    await expect(shown).to_have_count(2)
    await users(page).get_by_label("Group").select_option(label="Marketing")
    await expect(users(page).get_by_text("No user matches.")).to_be_visible()
    await assert_good_to_use(page)
    await users(page).get_by_role("button", name="Show all users").click()
    await expect(users(page).get_by_text("23 users")).to_be_visible()
    await users(page).get_by_label("Status").select_option(label="Invited")
    await expect(shown).to_have_count(1)
    await users(page).get_by_label("Status").select_option(label="Any")
    await users(page).get_by_label("Seat").select_option(label="None")
    await expect(row(page, "René Descartes")).to_be_visible()
    await expect(row(page, "Ada Lovelace")).to_have_count(0)


async def test_a_user_is_invited_where_there_is_room(page: Page, copy: Tenant) -> None:
    await opened(page, copy)
    invite = await dialog(page, "Invite user")
    await invite.get_by_label("Name").fill("Ray Kaiser")
    await invite.get_by_label("E-mail").fill("kaiser@acme.example")
    await invite.get_by_label("Group").select_option(label="Design (full)")
    await invite.get_by_label("Role in Roadmap").select_option("CONTRIBUTOR")
    await invite.get_by_role("button", name="Invite").click()
    await expect(invite).to_contain_text('Seat group "Design" is full')
    await expect(invite.get_by_label("Group")).to_have_attribute("aria-invalid", "true")
    await assert_good_to_use(page)
    await invite.get_by_label("Group").select_option(label="Marketing (6 free)")
    await invite.get_by_role("button", name="Invite").click()
    await told(page, "Ray Kaiser was invited.")
    await find(page, "kaiser")
    for shown in ("Invited", "Paid", "Marketing", "Roadmap contributor"):
        await expect(row(page, "Ray Kaiser")).to_contain_text(shown)


async def test_roles_are_saved_one_by_one_and_a_refusal_is_told_at_its_place(
    page: Page, copy: Tenant
) -> None:
    await opened(page, copy)
    await find(page, "rene@")
    roles = await dialog(page, "Roles René Descartes")
    await roles.get_by_label("Role in Docs").select_option("CONTRIBUTOR")
    await roles.get_by_label("Administrator", exact=True).check()
    await assert_good_to_use(page)
    await roles.get_by_role("button", name="Save").click()
    await told(page, "The roles of René Descartes were saved.")
    for shown in ("Paid", "Administrator, Docs contributor"):
        await expect(row(page, "René Descartes")).to_contain_text(shown)
    await find(page, "ada@")
    roles = await dialog(page, "Roles Ada Lovelace")
    await roles.get_by_label("Role in Roadmap").select_option("VIEWER")
    await roles.get_by_label("Billing administrator").uncheck()
    await roles.get_by_role("button", name="Save").click()
    await expect(roles).to_contain_text("last billing administrator")
    await roles.get_by_role("button", name="Close", exact=True).last.click()
    await expect(row(page, "Ada Lovelace")).to_contain_text("Roadmap viewer")
    await expect(row(page, "Ada Lovelace")).to_contain_text("Billing administrator")


async def test_a_user_is_moved_disabled_and_enabled(page: Page, copy: Tenant) -> None:
    await opened(page, copy)
    await find(page, "carl@")
    move = await dialog(page, "Move Carl Friedrich Gauß")
    await move.get_by_label("Group").select_option(label="Marketing (6 free)")
    await assert_good_to_use(page)
    await move.get_by_role("button", name="Move").click()
    await told(page, "Carl Friedrich Gauß was moved.")
    await expect(row(page, "Carl")).to_contain_text("Marketing")
    disable = await dialog(page, "Disable Carl Friedrich Gauß")
    await assert_good_to_use(page)
    await disable.get_by_role("button", name="Disable").click()
    await told(page, "Carl Friedrich Gauß was disabled.")
    await expect(row(page, "Carl")).to_contain_text("Disabled")
    enable = await dialog(page, "Enable Carl Friedrich Gauß")
    await assert_good_to_use(page)
    await enable.get_by_role("button", name="Enable").click()
    await told(page, "Carl Friedrich Gauß was enabled.")
    await expect(row(page, "Carl")).to_contain_text("Active")


async def test_only_billing_administrators_manage_users_once_that_is_set(
    page: Page, copy: Tenant
) -> None:
    await opened(page, copy)
    box = page.get_by_label("Only billing administrators can manage users")
    await box.check()
    await told(page, "License management was saved.")
    await expect(box).to_be_checked()
    await opened(page, copy, "administrator")
    await expect(page.get_by_text("managed by billing administrators alone")).to_be_visible()
    await expect(page.get_by_role("button", name="Invite user")).to_have_count(0)
    await expect(page.get_by_role("button", name="Disable")).to_have_count(0)


async def test_a_refusal_without_a_field_to_stand_at_is_told_all_the_same(
    page: Page, copy: Tenant
) -> None:
    await opened(page, copy)
    await page.get_by_label("Every new paid user must be in a seat group").check()
    await told(page, "License management was saved.")
    # Alan Turing administers no group, so there is none for him to choose.
    await opened(page, copy, "administrator")
    invite = await dialog(page, "Invite user")
    await invite.get_by_label("Name").fill("Hedy Lamarr")
    await invite.get_by_label("E-mail").fill("hedy@acme.example")
    await expect(invite.get_by_label("Group")).to_have_count(0)
    await invite.get_by_label("Role in Docs").select_option("CONTRIBUTOR")
    await invite.get_by_role("button", name="Invite").click()
    await expect(invite.get_by_role("alert")).to_contain_text("seat group")
    await assert_good_to_use(page)


async def test_a_group_administrator_invites_into_the_own_group(page: Page, copy: Tenant) -> None:
    await opened(page, copy, "group administrator")
    invite = await dialog(page, "Invite user")
    await invite.get_by_label("Name").fill("Hedy Lamarr")
    await invite.get_by_label("E-mail").fill("grace@acme.example")
    assert await invite.get_by_label("Group").inner_text() == "Marketing (6 free)"
    await invite.get_by_label("Role in Docs").select_option("CONTRIBUTOR")
    await invite.get_by_role("button", name="Invite").click()
    await expect(invite.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    await invite.get_by_label("E-mail").fill("hedy@acme.example")
    await invite.get_by_role("button", name="Invite").click()
    await told(page, "Hedy Lamarr was invited.")
    await expect(row(page, "Hedy Lamarr")).to_contain_text("Invited")
    await expect(page.get_by_role("region", name="Seat groups")).to_contain_text("5")


async def test_a_product_owner_invites_with_roles_in_the_own_product(
    wide_page: Page, copy: Tenant
) -> None:
    await opened(wide_page, copy, "product owner")
    invite = await dialog(wide_page, "Invite user")
    await expect(invite.get_by_label("Role in Roadmap")).to_have_count(0)
    await invite.get_by_label("Name").fill("Hedy Lamarr")
    await invite.get_by_label("E-mail").fill("hedy@acme.example")
    await invite.get_by_label("Role in Docs").select_option("REVIEWER")
    await invite.get_by_role("button", name="Invite").click()
    await told(wide_page, "Hedy Lamarr was invited.")
