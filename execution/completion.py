"""How the values of a column become what the answer shows.

Each completion looks at the column as a whole first: where all values are of the kind that the
schema's own objects have, no value is looked at twice. Whatever else there is (null, an error,
another type) is completed one by one, as the specification says.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLResolveInfo,
)
from graphql.execution.executor import invalid_return_type_error
from graphql.pyutils import Undefined, is_awaitable
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.cast import get_strawberry_type_cast

from execution.frames import Frame, Some
from execution.plan import Completion, Failure, Field, Run, Selection, Values
from execution.resolving import settle

Info = GraphQLResolveInfo[Any]

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


class Shown(Base):
    """Objects of one type.

    Where a type is told by the class, objects of a class that has been seen are not looked at
    again: `strawberry.cast` cannot make something else of an object of the type's own class.
    """

    def __init__(
        self, field: Field, type_: GraphQLObjectType, compile_: Compile, *, nullable: bool
    ) -> None:
        super().__init__(field, nullable=nullable)
        self.type = type_
        self.compile = compile_
        self.selection: Selection | None = None
        self.known: set[type] = set()
        self.by_class = _is_told_by_class(type_)

    async def later(self, run: Run, frame: Frame, values: Values) -> Values:
        """Each object with the fields that are asked for."""
        if self.selection is not None and set(map(type, values)) <= self.known:
            return self.through(run, frame, await self.selection.rows(run, frame, values))
        checks = [self._check(run, frame, index, value) for index, value in enumerate(values)]
        await settle(checks)
        answers, chosen = self._sorted_out(run, frame, values, checks)
        inner, some = Some(frame, chosen), [values[index] for index in chosen]
        try:
            selection = self._compiled() if some else None
        except Exception as error:  # noqa: BLE001 (whatever it is, it is these values')
            shown = [run.fail(inner, index, self.field, error) for index in range(len(some))]
        else:
            shown = await selection.rows(run, inner, some) if selection else []
            self._learn(some)
        return self._placed(run, frame, answers, chosen, shown)

    def _placed(
        self, run: Run, frame: Frame, answers: Values, chosen: list[int], shown: Values
    ) -> Values:
        for index, row in zip(chosen, shown, strict=True):
            answers[index] = row
        return self.through(run, frame, answers)

    def _compiled(self) -> Selection:
        if self.selection is None:
            self.selection = self.compile(self.field, self.type)
        return self.selection

    def _learn(self, values: Values) -> None:
        if self.by_class:
            self.known.update(type(one) for one in values if get_strawberry_type_cast(one) is None)

    def _sorted_out(
        self, run: Run, frame: Frame, values: Values, checks: Values
    ) -> tuple[Values, list[int]]:
        """SHOW for each object of the type, what stands for the others; where the objects are."""
        answers = [
            self._judged(run, frame, index, value, check)
            for index, (value, check) in enumerate(zip(values, checks, strict=True))
        ]
        return answers, [index for index, answer in enumerate(answers) if answer is SHOW]

    def _check(self, run: Run, frame: Frame, index: int, value: Any) -> Any:
        """Whether a value is an object of the type; it may have to be waited for."""
        if value is None or value is Undefined or isinstance(value, Exception):
            return False
        try:
            is_type = self.type.is_type_of
            return is_type is None or is_type(value, self.field.info(run, frame, index))
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
            return error

    def _judged(self, run: Run, frame: Frame, index: int, value: Any, check: Any) -> Any:
        """SHOW for an object of the type; otherwise what stands for it."""
        if value is None or value is Undefined or isinstance(value, Exception):
            return self.missing(run, frame, index, value)
        if isinstance(check, Exception):
            return self.missing(run, frame, index, check)
        if check:
            return SHOW
        wrong = invalid_return_type_error(self.type, value, self.field.details)
        return self.missing(run, frame, index, wrong)


def _is_told_by_class(type_: GraphQLObjectType) -> bool:
    """Whether the class of an object says if it is of the type, unless the object is cast."""
    definition = type_.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    told = isinstance(definition, StrawberryObjectDefinition) and definition.is_type_of is None
    return told or type_.is_type_of is None


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
        for index, found in enumerate(await self._types(run, frame, values)):
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

    async def _types(self, run: Run, frame: Frame, values: Values) -> Values:
        """The type of each value; None or an exception where it has none."""
        types = [self._type(run, frame, index, value) for index, value in enumerate(values)]
        await settle(types)
        return types

    def _type(self, run: Run, frame: Frame, index: int, value: Any) -> Any:
        """The type of a value; it may have to be waited for."""
        if value is None or value is Undefined or isinstance(value, Exception):
            return value
        info = self.field.info(run, frame, index)
        try:
            resolve = self.type.resolve_type or run.executor.type_resolver
            name: Any = resolve(value, info, self.type)
            if is_awaitable(name):
                return self._valid_later(run, info, value, name)
            return self._valid(run, info, value, name)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
            return error

    def _valid(self, run: Run, info: Info, value: Any, name: Any) -> GraphQLObjectType:
        return run.executor.ensure_valid_runtime_type(
            name, self.type, self.field.details, info, value
        )

    async def _valid_later(
        self, run: Run, info: Info, value: Any, name: Awaitable[Any]
    ) -> GraphQLObjectType:
        return self._valid(run, info, value, await name)
