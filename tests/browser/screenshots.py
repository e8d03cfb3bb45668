"""The pictures of the README and the manual: `make screenshots` takes them anew.

Each is of a real page on a real server with the demo, at the demo's instant.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, async_playwright

from services import settings
from tests.browser.accounts import CREDITED
from tests.browser.conftest import CHROMIUM_FLAGS, Served, Tenant, screen, serving
from tests.browser.steps import dialog, explorer_opened, opened

IMAGES = settings.ROOT / "docs" / "images"
LARGEST = 150_000
"""Bytes of a picture."""


class Camera:
    """Takes pictures of pages that look as asked."""

    def __init__(self, browser: Browser, served: Served) -> None:
        self.browser, self.served = browser, served

    async def page(self, size: str = "desktop", scheme: str = "light") -> Page:
        """A new page."""
        return await (await screen(self.browser, size, color_scheme=scheme)).new_page()

    async def whole(self, page: Page, name: str) -> None:
        """What the screen shows."""
        await page.wait_for_timeout(400)
        self.keep(name, await page.screenshot())
        await page.context.close()

    async def section(self, page: Page, heading: str, name: str) -> None:
        """A part of the page."""
        region = page.get_by_role("region", name=heading)
        self.keep(name, await region.screenshot())
        await page.context.close()

    def keep(self, name: str, image: bytes) -> None:
        """Writes a picture, which must be small."""
        assert len(image) < LARGEST, (name, len(image))
        (IMAGES / f"{name}.png").write_bytes(image)


async def take(served: Served) -> None:
    """All of them."""
    IMAGES.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        camera, acme = Camera(browser, served), Tenant(served)
        await _overviews(camera, acme)
        await _changes(camera, acme)
        await _parts(camera, acme)
        page = await camera.page()
        await explorer_opened(page, acme)
        await page.wait_for_timeout(300)
        await page.get_by_role("button", name="Execute query").click()
        await page.get_by_text('"Acme Inc."').wait_for()
        await camera.whole(page, "graphiql")
        await browser.close()


async def _overviews(camera: Camera, acme: Tenant) -> None:
    for name, size, scheme in (
        ("overview", "desktop", "light"),
        ("dark", "desktop", "dark"),
        ("phone", "phone", "light"),
    ):
        page = await camera.page(size, scheme)
        await opened(page, acme)
        await camera.whole(page, name)


async def _changes(camera: Camera, acme: Tenant) -> None:
    for name, size in (("change-users", "desktop"), ("phone-change-users", "phone")):
        page = await camera.page(size)
        await opened(page, acme)
        await dialog(page, "Change users")
        await page.get_by_label("Total of paid users").fill("72")
        await page.get_by_text("7 seats more from today").wait_for()
        await camera.whole(page, name)
    page = await camera.page()
    await opened(page, acme)
    await dialog(page, "Allocate seats")
    await page.get_by_role("dialog").get_by_label("Engineering").fill("12")
    await page.get_by_role("dialog").get_by_label("Marketing").fill("13")
    await camera.whole(page, "seat-groups")


async def _parts(camera: Camera, acme: Tenant) -> None:
    page = await camera.page()
    await opened(page, acme)
    await page.get_by_label("Group", exact=True).select_option(label="Engineering")
    await page.get_by_text("7 users", exact=True).wait_for()
    await camera.section(page, "Users", "users")
    page = await camera.page()
    await opened(page, Tenant(acme.served, CREDITED))
    await camera.section(page, "Invoices", "invoices")


if __name__ == "__main__":
    with TemporaryDirectory() as folder, serving(Path(folder), 0) as served:
        asyncio.run(take(served))
