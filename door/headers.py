"""The headers of every answer."""

from collections.abc import Sequence

from services import settings

Headers = list[tuple[bytes, bytes]]

FRAMED_BY = "frame-ancestors 'none'"

API_POLICY = f"default-src 'none'; {FRAMED_BY}"
"""For what is no page: should a browser be made to show it, it can do nothing."""

PAGE_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    f"form-action 'self'; {FRAMED_BY}"
)

ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]

POLICY = b"content-security-policy"
NO_STORE = (b"cache-control", b"no-store")
API: Headers = [(POLICY, API_POLICY.encode()), *ALWAYS]
PAGE: Headers = [
    (POLICY, PAGE_POLICY.encode()),
    *ALWAYS,
    (
        b"permissions-policy",
        b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
]

TLS: Headers = [(b"strict-transport-security", b"max-age=31536000")]
"""A year; whether other hosts of the domain have TLS is not ours to say."""

JSON = (b"application/json", b"application/graphql-response+json")


def policy_framed_by(origins: Sequence[str]) -> str:
    """The policy of a page that these origins' pages may show in a frame, and nobody else's."""
    allowed = " ".join(origins) or "'none'"
    return PAGE_POLICY.replace(FRAMED_BY, f"frame-ancestors {allowed}")


def safe(headers: Sequence[tuple[bytes, bytes]], scheme: str) -> Headers:
    """The headers of an answer, with those that keep browsers from doing more than they should.

    Answers in JSON are the API's, and no cache keeps them; everything else is for people. What
    an answer says itself stays.
    """
    given = dict(headers)
    api = given.get(b"content-type", b"").startswith(JSON)
    made = [*headers, *(header for header in (API if api else PAGE) if header[0] not in given)]
    if api and b"cache-control" not in given:
        made.append(NO_STORE)
    return [*made, *TLS] if scheme == "https" or is_behind_tls() else made


def is_behind_tls() -> bool:
    """Whether clients reach the server by TLS, which ends before it."""
    return settings.current().public_url.startswith("https://")
