"""Fields that are resolved for many objects at once.

    class Invoice:
        lines: list[InvoiceLine] = batched(_lines, description="What is billed.")

    async def _lines(invoices: list[Invoice], info: Info) -> list[list[InvoiceLine]]: ...

A plan hands over all objects of a level. The standard executor, which knows one object at a
time, gathers them in a data loader first.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.exceptions import WrongNumberOfResultsReturned

Load = Callable[[list[Any], Any], Awaitable[Sequence[Any]]]
"""From objects and the info of one of them to the field's value for each, in order; an
exception among the values is the error of its object."""

Ready = Callable[[Any], Any]
"""The field's value where the object has it already; None where it is to be loaded."""

_LOADERS = "_batch_loaders"


@dataclass(frozen=True, slots=True)
class Batch:
    """How a batched field is resolved."""

    load: Load
    ready: Ready


def never(_: Any) -> None:
    """Of an object that has nothing ready."""


def batched(load: Load, description: str, ready: Ready = never) -> Any:
    """A field without arguments that `load` resolves, for the objects that are not `ready`. The
    context must take attributes."""

    async def resolve(root: Any, info: strawberry.Info) -> Any:
        value = ready(root)
        return await _loader(load, info).load(root) if value is None else value

    resolve.batch = Batch(load, ready)  # type: ignore[attr-defined]
    return strawberry.field(resolver=resolve, description=description)


def batch_of(resolver: object) -> Batch | None:
    """How the resolver's field is batched, if it is."""
    batch: Batch | None = getattr(resolver, "batch", None)
    return batch


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
