"""The media type of an answer, by the request's Accept header (RFC 9110, GraphQL over HTTP)."""

from functools import lru_cache

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENTS = "text/event-stream"
"""What a subscription is streamed as (graphql-sse's "distinct connections mode")."""

ANY = ("*/*", "application/*")
QUALITIES = 1000
"""A quality has three decimals."""


@lru_cache(maxsize=64)
def chosen(accept: str) -> str | None:
    """JSON or GRAPHQL_JSON, whichever an Accept header prefers; None where it wants neither.

    Of two that are wanted alike, the one that is named comes before the one that a wildcard
    stands for, then the newer; a wildcard alone, or no header, means JSON.
    """
    if not accept.strip():
        return JSON
    ranges = _ranges(accept)
    wanted = {media_type: _quality(ranges, media_type) for media_type in (JSON, GRAPHQL_JSON)}
    named = GRAPHQL_JSON in ranges
    ranked = sorted(wanted, key=lambda one: (wanted[one], (one == GRAPHQL_JSON) is named))
    return ranked[-1] if wanted[ranked[-1]] else None


@lru_cache(maxsize=64)
def streams(accept: str) -> bool:
    """Whether an Accept header names event streams: clients name them beside JSON, for the case
    that they subscribe, so that no other answer is one unless nothing else is wanted."""
    return bool(_ranges(accept).get(EVENTS))


def _quality(ranges: dict[str, int], media_type: str) -> int:
    """What the most specific range that matches says; 0 where none does."""
    for one in (media_type, *reversed(ANY)):
        if one in ranges:
            return ranges[one]
    return 0


def _ranges(accept: str) -> dict[str, int]:
    """The quality of each range, in thousandths. What cannot be read is passed over."""
    found: dict[str, int] = {}
    for part in accept.lower().split(","):
        name, *parameters = (word.strip() for word in part.split(";"))
        quality = _thousandths(parameters)
        if quality is not None:
            found[name] = max(quality, found.get(name, 0))
    return found


def _thousandths(parameters: list[str]) -> int | None:
    """The quality among a range's parameters; None where the range means another charset, or
    cannot be read."""
    quality = QUALITIES
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') != "utf-8":
            return None
        if name.strip() == "q":
            try:
                quality = round(float(value) * QUALITIES)
            except (ValueError, OverflowError):
                return None
    return quality if 0 <= quality <= QUALITIES else None
