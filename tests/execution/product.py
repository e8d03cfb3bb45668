"""The product's own schema under both executors, on the same data."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from graphql import ExecutionResult
from tortoise import Tortoise

from execution import Engine
from models import keys
from schema.context import Context
from schema.root import schema
from services import auth, callers, clock, token_secrets
from services.errors import Unauthenticated
from tests.execution.pairs import TIMES, assert_alike, run
from tests.execution.placeholders import Known
from tests.world import World, opened

CALLERS = ["ada", "ada", "ada", "adam", "grace", "olga", "paul", "nobody"]
"""A billing administrator, an administrator, a group's, an owner of a product, a user, none."""

EVERYTHING = """{
    plans { id } viewer { id }
    account { id subscription { id } products { id }
        accessTokens(first: 100) { edges { cursor node { id } } }
        users(first: 100) { edges { cursor node { id } } }
        seatGroups(first: 100) { edges { cursor node { id } } }
        invoices(first: 100) { edges { cursor node { id } } }
        activity(first: 100) { edges { cursor node { id } } } } }"""


class Product:
    """The sample account, with a history, and both executors."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.compiled = Engine(schema)
        self.standard = Engine(schema, compiled=False)
        self.known = Known({}, [])
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)

    async def prepare(self) -> None:
        """Fills the database, and keeps what is in it."""
        await self.world.load()
        self.world.at("2026-07-02T12:00:00")
        ada = self.world.client("ada")
        await ada.do("changeUsers", seats=65, purchaseOrderNumber="PO-7")
        group = await ada.id_of("group", "Marketing")
        await ada.do("allocateSeats", allocations=[{"seatGroupId": group, "seats": 21}])
        await ada.do("inviteUser", email="new@acme.example", name="New", seatGroupId=group)
        await ada.do("changeUsers", seats=50)
        for who in ("ada", "paul"):
            client = self.world.client(who)
            await client.do("createAccessToken", name="Deploy", scopes=["READ", "BILLING"])
        self.world.at("2026-07-03T12:00:00")
        found = await run(self.standard, EVERYTHING, context=await self.context("ada"))
        self.known = _known(found)
        live = Tortoise.get_connection("default")._connection
        await live.commit()
        await live.backup(self._kept)

    async def restore(self) -> None:
        """Makes the database what it was, and the keys that come next the same again."""
        live = Tortoise.get_connection("default")._connection
        await live._execute(self._kept.backup, live._conn)
        numbers, secrets = iter(range(1, 10**9)), iter(range(1, 10**9))
        self.world.monkeypatch.setattr(
            token_secrets, "token_hex", lambda size: f"{next(secrets):0{2 * size}x}"
        )
        self.world.monkeypatch.setattr(keys, "uuid7", lambda: UUID(int=(7 << 76) + next(numbers)))

    async def rows(self) -> dict[str, list[str]]:
        """All rows of all tables."""
        connection = Tortoise.get_connection("default")
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        names = [row["name"] for row in await connection.execute_query_dict(tables)]
        return {
            name: sorted(
                repr(tuple(row.values()))
                for row in await connection.execute_query_dict(f"SELECT * FROM {name}")
            )
            for name in names
        }

    async def context(self, caller: str) -> Context:
        """A request's context, as server.py makes it."""
        at = clock.now()
        claims = auth.Claims(f"{caller}@acme.example", "acme")
        try:
            return Context(await callers.by_claims(claims, at), at, lambda: "http://testserver")
        except Unauthenticated as error:
            return Context(error, at, lambda: "http://testserver")

    async def asked(
        self, engine: Engine, query: str, variables: dict[str, Any], caller: str, name: str | None
    ) -> ExecutionResult:
        """What one executor answers a caller."""
        return await run(engine, query, variables, await self.context(caller), name)

    async def compare_queries(
        self, query: str, variables: dict[str, Any], caller: str, name: str | None = None
    ) -> Any:
        """The answer to a query, once both executors agree on it, the compiled one every time."""
        expected = await self.asked(self.standard, query, variables, caller, name)
        for _ in range(TIMES):
            found = await self.asked(self.compiled, query, variables, caller, name)
            assert_alike(found, expected, loosely=True)
        return expected

    async def compare_mutations(
        self, query: str, variables: dict[str, Any], caller: str, name: str | None = None
    ) -> Any:
        """The same for a mutation, and for the rows that it leaves."""
        await self.restore()
        expected = await self.asked(self.standard, query, variables, caller, name)
        rows = await self.rows()
        for _ in range(TIMES - 1):
            await self.restore()
            found = await self.asked(self.compiled, query, variables, caller, name)
            assert_alike(found, expected, loosely=True)
            assert await self.rows() == rows
        return expected


@asynccontextmanager
async def product(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Product]:
    """The product on a migrated SQLite database of the URL."""
    async with opened(url, monkeypatch) as world:
        prepared = Product(world)
        await prepared.prepare()
        yield prepared


def _known(found: ExecutionResult) -> Known:
    assert found.errors is None, found.errors
    account: dict[str, Any] = (found.data or {})["account"]
    pages = {kind: account[name] for kind, name in PAGES.items()}
    ids = {kind: [edge["node"]["id"] for edge in page["edges"]] for kind, page in pages.items()} | {
        "product": [one["id"] for one in account["products"]],
        "other": [
            account["id"],
            account["subscription"]["id"],
            (found.data or {})["plans"][0]["id"],
        ],
    }
    cursors = [edge["cursor"] for page in pages.values() for edge in page["edges"]]
    assert all(ids.values()), json.dumps(ids)
    return Known(ids, cursors)


PAGES = {
    "accessToken": "accessTokens",
    "user": "users",
    "seatGroup": "seatGroups",
    "invoice": "invoices",
    "entry": "activity",
}
