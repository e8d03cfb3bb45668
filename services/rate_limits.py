"""How much a caller may ask for in a minute: a bucket of points for each, which fills evenly.

A bucket is one number, the instant at which it will be full again (GCRA, a token bucket by
another name). Buckets are kept in memory, each process its own, or in Redis, shared by all
(RATE_LIMIT_STORE). While Redis is away, those in memory stand in: limiting is protection, and
refusing everybody would be none. Time is the machine's, not the product's.
"""

import logging
import math
import time
from dataclasses import dataclass
from heapq import nlargest
from operator import itemgetter
from pkgutil import resolve_name
from typing import Protocol

from services import settings

log = logging.getLogger(__name__)

MINUTE = 60.0

MAX_BUCKETS = 50_000
"""So many are kept in memory at most; those that are fullest are forgotten first."""

SWEEP_AT = 1_000
"""From so many on, buckets that are full again are looked for."""

PAUSE_SECONDS = 5
"""How long a store that failed is left alone."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What every caller has a bucket of, and the points that it holds and gets in a minute."""

    name: str
    per_minute: int


class Store(Protocol):
    """Buckets that processes share."""

    async def take(self, key: str, points: int, per_minute: int) -> float:
        """As `RateLimits.take`. Raises whatever happens."""

    async def close(self) -> None:
        """Closes its connections."""


class RateLimits:
    """The buckets of all callers."""

    def __init__(self) -> None:
        configured = settings.current()
        self.queries = Rate("queries", configured.rate_limit)
        self.mutations = Rate("mutations", configured.mutation_rate_limit)
        self._memory: dict[str, float] = {}
        self._sweep_at = SWEEP_AT
        self._store: Store | None = None
        self._resumes = 0.0
        if configured.rate_limit_store:
            # Loaded where it is wanted only: with its client it takes 9 MiB.
            make = resolve_name("services.shared_rate_limits:Shared")
            self._store = make(configured.rate_limit_store)

    async def take(self, caller: str, rate: Rate, points: int) -> int:
        """Takes points from a caller's bucket, all of it at most. Answers 0, or, where there are
        not as many, in how many seconds there will be; then nothing is taken."""
        per_minute = rate.per_minute
        if not per_minute:
            return 0
        key, points = f"{rate.name}/{caller}", min(points, per_minute)
        now = time.monotonic()
        if self._store is not None and now >= self._resumes:
            try:
                return math.ceil(await self._store.take(key, points, per_minute))
            except Exception as error:  # noqa: BLE001 (whatever it is, requests go on)
                self._resumes = now + PAUSE_SECONDS
                log.warning("the store of rate limits is away: %r", error)
        return self._take(key, points * MINUTE / per_minute, now)

    def _take(self, key: str, seconds: float, now: float) -> int:
        """Takes what fills up again in so many seconds; the seconds to wait where it cannot."""
        full = max(self._memory.get(key, now), now) + seconds
        missing = full - now - MINUTE
        # What is missing by less than a microsecond is a rounding error.
        if missing > 1e-6:
            return math.ceil(missing)
        self._memory[key] = full
        if len(self._memory) >= self._sweep_at:
            self._sweep(now)
        return 0

    def _sweep(self, now: float) -> None:
        left = {key: full for key, full in self._memory.items() if full > now}
        if len(left) > MAX_BUCKETS // 2:
            left = dict(nlargest(MAX_BUCKETS // 2, left.items(), key=itemgetter(1)))
        self._memory, self._sweep_at = left, max(SWEEP_AT, 2 * len(left))

    async def close(self) -> None:
        """Closes the connections to the store."""
        if self._store is not None:
            await self._store.close()
