"""The floor on SQLite: the driver of the standard library, called on the event loop itself.

A statement takes some tens of microseconds, a hop to a thread and back more than that.
"""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from typing import Any

from benchmarks.data import instant
from benchmarks.floor import allocations, answers
from benchmarks.floor.answers import Data
from benchmarks.floor.callers import Caller, Row, admitted, billing
from models.keys import new_key
from services import database

LOOKED_UP = """
    a.id AS account_id, u.id AS user_id, u.status AS user_status, u.is_billing_administrator,
    u.is_administrator, a.only_billing_administrators_manage_users AS restricted,
    EXISTS (
        SELECT 1 FROM subscriptions d
        WHERE d.account_id = a.id AND d.status = 'ACTIVE' AND d.renews_at <= ?
    ) AS overdue,
    (
        SELECT group_concat(product_id) FROM product_permissions r
        WHERE r.account_id = a.id AND r.user_id = u.id AND r.role = 'OWNER'
    ) AS products,
    (
        SELECT group_concat(seat_group_id) FROM seat_group_administrators r
        WHERE r.account_id = a.id AND r.user_id = u.id
    ) AS administered
"""
FOUND = "accounts a JOIN users u ON u.account_id = a.id"
WHERE = "a.code = ? AND u.email_key = ?"

LOOK_UP = f"SELECT {LOOKED_UP} FROM {FOUND} WHERE {WHERE}"  # noqa: S608 (our own text)
SMALLEST = f"SELECT {LOOKED_UP}, a.name FROM {FOUND} WHERE {WHERE}"  # noqa: S608
SUBSCRIPTION = f"""
SELECT {LOOKED_UP}, a.name, p.name AS plan_name, s.seats, s.seats_used, s.seats_allocated,
    s.seats_ungrouped, s.pending_seats, s.period_start, s.period_end, s.version
FROM {FOUND}
JOIN subscriptions s ON s.account_id = a.id
JOIN plans p ON p.id = s.plan_id
WHERE {WHERE}
"""  # noqa: S608
GROUPS = """
SELECT name, seats, seats_used FROM seat_groups WHERE account_id = ? ORDER BY name_key, id LIMIT 5
"""
INVOICES = """
SELECT sequence, number, issued_on, status, total_minor, currency FROM invoices
WHERE account_id = ? ORDER BY sequence DESC LIMIT ?
"""
LINES = """
SELECT sequence, description, quantity, unit_price_minor, line.period_start, line.period_end,
    amount_minor
FROM (
    SELECT id, account_id, sequence FROM invoices
    WHERE account_id = ? ORDER BY sequence DESC LIMIT 100
) invoice
CROSS JOIN invoice_lines line
    ON line.account_id = invoice.account_id AND line.invoice_id = invoice.id
ORDER BY sequence DESC, position
"""
READ = """
SELECT u.status AS user_status, s.status, s.seats, s.pending_seats, s.seats_allocated,
    s.seats_ungrouped, p.features, g.id AS group_id, g.name, g.seats AS group_seats,
    g.seats_used AS group_seats_used
FROM subscriptions s
JOIN plans p ON p.id = s.plan_id
JOIN users u ON u.account_id = s.account_id AND u.id = ?
LEFT JOIN seat_groups g
    ON g.account_id = s.account_id AND g.id IN (SELECT value FROM json_each(?))
WHERE s.account_id = ?
"""
ALLOCATED = "UPDATE subscriptions SET seats_allocated = ? WHERE account_id = ?"
GROUP = "UPDATE seat_groups SET seats = ? WHERE account_id = ? AND id = ?"
COUNT = "UPDATE accounts SET activity_count = activity_count + 1 WHERE id = ?"
ENTRY = """
INSERT INTO activity (id, account_id, sequence, at, actor_kind, actor_id, action, summary,
    before, after)
SELECT ?, id, activity_count, ?, 'USER', ?, 'seat_group.allocated', ?, ?, ?
FROM accounts WHERE id = ?
"""


class Sqlite:
    """The measured answers from one connection, which no request holds while it waits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    async def smallest(self, who: Caller, _: Mapping[str, Any]) -> Data:
        """Q3."""
        return answers.smallest(admitted(self._looked_up(SMALLEST, who)))

    async def billing_page(self, who: Caller, _: Mapping[str, Any]) -> Data:
        """Q1."""
        row = billing(self._looked_up(SUBSCRIPTION, who))
        account = row["account_id"]
        groups = self._all(GROUPS, account)
        return answers.billing_page(row, groups, self._all(INVOICES, account, answers.PAGE + 1))

    async def invoice_history(self, who: Caller, _: Mapping[str, Any]) -> Data:
        """Q2."""
        account = billing(self._looked_up(LOOK_UP, who))["account_id"]
        return answers.invoice_history(self._all(INVOICES, account, 100), self._all(LINES, account))

    async def allocate(self, who: Caller, variables: Mapping[str, Any]) -> Data:
        """M1: the file's write lock is taken at once, by BEGIN IMMEDIATE."""
        row = billing(self._looked_up(LOOK_UP, who))
        wanted = allocations.parsed(variables)
        self.connection.execute("BEGIN IMMEDIATE")
        # It commits at its end, and rolls back where anything is raised.
        with self.connection:
            ids = "[" + ",".join(f'"{key}"' for key in wanted) + "]"
            rows = self._all(READ, row["user_id"], ids, row["account_id"])
            groups, change = allocations.decided(rows, wanted)
            if change.groups:
                self._write(row["account_id"], row["user_id"], who, change)
        return allocations.payload(groups)

    def _write(self, account: str, user: str, who: Caller, change: allocations.Change) -> None:
        run = self.connection.execute
        run(ALLOCATED, (change.seats_allocated, account))
        for group, seats in change.groups:
            run(GROUP, (seats, account, str(group)))
        run(COUNT, (account,))
        texts = (change.summary, change.before, change.after)
        run(ENTRY, (str(new_key()), instant(who.at), user, *texts, account))

    def _looked_up(self, statement: str, who: Caller) -> Row:
        values = instant(who.at), who.account_code, who.email_key
        return self.connection.execute(statement, values).fetchone()

    def _all(self, statement: str, *values: Any) -> list[Any]:
        return self.connection.execute(statement, values).fetchall()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Sqlite]:
    """The database file behind the URL, as durable as the product's."""
    path = url.removeprefix("sqlite://")
    with closing(sqlite3.connect(path, isolation_level=None, cached_statements=64)) as connection:
        connection.row_factory = sqlite3.Row
        for pragma in f"{database.SQLITE_PRAGMAS}10000".split("&"):
            connection.execute(f"PRAGMA {pragma}")
        yield Sqlite(connection)
