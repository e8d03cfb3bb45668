"""The worker's side of documents: an invoice's frozen value in, the bytes of its PDF out.

Pure but for reading `pdf_templates/`. The PDF library takes 0.24 s to import, so the server's
process never imports this module: it asks the worker through `services.documents`.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from reportlab import rl_config
from stdnum import iban
from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.default import DEFAULT_CSS
from xhtml2pdf.document import pisaDocument

from services import money, taxes, typesetting
from services.documents import (
    Address,
    DocumentLine,
    Drawing,
    InvoiceDocument,
    RenderError,
)
from services.taxes import Taxation, TaxTreatment

TEMPLATE = "invoice.html"
STYLES = "invoice.css"

LOCALE = "en_US"

MINUS = "\u2212"
"""The sign that is as wide as a plus, where Babel writes a hyphen."""

POSTAL_CODE_LAST = frozenset({"AU", "CA", "GB", "IE", "IN", "NZ", "SG", "TH", "US"})
"""Countries whose postal code follows the city; elsewhere it does where a region is given."""

FOOTER_LENGTH = 60
"""The characters of a name for which the footer has room on its one line."""

# Streams as bytes instead of as text: smaller, and quicker by a tenth.
rl_config.useA85 = 0


def render_pdf(document: InvoiceDocument) -> bytes:
    """The invoice as PDF, drawn in this very process. Raises RenderError."""
    return draw(document).content


def draw(document: InvoiceDocument) -> Drawing:
    """The invoice as PDF, the same bytes each time, and the characters that no font has.

    Raises RenderError where the PDF library so much as warns.
    """
    html = _templates().get_template(TEMPLATE).render(document=document)
    html, missing = typesetting.boxed(html)
    with _dated(int(document.issued_at.timestamp())), _strictness():
        return Drawing(content=_pdf(html), missing=missing)


def _pdf(html: str) -> bytes:
    styles = (typesetting.TEMPLATES / STYLES).read_text(encoding="utf-8")
    target = BytesIO()
    pisaDocument(
        html,
        target,
        # A file inside the folder: given the folder itself, the library would look beside it.
        path=str(typesetting.TEMPLATES / TEMPLATE),
        default_css=DEFAULT_CSS + typesetting.font_rules(html) + styles,
        resource_policy=ResourceAccessPolicy.server(typesetting.TEMPLATES, allow_remote=False),
    )
    return target.getvalue()


@contextmanager
def _dated(timestamp: int) -> Iterator[None]:
    """The PDF's own dates are `timestamp`, not the time of drawing: bytes would differ."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(timestamp)
    try:
        yield
    finally:
        del os.environ["SOURCE_DATE_EPOCH"]
        if before is not None:
            os.environ["SOURCE_DATE_EPOCH"] = before


class _Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _strictness() -> Iterator[None]:
    """Raises RenderError at the end when the libraries only logged what went wrong."""
    complaints = _Complaints()
    loggers = [logging.getLogger(name) for name in ("xhtml2pdf", "reportlab")]
    for logger in loggers:
        logger.addHandler(complaints)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(complaints)
    if complaints.messages:
        raise RenderError("; ".join(complaints.messages))


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(typesetting.TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_written,
    )
    environment.filters |= FILTERS
    return environment


def _written(value: object) -> object:
    # What a macro wrote is markup already, and every value in it has come through here.
    return value if hasattr(value, "__html__") else typesetting.normal(value)


def _day(day: date) -> str:
    return format_date(day, "d MMM y", locale=LOCALE)


def _period(line: DocumentLine) -> str:
    """The days paid for, the last one included: the period's end is the first one that is not."""
    return f"{_day(line.period_start)} – {_day(line.period_end - timedelta(days=1))}"


def _money(amount_minor: int, currency: str) -> str:
    return money.formatted(amount_minor, currency, LOCALE).replace("-", MINUS)


def _money_with_code(amount_minor: int, currency: str) -> str:
    """The amount with its code, "$1,249.50 USD": the sign would not tell which dollar."""
    text = _money(amount_minor, currency)
    return text if currency in text else f"{text}\xa0{currency}"


def _count(quantity: int) -> str:
    return format_decimal(quantity, locale=LOCALE).replace("-", MINUS)


def _percent(rate_ppm: int) -> str:
    """The exact rate: 190000 millionths are 19%, 88750 are 8.875%."""
    return f"{(Decimal(rate_ppm) / 10_000).normalize():f}%"


def _tax_note(taxation: Taxation) -> str:
    note = taxes.note(taxation) or ""
    return f"Exempt from tax: {note}" if taxation.treatment is TaxTreatment.EXEMPT else note


def _country(code: str) -> str:
    return str(Locale("en").territories.get(code, code))


def _locality(address: Address) -> str:
    """The line "Austin, TX 78701" or "London, EC1A 1BB", but "80802 München"."""
    if not address.region and address.country_code not in POSTAL_CODE_LAST:
        return " ".join(filter(None, (address.postal_code, address.city)))
    region = " ".join(filter(None, (address.region, address.postal_code)))
    return ", ".join(filter(None, (address.city, region)))


def _shortened(name: str) -> str:
    return name if len(name) <= FOOTER_LENGTH else f"{name[: FOOTER_LENGTH - 1]}…"


FILTERS: dict[str, Callable[..., str]] = {
    "count": _count,
    "country": _country,
    "day": _day,
    "iban": iban.format,
    "locality": _locality,
    "money": _money,
    "money_with_code": _money_with_code,
    "percent": _percent,
    "period": _period,
    "shortened": _shortened,
    "tax_note": _tax_note,
}
"""What the template writes values with."""
