"""Changes: whoever listens to an account is told, once a change is committed, that it changed.

A change wakes the process (services/change_feeds.py says how it learns of one); what has changed
is then read from the account's activity, so that nothing is lost when a message is, and several
changes become one where a listener is slow. Without listeners nothing is read.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from services import change_feeds, database
from services.change_feeds import Feed
from services.errors import Unauthenticated
from services.permissions import Actor, Right, Scope, require, scopes

RECHECK_SECONDS = 60.0
"""How long a listener may go on without being looked up anew: tokens expire between changes."""


class AccountPart(StrEnum):
    """What a client may have to read again."""

    SUBSCRIPTION = "SUBSCRIPTION"
    INVOICES = "INVOICES"
    BILLING_DETAILS = "BILLING_DETAILS"
    LICENSE_MANAGEMENT = "LICENSE_MANAGEMENT"
    SEAT_GROUPS = "SEAT_GROUPS"
    USERS = "USERS"
    ACCESS_TOKENS = "ACCESS_TOKENS"


RIGHTS = {
    AccountPart.SUBSCRIPTION: Right.BILLING,
    AccountPart.INVOICES: Right.BILLING,
    AccountPart.BILLING_DETAILS: Right.BILLING,
    AccountPart.LICENSE_MANAGEMENT: Right.READ_SELF,
    AccountPart.SEAT_GROUPS: Right.READ_SEAT_GROUPS,
    AccountPart.USERS: Right.READ_USERS,
    AccountPart.ACCESS_TOKENS: Right.ACCESS_TOKENS,
}
"""The right by which a part is read, and by which a user is told that it changed."""

SEATS = frozenset({AccountPart.SUBSCRIPTION, AccountPart.SEAT_GROUPS, AccountPart.USERS})

PARTS = {
    "subscription": SEATS | {AccountPart.INVOICES},
    "seat_group": SEATS,
    "user": SEATS,
    "invoice": frozenset({AccountPart.INVOICES}),
    "billing_details": frozenset({AccountPart.BILLING_DETAILS}),
    "license_management": frozenset({AccountPart.LICENSE_MANAGEMENT}),
    "access_token": frozenset({AccountPart.ACCESS_TOKENS}),
}
"""What an action may have changed, by its subject; of one that is not here, everything."""

EVERYTHING = frozenset(AccountPart)

Again = Callable[[], Awaitable[Actor]]


@dataclass(frozen=True, slots=True)
class AccountChange:
    """That an account changed: its version since, which counts its changes, and in what parts."""

    version: int
    parts: frozenset[AccountPart]


@dataclass(slots=True, eq=False)
class Listener:
    """One who listens to an account, and what has not been told yet."""

    version: int
    parts: frozenset[AccountPart] = frozenset()
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, change: AccountChange) -> None:
        """Adds a change to what is to be told."""
        self.version = change.version
        self.parts |= change.parts
        self.told.set()

    async def next(self) -> AccountChange:
        """What has changed meanwhile, waiting for it for RECHECK_SECONDS at most."""
        try:
            async with asyncio.timeout(RECHECK_SECONDS):
                await self.told.wait()
        except TimeoutError:
            pass
        change = AccountChange(self.version, self.parts)
        self.parts = frozenset()
        self.told.clear()
        return change


@dataclass(slots=True)
class Watch:
    """An account that somebody listens to, and the version up to which they were told."""

    version: int
    listeners: set[Listener] = field(default_factory=set)


class Watches:
    """All who listen in this process."""

    def __init__(self) -> None:
        self.by_account: dict[UUID, Watch] = {}
        self.stale: set[UUID] = set()
        """Accounts that may have changed since their listeners were told."""
        self.woken = asyncio.Event()
        self.ended = False
        self.feed = Feed(self.wake, self.wake_all)
        work = self._read(), change_feeds.follow(self.feed)
        self.tasks = [asyncio.create_task(part) for part in work]

    def wake(self, account_id: UUID) -> None:
        """The account may have changed."""
        if account_id in self.by_account:
            self.stale.add(account_id)
            self.woken.set()

    def wake_all(self) -> None:
        """Any account may have: messages may have been missed."""
        self.stale.update(self.by_account)
        self.woken.set()

    async def close(self) -> None:
        """Ends them all."""
        self.end()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def end(self) -> None:
        """Lets all who listen go."""
        self.ended = True
        for watch in self.by_account.values():
            for listener in watch.listeners:
                listener.told.set()

    async def _read(self) -> None:
        while True:
            await self.woken.wait()
            self.woken.clear()
            while self.stale:
                account_id = self.stale.pop()
                try:
                    await self._tell(account_id)
                except database.FAILURES:
                    self.stale.add(account_id)
                    await asyncio.sleep(change_feeds.PAUSE_SECONDS)

    async def _tell(self, account_id: UUID) -> None:
        watch = self.by_account.get(account_id)
        if watch is None:
            return
        change = await _since(account_id, watch.version)
        if change is not None:
            watch.version = change.version
            for listener in watch.listeners:
                listener.tell(change)


_watches: Watches | None = None


def wake(account_id: UUID) -> None:
    """Says that a change of the account was committed by this process."""
    if _watches is not None:
        _watches.wake(account_id)


def end() -> None:
    """Lets all who listen go: the process is about to end."""
    if _watches is not None:
        _watches.end()


async def close() -> None:
    """Stops listening to the database."""
    global _watches
    if _watches is not None:
        watches, _watches = _watches, None
        await watches.close()


def listeners() -> int:
    """How many listen in this process."""
    if _watches is None:
        return 0
    return sum(len(watch.listeners) for watch in _watches.by_account.values())


async def of(
    actor: Actor, again: Callable[[], Awaitable[Actor]]
) -> AsyncGenerator[AccountChange, None]:
    """What changes in the actor's account from now on, as far as the actor may read it.

    The first comes at once: the version as it is, and no part. It tells that the others will.
    `again` looks the actor up anew: at each change, and every RECHECK_SECONDS. It ends when the
    actor is out, or the process about to end.
    """
    require(actor, Right.READ_SELF)
    async with _listening(actor.account_id) as (watches, listener):
        yield AccountChange(listener.version, frozenset())
        while not watches.ended:
            change = await listener.next()
            try:
                actor = await again()
            except Unauthenticated:
                return
            parts = visible(actor, change.parts)
            if parts:
                yield AccountChange(change.version, parts)


def visible(actor: Actor, parts: Iterable[AccountPart]) -> frozenset[AccountPart]:
    """Those of the parts of which the actor may read more than what is its own."""
    return frozenset(part for part in parts if scopes(actor, RIGHTS[part]) - {Scope.OWN})


@asynccontextmanager
async def _listening(account_id: UUID) -> AsyncIterator[tuple[Watches, Listener]]:
    global _watches  # noqa: PLW0603 (one a process)
    if _watches is None:
        _watches = Watches()
    watches = _watches
    await watches.feed.ready()
    watch = watches.by_account.setdefault(account_id, Watch(await _version(account_id)))
    listener = Listener(watch.version)
    watch.listeners.add(listener)
    # What was committed between the two is read once more.
    watches.wake(account_id)
    try:
        yield watches, listener
    finally:
        watch.listeners.discard(listener)
        if not watch.listeners and watches.by_account.get(account_id) is watch:
            del watches.by_account[account_id]


async def _version(account_id: UUID) -> int:
    sql = "SELECT activity_count FROM accounts WHERE id = ?"
    ((version,),) = await database.fetch(sql, account_id)
    return int(version)


async def _since(account_id: UUID, version: int) -> AccountChange | None:
    """What has changed since a version; None for nothing."""
    sql = "SELECT sequence, action FROM activity WHERE account_id = ? AND sequence > ?"
    found = await database.fetch(sql, account_id, version)
    if not found:
        return None
    subjects = (action.partition(".")[0] for _, action in found)
    parts = frozenset[AccountPart]().union(*(PARTS.get(one, EVERYTHING) for one in subjects))
    return AccountChange(max(sequence for sequence, _ in found), parts)
