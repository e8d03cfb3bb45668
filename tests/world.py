"""The product as tests see it: an application on a database, a clock, and clients."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE

from server import create_app
from services import auth, clock, database, imports, migrations, renewals, settings, workers
from services.import_file import ImportFile
from tests import samples

MIGRATIONS = sorted(path.stem for path in (settings.ROOT / "models/migrations").glob("[0-9]*.py"))

MISCOUNTED = """
SELECT s.account_id FROM subscriptions s
WHERE s.seats_used <> (
        SELECT COUNT(*) FROM users u WHERE u.account_id = s.account_id AND u.takes_seat
    ) OR s.seats_ungrouped <> (
        SELECT COUNT(*) FROM users u
        WHERE u.account_id = s.account_id AND u.takes_seat AND u.seat_group_id IS NULL
    ) OR s.seats_allocated <> (
        SELECT COALESCE(SUM(g.seats), 0) FROM seat_groups g WHERE g.account_id = s.account_id
    )
UNION ALL
SELECT a.id FROM accounts a
WHERE a.user_count <> (SELECT COUNT(*) FROM users u WHERE u.account_id = a.id)
UNION ALL
SELECT g.account_id FROM seat_groups g
WHERE g.seats_used <> (
    SELECT COUNT(*) FROM users u
    WHERE u.account_id = g.account_id AND u.takes_seat AND u.seat_group_id = g.id
)
UNION ALL
SELECT a.id FROM accounts a
WHERE a.invoice_count <> (SELECT COUNT(*) FROM invoices i WHERE i.account_id = a.id)
    OR a.credit_note_count <> (
        SELECT COUNT(*) FROM invoices i WHERE i.account_id = a.id AND i.kind = 'CREDIT_NOTE'
    )
UNION ALL
SELECT i.account_id FROM invoices i
WHERE i.credited_minor <> (
    SELECT COALESCE(-SUM(n.total_minor), 0) FROM invoices n
    WHERE n.account_id = i.account_id AND n.credits_id = i.id
)
"""
"""The accounts whose counters are not what counting finds."""


class Client:
    """Speaks GraphQL for one user."""

    def __init__(self, http: httpx.AsyncClient, token: str | None) -> None:
        self.http = http
        self.token = token

    async def send(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer: data and errors."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", json=body, headers=headers)
        answer: dict[str, Any] = response.json()
        # What it cost is told beside them, and tested in test_cost.py.
        answer.pop("extensions", None)
        return answer

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer that has no errors."""
        answer = await self.send(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def code(self, query: str, **variables: Any) -> str:
        """The code of the one error that an answer has."""
        answer = await self.send(query, **variables)
        assert len(answer.get("errors", [])) == 1, answer
        code: str = answer["errors"][0]["extensions"]["code"]
        return code

    async def mutate(self, mutation: str, fields: str = "", /, **given: Any) -> dict[str, Any]:
        """The payload of a mutation with `input: given`: userErrors, and the fields asked for.

        `mutation` is the API's name, "changeUsers"; the input's names are the API's too.
        """
        input_type = f"{mutation[0].upper()}{mutation[1:]}Input"
        payload = f"{fields} userErrors {{ code message field }}"
        query = f"mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {payload} }} }}"
        data = await self.data(query, input=given)
        answer: dict[str, Any] = data[mutation]
        return answer

    async def do(self, mutation: str, fields: str = "", /, **given: Any) -> dict[str, Any]:
        """The payload of a mutation that is not refused."""
        payload = await self.mutate(mutation, fields, **given)
        assert payload["userErrors"] == [], payload
        return payload

    async def refusal(self, mutation: str, /, **given: Any) -> tuple[str, list[str] | None]:
        """Code and field of the one reason why a mutation is refused."""
        payload = await self.mutate(mutation, **given)
        assert len(payload["userErrors"]) == 1, payload
        error = payload["userErrors"][0]
        return error["code"], error["field"]

    async def id_of(self, what: str, name: str) -> str:
        """The global id of a user by e-mail, or of a seat group or product by name."""
        queries = {
            "user": ("{ account { users(first: 100) { edges { node { id name: email } } } } }"),
            "group": ("{ account { seatGroups(first: 100) { edges { node { id name } } } } }"),
            "product": "{ account { products { id name } } }",
        }
        account = (await self.data(queries[what]))["account"]
        found = next(iter(account.values()))
        nodes = found if isinstance(found, list) else [edge["node"] for edge in found["edges"]]
        return next(str(node["id"]) for node in nodes if node["name"] == name)


class World:
    """One running product. `at` sets its clock: an ISO instant, UTC where no zone is given."""

    def __init__(self, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        self.http = http
        self.monkeypatch = monkeypatch
        self.at("2026-07-01T12:00:00")

    def at(self, instant: str) -> None:
        """Sets the product's one clock."""
        moment = datetime.fromisoformat(instant)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self.setting("BILLING_NOW", moment.isoformat())

    def setting(self, name: str, value: str) -> None:
        """Sets a setting of the environment."""
        self.monkeypatch.setenv(name, value)
        settings.current.cache_clear()

    async def load(self, *accounts: dict[str, Any]) -> dict[str, int]:
        """Imports the accounts (the sample account where none is given) and the sample plans."""
        document = samples.file(*(accounts or (samples.account(),)))
        return await imports.import_file(ImportFile.model_validate(document), clock.now())

    async def renew(self, limit: int | None = None) -> renewals.Summary:
        """Does what `manage.py renew` does."""
        return await workers.renew(clock.now(), limit)

    def client(self, email: str, account: str = "acme") -> Client:
        """A client with a token for a user; a name alone is one @acme.example."""
        email = email if "@" in email else f"{email}@acme.example"
        token = auth.issue_token(account, email, timedelta(hours=1), clock.now())
        return Client(self.http, token)

    def stranger(self, token: str | None = None) -> Client:
        """A client without a token, or with one of the test's own making."""
        return Client(self.http, token)


async def assert_counted() -> None:
    """That every counter is what counting finds."""
    rows = await Tortoise.get_connection("default").execute_query_dict(MISCOUNTED)
    assert not rows, rows


@asynccontextmanager
async def opened(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """An application on a migrated database of the URL."""
    monkeypatch.setenv("DATABASE_URL", url)
    settings.current.cache_clear()
    # Tortoise keeps statements by the connection's name; a process of ours has one database.
    EXECUTOR_CACHE.clear()
    async with database.connected(everywhere=True):
        if not await migrations.is_current():
            await migrations.migrate()
        transport = httpx.ASGITransport(app=create_app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            yield World(http, monkeypatch)
