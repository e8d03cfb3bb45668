"""How lists become what the answer shows."""

from collections.abc import AsyncIterable
from typing import Any

from graphql import GraphQLError
from graphql.pyutils import Undefined, is_iterable
from graphql.pyutils.is_awaitable import is_async_iterable

from execution.completion import Base
from execution.frames import Frame, Items
from execution.plan import Completion, Failure, Field, Run, Values
from execution.resolving import settle


class Listed(Base):
    """Lists: their items are completed together."""

    def __init__(self, field: Field, item: Completion, *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self.item = item
        self.plain = True
        """Whether all lists so far were Python's own, of what was there without waiting."""

    async def later(self, run: Run, frame: Frame, values: Values) -> Values:
        """Each list with its items completed."""
        lists = [_listed(value) for value in values]
        self.plain &= not await settle(lists)
        items, starts = _together(lists)
        self.plain &= not await settle(items) and not _differ(values, lists)
        failures = run.failures
        shown = await self.item.completed(run, Items(frame, starts), items)
        return self._apart(run, frame, lists, starts, shown, failed=run.failures != failures)

    def _apart(
        self,
        run: Run,
        frame: Frame,
        lists: Values,
        starts: list[int],
        shown: Values,
        *,
        failed: bool,
    ) -> Values:
        """The completed items list by list; a list fails with its first item that does."""
        answers: Values = []
        for index, (one, start) in enumerate(zip(lists, starts, strict=True)):
            if type(one) is not list:
                answers.append(self._no_list(run, frame, index, one))
                continue
            answer = shown[start : start + len(one)]
            first = failed and next((item for item in answer if type(item) is Failure), None)
            answers.append(self.ended(run, frame, index, first) if first else answer)
        return answers

    def _no_list(self, run: Run, frame: Frame, index: int, value: Any) -> Any:
        if value is None or value is Undefined or isinstance(value, Exception):
            return self.missing(run, frame, index, value)
        message = f"Expected Iterable, but did not find one for field '{self.field.name}'."
        return self.missing(run, frame, index, GraphQLError(message))


def _differ(values: Values, lists: Values) -> bool:
    """Whether a list was made of something else."""
    return any(value is not one for value, one in zip(values, lists, strict=True))


def _together(lists: Values) -> tuple[Values, list[int]]:
    """The items of all lists, one list after the other, and where each begins."""
    items: Values = []
    starts = []
    for one in lists:
        starts.append(len(items))
        if type(one) is list:
            items += one
    return items, starts


def _listed(value: Any) -> Any:
    """The items as a list, which may have to be waited for; what is no list stays what it is."""
    if type(value) is list or isinstance(value, Exception):
        return value
    try:
        if is_async_iterable(value):
            return _drained(value)
        return list(value) if is_iterable(value) else value
    except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
        return error


async def _drained(values: AsyncIterable[Any]) -> Values:
    return [value async for value in values]
