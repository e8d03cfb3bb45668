"""How the values of a column become what the answer shows.

Each completion looks at the column as a whole first: where all values are of the kind that the
schema's own objects have, no value is looked at twice. Whatever else there is (null, an error,
another type) is completed one by one, as the specification says.
"""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
)
from graphql.execution.executor import invalid_return_type_error
from graphql.pyutils import Undefined, is_iterable
from graphql.pyutils.is_awaitable import is_async_iterable

from execution.frames import Frame, Items, Some
from execution.plan import Completion, Failure, Field, Run, Selection, Values
from execution.resolving import settle

Compile = Callable[[Field, GraphQLObjectType], Selection]
"""Compiles what a field's nodes ask for of an object type."""


class Base(Completion):
    """What completions share: a value that is null, or that could not be had."""

    def __init__(self, field: Field, *, nullable: bool) -> None:
        self.field = field
        self.nullable = nullable

    def missing(self, run: Run, frame: Frame, index: int, value: object) -> Any:
        """What stands for null or for an exception: None, or a Failure where it may not be."""
        if isinstance(value, Exception):
            return self.ended(run, frame, index, run.fail(frame, index, self.field, value))
        if self.nullable:
            return None
        message = f"Cannot return null for non-nullable field {self.field.name}."
        return run.fail(frame, index, self.field, TypeError(message))

    def ended(self, run: Run, frame: Frame, index: int, failure: Failure) -> Any:
        """The failure, or None where it ends: at a value that may be null."""
        if not self.nullable:
            return failure
        run.null(frame, index, failure)
        return None

    def through(self, run: Run, frame: Frame, values: Values) -> Values:
        """The values, where failures that end here are null."""
        if Failure not in set(map(type, values)):
            return values
        return [
            self.ended(run, frame, index, value) if type(value) is Failure else value
            for index, value in enumerate(values)
        ]


class Listed(Base):
    """Lists: their items are completed together."""

    def __init__(self, field: Field, item: Completion, *, nullable: bool) -> None:
        super().__init__(field, nullable=nullable)
        self.item = item

    async def later(self, run: Run, frame: Frame, values: Values) -> Values:
        """Each list with its items completed."""
        lists = [value if type(value) is list else await self._list(value) for value in values]
        items: Values = []
        starts = []
        for one in lists:
            starts.append(len(items))
            if type(one) is list:
                items += one
        if any(hasattr(kind, "__await__") for kind in set(map(type, items))):
            await settle(items)
        inner = Items(frame, starts)
        if self.item.quick:
            shown = self.item.now(run, inner, items)
        else:
            shown = await self.item.later(run, inner, items)
        failed = Failure in set(map(type, shown))
        answers: Values = []
        for index, (one, start) in enumerate(zip(lists, starts, strict=True)):
            if type(one) is not list:
                answers.append(self.missing(run, frame, index, one))
                continue
            answer = shown[start : start + len(one)]
            first = failed and next((item for item in answer if type(item) is Failure), None)
            answers.append(self.ended(run, frame, index, first) if first else answer)
        return answers

    async def _list(self, value: Any) -> Any:
        """The items of any other kind of list; None or an exception where it is none."""
        if value is None or value is Undefined:
            return None
        if isinstance(value, Exception):
            return value
        try:
            if is_async_iterable(value):
                return [item async for item in value]
            if is_iterable(value):
                return list(value)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
            return error
        message = f"Expected Iterable, but did not find one for field '{self.field.name}'."
        return GraphQLError(message)


class Shown(Base):
    """Objects of one type."""

    def __init__(
        self, field: Field, type_: GraphQLObjectType, compile_: Compile, *, nullable: bool
    ) -> None:
        super().__init__(field, nullable=nullable)
        self.type = type_
        self.compile = compile_
        self.selection: Selection | None = None
        self.known: set[type] = set()

    async def later(self, run: Run, frame: Frame, values: Values) -> Values:
        """Each object with the fields that are asked for."""
        if not values:
            return []
        if set(map(type, values)) <= self.known:
            assert self.selection is not None
            return self.through(run, frame, await self.selection.rows(run, frame, values))
        return await self._sorted_out(run, frame, values)

    async def _sorted_out(self, run: Run, frame: Frame, values: Values) -> Values:
        answers = [self._checked(run, frame, index, value) for index, value in enumerate(values)]
        chosen = [index for index, answer in enumerate(answers) if answer is SHOW]
        if not chosen:
            return answers
        if self.selection is None:
            self.selection = self.compile(self.field, self.type)
        some = [values[index] for index in chosen]
        shown = await self.selection.rows(run, Some(frame, chosen), some)
        self.known.update(map(type, some))
        for index, row in zip(chosen, shown, strict=True):
            answers[index] = row
        return self.through(run, frame, answers)

    def _checked(self, run: Run, frame: Frame, index: int, value: Any) -> Any:
        """SHOW for an object of the type; otherwise what stands for it."""
        if value is None or value is Undefined or isinstance(value, Exception):
            return self.missing(run, frame, index, value)
        try:
            known = self.type.is_type_of
            if known is None or known(value, self.field.info(run, frame, index)):
                return SHOW
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
            return self.missing(run, frame, index, error)
        wrong = invalid_return_type_error(self.type, value, self.field.details)
        return self.missing(run, frame, index, wrong)


SHOW = object()
"""Stands for an object that is yet to be shown."""


class Abstract(Base):
    """Objects of an interface or a union: each is shown as the type that it has."""

    def __init__(
        self, field: Field, type_: GraphQLAbstractType, compile_: Compile, *, nullable: bool
    ) -> None:
        super().__init__(field, nullable=nullable)
        self.type = type_
        self.compile = compile_
        self.shown: dict[str, Shown] = {}

    async def later(self, run: Run, frame: Frame, values: Values) -> Values:
        """The objects, type by type."""
        answers: Values = [None] * len(values)
        by_type: dict[str, list[int]] = {}
        for index, value in enumerate(values):
            found = await self._type(run, frame, index, value)
            if isinstance(found, GraphQLObjectType):
                by_type.setdefault(found.name, []).append(index)
                if found.name not in self.shown:
                    shown = Shown(self.field, found, self.compile, nullable=self.nullable)
                    self.shown[found.name] = shown
            else:
                answers[index] = self.missing(run, frame, index, found)
        for name, chosen in by_type.items():
            some = [values[index] for index in chosen]
            rows = await self.shown[name].later(run, Some(frame, chosen), some)
            for index, row in zip(chosen, rows, strict=True):
                answers[index] = row
        return answers

    async def _type(self, run: Run, frame: Frame, index: int, value: Any) -> Any:
        """The type of a value; None or an exception where it has none."""
        if value is None or value is Undefined:
            return None
        if isinstance(value, Exception):
            return value
        executor, field = run.executor, self.field
        info = field.info(run, frame, index)
        try:
            resolve = self.type.resolve_type or executor.type_resolver
            name: Any = [resolve(value, info, self.type)]
            await settle(name)
            if isinstance(name[0], Exception):
                return name[0]
            return executor.ensure_valid_runtime_type(
                name[0], self.type, field.details, info, value
            )
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
            return error
