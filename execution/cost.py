"""What an operation costs: how many objects it asks for at most.

A schema says of each field how many objects it stands for, by its arguments (`Size`). Sizes are
multiplied down the tree. What comes of it is worked out once for an operation: a number, and
what depends on variables. Whatever @skip and @include decide, everything counts, and so do all
fragments of an abstract type.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
)

Arguments = Mapping[str, Any]
"""Arguments as the client gave them, of any type: they have not been checked."""


def once(arguments: Arguments) -> int:  # noqa: ARG001
    """The size of a single object."""
    return 1


@dataclass(frozen=True, slots=True)
class Size:
    """How many objects a field with subfields stands for, for each object it is asked of."""

    of: Callable[[Arguments], int] = once
    arguments: tuple[str, ...] = ()
    """The names of the arguments that `of` looks at."""
    weight: int = 1
    """How much each of them counts: 0 for a mere part of the object above."""


SizeOf = Callable[[GraphQLNamedType, GraphQLField], Size]
"""The size of a field of a type."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a selection costs: a number, and the costs of pages whose size variables decide."""

    fixed: int
    pages: "tuple[tuple[Callable[[Arguments], int], Cost], ...]" = ()

    def with_variables(self, variables: Arguments) -> int:
        """The number for a request's variables."""
        total = self.fixed
        for size, inner in self.pages:
            total += size(variables) * inner.with_variables(variables)
        return total


@dataclass(frozen=True, slots=True)
class OperationCost:
    """What an operation costs, and the variables that it has defaults for."""

    cost: Cost
    defaults: Mapping[str, Any]

    def of(self, variables: Arguments | None) -> int:
        """The objects that a request with the variables asks for at most."""
        if not self.cost.pages:
            return self.cost.fixed
        return self.cost.with_variables({**self.defaults, **(variables or {})})


class Costs:
    """Works out the costs of a document's operations. The document must be valid."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, size_of: SizeOf) -> None:
        self.schema = schema
        self.size_of = size_of
        self.fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Cost] = {}

    def of(self, operation: OperationDefinitionNode) -> "OperationCost":
        """The cost of one of the operations."""
        root = self.schema.get_root_type(operation.operation)
        assert root is not None
        defaults = {
            node.variable.name.value: value_from_ast_untyped(node.default_value)
            for node in operation.variable_definitions or ()
            if node.default_value is not None
        }
        return OperationCost(self._selected(operation.selection_set, root), defaults)

    def _selected(self, selections: SelectionSetNode, parent: GraphQLNamedType) -> Cost:
        parts = []
        for node in selections.selections:
            if isinstance(node, FieldNode):
                parts.append(self._field(node, parent))
            elif isinstance(node, FragmentSpreadNode):
                parts.append(self._fragment(node.name.value))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                type_ = self._type(condition.name.value) if condition else parent
                parts.append(self._selected(node.selection_set, type_))
        return _sum(parts)

    def _field(self, node: FieldNode, parent: GraphQLNamedType) -> Cost:
        definition = self.schema.get_field(parent, node.name.value)  # type: ignore[arg-type]
        assert definition is not None
        type_ = get_named_type(definition.type)
        if node.selection_set is None or not is_composite_type(type_):
            return NOTHING
        size = self.size_of(parent, definition)
        below = self._selected(node.selection_set, type_)
        return _sized(size, node, Cost(below.fixed + size.weight, below.pages))

    def _fragment(self, name: str) -> Cost:
        if name not in self._known:
            node = self.fragments[name]
            type_ = self._type(node.type_condition.name.value)
            self._known[name] = self._selected(node.selection_set, type_)
        return self._known[name]

    def _type(self, name: str) -> GraphQLNamedType:
        return self.schema.type_map[name]


NOTHING = Cost(0)


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(
        sum(cost.fixed for cost in costs), tuple(page for cost in costs for page in cost.pages)
    )


def _times(times: int, cost: Cost) -> Cost:
    pages = tuple((size, _times(times, inner)) for size, inner in cost.pages)
    return Cost(times * cost.fixed, pages)


def _sized(size: Size, node: FieldNode, each: Cost) -> Cost:
    """What a field costs, of whose objects each costs so much."""
    values = {argument.name.value: argument.value for argument in node.arguments or ()}
    given = {name: values[name] for name in size.arguments if name in values}
    variables = {
        name: value.name.value for name, value in given.items() if isinstance(value, VariableNode)
    }
    literals = {
        name: value_from_ast_untyped(value)
        for name, value in given.items()
        if name not in variables
    }
    if not variables:
        return _times(size.of(literals), each)

    def of(request: Arguments) -> int:
        chosen = {name: request[key] for name, key in variables.items() if key in request}
        return size.of({**literals, **chosen})

    return Cost(0, ((of, each),))
