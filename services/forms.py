"""The forms in which an invoice can be had: a row says all that the others need to know of one."""

from dataclasses import dataclass

from models.invoices import Form

__all__ = ["FORMS", "Form", "Kind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a form is: how the names of its files end, their media type, and what makes them.

    `maker` is "module:function", from an `InvoiceDocument` to a `Drawing` (services/documents.py);
    only the worker process loads it.
    """

    suffix: str
    media_type: str
    maker: str


FORMS = {
    Form.PDF: Kind(suffix=".pdf", media_type="application/pdf", maker="services.rendering:draw"),
    Form.FACTUR_X: Kind(
        suffix=".xml", media_type="application/xml", maker="services.einvoices:factur_x"
    ),
    Form.UBL: Kind(suffix=".ubl.xml", media_type="application/xml", maker="services.einvoices:ubl"),
}
