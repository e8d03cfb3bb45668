"""GraphiQL: a developer signs in with a token and runs the seed questions."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from services import demo
from tests.browser.conftest import Tenant
from tests.browser.looks import assert_good_to_use
from tests.browser.steps import explorer_opened

ADA = demo.PEOPLE["billing administrator"]

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


async def run(page: Page, tab: str) -> dict[str, Any]:
    """Opens a tab, runs its (first) operation, and returns the answer that is shown."""
    await page.get_by_role("tab", name=tab).click()
    # GraphiQL takes over a tab's operation a tenth of a second after it is shown.
    await page.wait_for_timeout(300)
    async with page.expect_response(lambda response: response.url.endswith("/graphql")) as asked:
        await page.get_by_role("button", name="Execute query").click()
        menu = page.get_by_role("menuitem").first
        if await menu.is_visible():
            await menu.click()
    response = await asked.value
    answer: dict[str, Any] = await response.json()
    shown = page.locator(".graphiql-response")
    await expect(shown).to_contain_text("data")
    return answer


async def test_a_token_in_the_address_signs_in_and_is_in_memory_alone(
    wide_page: Page, acme: Tenant
) -> None:
    await explorer_opened(wide_page, acme)
    assert wide_page.url == f"{acme.address}/graphql"
    kept = await wide_page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert acme.token() not in kept
    await wide_page.reload()
    await expect(wide_page.locator("#who")).to_have_text("Not signed in")


async def test_a_pasted_token_signs_in_and_forgetting_it_signs_out(
    wide_page: Page, acme: Tenant
) -> None:
    await wide_page.goto(f"{acme.address}/graphql")
    await expect(wide_page.locator("#who")).to_have_text("Not signed in")
    await wide_page.get_by_label("Token").fill(acme.token())
    await wide_page.get_by_role("button", name="Use token").click()
    await expect(wide_page.locator("#who")).to_contain_text(ADA)
    await wide_page.get_by_role("button", name="Forget").click()
    await expect(wide_page.locator("#who")).to_have_text("Not signed in")


async def test_the_seed_questions_work_on_the_demo(page: Page, copy: Tenant) -> None:
    await explorer_opened(page, copy)
    review = await run(page, "ReviewThePage")
    assert review["data"]["account"]["subscription"]["seats"] == 65
    preview = await run(page, "PreviewAChange")
    change = preview["data"]["account"]["subscription"]["seatChangePreview"]
    assert change["userErrors"] == []
    changed = await run(page, "ChangeUsers")
    assert changed["data"]["changeUsers"]["userErrors"] == []
    created = await run(page, "CreateAGroup")
    assert created["data"]["createSeatGroup"]["userErrors"] == []
    await assert_good_to_use(page, within=".bar")
    listed = await run(page, "ListInvoices")
    assert listed["data"]["account"]["invoices"]["totalCount"] >= 5


async def test_the_docs_show_the_schema(wide_page: Page, acme: Tenant) -> None:
    await explorer_opened(wide_page, acme)
    await wide_page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(wide_page.get_by_text("changeUsers", exact=False).first).to_be_visible()


async def test_each_change_is_shown_as_it_happens(wide_page: Page, copy: Tenant) -> None:
    await explorer_opened(wide_page, copy)
    await wide_page.get_by_role("tab", name="FollowChanges").click()
    await wide_page.wait_for_timeout(300)
    await wide_page.get_by_role("button", name="Execute query").click()
    shown = wide_page.locator(".graphiql-response")
    await expect(shown).to_contain_text('"parts": []')
    await copy.send('mutation { createSeatGroup(input: {name: "New", seats: 1}) { __typename } }')
    await expect(shown).to_contain_text('"SEAT_GROUPS"')
    await wide_page.get_by_role("button", name="Stop query").click()
