"""GraphiQL: a developer signs in with a token and runs the seed questions."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from services import demo
from tests.browser.conftest import Served

ADA = demo.PEOPLE["billing administrator"]


pytestmark = pytest.mark.xdist_group("browser")


async def opened(page: Page, served: Served, email: str = ADA) -> None:
    await page.goto(f"{served.address}/graphql#token={served.tokens[email]}")
    await expect(page.locator("#who")).to_contain_text(email)


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


async def test_a_token_in_the_address_signs_in_and_leaves_the_address_bar(
    page: Page, served: Served
) -> None:
    await opened(page, served)
    assert page.url == f"{served.address}/graphql"
    await page.reload()
    await expect(page.locator("#who")).to_contain_text(ADA)


async def test_a_pasted_token_signs_in_and_forgetting_it_signs_out(
    page: Page, served: Served
) -> None:
    await page.goto(f"{served.address}/graphql")
    await expect(page.locator("#who")).to_have_text("Not signed in")
    await page.get_by_label("Token").fill(served.tokens[ADA])
    await page.get_by_role("button", name="Use token").click()
    await expect(page.locator("#who")).to_contain_text(ADA)
    await page.get_by_role("button", name="Forget").click()
    await expect(page.locator("#who")).to_have_text("Not signed in")


async def test_the_seed_questions_work_on_the_demo(page: Page, served_anew: Served) -> None:
    await opened(page, served_anew)
    review = await run(page, "ReviewThePage")
    assert review["data"]["account"]["subscription"]["seats"] == 65
    preview = await run(page, "PreviewAChange")
    change = preview["data"]["account"]["subscription"]["seatChangePreview"]
    assert change["userErrors"] == []
    changed = await run(page, "ChangeUsers")
    assert changed["data"]["changeUsers"]["userErrors"] == []
    created = await run(page, "CreateAGroup")
    assert created["data"]["createSeatGroup"]["userErrors"] == []
    listed = await run(page, "ListInvoices")
    assert listed["data"]["account"]["invoices"]["totalCount"] >= 5


async def test_the_docs_show_the_schema(page: Page, served: Served) -> None:
    await opened(page, served)
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_text("changeUsers", exact=False).first).to_be_visible()
