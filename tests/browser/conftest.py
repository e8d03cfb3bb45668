"""A real server with the demo for each test, and pages of a real browser on it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, async_playwright

from services import settings

NOW = "2026-11-23T09:00:00Z"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
]


@dataclass(frozen=True)
class Served:
    """A running server: its address, and a token for each person of the demo by e-mail."""

    address: str
    tokens: dict[str, str]
    environment: dict[str, str]

    def operate(self, *arguments: str) -> None:
        """Runs a command of the operator's on the server's database."""
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(
            command, cwd=settings.ROOT, env=self.environment, capture_output=True, check=True
        )


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The demo's database, made once, and the tokens that `make run` prints."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    command = [sys.executable, "manage.py", "demo"]
    printed = subprocess.run(
        command, cwd=settings.ROOT, env=_environment(path), capture_output=True, check=True
    )
    found = re.findall(r", (\S+@\S+)\n.*#token=(\S+)", printed.stdout.decode())
    return path, dict(found)


@pytest.fixture(scope="session")
def served(
    demo_database: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server with the demo, for tests that leave it as it was."""
    with _serving(*demo_database, tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
def served_anew(demo_database: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Served]:
    """A server with the demo for one test alone, which may change what it likes."""
    with _serving(*demo_database, tmp_path) as server:
        yield server


@contextmanager
def _serving(source: Path, tokens: dict[str, str], folder: Path) -> Iterator[Served]:
    """A server on a copy of the demo's database, stopped afterwards."""
    for file in source.parent.glob("demo.db*"):
        shutil.copy(file, folder / file.name)
    port = _free_port()
    environment = _environment(folder / "demo.db") | {"PORT": str(port)}
    server = subprocess.Popen([sys.executable, "server.py"], cwd=settings.ROOT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address)
        yield Served(address, tokens, environment)
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture
async def page(request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """A page that fails the test on console errors and on requests to other hosts.

    Without Chromium the test is skipped, and says so; in CI that is a failure.
    """
    # The page listens to its server, which has to outlive it.
    if "served_anew" in request.fixturenames:
        request.getfixturevalue("served_anew")
    executable = shutil.which("chromium")
    if executable is None:
        message = "Chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        context = await browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
        page = await context.new_page()
        page.set_default_timeout(15_000)
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
        await browser.close()
        assert trouble == []


def _is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def _environment(database: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite://{database}",
        "SECRET_KEY": "a key for browser tests, thirty-two bytes or more",
        "BILLING_NOW": NOW,
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
