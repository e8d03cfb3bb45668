"""The limit on PostgreSQL: one statement a query, the look-up of the user in it.

Lists come as arrays, a column each: that is what asyncpg reads quickest. An allocation takes
the look-up and BEGIN, lock, read, write, COMMIT: what is decided about is read after the lock,
in a statement of its own, because a statement sees what was committed when it began.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from benchmarks.floor import allocations, answers
from benchmarks.floor.answers import Data
from benchmarks.floor.callers import Caller, Row, admitted, billing
from models.keys import new_key

POOL = 10
"""As many connections as the product has by default."""

LOOKED_UP = """
    a.id AS account_id, u.id AS user_id, u.status AS user_status, u.is_billing_administrator,
    u.is_administrator, a.only_billing_administrators_manage_users AS restricted,
    EXISTS (
        SELECT FROM subscriptions d
        WHERE d.account_id = a.id AND d.status = 'ACTIVE' AND d.renews_at <= $1
    ) AS overdue,
    ARRAY(
        SELECT product_id FROM product_permissions r
        WHERE r.account_id = a.id AND r.user_id = u.id AND r.role = 'OWNER'
    ) AS products,
    ARRAY(
        SELECT seat_group_id FROM seat_group_administrators r
        WHERE r.account_id = a.id AND r.user_id = u.id
    ) AS administered
"""
CALLER = "accounts a JOIN users u ON u.account_id = a.id AND u.email_key = $3"

LOOK_UP = f"SELECT {LOOKED_UP} FROM {CALLER} WHERE a.code = $2"  # noqa: S608 (our own text)

SMALLEST = f"SELECT {LOOKED_UP}, a.name FROM {CALLER} WHERE a.code = $2"  # noqa: S608

BILLING_PAGE = f"""
SELECT {LOOKED_UP}, a.name, p.name AS plan_name, s.seats, s.seats_used, s.seats_allocated,
    s.seats_ungrouped, s.pending_seats, s.period_start, s.period_end, s.version, g.*, i.*
FROM {CALLER}
JOIN subscriptions s ON s.account_id = a.id
JOIN plans p ON p.id = s.plan_id
CROSS JOIN LATERAL (
    SELECT array_agg(name) AS g1, array_agg(seats) AS g2, array_agg(seats_used) AS g3
    FROM (
        SELECT name, seats, seats_used FROM seat_groups
        WHERE account_id = a.id ORDER BY name_key, id LIMIT 5
    ) rows
) g
CROSS JOIN LATERAL (
    SELECT array_agg(sequence) AS i1, array_agg(number) AS i2, array_agg(issued_on) AS i3,
        array_agg(status) AS i4, array_agg(total_minor) AS i5, array_agg(currency) AS i6
    FROM (
        SELECT sequence, number, issued_on, status, total_minor, currency FROM invoices
        WHERE account_id = a.id ORDER BY sequence DESC LIMIT 11
    ) rows
) i
WHERE a.code = $2
"""  # noqa: S608

INVOICE_HISTORY = f"""
SELECT {LOOKED_UP}, i.*, l.*
FROM {CALLER}
CROSS JOIN LATERAL (
    SELECT array_agg(sequence) AS i1, array_agg(number) AS i2, array_agg(issued_on) AS i3,
        array_agg(status) AS i4, array_agg(total_minor) AS i5, array_agg(currency) AS i6
    FROM (
        SELECT sequence, number, issued_on, status, total_minor, currency FROM invoices
        WHERE account_id = a.id ORDER BY sequence DESC LIMIT 100
    ) rows
) i
CROSS JOIN LATERAL (
    SELECT array_agg(sequence) AS l1, array_agg(description) AS l2, array_agg(quantity) AS l3,
        array_agg(unit_price_minor) AS l4, array_agg(period_start) AS l5,
        array_agg(period_end) AS l6, array_agg(amount_minor) AS l7
    FROM (
        SELECT sequence, description, quantity, unit_price_minor, line.period_start,
            line.period_end, amount_minor
        FROM (
            SELECT id, sequence FROM invoices
            WHERE account_id = a.id ORDER BY sequence DESC LIMIT 100
        ) invoice
        JOIN invoice_lines line ON line.account_id = a.id AND line.invoice_id = invoice.id
        ORDER BY sequence DESC, position
    ) rows
) l
WHERE a.code = $2
"""  # noqa: S608

LOCK = "SELECT activity_count FROM accounts WHERE id = $1 FOR UPDATE"

READ = """
SELECT u.status AS user_status, s.status, s.seats, s.pending_seats, s.seats_allocated,
    s.seats_ungrouped, p.features, g.id AS group_id, g.name, g.seats AS group_seats,
    g.seats_used AS group_seats_used
FROM subscriptions s
JOIN plans p ON p.id = s.plan_id
JOIN users u ON u.account_id = s.account_id AND u.id = $2
LEFT JOIN seat_groups g ON g.account_id = s.account_id AND g.id = ANY($3::uuid[])
WHERE s.account_id = $1
"""

WRITE = """
WITH subscription AS (
    UPDATE subscriptions SET seats_allocated = $2 WHERE account_id = $1
), seat_group AS (
    UPDATE seat_groups g SET seats = wanted.seats
    FROM unnest($3::uuid[], $4::int[]) AS wanted (id, seats)
    WHERE g.account_id = $1 AND g.id = wanted.id
), entry AS (
    INSERT INTO activity (id, account_id, sequence, at, actor_kind, actor_id, action, summary,
        before, after)
    VALUES ($5, $1, $6, $7, 'USER', $8, 'seat_group.allocated', $9, $10, $11)
)
UPDATE accounts SET activity_count = $6 WHERE id = $1
"""


class Connection(asyncpg.Connection):
    """A connection whose session nobody changes: its release needs no round trip."""

    def get_reset_query(self) -> str:
        """Nothing to reset."""
        return ""


class Postgres:
    """The measured answers from a pool of connections, each statement prepared once in each."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def smallest(self, who: Caller, _: Mapping[str, Any]) -> Data:
        """Q3."""
        return answers.smallest(admitted(await self._looked_up(SMALLEST, who)))

    async def billing_page(self, who: Caller, _: Mapping[str, Any]) -> Data:
        """Q1."""
        row = billing(await self._looked_up(BILLING_PAGE, who))
        groups, invoices = _unzipped(row, "g", 3), _unzipped(row, "i", 6)
        return answers.billing_page(row, groups, invoices)

    async def invoice_history(self, who: Caller, _: Mapping[str, Any]) -> Data:
        """Q2."""
        row = billing(await self._looked_up(INVOICE_HISTORY, who))
        return answers.invoice_history(_unzipped(row, "i", 6), _unzipped(row, "l", 7))

    async def allocate(self, who: Caller, variables: Mapping[str, Any]) -> Data:
        """M1."""
        async with self.pool.acquire() as connection:
            row = billing(await connection.fetchrow(LOOK_UP, *_arguments(who)))
            wanted = allocations.parsed(variables)
            account, user = row["account_id"], row["user_id"]
            async with connection.transaction():
                count = await connection.fetchval(LOCK, account)
                rows = await connection.fetch(READ, account, user, list(wanted))
                groups, change = allocations.decided(rows, wanted)
                if change.groups:
                    ids, seats = zip(*change.groups, strict=True)
                    entry = (new_key(), count + 1, who.at, user)
                    texts = (change.summary, change.before, change.after)
                    await connection.execute(
                        WRITE, account, change.seats_allocated, ids, seats, *entry, *texts
                    )
        return allocations.payload(groups)

    async def _looked_up(self, statement: str, who: Caller) -> Row:
        return await self.pool.fetchrow(statement, *_arguments(who))


@asynccontextmanager
async def connected(url: str, kind: type[Postgres] = Postgres) -> AsyncIterator[Postgres]:
    """The database behind the URL."""
    async with asyncpg.create_pool(
        url, min_size=POOL, max_size=POOL, connection_class=Connection
    ) as pool:
        yield kind(pool)


def _arguments(who: Caller) -> tuple[Any, ...]:
    return who.at, who.account_code, who.email_key


def _unzipped(row: Row, letter: str, columns: int) -> list[Any]:
    """The rows whose columns are in arrays; an array of no rows is null."""
    arrays = [row[f"{letter}{column}"] or () for column in range(1, columns + 1)]
    return list(zip(*arrays, strict=True))
