"""Background work: all that happens without a request, until it is told to stop."""

import asyncio
from dataclasses import asdict

from services import posting, reminders, workers


async def work(stop: asyncio.Event, lanes: int = workers.LANES) -> dict[str, int]:
    """Renews what is due, reminds of what is coming and sends mails until `stop` is set, and
    finishes what is in hand; counts of what it did. `lanes` is how many accounts it has in hand at
    once."""
    renewed, _, sent = await asyncio.gather(
        workers.work(stop, lanes),
        reminders.work(stop),
        posting.work(stop, min(lanes, posting.LANES)),
    )
    return asdict(renewed) | {"mails": sent}
