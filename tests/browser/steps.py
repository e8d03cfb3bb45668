"""What tests do first: open a page as somebody."""

from playwright.async_api import Locator, Page, expect

from services import demo
from tests.browser.conftest import Tenant


async def opened(page: Page, tenant: Tenant, role: str = "billing administrator") -> None:
    """Opens the billing page and waits until everything is shown."""
    await page.goto(f"{tenant.address}/#token={tenant.token(role)}")
    await expect(page.get_by_role("heading", name="Acme Inc.")).to_be_visible()


async def explorer_opened(page: Page, tenant: Tenant) -> None:
    """Opens GraphiQL as the billing administrator."""
    await page.goto(f"{tenant.address}/graphql#token={tenant.token()}")
    await expect(page.locator("#who")).to_contain_text(demo.PEOPLE["billing administrator"])


async def dialog(page: Page, button: str) -> Locator:
    """Presses a button and returns the dialog that opens."""
    await page.get_by_role("button", name=button, exact=True).click()
    opened = page.get_by_role("dialog")
    await expect(opened).to_be_visible()
    return opened


async def told(page: Page, text: str) -> None:
    """Waits until the page says this in passing, with the dialog closed."""
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator(".toast")).to_contain_text(text)
