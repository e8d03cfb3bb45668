"""How the page reads: in the reader's locale, by keyboard, and when the server is away."""

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import Tenant, screen, watched
from tests.browser.steps import opened

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    ("locale", "price", "day"),
    [
        ("de-DE", "1.788,00\u00a0$", "01.03.2027"),
        ("tlh", "$1,788.00", "Mar 1, 2027"),  # a language without numbers or dates of its own
    ],
)
async def test_money_and_dates_are_as_the_reader_writes_them(
    browser: Browser, acme: Tenant, locale: str, price: str, day: str
) -> None:
    elsewhere = await screen(browser, "desktop", locale=locale)
    async with watched(elsewhere) as page:
        await opened(page, acme)
        facts = page.get_by_role("definition")
        await expect(facts.filter(has_text=price)).to_be_visible()
        await expect(facts.filter(has_text=day)).to_be_visible()
    await elsewhere.close()


async def test_everything_is_reached_by_the_keyboard_in_the_order_it_is_read(
    wide_page: Page, acme: Tenant
) -> None:
    await opened(wide_page, acme)
    reached = []
    for _ in range(12):
        await wide_page.keyboard.press("Tab")
        reached.append(await wide_page.evaluate("document.activeElement.innerText"))
    assert reached[:4] == ["API explorer", "Sign out", "Seat groups", "Users"]
    assert reached[6:] == [
        "Change users",
        "Cancel subscription",
        "Allocate seats",
        "Create group",
        "Edit",
        "Allocate",
    ]
    await wide_page.keyboard.press("Enter")
    await expect(wide_page.get_by_role("dialog").get_by_label("Design")).to_be_focused()
    await wide_page.keyboard.press("Shift+Tab")
    await wide_page.keyboard.press("Shift+Tab")
    inside = (
        "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
    )
    assert await wide_page.evaluate(inside)
    await wide_page.keyboard.press("Escape")
    await expect(wide_page.get_by_role("button", name="Allocate Design")).to_be_focused()


async def test_a_server_that_is_away_is_told_and_asked_again(
    screens: dict[str, BrowserContext], acme: Tenant
) -> None:
    page = await screens["phone"].new_page()

    async def away(route: Route) -> None:
        await route.abort()

    await page.route("**/graphql", away)
    await page.goto(f"{acme.address}/#token={acme.token()}")
    await expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    await page.unroute("**/graphql", away)
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", name="Acme Inc.")).to_be_visible()
    await expect(page.get_by_role("alert").filter(has_text="reached")).to_have_count(0)
    await page.close()
