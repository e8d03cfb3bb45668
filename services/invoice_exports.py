"""Exports of invoices: their PDFs as one ZIP, and the history as CSV, for accountants.

Both are made while they are sent, a few invoices at a time, so that what they take of memory does
not grow with the history.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from datetime import date
from uuid import UUID

from models.invoices import Invoice, InvoiceDocument
from services import invoice_documents, settings, spreadsheets, zips
from services.errors import BadUserInput
from services.forms import FORMS, Form
from services.links import Export
from services.permissions import Actor, Right, require
from services.rows import Query
from services.zips import Entry

MAX_DOCUMENTS = 1_000
"""How many PDFs go into one ZIP."""

AT_ONCE = 16
"""How many documents are read at once."""

ROWS = 500
"""How many invoices of a CSV are read at once."""

NAMES = Query(Invoice).without(
    *{*Invoice._meta.fields_db_projection} - {"id", "account_id", "number", "issued_at"}  # noqa: SLF001
)
"""What the ZIP needs to know of an invoice."""


class TooManyError(Exception):
    """There are more invoices than go into one ZIP."""


async def count(actor: Actor, first: date | None, last: date | None) -> int:
    """How many invoices and credit notes were issued from a day to a day, both included; None is
    the beginning or the end of the history. Raises Forbidden, BadUserInput."""
    require(actor, Right.BILLING)
    if first and last and first > last:
        raise BadUserInput("from: must not be after to.")
    return await _chosen(Query(Invoice), Export(actor.account_id, first, last)).number()


async def chosen(export: Export) -> list[Invoice]:
    """The invoices of a ZIP, of which no more is read than it needs. Raises TooManyError."""
    found = await _chosen(NAMES, export).sorted("sequence", MAX_DOCUMENTS + 1).all()
    if len(found) > MAX_DOCUMENTS:
        raise TooManyError
    return found


async def zipped(chosen: Sequence[Invoice]) -> AsyncGenerator[bytes]:
    """Their PDFs as a ZIP: those that are kept first, in the order of the history, then those that
    are still to be drawn. Raises what `stored` and `content` of services/invoice_documents.py
    raise; what was made so far is no whole archive."""
    async with aclosing(_entries(chosen)) as entries:
        async for piece in zips.zipped(entries):
            yield piece


async def csv(export: Export) -> AsyncGenerator[bytes]:
    """The history as CSV, oldest first, with a row of headings (services/spreadsheets.py)."""
    written, reached = spreadsheets.headings(), 0
    while True:
        later = _chosen(Query(Invoice), export).where("sequence > ?", reached)
        rows = await later.sorted("sequence", ROWS).all()
        written += spreadsheets.written(rows, await _credited(export.account_id, rows))
        yield written
        if len(rows) < ROWS:
            return
        written, reached = b"", rows[-1].sequence


def _chosen(query: Query[Invoice], export: Export) -> Query[Invoice]:
    """The export's invoices, found among all of the account's."""
    query = query.where("account_id = ?", export.account_id)._replace(long=True)
    if export.first is not None:
        query = query.where("issued_on >= ?", export.first)
    return query if export.last is None else query.where("issued_on <= ?", export.last)


async def _credited(account_id: UUID, rows: Sequence[Invoice]) -> dict[UUID, str]:
    """The numbers of the invoices that credit notes among the rows are for."""
    ids = {row.credits_id for row in rows if row.credits_id is not None}
    if not ids:
        return {}
    found = await NAMES.where("account_id = ?", account_id).among("id", ids).all()
    return {invoice.id: invoice.number for invoice in found}


async def _entries(chosen: Sequence[Invoice]) -> AsyncGenerator[Entry]:
    missing = []
    for batch in _batches(chosen):
        kept = await _kept(batch)
        for invoice in batch:
            if invoice.id in kept:
                yield _entry(invoice, kept[invoice.id])
            else:
                missing.append(invoice)
    async with aclosing(_drawn(missing)) as drawn:
        async for entry in drawn:
            yield entry


def _batches(chosen: Sequence[Invoice]) -> Iterator[Sequence[Invoice]]:
    for begin in range(0, len(chosen), AT_ONCE):
        yield chosen[begin : begin + AT_ONCE]


async def _kept(batch: Sequence[Invoice]) -> dict[UUID, bytes]:
    """The documents that are there already, by their invoices' ids."""
    own = Query(InvoiceDocument).where("account_id = ?", batch[0].account_id)
    own = own.where("form = ?", Form.PDF).among("invoice_id", [one.id for one in batch])
    rows = await own.all()
    contents = await asyncio.gather(*map(invoice_documents.content, rows))
    return {row.invoice_id: content for row, content in zip(rows, contents, strict=True)}


async def _drawn(missing: Sequence[Invoice]) -> AsyncGenerator[Entry]:
    """The others, drawn as many at once as there are workers and no more, so that whoever wants
    a single document waits for a few."""
    waiting = iter(missing)
    in_hand: deque[asyncio.Task[Entry]] = deque()
    try:
        for invoice in waiting:
            in_hand.append(asyncio.create_task(_draw(invoice)))
            if len(in_hand) >= settings.current().document_workers:
                yield await in_hand.popleft()
        while in_hand:
            yield await in_hand.popleft()
    finally:
        for task in in_hand:
            task.cancel()


async def _draw(invoice: Invoice) -> Entry:
    stored = await invoice_documents.stored(invoice, Form.PDF)
    return _entry(invoice, await invoice_documents.content(stored))


def _entry(invoice: Invoice, content: bytes) -> Entry:
    return Entry(f"{invoice.number}{FORMS[Form.PDF].suffix}", invoice.issued_at, content)
