"""What somebody else changes is shown without being asked for."""

import httpx
import pytest
from playwright.async_api import Page, expect

from services import demo
from tests.browser.conftest import Served
from tests.browser.test_billing_page import opened
from tests.browser.test_graphiql import opened as explorer_opened

pytestmark = pytest.mark.xdist_group("browser")

ADA = demo.PEOPLE["billing administrator"]


async def rename(served: Served, name: str) -> None:
    """What another client does."""
    headers = {"Authorization": f"Bearer {served.tokens[ADA]}"}
    async with httpx.AsyncClient(base_url=served.address, headers=headers, timeout=15) as http:
        read = "{ account { seatGroups { edges { node { id name } } } } }"
        answer = (await http.post("/graphql", json={"query": read})).json()
        groups = [edge["node"] for edge in answer["data"]["account"]["seatGroups"]["edges"]]
        id = next(group["id"] for group in groups if group["name"] == "Design")
        change = (
            "mutation($id: ID!, $name: String) { updateSeatGroup("
            "input: {seatGroupId: $id, name: $name}) { userErrors { code } } }"
        )
        body = {"query": change, "variables": {"id": id, "name": name}}
        answer = (await http.post("/graphql", json=body)).json()
        assert answer["data"]["updateSeatGroup"]["userErrors"] == []


async def test_the_page_shows_what_somebody_else_changed(page: Page, served_anew: Served) -> None:
    async with page.expect_response(_is_a_stream):
        await opened(page, served_anew)
    await rename(served_anew, "Studio")
    await expect(page.get_by_text("Studio", exact=True).first).to_be_visible()


async def test_a_dialog_is_left_as_it_was_opened(page: Page, served_anew: Served) -> None:
    async with page.expect_response(_is_a_stream):
        await opened(page, served_anew)
    await page.get_by_role("button", name="Change users").click()
    await page.get_by_label("Total of paid users").fill("72")
    await rename(served_anew, "Studio")
    await page.wait_for_timeout(700)
    await expect(page.get_by_text("Studio", exact=True)).to_have_count(0)
    await expect(page.get_by_label("Total of paid users")).to_have_value("72")
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Studio", exact=True).first).to_be_visible()


async def test_graphiql_shows_each_change(page: Page, served_anew: Served) -> None:
    await explorer_opened(page, served_anew)
    await page.get_by_role("tab", name="FollowChanges").click()
    await page.wait_for_timeout(300)
    await page.get_by_role("button", name="Execute query").click()
    shown = page.locator(".graphiql-response")
    await expect(shown).to_contain_text('"parts": []')
    await rename(served_anew, "Studio")
    await expect(shown).to_contain_text('"SEAT_GROUPS"')
    await page.get_by_role("button", name="Stop query").click()


def _is_a_stream(response: object) -> bool:
    headers: dict[str, str] = getattr(response, "headers", {})
    return headers.get("content-type", "").startswith("text/event-stream")
