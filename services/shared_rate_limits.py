"""Buckets of rate limits in Redis, shared by the processes of a cluster."""

import asyncio
from typing import Any

from throttled.asyncio import RateLimiterType, Throttled, rate_limiter, store

WAIT_SECONDS = 0.25
"""How long Redis may take to answer."""

PREFIX = "seatwise"
"""What the names of our keys begin with."""


class Shared:
    """The buckets behind a URL. One script of Redis takes from a bucket, and by Redis's clock."""

    def __init__(self, url: str) -> None:
        waits = {"SOCKET_TIMEOUT": WAIT_SECONDS, "SOCKET_CONNECT_TIMEOUT": WAIT_SECONDS}
        self._store = store.RedisStore(server=url, options=waits)
        self._buckets: dict[int, Throttled] = {}

    async def take(self, key: str, points: int, per_minute: int) -> float:
        """Takes points from a bucket; the seconds to wait where there are not as many. Raises
        what Redis and its client raise, and TimeoutError."""
        if per_minute not in self._buckets:
            self._buckets[per_minute] = self._bucket(per_minute)
        async with asyncio.timeout(WAIT_SECONDS):
            result = await self._buckets[per_minute].limit(key, points)
        return result.state.retry_after if result.limited else 0

    def _bucket(self, per_minute: int) -> Throttled:
        return Throttled(
            using=RateLimiterType.GCRA.value,
            quota=rate_limiter.per_min(per_minute, burst=per_minute),
            store=self._store,
            key_prefix=PREFIX,
        )

    async def close(self) -> None:
        """Closes the connections."""
        client: Any = self._store._backend.get_client()  # noqa: SLF001 (it has no other way)
        await client.connection_pool.disconnect()
