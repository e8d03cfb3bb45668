"""A compiled operation, and one run of it."""

import asyncio
import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    located_error,
)
from graphql.execution import Executor

from execution.frames import Column, Frame, Place, Root

Values = list[Any]
"""A column of values; an exception stands for a value that could not be had."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Stands for a value that may not be null and could not be had: it nulls its parent."""

    error: GraphQLError
    place: Place


class Run:
    """One execution of a plan: what it is about, and the errors so far."""

    def __init__(self, executor: Executor[Any]) -> None:
        self.executor = executor
        self.arguments: dict[int, Any] = {}
        self.failures = 0
        self.errors: list[tuple[Place, Place, GraphQLError]] = []

    def fail(self, frame: Frame, index: int, field: "Field", error: Exception) -> Failure:
        """The failure of one value, told where it happened."""
        path = frame.path(index)
        assert path is not None
        self.failures += 1
        return Failure(located_error(error, field.nodes, path.as_list()), frame.place(index))

    def null(self, frame: Frame, index: int, failure: Failure) -> None:
        """Ends a failure at a value that may be null: the error is told, the value is null."""
        self.errors.append((failure.place, frame.place(index), failure.error))

    def told(self) -> list[GraphQLError] | None:
        """The errors in the document's order, without those that an earlier error hides by
        nulling what they are about; None where there is none."""
        told: list[GraphQLError] = []
        nulled: set[Place] = set()
        for place, null, error in sorted(self.errors, key=lambda entry: entry[0]):
            if not any(place[:length] in nulled for length in range(len(place) + 1)):
                told.append(error)
                nulled.add(null)
        return told or None


class Resolver(ABC):
    """Gets the values of a field. It raises nothing: an exception is a value."""

    quick = False
    """Whether it never waits for anything."""

    @abstractmethod
    async def resolve(self, run: Run, field: "Field", frame: Frame, sources: Values) -> Values:
        """The value of each source."""


class Completion(ABC):
    """Makes of values what the answer shows."""

    nullable: bool
    """Whether a value may be null."""

    straight: Callable[[Any], Any] | None = None
    """Completes one value, or raises (see `execution.straight`)."""

    async def completed(self, run: Run, frame: Frame, values: Values) -> Values:
        """What is shown for each value."""
        straight = self.straight
        if straight is not None:
            try:
                return [straight(value) for value in values]
            except Exception:  # noqa: BLE001, S110 (suppress takes its time)
                pass
        return await self.later(run, frame, values)

    @abstractmethod
    async def later(self, run: Run, frame: Frame, values: Values) -> Values:
        """The same, whatever the values are."""


@dataclass(slots=True, eq=False)
class Field:
    """One field of a selection: `nodes` are all the places of the document that ask for it."""

    key: str
    position: int
    nodes: list[FieldNode]
    details: list[Any]
    definition: GraphQLField
    parent: GraphQLObjectType
    resolver: Resolver
    is_constant: bool
    """Whether the arguments name no variable."""
    completion: Completion = dataclasses.field(init=False)
    given: dict[str, Any] | None = None
    """The arguments for Python, once they are known to be the same for ever."""
    asked: dict[tuple[str, ...], bool] = dataclasses.field(default_factory=dict)
    """Whether the paths that somebody wanted to know about are asked for below it."""

    @property
    def name(self) -> str:
        """The field as messages name it, `Type.field`."""
        return f"{self.parent.name}.{self.nodes[0].name.value}"

    def info(self, run: Run, frame: Frame, index: int) -> GraphQLResolveInfo[Any]:
        """What a resolver is told about one value of the field's column."""
        path: Any = frame.path(index)
        return run.executor.build_resolve_info(self.definition, self.nodes, self.parent, path)

    async def column(self, run: Run, parent: Frame, sources: Values) -> Values:
        """What the answer shows for the field, for each source."""
        frame = Column(parent, self.key, self.position, self.parent.name)
        values = await self.resolver.resolve(run, self, frame, sources)
        return await self.completion.completed(run, frame, values)


class Selection:
    """The fields that are asked for of one object type."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        self.keys = [field.key for field in fields]
        self.waiting = [field for field in fields if not field.resolver.quick]

    async def rows(self, run: Run, frame: Frame, sources: Values) -> Values:
        """What the answer shows for each source: an object, or the Failure of a field."""
        failures = run.failures
        if len(self.waiting) > 1:
            columns = await self._at_once(run, frame, sources)
        else:
            columns = [await field.column(run, frame, sources) for field in self.fields]
        return self._together(columns, len(sources), failed=run.failures != failures)

    async def _at_once(self, run: Run, frame: Frame, sources: Values) -> list[Values]:
        """The columns, where all fields that wait do so at the same time."""
        loop = asyncio.get_running_loop()
        started = {
            field.key: loop.create_task(field.column(run, frame, sources)) for field in self.waiting
        }
        try:
            return [
                await (started.get(field.key) or field.column(run, frame, sources))
                for field in self.fields
            ]
        except BaseException:
            for task in started.values():
                task.cancel()
            await asyncio.gather(*started.values(), return_exceptions=True)
            raise

    async def serially(self, run: Run, frame: Frame, source: Any) -> Any:
        """The same for one source, where a failure keeps the fields after it from running."""
        row: dict[str, Any] = {}
        for field in self.fields:
            (value,) = await field.column(run, frame, [source])
            if type(value) is Failure:
                return value
            row[field.key] = value
        return row

    def _together(self, columns: Sequence[Values], count: int, *, failed: bool) -> Values:
        if failed:
            return [self._row(columns, index) for index in range(count)]
        if not columns:
            return [{} for _ in range(count)]
        keys = self.keys
        return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]

    def _row(self, columns: Sequence[Values], index: int) -> Any:
        row = {field.key: column[index] for field, column in zip(self.fields, columns, strict=True)}
        return next((value for value in row.values() if type(value) is Failure), row)


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation, ready to be run."""

    selection: Selection
    serial: bool

    async def run(self, executor: Executor[Any]) -> ExecutionResult:
        """The answer. `executor` holds the variables, the root and the context."""
        run, root = Run(executor), Root()
        source = executor.root_value
        if self.serial:
            data = await self.selection.serially(run, root, source)
        else:
            (data,) = await self.selection.rows(run, root, [source])
        if type(data) is Failure:
            run.null(root, 0, data)
            data = None
        return ExecutionResult(data, run.told())
