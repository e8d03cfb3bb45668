"""The product with a bug put in: `python -m tests.concurrency.planted NAME server|worker`.

Each bug is one that concurrency alone brings to light: every request by itself is served well.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from tortoise.backends.base.client import TransactionContextPooled
from tortoise.connection import get_connections
from tortoise.transactions import in_transaction

import manage
import server
from models.accounts import Account
from models.subscriptions import Subscription
from services import accounts, database, idempotency, invoices
from services.accounts import Tenant

DELAY = 0.03
"""Seconds by which a commit comes too late, or a read too early."""

LOCKS = (accounts.locked, accounts.claimed)
"""Everything that holds an account."""

number_seen: ContextVar[int] = ContextVar("number_seen")


def put(original: Any, planted: Any) -> None:
    """Puts something in another one's place, wherever a module has it by a name."""
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()):
            if value is original and module.__name__ != __name__:
                setattr(module, name, planted)


def lock_removed() -> None:
    """An account is read and written in one transaction, but nobody waits for anybody."""

    @asynccontextmanager
    async def unlocked(account_id: UUID, *_: Any, **__: Any) -> AsyncIterator[Tenant]:
        async with in_transaction():
            account = await Account.get(id=account_id)
            subscription = await Subscription.get(account_id=account_id).select_related("plan")
            tenant = Tenant(account, subscription, subscription.plan)
            await asyncio.sleep(DELAY)
            yield tenant
            await accounts.store(tenant)

    for lock in LOCKS:
        put(lock, unlocked)


def number_outside() -> None:
    """The invoice's number is looked up before the transaction that holds the account."""
    issue = invoices.issue

    def issued(tenant: Tenant, *given: Any, **named: Any) -> Any:
        tenant.account.invoice_count = number_seen.get()
        number_seen.set(number_seen.get() + 1)
        return issue(tenant, *given, **named)

    for lock in LOCKS:
        put(lock, _looking_up(lock))
    put(issue, issued)


def _looking_up(lock: Any) -> Any:
    @asynccontextmanager
    async def looked_up(account_id: UUID, *given: Any, **named: Any) -> AsyncIterator[Any]:
        number_seen.set((await Account.get(id=account_id)).invoice_count)
        await asyncio.sleep(DELAY)
        async with lock(account_id, *given, **named) as tenant:
            yield tenant

    return looked_up


def key_forgotten() -> None:
    """A key is neither looked up nor kept."""
    attempt = idempotency.attempt

    async def forgotten(account: Account, _: str | None, *given: Any) -> Any:
        return await attempt(account, None, *given)

    put(attempt, forgotten)


def transaction_removed() -> None:
    """Each statement is committed by itself: a crash leaves half a change."""

    @asynccontextmanager
    async def alone() -> AsyncIterator[None]:
        yield

    put(database.writing, alone)


def answered_early() -> None:
    """A change is answered before it is committed, a moment later: a crash may lose it."""
    leave, late = TransactionContextPooled.__aexit__, set()

    async def commit(client: Any) -> None:
        await asyncio.sleep(DELAY)
        await client.commit()
        await client._parent._pool.release(client._connection)

    async def leave_at_once(self: Any, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None or self.client._finalized:
            await leave(self, kind, error, trace)
            return
        get_connections().reset(self.token)
        task = asyncio.create_task(commit(self.client))
        # Somebody must hold the task, or it may vanish.
        late.add(task)
        task.add_done_callback(late.discard)

    put_method(TransactionContextPooled, "__aexit__", leave_at_once)


def put_method(owner: type, name: str, planted: Any) -> None:
    """Puts a method in another one's place."""
    setattr(owner, name, planted)


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in (lock_removed, number_outside, key_forgotten, transaction_removed, answered_early)
}


def main() -> None:
    """The entry point."""
    name, what = sys.argv[1:]
    BUGS[name]()
    if what == "server":
        server.main()
    else:
        manage.worker()


if __name__ == "__main__":
    main()
