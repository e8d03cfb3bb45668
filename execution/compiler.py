"""From an operation to a plan.

What is asked for of an object type is compiled when the first object of it is to be shown, so
that compiling never costs more than running did. `@skip` and `@include` are decided by the
variables that they name: an operation has one plan for each set of their values.
"""

from typing import Any

from graphql import (
    ArgumentNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    OperationType,
    VariableNode,
    Visitor,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    visit,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import CollectedFields, collect_fields, collect_subfields
from graphql.type import GraphQLOutputType
from strawberry import Schema

from execution.completion import Abstract, Shown
from execution.leaves import Leaf
from execution.lists import Listed
from execution.plan import Completion, Field, Plan, Resolver, Selection
from execution.resolving import resolver_of


class Compiler:
    """Compiles one operation, as the executor of one of its requests has it."""

    def __init__(self, schema: Schema, executor: Executor[Any]) -> None:
        self.schema = schema
        self.graphql_schema = executor.schema
        self.fragments = executor.fragments
        self.variables = executor.variable_values
        self.operation = executor.operation
        self.resolvers: dict[tuple[str, str], Resolver] = {}
        self.fields = 0
        """How many fields have been compiled so far."""

    def plan(self) -> Plan:
        """The operation's plan. Raises GraphQLError where its own fields cannot be told."""
        kind = self.operation.operation
        root = self.graphql_schema.get_root_type(kind)
        if root is None:
            message = f"Schema is not configured to execute {kind.value} operation."
            raise GraphQLError(message, self.operation)
        collected = collect_fields(
            self.graphql_schema, self.fragments, self.variables, root, self.operation
        )
        return Plan(self._selection(root, collected), serial=kind is OperationType.MUTATION)

    def subselection(self, field: Field, type_: GraphQLObjectType) -> Selection:
        """What a field asks for of an object type. Raises GraphQLError where it cannot be told."""
        collected = collect_subfields(
            self.graphql_schema,
            self.fragments,
            self.variables,
            self.operation,
            type_,
            field.details,
        )
        return self._selection(type_, collected)

    def _selection(self, parent: GraphQLObjectType, collected: CollectedFields) -> Selection:
        fields = []
        for position, (key, details) in enumerate(collected.grouped_field_set.items()):
            nodes = [detail.node for detail in details]
            definition = self.graphql_schema.get_field(parent, nodes[0].name.value)
            if definition is None:
                continue
            resolver = self._resolver(parent, nodes[0].name.value, definition)
            constant = not any(map(names_a_variable, nodes[0].arguments or ()))
            field = Field(key, position, nodes, details, definition, parent, resolver, constant)
            field.completion = self._completion(field, definition.type)
            fields.append(field)
        self.fields += len(fields)
        return Selection(fields)

    def _resolver(self, parent: GraphQLObjectType, name: str, definition: GraphQLField) -> Resolver:
        if (parent.name, name) not in self.resolvers:
            self.resolvers[parent.name, name] = resolver_of(self.schema, parent, definition)
        return self.resolvers[parent.name, name]

    def _completion(self, field: Field, type_: GraphQLOutputType) -> Completion:
        nullable = not is_non_null_type(type_)
        named: Any = type_ if nullable else type_.of_type  # type: ignore[union-attr]
        if is_list_type(named):
            return Listed(field, self._completion(field, named.of_type), nullable=nullable)
        if is_leaf_type(named):
            return Leaf(field, named, nullable=nullable)
        if is_abstract_type(named):
            return Abstract(field, named, self.subselection, nullable=nullable)
        return Shown(field, named, self.subselection, nullable=nullable)


def names_a_variable(node: ArgumentNode) -> bool:
    """Whether the value of an argument has a variable in it."""
    found: list[VariableNode] = []

    class Variables(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            found.append(node)

    visit(node, Variables())
    return bool(found)
