"""What must hold in every snapshot of the database, at any moment, crashes included."""

from collections.abc import Iterator
from typing import Any

from tests.concurrency.history import Violation
from tests.concurrency.snapshots import Snapshot

ACCOUNTS = """
SELECT accounts.code, accounts.invoice_count, accounts.activity_count, subscriptions.*,
    (SELECT COALESCE(SUM(seat_groups.seats), 0) FROM seat_groups
        WHERE seat_groups.account_id = accounts.id) AS held,
    (SELECT COUNT(*) FROM users
        WHERE users.account_id = accounts.id AND users.takes_seat) AS paid,
    (SELECT COUNT(*) FROM users WHERE users.account_id = accounts.id
        AND users.takes_seat AND users.seat_group_id IS NULL) AS paid_ungrouped,
    (SELECT COALESCE(SUM(invoice_lines.quantity), 0) FROM invoice_lines
        WHERE invoice_lines.account_id = accounts.id
        AND invoice_lines.period_end = subscriptions.period_end) AS billed,
    (SELECT COUNT(*) FROM invoices
        WHERE invoices.account_id = accounts.id AND kind <> 'SEAT_INCREASE') AS whole,
    (SELECT COUNT(DISTINCT invoices.period_start) FROM invoices
        WHERE invoices.account_id = accounts.id AND kind <> 'SEAT_INCREASE') AS whole_periods
FROM accounts JOIN subscriptions ON subscriptions.account_id = accounts.id
"""

GROUPS = """
SELECT accounts.code, seat_groups.*,
    (SELECT COUNT(*) FROM users WHERE users.account_id = accounts.id
        AND users.seat_group_id = seat_groups.id AND users.takes_seat) AS paid
FROM seat_groups JOIN accounts ON accounts.id = seat_groups.account_id
"""

INVOICES = """
SELECT accounts.code, COUNT(*) AS entries, COUNT(DISTINCT sequence) AS numbers,
    COUNT(DISTINCT number) AS names, MIN(sequence) AS first, MAX(sequence) AS last
FROM invoices JOIN accounts ON accounts.id = invoices.account_id GROUP BY accounts.code
"""

ACTIVITY = """
SELECT accounts.code, COUNT(*) AS entries, COUNT(DISTINCT sequence) AS numbers,
    COUNT(DISTINCT sequence) AS names, MIN(sequence) AS first, MAX(sequence) AS last
FROM activity JOIN accounts ON accounts.id = activity.account_id GROUP BY accounts.code
"""

MISCOUNTED = """
SELECT users.email, users.status, users.takes_seat FROM users
WHERE users.takes_seat <> (users.status <> 'DISABLED' AND EXISTS (
    SELECT 1 FROM product_permissions WHERE product_permissions.account_id = users.account_id
    AND product_permissions.user_id = users.id
    AND product_permissions.role IN ('OWNER', 'CONTRIBUTOR')))
"""

STATEMENTS = {
    "accounts": ACCOUNTS,
    "groups": GROUPS,
    "invoices": INVOICES,
    "activity": ACTIVITY,
    "miscounted": MISCOUNTED,
}
"""One snapshot, counted by the database."""


def violations(snapshot: Snapshot, today: str) -> Iterator[Violation]:
    """Every promise that the snapshot breaks. `today` is the latest day of any clock."""
    for account in snapshot["accounts"]:
        yield from _account(account, today)
    for group in snapshot["groups"]:
        yield from _group(group)
    for what in ("invoices", "activity"):
        counts = {account["code"]: account for account in snapshot["accounts"]}
        for numbers in snapshot[what]:
            yield from _numbers(what, numbers, counts[numbers["code"]])
    for user in snapshot["miscounted"]:
        yield Violation("counters", f"takes_seat is not what the roles say: {user}")


def _account(row: dict[str, Any], today: str) -> Iterator[Violation]:
    seats, pending, where = row["seats"], row["pending_seats"], f"{row['code']}: {row}"
    if row["held"] + row["paid_ungrouped"] > seats:
        yield Violation("oversold", f"allocations and ungrouped users exceed the total, {where}")
    if row["paid"] > seats:
        yield Violation("oversold", f"more paid users than seats, {where}")
    if pending is not None and row["held"] > pending:
        yield Violation("oversold", f"allocations exceed the pending total, {where}")
    yield from _billed(row, today)
    counted = {"used": "paid", "ungrouped": "paid_ungrouped", "allocated": "held"}
    for counter, truth in counted.items():
        # Counters may be kept on the row: then they must be true.
        if row.get(f"seats_{counter}", row[truth]) != row[truth]:
            yield Violation("counters", f"seats_{counter} is not {row[truth]}, {where}")


def _billed(row: dict[str, Any], today: str) -> Iterator[Violation]:
    where = f"{row['code']}: {row}"
    if row["billed"] != row["seats"]:
        yield Violation("billing", f"seats are not those billed for the period, {where}")
    if row["whole"] != row["whole_periods"]:
        yield Violation("billed twice", f"two invoices for one whole period, {where}")
    if row["period_start"] > today:
        yield Violation("billed twice", f"the period has not begun yet, {where}")


def _group(row: dict[str, Any]) -> Iterator[Violation]:
    if row["paid"] > row["seats"]:
        yield Violation("oversold", f"more paid members than the allocation: {row}")
    if row.get("seats_used", row["paid"]) != row["paid"]:
        yield Violation("counters", f"seats_used is not {row['paid']}: {row}")


def _numbers(what: str, row: dict[str, Any], account: dict[str, Any]) -> Iterator[Violation]:
    counter = {"invoices": "invoice_count", "activity": "activity_count"}[what]
    count = account[counter]
    if row["entries"] > min(row["numbers"], row["names"]):
        yield Violation("numbers", f"a number of {what} was given twice: {row}")
    elif not row["first"] == 1 <= row["last"] == row["entries"] == count:
        yield Violation("numbers", f"numbers of {what} have a gap: {row}, {counter} {count}")
