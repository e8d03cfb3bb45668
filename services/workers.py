"""Workers: who renews what is due, as many of them as wanted, on as many hosts.

A worker reads which accounts are due, and takes each in a transaction of its own, which
touches that account alone: `accounts.claimed` skips one that somebody else holds (FOR UPDATE
SKIP LOCKED), and what is due is decided under the lock. So several at once, a run that is
killed, or a run that is repeated renew nothing twice and leave nothing out.

An account that fails is tried again after growing pauses; the others go on.
"""

import asyncio
import logging
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import Subquery

from models.subscriptions import RenewalFailure, Subscription
from services import clock, database, metrics, renewals
from services.renewals import Summary

log = logging.getLogger(__name__)

WINDOW = 2_000
"""How many due accounts a worker looks at to choose from: the more, the seldomer two workers
choose the same one."""

BATCH = 100
"""How many of them it takes before it looks again."""

LANES = 4
"""How many accounts a worker has in hand at once, to use the time that the database takes."""

IDLE = timedelta(seconds=30)
"""How long a worker waits before it looks again."""

AFTER_FAILURE = timedelta(seconds=3)
"""The same after a run that failed as a whole, most often because the database was away."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""How long a failing account waits at first; twice as long each time, up to an hour."""

MAX_ERROR = 500


@dataclass(slots=True)
class Run:
    """One run over what is due at an instant, until `stop` is set or `limit` accounts are done."""

    at: datetime
    limit: int | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    lanes: int = LANES
    total: Summary = field(default_factory=Summary)
    done: int = 0
    told: int = 0

    @property
    def is_over(self) -> bool:
        """Whether no further account is to be taken."""
        return self.stop.is_set() or (self.limit is not None and self.done >= self.limit)


async def renew(at: datetime, limit: int | None = None) -> Summary:
    """Renews what is due now, at most `limit` accounts, oldest first, and ends.

    What had failed is tried again at once. An account that fails is logged, counted and kept
    for `failures`; it neither stops the others nor takes their place within the limit.
    """
    await RenewalFailure.filter(retry_at__gt=at).update(retry_at=at)
    run = Run(at, limit)
    await _finish(run)
    return run.total


async def work(stop: asyncio.Event, lanes: int = LANES) -> Summary:
    """Renews what is due again and again until `stop` is set, finishing the accounts in hand."""
    total = Summary()
    while not stop.is_set():
        run, pause = Run(clock.now(), stop=stop, lanes=lanes), IDLE
        try:
            await _finish(run)
        except Exception as error:
            # Nothing ends a worker but its stop; what went wrong may be over by the next run.
            shown = None if database.is_outage(error) else error
            log.error("renewals.run_failed: %r", error, exc_info=shown)  # noqa: TRY400
            pause = AFTER_FAILURE
        if any(asdict(run.total).values()):
            log.info("renewals.run %s", asdict(run.total))
        total.add(run.total)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause.total_seconds())
    return total


async def failures() -> list[dict[str, object]]:
    """The accounts whose renewal is due and failed the last time, longest due first."""
    due = {row.account_id: row.renews_at for row in await _all_failed_and_due()}
    rows = RenewalFailure.filter(account_id__in=list(due)).select_related("account")
    return [
        {
            "account": row.account.code,
            "due_since": row.renews_at.isoformat(),
            "attempts": row.attempts,
            "failed_at": row.failed_at.isoformat(),
            "retry_at": row.retry_at.isoformat(),
            "error": row.error,
        }
        for row in await rows.order_by("renews_at", "account_id")
        if row.renews_at == due[row.account_id]
    ]


async def _finish(run: Run) -> None:
    """Takes what is due, batch by batch, until nothing is left.

    When everything chosen was in other hands, it waits for them with the next batch: their
    transactions may renew what it came for, or not.
    """
    wait = False
    while not run.is_over and (batch := await _choose(run)):
        before = run.done + run.total.failed
        await _take(run, batch, wait=wait)
        wait = run.done + run.total.failed == before
        _tell(run)


async def _choose(run: Run) -> Sequence[UUID]:
    """Some of the accounts that are due and not waiting after a failure."""
    left = WINDOW if run.limit is None else min(WINDOW, run.limit - run.done)
    paused = RenewalFailure.filter(retry_at__gt=run.at).values("account_id")
    due = renewals.due(run.at).exclude(account_id__in=Subquery(paused))
    rows = await due.order_by("renews_at", "account_id").limit(left).values_list("account_id")
    ids = [account_id for (account_id,) in rows]
    return random.sample(ids, min(BATCH, len(ids)))


async def _take(run: Run, batch: Sequence[UUID], *, wait: bool) -> None:
    chosen = iter(batch)
    lanes = (_lane(run, chosen, wait=wait) for _ in range(run.lanes))
    # Each lane ends by itself, so that no account is dropped half way.
    for ended in await asyncio.gather(*lanes, return_exceptions=True):
        if ended is not None:
            raise ended


async def _lane(run: Run, chosen: Iterator[UUID], *, wait: bool) -> None:
    for account_id in chosen:
        if run.is_over:
            return
        summary = await _renew_or_keep(account_id, run.at, wait=wait)
        run.total.add(summary)
        run.done += bool(summary.renewed or summary.ended)


async def _renew_or_keep(account_id: UUID, at: datetime, *, wait: bool) -> Summary:
    """Renews the account; a failure that is the account's own is kept for the next try."""

    async def attempt() -> Summary:
        return await (renewals.renew_account if wait else renewals.renew_unless_taken)(
            account_id, at
        )

    try:
        summary = await database.retrying(attempt)
    except Exception as error:
        # Whatever is wrong with one account must not keep the others from being billed.
        if database.is_away(error):
            raise
        log.exception("renewals.failed account=%s", account_id)
        await _keep(account_id, at, error)
        summary = Summary(failed=1)
    metrics.renewed(asdict(summary))
    return summary


async def _keep(account_id: UUID, at: datetime, error: Exception) -> None:
    due = await Subscription.get(account_id=account_id)
    earlier = await RenewalFailure.get_or_none(account_id=account_id)
    again = earlier is not None and earlier.renews_at == due.renews_at
    attempts = earlier.attempts + 1 if earlier and again else 1
    row = RenewalFailure(
        account_id=account_id,
        renews_at=due.renews_at,
        attempts=attempts,
        error=f"{type(error).__name__}: {error}"[:MAX_ERROR],
        failed_at=at,
        retry_at=at + pause_after(attempts),
    )
    told = ("renews_at", "attempts", "error", "failed_at", "retry_at")
    await RenewalFailure.bulk_create([row], on_conflict=["account_id"], update_fields=told)


def pause_after(attempts: int) -> timedelta:
    """How long an account waits that failed so often in a row."""
    doublings = min(attempts - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


async def _all_failed_and_due() -> list[Subscription]:
    failed = RenewalFailure.all().values("account_id")
    return await renewals.due(clock.now()).filter(account_id__in=Subquery(failed))


def _tell(run: Run) -> None:
    """Progress, now and then."""
    if run.done - run.told >= 1_000:
        run.told = run.done
        log.info("renewals.progress %s", asdict(run.total))
