"""The worker's side of documents: an invoice's frozen value in, the bytes of its PDF out.

Pure but for reading `pdf_templates/`. The PDF library takes 0.24 s to import, so the server's
process never imports this module: it asks the worker through `services.documents`.
"""

import logging
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from reportlab import rl_config
from reportlab.lib.utils import ImageReader
from stdnum import iban
from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.default import DEFAULT_CSS
from xhtml2pdf.document import pisaDocument

from services import archival, einvoice_terms, einvoices, typesetting
from services.document_words import Words
from services.documents import (
    Address,
    Drawing,
    InvoiceDocument,
    RenderError,
)
from services.letterheads import Letterhead

TEMPLATE = "invoice.html"
STYLES = "invoice.css"
LOOK = "letterhead.css"

LOGO_WIDTH_MM = 70
LOGO_HEIGHT_MM = 16

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
    """The invoice as PDF/A-3 with its e-invoice, the same bytes each time, and the characters that
    no font has.

    Raises RenderError where the PDF library so much as warns.
    """
    words = Words(document)
    html = (
        _templates()
        .get_template(TEMPLATE)
        .render(document=document, words=words, say=words.reader.say, reader=words.reader)
    )
    html, missing = typesetting.boxed(html)
    with _dated(int(document.issued_at.timestamp())), _strictness():
        drawn = _pdf(html, words.reader.language, document.letterhead)
    xml = einvoices.factur_x(document).content if einvoice_terms.exists_for(document) else None
    return Drawing(content=archival.archived(drawn, document.issued_at, xml), missing=missing)


def _pdf(html: str, language: str, letterhead: Letterhead) -> bytes:
    fonts = typesetting.font_rules(html, language)
    styles = (typesetting.TEMPLATES / STYLES).read_text(encoding="utf-8")
    look = _templates().get_template(LOOK).render(letterhead=letterhead)
    target = BytesIO()
    pisaDocument(
        html,
        target,
        # A file inside the folder: given the folder itself, the library would look beside it.
        path=str(typesetting.TEMPLATES / TEMPLATE),
        default_css=DEFAULT_CSS + fonts + styles + look,
        resource_policy=ResourceAccessPolicy.server(typesetting.TEMPLATES, allow_remote=False),
    )
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a page holds it: its source, and how wide and high it is in millimetres."""

    source: str
    width: str
    height: str


def _logo(content: bytes) -> Picture:
    """The logo as wide and as high as its place allows."""
    width, height = ImageReader(BytesIO(content)).getSize()
    scale = min(LOGO_WIDTH_MM / width, LOGO_HEIGHT_MM / height)
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    source = f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"
    return Picture(source, f"{width * scale:.2f}mm", f"{height * scale:.2f}mm")


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


@cache
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


def _locality(address: Address) -> str:
    """The line "Austin, TX 78701" or "London, EC1A 1BB", but "80802 München"."""
    if not address.region and address.country_code not in POSTAL_CODE_LAST:
        return " ".join(filter(None, (address.postal_code, address.city)))
    region = " ".join(filter(None, (address.region, address.postal_code)))
    return ", ".join(filter(None, (address.city, region)))


def _shortened(name: str) -> str:
    return name if len(name) <= FOOTER_LENGTH else f"{name[: FOOTER_LENGTH - 1]}…"


FILTERS: dict[str, Callable[..., object]] = {
    "iban": iban.format,
    "locality": _locality,
    "logo": _logo,
    "shortened": _shortened,
}
"""What the template writes values with."""
