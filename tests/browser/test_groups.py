"""Paid seat groups, by whoever pays for them."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Tenant
from tests.browser.looks import assert_good_to_use
from tests.browser.steps import dialog, opened, told

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


def row(page: Page, name: str) -> Locator:
    """The line of a group."""
    groups = page.get_by_role("region", name="Seat groups")
    return groups.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


async def test_a_group_is_created_with_seats_and_administrators(page: Page, copy: Tenant) -> None:
    await opened(page, copy)
    create = await dialog(page, "Create group")
    await create.get_by_label("Name").fill("design")
    await create.get_by_label("Seats").fill("6")
    await create.get_by_role("searchbox").fill("emmy")
    await create.get_by_role("button", name="Add Emmy Noether").click()
    await create.get_by_role("button", name="Create group").click()
    await expect(create).to_contain_text('There is a seat group "design" already.')
    await assert_good_to_use(page)
    await create.get_by_label("Name").fill("Research")
    await create.get_by_role("button", name="Create group").click()
    await told(page, "The group Research was created.")
    await expect(row(page, "Research")).to_contain_text("6")
    await expect(row(page, "Research")).to_contain_text("Emmy Noether")


async def test_a_group_gets_another_name_and_other_administrators(page: Page, copy: Tenant) -> None:
    await opened(page, copy)
    edit = await dialog(page, "Edit Design")
    await edit.get_by_label("Name").fill("Studio")
    await edit.get_by_role("button", name="Remove Dieter Rams").click()
    await edit.get_by_role("searchbox").fill("charles")
    await edit.get_by_role("button", name="Add Charles Eames").click()
    await edit.get_by_role("button", name="Save").click()
    await told(page, "The group Studio was saved.")
    await expect(row(page, "Studio")).to_contain_text("Charles Eames")
    await expect(row(page, "Studio")).not_to_contain_text("Dieter Rams")


async def test_seats_move_between_groups_in_one_go(page: Page, copy: Tenant) -> None:
    await opened(page, copy)
    allocate = await dialog(page, "Allocate seats")
    await allocate.get_by_label("Engineering").fill("6")
    await allocate.get_by_label("Marketing").fill("19")
    await expect(allocate).to_contain_text("31 left outside groups.")
    await allocate.get_by_role("button", name="Allocate").click()
    field = allocate.get_by_label("Engineering")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(allocate.get_by_text("has 7 paid users")).to_be_visible()
    await assert_good_to_use(page)
    await field.fill("7")
    await allocate.get_by_role("button", name="Allocate").click()
    await told(page, "The seats were allocated.")
    await expect(row(page, "Engineering")).to_contain_text("7")
    await expect(row(page, "Marketing")).to_contain_text("19")


async def test_a_deleted_group_s_members_move(page: Page, copy: Tenant) -> None:
    await opened(page, copy)
    delete = await dialog(page, "Delete Design")
    await delete.get_by_label("Move its members to").select_option(label="Marketing")
    await assert_good_to_use(page)
    await delete.get_by_role("button", name="Delete group").click()
    await told(page, "The group Design was deleted.")
    await expect(row(page, "Design")).to_have_count(0)
    await expect(row(page, "Marketing")).to_contain_text("8")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
