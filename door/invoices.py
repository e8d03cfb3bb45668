"""Documents by signed links: the signature is the permission."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from door import parts
from door.failures import error_response
from door.routes import DOCUMENTS
from services import clock, invoice_documents, invoices, links, observations
from services.forms import FORMS, Form


def routes() -> list[Route]:
    """A route for each form of an invoice: `/invoices/{number}.pdf` and the like."""
    return [Route(path, partial(_document, form)) for path, form in DOCUMENTS.items()]


async def _document(form: Form, request: Request) -> Response:
    """An invoice in one form, for whoever holds a link to it that was signed within 15 minutes."""
    link = links.open_link(request.query_params.get("token", ""), clock.now())
    invoice = await invoices.linked(link) if link and link.form is form else None
    if invoice is None or invoice.number != request.path_params["number"]:
        message = "The link has expired or is not valid: ask for a new one."
        return error_response(403, message, "FORBIDDEN")
    seen = observations.current()
    seen.account_id, seen.type = invoice.account_id, "document"
    kind = FORMS[form]
    # A number is made of letters, digits and hyphens (services/import_file.py).
    headers = {
        "Content-Disposition": f'inline; filename="{invoice.number}{kind.suffix}"',
        "Cache-Control": "private, no-store",
    }
    document = await invoice_documents.stored(invoice, form)
    content = await invoice_documents.content(document)
    return parts.answer(request, content, document.sha256, headers, kind.media_type)
