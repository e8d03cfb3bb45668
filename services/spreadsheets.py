"""Invoices as CSV (RFC 4180, UTF-8 with its mark), for people whose spreadsheet opens it, and for
programs. Without the mark some spreadsheets take UTF-8 for another encoding, and without quotes
some end a cell at a `;`.

A spreadsheet takes a text that begins with `=` and the like for a formula and runs it (OWASP, "CSV
injection"), so such a text has a `'` before it. Amounts are numbers and stay what they are.
"""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from io import StringIO
from uuid import UUID

from models.invoices import Invoice, InvoiceStatus
from services import money

COLUMNS = (
    "number",
    "kind",
    "status",
    "issued_on",
    "due_on",
    "settled_on",
    "currency",
    "subtotal",
    "tax",
    "total",
    "credited",
    "amount_due",
    "tax_treatment",
    "buyer",
    "buyer_tax_id",
    "purchase_order_number",
    "credits",
    "reason",
)

FORMULA = re.compile("(^|;)(?=[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
"""Where a formula begins: with one of these, of which the last four are the first four as East Asia
writes them; within a text, too, as spreadsheets in much of Europe end a cell at a `;`."""


def headings() -> bytes:
    """The mark of UTF-8, and the first row: `COLUMNS`."""
    return BOM_UTF8 + _lines([COLUMNS])


def written(invoices: Sequence[Invoice], credited: Mapping[UUID, str]) -> bytes:
    """A row for each invoice; `credited` has the numbers of what credit notes are for."""
    return _lines([_row(invoice, credited) for invoice in invoices])


def defused(text: str | None) -> str:
    """A text that no spreadsheet takes for a formula; empty for None."""
    return FORMULA.sub(r"\1'", text or "")


def _row(invoice: Invoice, credited: Mapping[UUID, str]) -> list[str]:
    due = 0
    if invoice.status is InvoiceStatus.OPEN:
        due = invoice.total_minor - invoice.credited_minor
    amounts = (
        invoice.subtotal_minor,
        invoice.tax_minor,
        invoice.total_minor,
        invoice.credited_minor,
        due,
    )
    settled, credits_id = invoice.settled_on, invoice.credits_id
    return [
        defused(invoice.number),
        invoice.kind,
        invoice.status,
        invoice.issued_on.isoformat(),
        invoice.due_on.isoformat(),
        settled.isoformat() if settled else "",
        invoice.currency,
        *(money.plain(minor, invoice.currency) for minor in amounts),
        invoice.taxation["treatment"],
        defused(invoice.buyer["legal_name"]),
        defused(invoice.buyer["tax_id"]),
        defused(invoice.purchase_order_number),
        defused(credited[credits_id]) if credits_id else "",
        defused(invoice.reason),
    ]


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()
