"""Any object by its global id, under the same permissions as everywhere else."""

import asyncio
from collections.abc import Callable

import strawberry
from strawberry.dataloader import DataLoader

from schema import ids
from schema.accounts import Account
from schema.activity import ActivityEntry
from schema.context import Info, Loaders
from schema.invoices import Invoice
from schema.plans import Plan
from schema.scalars import Node
from schema.sizes import MAX_IDS
from schema.subscriptions import Subscription
from schema.users import AccessToken, Product, SeatGroup, User
from services import subscriptions
from services.errors import BadUserInput

FINDERS: dict[str, tuple[type[Node], Callable[[Loaders], DataLoader]]] = {  # type: ignore[type-arg]
    "AccessToken": (AccessToken, lambda load: load.access_tokens),
    "Account": (Account, lambda load: load.accounts),
    "ActivityEntry": (ActivityEntry, lambda load: load.activity),
    "Invoice": (Invoice, lambda load: load.invoices),
    "Plan": (Plan, lambda load: load.plans),
    "Product": (Product, lambda load: load.products),
    "SeatGroup": (SeatGroup, lambda load: load.seat_groups),
    "Subscription": (Subscription, lambda load: load.subscriptions),
    "User": (User, lambda load: load.users),
}
"""Every type with a global id, and the loader that finds (and permits) its rows."""


async def node(info: Info, id: strawberry.ID) -> Node | None:
    await subscriptions.settle(info.context.actor, info.context.at)
    return await _find(info, id)


async def nodes(info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
    if len(ids) > MAX_IDS:
        raise BadUserInput(f"nodes answers at most {MAX_IDS} ids.")
    await subscriptions.settle(info.context.actor, info.context.at)
    # An exception among the results becomes the error of its item, the others stay.
    return await asyncio.gather(*(_find(info, id) for id in ids), return_exceptions=True)  # type: ignore[return-value]


async def _find(info: Info, id: strawberry.ID) -> Node | None:
    load = info.context.load
    type_name, key = ids.split(id)
    if type_name not in FINDERS:
        return None
    show, loader = FINDERS[type_name]
    row = await loader(load).load(key)
    return None if row is None else show(row=row)
