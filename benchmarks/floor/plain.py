"""The floor on PostgreSQL as one would write it by hand: the look-up of the user, then a
statement for each part of the answer, on one connection. An allocation is the limit's."""

from collections.abc import Mapping
from typing import Any

from benchmarks.floor import answers
from benchmarks.floor.answers import Data
from benchmarks.floor.callers import Caller, billing
from benchmarks.floor.postgres import CALLER, LOOKED_UP, Postgres

NAMED = f"SELECT {LOOKED_UP}, a.name FROM {CALLER} WHERE a.code = $2"  # noqa: S608 (our own text)

SUBSCRIPTION = """
SELECT p.name AS plan_name, s.seats, s.seats_used, s.seats_allocated, s.seats_ungrouped,
    s.pending_seats, s.period_start, s.period_end, s.version
FROM subscriptions s JOIN plans p ON p.id = s.plan_id WHERE s.account_id = $1
"""
GROUPS = """
SELECT name, seats, seats_used FROM seat_groups WHERE account_id = $1
ORDER BY name_key, id LIMIT 5
"""
INVOICES = """
SELECT sequence, number, issued_on, status, total_minor, currency FROM invoices
WHERE account_id = $1 ORDER BY sequence DESC LIMIT $2
"""
HISTORY = """
SELECT sequence, number, issued_on, status, total_minor, currency, id FROM invoices
WHERE account_id = $1 ORDER BY sequence DESC LIMIT 100
"""
LINES = """
SELECT invoice_id, description, quantity, unit_price_minor, period_start, period_end, amount_minor
FROM invoice_lines WHERE account_id = $1 AND invoice_id = ANY($2::uuid[])
ORDER BY invoice_id, position
"""


class Plain(Postgres):
    """Q1 takes four statements, Q2 three."""

    async def billing_page(self, who: Caller, _: Mapping[str, Any]) -> Data:
        """Q1."""
        async with self.pool.acquire() as connection:
            row = billing(await connection.fetchrow(NAMED, *arguments(who)))
            account = row["account_id"]
            subscription = await connection.fetchrow(SUBSCRIPTION, account)
            groups = await connection.fetch(GROUPS, account)
            invoices = await connection.fetch(INVOICES, account, answers.PAGE + 1)
        parts: Any = subscription, groups, invoices
        return answers.billing_page({**row, **parts[0]}, *parts[1:])

    async def invoice_history(self, who: Caller, _: Mapping[str, Any]) -> Data:
        """Q2."""
        async with self.pool.acquire() as connection:
            row = billing(await connection.fetchrow(NAMED, *arguments(who)))
            invoices = await connection.fetch(HISTORY, row["account_id"])
            sequences = {invoice["id"]: invoice["sequence"] for invoice in invoices}
            lines = await connection.fetch(LINES, row["account_id"], list(sequences))
        numbered = ((sequences[line[0]], *tuple(line)[1:]) for line in lines)
        return answers.invoice_history((tuple(row)[:6] for row in invoices), numbered)


def arguments(who: Caller) -> tuple[Any, ...]:
    """What the look-up is asked with."""
    return who.at, who.account_code, who.email_key
