"""Fields that are resolved for many objects at once.

    class Invoice:
        lines: list[InvoiceLine] = batched(_lines, description="What is billed.")

    async def _lines(invoices: list[Invoice], info: Info) -> list[list[InvoiceLine]]: ...

A plan hands over all objects of a level. The standard executor, which knows one object at a
time, gathers them in a data loader first.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.exceptions import WrongNumberOfResultsReturned

Load = Callable[[list[Any], Any], Awaitable[Sequence[Any]]]
"""From objects and the info of one of them to the field's value for each, in order; an
exception among the values is the error of its object."""

_LOADERS = "_batch_loaders"


def batched(load: Load, description: str) -> Any:
    """A field without arguments that `load` resolves. The context must take attributes."""

    async def resolve(root: Any, info: strawberry.Info) -> Any:
        return await _loader(load, info).load(root)

    resolve.batched = load  # type: ignore[attr-defined]
    return strawberry.field(resolver=resolve, description=description)


def load_of(resolver: object) -> Load | None:
    """What resolves many objects at once, where the resolver is a batched field's."""
    load: Load | None = getattr(resolver, "batched", None)
    return load


def _loader(load: Load, info: strawberry.Info) -> DataLoader[Any, Any]:
    loaders: dict[Load, DataLoader[Any, Any]] = vars(info.context).setdefault(_LOADERS, {})
    if load not in loaders:

        async def together(sources: list[Any]) -> list[Any]:
            return list(await load(sources, info))

        # Objects are not told apart by value: each is asked about once.
        loaders[load] = DataLoader(together, cache=False)
    return loaders[load]


def exactly(count: int, values: Sequence[Any]) -> list[Any]:
    """The values that a load found. Raises as a data loader does where there are not as many."""
    found = list(values)
    if len(found) != count:
        raise WrongNumberOfResultsReturned(expected=count, received=len(found))
    return found
