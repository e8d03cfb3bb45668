"""What a broken product could have left behind: evidence of a good run, with one thing changed."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.concurrency.judge import Evidence
from tests.concurrency.snapshots import Snapshot

Row = dict[str, Any]


def tampered(evidence: Evidence, change: Callable[[Snapshot], None]) -> Evidence:
    """The same evidence, but for what the change does to the database at the end."""
    last = copy.deepcopy(evidence.last)
    change(last)
    return replace(evidence, last=last)


def _entry(last: Snapshot, action: str) -> Row:
    """The last entry of a kind."""
    return [row for row in last["activity"] if row["action"] == action][-1]


def _increase(last: Snapshot) -> Row:
    return next(row for row in last["invoices"] if row["kind"] == "SEAT_INCREASE")


def _line(last: Snapshot) -> Row:
    invoice = _increase(last)
    return next(row for row in last["lines"] if row["invoice_id"] == invoice["id"])


def an_acknowledged_invitation_is_gone(last: Snapshot) -> None:
    """As if a crash had taken the whole transaction back, its entry too."""
    entry = _entry(last, "user.invited")
    email = entry["summary"].partition(" ")[0]
    last["activity"].remove(entry)
    for what in ("users", "roles"):
        last[what] = [row for row in last[what] if row["email"] != email]


def a_user_is_gone(last: Snapshot) -> None:
    """Half of a change: the entry stayed."""
    last["users"].remove(last["users"][-1])


def a_change_left_no_entry(last: Snapshot) -> None:
    """Half of a change: the entry is missing."""
    last["activity"].remove(_entry(last, "seat_group.allocated"))


def a_change_was_done_twice(last: Snapshot) -> None:
    """The same work once more."""
    entry = _entry(last, "user.moved")
    later = max(r["sequence"] for r in last["activity"] if r["account_id"] == entry["account_id"])
    last["activity"].append({**entry, "sequence": later + 1})


def an_invoice_is_gone(last: Snapshot) -> None:
    """Seats that nobody paid for."""
    last["invoices"].remove(_increase(last))


def an_invoice_bills_a_seat_more(last: Snapshot) -> None:
    """A seat that nobody bought."""
    _line(last)["quantity"] += 1


def an_invoice_costs_more(last: Snapshot) -> None:
    """A cent too much."""
    _line(last)["amount_minor"] += 1


def a_renewal_was_skipped(last: Snapshot) -> None:
    """A month for nothing."""
    renewal = [row for row in last["invoices"] if row["kind"] == "RENEWAL"][-1]
    entry = next(r for r in last["activity"] if f"billed by {renewal['number']}" in r["summary"])
    last["invoices"].remove(renewal)
    last["activity"].remove(entry)


def a_total_is_another(last: Snapshot) -> None:
    """A lost update."""
    last["accounts"][0]["seats"] += 1


def an_allocation_is_another(last: Snapshot) -> None:
    """A lost update."""
    last["groups"][0]["seats"] += 1


def a_role_is_another(last: Snapshot) -> None:
    """A lost update."""
    last["roles"][0]["role"] = "REVIEWER"


TAMPERINGS: tuple[Callable[[Snapshot], None], ...] = (
    an_acknowledged_invitation_is_gone,
    a_user_is_gone,
    a_change_left_no_entry,
    a_change_was_done_twice,
    an_invoice_is_gone,
    an_invoice_bills_a_seat_more,
    an_invoice_costs_more,
    a_renewal_was_skipped,
    a_total_is_another,
    an_allocation_is_another,
    a_role_is_another,
)
