"""The answers' data, from the values of either database. Days are dates or ISO text."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from benchmarks.floor.callers import Row
from services import money

Day = date | str
Data = dict[str, Any]

GroupRow = tuple[str, int, int]
"""Name, seats, seats used."""

InvoiceRow = tuple[int, str, Day, str, int, str]
"""Sequence, number, day of issue, status, total, currency."""

LineRow = tuple[int, str, int, int, Day, Day, int]
"""The invoice's sequence, description, quantity, price, first day, day after, amount."""

PAGE = 10


def smallest(row: Row) -> Data:
    """Q3."""
    return {"account": {"name": row["name"]}}


def billing_page(row: Row, groups: Iterable[GroupRow], invoices: Sequence[InvoiceRow]) -> Data:
    """Q1. There is one invoice more than a page holds where there is a next page."""
    edges = [
        {
            "cursor": urlsafe_b64encode(b"[%d]" % sequence).decode(),
            "node": {
                "number": number,
                "issuedOn": issued_on,
                "status": status,
                "total": _money(total, currency),
            },
        }
        for sequence, number, issued_on, status, total, currency in invoices[:PAGE]
    ]
    page = {
        "hasNextPage": len(invoices) > PAGE,
        "endCursor": edges[-1]["cursor"] if edges else None,
    }
    nodes = [
        {"node": {"name": name, "seats": seats, "seatsUsed": used}} for name, seats, used in groups
    ]
    account = {
        "name": row["name"],
        "subscription": _subscription(row),
        "seatGroups": {"edges": nodes},
        "invoices": {"edges": edges, "pageInfo": page},
    }
    return {"account": account}


def _subscription(row: Row) -> Data:
    return {
        "plan": {"name": row["plan_name"]},
        "seats": row["seats"],
        "seatsUsed": row["seats_used"],
        "seatsAvailable": row["seats"] - row["seats_allocated"] - row["seats_ungrouped"],
        "pendingSeats": row["pending_seats"],
        "currentPeriod": {"start": row["period_start"], "end": row["period_end"]},
        "version": row["version"],
    }


def invoice_history(invoices: Iterable[InvoiceRow], lines: Iterable[LineRow]) -> Data:
    """Q2: both newest first, the lines of an invoice in order."""
    edges = []
    by_invoice: dict[int, tuple[list[Data], str]] = {}
    for sequence, number, issued_on, status, total, currency in invoices:
        of_invoice: list[Data] = []
        by_invoice[sequence] = of_invoice, currency
        node = {
            "number": number,
            "issuedOn": issued_on,
            "status": status,
            "lines": of_invoice,
            "total": _money(total, currency),
        }
        edges.append({"node": node})
    for sequence, description, quantity, price, start, end, amount in lines:
        of_invoice, currency = by_invoice[sequence]
        of_invoice.append(
            {
                "description": description,
                "quantity": quantity,
                "unitPrice": _money(price, currency),
                "period": {"start": start, "end": end},
                "amount": _money(amount, currency),
            }
        )
    return {"account": {"invoices": {"edges": edges}}}


def _money(minor: int, currency: str) -> Data:
    """No credit is among the measured invoices: nothing is below zero."""
    places = money.CURRENCIES[currency]
    digits = str(minor)
    if places:
        digits = digits.zfill(places + 1)
        digits = f"{digits[:-places]}.{digits[-places:]}"
    return {"amount": digits, "currency": currency}
