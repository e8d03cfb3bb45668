"""The benchmarks: what they ask for is the product's, and the floor is no easier a task."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    validate,
)
from starlette.applications import Starlette

import server
from benchmarks import databases, documents
from benchmarks.data import NORMAL, NOW, Dataset, key, seats_of
from benchmarks.floor.app import create_app
from benchmarks.installation import PACKAGE, PACKAGE_LOCK, PEERS, REQUIREMENTS
from benchmarks.requests import global_id, tokens
from services import settings

QUERIES = (documents.SMALLEST, documents.BILLING_PAGE, documents.INVOICE_HISTORY)
COMMON = (*QUERIES, documents.ALLOCATE)
OURS = build_schema((settings.ROOT / "schema.graphql").read_text(encoding="utf-8"))
THEIRS = build_schema((PEERS / "schema.graphql").read_text(encoding="utf-8"))
Asked = tuple[str, str, dict[str, Any]]
"""A token, a document and its variables."""


@pytest.mark.parametrize("document", [*COMMON, documents.CHANGE_USERS])
def test_what_is_measured_is_valid(document: str) -> None:
    assert validate(OURS, parse(document)) == []


@pytest.mark.parametrize("document", COMMON)
def test_what_is_measured_is_valid_at_the_peers(document: str) -> None:
    assert validate(THEIRS, parse(document)) == []


def fields(schema: GraphQLSchema) -> dict[str, str]:
    """The type of each field."""
    kinds = GraphQLObjectType | GraphQLInputObjectType
    found = [one for one in schema.type_map.values() if isinstance(one, kinds)]
    return {
        f"{one.name}.{name}": str(field.type)
        for one in found
        if not one.name.startswith("__")
        for name, field in one.fields.items()
    }


def test_the_peers_have_a_part_of_our_schema() -> None:
    assert fields(THEIRS).items() <= fields(OURS).items()


@pytest.mark.parametrize("file", [PACKAGE, PACKAGE_LOCK, REQUIREMENTS], ids=lambda file: file.name)
def test_a_lock_holds_no_address(file: Path) -> None:
    assert "://" not in file.read_text(encoding="utf-8")


def test_the_peers_are_pinned() -> None:
    locked = json.loads(PACKAGE_LOCK.read_text(encoding="utf-8"))["packages"]
    for name, version in json.loads(PACKAGE.read_text(encoding="utf-8"))["dependencies"].items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert all(package.get("integrity") for name, package in locked.items() if name)


@asynccontextmanager
async def client_of(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client


def requests(dataset: Dataset) -> Iterator[Asked]:
    """What each administrator asks for; a change that is refused, one that is made, and back."""
    tenants = list(dataset.tenants())
    group_seats, used = seats_of(NORMAL).groups[0]
    for tenant, token in zip(tenants, tokens(tenants), strict=True):
        yield from ((token, query, {}) for query in QUERIES)
        group = global_id("SeatGroup", key("seat_groups", tenant.index, 0))
        for seats in (-1, used - 1, 1_000, group_seats + 1, group_seats):
            allocation = {"seatGroupId": group, "seats": seats}
            yield token, documents.ALLOCATE, {"input": {"allocations": [allocation]}}


async def test_the_floor_answers_as_the_product_does(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = Dataset(((3, NORMAL),))
    async with databases.sqlite(dataset) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("BILLING_NOW", NOW.isoformat())
        asked = list(requests(dataset))
        ours, floors = [await answers(app, asked) for app in (server.create_app(), create_app())]
    assert floors == ours
    assert not any("errors" in answer for answer in ours)


async def answers(app: Starlette, asked: Iterable[Asked]) -> list[Any]:
    async with client_of(app) as client:
        found = []
        for token, document, variables in asked:
            body = {"query": document, "variables": variables}
            headers = {"Authorization": f"Bearer {token}"}
            response = await client.post("/graphql", json=body, headers=headers)
            answer = response.json()
            # Only the product tells what an operation costs.
            answer.pop("extensions", None)
            found.append(answer)
        return found
