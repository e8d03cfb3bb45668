"""What a request carries through its resolvers: the caller, the instant, and the loaders."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from services import (
    access_tokens,
    accounts,
    activity,
    invoice_details,
    invoices,
    plans,
    products,
    seat_groups,
    subscriptions,
    users,
)
from services.errors import Unauthenticated
from services.permissions import Actor

Value = TypeVar("Value")
Again = Callable[[], Awaitable[Actor | Unauthenticated]]
Fetch = Callable[[Actor, Sequence[UUID]], Awaitable[Mapping[UUID, Any]]]


class Loaders:
    """Batches of reads, each made once a request: the services behind them permit."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.users = self._loader(users.by_ids)
        self.seat_groups = self._loader(seat_groups.by_ids)
        self.products = self._loader(products.by_ids)
        self.plans = self._loader(plans.by_ids)
        self.accounts = self._loader(accounts.by_ids)
        self.subscriptions = self._loader(subscriptions.by_ids)
        self.activity = self._loader(activity.by_ids)
        self.invoices = self._loader(invoices.by_ids)
        self.invoice_details = self._loader(invoice_details.by_ids)
        self.access_tokens = self._loader(access_tokens.by_ids)

    def _loader(self, fetch: Fetch) -> DataLoader[UUID, Any]:
        async def load(keys: list[UUID]) -> list[Any]:
            found = await fetch(self.actor, keys)
            return [found.get(key) for key in keys]

        return DataLoader(load)


class Context:
    """One request: who calls (or why nobody does), when, and where links lead, which few ask."""

    def __init__(
        self,
        caller: Actor | Unauthenticated,
        at: datetime,
        base_url: Callable[[], str],
        again: Again | None = None,
    ) -> None:
        self._caller = caller
        self.at = at
        self.base_url = base_url
        self._again = again

    @property
    def actor(self) -> Actor:
        """The caller. Raises Unauthenticated."""
        if isinstance(self._caller, Unauthenticated):
            raise self._caller
        return self._caller

    async def actor_again(self) -> Actor:
        """The caller, looked up anew: what they are may have changed. Raises Unauthenticated."""
        if self._again is not None:
            self._caller = await self._again()
        return self.actor

    @cached_property
    def load(self) -> Loaders:
        """The loaders, empty at first. Raises Unauthenticated."""
        return Loaders(self.actor)

    def forget(self) -> None:
        """Drops what was loaded: a mutation is about to change it."""
        self.__dict__.pop("load", None)


Info = strawberry.Info[Context, None]
