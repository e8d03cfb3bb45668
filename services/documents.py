"""The documents room: an invoice's frozen value, and its PDF.

A document is a function of a frozen value: the template never meets a row. It is drawn in a
worker process (services/rendering.py): drawing holds the processor for 0.1 s to some seconds,
and a process can be given a limit of memory and be ended at a limit of time.
"""

import asyncio
import importlib
import logging
import multiprocessing
import resource
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from time import perf_counter
from typing import Any

from pebble import ProcessPool

from services import metrics, settings
from services.drafts import Wording
from services.forms import FORMS, Form
from services.letterheads import Letterhead
from services.taxes import TaxAmount, Taxation

log = logging.getLogger(__name__)

TIME_LIMIT_SECONDS = 60.0
"""How long one document may take; 1,000 lines take 9 s."""

MEMORY_LIMIT_BYTES = 1_500_000_000
"""The worker's address space; 1,000 lines take 200 MB."""


class RenderError(Exception):
    """A document could not be drawn; the message says why, for the log alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; `country_code` is ISO 3166-1 alpha-2."""

    line1: str
    line2: str | None
    postal_code: str | None
    city: str
    region: str | None
    country_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """A bank account to pay into."""

    holder: str
    iban: str
    bic: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The seller or the buyer, as they were when the invoice was issued."""

    legal_name: str
    address: Address
    tax_id: str | None
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller(Party):
    """The seller, with the entry in a register of companies ("HRB 12345, Amtsgericht München"),
    the account to pay into, and what else the vendor has to say about paying."""

    registration: str | None = None
    bank: Bank | None = None
    payment_note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """One line: `amount_minor` for `quantity` seats over [period_start, period_end). The
    description stands as it is where there is no wording to put into the reader's language."""

    description: str
    wording: Wording | None
    quantity: int
    unit_price_minor: int
    period_start: date
    period_end: date
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The invoice that a credit note is for, and why."""

    number: str
    issued_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What an invoice or a credit note said when it was issued, and says ever after: all that its
    e-invoice is made from.

    Amounts are in the currency's minor unit, negative on a credit note; `issued_at` is the UTC
    instant that the PDF's metadata carry; `locale` decides language, dates and numbers.
    """

    kind: str
    number: str
    issued_on: date
    due_on: date
    issued_at: datetime
    payment_terms_days: int
    currency: str
    locale: str
    seller: Seller
    buyer: Party
    purchase_order_number: str | None
    lines: tuple[DocumentLine, ...]
    subtotal_minor: int
    taxation: Taxation
    taxes: tuple[TaxAmount, ...]
    tax_minor: int
    total_minor: int
    credits: Reference | None = None

    @property
    def is_credit_note(self) -> bool:
        """Whether it takes back what an invoice billed."""
        return self.credits is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDocument(Issued):
    """Everything that the PDF shows: what was issued, where it stands, and on which letterhead."""

    status: str
    credited_minor: int = 0
    settled_on: date | None = None
    void_reason: str | None = None
    letterhead: Letterhead = field(default_factory=Letterhead)

    @property
    def reason(self) -> str | None:
        """Why the credit note was issued, or the invoice voided."""
        return self.credits.reason if self.credits else self.void_reason

    @property
    def due_minor(self) -> int:
        """What is still to be paid: the total less what was credited, while it is open."""
        return self.total_minor - self.credited_minor if self.status == "OPEN" else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A drawn document, and the characters that no font has (a box stands for each)."""

    content: bytes
    missing: tuple[str, ...]


async def render(document: InvoiceDocument, form: Form = Form.PDF) -> bytes:
    """The invoice in a form: the same bytes for the same document, drawn outside the event loop.

    Raises RenderError when drawing fails, takes longer than TIME_LIMIT_SECONDS or crashes.
    """
    begin = perf_counter()
    try:
        drawing: Drawing = await _in_worker(_draw, FORMS[form].maker, document)
    except RenderError:
        metrics.drawn("failed", perf_counter() - begin)
        raise
    metrics.drawn("drawn", perf_counter() - begin)
    if drawing.missing:
        points = " ".join(f"U+{ord(char):04X}" for char in drawing.missing)
        log.error("invoice.glyph_missing number=%s code_points=%s", document.number, points)
    return drawing.content


def in_hand() -> int:
    """How many documents are being drawn, or wait for it."""
    return len(_jobs)


async def close() -> None:
    """Ends the workers, if there are any; whoever still waits for a drawing is cancelled."""
    # Stopping the pool would leave them waiting for ever.
    for job in tuple(_jobs):
        job.cancel()
    if _pool.cache_info().currsize:
        pool = _pool()
        _pool.cache_clear()
        pool.stop()  # type: ignore[no-untyped-call]  # an oversight of the library
        # Joining waits for threads; other tasks go on meanwhile.
        await asyncio.to_thread(pool.join)


_jobs: set[Future[Any]] = set()
"""What the workers have been given and not yet done."""


@cache
def _pool() -> ProcessPool:
    """The workers, started by the first document: most processes never draw any."""
    return ProcessPool(
        max_workers=settings.current().document_workers,
        initializer=_limit_memory,
        # A forked child would inherit locks, sockets and the event loop in whatever state.
        context=multiprocessing.get_context("spawn"),
    )


def _working_pool() -> ProcessPool:
    # A worker that dies is replaced by the pool itself; a pool that could not start one is not.
    if not _pool().active:
        _pool.cache_clear()
    return _pool()


async def _in_worker(function: Callable[..., Any], *arguments: Any) -> Any:
    job = _working_pool().submit(function, TIME_LIMIT_SECONDS, *arguments)
    _jobs.add(job)
    job.add_done_callback(_jobs.discard)
    try:
        return await asyncio.wrap_future(job)
    except TimeoutError:
        raise RenderError(f"not drawn within {TIME_LIMIT_SECONDS:g} s") from None
    except RenderError:
        raise
    except Exception as error:
        raise RenderError(f"{type(error).__name__}: {error}") from error


def _draw(maker: str, document: InvoiceDocument) -> Drawing:
    # By name, so that only the worker pays for importing the PDF library.
    module, _, name = maker.partition(":")
    drawing: Drawing = getattr(importlib.import_module(module), name)(document)
    return drawing


def _limit_memory() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    unlimited = hard == resource.RLIM_INFINITY
    limit = MEMORY_LIMIT_BYTES if unlimited else min(MEMORY_LIMIT_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
