"""How a field gets the values of its column.

A Strawberry field without extensions is called directly: what Strawberry wraps around its
function for each value is done once for the column, or once for the plan. Every other field is
called as graphql-core would call it. A function that is not `async def` must not answer with
an awaitable.
"""

import asyncio
from collections.abc import Callable
from types import CoroutineType
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLObjectType, TypeNameMetaFieldDef
from graphql.execution import default_field_resolver
from graphql.execution.values import get_argument_values
from graphql.pyutils import is_awaitable
from strawberry import Schema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution.batching import Batch, batch_of, exactly
from execution.computed import Formula, formula_of
from execution.frames import Frame
from execution.plan import Field, Resolver, Run, Values
from execution.told import Told

Caller = Callable[[Run, Field, Frame, int, Any], Any]
"""Calls what resolves a field, for the object at an index of the frame."""

IMMUTABLE = frozenset({bool, float, int, str, type(None), type(strawberry.UNSET)})
"""Types of arguments that no resolver can change."""


def resolver_of(schema: Schema, parent: GraphQLObjectType, definition: GraphQLField) -> Resolver:
    """What resolves a field of an object type."""
    if definition is TypeNameMetaFieldDef:
        named = Formula(lambda: parent.name)
        return Direct(named.function, named)
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(field, StrawberryField) or field.extensions or schema.exception_handlers:
        return Awaited(as_graphql_core)
    if type(field).get_result is not StrawberryField.get_result:
        return Awaited(as_graphql_core)
    if field.base_resolver is None:
        formula = Formula(None, (field.python_name,))
        plain = field.default_resolver is getattr
        return Direct(formula.function, formula) if plain else Awaited(as_graphql_core)
    declared = formula_of(field.base_resolver.wrapped_func)
    if declared is not None:
        return Direct(declared.function, declared)
    batch = batch_of(field.base_resolver.wrapped_func)
    if batch is not None:
        return Batched(schema, field, batch)
    call = Call(schema, field)
    if field.is_async:
        return Awaited(call)
    return Direct(call.function) if call.is_simple else Called(call)


class Direct(Resolver):
    """A function of the object alone, such as a method without arguments, or an attribute."""

    quick = True

    def __init__(self, function: Callable[[Any], Any], formula: Formula | None = None) -> None:
        self.function = function
        self.formula = formula
        """What the function does, where that is known."""

    async def resolve(
        self,
        run: Run,  # noqa: ARG002
        field: Field,  # noqa: ARG002
        frame: Frame,  # noqa: ARG002
        sources: Values,
    ) -> Values:
        """What the function says of each object."""
        values: Values = []
        left = iter(sources)
        while True:
            try:
                # What was found before an error stays, and what is left comes after it.
                values.extend(map(self.function, left))
            except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
                values.append(error)
            else:
                if len(values) == len(sources):
                    return values
                # StopIteration, which ends `map` silently.
                values.append(StopIteration())


class Called(Resolver):
    """A function that is called with arguments or an info of its own for each object."""

    quick = True

    def __init__(self, call: Caller) -> None:
        self.call = call

    async def resolve(self, run: Run, field: Field, frame: Frame, sources: Values) -> Values:
        """What the function says of each object; what it raises is the object's value."""
        values = []
        for index, source in enumerate(sources):
            try:
                values.append(self.call(run, field, frame, index, source))
            except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
                values.append(error)
        return values


class Awaited(Called):
    """The same for a function whose answers may have to be waited for: for all at once."""

    quick = False

    async def resolve(self, run: Run, field: Field, frame: Frame, sources: Values) -> Values:
        """What is said of each object once it is there."""
        values = await super().resolve(run, field, frame, sources)
        await settle(values)
        return values


class Batched(Resolver):
    """A function that takes all objects at once."""

    def __init__(self, schema: Schema, field: StrawberryField, batch: Batch) -> None:
        self.call = Call(schema, field)
        self.batch = batch
        self.ready = Direct(batch.ready)

    async def resolve(self, run: Run, field: Field, frame: Frame, sources: Values) -> Values:
        """One value for each object; what the function raises is the value of all that were not
        ready."""
        values = await self.ready.resolve(run, field, frame, sources)
        places = [place for place, value in enumerate(values) if value is None]
        if not places:
            return values
        wanted = [sources[place] for place in places]
        try:
            info = self.call.information(run, field, frame, places[0])
            found = exactly(len(wanted), await self.batch.load(wanted, info))
        except Exception as error:  # noqa: BLE001 (whatever it is, it is these values')
            found = [error] * len(wanted)
        for place, value in zip(places, found, strict=True):
            values[place] = value
        return values


class Call:
    """Calls a Strawberry field's own function, as Strawberry would."""

    def __init__(self, schema: Schema, field: StrawberryField) -> None:
        resolver = field.base_resolver
        assert resolver is not None
        self.schema = schema
        self.field = field
        self.function: Any = resolver.wrapped_func
        self.takes_self = resolver.self_parameter is not None
        roots = (resolver.parent_parameter, resolver.root_parameter)
        self.roots = [parameter.name for parameter in roots if parameter]
        self.info = resolver.info_parameter.name if resolver.info_parameter else None

    @property
    def is_plain(self) -> bool:
        """Whether the function takes the object and arguments, and nothing else."""
        return self.takes_self and not (self.roots or self.info)

    @property
    def is_simple(self) -> bool:
        """Whether the function takes the object and nothing else."""
        return self.is_plain and not self.field.arguments

    def __call__(self, run: Run, field: Field, frame: Frame, index: int, source: Any) -> Any:
        """What the function answers for one object."""
        keywords = dict(self._arguments(run, field, frame, index))
        for root in self.roots:
            keywords[root] = source
        if self.info is not None:
            keywords[self.info] = self.information(run, field, frame, index)
        return self.function(source, **keywords) if self.takes_self else self.function(**keywords)

    def information(self, run: Run, field: Field, frame: Frame, index: int) -> Any:
        """Strawberry's info about one value."""
        raw: Any = Told(run, field, frame, index)
        return self.schema.config.info_class(_raw_info=raw, _field=self.field)

    def _arguments(self, run: Run, field: Field, frame: Frame, index: int) -> dict[str, Any]:
        """The arguments by their names in Python. All objects share those that cannot change."""
        if not self.field.arguments:
            return {}
        shared: dict[str, Any] | None = field.given or run.arguments.get(id(field))
        if shared is not None:
            return shared
        converted = convert_arguments(
            graphql_arguments(run, field),
            self.field.arguments,
            scalar_registry=self.schema.schema_converter.scalar_registry,
            config=self.schema.config,
            info=self.information(run, field, frame, index),
        )
        if IMMUTABLE.issuperset(map(type, converted.values())):
            if field.is_constant:
                field.given = converted
            else:
                run.arguments[id(field)] = converted
        return converted


def as_graphql_core(run: Run, field: Field, frame: Frame, index: int, source: Any) -> Any:
    """Calls what the schema has for a field, with everything that is wrapped around it."""
    resolve = field.definition.resolve or default_field_resolver
    return resolve(source, field.info(run, frame, index), **graphql_arguments(run, field))


def graphql_arguments(run: Run, field: Field) -> dict[str, Any]:
    """The field's arguments as GraphQL has them. Raises GraphQLError where they do not fit."""
    node = field.nodes[0]
    if not (field.definition.args or node.arguments):
        return {}
    return get_argument_values(field.definition, node, run.executor.variable_values)


async def settle(values: Values) -> bool:
    """Waits for those values that have to be waited for, all at once; tells whether there were.

    An exception is a value; what is none (the task being cancelled) is raised.
    """
    if len(values) == 1 and isinstance(values[0], CoroutineType):
        # What most fields that wait come to.
        try:
            values[0] = await values[0]
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
            values[0] = error
        return True
    if not any(hasattr(kind, "__await__") for kind in set(map(type, values))):
        return False
    waiting = [index for index, value in enumerate(values) if is_awaitable(value)]
    if len(waiting) == 1:
        try:
            values[waiting[0]] = await values[waiting[0]]
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this value's)
            values[waiting[0]] = error
        return True
    found = await asyncio.gather(*(values[index] for index in waiting), return_exceptions=True)
    for index, value in zip(waiting, found, strict=True):
        if isinstance(value, BaseException) and not isinstance(value, Exception):
            raise value
        values[index] = value
    return bool(waiting)
