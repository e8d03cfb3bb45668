"""The worker's side of e-invoices: what was issued in, XML out, in the two syntaxes of EN 16931.

Importing this loads the XML library, which takes 0.2 s: the server's process never does. The
library changes the terms that it is given and tables of its own: one document at a time.
"""

from typing import Any

import facturx

from services import einvoice_terms, typesetting
from services.documents import Drawing, Issued

PROFILE = "en16931"


def factur_x(issued: Issued) -> Drawing:
    """The document as Factur-X writes it (UN/CEFACT's CII), which a PDF carries; valid against the
    syntax's schema. There can be an e-invoice of it (einvoice_terms.exists_for)."""
    xml = facturx.generate_cii_xml(_terms(issued), level=PROFILE, check_schematron=None)
    return Drawing(content=xml, missing=())


def ubl(issued: Issued) -> Drawing:
    """The same in UBL 2.1: an Invoice or a CreditNote."""
    xml = facturx.generate_ubl_xml(_terms(issued), level=PROFILE, check_schematron=None)
    return Drawing(content=xml, missing=())


def _terms(issued: Issued) -> dict[str, Any]:
    terms: dict[str, Any] = _plain(einvoice_terms.terms(issued))
    return terms


def _plain(value: Any) -> Any:
    """The same with every text as the PDF has it, without characters that XML cannot hold."""
    if isinstance(value, str):
        return typesetting.normal(value)
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
