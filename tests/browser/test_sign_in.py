"""Signing in: in the demo, with a token, and from a page of the vendor's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Tenant
from tests.browser.looks import assert_good_to_use
from tests.browser.steps import opened

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]

AROUND = """<!doctype html><title>Vendor</title>
<iframe src="%s/" width="100%%" height="800"></iframe>
<script>
  const ours = '%s', tokens = %s;
  window.addEventListener('message', ({ origin, source, data }) => {
    if (origin !== ours || data.type !== 'seatwise:token-wanted') return;
    source.postMessage({ type: 'seatwise:token', token: tokens.shift() }, ours);
  });
</script>"""


async def test_somebody_of_the_demo_is_chosen(page: Page, acme: Tenant) -> None:
    await page.goto(f"{acme.address}/")
    await expect(page.get_by_role("button", name="Ada Lovelace")).to_be_visible()
    await assert_good_to_use(page)
    await page.get_by_role("button", name="Grace Hopper").click()
    await expect(page.get_by_text("Administrator of Marketing")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in to billing")).to_be_visible()


async def test_a_token_is_pasted_and_kept_in_memory_alone(page: Page, acme: Tenant) -> None:
    await page.goto(f"{acme.address}/")
    field = page.get_by_label("Access token")
    await field.fill("two words")
    await field.press("Enter")
    await expect(page.get_by_text("That is not a token")).to_be_visible()
    await field.fill(f"Bearer {acme.token()}")
    await field.press("Enter")
    await expect(page.get_by_role("heading", name="Acme Inc.")).to_be_visible()
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert await page.context.cookies() == []
    await page.reload()
    await expect(page.get_by_role("heading", name="Sign in to billing")).to_be_visible()


async def test_a_token_that_is_not_accepted_is_told_and_signs_out(
    wide_page: Page, acme: Tenant
) -> None:
    await wide_page.goto(f"{acme.address}/#token=abc.def.ghi")
    await expect(wide_page.get_by_role("alert")).to_contain_text("You were signed out.")
    assert wide_page.url == f"{acme.address}/"


async def test_the_explorer_is_reached_signed_in_and_so_is_the_way_back(
    wide_page: Page, acme: Tenant
) -> None:
    await opened(wide_page, acme)
    await wide_page.get_by_role("link", name="API explorer").click()
    await expect(wide_page.locator("#who")).to_contain_text("ada@acme.example")
    assert wide_page.url == f"{acme.address}/graphql"
    await wide_page.get_by_role("link", name="Seatwise API").click()
    await expect(wide_page.get_by_role("heading", name="Acme Inc.")).to_be_visible()
    assert wide_page.url == f"{acme.address}/"


async def test_a_page_of_the_vendor_s_hands_tokens_over_as_they_are_wanted(
    page: Page, acme: Tenant
) -> None:
    tokens = ["abc.def.ghi", acme.token()]
    async with serving(acme.served.vendor, AROUND % (acme.address, acme.address, tokens)):
        await page.goto(acme.served.vendor)
        framed = page.frame_locator("iframe")
        # The first is refused, and the next one asked for.
        await expect(framed.get_by_role("heading", name="Acme Inc.")).to_be_visible()
        await expect(framed.get_by_role("button", name="Sign out")).to_have_count(0)


@asynccontextmanager
async def serving(address: str, text: str) -> AsyncIterator[None]:
    """A server that answers everything with this page."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write((head + text).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", int(address.rpartition(":")[2])):
        yield
