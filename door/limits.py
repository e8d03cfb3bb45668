"""What a caller may ask for: how large and costly an operation, and how much in a minute."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address

from starlette.requests import HTTPConnection

from door.refusals import Unacceptable
from execution import Limits
from services import settings
from services.errors import Unauthenticated
from services.permissions import Actor
from services.rate_limits import Rate, RateLimits

CHARACTERS_PER_POINT = 20
"""A document that is new to the server costs a point for so many of its characters: reading
and validating it is work too."""


def of_documents() -> Limits:
    """How large a document may be, by the settings."""
    configured = settings.current()
    return Limits(
        characters=configured.query_max_characters,
        tokens=configured.query_max_tokens,
        definitions=configured.query_max_definitions,
        depth=configured.query_max_depth,
        fields=configured.query_max_fields,
        root_fields=configured.query_max_root_fields,
        aliases=configured.query_max_aliases,
        directives=configured.query_max_directives,
        repeated=configured.query_max_repeated,
    )


def key_of(connection: HTTPConnection, caller: Actor | Unauthenticated) -> str:
    """What names a caller's buckets: the access token, the user where there is none, and for who
    is neither the address."""
    if isinstance(caller, Actor):
        return f"{caller.account_id.hex}/{(caller.token_id or caller.user_id).hex}"
    return network(connection.client.host) if connection.client else "nowhere"


def network(address: str) -> str:
    """The address; of IPv6 the network, of which whoever has one address has all."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return f"{found.exploded[:19]}::/64" if isinstance(found, IPv6Address) else address


def of_subscriptions() -> "Places":
    """Room for subscriptions, by the settings."""
    return Places("subscriptions", lambda: settings.current().max_subscriptions)


async def take(limits: RateLimits, caller: str, rate: Rate, points: int) -> None:
    """Takes points from a caller's bucket. Raises Unacceptable where there are not enough."""
    seconds = await limits.take(caller, rate, points)
    if not seconds:
        return
    message = (
        f"Too much was asked for: {points} points are more than is left of the "
        f"{rate.per_minute} points a minute for {rate.name}. "
        f"Try again in {seconds} seconds."
    )
    raise Unacceptable(429, message, "RATE_LIMITED", {"Retry-After": str(seconds)})


async def take_for_reading(limits: RateLimits, caller: str, text: str) -> None:
    """Takes what it costs to read a document. Raises Unacceptable."""
    await take(limits, caller, limits.queries, max(1, len(text) // CHARACTERS_PER_POINT))


class Places:
    """How many of something that lasts this process has open for each caller."""

    def __init__(self, what: str, limit: Callable[[], int]) -> None:
        self._what = what
        self._limit = limit
        self._open: Counter[str] = Counter()

    @contextmanager
    def place(self, caller: str) -> Iterator[None]:
        """Room for one more, for as long as it lasts. Raises Unacceptable where there is none."""
        limit = self._limit()
        if self._open[caller] >= limit:
            message = f"At most {limit} {self._what} may be open at once."
            raise Unacceptable(429, message, "RATE_LIMITED")
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            # Whoever has none takes no room.
            self._open += Counter()
