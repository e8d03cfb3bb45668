"""The answers against the database: what was acknowledged is there, with what the answer said."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.concurrency.history import Intent, Outcome, Sighting, Violation
from tests.concurrency.ledger import Books, books_of
from tests.concurrency.replay import Account, Terms
from tests.concurrency.snapshots import Snapshot


def violations(
    intents: Sequence[Intent],
    sightings: Sequence[Sighting],
    accounts: Mapping[str, Account],
    snapshot: Snapshot,
) -> Iterator[Violation]:
    """Answers that the database does not bear out."""
    books = books_of(snapshot)
    orders = {code: _orders(own) for code, own in books.items()}
    for intent in intents:
        if intent.mutation == "changeUsers":
            invoices = orders[intent.account][intent.asked["order"]]
            yield from _billed(intent, invoices, books[intent.account])
        if intent.mutation == "inviteUser":
            yield from _invited(intent, accounts[intent.account])
        yield from _alike(intent)
    for sighting in sightings:
        yield from _seen(sighting, accounts[sighting.account])


def _orders(books: Books) -> dict[str, list[dict[str, Any]]]:
    """The invoices that carry each purchase order number."""
    orders: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for invoice in books.invoices.values():
        orders[str(invoice["purchase_order_number"])].append(invoice)
    return orders


def _billed(
    intent: Intent, invoices: Sequence[dict[str, Any]], books: Books
) -> Iterator[Violation]:
    """An increase has one invoice, an unknown one at most one, and a refused one none."""
    told = [payload["invoice"] for payload in intent.payloads()]
    found = [
        {
            "number": row["number"],
            "lines": [{"quantity": books.line(row["number"]).get("quantity")}],
        }
        for row in invoices
    ]
    if intent.outcome is Outcome.OK and found != [invoice for invoice in told[:1] if invoice]:
        yield Violation("lost", f"{found} stored for {intent}")
    if len(found) > (1 if intent.may_be_done else 0):
        yield Violation("done twice", f"{found} stored for {intent}")


def _invited(intent: Intent, account: Account) -> Iterator[Violation]:
    """Who was invited is there; who was refused is not."""
    there = intent.asked["email"] in account.people
    if intent.outcome is Outcome.OK and not there:
        yield Violation("lost", f"{account.code} has nobody of {intent}")
    if there and not intent.may_be_done:
        yield Violation("done twice", f"{account.code} has somebody of {intent}")


def _alike(intent: Intent) -> Iterator[Violation]:
    """The same key is answered alike, however often it is sent."""
    marks = {_mark(intent.mutation, payload) for payload in intent.payloads()}
    if len(marks) > 1:
        yield Violation("done twice", f"answered differently: {intent}")


def _mark(mutation: str, payload: Mapping[str, Any]) -> str:
    """What an answer says that it did."""
    made = {"changeUsers": "invoice", "inviteUser": "user", "createSeatGroup": "seatGroup"}
    what = payload[made[mutation]] if mutation in made else None
    return str(what and (what.get("id") or what))


def _seen(sighting: Sighting, account: Account) -> Iterator[Violation]:
    """What an answer shows of a subscription is what it was at that version."""
    shown = sighting.shown
    terms = Terms(
        seats=shown["seats"],
        pending=shown["pendingSeats"],
        canceling=shown["cancelAtPeriodEnd"],
        status=shown["status"],
        period_start=shown["currentPeriod"]["start"],
    )
    place = shown["version"] - (account.version - len(account.terms.states) + 1)
    states = account.terms.states[place : place + 1] if place >= 0 else []
    if states != [terms]:
        text = f"{sighting.where} showed {shown}, at that version it was {states}"
        yield Violation("lost", text)
