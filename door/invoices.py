"""Documents by signed links: the signature is the permission."""

from starlette.requests import Request
from starlette.responses import Response

from door.failures import error_response
from services import clock, invoices, links, observations


async def pdf(request: Request) -> Response:
    """One invoice's PDF, for whoever holds a link that was signed within 15 minutes."""
    link = links.open_link(request.query_params.get("token", ""), clock.now())
    invoice = await invoices.linked(link) if link else None
    if invoice is None or invoice.number != request.path_params["number"]:
        message = "The link has expired or is not valid: ask for a new one."
        return error_response(403, message, "FORBIDDEN")
    seen = observations.current()
    seen.account_id, seen.type = invoice.account_id, "document"
    # A number is made of letters, digits and hyphens (services/import_file.py).
    headers = {
        "Content-Disposition": f'inline; filename="{invoice.number}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(await invoices.pdf(invoice), 200, headers, "application/pdf")
