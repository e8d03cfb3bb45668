"""One server for all tests here, an account for each that changes something, and pages of a real
browser on it, as wide as a desk's screen and as narrow as a phone's."""

import json
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from services import demo
from tests.browser import accounts
from tests.forked import Script

NOW = "2026-11-23T09:00:00Z"
COPIES = 40
PATIENCE = 15_000
"""Milliseconds in which the page must have come to what is expected."""

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
]
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}


@dataclass(frozen=True)
class Served:
    """A running server: its address, tokens by account and e-mail, and the address of a page of
    the vendor's, which may have ours in a frame. Whoever needs that one serves it."""

    address: str
    tokens: dict[str, dict[str, str]]
    vendor: str


@dataclass(frozen=True)
class Tenant:
    """An account on the server, like the demo's first one."""

    served: Served
    code: str = demo.ACCOUNT

    @property
    def address(self) -> str:
        """Where the server is."""
        return self.served.address

    def token(self, role: str = "billing administrator") -> str:
        """The token of whoever has this role, or this e-mail address."""
        return self.served.tokens[self.code][demo.PEOPLE.get(role, role)]

    async def send(
        self, document: str, variables: dict[str, Any] | None = None, **who: str
    ) -> dict[str, Any]:
        """What another client does; the data of the answer, which has no errors."""
        headers = {"Authorization": f"Bearer {self.token(**who)}"}
        body = {"query": document, "variables": variables or {}}
        async with httpx.AsyncClient(base_url=self.address, headers=headers, timeout=15) as http:
            answer = (await http.post("/graphql", json=body)).json()
        assert "errors" not in answer
        data: dict[str, Any] = answer["data"]
        return data


@contextmanager
def serving(folder: Path, copies: int) -> Iterator[Served]:
    """A server with the demo, and copies of its first account."""
    port = _free_port()
    environment = _environment(folder / "demo.db", port)
    tokens, log = folder / "tokens.json", folder / "log"
    filled = Script(["-m", "tests.browser.accounts", str(copies)], environment, tokens, log)
    assert filled.wait() == 0, log.read_text()
    server = Script(["server.py"], environment, log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address)
        yield Served(address, json.loads(tokens.read_text()), environment["EMBED_ORIGINS"])
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server of all tests here."""
    with serving(tmp_path_factory.mktemp("demo"), COPIES) as served:
        yield served


@pytest.fixture(scope="session")
def acme(served: Served) -> Tenant:
    """The demo's first account, for tests that leave it as it was."""
    return Tenant(served)


@pytest.fixture(scope="session")
def bruecke(served: Served) -> Tenant:
    """An account on a plan without seat groups, for tests that leave it as it was."""
    return Tenant(served, "bruecke")


@pytest.fixture(scope="session")
def codes() -> Iterator[str]:
    """The accounts that no test has changed yet."""
    return iter(accounts.codes(COPIES))


@pytest.fixture
def copy(served: Served, codes: Iterator[str]) -> Tenant:
    """An account like the demo's first one, for one test alone, which may change what it likes."""
    return Tenant(served, next(codes))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium. Without it tests are skipped, and say so; in CI that is a failure."""
    executable = shutil.which("chromium")
    if executable is None:
        message = "Chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def screens(browser: Browser) -> AsyncIterator[dict[str, BrowserContext]]:
    """A desk's screen and a phone's, whose pages have the files of earlier ones at hand."""
    screens = {size: await screen(browser, size) for size in SIZES}
    yield screens
    for context in screens.values():
        await context.close()


@pytest_asyncio.fixture(loop_scope="session", params=SIZES)
async def page(
    request: pytest.FixtureRequest, screens: dict[str, BrowserContext]
) -> AsyncIterator[Page]:
    """A page at a desk, and one on a phone."""
    async with watched(screens[request.param]) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def wide_page(screens: dict[str, BrowserContext]) -> AsyncIterator[Page]:
    """A page at a desk."""
    async with watched(screens["desktop"]) as page:
        yield page


async def screen(browser: Browser, size: str, **looks: Any) -> BrowserContext:
    """A screen of this size, of a reader in the United States unless `looks` say otherwise."""
    usual: dict[str, Any] = {"locale": "en-US", "reduced_motion": "reduce"}
    return await browser.new_context(**SIZES[size] | usual | looks)


@asynccontextmanager
async def watched(screen: BrowserContext) -> AsyncIterator[Page]:
    """A page that fails the test on console errors and on requests to other hosts."""
    page = await screen.new_page()
    page.set_default_timeout(PATIENCE)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: (
            trouble.append(f"console: {message.text}") if message.type == "error" else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            None if _is_ours(request.url) else trouble.append(f"request: {request.url}")
        ),
    )
    yield page
    await page.close()
    assert trouble == []


def _is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def _environment(database: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite://{database}",
        "SECRET_KEY": "a key for browser tests, thirty-two bytes or more",
        "BILLING_NOW": NOW,
        "PORT": str(port),
        "LOG_LEVEL": "warning",
        "DEMO_SIGN_IN": "true",
        "EMBED_ORIGINS": f"http://127.0.0.1:{_free_port()}",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"no server answers at {address}")
