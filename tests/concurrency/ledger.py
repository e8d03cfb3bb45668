"""The invoices against the seats: every bought seat is in exactly one line, of the right price."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from math import floor
from typing import Any

from dateutil.relativedelta import relativedelta

from tests.concurrency.history import Violation
from tests.concurrency.replay import Account
from tests.concurrency.snapshots import Snapshot

BILLED = re.compile(r"billed by ([^\s;]+)")


@dataclass(slots=True)
class Books:
    """One account's subscription, invoices by number, and the lines of each by its key."""

    row: dict[str, Any]
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def line(self, number: str) -> dict[str, Any]:
        """The one line that each of the product's invoices has; an empty one for none."""
        invoice = self.invoices.get(number)
        lines = self.lines[invoice["id"]] if invoice else []
        return lines[0] if len(lines) == 1 else {}

    def period(self, index: int) -> tuple[date, date]:
        """The days of the period number `index`, counted from the day of the beginning."""
        anchor = date.fromisoformat(self.row["started_on"])
        start, end = (anchor + relativedelta(months=index + step) for step in (0, 1))
        return start, end


def books_of(snapshot: Snapshot) -> dict[str, Books]:
    """The books of every account."""
    books = {row["account_id"]: Books(row) for row in snapshot["accounts"]}
    for invoice in snapshot["invoices"]:
        books[invoice["account_id"]].invoices[invoice["number"]] = invoice
    for line in snapshot["lines"]:
        books[line["account_id"]].lines[line["invoice_id"]].append(line)
    return {own.row["code"]: own for own in books.values()}


def violations(
    snapshot: Snapshot, accounts: Mapping[str, Account], now: datetime
) -> Iterator[Violation]:
    """Whatever was billed twice, not at all, for another period or at another price."""
    books = books_of(snapshot)
    for code, account in accounts.items():
        for text in _wrong(books[code], account, now):
            yield Violation("billing", f"{code}: {text}")


def _wrong(books: Books, account: Account, now: datetime) -> Iterator[str]:
    prefix = books.row["invoice_prefix"]
    for number, invoice in books.invoices.items():
        if number != f"{prefix}-{invoice['sequence']:05d}":
            yield f"{number} is number {invoice['sequence']}"
        yield from _priced(books, number)
    yield from _named(books, account)
    yield from _told(books, account)
    if books.row["status"] == "ACTIVE" and datetime.fromisoformat(books.row["renews_at"]) <= now:
        yield f"a period was skipped: {books.row}"


def _named(books: Books, account: Account) -> Iterator[str]:
    """Each invoice but the first is the doing of one entry, and no entry tells of another."""
    named = Counter(
        match.group(1) for entry in account.entries for match in BILLED.finditer(entry["summary"])
    )
    issued = Counter(number for number, row in books.invoices.items() if row["kind"] != "INITIAL")
    if named != issued:
        yield f"billed by the activity but not by invoices {named - issued}, the other way round"
        yield f"{issued - named}"


def _told(books: Books, account: Account) -> Iterator[str]:
    """Whether each entry that bought seats is billed by a line that says the same."""
    index = 0
    opening = account.terms.states[0].seats
    first = next((n for n, row in books.invoices.items() if row["kind"] == "INITIAL"), "")
    yield from _line(books, first, opening, index)
    for entry in account.entries:
        found = BILLED.search(entry["summary"])
        number = found.group(1) if found else ""
        if entry["action"] == "subscription.renewed":
            index += 1
            if entry["after"]["period_start"] != str(books.period(index)[0]):
                yield f"a period was skipped or came twice: {entry}"
            yield from _line(books, number, entry["after"]["seats"], index)
        if entry["action"] == "subscription.users_changed":
            growth = entry["after"]["seats"] - entry["before"]["seats"]
            yield from _line(books, number, growth, index)


def _line(books: Books, number: str, seats: int, index: int) -> Iterator[str]:
    line, end = books.line(number), str(books.period(index)[1])
    if seats == 0:
        if number:
            yield f"{number} bills nothing"
    elif (line.get("quantity"), line.get("period_end")) != (seats, end):
        yield f"{seats} seats until {end} are not billed by {number!r}: {line}"


def _priced(books: Books, number: str) -> Iterator[str]:
    """Whether a line costs its share of the period, rounded half up."""
    line = books.line(number)
    if not line:
        yield f"{number} has not one line"
        return
    start, end = (date.fromisoformat(line[f"period_{edge}"]) for edge in ("start", "end"))
    months = (end.year - int(books.row["started_on"][:4])) * 12 + end.month
    index = months - int(books.row["started_on"][5:7]) - 1
    whole = books.period(index)
    share = Fraction((end - start).days, (whole[1] - whole[0]).days)
    exact = line["unit_price_minor"] * line["quantity"] * share
    if end != whole[1] or line["amount_minor"] != floor(exact + Fraction(1, 2)):
        yield f"{number} costs {line['amount_minor']} instead of {float(exact)}: {line}"
