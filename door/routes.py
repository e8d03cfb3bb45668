"""The names of routes, as the log and traces tell them."""

PLAIN = frozenset({"/", "/graphql", "/healthz", "/readyz"})


def route(path: str) -> str:
    """Which route a path is of. Never the path itself: it is the caller's, and says anything."""
    if path in PLAIN:
        return path
    if path.startswith("/invoices/"):
        return "/invoices/{number}.pdf"
    return "/static" if path.startswith("/static/") else "none"
