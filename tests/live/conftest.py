"""Fixtures: a served account, on either database."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from services import settings
from tests.faults.served import prepare
from tests.live.clients import token_of
from tests.served import Server, started
from tests.tokens import KEY

INSTANT = "2026-07-01T12:00:00+00:00"


@dataclass
class Live:
    """A server with the sample account, and its database."""

    server: Server
    url: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def do(
        self, email: str, mutation: str, shown: str = "", /, **given: Any
    ) -> dict[str, Any]:
        """Does a mutation that is not refused; its payload."""
        input_type = f"{mutation[0].upper()}{mutation[1:]}Input"
        fields = f"{shown} userErrors {{ code message }}"
        query = f"mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {fields} }} }}"
        answer = await self.ask(email, query, input=given)
        payload: dict[str, Any] = answer["data"][mutation]
        assert payload["userErrors"] == [], payload
        return payload

    async def ask(self, email: str, query: str, **variables: Any) -> dict[str, Any]:
        """The answer to an operation."""
        headers = {"Authorization": f"Bearer {token_of(email)}"}
        async with httpx.AsyncClient(base_url=self.address, timeout=15) as http:
            body = {"query": query, "variables": variables}
            answer: dict[str, Any] = (
                await http.post("/graphql", json=body, headers=headers)
            ).json()
            return answer

    async def id_of(self, email: str) -> str:
        """The global id of a user."""
        query = """query($e: String) {
            account { users(filter: {search: $e}) { edges { node { id } } } } }"""
        answer = await self.ask("ada@acme.example", query, e=email)
        (edge,) = answer["data"]["account"]["users"]["edges"]
        return str(edge["node"]["id"])


@pytest.fixture(autouse=True)
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' clock, by which tokens are issued, is the servers'."""
    monkeypatch.setenv("BILLING_NOW", INSTANT)
    settings.current.cache_clear()


@pytest.fixture
async def prepared(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database with the sample account."""
    await prepare(database_url, monkeypatch)
    return database_url


@pytest.fixture
def live(prepared: str, tmp_path: Path) -> Iterator[Live]:
    """A server on it."""
    with started(prepared, tmp_path, REQUEST_TIMEOUT="2", MAX_SUBSCRIPTIONS="3") as server:
        yield Live(server, prepared)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One server for the tests of a module, which do not mind each other."""
    folder = tmp_path_factory.mktemp("live")
    url = f"sqlite://{folder}/live.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_KEY", KEY)
        patch.setenv("BILLING_NOW", INSTANT)
        asyncio.run(prepare(url, patch))
        with started(url, folder, REQUEST_TIMEOUT="2", MAX_SUBSCRIPTIONS="3") as server:
            yield Live(server, url)
    settings.current.cache_clear()
