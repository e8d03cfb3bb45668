"""The examples, copied, with their libraries installed once; and a server for them."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import installation
from services import settings
from tests.faults.served import NOW, prepare
from tests.served import started
from tests.tokens import KEY

SOURCES = settings.ROOT / "examples"
NODE = installation.PLACE / "clients" / "node"
PYTHON = installation.PLACE / "clients" / "python"
NOT_SOURCES = shutil.ignore_patterns(
    "node_modules", "dist", "gql", "__generated__", "seatwise_client", "*cache*"
)


@pytest.fixture(autouse=True)
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' clock, by which tokens are issued, is the server's."""
    monkeypatch.setenv("BILLING_NOW", NOW)
    settings.current.cache_clear()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a server is, with an account for each example."""
    folder = tmp_path_factory.mktemp("clients")
    url = f"sqlite://{folder}/clients.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_KEY", KEY)
        patch.setenv("BILLING_NOW", NOW)
        asyncio.run(prepare(url, patch))
        with started(url, folder) as server:
            yield server.port
    settings.current.cache_clear()


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """Where npm's libraries are installed, from the pinned versions.

    Without npm the test is skipped, and says so; in CI that is a failure.
    """
    if shutil.which("npm") is None:
        message = "Node.js is not installed (Debian: apt-get install nodejs npm)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    installation.install_node_packages(SOURCES, NODE / "examples")
    return NODE / "examples" / "node_modules"


def copied(name: str, place: Path) -> Path:
    """A copy of an example, and of the schema where the example looks for it."""
    folder = place / "examples" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCES / name, folder, ignore=NOT_SOURCES)
    shutil.copy(settings.ROOT / "schema.graphql", place)
    return folder
