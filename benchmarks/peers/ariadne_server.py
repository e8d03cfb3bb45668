"""`python -m benchmarks.peers.ariadne_server`: Ariadne on Starlette, uvicorn and asyncpg.

It runs on libraries of its own (`requirements.txt`). Documents are parsed and validated once,
by the options that Ariadne has for it (`query_parser`, `query_validator`).
"""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import jwt
import uvicorn
from aiodataloader import DataLoader
from ariadne import MutationType, ObjectType, QueryType, make_executable_schema
from ariadne.asgi import GraphQL
from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from benchmarks.peers import ariadne_statements as sql
from benchmarks.peers.ariadne_allocations import Refusal, allocate

NOW = datetime.fromisoformat(os.environ["BILLING_NOW"])
SECRET = os.environ["SECRET_KEY"]
TYPES = (Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8")
WHOLE = frozenset({"JPY", "KRW"})
"""Currencies without decimals."""

query, mutation = QueryType(), MutationType()
account_type, subscription_type = ObjectType("Account"), ObjectType("Subscription")
seat_group_type = ObjectType("SeatGroup")
invoice_type, line_type = ObjectType("Invoice"), ObjectType("InvoiceLine")

parsed = cache(parse)
checked: dict[int, list[GraphQLError]] = {}


class Connection(asyncpg.Connection):
    """A connection whose session nobody changes: its release needs no round trip."""

    def get_reset_query(self) -> str:
        """Nothing to reset."""
        return ""


class Database:
    """The pool, once there is one. Rows are dictionaries, whose fields Ariadne reads."""

    pool: asyncpg.Pool

    @classmethod
    async def row(cls, statement: str, *values: Any) -> dict[str, Any]:
        """The one row that there is."""
        return dict(await cls.pool.fetchrow(statement, *values) or {})

    @classmethod
    async def rows(cls, statement: str, *values: Any) -> list[dict[str, Any]]:
        """All rows."""
        return [dict(row) for row in await cls.pool.fetch(statement, *values)]


async def context_of(request: Request, _data: object = None) -> dict[str, Any]:
    """What a request's resolvers share: the token is verified, the user looked up."""
    try:
        caller = await _looked_up(request.headers.get("authorization", ""))
    except GraphQLError as error:
        return {"error": error}
    return {"caller": caller, "lines": DataLoader(_lines_of(caller["account_id"]), cache=False)}


async def _looked_up(authorization: str) -> Any:
    options: Any = {"require": ["sub", "account", "exp"], "verify_exp": False, "verify_iat": False}
    token = authorization.removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], options=options)
    except jwt.PyJWTError:
        raise GraphQLError("The token is not valid.") from None
    if claims["exp"] <= NOW.timestamp():
        raise GraphQLError("The token has expired.")
    key = claims["sub"].casefold()
    caller = await Database.pool.fetchrow(sql.CALLER, NOW, claims["account"], key)
    if caller is None or caller["status"] == "DISABLED" or caller["overdue"]:
        raise GraphQLError("The token's user cannot sign in.")
    return caller


def _caller(info: Any) -> Any:
    if "error" in info.context:
        raise info.context["error"]
    return info.context["caller"]


def _lines_of(account: Any) -> Callable[[list[Any]], Any]:
    async def load(ids: list[Any]) -> list[list[Any]]:
        by_invoice: dict[Any, list[Any]] = {key: [] for key in ids}
        for row in await Database.rows(sql.LINES, account, ids):
            by_invoice[row["invoice_id"]].append(row)
        return [by_invoice[key] for key in ids]

    return load


def _require_billing(info: Any) -> None:
    if not _caller(info)["is_billing_administrator"]:
        raise GraphQLError("You are not allowed to do this.", extensions={"code": "FORBIDDEN"})


def _account(_: object, info: Any) -> dict[str, Any]:
    """The look-up has read the account's row."""
    caller = _caller(info)
    return {"id": caller["account_id"], "name": caller["account_name"]}


async def _subscription(account: Any, info: Any) -> Any:
    _require_billing(info)
    return await Database.row(sql.SUBSCRIPTION, account["id"])


async def _seat_groups(account: Any, info: Any, first: int = 50) -> Any:
    _require_billing(info)
    rows = await Database.rows(sql.SEAT_GROUPS, account["id"], first + 1)
    return _connection(rows, first, "name_key", "id")


async def _invoices(account: Any, info: Any, first: int = 50) -> Any:
    _require_billing(info)
    rows = await Database.rows(sql.INVOICES, account["id"], first + 1)
    return _connection(rows, first, "sequence")


def _connection(rows: Sequence[Any], size: int, *keys: str) -> dict[str, Any]:
    edges = [{"cursor": _cursor(row, keys), "node": row} for row in rows[:size]]
    end = edges[-1]["cursor"] if edges else None
    return {"edges": edges, "pageInfo": {"hasNextPage": len(rows) > size, "endCursor": end}}


def _cursor(row: Any, keys: Sequence[str]) -> str:
    return _encoded(json.dumps([row[key] for key in keys], default=str))


def _encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


async def _lines(invoice: Any, info: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await info.context["lines"].load(invoice["id"])
    for row in rows:
        row["currency"] = invoice["currency"]
    return rows


async def _allocate_seats(_: object, info: Any, input: Any) -> dict[str, Any]:
    _require_billing(info)
    try:
        groups = await allocate(Database.pool, _caller(info), NOW, input["allocations"])
    except Refusal as error:
        return {"seatGroups": None, "userErrors": [error.user_error]}
    return {"seatGroups": groups, "userErrors": []}


def _period(row: Any) -> dict[str, Any]:
    return {"start": row["period_start"].isoformat(), "end": row["period_end"].isoformat()}


def _money(minor: int, currency: str) -> dict[str, str]:
    if currency in WHOLE:
        return {"amount": str(minor), "currency": currency}
    return {"amount": f"{minor // 100}.{minor % 100:02d}", "currency": currency}


def _set_fields() -> None:
    query.set_field("account", _account)
    mutation.set_field("allocateSeats", _allocate_seats)
    account_type.set_field("subscription", _subscription)
    account_type.set_field("seatGroups", _seat_groups)
    account_type.set_field("invoices", _invoices)
    invoice_type.set_field("lines", _lines)
    subscription_type.set_field("plan", lambda row, _: {"name": row["plan_name"]})
    subscription_type.set_field("seatsUsed", lambda row, _: row["seats_used"])
    subscription_type.set_field(
        "seatsAvailable",
        lambda row, _: row["seats"] - row["seats_allocated"] - row["seats_ungrouped"],
    )
    subscription_type.set_field("pendingSeats", lambda row, _: row["pending_seats"])
    subscription_type.set_field("currentPeriod", lambda row, _: _period(row))
    seat_group_type.set_field("id", lambda row, _: _encoded(f"SeatGroup:{row['id'].hex}"))
    seat_group_type.set_field("seatsUsed", lambda row, _: row["seats_used"])
    invoice_type.set_field("issuedOn", lambda row, _: row["issued_on"].isoformat())
    invoice_type.set_field("total", lambda row, _: _money(row["total_minor"], row["currency"]))
    line_type.set_field("period", lambda row, _: _period(row))
    for name, column in (("unitPrice", "unit_price_minor"), ("amount", "amount_minor")):
        line_type.set_field(name, _line_money(column))


def _line_money(column: str) -> Callable[[Any, Any], dict[str, str]]:
    return lambda line, _: _money(line[column], line["currency"])


def _parse(_context: object, data: dict[str, Any]) -> DocumentNode:
    return parsed(data["query"])


def _validate(
    schema: GraphQLSchema, document: DocumentNode, *_: object, **__: object
) -> list[GraphQLError]:
    # A parsed document is kept for good, and so is its identity.
    key = id(document)
    if key not in checked:
        checked[key] = validate(schema, document)
    return checked[key]


def create_app() -> Starlette:
    """The application on DATABASE_URL."""
    _set_fields()
    types = [account_type, subscription_type, seat_group_type, invoice_type, line_type]
    graphql = GraphQL(
        make_executable_schema(TYPES, query, mutation, *types),
        context_value=context_of,
        query_parser=_parse,
        query_validator=_validate,
        introspection=False,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        url = os.environ["DATABASE_URL"]
        async with asyncpg.create_pool(url, connection_class=Connection) as Database.pool:
            yield

    route = Route("/graphql", graphql.handle_request, methods=["POST"])
    return Starlette(routes=[route], lifespan=lifespan)


if __name__ == "__main__":
    uvicorn.run(
        create_app(),
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
