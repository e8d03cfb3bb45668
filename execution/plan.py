"""A compiled operation, and one run of it."""

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
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


class Wait(Exception):
    """A quick completion has met something that has to be waited for."""


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
        self.found: list[Values] = []
        """What a quick attempt has found so far: values of resolvers, and lists."""
        self.recalled: list[Values] = []
        """The same of attempts that had to wait, the first one last."""

    def attempt(self, completion: "Completion", frame: Frame, values: Values) -> Values:
        """What a quick completion makes of values. Raises Wait: then `later` is to go on from
        what was found, so that no resolver is called twice."""
        failures, errors = self.failures, len(self.errors)
        self.found = []
        try:
            return completion.now(self, frame, values)
        except Wait:
            self.recalled += self.found[::-1]
            self.failures = failures
            del self.errors[errors:]
            raise

    def recall(self) -> Values | None:
        """The next of what an attempt has found that had to wait."""
        return self.recalled.pop() if self.recalled else None

    async def completed(self, completion: "Completion", frame: Frame, values: Values) -> Values:
        """What the answer shows for a column, without waiting where nothing has to be."""
        if completion.quick:
            with suppress(Wait):
                return self.attempt(completion, frame, values)
        return await completion.later(self, frame, values)

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


class Resolver:
    """Gets the values of a field. It raises nothing: an exception is a value.

    One that never waits has `quick` set and overrides `now`; others override `later`.
    """

    quick = False

    def now(self, run: Run, field: "Field", frame: Frame, sources: Values) -> Values:
        """The value of each source, without waiting."""
        raise NotImplementedError

    async def later(self, run: Run, field: "Field", frame: Frame, sources: Values) -> Values:
        """The value of each source."""
        return self.now(run, field, frame, sources)


class Completion:
    """Makes of values what the answer shows.

    One that never waits has `quick` set and overrides `now`; others override `later`.
    """

    quick: bool = False

    def now(self, run: Run, frame: Frame, values: Values) -> Values:
        """What is shown for each value, without waiting."""
        raise NotImplementedError

    async def later(self, run: Run, frame: Frame, values: Values) -> Values:
        """What is shown for each value."""
        return self.now(run, frame, values)


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

    @property
    def name(self) -> str:
        """The field as messages name it, `Type.field`."""
        return f"{self.parent.name}.{self.nodes[0].name.value}"

    def info(self, run: Run, frame: Frame, index: int) -> GraphQLResolveInfo[Any]:
        """What a resolver is told about one value of the field's column."""
        path: Any = frame.path(index)
        return run.executor.build_resolve_info(self.definition, self.nodes, self.parent, path)

    def now(self, run: Run, parent: Frame, sources: Values) -> Values:
        """What the answer shows for a quick field, for each source. Raises Wait."""
        frame = Column(parent, self.key, self.position, self.parent.name)
        values = self._values(run, frame, sources)
        run.found.append(values)
        return self.completion.now(run, frame, values)

    def _values(self, run: Run, frame: Frame, sources: Values) -> Values:
        values = run.recall()
        return self.resolver.now(run, self, frame, sources) if values is None else values

    async def column(self, run: Run, parent: Frame, sources: Values) -> Values:
        """What the answer shows for the field, for each source."""
        frame = Column(parent, self.key, self.position, self.parent.name)
        resolver, completion = self.resolver, self.completion
        if resolver.quick:
            values = self._values(run, frame, sources)
        else:
            values = await resolver.later(run, self, frame, sources)
        return await run.completed(completion, frame, values)


class Selection:
    """The fields that are asked for of one object type."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        self.keys = [field.key for field in fields]
        self._quick = False
        self._waits = not all(field.resolver.quick for field in fields)

    @property
    def quick(self) -> bool:
        """Whether no field waits for anything, as far as it has been compiled."""
        if not self._quick and not self._waits:
            self._quick = all(field.completion.quick for field in self.fields)
        return self._quick

    def now(self, run: Run, frame: Frame, sources: Values) -> Values:
        """The same as `rows` for fields that are quick. Raises Wait."""
        failures = run.failures
        try:
            columns = [field.now(run, frame, sources) for field in self.fields]
        except Wait:
            self._quick, self._waits = False, True
            raise
        return self._together(columns, len(sources), failed=run.failures != failures)

    async def rows(self, run: Run, frame: Frame, sources: Values) -> Values:
        """What the answer shows for each source: an object, or the Failure of a field."""
        failures = run.failures
        columns = [await field.column(run, frame, sources) for field in self.fields]
        return self._together(columns, len(sources), failed=run.failures != failures)

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
