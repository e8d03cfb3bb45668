"""The names of routes, as the log and traces tell them."""

from services.forms import FORMS

EXPORTS = ("/exports/invoices.zip", "/exports/invoices.csv")
PLAIN = frozenset({"/", "/graphql", "/demo/sign-ins", "/healthz", "/readyz", *EXPORTS})

# Longer endings first: else ".ubl.xml" would be the ".xml" of another number.
DOCUMENTS = {
    f"/invoices/{{number}}{kind.suffix}": form
    for form, kind in sorted(FORMS.items(), key=lambda pair: -len(pair[1].suffix))
}
"""The routes of documents and their forms."""


def route(path: str) -> str:
    """Which route a path is of. Never the path itself: it is the caller's, and says anything."""
    if path in PLAIN:
        return path
    if path.startswith("/invoices/"):
        endings = ((name, FORMS[form].suffix) for name, form in DOCUMENTS.items())
        return next((name for name, ending in endings if path.endswith(ending)), "none")
    return "/static" if path.startswith("/static/") else "none"
